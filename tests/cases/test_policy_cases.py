"""Every policy case on file, one test each, by its sentence."""

import pytest
from casebook_files import cases_on_file, catalogue_on_file

from fhir_mappings.cases import case_runner
from fhir_mappings.cases.mutation_trials import run_cases
from policies.testcases.casebook import Case

pytestmark = pytest.mark.no_cover  # run often and over whole policies: other tests count the lines


@pytest.mark.parametrize("case", cases_on_file(), ids=lambda case: f"{case.policy}: {case.sentence}")
def test_case(case: Case) -> None:
    (result,) = run_cases([case], catalogue_on_file()).results
    if not result.passed:
        pytest.fail(case_runner.report([result]), pytrace=False)
