"""Every policy case on file, one test each, by its sentence."""

import pytest
from casebook_files import cases_on_file, catalogue_on_file

from fhir_mappings import casework
from fhir_mappings.workbench import run_cases
from policies.casebook import Case

pytestmark = pytest.mark.no_cover  # run often and over whole policies: other tests count the lines


@pytest.mark.parametrize("case", cases_on_file(), ids=lambda case: f"{case.policy}: {case.sentence}")
def test_case(case: Case) -> None:
    (result,) = run_cases([case], catalogue_on_file()).results
    if not result.passed:
        pytest.fail(casework.report([result]), pytrace=False)
