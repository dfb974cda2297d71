"""Several results of one test: which of them speaks, and when they contradict each other (reading 4).

Positive against negative is a conflict, whatever the dates. An equivocal result yields to a later clear one; a clear
positive followed by an equivocal result is a conflict too. Among results that are not positive the newest speaks.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fhir_mappings.r4.dates import Span
from policies.model.findings import Evidence

POSITIVE, EQUIVOCAL, NEGATIVE = "positive", "equivocal", "negative"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one result comes to: its class, its value as the fact has it, and whether it contradicts itself."""

    kind: str
    value: str
    when: Span | None
    evidence: tuple[Evidence, ...]
    torn: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What the results of a test come to together: a value, or a conflict; its evidence; all classes seen."""

    value: str
    evidence: tuple[Evidence, ...]
    kinds: frozenset[str]
    conflict: bool = False


def settle(outcomes: Iterable[Outcome]) -> Settled | None:
    """Return what several results come to; None if there are none."""
    known = list(outcomes)
    if not known:
        return None
    kinds = {one.kind for one in known}
    torn = any(one.torn for one in known)
    if (
        torn
        or {POSITIVE, NEGATIVE} <= kinds
        or (kinds == {POSITIVE, EQUIVOCAL} and not _later(known, POSITIVE, EQUIVOCAL))
    ):
        return Settled("", _evidence(known), frozenset(kinds), conflict=True)
    if POSITIVE in kinds:
        return _speaking(known, lambda one: one.kind == POSITIVE)
    if kinds == {EQUIVOCAL, NEGATIVE} and not _later(known, NEGATIVE, EQUIVOCAL):
        return _speaking(known, lambda one: one.kind == EQUIVOCAL)
    return _speaking(known, lambda one: NEGATIVE not in kinds or one.kind == NEGATIVE)


def _later(known: list[Outcome], kind: str, than: str) -> bool:
    """Tell whether some result of one kind is surely later than every result of the other."""
    others = [one.when for one in known if one.kind == than]
    candidates = [one.when for one in known if one.kind == kind and one.when is not None]
    return any(all(other is not None and other.surely_before(when) for other in others) for when in candidates)


def _speaking(known: list[Outcome], wanted: Callable[[Outcome], bool]) -> Settled:
    chosen = [one for one in known if wanted(one)]
    newest = max(chosen, key=lambda one: (one.when is not None, one.when.last if one.when else None, one.value))
    evidence = _evidence(one for one in chosen if one.value == newest.value)
    return Settled(newest.value, evidence, frozenset(one.kind for one in known))


def _evidence(known: Iterable[Outcome]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(item for one in known for item in one.evidence))
