"""Reading the members of a call one by one, so that every fault is named with its place, not just the first."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from fhir_mappings.r4.elements import is_id
from hooks.protocol.errors import IdError, InvalidCallError, Issue

T = TypeVar("T")
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
ID_RULE = "1 to 64 letters, digits, dashes and dots"
LONGEST = 1000
"""How long a text of a call may be: more than any id, address or code has."""
_NAMES: Mapping[type, str] = {str: "text", dict: "an object", list: "a list"}


@dataclass(slots=True)
class Members:
    """The members of an object in a call, the path that leads to it, and the faults found so far."""

    raw: Mapping[str, msgspec.Raw]
    path: str = ""
    issues: list[Issue] = field(default_factory=list)

    def place(self, name: str) -> str:
        """Return the path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def fault(self, name: str, text: str) -> None:
        """Note a fault at a member."""
        place = self.place(name)
        self.issues.append(Issue(f"{place}: {text}", place))

    def text(self, name: str, *, required: bool = True, longest: int = LONGEST) -> str:
        """Return a member that is a text, not empty and not too long; else note the fault and return an empty text."""
        found = self._value(name, str, required=required)
        if found is None:
            return ""
        fault = _fault_of(found, longest)
        if fault:
            self.fault(name, fault)
        return "" if fault else found

    def id(self, name: str) -> str:
        """Return a member that is the id of a resource, or note that it is missing; raises IdError for what is none."""
        found = self._value(name, str, required=True)
        if found == "":
            self.fault(name, "is empty")
        if found and not is_id(found):
            raise IdError([Issue(f"{self.place(name)}: is not a bare id ({ID_RULE})", self.place(name))])
        return found or ""

    def inner(self, name: str, *, required: bool = True) -> "Members":
        """Return a member that is an object; else note the fault and return an object without members."""
        found: dict[str, msgspec.Raw] = {}
        raw = self._given(name)
        if raw is None:
            if required:
                self.fault(name, "is missing")
        else:
            try:
                found = _OBJECT.decode(raw)
            except msgspec.ValidationError:
                self.fault(name, "is not an object")
        return Members(found, self.place(name), self.issues)

    def entries(self, name: str) -> list[msgspec.Raw]:
        """Return a member that is a list, item by item; absent is empty, anything else is noted."""
        raw = self._given(name)
        if raw is None:
            return []
        try:
            return msgspec.json.decode(raw, type=list[msgspec.Raw])
        except msgspec.ValidationError:
            self.fault(name, "is not a list")
            return []

    def objects(self, name: str) -> Iterator["Members"]:
        """Yield the items of a list of objects; absent is empty, anything else is noted."""
        for index, raw in enumerate(self.entries(name)):
            member = f"{name}[{index}]"
            try:
                yield Members(_OBJECT.decode(raw), self.place(member), self.issues)
            except msgspec.ValidationError:
                self.fault(member, "is not an object")

    def _given(self, name: str) -> msgspec.Raw | None:
        """Return a member; null says nothing, as many clients write it for what they do not have."""
        raw = self.raw.get(name)
        return None if raw is None or bytes(raw) == b"null" else raw

    def _value(self, name: str, kind: type[T], *, required: bool) -> T | None:
        raw = self._given(name)
        if raw is None:
            if required:
                self.fault(name, "is missing")
            return None
        try:
            return msgspec.json.decode(raw, type=kind)
        except msgspec.ValidationError:
            self.fault(name, f"is not {_NAMES[kind]}")
            return None

    def plain(self) -> dict[str, Any]:
        """Return all members as plain values."""
        return {name: msgspec.json.decode(raw) for name, raw in self.raw.items()}

    def settle(self) -> None:
        """Raise InvalidCallError if faults were noted."""
        if self.issues:
            raise InvalidCallError(self.issues)


def _fault_of(text: str, longest: int) -> str:
    """Say what is wrong with a text that no store could keep, or that says nothing; empty if nothing is."""
    if not text.strip():
        return "is empty"
    if len(text) > longest:
        return f"is longer than {longest} characters"
    return "holds control characters" if _CONTROL.search(text) else ""
