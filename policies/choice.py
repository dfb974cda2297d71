"""Which policy of a drug an order falls under: by its day, and by the member's line of business.

The one function by which hooks, forms, prior authorization, commands and cases choose. Fail-closed: where policies hold
for certain lines only, and that of the member is not known, none is chosen.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from itertools import combinations

from policies.model.dates import OrderDate
from policies.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of one policy, oldest first."""

    dates: tuple[date, ...]
    policies: tuple[Policy, ...]

    def on(self, day: OrderDate) -> Policy | None:
        """Return the version in force on the date of an order; None before the first."""
        index = bisect_right(self.dates, day)
        return self.policies[index - 1] if index else None


class Lacking(Enum):
    """Why no policy of a drug is chosen."""

    NOT_YET = "none is in force on that day"
    OTHER_LINES = "those in force are for other lines of business"
    LINE_UNKNOWN = "which of those in force is the member's is not known"


@dataclass(frozen=True, slots=True)
class Open:
    """That no policy is chosen, and why; `lines` are those that the policies in force hold for, `ids` their ids."""

    why: Lacking
    first: Policy
    lines: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


def chosen(of_drug: Sequence[Versions], day: OrderDate, line: str) -> Policy | Open:
    """Return the policy of a drug for a day and a line of business (empty: not known), of at least one on file.

    `first` is the one that was in force first.
    """
    in_force = [one for versions in of_drug if (one := versions.on(day)) is not None]
    if not in_force:
        return Open(Lacking.NOT_YET, min((one.policies[0] for one in of_drug), key=lambda one: one.version))
    for_all = [one for one in in_force if not one.holds_for]
    if for_all:
        return for_all[0]
    found = [one for one in in_force if line in one.holds_for]
    if len(found) == 1:
        return found[0]
    lines = tuple(sorted({name for one in in_force for name in one.holds_for}))
    # Two of one line can be in force where only some versions are signed off: then, too, it is not known which.
    why = Lacking.LINE_UNKNOWN if found or not line else Lacking.OTHER_LINES
    return Open(why, in_force[0], lines, tuple(one.id for one in in_force))


def overlaps(of_drug: Collection[Versions]) -> Iterator[tuple[Policy, Policy, date]]:
    """Yield two policies of a drug that hold for one line of business on one day, with the first such day.

    A policy without lines holds for all.
    """
    for one, other in combinations(of_drug, 2):
        for day in sorted({*one.dates, *other.dates}):
            first, second = one.on(OrderDate(day)), other.on(OrderDate(day))
            if first is not None and second is not None and _share(first, second):
                yield first, second, day
                break


def _share(one: Policy, other: Policy) -> bool:
    shared = set(one.holds_for) & set(other.holds_for)
    return bool(shared) or not one.holds_for or not other.holds_for
