"""The body of an operation: a Parameters resource, of which each operation reads what it knows.

Source: FHIR R4, "Parameters". Unknown parameters are left alone.
"""

from typing import Generic, TypeVar

import msgspec

from cds_service.dtr.errors import DtrError, Fault, check_body

P = TypeVar("P", bound=msgspec.Struct)
PARAMETERS = "Parameters"


class _Meta(msgspec.Struct, frozen=True):
    profile: tuple[str, ...] = ()


class Parameters(msgspec.Struct, Generic[P], frozen=True, rename="camel"):
    """What came, with parameters as one operation reads them; of another type if `resource_type` says so."""

    resource_type: str = ""
    meta: _Meta = _Meta()
    parameter: tuple[P, ...] = ()


def read_any(body: bytes, max_depth: int, kind: type[Parameters[P]], what: str) -> Parameters[P]:
    """Read a body, of whatever type; raises DtrError, which says that the body is no `what`."""
    check_body(body, max_depth)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise DtrError(Fault.STRUCTURE, f"the body is no {what}: {error}") from None


def read_parameters(body: bytes, max_depth: int, kind: type[Parameters[P]]) -> Parameters[P]:
    """Read a body that must be Parameters; raises DtrError."""
    read = read_any(body, max_depth, kind, "Parameters resource")
    if read.resource_type != PARAMETERS:
        raise DtrError(Fault.STRUCTURE, "the body is no Parameters resource")
    return read
