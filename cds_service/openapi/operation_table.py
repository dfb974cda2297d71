"""The table of addresses (`operations.yaml`), read once: what each takes and answers, and whom it lets in."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import yaml

Json = dict[str, Any]
BASE = "{fhir}"
"""How a path begins that stands under each FHIR base."""


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent or comes back: its media type (and others that do as well), its schema, and what it is.

    One that is `optional` can be left out.
    """

    type: str
    schema: str
    says: str
    alike: tuple[str, ...] = ()
    optional: bool = False


class Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One method of one address; `where` is "clients" for one that is there only if clients are registered."""

    tag: str
    says: str
    who: str
    answers: Mapping[int, str]
    errors: str
    get: str = ""
    post: str = ""
    put: str = ""
    delete: str = ""
    takes: str = ""
    asks: Mapping[str, str] = {}
    where: str = ""

    @property
    def path(self) -> str:
        """Return its path, parameters in braces."""
        return self.get or self.post or self.put or self.delete

    @property
    def method(self) -> str:
        """Return its method, in small letters."""
        return next(name for name in ("get", "post", "put", "delete") if getattr(self, name))


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it: the bodies and schemas by name, the errors by kind of address, and the operations."""

    bodies: Mapping[str, Body]
    schemas: Mapping[str, Any]
    errors: Mapping[str, Mapping[int, str]]
    operations: tuple[Operation, ...]


@cache
def table() -> Table:
    """Return the table of addresses."""
    text = (files(__package__) / "operations.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.load(text, Loader=yaml.CSafeLoader), Table)
