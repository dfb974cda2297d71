"""No error and no log line holds a value of a call: a marker put into each text of a call in turn never comes out."""

import io
import json
import logging
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service import logs
from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands.demo import samples
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.service.calls import body, every_hook, in_version
from tests.world import compose, store

Json = dict[str, Any]
Path = tuple[str | int, ...]
MARKER = "Zebra-4711-Quagga"
SPARSE = next(json.loads(one.body) for one in samples() if one.file.startswith("02-"))
CALLS = {f"{hook} in 2.2": in_version(call, "2.2") for hook, call in every_hook().items()}
CALLS["order-sign in 2.2"] = in_version(SPARSE, "2.2")
CALLS["order-sign in 2.0"] = in_version(every_hook()["order-sign"], "2.0")
AUTHORIZATION = {
    "access_token": "t",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.rs",
    "subject": "s",
}


@pytest.fixture(scope="module")
def container(policies_on_file: Catalogue) -> Iterator[Container]:
    engine = store()
    yield compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, engine)
    engine.dispose()


@pytest.fixture(scope="module")
def app(container: Container) -> Flask:
    return create_app(container)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines())
    logs.LOG.addHandler(handler)
    level = logs.LOG.level
    logs.LOG.setLevel(logging.INFO)
    yield stream
    logs.LOG.removeHandler(handler)
    logs.LOG.setLevel(level)


def texts(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the place of each text in a call."""
    if isinstance(value, str):
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield from texts(one, (*path, step))


def holders(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the place of each object and list in a call."""
    if isinstance(value, dict | list):
        if path:
            yield path
        for step, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from holders(one, (*path, step))


def marked(call: Json, path: Path, value: Any = MARKER) -> Json:
    changed: Any = deepcopy(call)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return dict(changed)


def leaked(client: FlaskClient, sent: bytes, url: str, **headers: str) -> str:
    """Post a body; return the answer if it is an error that holds the marker."""
    reply = client.post(url, data=sent, content_type="application/json", headers=headers)
    assert reply.status_code < 500, reply.text
    return reply.text if reply.status_code >= 400 and MARKER in reply.text else ""


@pytest.mark.idea("crd-idea-72")
@pytest.mark.requirement("crd22.hook-10", "crd20.outcome")
@pytest.mark.parametrize("name", CALLS)
def test_no_error_and_no_log_line_holds_a_value_of_a_call(app: Flask, lines: io.StringIO, name: str) -> None:
    """Of the sample with a chart only texts are marked; objects and lists are, in the small call of each hook."""
    call, client = CALLS[name] | {"fhirAuthorization": AUTHORIZATION}, app.test_client()
    url = f"/cds-services/{call['hook']}-crd"
    changes = [(path, MARKER) for path in texts(call)]
    if call["prefetch"].keys() != SPARSE["prefetch"].keys():
        changes += [(path, value) for path in holders(call) for value in (MARKER, {MARKER: MARKER})]
    found = {path: text for path, value in changes if (text := leaked(client, body(marked(call, path, value)), url))}
    assert found == {}
    assert MARKER not in lines.getvalue()
    assert lines.getvalue()


@pytest.mark.parametrize(
    "sent",
    [
        MARKER,
        f'"{MARKER}"',
        f'{{"{MARKER}": 1, "{MARKER}": 2}}',
        f'{{"hook": {MARKER}}}',
        f'{{"hook": "{MARKER}',
        f'{{"hook": "order-sign", "x": "\\q{MARKER}"}}',
        f'{{"hook": "order-sign", "x": "{MARKER}\n"}}',
        f'{{"x": NaN, "y": "{MARKER}"}}',
    ],
)
def test_no_broken_body_comes_back(app: Flask, lines: io.StringIO, sent: str) -> None:
    assert leaked(app.test_client(), sent.encode(), "/cds-services/order-sign-crd") == ""
    assert leaked(app.test_client(), sent.encode(), "/cds-services/order-sign-crd/feedback") == ""
    assert MARKER not in lines.getvalue()


def test_no_figure_holds_a_value_of_a_call(app: Flask, container: Container) -> None:
    """After every call above: each text of each hook marked, feedback, broken bodies and addresses."""
    client = app.test_client()
    for call in CALLS.values():
        url = f"/cds-services/{call['hook']}-crd"
        for path in texts(every_hook()[call["hook"]]):
            client.post(url, data=body(marked(every_hook()[call["hook"]], path)), content_type="application/json")
    for path in texts(FEEDBACK):
        leaked(client, body(marked(FEEDBACK, path)), "/cds-services/order-sign-crd/feedback")
    leaked(client, MARKER.encode(), f"/{MARKER}", **{"X-Marked": MARKER})
    client.open(f"/{MARKER}?{MARKER}", method=MARKER)
    figures = client.get("/metrics").text
    assert "cds_service_calls_total" in figures
    assert MARKER not in figures
    assert MARKER not in client.get("/health/ready").text


def test_no_address_and_no_header_comes_back(app: Flask, lines: io.StringIO) -> None:
    client, call = app.test_client(), body(every_hook()["order-sign"])
    assert leaked(client, call, f"/cds-services/{MARKER}") == ""
    assert leaked(client, call, f"/{MARKER}") == ""
    assert leaked(client, call, "/cds-services/order-sign-crd", **{"Content-Encoding": MARKER}) == ""
    assert leaked(client, call, "/cds-services/order-sign-crd", Authorization=f"Bearer {MARKER}") == ""
    assert MARKER not in lines.getvalue()


FEEDBACK = {
    "feedback": [
        {
            "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
            "overrideReason": {"reason": {"code": "c", "system": "s"}, "userComment": "comment"},
            "outcomeTimestamp": "2026-11-25T10:05:31Z",
        }
    ]
}


def test_no_feedback_comes_back(app: Flask, lines: io.StringIO) -> None:
    url, client = "/cds-services/order-sign-crd/feedback", app.test_client()
    changes = [(path, MARKER) for path in texts(FEEDBACK)]
    changes += [(path, value) for path in holders(FEEDBACK) for value in (MARKER, [MARKER], {MARKER: MARKER})]
    assert [path for path, value in changes if leaked(client, body(marked(FEEDBACK, path, value)), url)] == []
    assert MARKER not in lines.getvalue()
