"""One table says how every error is told."""

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from hooks import errors
from hooks.errors import TOLD, CallError, Issue, told


def test_every_kind_of_error_is_in_the_table() -> None:
    kinds = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, CallError)}
    assert set(TOLD) == kinds - {CallError}


@pytest.mark.requirement("crd22.hook-9", "crd22.hook-10", "crd20.outcome", "hooks.76")
def test_every_error_is_a_valid_outcome_with_a_client_status() -> None:
    for kind in TOLD:
        status, content = told(kind([Issue("what is wrong", "context.patientId"), Issue("more")]))
        assert 400 <= status < 500
        assert len(OperationOutcome.model_validate(content).issue) == 2


def test_the_tree_at_the_head_of_the_module_is_complete() -> None:
    for kind, how in TOLD.items():
        line = next(line for line in (errors.__doc__ or "").splitlines() if kind.__name__ in line)
        assert line.rstrip().endswith(str(how.status))
