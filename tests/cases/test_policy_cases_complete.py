"""The cases on file cover the policies; what they show and notice is held by tests/workbench."""

import pytest
from casebook_files import POLICIES, cases_on_file

LEAST_CASES = 25


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_has_cases_enough(policy: str) -> None:
    assert len([case for case in cases_on_file() if case.policy == policy and not case.each]) >= LEAST_CASES
