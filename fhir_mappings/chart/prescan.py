"""A first look at the entries of a bundle: of each resource its type and its codes, and nothing else.

Most of a large chart is vital signs and laboratory values that no policy asks for. They are ruled out here, without
being read. The look is taken once: for the chart, for answered forms, and for what a bundle says of itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from fhir_mappings.chart.kept_records import KEPT, Wanted
from fhir_mappings.text_forms.search_words import is_spoken
from policies.terminology.short_texts import remembered

Text = msgspec.Raw | bytes
_T = TypeVar("_T")


class Look(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What is seen of a resource; what may say something in words stands as in the text."""

    resource_type: str = ""
    code: msgspec.Raw = msgspec.Raw()
    component: msgspec.Raw = msgspec.Raw()
    value_string: msgspec.Raw = msgspec.Raw()
    value_codeable_concept: msgspec.Raw = msgspec.Raw()
    value_quantity: msgspec.Raw = msgspec.Raw()
    note: msgspec.Raw = msgspec.Raw()
    text: msgspec.Raw = msgspec.Raw()


class EntryLook(msgspec.Struct, frozen=True, gc=False):
    """A look at an entry, which may have no resource."""

    resource: Look | None = None


class _Coding(msgspec.Struct, frozen=True, gc=False):
    code: str | None = None


class _Concept(msgspec.Struct, frozen=True, gc=False):
    coding: tuple[_Coding, ...] | None = ()


class _Part(msgspec.Struct, frozen=True, gc=False):
    code: _Concept | None = None


_ENTRY = msgspec.json.Decoder(EntryLook)
_ENTRIES = msgspec.json.Decoder(tuple[EntryLook, ...])
_CODE: msgspec.json.Decoder[_Concept | None] = msgspec.json.Decoder(_Concept | None)
_PARTS: msgspec.json.Decoder[tuple[_Part, ...] | None] = msgspec.json.Decoder(tuple[_Part, ...] | None)
_UNREAD = EntryLook(Look())
UNKNOWN, _RESULT = "", "Observation"
"""The type of what has none, and of what cannot be looked at."""
_LOOKED_INTO = (KEPT | {"Bundle", "OperationOutcome", UNKNOWN}) - {_RESULT}
_GENERATED = b"generated"
"""The status of a narrative that repeats the elements of its resource (FHIR R4, narrative-status)."""


class BundleEntries(tuple[Text, ...]):
    """The texts of the entries of a bundle, in their order; a look at them is taken once."""

    @cached_property
    def by_kind(self) -> dict[str, list[tuple[int, Look]]]:
        """The entries that have a resource by its type: the number of each, and a look at it."""
        found: dict[str, list[tuple[int, Look]]] = {}
        for index, one in enumerate(read_each(self, _ENTRIES, _ENTRY, _UNREAD)):
            if one.resource is not None:
                found.setdefault(one.resource.resource_type, []).append((index, one.resource))
        return found

    def of_kinds(self, kinds: frozenset[str]) -> Sequence[Text]:
        """Return the entries whose resource is of one of these types, in their order; UNKNOWN is one of them."""
        if self.by_kind.keys().isdisjoint(kinds):
            return ()
        return [self[at] for at in sorted([at for kind in kinds for at, _ in self.by_kind.get(kind, ())])]


def promising(entries: Sequence[Text], wanted: Wanted) -> list[tuple[int, bool]]:
    """Return the numbers of the entries that a first look does not rule out; what it cannot look at stays in.

    With each goes whether it is surely a single resource of a type that is kept. The same few codes come again and
    again: each is looked at once.
    """
    looked = entries if isinstance(entries, BundleEntries) else BundleEntries(entries)
    found: list[tuple[int, bool]] = []
    for kind, some in looked.by_kind.items():
        if kind == _RESULT:
            found += _of_results(some, wanted)
        elif kind in _LOOKED_INTO:
            found += [(index, kind in KEPT) for index, _ in some]
    return sorted(found)


def _of_results(results: Sequence[tuple[int, Look]], wanted: Wanted) -> Iterator[tuple[int, bool]]:
    names = _names_test if wanted.is_for_all_calls else _may_name
    named: dict[bytes, bool] = {}
    for index, one in results:
        code = bytes(one.code)
        if code not in named:
            named[code] = names(code, wanted)
        if named[code] or (
            (one.component or one.value_string or one.value_codeable_concept or one.note or one.text)
            and _may_say(one, wanted)
        ):
            yield index, True


def read_each(
    entries: Iterable[Text],
    every: msgspec.json.Decoder[tuple[_T, ...]],
    alone: msgspec.json.Decoder[_T],
    unread: _T,
) -> Iterable[_T]:
    """Read entries, most often all of them at once; where one cannot be read each alone, and that one as `unread`."""
    try:
        return every.decode(b"[" + b",".join(entries) + b"]")
    except msgspec.DecodeError:
        return (_read_alone(one, alone, unread) for one in entries)


def _read_alone(entry: Text, decoder: msgspec.json.Decoder[_T], unread: _T) -> _T:
    try:
        return decoder.decode(entry)
    except msgspec.ValidationError:
        return unread


def _may_say(resource: Look, wanted: Wanted) -> bool:
    """Whether a part of a result, its value in words, or a remark may say what is asked for."""
    if resource.component and _may_hold(resource.component, wanted):
        return True
    texts = (resource.value_string, resource.value_codeable_concept, resource.note, _own_words(resource))
    return any(_is_spoken(bytes(one)) for one in texts if one)


def _own_words(resource: Look) -> msgspec.Raw:
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
