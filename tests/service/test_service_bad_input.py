"""Whatever comes in: a 4xx with an OperationOutcome that names the place, never a stack trace, never a 5xx."""

import gzip
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from tests.service.calls import (
    MARGETUXIMAB,
    body,
    coverage,
    in_version,
    medication_request,
    order_sign,
    replaced,
    searchset,
    without,
)
from tests.world import compose, store

URL = "/cds-services/order-sign-crd"
CALL = order_sign()
CALL_2_2 = in_version(CALL, "2.2")
ENTRY = ("context", "draftOrders", "entry", 0)


def refused(client: FlaskClient, sent: bytes, status: int, **headers: str) -> dict[str, Any]:
    reply = client.post(URL, data=sent, content_type="application/json", headers=headers)
    assert reply.status_code == status, reply.text
    assert reply.content_type == "application/json"
    outcome = json.loads(reply.data)
    assert outcome["resourceType"] == "OperationOutcome"
    assert all(
        issue["severity"] == "error" and issue["code"] and issue["details"]["text"] for issue in outcome["issue"]
    )
    assert "Traceback" not in reply.text
    return dict(outcome)


def places(outcome: dict[str, Any]) -> list[str]:
    return [place for issue in outcome["issue"] for place in issue.get("expression", ())]


@pytest.mark.requirement("crd20.status-400", "crd20.outcome", "crd22.hook-9", "crd22.hook-10", "crd22.hook-13")
@pytest.mark.requirement("hooks.76")
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"   ",
        b"{",
        b"[]",
        b'"order-sign"',
        b"null",
        b"\xff\xfe",
        b'{"hook": NaN}',
        b'{"hook": "order-sign", "hook": "order-sign"}',
        b'{"hook": "order-sign"} trailing',
        body(CALL)[:-40],
    ],
    ids=["none", "blank", "cut", "list", "text", "null", "not UTF-8", "NaN", "member twice", "trailing", "cut off"],
)
def test_a_body_that_is_no_acceptable_json_is_refused(client: FlaskClient, sent: bytes) -> None:
    refused(client, sent, 400)


@pytest.mark.parametrize("sent", [b'{\n  "hook": order-sign\n}', b'{\n"hook": "order-sign"', b'{\n"a": [1}'])
def test_the_line_and_column_of_a_fault_in_the_json_are_told(client: FlaskClient, sent: bytes) -> None:
    outcome = refused(client, sent, 400)
    assert "line 2" in outcome["issue"][0]["details"]["text"]


@pytest.mark.requirement("crd22.hook-9", "crd22.hook-10", "crd22.hook-13")
@pytest.mark.parametrize("name", ["hook", "hookInstance", "context"])
def test_a_missing_member_is_named(client: FlaskClient, name: str) -> None:
    assert name in places(refused(client, body(without(CALL, name)), 422))
    assert name in places(refused(client, body(without(CALL_2_2, name)), 400))


@pytest.mark.parametrize("name", ["userId", "patientId", "draftOrders"])
def test_a_missing_member_of_the_context_is_named(client: FlaskClient, name: str) -> None:
    assert f"context.{name}" in places(refused(client, body(without(CALL, "context", name)), 422))
    assert f"context.{name}" in places(refused(client, body(without(CALL_2_2, "context", name)), 400))


def test_every_fault_is_named_at_once(client: FlaskClient) -> None:
    broken = replaced(without(CALL, "hook"), 7, "context", "patientId")
    assert {"hook", "context.patientId"} <= set(places(refused(client, body(broken), 422)))


@pytest.mark.parametrize("value", [None, 1, True, [], {}, "x"])
@pytest.mark.parametrize(
    "path",
    [("hook",), ("hookInstance",), ("context",), ("prefetch",), ("extension",), ("context", "patientId")],
    ids=".".join,
)
def test_a_member_of_any_wrong_type_never_breaks_the_service(
    client: FlaskClient, path: tuple[str, ...], value: object
) -> None:
    reply = client.post(URL, data=body(replaced(CALL, value, *path)), content_type="application/json")
    assert reply.status_code in {200, 400, 412, 422}


@pytest.mark.parametrize("value", [None, 1, True, "x", {}, [1], [None], [{}], [{"resource": 3}], [{"resource": {}}]])
def test_draft_orders_with_any_wrong_entries_are_refused(client: FlaskClient, value: object) -> None:
    reply = client.post(
        URL, data=body(replaced(CALL, value, "context", "draftOrders", "entry")), content_type="application/json"
    )
    assert reply.status_code in {400, 422}
    assert any(place.startswith("context.draftOrders.entry") for place in places(json.loads(reply.data)))


@pytest.mark.requirement("crd22.hook-13")
def test_the_hook_must_be_that_of_the_service(client: FlaskClient) -> None:
    assert places(refused(client, body(replaced(CALL, "order-select", "hook")), 400)) == ["hook"]


def test_a_hook_instance_is_a_text(client: FlaskClient) -> None:
    assert places(refused(client, body(replaced(CALL, 5, "hookInstance")), 422)) == ["hookInstance"]


def test_a_patient_id_is_bare(client: FlaskClient) -> None:
    sent = body(replaced(CALL, "Patient/p1", "context", "patientId"))
    assert places(refused(client, sent, 400)) == ["context.patientId"]


@pytest.mark.requirement("crd22.hook-13", "crd20.status-422")
def test_a_bundle_without_an_order_is_refused(client: FlaskClient) -> None:
    sent = body(replaced(CALL, [], "context", "draftOrders", "entry"))
    assert places(refused(client, sent, 422)) == ["context.draftOrders.entry"]


@pytest.mark.requirement("crd22.hook-13", "crd20.status-422")
def test_a_resource_that_is_no_order_is_refused(client: FlaskClient) -> None:
    sent = body(replaced(CALL, {"resourceType": "Observation", "id": "o1"}, *ENTRY, "resource"))
    assert places(refused(client, sent, 422)) == ["context.draftOrders.entry[0].resource"]


def test_an_order_without_an_id_is_refused(client: FlaskClient) -> None:
    sent = body(without(CALL, "context", "draftOrders", "entry", 0, "resource", "id"))  # type: ignore[arg-type]
    assert places(refused(client, sent, 422)) == ["context.draftOrders.entry[0].resource.id"]


def test_an_order_for_another_patient_is_refused(client: FlaskClient) -> None:
    order = medication_request(MARGETUXIMAB, subject={"reference": "Patient/somebody-else"})
    outcome = refused(client, body(order_sign(order)), 422)
    assert places(outcome) == ["context.draftOrders.entry[0].resource.subject"]
    assert "somebody-else" not in json.dumps(outcome)


def test_an_order_with_a_member_twice_is_refused(client: FlaskClient) -> None:
    sent = body(CALL).replace(b'"status": "draft"', b'"status": "draft", "status": "active"')
    refused(client, sent, 400)


def test_a_used_resource_with_a_member_twice_is_refused(client: FlaskClient) -> None:
    sent = body(CALL).replace(b'"status": "active"', b'"status": "active", "status": "cancelled"')
    outcome = refused(client, sent, 400)
    assert "prefetch.coverage" in outcome["issue"][0]["details"]["text"]


@pytest.mark.parametrize(
    "odd",
    [
        {"fullUrl": "urn:uuid:1", "resourceX": {"resourceType": "Bundle", "entry": []}},
        {"resource": None, "search": {"mode": "Bundle"}},
        {"resource": "Bundle"},
        "Bundle",
        {"resource": coverage(identifier=[{"value": "M1", "type": {"coding": [{"code": "MB", "system": ["x"]}]}}])},
        {"resource": coverage(identifier=[{"value": ["M1"], "type": {"coding": [{"code": "MB", "system": {}}]}}])},
    ],
)
def test_odd_entries_beside_a_coverage_never_break_the_service(client: FlaskClient, odd: object) -> None:
    bundle = searchset() | {"entry": [{"resource": coverage()}, odd]}
    sent = replaced(CALL, bundle, "prefetch", "coverage")
    assert client.post(URL, data=body(sent)).status_code == 200


def test_nesting_up_to_the_limit_is_read_and_one_deeper_is_refused(client: FlaskClient) -> None:
    def nested(depth: int) -> bytes:
        inner = "x: [}] {\\\\"
        deep = "[" * depth + json.dumps(inner) + "]" * depth
        return body(CALL)[:-1] + b', "more": ' + deep.encode() + b"}"

    assert client.post(URL, data=nested(63), content_type="application/json").status_code == 200
    assert "64 deep" in refused(client, nested(64), 400)["issue"][0]["details"]["text"]


def test_very_deep_nesting_is_refused(client: FlaskClient) -> None:
    refused(client, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400)


@pytest.fixture
def narrow(container: Container) -> FlaskClient:
    small = compose(Settings(max_body_bytes=5000), container.catalogue, container.today(), store())
    return create_app(small).test_client()


def test_a_body_of_the_size_limit_is_read_and_a_byte_more_is_refused(narrow: FlaskClient) -> None:
    sent = body(CALL)
    padded = sent + b" " * (5000 - len(sent))
    assert narrow.post(URL, data=padded, content_type="application/json").status_code == 200
    assert refused(narrow, padded + b" ", 413)["issue"][0]["code"] == "too-long"


def test_gzip_is_unpacked_within_the_same_limit(narrow: FlaskClient) -> None:
    packed = gzip.compress(body(CALL))
    headers = {"Content-Encoding": "gzip"}
    assert narrow.post(URL, data=packed, content_type="application/json", headers=headers).status_code == 200
    bomb = gzip.compress(b" " * 5001)
    refused(narrow, bomb, 413, **headers)
    refused(narrow, packed[:-20], 400, **headers)
    refused(narrow, b"no gzip", 400, **headers)


def test_an_unknown_content_encoding_is_refused(client: FlaskClient) -> None:
    refused(client, body(CALL), 415, **{"Content-Encoding": "br"})


@pytest.mark.idea("crd-idea-63")
def test_an_unknown_service_is_not_found(client: FlaskClient) -> None:
    reply = client.post("/cds-services/order-magic", data=body(CALL), content_type="application/json")
    assert (reply.status_code, json.loads(reply.data)["issue"][0]["code"]) == (404, "not-found")
    assert "order-sign-crd" in reply.text


def test_an_unknown_address_is_not_found(client: FlaskClient) -> None:
    reply = client.get("/nothing/here")
    assert (reply.status_code, json.loads(reply.data)["resourceType"]) == (404, "OperationOutcome")


def test_a_wrong_method_is_told_with_the_methods_that_are_allowed(client: FlaskClient) -> None:
    reply = client.get(URL)
    assert (reply.status_code, json.loads(reply.data)["resourceType"]) == (405, "OperationOutcome")
    assert "POST" in reply.headers["Allow"]


@pytest.mark.requirement("crd22.hook-9", "crd20.version")
@pytest.mark.parametrize("asked", ["2.1", "9.9", 2.0, None, ["2.0"]])
def test_a_version_that_is_not_spoken_is_refused(client: FlaskClient, asked: object) -> None:
    call = CALL | {"extension": {"davinci-crd.requestedVersion": asked}}
    outcome = refused(client, body(call), 400)
    assert outcome["issue"][0]["code"] == "not-supported"
    assert "2.0" in outcome["issue"][0]["details"]["text"]
