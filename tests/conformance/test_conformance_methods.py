"""405 for what is there and is asked in another way, 404 for what is not there; HEAD as GET; pages of this machine."""

import logging

import pytest
from flask.testing import FlaskClient

from cds_service.logs import LOG

LOCAL = ("http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:5173")
WITH = "authorization,content-type"
CALLED = (
    "/cds-services",
    "/cds-services/order-sign-crd",
    "/cds-services/order-sign-crd/feedback",
    "/fhir/Questionnaire/$questionnaire-package",
    "/fhir/Questionnaire/$next-question",
    "/fhir/QuestionnaireResponse",
    "/fhir/dtr/2.0.1/Questionnaire/$questionnaire-package",
)


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/cds-services/order-sign-crd", 405, "POST"),
        ("POST", "/cds-services/none", 404, ""),
        ("POST", "/cds-services", 405, "GET"),
        ("PUT", "/fhir/Questionnaire/margetuximab-initial", 405, "GET"),
        ("DELETE", "/fhir/Questionnaire/margetuximab-initial", 405, "GET"),
        ("POST", "/fhir/Questionnaire", 405, "GET"),
        ("GET", "/fhir/Questionnaire/$questionnaire-package", 405, "POST"),
        ("GET", "/fhir/Questionnaire/none", 404, ""),
        ("GET", "/fhir/Patient/p1", 404, ""),
        ("GET", "/fhir/Patient", 404, ""),
        ("PUT", "/fhir/metadata", 405, "GET"),
    ],
)
def test_what_is_there_by_another_method_and_what_is_not_there(
    client: FlaskClient, method: str, path: str, status: int, allowed: str
) -> None:
    reply = client.open(path, method=method, data=b"{}" if method in {"POST", "PUT"} else None)
    assert reply.status_code == status
    assert allowed in reply.headers.get("Allow", "")
    assert reply.get_json()["resourceType"] == "OperationOutcome"
    assert reply.content_type == ("application/fhir+json" if path.startswith("/fhir") else "application/json")


@pytest.mark.parametrize("path", ["/cds-services", "/fhir/metadata", "/fhir/Questionnaire/margetuximab-initial"])
def test_head_is_get_without_its_body(client: FlaskClient, path: str) -> None:
    head, got = client.head(path), client.get(path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.content_type == got.content_type
    assert head.headers.get("ETag") == got.headers.get("ETag")


def test_a_slash_at_the_end_of_a_service_is_no_other_address(client: FlaskClient) -> None:
    assert client.post("/cds-services/order-sign-crd/", data=b"{}").status_code == 422


@pytest.mark.parametrize("path", CALLED)
def test_a_page_of_this_machine_may_call_an_open_service(client: FlaskClient, path: str) -> None:
    for origin in LOCAL:
        asked = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        reply = client.options(path, headers={"Origin": origin, **asked})
        assert reply.status_code == 200
        assert reply.headers["Access-Control-Allow-Origin"] == origin
        assert {"authorization", "content-type"} <= set(reply.headers["Access-Control-Allow-Headers"].split(", "))


@pytest.mark.parametrize("path", CALLED)
def test_a_preflight_that_is_refused_is_logged(
    client: FlaskClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The page of the public sandbox says `All clear` where it may not call: an operator finds out here."""
    asked = {"Access-Control-Request-Method": "POST", "Origin": "https://page.example.org"}
    with caplog.at_level(logging.INFO, logger=LOG.name):
        reply = client.options(path, headers=asked)
    assert reply.status_code == 403
    assert "Access-Control-Allow-Origin" not in reply.headers
    assert [one.fields["error"] for one in caplog.records if hasattr(one, "fields")] == ["OriginError"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("rest", ["", "/", "/feedback", "/feedback/"])
def test_what_there_is_not_is_not_there_by_any_method(client: FlaskClient, method: str, rest: str) -> None:
    known = client.open(f"/cds-services/order-sign-crd{rest}", method=method)
    assert (known.status_code, "POST" in known.headers["Allow"]) == (405, True)
    unknown = client.open(f"/cds-services/order-sing{rest}", method=method)
    assert (unknown.status_code, unknown.headers.get("Allow")) == (404, None)
    assert method == "HEAD" or "order-sign-crd" in unknown.get_json()["issue"][0]["details"]["text"]
