"""A first look at the entries of a bundle: of each resource its type and its codes, and nothing else.

Most of a large chart is vital signs and laboratory values that no policy asks for. They are ruled out here, without
being read.
"""

from collections.abc import Sequence

import msgspec

from fhir_mappings.chart.kept_records import KEPT, Wanted
from fhir_mappings.text_forms.search_words import is_spoken
from policies.terminology.short_texts import remembered


class _Resource(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: str = ""
    code: msgspec.Raw = msgspec.Raw()
    component: msgspec.Raw = msgspec.Raw()
    value_string: msgspec.Raw = msgspec.Raw()
    value_codeable_concept: msgspec.Raw = msgspec.Raw()
    note: msgspec.Raw = msgspec.Raw()


class _Entry(msgspec.Struct, frozen=True, gc=False):
    resource: _Resource | None = None


class _Coding(msgspec.Struct, frozen=True, gc=False):
    code: str | None = None


class _Concept(msgspec.Struct, frozen=True, gc=False):
    coding: tuple[_Coding, ...] | None = ()


class _Part(msgspec.Struct, frozen=True, gc=False):
    code: _Concept | None = None


_ENTRY = msgspec.json.Decoder(_Entry)
_CODE: msgspec.json.Decoder[_Concept | None] = msgspec.json.Decoder(_Concept | None)
_PARTS: msgspec.json.Decoder[tuple[_Part, ...] | None] = msgspec.json.Decoder(tuple[_Part, ...] | None)
_LOOKED_INTO = KEPT | {"Bundle", "OperationOutcome", ""}


def promising(entries: Sequence[msgspec.Raw | bytes], wanted: Wanted) -> list[tuple[int, bool]]:
    """Return the numbers of the entries that a first look does not rule out; what it cannot look at stays in.

    With each goes whether it is surely a single resource of a type that is kept. The same few codes come again and
    again: each is looked at once.
    """
    look, known = _ENTRY.decode, dict[bytes, bool]()
    found: list[tuple[int, bool]] = []
    for index, entry in enumerate(entries):
        try:
            resource = look(entry).resource
        except msgspec.ValidationError:
            found.append((index, False))
            continue
        kind = resource.resource_type if resource is not None else None
        if resource is None or kind != "Observation":
            found += [(index, kind in KEPT)] if kind in _LOOKED_INTO else []
            continue
        code = bytes(resource.code)
        if code not in known:
            known[code] = _names_test(code, wanted) if wanted.is_for_all_calls else _may_name(code, wanted)
        if known[code] or (resource.component and _may_hold(resource.component, wanted)) or _speaks(resource):
            found.append((index, True))
    return found


def _speaks(resource: _Resource) -> bool:
    """Whether a value or a remark has a word for something that may be asked for."""
    for text in (resource.value_string, resource.value_codeable_concept, resource.note):
        if text and _is_spoken(bytes(text)):
            return True
    return False


@remembered()
def _is_spoken(text: bytes) -> bool:
    plain = msgspec.json.encode(msgspec.json.decode(text)) if b"\\u" in text else text
    return is_spoken(plain.decode("utf-8", "replace"))


def _may_name(code: bytes, wanted: Wanted) -> bool:
    if not code:
        return False
    try:
        return _names(_CODE.decode(code), wanted.bare) or bool(wanted.names.search(code.decode("utf-8", "replace")))
    except msgspec.ValidationError:
        return True


_names_test = remembered()(_may_name)


def _may_hold(component: msgspec.Raw, wanted: Wanted) -> bool:
    try:
        parts = _PARTS.decode(component)
    except msgspec.ValidationError:
        return True
    return any(_names(part.code, wanted.bare) for part in parts or ()) or bool(
        wanted.names.search(bytes(component).decode("utf-8", "replace"))
    )


def _names(concept: _Concept | None, wanted: frozenset[str]) -> bool:
    return concept is not None and any(coding.code in wanted for coding in concept.coding or ())
