"""Every row of the table of errors (`hooks.protocol.errors`, docs/errors.md), provoked through the real application."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import responses
from flask.testing import FlaskClient
from msgspec import convert

from cds_service.app.settings import Settings
from cds_service.application import create_app
from hooks.protocol import errors
from hooks.protocol.errors import OF_HTTP, REPORTED, CallError
from policies.catalogue import Catalogue
from tests.clients.signing import BASE, ISSUER, JKU, key_set, token
from tests.conformance.messages import hold
from tests.conftest import TODAY
from tests.service.calls import body, in_version, order_dispatch, order_sign, replaced, without
from tests.world import compose, store

Json = dict[str, Any]
URL = "/cds-services/order-sign-crd"
ORDER = ("context", "draftOrders", "entry", 0, "resource")
LARGEST = 5000


@pytest.fixture(scope="module")
def service(policies_on_file: Catalogue) -> Iterator[FlaskClient]:
    settings = {"base_url": BASE, "clients": [{"name": "ehr", "iss": ISSUER, "jku": JKU}], "jti_replay": "off"}
    engine = store()
    with responses.RequestsMock() as net:
        net.get(JKU, body=key_set())
        made = convert(settings | {"max_body_bytes": LARGEST}, Settings)
        yield create_app(compose(made, policies_on_file, TODAY, engine)).test_client()
    engine.dispose()


def sent(
    service: FlaskClient, content: bytes, path: str = URL, method: str = "POST", bearer: str | None = None, **more: str
) -> tuple[int, Json]:
    given = token(aud=f"{BASE}{path}") if bearer is None else bearer
    headers = {"Authorization": f"Bearer {given}", **more}
    media = headers.pop("media", "application/json")
    reply = service.open(path, method=method, data=content, content_type=media, headers=headers)
    content = reply.get_json()
    hold("outcome", content)
    return reply.status_code, dict(content)


Provoked = Callable[[FlaskClient, Json], tuple[int, Json]]
PROVOKED: Mapping[type[CallError], Provoked] = {
    errors.NotJsonError: lambda service, call: sent(service, body(call)[:-9]),
    errors.TooLargeError: lambda service, call: sent(service, body(call) + b" " * LARGEST),
    errors.EncodingError: lambda service, call: sent(service, body(call), **{"Content-Encoding": "br"}),
    errors.MediaError: lambda service, call: sent(service, body(call), media="text/plain"),
    errors.OriginError: lambda service, call: sent(service, body(call), Origin="https://elsewhere.example.org"),
    errors.HostError: lambda service, call: sent(service, body(call), Host="elsewhere.example.org"),
    errors.IdError: lambda service, call: sent(service, body(replaced(call, "p/1", "context", "patientId"))),
    errors.InvalidCallError: lambda service, call: sent(service, body(without(call, "hookInstance"))),
    errors.WrongHookError: lambda service, call: sent(service, body(replaced(call, "patient-view", "hook"))),
    errors.VersionError: lambda service, call: sent(service, body(in_version(call, "1.0"))),
    errors.CoverageError: lambda service, call: sent(service, body(replaced(call, None, "prefetch", "coverage"))),
    errors.MissingDataError: lambda service, call: sent(service, body(without(call, "prefetch", "coverage"))),
    errors.UnreadableError: lambda service, call: sent(service, body(replaced(call, "bogus", *ORDER, "status"))),
    errors.UnprocessableError: lambda service, call: sent(
        service, body(replaced(call, [], "context", "draftOrders", "entry"))
    ),
    errors.UnknownServiceError: lambda service, call: sent(service, body(call), "/cds-services/nothing"),
    errors.UnauthorizedError: lambda service, call: sent(service, body(call), bearer="x.y.z"),
}
OF_THE_FRONT = {errors.LateError, errors.TooManyError, errors.OverloadError}
"""Answered before the application is asked: provoked in tests/front, over loopback."""
OF_THE_FHIR_BASES = {errors.ForbiddenError}
"""Told only under /fhir, to a token whose scope does not reach: provoked in tests/clients/test_clients_smart.py."""


def test_every_error_of_the_table_is_provoked() -> None:
    assert PROVOKED.keys() | OF_THE_FHIR_BASES | OF_THE_FRONT == REPORTED.keys()


@pytest.mark.idea("crd-idea-72")
@pytest.mark.requirement("crd22.hook-9", "crd22.hook-10", "crd22.hook-13", "crd20.status-400", "crd20.status-412")
@pytest.mark.requirement("crd20.status-422", "crd20.outcome", "hooks.76")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize("kind", PROVOKED, ids=lambda kind: kind.__name__)
def test_an_error_is_told_as_the_table_says(service: FlaskClient, kind: type[CallError], version: str) -> None:
    status, outcome = PROVOKED[kind](service, in_version(order_sign(), version))
    assert status == REPORTED[kind].status_in(version)
    assert {issue["code"] for issue in outcome["issue"]} == {REPORTED[kind].code}
    assert {issue["severity"] for issue in outcome["issue"]} == {REPORTED[kind].severity}
    assert all(issue["details"]["text"] for issue in outcome["issue"])


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/nothing", "GET", 404), (URL, "GET", 405), ("/cds-services", "POST", 405)]
)
def test_an_address_or_method_that_is_none_is_told(service: FlaskClient, path: str, method: str, status: int) -> None:
    found, outcome = sent(service, b"", path, method)
    code, text = OF_HTTP[status]
    assert (found, outcome["issue"][0]["code"], outcome["issue"][0]["details"]["text"]) == (status, code, text)


@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_a_dispatched_order_that_is_lacking_is_missing_data_too(service: FlaskClient, version: str) -> None:
    call = without(in_version(order_dispatch(), version), "prefetch", "orders")
    status, outcome = sent(service, body(call), "/cds-services/order-dispatch-crd")
    assert (status, outcome["issue"][0]["code"]) == (412, "required")
    assert json.dumps(outcome).count("context.dispatchedOrders[0]") == 2
