"""What is wrong with the lists and the marks, in sentences; nothing is wrong if there are none."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.conformance.ledger import NOT_YET, STATES, TESTED, WHO, Ledger, Row
from tests.conformance.marks import Mark


def faults(ledger: Ledger, marks: Iterable[Mark]) -> Iterator[str]:
    """Yield every fault of one list and of the marks that name its rows."""
    own = [one for one in marks if one.marker == ledger.marker]
    known = Counter(row.id for row in ledger.rows)
    yield from (f"{ledger.file}: {name} stands twice" for name, times in known.items() if times > 1)
    for mark in own:
        if mark.fault:
            yield f"{mark.place}: {mark.marker} {mark.id}: {mark.fault}"
        elif mark.id not in known:
            yield f"{mark.place}: {mark.marker} {mark.id} is not in {ledger.file}"
    shown = {mark.id for mark in own if not mark.fault}
    for row in ledger.rows:
        yield from (f"{ledger.file}: {row.id} {fault}" for fault in _row(row, shown=row.id in shown))


def _row(row: Row, *, shown: bool) -> Iterator[str]:
    if not (row.id and row.standard and row.strength and row.says):
        yield "lacks id, standard, strength or words"
    if row.who not in WHO:
        yield f"has no known 'who': {row.who!r}"
    if row.status not in STATES:
        yield f"has no known status: {row.status!r}"
    elif row.status == TESTED:
        yield from _tested(row, shown=shown)
    else:
        yield from _reasoned(row, shown=shown)


def _tested(row: Row, *, shown: bool) -> Iterator[str]:
    if not shown:
        yield "is called tested, but no test carries it"
    if row.reason:
        yield "is called tested, and gives a reason as if it were not"


def _reasoned(row: Row, *, shown: bool) -> Iterator[str]:
    if not row.reason:
        bound = ", and binds the server" if row.binds else ""
        yield f"is neither tested nor given a reason{bound}"
    if row.status == "operator" and row.who != "operator":
        yield "is left to the operator, but 'who' says otherwise"
    if shown and row.status != NOT_YET:
        yield f"is called '{row.status}', but a test carries it"
