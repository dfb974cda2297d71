"""On how many days within a time a result was beyond a figure: two fasting values, three low counts."""

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.disease.text_mentions import confirming
from fhir_mappings.facts.fhir_kind import FhirKind
from fhir_mappings.general_facts.measurement import Number, evidence, is_old, look, numbers
from policies.evaluation.comparison import holds
from policies.kinds.changes import RESULT_COUNT
from policies.kinds.measurements import NOT_MEASURED
from policies.model.criteria import Comparison, Fact
from policies.model.findings import Finding, Range, Role
from policies.model.notes import Note
from policies.model.truth import Truth

_BOUNDS: Mapping[str, Comparison] = MappingProxyType(
    {
        "results_at_least": Comparison.AT_LEAST,
        "results_above": Comparison.ABOVE,
        "results_at_most": Comparison.AT_MOST,
        "results_below": Comparison.BELOW,
    }
)


def result_count(reading: Reading, fact: Fact) -> Finding:
    """Count the days within the look-back with a result that is surely beyond the figures: a lower bound."""
    found = numbers(reading, fact)
    counted = [one for one in found if not is_old(reading, fact, one) and _is_beyond(fact, one)]
    days = set(_days(counted))
    if not days:
        rest = tuple(evidence(fact, found, Role.POSSIBLE))
        return confirming(reading, Note("results.none", found=rest) if rest else "", rest, look(fact))
    shown = tuple(evidence(fact, counted, Role.FOR))
    return Finding.known(Range(len(days)), shown, Note("results.counted", n=len(days), found=shown))


def _is_beyond(fact: Fact, one: Number) -> bool:
    asked = [(comparison, fact.parameters[word]) for word, comparison in _BOUNDS.items() if word in fact.parameters]
    return one.value is not None and all(holds(one.value, sign, figure) is Truth.MET for sign, figure in asked)


def _days(counted: list[Number]) -> Iterator[date]:
    """Yield the days that are surely different: where none is known to the day, one of them."""
    dated = [one.result.when for one in counted if one.result.when is not None]
    full = [one.first for one in dated if one.first == one.last]
    yield from full or [one.first for one in dated[:1]]


RECORDS = (
    FhirKind(
        RESULT_COUNT,
        result_count,
        frozenset({"Observation"}),
        other_tests=frozenset({NOT_MEASURED}),
    ),
)
