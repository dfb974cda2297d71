"""The records of a fact that count for nothing: shown, and, where one may be the newest, the fact is unknown.

Reading 20: newest means newest, read or not. One rule for every kind of fact: what its records are, and whether the
newest of them speaks, are the only things that differ.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

from fhir_mappings.admission.evidence import admitted, linked
from fhir_mappings.chart.concept_match import find, shown
from fhir_mappings.chart.document_records import documents
from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.kept_records import is_named
from fhir_mappings.chart.policy_chart import SILENT, Reading
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.clinical.doubts import MAY_BE_NEWER, TURNED, Doubt
from fhir_mappings.clinical.records import Record, ResultRecord, TreatmentRecord
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Measurement
from fhir_mappings.facts.fhir_kind import Newest
from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from fhir_mappings.findings.record_match import is_of, placed, placed_by_code, sets_of
from policies.kinds.relapse import RELAPSE
from policies.model.criteria import Fact
from policies.model.fact_kinds import Parameter
from policies.model.findings import Evidence, Finding, Role, State
from policies.model.notes import Note, Series, in_order, together

_WITHDRAWN = frozenset({"cancelled", "entered-in-error"})
_SAME_DAY = frozenset({Doubt.MODIFIED, Doubt.NEGATED, Doubt.UNREADABLE, Doubt.STATUS, Doubt.CONTRADICTED})
"""The doubts under which a record of the same day may be the newer one; others must be later to be newer."""
_UNSETTLING = TURNED | {Doubt.SITE}
"""The doubts under which a newer diagnosis, a remission of an odd site say, leaves an older one open."""
_OF_A_COURSE = frozenset({Doubt.CONTRADICTED})
_SHOWN_FIRST: Mapping[Doubt, str] = MappingProxyType({doubt: f"doubt.{doubt.value}" for doubt in Doubt})


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A record of a fact that does not count, why, and the last day on which it may have been so (None: not known)."""

    record: Record
    doubts: frozenset[Doubt]
    latest: Span | None

    def may_be_newer(self, than: Span | None) -> bool:
        """Return whether it may be newer than what counts; a record without a readable date may be."""
        if not self.doubts & MAY_BE_NEWER or self.doubts - MAY_BE_NEWER:
            return False
        if self.latest is None or than is None or Doubt.DATE in self.doubts:
            return True
        may_be_same_day = bool(self.doubts & _SAME_DAY) and self.record.kind == "Observation"
        return self.latest.last >= than.first if may_be_same_day else self.latest.last > than.last


def with_doubtful(reading: Reading, fact: Fact, found: Finding) -> Finding:
    """Return a finding with the doubtful records of its fact: unknown if one may be newer than what counts."""
    doubtful = tuple(_doubtful(reading, fact, found))
    if not doubtful:
        return found
    newest = _newest(reading, found)
    newer = tuple(one for one in doubtful if _decides(fact, one) and one.may_be_newer(newest))
    if newer and found.state is State.KNOWN:
        return _unsettled(fact, found, newer)
    seen = {one.reference for one in found.evidence}
    shown_ = in_order(
        _evidence(fact, one) for one in doubtful if one.record.reference not in seen and one.doubts != _UNREAD_ONLY
    )
    if not shown_ or found.state is State.KNOWN:
        return found
    note = Note("doubtful.note", found=shown_)
    note_before = "" if found.note == SILENT else found.note
    return Finding(found.state, found.value, (*found.evidence, *shown_), together(note_before, note))


_UNREAD_ONLY = frozenset({Doubt.UNREADABLE})


def _unsettled(fact: Fact, found: Finding, newer: tuple[Doubtful, ...]) -> Finding:
    """Return what is unknown because something else may be newer; both are shown, and the newer one is named."""
    shown_ = in_order(_evidence(fact, one) for one in newer)
    rest = as_role(found.evidence, Role.POSSIBLE)
    names = {one.reference for one in shown_}
    note = Note("doubtful.newer", found=shown_, counted=found.counted)
    return Finding.unknown(note, (*shown_, *(one for one in rest if one.reference not in names)))


def _decides(fact: Fact, one: Doubtful) -> bool:
    """Return whether the newest record of a fact of this kind and of this type speaks."""
    newest = FHIR_KINDS[fact.kind].newest
    if newest is Newest.RESULT:
        return one.record.kind == "Observation" or Doubt.CONTAINED in one.doubts
    is_diagnosis = newest is Newest.DIAGNOSIS and one.record.kind == "Condition"
    # A disease comes and goes in its course: a newer remission whose words deny it leaves a relapse open. That a
    # history entry contradicts itself takes no diagnosis back.
    unsettling = _UNSETTLING | _OF_A_COURSE if fact.kind is RELAPSE else _UNSETTLING
    return is_diagnosis and bool(one.doubts & unsettling) and one.latest is not None


def _newest(reading: Reading, found: Finding) -> Span | None:
    """Return the last day of what counts, by the same dates as that of what may be newer."""
    counted = {one.reference: span(one.date) for one in found.counted}
    records: Iterable[Record] = chain(admitted(reading).results, admitted(reading).diagnoses)
    counted |= {one.reference: _latest(one) for one in records if one.reference in counted}
    known = [when for when in counted.values() if when is not None]
    return max(known, key=lambda when: (when.first, when.last), default=None)


def _evidence(fact: Fact, one: Doubtful) -> Evidence:
    record = one.record
    named = record.code
    why = Series(tuple([Note(_SHOWN_FIRST[doubt]) for doubt in Doubt if doubt in one.doubts]))
    summary = Note("doubtful.evidence", what=_words(fact, record, shown(named) or record.kind), why=why)
    coding = next((each for each in named.coding if each.code), None) if named is not None else None
    coded = (coding.system or "", coding.code or "") if coding is not None else ("", "")
    return Evidence(record.reference, summary, one.latest.written if one.latest else "", Role.POSSIBLE, *coded)


def _words(fact: Fact, record: Record, name: str) -> str:
    """Return a record as it stands: its name and its value; of a panel the name and value of what is of the fact."""
    if not isinstance(record, ResultRecord) or record.kind != "Observation":
        return name
    if value := _value(record.whole):
        return f"{name}: {value}"
    tests = fact.tests
    named = [part for part in record.parts if tests is not None and is_named((part,), tests.named)]
    values = [f"{shown(part.code)}: {value}" for part in named if (value := _value(part))]
    return ", ".join((name, *values))


def _value(part: Measurement) -> str:
    number = part.integer if part.quantity is None else part.quantity.value
    return next((str(one) for one in (part.text, shown(part.concept), number) if one not in (None, "")), "")


def _doubtful(reading: Reading, fact: Fact, found: Finding) -> Iterator[Doubtful]:
    for one in admitted(reading).doubted:
        if _could_count(one) and is_of(reading, fact, one):
            yield Doubtful(one, one.doubts, _latest(one))
    if fact.tests is not None:
        counted = {one.reference for one in found.counted}
        for record, doubts in _unlisted(reading, fact):
            if record.reference not in counted:
                yield Doubtful(record, doubts, _latest(record))


def _could_count(one: Record) -> bool:
    """Return whether a record would be evidence but for its doubts; a treatment of the future is a plan or an error."""
    if isinstance(one, ResultRecord):
        return not _is_without_result(one)
    if isinstance(one, TreatmentRecord) and Doubt.AFTER_ORDER in one.doubts:
        return False
    return one.standing is not Standing.NOTHING


def _is_without_result(record: ResultRecord) -> bool:
    """Return whether a result was withdrawn, or is registered and has no value yet."""
    waits = record.status == "registered" and not any(part.has_value for part in record.parts)
    return record.status in _WITHDRAWN or waits


def _latest(record: Record) -> Span | None:
    """Return the last of the days that a record names: when it was so, when it was recorded, when it was issued."""
    named = (record.when, span(record.issued), span(record.recorded))
    known = [one for one in named if one is not None]
    return max(known, key=lambda one: (one.last, one.first), default=None)


def _unlisted(reading: Reading, fact: Fact) -> Iterator[tuple[ResultRecord, frozenset[Doubt]]]:
    """Yield the results that may be of a fact and are not read: named in words, preliminary, contained, undated."""
    tests = sets_of(reading, fact, Parameter.TESTS)
    for record in admitted(reading).results:
        named = record.code if len(record.parts) == 1 else None
        if named is not None:
            coded, of_fact = placed_by_code(reading, (fact.name, (named.coding, named.text)))
        else:
            coded, of_fact = placed(reading, fact, record.parts, tests)
        if of_fact and not _is_without_result(record) and (doubt := _why_unread(reading, fact, record, coded=coded)):
            yield record, frozenset({doubt})
    for document in documents(reading):
        for inner in document.inner:
            linked_to = linked(reading, inner.link) if is_of(reading, fact, inner.result) else None
            if linked_to is not None and not linked_to.doubts:
                within = inner.result._replace(reference=document.reference, kind=document.kind)
                yield within, frozenset({Doubt.CONTAINED})


def _why_unread(reading: Reading, fact: Fact, record: ResultRecord, *, coded: bool) -> Doubt | None:
    """Return why a result that may be of a fact is not read; None if it is, or if it has no value."""
    if not coded:
        return Doubt.UNLISTED
    if record.standing is not Standing.PROVES:
        return Doubt.PRELIMINARY if record.status in {"preliminary", "registered"} else Doubt.STATUS
    if record.when is None:
        return Doubt.UNDATED if fact.kind.of_today else None
    return Doubt.UNREAD if _is_without_meaning(reading, fact, record) else None


def _is_without_meaning(reading: Reading, fact: Fact, record: ResultRecord) -> bool:
    """Return whether a result has a value that the value set of the fact's values does not know."""
    name = FHIR_KINDS[fact.kind].values
    if not name or not any(part.has_value for part in record.parts):
        return False
    values = reading.codes_of(fact, name)
    return all(find(part.concept, values) is None for part in record.parts)
