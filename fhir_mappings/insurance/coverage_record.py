"""A Coverage as the payer looks at it: whose, by which numbers, from when to when, and who pays; and who is insured.

Source: FHIR R4, Coverage, Patient.birthDate and .name; identifiers by type: HL7 table 0203, "MB" for a member number.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from fhir_mappings.chart.chart import Chart
from fhir_mappings.r4.elements import Identifier, Reference, decoded, identifiers
from fhir_mappings.r4.references import named
from fhir_mappings.r4.resources import Resource

_NO_COVERAGE = frozenset({"entered-in-error", "draft"})
"""The statuses of a Coverage that is none."""
_MEMBER_NUMBER = "MB"
_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"


class Payor(NamedTuple):
    """Who pays: Type/id (empty where it is none), and the identifiers that it is known by, as (system, value).

    One that `is_unseen` is an organization that did not come: nobody can say here that it is another's.
    """

    reference: str
    identifiers: tuple[tuple[str, str], ...]
    is_unseen: bool


class CoverageRecord(NamedTuple):
    """A Coverage on file: its days as written, who pays, and by which numbers it names whom it insures.

    `identifiers` are the values of all its identifiers, as written, `member_numbers` those that are of a member;
    `types` its kind of plan, as (system, code), and `classes` its group, plan and the like, as (code of the class,
    value). Empty where it says none.
    """

    reference: str
    status: str | None = None
    start: str = ""
    end: str = ""
    payors: tuple[Payor, ...] = ()
    subscriber: str = ""
    dependent: str = ""
    identifiers: tuple[str, ...] = ()
    member_numbers: tuple[str, ...] = ()
    types: tuple[tuple[str, str], ...] = ()
    classes: tuple[tuple[str, str], ...] = ()

    @property
    def payor_identifiers(self) -> list[tuple[str, str]]:
        """Return what all who pay are known by."""
        return [pair for one in self.payors for pair in one.identifiers]


class PersonName(NamedTuple):
    """One name of a person; empty where it does not say."""

    family: str = ""
    given: tuple[str, ...] = ()


class Beneficiary(NamedTuple):
    """The date of birth, as written, and the names of the person who is insured; empty where no Patient came."""

    born: str = ""
    names: tuple[PersonName, ...] = ()


class _Coding(msgspec.Struct, frozen=True, gc=False):
    system: Any = None
    code: Any = None


class _Type(msgspec.Struct, frozen=True, gc=False):
    coding: tuple[_Coding, ...] = ()


class _Class(msgspec.Struct, frozen=True, gc=False):
    type: _Type = _Type()
    value: Any = None


class _Identifier(msgspec.Struct, frozen=True, gc=False):
    type: _Type = _Type()
    value: Any = None


class _Name(msgspec.Struct, frozen=True, gc=False):
    family: str = ""
    given: tuple[str, ...] = ()


_IDENTIFIERS = msgspec.json.Decoder(tuple[msgspec.Raw, ...])
_IDENTIFIER = msgspec.json.Decoder(_Identifier)


def coverage_records(chart: Chart) -> tuple[CoverageRecord, ...]:
    """Return the Coverages of a chart, without those that are drafts or errors."""
    return tuple([_record(chart, one) for one in chart.coverages if one.status not in _NO_COVERAGE])


def _record(chart: Chart, coverage: Resource) -> CoverageRecord:
    period = coverage.period
    return CoverageRecord(
        coverage.reference,
        coverage.status,
        (period.start or "") if period is not None else "",
        (period.end or "") if period is not None else "",
        tuple([_payor(chart, coverage, one) for one in coverage.payor]),
        _text(coverage.subscriber_id),
        _text(coverage.dependent),
        tuple([one.value or "" for one in identifiers(coverage.identifier)]),
        tuple(_member_numbers(coverage)),
        tuple([(str(it.system), str(it.code)) for one in decoded(coverage.type, _Type) for it in one.coding]),
        tuple([(str(it.code), str(one.value)) for one in decoded(coverage.class_, _Class) for it in one.type.coding]),
    )


def _payor(chart: Chart, coverage: Resource, payor: Reference) -> Payor:
    organization = chart.resolve(payor, coverage)
    found = identifiers(organization.identifier) if organization is not None else ()
    pair = named(payor)
    is_asked_for = pair is not None and pair[0] == "Organization" and payor.identifier is None
    known = (*found, payor.identifier) if payor.identifier is not None else found
    return Payor("/".join(pair or ()), tuple(map(_pair, known)), is_asked_for and organization is None)


def _pair(identifier: Identifier) -> tuple[str, str]:
    return identifier.system or "", identifier.value or ""


def _member_numbers(coverage: Resource) -> Iterator[str]:
    """Yield the numbers that are typed as a member's; an identifier that cannot be read is none."""
    raw = bytes(coverage.identifier)
    if not raw.strip().startswith(b"["):
        return
    for one in _IDENTIFIERS.decode(raw):
        try:
            found = _IDENTIFIER.decode(one)
        except msgspec.ValidationError:
            continue
        typed = any(
            it.code == _MEMBER_NUMBER and (it.system is None or it.system == _TYPES) for it in found.type.coding
        )
        if typed and isinstance(found.value, str):
            yield found.value


def _text(raw: msgspec.Raw) -> str:
    """Return a text; empty for what is none."""
    found = msgspec.json.decode(raw) if bytes(raw) else ""
    return found.strip() if isinstance(found, str) else ""


def beneficiary(chart: Chart) -> Beneficiary:
    """Return who the patient of a chart is."""
    one = chart.patient
    if one is None:
        return Beneficiary()
    names = [PersonName(it.family, it.given) for it in decoded(one.name, _Name)]
    return Beneficiary(one.birth_date or "", tuple(names))
