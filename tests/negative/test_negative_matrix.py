"""The negative matrix: every row, to every caller, through the real application."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.coverage.stating import parts_on
from tests.negative.sending import ROWS, cases, path_of, sent, told
from tests.service.calls import body, order_sign, reference, unexplained
from tests.world import compose, store

Json = dict[str, Any]
CASES = list(cases())
DOCUMENTS = ("doc-needed", "info-needed")


@pytest.fixture(scope="module")
def service(policies_on_file: Catalogue) -> Iterator[FlaskClient]:
    engine = store()
    yield create_app(
        compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, engine)
    ).test_client()
    engine.dispose()


@pytest.fixture(scope="module")
def dead() -> str:
    """Return the address of a FHIR server on this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    return f"http://127.0.0.1:{port}/fhir"


def short(action: Json) -> Json:
    """Return what a row says of an order."""
    parts = parts_on(action)
    return {name: parts[name][0] for name in ("covered", "pa-needed", *DOCUMENTS) if name in parts}


def as_ever(service: FlaskClient) -> Any:
    call = body(order_sign() | {"extension": {"davinci-crd.requestedVersion": "2.0"}})
    reply = service.post("/cds-services/order-sign-crd", data=call, content_type="application/json")
    assert reply.status_code == 200
    return unexplained(json.loads(reply.data))["systemActions"]


@pytest.mark.idea("crd-idea-36", "crd-idea-37", "crd-idea-39")
@pytest.mark.requirement("crd22.found-32", "crd22.found-34", "crd22.conf-12", "crd22.hook-9", "crd22.hook-10")
@pytest.mark.requirement("crd22.hook-13", "crd20.status-400", "crd20.status-412", "crd20.status-422", "hooks.52")
@pytest.mark.requirement("hooks.54", "crd22.resp-43")
@pytest.mark.parametrize(("row", "caller"), CASES, ids=[f"{row['what']}: {caller}" for row, caller in CASES])
def test_a_row_is_answered_as_the_standard_says(service: FlaskClient, dead: str, row: Json, caller: str) -> None:
    expected = told(row, caller)
    reply = service.post(path_of(row), data=sent(row, caller, dead), content_type="application/json")
    assert reply.status_code == expected["status"], reply.text[:500]
    assert "Traceback" not in reply.text
    content = json.loads(reply.data or b"{}")
    if reply.status_code >= 400:
        assert content["resourceType"] == "OperationOutcome"
        assert {issue["code"] for issue in content["issue"]} == {expected["code"]}
        places = [place for issue in content["issue"] for place in issue.get("expression", ())]
        assert places == expected.get("places", places)
    elif "orders" in expected:
        actions = content.get("systemActions", [])
        assert {reference(one["resource"]): short(one) for one in actions} == expected["orders"]
        topics = [card["source"]["topic"]["code"] for card in content["cards"]]
        assert topics.count("coverage-info") == expected["cards"]
        assert ("systemActions" in content) is (caller != "2.2" or bool(actions))
        for one in (one for one in actions if "open" in expected):
            assert parts_on(one)["reason"][0]["text"].startswith(f"{expected['open']} points")
    assert as_ever(service) == as_ever(service)


def test_every_row_says_why_and_is_there_once() -> None:
    assert len(ROWS) >= 30
    assert len({row["what"] for row in ROWS}) == len(ROWS)
    assert all(row["why"] and row["told"] for row in ROWS)
