"""No error and no log line holds a value of a prior authorization request, a subscription, a trial or a sign-in."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.certification.pas_full_request import rich
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.negative.test_negative_privacy import MARKER, SPARSE, holders, leaked, lines, marked, texts
from tests.prior_auth.request_bundles import inquiry, request_of, sample, subscription
from tests.prior_auth.test_prior_auth_desk import PASSWORD, reviewers_file
from tests.service.calls import MARGETUXIMAB, body, medication_request, order_sign
from tests.world import compose, store

__all__ = ["lines", "reviewers_file"]
Json = dict[str, Any]
BASE = "https://cds.example.org"
SMALL = order_sign(medication_request(MARGETUXIMAB))
BODIES = {
    "/fhir/pas/Claim/$submit": request_of(SMALL),
    "/fhir/pas/Claim/$inquire": inquiry(SPARSE),
    "/fhir/pas/Subscription": subscription("http://127.0.0.1:9/nobody"),
}


@pytest.fixture(scope="module")
def client(policies_on_file: Catalogue, reviewers_file: Any) -> Iterator[FlaskClient]:
    engine = store()
    settings = Settings(base_url=BASE, automatic_approval=True, reviewers_file=str(reviewers_file))
    yield create_app(compose(settings, policies_on_file, TODAY, engine)).test_client()
    engine.dispose()


@pytest.mark.parametrize("url", BODIES)
def test_no_value_of_a_body_comes_back(client: FlaskClient, lines: io.StringIO, url: str) -> None:
    sent = BODIES[url]
    changes = [(path, MARKER) for path in texts(sent)]
    changes += [(path, value) for path in holders(sent) for value in (MARKER, [MARKER], {MARKER: MARKER})]
    found = {path: text for path, value in changes if (text := leaked(client, body(marked(sent, path, value)), url))}
    assert found == {}
    assert MARKER not in lines.getvalue()


def test_no_value_of_a_full_request_comes_back(client: FlaskClient, lines: io.StringIO) -> None:
    """Of a request with a chart, amounts, days, a team and what supports it each text is marked."""
    sent, url = rich(request_of(sample("20"))), "/fhir/pas/Claim/$submit"
    found = {path: text for path in texts(sent) if (text := leaked(client, body(marked(sent, path)), url))}
    assert found == {}
    assert MARKER not in lines.getvalue()
    assert MARKER not in client.get("/metrics").text


@pytest.mark.parametrize("url", BODIES)
@pytest.mark.parametrize("sent", [MARKER, f'"{MARKER}"', f'{{"{MARKER}": 1, "{MARKER}": 2}}', f'{{"a": "{MARKER}'])
def test_no_broken_body_comes_back(client: FlaskClient, lines: io.StringIO, url: str, sent: str) -> None:
    assert leaked(client, sent.encode(), url) == ""
    assert MARKER not in lines.getvalue()


def test_no_address_comes_back(client: FlaskClient, lines: io.StringIO) -> None:
    for url in (
        "/fhir/pas/Subscription/",
        "/fhir/pas/",
        "/review/",
        "/review/callback?state=",
        "/review/callback?code=",
    ):
        reply = client.get(f"{url}{MARKER}", base_url=BASE)
        assert MARKER not in reply.text
    assert MARKER not in lines.getvalue()


FIELDS = ("text", "policy", "day", "version", "delivery", "language", "sample", "token")


@pytest.mark.parametrize("field", FIELDS)
def test_what_is_tried_is_shown_and_not_logged(client: FlaskClient, lines: io.StringIO, field: str) -> None:
    """The page shows what was pasted to whoever pasted it."""
    call = json.dumps(marked(SMALL, ("context", "patientId"), MARKER)) if field == "text" else json.dumps(SMALL)
    reply = client.post(
        "/try", data={"text": call} | ({field: MARKER} if field != "text" else {}), headers={"Origin": BASE}
    )
    assert reply.status_code < 500
    assert MARKER not in lines.getvalue()


@pytest.mark.parametrize("fields", [{"name": MARKER, "password": "x"}, {"name": "rita", "password": MARKER}])
def test_no_sign_in_is_logged_or_comes_back(client: FlaskClient, lines: io.StringIO, fields: Json) -> None:
    reply = client.post("/review/sign-in", data=fields, headers={"Origin": BASE}, base_url=BASE)
    assert reply.status_code == 401
    assert MARKER not in reply.text + lines.getvalue()


@pytest.mark.parametrize(
    "field", ["csrf", "act", "sequence", "words", "criterion", "reason", "evidence", "end", "units"]
)
def test_no_decision_is_logged(client: FlaskClient, lines: io.StringIO, field: str) -> None:
    desk = client.application.test_client()
    told = {"name": "rita", "password": PASSWORD}
    assert desk.post("/review/sign-in", data=told, headers={"Origin": BASE}, base_url=BASE).status_code == 303
    for path in (f"/review/{MARKER}/decision", "/review/00000000-0000-4000-8000-000000000000/decision"):
        desk.post(path, data={field: MARKER}, headers={"Origin": BASE}, base_url=BASE)
    assert MARKER not in lines.getvalue()
