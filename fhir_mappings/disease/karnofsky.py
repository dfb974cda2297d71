"""Karnofsky scores: never converted; shown, and held against an ECOG grade that is no newer and better (reading 20)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fhir_mappings.admission.counted_results import Result, newest, results
from fhir_mappings.chart.concept_match import shown
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.values import Measurement
from fhir_mappings.text_forms.ecog_statement import is_worse
from policies.model.findings import Evidence, Range, Role
from policies.model.notes import Note
from policies.terminology.value_sets import CodeSet


@dataclass(frozen=True, slots=True)
class _Score:
    """A Karnofsky result that counts as a record."""

    result: Result


def karnofsky_results(reading: Reading, tests: CodeSet) -> Iterator[Evidence]:
    """Yield every Karnofsky result, as possible evidence."""
    return (_shown(one.result) for one in _scores(reading, tests))


def karnofsky_against(reading: Reading, tests: CodeSet, grades: Range, day: date) -> Iterator[Evidence]:
    """Yield the newest Karnofsky results, of a day or later, that are worse than the grades of that day."""
    worst = grades.at_least if grades.at_most is None else grades.at_most
    for one in newest(list(_scores(reading, tests))) or ():
        score, when = _number(one.result.value), one.result.when
        if score is not None and when is not None and when.last >= day and is_worse(int(score), worst):
            yield _shown(one.result)


def as_written(value: Measurement) -> str:
    """Return a value as it stands in the record, for a person; empty if there is none."""
    numbers = (value.integer, value.quantity.value if value.quantity else None)
    written = (value.text, shown(value.concept), *numbers)
    return next((str(one) for one in written if one not in (None, "")), "")


def _scores(reading: Reading, tests: CodeSet) -> Iterator[_Score]:
    return (_Score(one) for one in results(reading, tests) if one.member.means == "karnofsky")


def _shown(result: Result) -> Evidence:
    summary = Note("ecog.karnofsky_evidence", score=as_written(result.value) or Note("ecog.unread"))
    return shows(result.observation, summary, result.coding, Role.POSSIBLE)


def _number(value: Measurement) -> Decimal | int | None:
    if value.integer is not None:
        return value.integer
    return value.quantity.value if value.quantity is not None else None
