"""Possible lines of therapy as proposals: each is one question, and a yes is one line more for the counts it is of.

Readings 12 and 22 of the payer. What began together is one possible line. A certain line of which no date tells whether
it was for advanced disease is proposed for the counts that ask for it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.policy_chart import Reading, once_for_each
from fhir_mappings.clinical.dates import Span
from fhir_mappings.disease.disease_extent import extent
from fhir_mappings.facts.prior_regimens import ANY, COUNTED, NOT_DATED, drugs_counted
from fhir_mappings.meanings.english import in_english
from fhir_mappings.proposals.strength import strength_of
from fhir_mappings.therapy.line import Possible
from fhir_mappings.therapy.line_settings import UNPLACED, settings
from fhir_mappings.therapy.line_table import names, why_possible
from fhir_mappings.therapy.lines import lines
from fhir_mappings.therapy.regimens_in_words import InWords, further_in_words
from fhir_mappings.therapy.unlisted_drugs import HintedCourse, hinted_courses
from policies.building.facts import ALL
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Proposal, Range, Role, proposal_id
from policies.model.notes import Note, Said, together

_ONE = Range(1)
_Counts = tuple[tuple[Fact, frozenset[str]], ...]
_Dated = TypeVar("_Dated")


@dataclass(frozen=True, slots=True)
class _Begun:
    """What may be one line: the doubtful records that began together, the oldest first."""

    records: tuple[Possible, ...]

    @property
    def drugs(self) -> frozenset[str]:
        return frozenset(one.drug for one in self.records)

    @property
    def regimen(self) -> frozenset[str]:
        return frozenset(drug for one in self.records for drug in one.regimen)

    @property
    def start(self) -> Span | None:
        return self.records[0].treatment.start


def proposed_lines(reading: Reading, facts: Iterable[Fact]) -> tuple[Proposal, ...]:
    """Return what may be one line more, each with the facts that it would count for."""
    return _proposed(reading, tuple(fact.name for fact in facts if fact.kind.name == COUNTED))


@once_for_each
def _proposed(reading: Reading, asked: tuple[str, ...]) -> tuple[Proposal, ...]:
    facts = (reading.policy.facts[name] for name in asked)
    counts = tuple((fact, drugs_counted(reading, fact)) for fact in facts)
    made = (
        *(_line(reading, one, counts) for one in _groups(reading)),
        *_for_advanced(reading, counts),
        *(_hinted(reading, one, counts) for one in _hinted_together(reading)),
        *(_in_words(reading, one, counts) for one in further_in_words(reading)),
    )
    return tuple(one for one in made if one is not None and one.counts)


def _groups(reading: Reading) -> Iterator[_Begun]:
    """Yield the doubtful records by what began together."""
    dated = sorted((one for one in lines(reading).possible if one.treatment.start), key=_by_start)
    yield from map(_Begun, _together(reading, dated, lambda one: one.treatment.start))
    yield from (_Begun((one,)) for one in lines(reading).possible if one.treatment.start is None)


def _hinted_together(reading: Reading) -> Iterator[tuple[HintedCourse, ...]]:
    """Yield the courses under no code that counts by what began together."""
    courses = hinted_courses(reading)
    yield from _together(reading, (one for one in courses if one.start is not None), lambda one: one.start)
    yield from ((one,) for one in courses if one.start is None)


def _together(
    reading: Reading, dated: Iterable[_Dated], start_of: Callable[[_Dated], Span | None]
) -> Iterator[tuple[_Dated, ...]]:
    """Yield what is dated, the oldest first, by what began within the days in which drugs join a line."""
    window = timedelta(reading.policy.figures.lines.window_days)
    group, until = list[_Dated](), date.min
    for one in dated:
        first = start.first if (start := start_of(one)) is not None else date.max
        if group and first > until:
            yield tuple(group)
            group = []
        until = until if group else first + window
        group.append(one)
    if group:
        yield tuple(group)


def _by_start(one: Possible) -> tuple[date, str]:
    start = one.treatment.start
    return (start.first if start is not None else date.max), one.drug


def _line(reading: Reading, begun: _Begun, counts: _Counts) -> Proposal | None:
    first = begun.records[0]
    records = tuple(one.treatment.evidence for one in begun.records)
    for_advanced = _was_advanced(reading, begun.start)
    concerned = _concerned(reading, begun.regimen, begun.start, counts, for_advanced=for_advanced)
    asks = _asking(Note(f"proposal.line.{first.doubt.value}"), counts, concerned, for_advanced=for_advanced)
    return _made(
        reading, records, _words(reading, begun.drugs, begun.start), asks, why_possible(reading, first), concerned
    )


def _made(
    reading: Reading,
    records: Sequence[Evidence],
    words: Said,
    asks: Note,
    why: Said,
    counts: tuple[str, ...],
) -> Proposal:
    shown = as_role(dict.fromkeys(records), Role.POSSIBLE)
    proofs = tuple(one._replace(strength=strength_of(reading, one, is_old=False)) for one in shown)
    name = proposal_id(proofs[0].reference, in_english(words), _ONE, is_line=bool(counts))
    return Proposal(proofs, words, _ONE, asks, why, counts, name=name)


def _words(reading: Reading, drugs: Iterable[str], start: Span | None) -> Note:
    drug_names = " + ".join(names(reading, sorted(drugs)))
    return Note("regimens.line", drugs=drug_names, start=start.written if start else Note("undated"))


def _was_advanced(reading: Reading, start: Span | None) -> bool | None:
    """Return whether what began then was for advanced disease: from its first proof on; None if no date tells."""
    since = extent(reading).since
    if start is None or since is None:
        return None
    if start.first >= since.last:
        return True
    return False if start.last < since.first else None


def _concerned(
    reading: Reading, drugs: frozenset[str], start: Span | None, counts: _Counts, *, for_advanced: bool | None
) -> tuple[str, ...]:
    """Return the counts that a line of some drugs is one of, or may be: not those that have the line it would join."""
    joined = _joined(reading, start)
    return tuple(
        fact.name
        for fact, counted in counts
        if not counted.isdisjoint(drugs)
        and counted.isdisjoint(joined)
        and (for_advanced is not False or fact.parameters["setting"] == ANY)
    )


def _joined(reading: Reading, start: Span | None) -> frozenset[str]:
    """Return the drugs of the certain line in whose window a start surely lies; it would be part of that line."""
    days, found = reading.policy.figures.lines.window_days, lines(reading).certain
    if start is None:
        return frozenset()
    near = (one for one in found if start.surely_within(days, one.window) and one.start.surely_within(days, start))
    return frozenset(drug for line in near for drug in line.sure)


def _asking(asks: Note, counts: _Counts, concerned: tuple[str, ...], *, for_advanced: bool | None) -> Note:
    """Return what is asked; where no date tells, whether the line was for advanced disease is asked with it."""
    settings_asked = (fact.parameters["setting"] for fact, _ in counts if fact.name in concerned)
    is_open = for_advanced is None and any(setting != ANY for setting in settings_asked)
    return Note("proposal.line.open_setting") if is_open else asks


def _for_advanced(reading: Reading, counts: _Counts) -> Iterator[Proposal]:
    """Yield the certain lines that no date places, for the counts in the advanced setting."""
    placed = zip(lines(reading).certain, settings(reading), strict=True)
    for line, setting in placed:
        if (setting or UNPLACED).ground not in NOT_DATED:
            continue
        concerned = tuple(
            fact.name
            for fact, counted in counts
            if fact.parameters["setting"] != ANY and not counted.isdisjoint(line.sure)
        )
        records = [line.shown[drug] for drug in line.sure]
        if concerned and records:
            words = _words(reading, line.sure, line.start)
            yield _made(reading, records, words, Note("proposal.line.advanced"), "", concerned)


def _hinted(reading: Reading, courses: tuple[HintedCourse, ...], counts: _Counts) -> Proposal | None:
    """Return a regimen with drugs that no code names, unless all of them are on record elsewhere."""
    start, drugs = courses[0].start, frozenset(drug for one in courses for drug in one.drugs)
    is_known = all(one.drugs for one in courses)
    if is_known and drugs <= _on_record(reading, courses):
        return None
    for_advanced = _was_advanced(reading, start)
    concerned = _concerned(reading, drugs, start, counts, for_advanced=for_advanced)
    if not is_known:  # An unknown drug counts where every drug does.
        of_any = tuple((fact, counted) for fact, counted in counts if fact.parameters["drugs"] == ALL)
        every = frozenset(drug for _, counted in of_any for drug in counted)
        more = _concerned(reading, every, start, of_any, for_advanced=for_advanced)
        concerned = tuple(fact.name for fact, _ in counts if fact.name in {*concerned, *more})
    asks = _asking(Note("proposal.line.unlisted"), counts, concerned, for_advanced=for_advanced)
    shown = {one.first.evidence.summary: one.first.evidence for one in courses}
    return _made(reading, tuple(shown.values()), together(*shown, between=" + "), asks, "", concerned)


def _on_record(reading: Reading, courses: tuple[HintedCourse, ...]) -> frozenset[str]:
    """Return the drugs of certain lines, and of possible ones that began no further than a gap from the courses."""
    gap, found = timedelta(reading.policy.figures.lines.gap_days), lines(reading)
    first = min(one.start.first if one.start is not None else date.min for one in courses)
    last = max(one.last for one in courses)
    days = ((one.drug, one.treatment.first_day) for one in found.possible)
    near = {drug for drug, day in days if day == date.max or (day - gap <= last and first <= day + gap)}
    return frozenset({*near, *(drug for line in found.certain for drug in line.drugs)})


def _in_words(reading: Reading, stated: InWords, counts: _Counts) -> Proposal | None:
    """Return a regimen of a note; whether it was for advanced disease is said by its words, else by its date."""
    by_date = _was_advanced(reading, stated.start)
    for_advanced = stated.for_advanced if stated.for_advanced is not None else by_date
    concerned = _concerned(reading, stated.drugs, stated.start, counts, for_advanced=for_advanced)
    asks = _asking(Note("proposal.line.unlisted"), counts, concerned, for_advanced=for_advanced)
    return _made(reading, (stated.evidence,), stated.evidence.summary, asks, "", concerned)
