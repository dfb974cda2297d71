"""Members of plain JSON that may be missing, or of another type than FHIR has there: then there is nothing."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from fhir_mappings.prior_auth.pas_urls import DEFINITION

Json = dict[str, Any]
_EXACT = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def decoded(body: bytes) -> Any:
    """Read JSON, decimals as they are written; raises msgspec.DecodeError."""
    return _EXACT.decode(body)


def encoded(value: Any) -> bytes:
    """Write JSON, decimals as they were written."""
    return _ENCODER.encode(value)


def objects(value: Any) -> tuple[Json, ...]:
    """Return the objects of a list; none for whatever else stands there."""
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def inner(value: Any) -> Json:
    """Return an object; an empty one for whatever else stands there."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """Return a text; an empty one for whatever else stands there."""
    return value.strip() if isinstance(value, str) else ""


def extensions(of: Json, name: str, *, modifier: bool = False) -> Iterator[Json]:
    """Yield the extensions of PAS that an element bears, by the last part of their name."""
    member, prefix = ("modifierExtension", "modifierextension") if modifier else ("extension", "extension")
    url = f"{DEFINITION}/{prefix}-{name}"
    yield from (one for one in objects(of.get(member)) if one.get("url") == url)


def codes(concept: Any, system: str = "") -> frozenset[str]:
    """Return the codes of a concept, of one system or of any; a coding without a system counts for every one."""
    found = objects(inner(concept).get("coding"))
    return frozenset(
        text(one.get("code")) for one in found if not system or one.get("system", system) in (None, system)
    )


def coded(of: Json, name: str, system: str = "") -> frozenset[str]:
    """Return the codes of an extension of PAS that holds a concept."""
    return frozenset(code for one in extensions(of, name) for code in codes(one.get("valueCodeableConcept"), system))


def pairs(identifiers: Any) -> frozenset[tuple[str, str]]:
    """Return identifiers as pairs of system and value; one without a value is none."""
    found = ((text(one.get("system")), text(one.get("value"))) for one in objects(identifiers))
    return frozenset(pair for pair in found if pair[1])
