"""Disease status results: whether the disease has progressed, and when somebody said so."""

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_mappings.admission.counted_results import results
from fhir_mappings.chart.concept_match import displayed, meanings, shown
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.courses import course_in
from fhir_mappings.clinical.dates import Span
from fhir_mappings.disease.diagnoses import Tie, tie
from policies.model.criteria import Fact
from policies.model.findings import Evidence
from policies.model.notes import Note


def _agreed(coded: frozenset[str], words: tuple[str, ...]) -> str:
    """Return what codings and words of a status mean together; '?' if they disagree, or the words are unsure."""
    courses = coded.union(*(course_in(word) for word in words))
    return next(iter(courses)) if len(courses) == 1 else "?"


@dataclass(frozen=True, slots=True)
class Status:
    """One dated statement of the course of the disease: what it means, or '?' if its codings contradict each other."""

    means: str
    when: Span
    belongs: Tie
    evidence: Evidence


def statuses(reading: Reading, fact: Fact) -> Iterator[Status]:
    """Yield the dated disease statuses that the fact's value sets know."""
    values = reading.codes_of(fact, "statuses")
    for result in results(reading, reading.codes_of(fact, "status_tests")):
        observation = result.observation
        value = result.value.concept
        found = meanings(value, values)
        if found and result.when is not None:
            means = _agreed(found, value.words if value is not None else ())
            summary = Note("status.evidence", value=shown(value, displayed(value, values)))
            evidence = shows(observation, summary, result.coding)
            yield Status(means, result.when, tie(reading, observation.focus), evidence)
