"""docs/conformance.md, written from the lists and the marks."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.conformance.ledger import DOCS, LISTS, NOT_YET, ROOT, STATES, TESTED, Ledger, Row, ledgers
from tests.conformance.marks import Mark, collect

PAGE = DOCS / "conformance.md"
MOST_SHOWN = 4
HEAD = """\
# Conformance

Written by `make conformance` from `docs/requirements.csv`, `docs/certification.csv`, `docs/ideas.csv` and the markers
in the tests; not edited by hand. All sentences are ours; the standards' own texts are what binds.

- **tested**: the tests named carry the id (`@pytest.mark.requirement("...")`), and a test fails if none does.
  What is asked of members that we do not send (deletes, icons) is shown by the schemas: the answers of the tests are
  held to them, and they refuse such a member if it is wrong.
- **not yet**: not built, or not wholly shown. Tests that show a part are named.
- **operator**: whoever runs the service does it.
- **not applicable**: it binds somebody else, or a choice that we did not take.

A running server of anybody's is checked by `cds-service conformance URL`.
"""


def marks() -> tuple[Mark, ...]:
    """Return all marks of the tests."""
    return collect(ROOT / "tests", ROOT, (marker for marker, _ in LISTS))


def page(found: Iterable[Ledger], carried: Iterable[Mark]) -> str:
    """Write the page: what is counted, then each standard with its rows."""
    tests: dict[tuple[str, str], list[Mark]] = {}
    for mark in carried:
        tests.setdefault((mark.marker, mark.id), []).append(mark)
    groups = [(ledger, standard) for ledger in found for standard in dict.fromkeys(row.standard for row in ledger.rows)]
    parts = [HEAD, "\n".join(_counts(groups))]
    for ledger, standard in groups:
        rows = (_line(row, tests.get((ledger.marker, row.id), [])) for row in ledger.rows if row.standard == standard)
        heading = f"## {standard}\n\n| id | strength | asks | state | shown by, or the reason |\n|---|---|---|---|---|"
        parts.append("\n".join((heading, *rows)))
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _counts(groups: list[tuple[Ledger, str]]) -> Iterator[str]:
    """Count the rows of each standard by state, and of those not there yet the ones that bind."""
    yield f"| standard | {' | '.join(STATES)} | not yet, and binding |"
    yield "|---|" + "--:|" * (len(STATES) + 1)
    for ledger, standard in groups:
        rows = [row for row in ledger.rows if row.standard == standard]
        states = Counter(row.status for row in rows)
        binding = sum(row.binds for row in rows if row.status == NOT_YET)
        yield f"| {standard} | {' | '.join(str(states[state]) for state in STATES)} | {binding} |"


def _line(row: Row, carried: list[Mark]) -> str:
    shown = _shown(carried)
    told = shown if row.status == TESTED else ". In part: ".join(part for part in (row.reason, shown) if part)
    return f"| {row.id} | {row.strength} | {row.says} | {row.status} | {told} |"


def _shown(carried: list[Mark]) -> str:
    names = list(dict.fromkeys(f"[{mark.test or mark.file}](../{mark.file})" for mark in carried))
    more = [f"and {len(names) - MOST_SHOWN} more"] if len(names) > MOST_SHOWN else []
    return ", ".join(names[:MOST_SHOWN] + more)


def written() -> str:
    """Return the page as it should stand on disk."""
    return page(ledgers(), marks())
