"""Every policy case on file, one test each, by its sentence."""

import pytest
from casebook_files import cases_on_file, catalogue_on_file

from fhir_mappings import casework
from policies.casebook import Case


@pytest.mark.parametrize("case", cases_on_file(), ids=lambda case: f"{case.policy}: {case.sentence}")
def test_case(case: Case) -> None:
    result = casework.run(case, catalogue_on_file())
    if not result.passed:
        pytest.fail(casework.report([result]), pytrace=False)
