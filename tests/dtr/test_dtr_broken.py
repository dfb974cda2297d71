"""Whatever is broken in a body, it is told or taken; the service never fails on it."""

from copy import deepcopy
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.application import create_app
from tests.dtr.adaptive_parts import FAVOURABLE, HOME, Json, answered, package, signed, stepped, walked
from tests.service.calls import coverage

MUTANTS = 60
ODD: tuple[Any, ...] = (None, 1, -1.5, True, "", "x", [], {}, [1], {"a": 1}, [{}], [None], "#", "#asked", 10**30, "\0")
Path = tuple[str | int, ...]


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


@pytest.fixture(scope="module")
def bodies(client: FlaskClient) -> dict[str, list[Json]]:
    name = signed(client, "/fhir")
    draft = package(client, "/fhir", name)[1]
    part = answered(stepped(client, "/fhir", draft), FAVOURABLE)
    finished = walked(client, "/fhir", package(client, "/fhir", signed(client, "/fhir"))[1], FAVOURABLE)[-1]
    issue = {"severity": "error", "code": "exception", "details": {"text": "t"}, "expression": ["a"]}
    outcome = {"name": "operationOutcome", "resource": {"resourceType": "OperationOutcome", "issue": [issue]}}
    form = {"name": "questionnaire", "valueCanonical": f"{HOME}/Questionnaire/margetuximab-initial-adaptive"}
    of_coverage = {"name": "coverage", "resource": coverage(beneficiary={"reference": "Patient/p9"})}
    value_set = {"name": "url", "valueUri": f"{HOME}/ValueSet/ecog-tests"}
    return {
        "Questionnaire/$next-question": [draft, part, finished, _given({"name": "in", "resource": part})],
        "QuestionnaireResponse": [part, finished],
        "Questionnaire/$questionnaire-package": [_given({"name": "context", "valueString": name}, form, of_coverage)],
        "Questionnaire/$log-questionnaire-errors": [_given(form, outcome)],
        "ValueSet/$expand": [_given(value_set, {"name": "count", "valueInteger": 2})],
    }


def _given(*parameters: Json) -> Json:
    return {"resourceType": "Parameters", "parameter": list(parameters)}


def _paths(value: Any, path: Path = ()) -> list[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [one for key, part in inner for one in _paths(part, (*path, key))]


def _mutant(body: Json, random: Random) -> Json:
    """Return a body in which one to three members are gone or odd."""
    made = deepcopy(body)
    for _ in range(random.randint(1, 3)):
        *way, last = random.choice(_paths(made) or [("resourceType",)])
        inside: Any = made
        for step in way:
            inside = inside[step]
        if isinstance(inside, dict) and random.random() < 0.3:
            inside.pop(last, None)
        else:
            inside[last] = deepcopy(random.choice(ODD))
    return made


@pytest.mark.parametrize(
    "address",
    [
        "Questionnaire/$next-question",
        "QuestionnaireResponse",
        "Questionnaire/$questionnaire-package",
        "Questionnaire/$log-questionnaire-errors",
        "ValueSet/$expand",
    ],
)
def test_a_broken_body_is_told_or_taken(client: FlaskClient, bodies: dict[str, list[Json]], address: str) -> None:
    random = Random(address)
    for _ in range(MUTANTS):
        broken = _mutant(random.choice(bodies[address]), random)
        reply = client.post(f"/fhir/{address}", json=broken)
        assert reply.status_code in {200, 201, 400, 404, 422}, broken
        assert reply.content_type == "application/fhir+json"
