"""What the tests of charts share: the charts of this folder, judged once, and what an expert expects of a criterion."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from fhir_mappings.cases import case_runner
from fhir_mappings.cases.case_runner import Result
from fhir_mappings.cases.drawn_case import draw_case
from fhir_mappings.judgement.judge import Judge
from policies.catalogue import Catalogue
from policies.evaluation.ruling import Reason
from policies.model.criteria import Leaf
from policies.model.truth import Truth
from policies.testcases import reader
from policies.testcases.casebook import JUDGED, Case
from tests import world

HERE = Path(__file__).parent
_SETTLED = {
    "order.patient-living": Truth.MET,
    "continuation.duration": Truth.MET,
    "continuation.indication.diagnosis": Truth.MET,
    "continuation.indication.authorization": Truth.NOT_MET,
}
"""What is settled where a chart says nothing else: the patient lives, the policy sets no maximum, every chart of a
continuation holds its diagnosis in code, and we authorized nothing before."""


def catalogue_on_file() -> Catalogue:
    return world.shipped()


@cache
def charts() -> tuple[Case, ...]:
    """The charts of this folder: traps and patients."""
    return reader.load(catalogue_on_file(), HERE / "cases")


def result_of(case: Case) -> Result:
    """The chart, judged once however often it is asked for."""
    if id(case) not in _results():
        on_file = catalogue_on_file()
        _results()[id(case)] = case_runner.judged(draw_case(case, on_file), Judge(on_file))
    return _results()[id(case)]


@cache
def _results() -> dict[int, Result]:
    return {}


def of_file(name: str) -> tuple[Case, ...]:
    return tuple(case for case in charts() if case.place.split(":")[0].endswith(name))


def leaves(case: Case) -> Iterator[Reason]:
    """The criteria of a chart that are judged by a fact; none if the order is not judged."""
    ruling = result_of(case).judgement.ruling if result_of(case).judgement else None
    reasons = ruling.reasons if ruling is not None else ()
    yield from (reason for reason in reasons if isinstance(reason.criterion, Leaf))


def expected_of(case: Case, criterion: str) -> Truth:
    """What a labelled chart expects of a criterion; one that it does not name must be unknown."""
    return case.expect.criteria.get(criterion, _SETTLED.get(criterion, Truth.UNKNOWN))


def size_of(case: Case) -> int:
    """The number of the patient's resources that bear on some fact."""
    chart = draw_case(case, catalogue_on_file()).chart
    return sum(map(len, (chart.conditions, chart.observations, chart.treatments, chart.documents)))


def is_judged(case: Case) -> bool:
    return case.expect.outcome == JUDGED
