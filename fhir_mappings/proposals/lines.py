"""Possible lines of therapy as proposals: each is one question, and a yes is one line more for the counts it is of.

Readings 12 and 22 of the payer. What began together is one possible line. A certain line of which no date tells whether
it was for advanced disease is proposed for the counts that ask for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.policy_chart import Reading, once_for_each
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.disease.disease_extent import extent
from fhir_mappings.facts.english import in_english
from fhir_mappings.facts.prior_regimens import ANY, COUNTED, NOT_DATED, drugs_counted
from fhir_mappings.proposals.strength import strength_of
from fhir_mappings.therapy.line import Possible
from fhir_mappings.therapy.line_settings import UNPLACED, settings
from fhir_mappings.therapy.line_table import names, why_possible
from fhir_mappings.therapy.lines import lines
from fhir_mappings.therapy.regimens_in_words import Told, further_in_words
from fhir_mappings.therapy.unlisted_drugs import Hinted, unlisted
from policies.building.facts import ALL
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Proposal, Range, Role, proposal_id
from policies.model.notes import Note, Said

_ONE = Range(1)
_Counts = tuple[tuple[Fact, frozenset[str]], ...]


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
        *(_hinted(reading, one, counts) for one in unlisted(reading)),
        *(_in_words(reading, one, counts) for one in further_in_words(reading)),
    )
    return tuple(one for one in made if one is not None and one.counts)


def _groups(reading: Reading) -> Iterator[_Begun]:
    """Yield the doubtful records by what began together: within the days in which drugs join a line."""
    window = reading.policy.figures.lines.window_days
    possible = lines(reading).possible
    dated = sorted((one for one in possible if one.treatment.start), key=_by_start)
    group: list[Possible] = []
    for one in dated:
        if group and (_by_start(one)[0] - _by_start(group[0])[0]).days > window:
            yield _Begun(tuple(group))
            group = []
        group.append(one)
    if group:
        yield _Begun(tuple(group))
    yield from (_Begun((one,)) for one in possible if one.treatment.start is None)


def _by_start(one: Possible) -> tuple[date, str]:
    start = one.treatment.start
    return (start.first if start is not None else date.max), one.drug


def _line(reading: Reading, begun: _Begun, counts: _Counts) -> Proposal | None:
    first = begun.records[0]
    records = tuple(one.treatment.evidence for one in begun.records)
    for_advanced = _was_advanced(reading, begun.start)
    concerned = _concerned(begun.regimen, counts, for_advanced=for_advanced)
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
    told = " + ".join(names(reading, sorted(drugs)))
    return Note("regimens.line", drugs=told, start=start.written if start else Note("undated"))


def _was_advanced(reading: Reading, start: Span | None) -> bool | None:
    """Return whether what began then was for advanced disease: from its first proof on; None if no date tells."""
    since = extent(reading).since
    if start is None or since is None:
        return None
    if start.first >= since.last:
        return True
    return False if start.last < since.first else None


def _concerned(drugs: frozenset[str], counts: _Counts, *, for_advanced: bool | None) -> tuple[str, ...]:
    """Return the counts that a line of some drugs is one of, or may be."""
    return tuple(
        fact.name
        for fact, counted in counts
        if not counted.isdisjoint(drugs) and (for_advanced is not False or fact.parameters["setting"] == ANY)
    )


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


def _hinted(reading: Reading, hint: Hinted, counts: _Counts) -> Proposal | None:
    """Return a treatment with a drug that no code names, unless a certain line holds its drug already."""
    known = {drug for line in lines(reading).certain for drug in line.drugs}
    if hint.drugs and hint.drugs <= known:
        return None
    of_any = tuple((fact, counted) for fact, counted in counts if fact.parameters["drugs"] == ALL)
    every = frozenset(drug for _, counted in of_any for drug in counted)
    for_advanced = _was_advanced(reading, span(hint.evidence.date))
    asked, drugs = (counts, hint.drugs) if hint.drugs else (of_any, every)
    concerned = _concerned(drugs, asked, for_advanced=for_advanced)
    asks = _asking(Note("proposal.line.unlisted"), counts, concerned, for_advanced=for_advanced)
    return _made(reading, (hint.evidence,), hint.evidence.summary, asks, "", concerned)


def _in_words(reading: Reading, told: Told, counts: _Counts) -> Proposal | None:
    """Return a regimen of a note; whether it was for advanced disease is told by its words, else by its date."""
    by_date = _was_advanced(reading, told.start)
    for_advanced = told.for_advanced if told.for_advanced is not None else by_date
    concerned = _concerned(told.drugs, counts, for_advanced=for_advanced)
    asks = _asking(Note("proposal.line.unlisted"), counts, concerned, for_advanced=for_advanced)
    return _made(reading, (told.evidence,), told.evidence.summary, asks, "", concerned)
