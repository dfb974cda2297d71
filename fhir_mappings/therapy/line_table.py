"""The table of lines as people read it: start, end, drugs, setting, evidence, and why each line begins.

It tells what `fhir_mappings.therapy.lines` has drawn, in words; nothing is decided here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.disease.disease_extent import extent
from fhir_mappings.therapy.line import Beside, Doubt, Line, Opening, Possible
from fhir_mappings.therapy.line_settings import Ground, Placed, settings
from fhir_mappings.therapy.lines import lines
from fhir_mappings.wording import Wording
from policies.model.findings import Evidence, Role
from policies.model.notes import Note, Said


@dataclass(frozen=True, slots=True)
class Row:
    """One certain line: its number, first and last day on record, drugs, setting with its ground, why it begins.

    `ids` are the drugs as the drug table names them. `setting` is empty where the policy asks for none. `may_include`
    are drugs that came back and may be of this line.
    """

    number: int
    start: str
    last: str
    ids: tuple[str, ...]
    drugs: tuple[str, ...]
    setting: str
    setting_why: Said
    opening: Opening
    why: Said
    evidence: tuple[Evidence, ...]
    may_include: tuple[str, ...] = ()
    may_include_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PossibleRow:
    """What may be a further line: the drug, its first day (maybe empty), why it is not certain, and the record."""

    id: str
    drug: str
    start: str
    doubt: Doubt
    why: Said
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class LineTable:
    """The lines that a chart proves, oldest first, and what may be further ones: no upper bound is ever proven."""

    rows: tuple[Row, ...]
    possible: tuple[PossibleRow, ...]


@once
def line_table(reading: Reading) -> LineTable:
    """Lay out the lines of a reading as a table."""
    found = lines(reading)
    placed = settings(reading)
    rows = (_row(reading, number, line, placed[number - 1]) for number, line in enumerate(found.certain, 1))
    possible = sorted(found.possible, key=_by_start)
    return LineTable(tuple(rows), tuple(_possible(reading, one) for one in possible))


def _by_start(one: Possible) -> tuple[str, str]:
    return (one.treatment.start.written if one.treatment.start else "9999"), one.drug


def _row(reading: Reading, number: int, line: Line, placed: Placed | None) -> Row:
    return Row(
        number=number,
        start=line.start.written,
        last=line.last.written,
        ids=line.sure,
        drugs=names(reading, line.sure),
        setting=placed.setting.value if placed is not None else "",
        setting_why=_ground(reading, placed) if placed is not None else "",
        opening=line.opening,
        why=_why(reading, line),
        evidence=tuple(line.shown.values()),
        may_include=names(reading, sorted(line.doubted)),
        may_include_ids=tuple(sorted(line.doubted)),
    )


def names(reading: Reading, drugs: Iterable[str]) -> tuple[str, ...]:
    """Return drugs as people name them."""
    known = reading.drugs.by_id
    return tuple([known[drug].name for drug in drugs])


def _why(reading: Reading, line: Line) -> Note:
    key, rules = f"line.why.{line.opening.value}", reading.policy.figures.lines
    drugs = ", ".join(names(reading, line.openers))
    if line.opening in (Opening.FIRST, Opening.RETURNED):
        return Note(key, drugs=drugs)
    if line.opening in (Opening.PROGRESSION, Opening.ADVANCED):
        since = _since(reading) if line.opening is Opening.ADVANCED else ""
        return Note(key, drugs=drugs, date=line.progression.written if line.progression is not None else since)
    days = {Opening.LEAD_IN_OVER: rules.lead_in_days, Opening.ENDED: rules.gap_days}
    return Note(key, drugs=drugs, days=days.get(line.opening, rules.window_days))


def _ground(reading: Reading, placed: Placed) -> Note:
    key, intents = f"line.setting.{placed.ground.value}", ", ".join(placed.intents)
    if placed.ground is Ground.BY_INTENT:
        return Note(key, intents=intents)
    if placed.ground is Ground.AGAINST_DATES:
        return Note(key, intents=intents, since=_since(reading))
    return Note(key) if placed.ground is Ground.NO_DATED_PROOF else Note(key, since=_since(reading))


def _since(reading: Reading) -> Said:
    """Return the date of the first proof of advanced disease as it is written."""
    since = extent(reading).since
    return since.written if since is not None else Note("undated")


def why_possible(reading: Reading, one: Possible) -> Note:
    """Return why a record may be a further line, and is not surely one."""
    key, days = f"line.doubt.{one.doubt.value}", reading.policy.figures.lines.gap_days
    if one.doubt is Doubt.OVERLAP and one.beside is not None:
        return _why_beside(reading, one.beside, days)
    if one.doubt in (Doubt.RESTART, Doubt.EXCHANGED):
        return Note(key, days=days)
    return Note(key)


def _why_beside(reading: Reading, beside: Beside, gap_days: int) -> Note:
    (drug,) = names(reading, (beside.drug,))
    day = beside.day.isoformat()
    if beside.is_again:
        return Note("line.doubt.overlap_again", beside=drug, first=day, days=gap_days)
    return Note("line.doubt.overlap", beside=drug, last=day)


def _possible(reading: Reading, one: Possible) -> PossibleRow:
    treatment = one.treatment
    (evidence,) = as_role((treatment.evidence,), Role.POSSIBLE)
    start = treatment.start.written if treatment.start is not None else ""
    return PossibleRow(
        one.drug, reading.drugs.by_id[one.drug].name, start, one.doubt, why_possible(reading, one), evidence
    )


def as_sentences(table: LineTable, say: Wording) -> Iterator[str]:
    """Yield the table line by line, as a person reads and corrects it: in his language, with its dates."""
    say = say.dated
    for row in table.rows:
        first, last = say.day(row.start), say.day(row.last)
        span = first if last == first else say("line.span", start=first, last=last)
        yield say("line.row", n=row.number, drugs=_drugs(row, say), span=span, setting=_setting(row, say))
    for one in table.possible:
        start = say.day(one.start) or say("undated")
        yield say("line.possible", drug=one.drug, start=start, why=say.words(one.why))


def in_one_line(table: LineTable, say: Wording) -> str:
    """Write the table in one line, without the reasons; empty if it has neither lines nor possible ones."""
    lines = [
        say("line.short", n=row.number, drugs=_drugs(row, say), start=say.day(row.start), setting=_setting(row, say))
        for row in table.rows
    ]
    further = ", ".join(f"{say.words(one.drug)} ({say.day(one.start) or say('undated')})" for one in table.possible)
    return "; ".join((*lines, *((say("line.further", drugs=further),) if further else ())))


def _drugs(row: Row, say: Wording) -> str:
    return " + ".join(map(say.words, row.drugs))


def _setting(row: Row, say: Wording) -> str:
    key = row.setting.replace(" ", "-")
    return f", {say(f'line.in.{key}')}" if key else ""
