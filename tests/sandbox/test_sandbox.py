"""The sandbox serves each sample chart as a FHIR server with a SMART launch, to pages of any origin."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.ehr.charts import of_samples
from tests.sandbox.__main__ import lines
from tests.sandbox.charts_server import Base, running

Json = dict[str, Any]


@pytest.fixture(scope="module")
def bases() -> Iterator[tuple[Base, ...]]:
    with running({one.id.partition("-")[0]: one for one in of_samples()}) as found:
        yield found


def got(address: str, method: str = "GET") -> tuple[int, dict[str, str], Any]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", headers={"Origin": "http://localhost:3000"})
        reply = connection.getresponse()
        body = reply.read()
        return reply.status, dict(reply.getheaders()), json.loads(body) if body else None
    finally:
        connection.close()


def test_each_sample_is_a_server_of_its_own(bases: tuple[Base, ...]) -> None:
    assert len(bases) > 10
    for base in bases:
        status, headers, patient = got(f"{base.address}/Patient/{base.charted.patient}")
        assert (status, patient["id"]) == (200, base.charted.patient)
        assert headers["Access-Control-Allow-Origin"] == "*"
        found = got(f"{base.address}/Coverage?patient={base.charted.patient}")[2]
        assert (found["resourceType"], found["type"]) == ("Bundle", "searchset")
    assert got(bases[0].address.rpartition("/")[0] + "/none/Patient/p1")[0] == 404


def test_an_app_is_launched_with_the_patient_of_the_chart(bases: tuple[Base, ...]) -> None:
    smart = got(f"{bases[0].address}/.well-known/smart-configuration")[2]
    back = "http://localhost:3000/app"
    status, headers, _ = got(f"{smart['authorization_endpoint']}?redirect_uri={back}&state=s1")
    assert status == 302
    assert headers["Location"].partition("?")[0] == back
    assert parse_qs(urlsplit(headers["Location"]).query) == {"code": ["sandbox"], "state": ["s1"]}
    token = got(smart["token_endpoint"], "POST")[2]
    assert (token["token_type"], token["patient"]) == ("Bearer", bases[0].charted.patient)
    assert got(smart["token_endpoint"], "OPTIONS")[0] == 204
    assert got(f"{bases[0].address}/metadata")[2]["fhirVersion"] == "4.0.1"


def test_each_client_is_told_where_everything_is(bases: tuple[Base, ...]) -> None:
    told = "\n".join(lines("http://127.0.0.1:8000", bases))
    for client in (
        "cds-hooks/sandbox",
        "crd-request-generator",
        "br-provider",
        "HL7 DTR app",
        "smart-forms",
        "LHC-Forms",
    ):
        assert client in told
    assert all(base.address in told for base in bases)
