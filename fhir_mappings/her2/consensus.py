"""Several results of one test: which of them speaks, and when they contradict each other (reading 4).

A positive result stands if it is surely later than every other one: the older ones are shown. A negative or equivocal
result after a positive one, or of a date that does not tell, is a conflict. An equivocal result yields to a later clear
one. Among results that are not positive the newest speaks.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fhir_mappings.chart.evidence import as_role
from fhir_mappings.clinical.dates import Span
from policies.model.findings import Evidence, Role

POSITIVE, EQUIVOCAL, NEGATIVE = "positive", "equivocal", "negative"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one result comes to: its class, its value as the fact has it, and whether it contradicts itself.

    One that is torn has no one value; `says` are the values between which it is torn.
    """

    kind: str
    value: str
    when: Span | None
    evidence: tuple[Evidence, ...]
    torn: bool = False
    says: frozenset[str] = frozenset()

    @property
    def values(self) -> frozenset[str]:
        """Return what the result may say, as the fact has it."""
        return self.says if self.torn else frozenset({self.value})


@dataclass(frozen=True, slots=True)
class Settled:
    """What the results of a test come to together: a value, or a conflict; its evidence; all classes seen.

    `older` are results that a newer positive one stands against; `dates` are those of the results that speak. Of a
    conflict, `outcomes` are all results.
    """

    value: str
    evidence: tuple[Evidence, ...]
    kinds: frozenset[str]
    conflict: bool = False
    older: tuple[Evidence, ...] = ()
    dates: tuple[Span | None, ...] = ()
    outcomes: tuple[Outcome, ...] = ()

    def is_as_new_as(self, when: Span | None) -> bool:
        """Whether some result that speaks is surely no older than this date."""
        return when is not None and any(one is not None and when.last <= one.first for one in self.dates)

    def is_newer_than(self, other: "Settled") -> bool:
        """Whether some result that speaks is surely later than all of another test that speak."""
        return any(
            one is not None and all(date is not None and date.surely_before(one) for date in other.dates)
            for one in self.dates
        )


def settle(outcomes: Iterable[Outcome]) -> Settled | None:
    """Return what several results come to; None if there are none."""
    known = list(outcomes)
    if not known:
        return None
    kinds = {one.kind for one in known}
    torn = any(one.torn for one in known)
    others = kinds - {POSITIVE}
    if torn or (POSITIVE in kinds and not all(_later(known, POSITIVE, other) for other in others)):
        return Settled("", _both_sides(known), frozenset(kinds), conflict=True, outcomes=tuple(known))
    if POSITIVE in kinds:
        return _speaking(known, lambda one: one.kind == POSITIVE, opposed=NEGATIVE in kinds)
    if kinds == {EQUIVOCAL, NEGATIVE} and not _later(known, NEGATIVE, EQUIVOCAL):
        return _speaking(known, lambda one: one.kind == EQUIVOCAL)
    return _speaking(known, lambda one: NEGATIVE not in kinds or one.kind == NEGATIVE)


def _later(known: list[Outcome], kind: str, than: str) -> bool:
    """Whether some result of one kind is surely later than every result of the other."""
    others = [one.when for one in known if one.kind == than]
    candidates = [one.when for one in known if one.kind == kind and one.when is not None]
    return any(all(other is not None and other.surely_before(when) for other in others) for when in candidates)


def _speaking(known: list[Outcome], wanted: Callable[[Outcome], bool], *, opposed: bool = False) -> Settled:
    chosen = [one for one in known if wanted(one)]
    newest = max(chosen, key=lambda one: (one.when is not None, one.when.last if one.when else None, one.value))
    speaking = [one for one in chosen if one.value == newest.value]
    older = _evidence(one for one in known if one.kind == NEGATIVE) if opposed else ()
    kinds = frozenset(one.kind for one in known)
    return Settled(newest.value, _evidence(speaking), kinds, older=older, dates=tuple(one.when for one in speaking))


def _both_sides(known: Iterable[Outcome]) -> tuple[Evidence, ...]:
    """Return the evidence of a conflict: each piece on its side, where every result is plainly on one."""
    results = list(known)
    if any(one.torn or one.kind not in (POSITIVE, NEGATIVE) for one in results):
        return _evidence(results)
    sided = (as_role(one.evidence, Role.AGAINST if one.kind == NEGATIVE else Role.FOR) for one in results)
    return tuple(dict.fromkeys(item for some in sided for item in some))


def _evidence(known: Iterable[Outcome]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(item for one in known for item in one.evidence))
