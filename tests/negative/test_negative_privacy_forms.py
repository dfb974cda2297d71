"""No error, log line or figure holds a value of a form, of a call for forms, of a token request, or of the desk."""

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from msgspec import convert

from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from tests.clients.signing import BASE, ISSUER, key_set
from tests.conftest import TODAY
from tests.dtr.test_dtr_answered import ANSWERS, draft, filled
from tests.dtr.test_dtr_answered import signed as signed_order
from tests.negative.test_negative_privacy import MARKER, holders, leaked, lines, marked, texts
from tests.page.test_page_answers import of_sample
from tests.prior_auth.request_bundles import request_of, response, sample
from tests.prior_auth.test_prior_auth_desk import PASSWORD, reviewers_file
from tests.service.calls import MARGETUXIMAB, body, medication_request
from tests.service.hostile_calls import FORM
from tests.world import compose, store

__all__ = ["lines", "reviewers_file"]
Json = dict[str, Any]
FORM_TYPE = "application/x-www-form-urlencoded"
FIELDS = ("csrf", "act", "sequence", "words", "criterion", "reason", "evidence", "end", "units")


@pytest.fixture(scope="module")
def client(policies_on_file: Catalogue, reviewers_file: Any) -> Iterator[FlaskClient]:
    engine = store()
    settings = Settings(base_url=BASE, reviewers_file=str(reviewers_file))
    yield create_app(compose(settings, policies_on_file, TODAY, engine)).test_client()
    engine.dispose()


def answer(client: FlaskClient) -> Json:
    """A filled form; each that is made so is of the same determination."""
    return filled(draft(client, str(signed_order(client)["coverage-assertion-id"])), ANSWERS)


def package(client: FlaskClient) -> Json:
    name = str(signed_order(client)["coverage-assertion-id"])
    coverage = {"resourceType": "Coverage", "id": "cov1", "beneficiary": {"reference": "Patient/p1"}}
    given: list[Json] = [{"name": "coverage", "resource": coverage}]
    given += [{"name": "order", "resource": medication_request(MARGETUXIMAB)}]
    given += [{"name": "context", "valueString": name}, {"name": "questionnaire", "valueCanonical": f"{BASE}/x|1"}]
    return {"resourceType": "Parameters", "parameter": given}


def step(client: FlaskClient) -> Json:
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": "questionnaire-response", "resource": answer(client) | {"status": "in-progress"}}],
    }


def form_error(_: FlaskClient) -> Json:
    issue = {"severity": "error", "code": "exception", "diagnostics": "why", "expression": ["Questionnaire.item[0]"]}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    given = [{"name": "questionnaire", "valueCanonical": f"{BASE}/fhir/Questionnaire/margetuximab-initial"}]
    return {"resourceType": "Parameters", "parameter": [*given, {"name": "operationOutcome", "resource": outcome}]}


BODIES: dict[str, Callable[[FlaskClient], Json]] = {
    "/fhir/QuestionnaireResponse": answer,
    "/fhir/Questionnaire/$questionnaire-package": package,
    "/fhir/Questionnaire/$next-question": step,
    "/fhir/Questionnaire/$log-questionnaire-errors": form_error,
}


@pytest.mark.parametrize("url", BODIES)
def test_no_value_of_a_form_comes_back(client: FlaskClient, lines: io.StringIO, url: str) -> None:
    sent = BODIES[url](client)
    changes: list[tuple[Any, Any]] = [(path, MARKER) for path in texts(sent)]
    changes += [(path, value) for path in holders(sent) for value in (MARKER, [MARKER], {MARKER: MARKER})]
    assert len(changes) > 10
    found = {path: text for path, value in changes if (text := leaked(client, body(marked(sent, path, value)), url))}
    assert found == {}
    assert MARKER not in lines.getvalue()
    assert MARKER not in client.get("/metrics").text


@pytest.mark.parametrize("url", BODIES)
@pytest.mark.parametrize("sent", [MARKER, f'"{MARKER}"', f'{{"{MARKER}": 1, "{MARKER}": 2}}', f'{{"a": "{MARKER}'])
def test_no_broken_form_comes_back(client: FlaskClient, lines: io.StringIO, url: str, sent: str) -> None:
    assert leaked(client, sent.encode(), url) == ""
    assert MARKER not in lines.getvalue()


def test_what_is_typed_into_the_plain_form_is_not_logged(client: FlaskClient, lines: io.StringIO) -> None:
    """The page shows what was typed to whoever typed it, where it has to be mended."""
    way = of_sample(client, "05")
    items = re.findall(r'name="([^"]+)"', client.get(f"{way}?plain").text)
    assert len(items) > 3
    for at in (way, f"/forms/{MARKER}"):
        for one in {*items, "author", MARKER}:
            client.post(f"{at}/plain", data={one: MARKER}, headers={"Origin": BASE}, content_type=FORM_TYPE)
            client.post(f"{at}/response", data=json.dumps({one: MARKER}), headers={"Origin": BASE})
    assert MARKER not in lines.getvalue()
    assert MARKER not in client.get("/metrics").text


@pytest.fixture(scope="module")
def registered(policies_on_file: Catalogue) -> Iterator[FlaskClient]:
    engine = store()
    one = {"name": "ehr", "iss": ISSUER, "jwks": json.loads(key_set())}
    settings = convert({"base_url": BASE, "clients": [one]}, Settings)
    yield create_app(compose(settings, policies_on_file, TODAY, engine)).test_client()
    engine.dispose()


@pytest.mark.parametrize("field", [*FORM, "another"])
@pytest.mark.parametrize("value", [MARKER, f"{MARKER}.e30.", f"{MARKER} {MARKER}", f"system/{MARKER}.rs"])
def test_no_field_of_a_token_request_comes_back(
    registered: FlaskClient, lines: io.StringIO, field: str, value: str
) -> None:
    given = {name: one.decode() for name, one in FORM.items()} | {field: value}
    for headers in ({}, {"Authorization": f"Basic {MARKER}"}, {"Authorization": f"{MARKER} x"}):
        reply = registered.post("/oauth/token", data=urlencode(given), content_type=FORM_TYPE, headers=headers)
        assert 400 <= reply.status_code < 500
        assert MARKER not in reply.text
        assert all(MARKER not in one for _, one in reply.headers)
    assert MARKER not in lines.getvalue()


@pytest.fixture(scope="module")
def waiting(client: FlaskClient) -> str:
    """A request that waits for a person."""
    reply = client.post("/fhir/pas/Claim/$submit", data=json.dumps(request_of(sample("02"))))
    return str(response(json.loads(reply.data))["id"])


@pytest.mark.parametrize("act", ["approved", "changed", "denied", "asked", "extended", "appealed", MARKER])
def test_no_decision_on_a_case_is_logged_and_no_faulty_one_comes_back(
    client: FlaskClient, lines: io.StringIO, waiting: str, act: str
) -> None:
    """Each field of each decision in turn; what is kept with a decision is shown at the desk, and nowhere else."""
    desk = client.application.test_client()
    headers = {"Origin": BASE}
    who = {"name": "rita", "password": PASSWORD}
    assert desk.post("/review/sign-in", data=who, headers=headers, base_url=BASE).status_code == 303
    csrf = desk.get("/review", base_url=BASE).text.split('name="csrf" value="')[1].split('"')[0]
    for field in FIELDS:
        told = {"csrf": csrf, "act": act, "sequence": "7", field: MARKER}
        reply = desk.post(f"/review/{waiting}/decision", data=told, headers=headers, base_url=BASE)
        assert reply.status_code in {403, 422}, "there is no item 7"
        assert MARKER not in reply.text
    for query in ("decided?words=", "decided?code="):
        assert desk.get(f"/review/{query}{MARKER}", base_url=BASE).status_code == 200
    desk.get(f"/review/{waiting}/letters/1/{MARKER}?language={MARKER}", base_url=BASE)
    assert MARKER not in lines.getvalue()
    assert MARKER not in client.get("/metrics").text


@pytest.mark.parametrize(
    "path", ["/forms/launch?iss=", "/forms/launch?launch=x&iss=", "/forms/callback?state=", "/forms/callback?code="]
)
def test_no_launch_is_logged_or_comes_back(client: FlaskClient, lines: io.StringIO, path: str) -> None:
    for value in (MARKER, f"https://{MARKER}.example.org/fhir"):
        reply = client.get(f"{path}{value}", base_url=BASE)
        assert 400 <= reply.status_code < 500
        assert MARKER not in reply.text
    assert MARKER not in lines.getvalue()
