"""The elements of FHIR R4 resources that the mappings read, as typed structs; those of no fixed shape are decoded here.

Everything not named here is skipped by the decoder.
"""

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from fhir_mappings.clinical.values import Concept, Measurement, Quantity, QuantityRange, Ratio

is_id: Callable[[str], object] = re.compile(r"[A-Za-z0-9\-.]{1,64}").fullmatch
"""Finds whether a text can be the id of a resource (R4, Data Types, id); it is asked of every resource of a call."""


class _Part(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A piece of a resource; unknown members are skipped."""


class CodeableConcept(Concept, frozen=True, gc=False):
    """R4 CodeableConcept, with its extensions."""

    extension: msgspec.Raw = msgspec.Raw()


class Identifier(_Part, frozen=True, gc=False):
    """R4 Identifier."""

    system: str | None = None
    value: str | None = None


class Reference(_Part, frozen=True, gc=False):
    """R4 Reference."""

    reference: str | None = None
    identifier: Identifier | None = None
    display: str | None = None
    type: str | None = None


class Period(_Part, frozen=True, gc=False):
    """R4 Period."""

    start: str | None = None
    end: str | None = None


_HIDDEN = frozenset({"masked", "not-permitted", "unsupported", "as-text", "error", "not-a-number"})
"""Why a value that exists does not stand in a result (codes of FHIR's data-absent-reason): it is unread, not absent."""


class Measured(_Part, frozen=True, gc=False):
    """What an Observation and its components have in common: a code and a value."""

    code: CodeableConcept | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_integer: int | None = None
    value_boolean: bool | None = None
    value_quantity: Quantity | None = None
    value_range: QuantityRange | None = None
    value_ratio: Ratio | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    data_absent_reason: CodeableConcept | None = None

    @property
    def _is_hidden(self) -> bool:
        return self.data_absent_reason is not None and not _HIDDEN.isdisjoint(self.data_absent_reason.codes)

    @property
    def measurement(self) -> Measurement:
        """Return the same as a clinical value."""
        return Measurement(
            self.code,
            self.value_codeable_concept,
            self.value_string,
            self.value_integer,
            self.value_boolean,
            self.value_quantity,
            self.value_range,
            self.value_ratio,
            self.interpretation,
            self.data_absent_reason is not None and not self._is_hidden,
            self._is_hidden,
        )


class Meta(_Part, frozen=True, gc=False):
    """Resource.meta: which version this is."""

    last_updated: str | None = None
    version_id: str | None = None


class Stage(_Part, frozen=True, gc=False):
    """Condition.stage."""

    summary: CodeableConcept | None = None
    assessment: tuple[Reference, ...] = ()


class Ingredient(_Part, frozen=True, gc=False):
    """Medication.ingredient: a substance, or a product that goes into another one."""

    item_codeable_concept: CodeableConcept | None = None
    item_reference: Reference | None = None
    is_active: bool = True


class Extension(_Part, frozen=True, gc=False):
    """The extensions that mean something to us: a reference or a concept by url."""

    url: str = ""
    value_reference: Reference | None = None
    value_codeable_concept: CodeableConcept | None = None


_T = TypeVar("_T", bound=msgspec.Struct)


def concepts(raw: msgspec.Raw) -> tuple[CodeableConcept, ...]:
    """Decode an element that is one CodeableConcept or a list of them; anything else is none."""
    return decoded(raw, CodeableConcept)


def references(raw: msgspec.Raw) -> tuple[Reference, ...]:
    """Decode an element that is one Reference or a list of them; anything else is none."""
    return decoded(raw, Reference)


def ingredients(raw: msgspec.Raw) -> tuple[Ingredient, ...]:
    """Decode the ingredients of a Medication; anything else is none."""
    return decoded(raw, Ingredient)


def identifiers(raw: msgspec.Raw) -> tuple[Identifier, ...]:
    """Decode an element that is one Identifier or a list of them; anything else is none."""
    return decoded(raw, Identifier)


def extensions(raw: msgspec.Raw, url: str) -> tuple[Extension, ...]:
    """Decode a list of extensions and keep those with a url; a list that cannot be read is none."""
    return tuple(one for one in decoded(raw, Extension) if one.url == url)


def decoded(raw: msgspec.Raw, kind: type[_T]) -> tuple[_T, ...]:
    """Decode an element that is one of a kind or a list of them; anything else is none."""
    data = bytes(raw)
    if not data:
        return ()
    try:
        if data.lstrip()[:1] == b"[":
            return msgspec.json.decode(data, type=tuple[kind, ...])  # type: ignore[valid-type]
        return (msgspec.json.decode(data, type=kind),)
    except msgspec.ValidationError:
        return ()
