"""How a client is answered: by its registration, in open mode by the settings, and in one call as that call asks."""

from json import loads
from typing import Any

import pytest
from flask.testing import FlaskClient
from msgspec import ValidationError, convert

from cds_service.app.settings import Settings
from cds_service.application import create_app
from hooks.protocol.client import ANYONE, Caller, CardText, GuideDefect, Switches, as_asked
from hooks.protocol.payer import Delivery
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.service.calls import body, coverage, encounter, order_sign, searchset
from tests.world import compose, store

Json = dict[str, Any]
VERSION = "davinci-crd.requestedVersion"


def served(policies: Catalogue, **open_client: Any) -> FlaskClient:
    settings = Settings(base_url="https://cds.example.org", open_client=Switches(**open_client))
    return create_app(compose(settings, policies, TODAY, store())).test_client()


def answered(client: FlaskClient, call: Json, **extension: Any) -> Json:
    sent = call | {"extension": {**call.get("extension", {}), **extension}}
    reply = client.post(f"/cds-services/{call['hook']}-crd", data=body(sent))
    assert reply.status_code == 200, reply.text
    return dict(reply.get_json())


@pytest.mark.parametrize(
    ("asked", "topic"),
    [
        ({}, "form-launch"),
        ({"smart_launch": True}, "form-launch"),
        ({"smart_launch": "no"}, "form-launch"),
        ({"smart_launch": False}, "form-completion"),
        ({"smart_launch": False, "card_text": "loud"}, "form-completion"),
    ],
)
def test_a_call_from_where_our_form_page_is_not_known_gets_the_form_as_a_task(
    policies_on_file: Catalogue, asked: Json, topic: str
) -> None:
    settings = Settings(base_url="https://cds.example.org")
    caller = Caller("registered", delivery=Delivery.BOTH, dtr=False, smart_client_id="cds-forms")
    call = order_sign() | {"extension": {"cds-service.client": asked}}
    reply = compose(settings, policies_on_file, TODAY, store()).order_sign.answer(body(call), caller)
    topics = {one["source"]["topic"]["code"] for one in loads(reply.body)["cards"]}
    assert topics & {"form-launch", "form-completion"} == {topic}


def test_what_only_one_call_can_ask_for_is_no_setting_of_open_mode() -> None:
    with pytest.raises(ValidationError):
        convert({"smart_launch": False}, Switches)


def detail(answer: Json) -> str:
    return str(answer["cards"][0]["detail"])


@pytest.fixture
def plain(policies_on_file: Catalogue) -> FlaskClient:
    return served(policies_on_file)


@pytest.fixture
def nothing_to_write_on() -> Json:
    return encounter(prefetch={})


def test_a_call_asks_for_plain_text(plain: FlaskClient, policies_on_file: Catalogue) -> None:
    marked = detail(answered(plain, order_sign()))
    assert "**" in marked
    asked = detail(answered(plain, order_sign(), **{"cds-service.client": {"card_text": "plain"}}))
    set_so = served(policies_on_file, card_text=CardText.PLAIN)
    assert asked == detail(answered(set_so, order_sign()))
    assert "**" not in asked
    assert detail(answered(set_so, order_sign(), **{"cds-service.client": {"card_text": "markdown"}})) == marked


@pytest.mark.parametrize(
    ("delivery", "cards", "actions"), [("crd", False, True), ("cards", True, False), ("both", True, True)]
)
def test_a_call_asks_for_its_form_of_delivery(plain: FlaskClient, delivery: str, cards: bool, actions: bool) -> None:
    answer = answered(plain, order_sign(), **{"cds-service.client": {"delivery": delivery}, VERSION: "2.2"})
    topics = [one["source"]["topic"]["code"] for one in answer["cards"]]
    assert ("coverage-info" in topics, bool(answer.get("systemActions"))) == (cards, actions)


@pytest.mark.empty_actions
@pytest.mark.parametrize("asked", [{"empty_actions": True}, {"empty_actions": False}, {}])
def test_an_empty_list_of_actions_comes_in_2_2_where_it_is_asked_for(
    plain: FlaskClient, policies_on_file: Catalogue, nothing_to_write_on: Json, asked: Json
) -> None:
    newer = {VERSION: "2.2"}
    answer = answered(plain, nothing_to_write_on, **newer, **{"cds-service.client": asked})
    assert ("systemActions" in answer) is asked.get("empty_actions", False)
    assert answered(served(policies_on_file, empty_actions=True), nothing_to_write_on, **newer)["systemActions"] == []


@pytest.mark.parametrize(
    "asked",
    [None, [], "plain", {"card_text": "loud"}, {"card_text": 5}, {"explain": True, "tenant": "x", "fhir_servers": []}],
)
def test_what_is_not_known_changes_nothing(asked: Any) -> None:
    assert as_asked(ANYONE, {"cds-service.client": asked}) == ANYONE


def test_of_several_each_counts_by_itself() -> None:
    asked = {"card_text": "plain", "delivery": "loud", "dtr": False, "tenant": "other"}
    found = as_asked(ANYONE, {"cds-service.client": asked})
    assert (found.card_text, found.delivery, found.dtr) == (CardText.PLAIN, None, False)
    assert found.tenant == ANYONE.tenant


def test_settings_name_no_other_switch() -> None:
    assert convert({"open_client": {"delivery": "crd"}}, Settings).open_client.delivery is Delivery.CRD
    with pytest.raises(ValidationError, match="tenant"):
        convert({"open_client": {"tenant": "x"}}, Settings)


@pytest.mark.parametrize("instance", ["d1577c69", "Doe, Jane 1950-02-03", "1"])
def test_a_hook_instance_that_is_no_uuid_is_a_warning_and_goes_no_further(
    plain: FlaskClient, instance: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = answered(plain, order_sign(hookInstance=instance))
    (warning,) = answer["extension"]["cds-service.explain"]["warnings"]
    assert "hookInstance is no UUID" in warning
    assert instance not in [getattr(one, "fields", {}).get("hookInstance") for one in caplog.records]
    assert "warnings" not in answered(plain, order_sign())["extension"]["cds-service.explain"]


ENDED = order_sign(prefetch={"coverage": searchset(coverage(status="cancelled"))})
GLASSES = order_sign(
    {"resourceType": "VisionPrescription", "id": "v1", "status": "draft", "patient": {"reference": "Patient/p1"}}
)


def information(answer: Json) -> list[list[tuple[str, str]]]:
    """Return the codes that each coverage information of an answer bears, in order."""
    written = [part for one in answer["systemActions"] for part in one["resource"].get("extension", ())]
    return [[(part["url"], part["valueCode"]) for part in one["extension"] if "valueCode" in part] for one in written]


def test_the_purpose_that_a_defect_refuses_is_left_out(plain: FlaskClient) -> None:
    avoiding = {"cds-service.client": {"avoids": ["crd-ci-q4"]}}
    for version, gone in (("2.2", [("doc-purpose", "withpa")]), ("2.0", [])):
        (before,) = information(answered(plain, order_sign(), **{VERSION: version}))
        (after,) = information(answered(plain, order_sign(), **{VERSION: version}, **avoiding))
        assert [one for one in before if one not in after] == gone
        assert [one for one in before if one not in gone] == after


@pytest.mark.empty_actions
@pytest.mark.parametrize(("call", "defect"), [(GLASSES, "vision-prescription"), (ENDED, "crd-ci-q2")])
def test_nothing_is_written_that_a_defect_refuses_whole(plain: FlaskClient, call: Json, defect: str) -> None:
    avoiding = {"avoids": [defect], "empty_actions": True, "delivery": "both"}
    others = {"avoids": [one.value for one in GuideDefect if one.value != defect]}
    older, newer = {VERSION: "2.0"}, {VERSION: "2.2"}
    before = answered(plain, call, **older, **{"cds-service.client": others | {"delivery": "both"}})
    after = answered(plain, call, **older, **{"cds-service.client": avoiding})
    assert (len(before["systemActions"]), after["systemActions"]) == (1, [])
    assert [one["summary"] for one in after["cards"]] == [one["summary"] for one in before["cards"]]
    assert len(answered(plain, call, **newer, **{"cds-service.client": avoiding})["systemActions"]) == 1


@pytest.mark.parametrize("configuration", [{}, {"alt-drug": True}])
def test_options_that_are_none_of_ours_change_nothing(plain: FlaskClient, configuration: Json) -> None:
    """crd-request-generator sends `alt-drug`: it is answered as with an empty configuration, as a CRD client is."""
    answer = answered(plain, order_sign(), **{"davinci-crd.configuration": configuration})
    assert "coverage-info" not in [one["source"]["topic"]["code"] for one in answer["cards"]]
    assert answer["systemActions"]
