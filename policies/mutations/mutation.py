"""A small change of a policy, and figures moved by one step."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from policies.files.problems import Path, place
from policies.model.policy import Policy
from policies.terminology.registry import Terminology

TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Change:
    """One small change: its name, its place in the file, and the policy and terminology as they are with it.

    `codes` are those of which a chart must hold one to notice it; empty where any case may. `dropped` are the criteria
    that are no longer there, so that a case cannot notice by naming them. `member` is the code or drug that is dropped
    from a value set, as a case names it.
    """

    id: str
    path: Path
    policy: Policy
    terminology: Terminology
    codes: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    member: str = ""


def moved(figure: int, least: int) -> Iterator[tuple[str, int]]:
    """Yield a whole figure one up and one down, with how that is written; nothing below the least that may be."""
    yield "+ 1", figure + 1
    if figure > least:
        yield "- 1", figure - 1


def moved_a_tenth(figure: Decimal) -> Iterator[tuple[str, Decimal]]:
    """Yield a measured figure a tenth up and a tenth down, with how that is written."""
    yield f"+ {TENTH}", figure + TENTH
    yield f"- {TENTH}", figure - TENTH


def moved_a_digit(figure: int | Decimal) -> Iterator[tuple[str, Decimal]]:
    """Yield a measured figure up and down by one of its last digit, with how that is written: 7.5 by a tenth."""
    known = Decimal(figure)
    exponent = known.as_tuple().exponent
    step = Decimal(1).scaleb(min(exponent, 0)) if isinstance(exponent, int) else Decimal(1)
    yield f"+ {step}", known + step
    yield f"- {step}", known - step


def named(path: Path, what: str) -> str:
    """Name a change by its place and what is done there."""
    return f"{place(path)} {what}"
