"""`$log-questionnaire-errors` through the real application: kept, counted, and nothing of it believed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands.main import main
from cds_service.storage.engine import open_engine
from cds_service.storage.form_errors import ErrorCount
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.world import compose

Json = dict[str, Any]
BASES = ("/fhir", "/fhir/dtr/2.0.1")
FORM = "https://cds.example.org/fhir/Questionnaire/margetuximab-initial|2026-05-06"
OPERATION = "Questionnaire/$log-questionnaire-errors"


@pytest.fixture
def container(policies_on_file: Catalogue) -> Iterator[Container]:
    engine = new_engine()
    yield compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, engine)
    engine.dispose()


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def form(value: str = FORM, name: str = "questionnaire") -> Json:
    return {"name": name, "valueCanonical": value}


def failed(text: str = "library not found", name: str = "operationOutcome", **members: Any) -> Json:
    issue = {"severity": "error", "code": "not-found", "details": {"text": text}} | members
    return {"name": name, "resource": {"resourceType": "OperationOutcome", "issue": [issue]}}


def told(client: FlaskClient, *parameters: Json, base: str = "/fhir", path: str = OPERATION) -> TestResponse:
    return client.post(f"{base}/{path}", json={"resourceType": "Parameters", "parameter": list(parameters)})


def report(container: Container) -> tuple[ErrorCount, ...]:
    assert container.form_errors is not None
    return container.form_errors.report()


@pytest.mark.requirement("dtr22.oper-1")
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    ("of_form", "of_outcome"),
    [
        ("questionnaire", "operationOutcome"),
        ("Questionnaire", "OperationOutcome"),
        ("questionnaire", "outcome"),
    ],
)
def test_errors_are_kept_by_the_names_of_every_version(
    client: FlaskClient, container: Container, base: str, of_form: str, of_outcome: str
) -> None:
    reply = told(client, form(name=of_form), failed(name=of_outcome, expression=["Questionnaire.item[0]"]), base=base)
    assert (reply.status_code, reply.content_type) == (200, "application/fhir+json")
    OperationOutcome.model_validate(reply.get_json())
    said = ("Questionnaire.item[0]: library not found",)
    assert report(container) == (ErrorCount(FORM, "error", "not-found", 1, said),)


def test_several_forms_and_outcomes_are_counted_and_a_repeated_call_is_not(
    client: FlaskClient, container: Container
) -> None:
    other = FORM.replace("initial", "continuation")
    for _ in range(2):
        assert told(client, form(), form(other), failed("a"), failed("b")).status_code == 200
    told(client, form(), failed("c", severity="warning"))
    counts = {(one.questionnaire, one.severity): (one.times, one.texts) for one in report(container)}
    assert counts == {
        (FORM, "error"): (2, ("a", "b")),
        (other, "error"): (2, ("a", "b")),
        (FORM, "warning"): (1, ("c",)),
    }


def test_it_is_also_called_at_the_form_and_at_the_root(client: FlaskClient, container: Container) -> None:
    for path in ("Questionnaire/margetuximab-initial/$log-questionnaire-errors", "$log-questionnaire-errors"):
        assert told(client, form(), failed(path), path=path).status_code == 200
    assert sum(one.times for one in report(container)) == 2


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ([], "required"),
        ([form()], "required"),
        ([failed()], "required"),
        ([form(""), failed()], "required"),
        ([form(), {"name": "operationOutcome"}], "invalid"),
        ([form(), {"name": "operationOutcome", "resource": {"resourceType": "Patient"}}], "invalid"),
        ([form(), {"name": "operationOutcome", "resource": {"resourceType": "OperationOutcome"}}], "invalid"),
        ([form(), failed(severity=7)], "invalid"),
        ([{"name": "questionnaire", "valueCanonical": 7}], "structure"),
    ],
)
def test_what_is_missing_or_wrong_is_told_and_nothing_is_kept(
    client: FlaskClient, container: Container, base: str, parameters: list[Json], code: str
) -> None:
    reply = told(client, *parameters, base=base)
    assert (reply.status_code, reply.get_json()["issue"][0]["code"]) == (400, code)
    assert report(container) == ()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"resourceType": "OperationOutcome"}'])
def test_a_body_that_is_no_parameters_is_refused(client: FlaskClient, body: bytes) -> None:
    reply = client.post(f"/fhir/{OPERATION}", data=body, content_type="application/fhir+json")
    assert (reply.status_code, reply.get_json()["issue"][0]["code"]) == (400, "structure")


def test_a_large_or_hostile_text_is_kept_short_and_harmless(client: FlaskClient, container: Container) -> None:
    hostile = "\x1b[31m'; DROP TABLE form_errors; --\n\x00" + "x" * 100_000
    many = [failed(f"{number}") for number in range(200)]
    assert told(client, form(), failed(hostile), *many).status_code == 200
    (count,) = report(container)
    assert count.times == 50
    assert len(count.texts[0]) == 500
    assert count.texts[0].startswith("[31m'; DROP TABLE form_errors; -- xxx")
    assert all(one.isprintable() for one in count.texts)


def test_what_an_app_says_is_not_in_the_answer(client: FlaskClient) -> None:
    assert "Jane" not in told(client, form(), failed("Jane Doe, born 1970")).text


def test_the_command_reports_by_form_and_shows_texts_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policies_on_file: Catalogue
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "No error of a form" in CliRunner().invoke(main, ["report", "form-errors"]).output
    engine = open_engine("sqlite:///cds-service.sqlite")
    told(create_app(compose(Settings(), policies_on_file, TODAY, engine)).test_client(), form(), failed())
    engine.dispose()
    shown = CliRunner().invoke(main, ["report", "form-errors"]).output
    assert f"1  error not-found  {FORM}" in shown
    assert "library not found" not in shown
    assert "library not found" in CliRunner().invoke(main, ["report", "form-errors", "--texts"]).output
