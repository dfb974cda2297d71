"""One table says how every error is told."""

from pathlib import Path

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from hooks.protocol import errors
from hooks.protocol.crd_versions import CRD_VERSIONS, DEFAULT_VERSION
from hooks.protocol.errors import (
    OF_HTTP,
    REPORTED,
    CallError,
    InvalidCallError,
    Issue,
    OverloadError,
    reported_in,
    status_and_outcome,
)


def test_every_kind_of_error_is_in_the_table() -> None:
    kinds = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, CallError)}
    assert set(REPORTED) == kinds - {CallError}


@pytest.mark.requirement("crd22.hook-9", "crd22.hook-10", "crd20.outcome", "hooks.76")
def test_every_error_is_a_valid_outcome_with_a_client_status() -> None:
    for kind in REPORTED:
        status, content = status_and_outcome(kind([Issue("what is wrong", "context.patientId"), Issue("more")]))
        assert 400 <= status < 500 or (kind is OverloadError and status == 503)
        assert len(OperationOutcome.model_validate(content).issue) == 2


def rows() -> dict[str, list[str]]:
    """The cells of the table on the page, by the first of them."""
    lines = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return {first: rest for first, *rest in cells[1:]}


def test_the_page_shows_the_table() -> None:
    shown = {name: cells[:4] for name, cells in rows().items() if not name.isdecimal()}
    assert shown == {
        kind.__name__: [kind.__doc__, str(how.status_in("2.0")), str(how.status_in("2.2")), how.code]
        for kind, how in REPORTED.items()
    }
    assert {how.severity for how in REPORTED.values()} == {"error"}


def test_the_page_shows_the_errors_of_http() -> None:
    shown = {int(name): cells[1:5] for name, cells in rows().items() if name.isdecimal()}
    assert shown == {status: [str(status), str(status), code, text] for status, (code, text) in OF_HTTP.items()}


@pytest.mark.parametrize(("version", "status"), [("2.0", 422), ("2.2", 400)])
def test_an_error_is_told_in_the_version_of_the_call(version: str, status: int) -> None:
    with pytest.raises(InvalidCallError) as caught, reported_in(version):
        raise InvalidCallError([Issue("x")])
    assert status_and_outcome(caught.value)[0] == status
    assert status_and_outcome(InvalidCallError([Issue("x")]))[0] == REPORTED[InvalidCallError].status_in(
        DEFAULT_VERSION.name
    )


def test_the_tree_at_the_head_of_the_module_is_complete() -> None:
    for kind, how in REPORTED.items():
        line = next(line for line in (errors.__doc__ or "").splitlines() if kind.__name__ in line)
        statuses = {version: how.status_in(version) for version in CRD_VERSIONS}
        said = "".join(f", in CRD {version} {one}" for version, one in statuses.items() if one != how.status)
        assert line.rstrip().endswith(f"{how.status}{said}")
