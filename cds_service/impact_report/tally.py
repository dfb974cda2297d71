"""What came out for all members together: counts, and a few members by reference for each change."""

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field

from cds_service.impact_report.member_row import MemberRow, Side

SIDES = ("before", "after")
EXAMPLES = 5
"""How many members are shown for a change."""


@dataclass(slots=True)
class Tally:
    """Counts rows, in any order; it stays as small as the policy is.

    `rulings` are counted by side, kind of request and ruling; `criteria` by side, id and truth;
    `moves` by criterion and both truths (empty: the version does not have it); `questions` by side and fact.
    """

    members: int = 0
    judged: int = 0
    changed: int = 0
    not_whole: int = 0
    faults: int = 0
    stray_faults: int = 0
    rulings: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    transitions: Counter[tuple[str, str]] = field(default_factory=Counter)
    criteria: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    moves: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    questions: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[tuple[str, tuple[str, ...]]]] = field(default_factory=dict)

    def add(self, row: MemberRow) -> None:
        """Count a row."""
        self.faults += len(row.faults)
        if not row.member:
            self.stray_faults += len(row.faults)
            return
        self.members += 1
        self.not_whole += not row.whole
        if row.is_judged:
            self._judged(row)

    def _judged(self, row: MemberRow) -> None:
        self.judged += 1
        for name, side in zip(SIDES, (row.before, row.after), strict=True):
            self._side(name, side)
        change = (row.before.ruling, row.after.ruling)
        self.transitions[change] += 1
        self.changed += change[0] != change[1]
        moved = row.changed
        if moved:
            insort(self.examples.setdefault(change, []), (row.member, moved))
            del self.examples[change][EXAMPLES:]
        for name in moved:
            self.moves[name, row.before.criteria.get(name, ""), row.after.criteria.get(name, "")] += 1

    def _side(self, name: str, side: Side) -> None:
        self.rulings[name, side.request, side.ruling] += 1
        self.criteria.update([(name, *one) for one in side.criteria.items()])
        self.questions.update([(name, one) for one in side.questions])
