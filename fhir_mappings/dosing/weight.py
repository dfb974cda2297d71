"""The body weight that a dose is worked out by: the newest measured one, if it is recent and nothing contradicts it.

Absent, outdated, unreadable or contradictory is unknown; no weight is ever guessed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from fhir_mappings.admission.counted_results import Result, results
from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.dosing.units import KILOGRAMS, measured
from policies.model.dosing import WeightRules
from policies.model.notes import Evidence, Note, Role, Said, in_order

_MEASURED = "weight"
_A_TON = 1000
_TENTH = Decimal("0.1")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight in kg, from low to high where the newest day has several; both None if it is not known.

    The evidence of an unknown weight is possible at most. `note` says which weight it is, or why none is known.
    """

    low: Decimal | None
    high: Decimal | None
    note: Said
    evidence: tuple[Evidence, ...]

    @property
    def known(self) -> bool:
        """Whether there is a weight."""
        return self.low is not None


@dataclass(frozen=True, slots=True)
class _Weighed:
    result: Result
    kg: Decimal | None


def body_weight(reading: Reading) -> Weight:
    """Find the weight by the rules of the policy; raises ValueError for a policy that doses by no weight."""
    rules = reading.policy.figures.weight
    if rules is None:
        raise ValueError(f"{reading.policy.id} doses by no weight")
    found = [_Weighed(one, _kilograms(one)) for one in results(reading, reading.codes(rules.tests))]
    weighed = [one for one in found if one.result.member.means == _MEASURED and _says_something(one)]
    current = [one for one in weighed if _is_current(reading, one, rules)]
    if current:
        return _newest(rules, current, weighed)
    seen = as_role(_evidence(found), Role.POSSIBLE)
    days = rules.within_days
    old = Note("dosing.weight_old", days=days, found=seen)
    return _unknown(old if seen else Note("dosing.weight_none", days=days), seen)


def _kilograms(result: Result) -> Decimal | None:
    """Return a weight in kg; None for what is none, or is no body's."""
    kg = measured(result.observation.whole.quantity, KILOGRAMS)
    return kg if kg is not None and kg < _A_TON else None


def _says_something(one: _Weighed) -> bool:
    return one.result.observation.whole.quantity is not None or not one.result.observation.whole.is_absent


def _is_current(reading: Reading, one: _Weighed, rules: WeightRules) -> bool:
    when = one.result.when
    return when is not None and when.days_before(reading.as_of)[1] <= rules.within_days


def _newest(rules: WeightRules, current: list[_Weighed], weighed: list[_Weighed]) -> Weight:
    last = max(one.result.when.first for one in current if one.result.when is not None)
    newest = [one for one in current if one.result.when is not None and one.result.when.last >= last]
    if any(one.kg is None for one in newest):
        seen = as_role(_evidence(newest), Role.POSSIBLE)
        return _unknown(Note("dosing.weight_unread", found=seen), seen)
    here = [one.kg for one in newest if one.kg is not None]
    for others, percent in ((current, rules.agree_percent), (weighed, rules.slip_percent)):
        if _differ(here, [one.kg for one in others if one.kg is not None], percent):
            seen = as_role(_evidence(others), Role.POSSIBLE)
            return _unknown(Note("dosing.weight_conflict", found=seen), seen)
    evidence = in_order(_evidence(newest))
    note = Note("dosing.weight", found=evidence)
    return Weight(min(here), max(here), note, evidence)


def _differ(newest: list[Decimal], others: list[Decimal], percent: int) -> bool:
    """Whether a newest weight and another lie further apart than so much, as a share of the smaller one."""
    pairs = ((min(newest), max(others)), (min(others), max(newest)))
    return any((high - low) * _HUNDRED > low * percent for low, high in pairs)


def _unknown(note: Note, evidence: tuple[Evidence, ...]) -> Weight:
    return Weight(None, None, note, in_order(evidence))


def _evidence(weighed: Iterable[_Weighed]) -> tuple[Evidence, ...]:
    return tuple(_shown(weighed))


def _shown(weighed: Iterable[_Weighed]) -> Iterator[Evidence]:
    for one in weighed:
        kg = rounded(one.kg) if one.kg is not None else None
        value = Note("dosing.weight_no_number") if kg is None else Note("dosing.kilograms", kg=kg)
        summary = Note("dosing.weight_evidence", name=one.result.member.display, value=value)
        yield shows(one.result.observation, summary, one.result.coding)


def rounded(number: Decimal) -> Decimal:
    """Return a number to a tenth, without a needless zero, as people read it."""
    tenth = number.quantize(_TENTH)
    return tenth.quantize(Decimal(1)) if tenth == tenth.to_integral_value() else tenth
