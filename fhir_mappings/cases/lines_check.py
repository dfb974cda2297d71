"""Holding the table of lines against the one that a case expects: all of it, in both directions."""

from collections.abc import Iterable, Iterator

from fhir_mappings.therapy.line_table import LineTable
from policies.testcases.casebook import Expected, ExpectedLine, PossibleLine


def line_differences(expect: Expected, table: LineTable | None) -> Iterator[str]:
    """Yield in plain words where the table of lines differs from what a case expects; nothing if it expects none."""
    if expect.lines is None:
        return
    if table is None:
        yield "a table of lines is expected, but this request counts no lines"
        return
    yield from _compared("line", map(_line, expect.lines), map(_line, _lines(table)))
    yield from _compared("possible line", map(_possible, expect.possible), map(_possible, _doubtful(table)))


def _lines(table: LineTable) -> Iterator[ExpectedLine]:
    for row in table.rows:
        drugs, may_include = frozenset(map(_word, row.ids)), frozenset(map(_word, row.may_include_ids))
        yield ExpectedLine(row.start, row.last, drugs, _word(row.opening.value), row.setting, may_include)


def _doubtful(table: LineTable) -> Iterator[PossibleLine]:
    return (PossibleLine(_word(one.id), one.start, _word(one.doubt.value)) for one in table.possible)


def _word(name: str) -> str:
    """Return an id or a key as cases write it."""
    return name.replace("-", " ").replace("_", " ")


def _line(one: ExpectedLine) -> str:
    setting = f", {one.setting}" if one.setting else ""
    may_include = f", may include {' + '.join(sorted(one.may_include))}" if one.may_include else ""
    return f"{one.start} to {one.last}: {' + '.join(sorted(one.drugs))}{may_include}{setting} ({one.begins})"


def _possible(one: PossibleLine) -> str:
    return f"{one.start or 'no date'}: {one.drug} ({one.because})"


def _compared(what: str, expected: Iterable[str], found: Iterable[str]) -> Iterator[str]:
    wanted, there = list(expected), list(found)
    yield from (f"expected the {what} {one}, which is not there" for one in wanted if one not in there)
    yield from (f"there is the {what} {one}, which the case does not say" for one in there if one not in wanted)
    if sorted(wanted) == sorted(there) and wanted != there:
        yield f"the order of each {what} is another: {'; '.join(there)}"
