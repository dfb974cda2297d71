"""A first look at the entries of a bundle: of each resource its type and its codes, and nothing else.

Most of a large chart is vital signs and laboratory values that no policy asks for. They are ruled out here, without
being read.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

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
    value_quantity: msgspec.Raw = msgspec.Raw()
    note: msgspec.Raw = msgspec.Raw()
    text: msgspec.Raw = msgspec.Raw()


class _Entry(msgspec.Struct, frozen=True, gc=False):
    resource: _Resource | None = None


class _Coding(msgspec.Struct, frozen=True, gc=False):
    code: str | None = None


class _Concept(msgspec.Struct, frozen=True, gc=False):
    coding: tuple[_Coding, ...] | None = ()


class _Part(msgspec.Struct, frozen=True, gc=False):
    code: _Concept | None = None


_ENTRY = msgspec.json.Decoder(_Entry)
_ENTRIES = msgspec.json.Decoder(tuple[_Entry, ...])
_CODE: msgspec.json.Decoder[_Concept | None] = msgspec.json.Decoder(_Concept | None)
_PARTS: msgspec.json.Decoder[tuple[_Part, ...] | None] = msgspec.json.Decoder(tuple[_Part, ...] | None)
_LOOKED_INTO = (KEPT | {"Bundle", "OperationOutcome", ""}) - {"Observation"}
_UNREAD = _Resource()
_GENERATED = b"generated"
"""The status of a narrative that repeats the elements of its resource (FHIR R4, narrative-status)."""


def promising(entries: Sequence[msgspec.Raw | bytes], wanted: Wanted) -> list[tuple[int, bool]]:
    """Return the numbers of the entries that a first look does not rule out; what it cannot look at stays in.

    With each goes whether it is surely a single resource of a type that is kept. The same few codes come again and
    again: each is looked at once.
    """
    found: list[tuple[int, bool]] = []
    results: list[tuple[int, _Resource]] = []
    for index, entry in enumerate(_looked_at(entries)):
        resource = entry.resource if entry is not None else _UNREAD
        kind = resource.resource_type if resource is not None else None
        if resource is not None and kind == "Observation":
            results.append((index, resource))
        elif kind in _LOOKED_INTO:
            found.append((index, kind in KEPT))
    return sorted([*found, *_of_results(results, wanted)]) if results else found


def _of_results(results: Sequence[tuple[int, _Resource]], wanted: Wanted) -> list[tuple[int, bool]]:
    codes = [bytes(one.code) for _, one in results]
    names = _names_test if wanted.is_for_all_calls else _may_name
    named = {code: names(code, wanted) for code in set(codes)}
    return [
        (index, True)
        for (index, one), code in zip(results, codes, strict=True)
        if named[code]
        or (
            (one.component or one.value_string or one.value_codeable_concept or one.note or one.text)
            and _may_say(one, wanted)
        )
    ]


def _looked_at(entries: Sequence[msgspec.Raw | bytes]) -> Iterable[_Entry | None]:
    """Return a first look at each entry, None at one that cannot be looked at; most often one look at all of them."""
    try:
        return _ENTRIES.decode(b"[" + b",".join(entries) + b"]")
    except msgspec.DecodeError:
        return map(_look, entries)


def _look(entry: msgspec.Raw | bytes) -> _Entry | None:
    try:
        return _ENTRY.decode(entry)
    except msgspec.ValidationError:
        return None


def _may_say(resource: _Resource, wanted: Wanted) -> bool:
    """Whether a part of a result, its value in words, or a remark may say what is asked for."""
    if resource.component and _may_hold(resource.component, wanted):
        return True
    texts = (resource.value_string, resource.value_codeable_concept, resource.note, _own_words(resource))
    return any(_is_spoken(bytes(one)) for one in texts if one)


def _own_words(resource: _Resource) -> msgspec.Raw:
    """Return the narrative of a result, where it may say more than what it was generated from."""
    values = (resource.value_string, resource.value_codeable_concept, resource.value_quantity, resource.component)
    repeats = _GENERATED in bytes(resource.text) and resource.code and any(values)
    return msgspec.Raw() if repeats else resource.text


@remembered()
def _is_spoken(text: bytes) -> bool:
    """Whether a value or a remark has a word for something that may be asked for."""
    return is_spoken(_words(text) if b"\\" in text else text.decode("utf-8", "replace"))


def _words(text: bytes) -> str:
    """Return JSON in which signs are escaped as what is searched for words: the texts that it stands for.

    A new line before a word is a backslash and a letter in JSON, so that the word would have another letter before it;
    some writers escape every letter that is not ASCII.
    """
    return '"'.join(_texts(msgspec.json.decode(text)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _may_name(code: bytes, wanted: Wanted) -> bool:
    if not code:
        return False
    try:
        words = _words(code) if b"\\" in code else code.decode("utf-8", "replace")
        return _names(_CODE.decode(code), wanted.bare) or bool(wanted.names.search(words))
    except msgspec.ValidationError:
        return True


_names_test = remembered()(_may_name)


def _may_hold(component: msgspec.Raw, wanted: Wanted) -> bool:
    try:
        parts = _PARTS.decode(component)
    except msgspec.ValidationError:
        return True
    text = bytes(component)
    words = _words(text) if b"\\" in text else text.decode("utf-8", "replace")
    return any(_names(part.code, wanted.bare) for part in parts or ()) or bool(wanted.names.search(words))


def _names(concept: _Concept | None, wanted: frozenset[str]) -> bool:
    return concept is not None and any(coding.code in wanted for coding in concept.coding or ())
