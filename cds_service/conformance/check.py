"""One check of the self-test, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from cds_service.conformance.exchanges import Seen

Judge = Callable[[Seen], list[str] | None]


class State(Enum):
    """What came of a check; `skip` means that nothing was seen to which it applies."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Check:
    """A check: the requirements that it is about (docs/requirements.csv), what it holds, how it is judged, how strong.

    `strength` is that of the strongest of its requirements. A judge returns what is wrong, nothing if all is well, and
    None if there was nothing to look at.
    """

    ids: tuple[str, ...]
    says: str
    judge: Judge
    strength: str = "SHALL"

    def run(self, seen: Seen) -> "Result":
        """Judge what was seen."""
        faults = self.judge(seen)
        if faults is None:
            return Result(self, State.SKIP, ())
        return Result(self, State.FAIL if faults else State.PASS, tuple(dict.fromkeys(faults)))


@dataclass(frozen=True, slots=True)
class Result:
    """A check, what came of it, and what was wrong."""

    check: Check
    state: State
    faults: tuple[str, ...]


def check(ids: str, says: str, judge: Judge, strength: str = "SHALL") -> Check:
    """Return a check; its ids are written with spaces between them."""
    return Check(tuple(ids.split()), says, judge, strength)
