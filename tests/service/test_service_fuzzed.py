"""Hostile and broken calls, made by changing good ones at random places: every answer is no fault of ours.

The seed is fixed. `make fuzz` runs the same for long, and prints how many were tried.
"""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from cds_service.app.container import compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.service.hostile_calls import CALLS, HOOK, ODD, changed
from tests.world import store


@st.composite
def hostile(draw: st.DrawFn) -> tuple[str, bytes]:
    """An address, and a body that was changed once or twice, or cut off."""
    path = draw(st.sampled_from(sorted(CALLS)))
    call, known = CALLS[path]
    text = changed(call, draw(st.sampled_from(known)), draw(st.sampled_from(ODD)))
    if draw(st.integers(0, 9)) == 0:
        text = text[: draw(st.integers(0, len(text)))]
    return path, text


@pytest.fixture(scope="module")
def fuzzed(policies_on_file: Catalogue) -> Iterator[FlaskClient]:
    engine = store()
    made = compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, engine)
    yield create_app(made).test_client()
    engine.dispose()


@seed(14)
@settings(max_examples=400, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=hostile())
def test_no_call_is_a_fault_of_ours(fuzzed: FlaskClient, made: tuple[str, bytes]) -> None:
    path, text = made
    reply = fuzzed.post(path, data=text, content_type="application/json")
    assert reply.status_code < 500, (path, text[:300])


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_no_odd_value_of_a_subscription_is_a_fault_of_ours(fuzzed: FlaskClient, odd: bytes) -> None:
    url = "/fhir/pas/Subscription"
    call, places = CALLS[url]
    replies = {place: fuzzed.post(url, data=changed(call, place, odd)).status_code for place in places}
    assert {place: status for place, status in replies.items() if status >= 500} == {}


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("member", ["id", "status", "subject", "authoredOn", "medicationCodeableConcept", "extension"])
def test_no_odd_member_of_an_order_is_a_fault_of_ours(fuzzed: FlaskClient, member: str, odd: bytes) -> None:
    path = ("context", "draftOrders", "entry", 0, "resource", member)
    call = CALLS[HOOK][0]
    call["context"]["draftOrders"]["entry"][0]["resource"].setdefault(member, None)
    assert fuzzed.post(HOOK, data=changed(call, path, odd)).status_code < 500
