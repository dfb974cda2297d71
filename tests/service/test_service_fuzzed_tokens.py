"""Hostile requests for access tokens: none is a fault of ours, and none buys a token."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import responses
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from msgspec import convert

from cds_service.app.container import compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from tests.clients.signing import BASE, ISSUER, JKU, key_set
from tests.conftest import TODAY
from tests.service.hostile_calls import hostile_form
from tests.world import store

TOKEN = "/oauth/token"


@pytest.fixture(scope="module")
def registered(policies_on_file: Catalogue) -> Iterator[FlaskClient]:
    made = convert({"base_url": BASE, "clients": [{"name": "ehr", "iss": ISSUER, "jku": JKU}]}, Settings)
    engine = store()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        net.get(JKU, body=key_set())
        yield create_app(compose(made, policies_on_file, TODAY, engine)).test_client()
    engine.dispose()


@seed(14)
@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(chance=st.randoms(use_true_random=False))
def test_no_form_for_a_token_is_a_fault_of_ours(registered: FlaskClient, chance: Any) -> None:
    told = registered.post(TOKEN, data=hostile_form(chance), content_type="application/x-www-form-urlencoded")
    assert 400 <= told.status_code < 500
    assert "access_token" not in told.text


def test_what_is_no_form_is_refused(registered: FlaskClient) -> None:
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x", ""):
        told = registered.post(TOKEN, data=urlencode({"grant_type": "client_credentials"}), content_type=kind)
        assert 400 <= told.status_code < 500, kind
