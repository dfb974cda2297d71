"""Ideas of black-box tests on answers: options and topics, cards as a whole, references in all their forms."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands.demo import samples
from cds_service.storage.archive import Archive
from cds_service.storage.tables import CALLS
from hooks.protocol.configuration import OPTIONS
from hooks.records.stored_call import read_kept
from policies.catalogue import Catalogue
from tests.certification.kit import cards_of, external_references, information_on
from tests.certification.suggested import alternate_faults, alternate_requests, card_resources, resource_faults
from tests.conftest import TODAY
from tests.coverage.stating import HOOKS, VERSIONS, parts_on
from tests.service.calls import (
    MARGETUXIMAB,
    PATIENT,
    body,
    every_hook,
    in_version,
    medication_request,
    order_sign,
    searchset,
)
from tests.world import compose, store

Json = dict[str, Any]
SAMPLES = [json.loads(one.body) for one in samples()]
EVERYTHING = {option.code: True for option in OPTIONS if option.type == "boolean"} | {"max-cards": 100}
"""A configuration that asks for every card there is."""


def fresh(policies: Catalogue) -> FlaskClient:
    """Return a client of a service that has shown no card to anybody yet."""
    settings = Settings(base_url="https://cds.example.org")
    return create_app(compose(settings, policies, TODAY, store())).test_client()


@pytest.fixture(scope="module")
def client(policies_on_file: Catalogue) -> FlaskClient:
    return fresh(policies_on_file)


def asked(client: FlaskClient, call: Json) -> Json:
    reply = client.post(f"/cds-services/{call['hook']}-crd", data=body(call), content_type="application/json")
    assert reply.status_code == 200, reply.text
    return dict(json.loads(reply.data))


def configured(call: Json, configuration: Json) -> Json:
    return call | {"extension": call.get("extension", {}) | {"davinci-crd.configuration": configuration}}


@pytest.fixture(scope="module")
def replies(policies_on_file: Catalogue) -> list[tuple[Json, Json]]:
    """Return each sample with two answers to it: to a client that knows no CRD, and with every card asked for."""
    client = fresh(policies_on_file)
    calls = [*SAMPLES, *(configured(one, EVERYTHING) for one in SAMPLES)]
    return [(call, asked(client, call)) for call in calls]


@pytest.fixture(scope="module")
def options(client: FlaskClient) -> dict[str, list[Json]]:
    services = client.get("/cds-services").get_json()["services"]
    return {one["hook"]: one["extension"]["davinci-crd.configuration-options"] for one in services}


@pytest.mark.idea("crd-idea-04")
@pytest.mark.parametrize("hook", HOOKS)
def test_options_have_a_default_of_their_type_and_names_of_their_own(options: dict[str, list[Json]], hook: str) -> None:
    kinds = {"boolean": bool, "integer": int}
    for option in options[hook]:
        assert option.keys() == {"code", "type", "name", "description", "default"}
        assert type(option["default"]) is kinds[option["type"]]
        assert option["name"]
        assert option["description"]
    for name in ("code", "name", "description"):
        assert len({one[name] for one in options[hook]}) == len(options[hook])


@pytest.mark.idea("crd-idea-05")
def test_every_topic_of_a_card_is_an_option_that_can_be_switched_off(
    replies: list[tuple[Json, Json]], options: dict[str, list[Json]]
) -> None:
    topics = {(call["hook"], card["source"]["topic"]["code"]) for call, reply in replies for card in cards_of(reply)}
    offered = {(hook, one["code"]) for hook, found in options.items() for one in found if one["type"] == "boolean"}
    assert len({topic for _, topic in topics}) >= 5
    assert topics <= offered


@pytest.mark.idea("crd-idea-22")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", HOOKS)
def test_where_coverage_information_is_switched_off_none_is_told(client: FlaskClient, hook: str, version: str) -> None:
    call = in_version(configured(every_hook()[hook], {"coverage-info": False}), version)
    reply = asked(client, call)
    assert reply.get("systemActions", []) == []
    assert all(card["source"]["topic"]["code"] != "coverage-info" for card in cards_of(reply))
    assert not any(information_on(one) for one in [reply])


@pytest.mark.idea("crd-idea-49")
def test_each_card_of_each_answer_has_an_id_of_its_own(replies: list[tuple[Json, Json]]) -> None:
    cards = [card for _, reply in replies for card in cards_of(reply)]
    ids = [card["uuid"] for card in cards]
    ids += [one["uuid"] for card in cards for one in card.get("suggestions", ())]
    assert len(ids) == len(set(ids)) > len(SAMPLES)
    for card in cards:
        assert len(card["summary"]) <= 139
        assert card["indicator"] in {"info", "warning", "critical"}
        assert card["source"]["label"] == "MMM"
        assert card["source"]["topic"]["system"]


@pytest.mark.idea("crd-idea-51")
def test_another_order_is_proposed_for_one_of_the_drafts(replies: list[tuple[Json, Json]]) -> None:
    proposed = [(call, reply) for call, reply in replies if alternate_requests(reply)]
    assert proposed
    for call, reply in proposed:
        assert list(alternate_faults(call, reply)) == []
        for suggestion in (one for card in alternate_requests(reply) for one in card["suggestions"]):
            kinds = sorted(action["type"] for action in suggestion["actions"])
            assert kinds in (["update"], ["create", "delete"])


@pytest.mark.idea("crd-idea-52")
def test_cards_with_links_lead_to_the_policy_or_the_form_and_to_no_portal(replies: list[tuple[Json, Json]]) -> None:
    cards = [card for _, reply in replies for card in external_references(reply)]
    assert cards
    for card in cards:
        assert "suggestions" not in card
        for link in card["links"]:
            assert link["url"].startswith(("https://cds.example.org/policies/", "https://cds.example.org/forms/"))
            assert "appContext" not in link


MEDICATION = {"resourceType": "Medication", "id": "m1", "code": {"coding": [MARGETUXIMAB]}}
SERVER = "https://ehr.example.org/fhir"


def pointing(reference: str, *, absolute: bool, contained: bool) -> Json:
    """Return a call whose order points to its drug, and everything to the patient, in one form of reference."""
    order = medication_request(MARGETUXIMAB, medicationReference={"reference": reference})
    del order["medicationCodeableConcept"]
    order |= {"contained": [MEDICATION | {"id": reference.removeprefix("#")}]} if contained else {}
    order["subject"] = {"reference": f"{SERVER}/{PATIENT}" if absolute else PATIENT}
    call = order_sign(order)
    entry = {"resource": MEDICATION} | ({"fullUrl": f"{SERVER}/Medication/m1"} if absolute else {})
    call["prefetch"]["medications"] = {"resourceType": "Bundle", "type": "searchset", "entry": [entry]}
    condition = {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": coded("condition-clinical", "active"),
        "verificationStatus": coded("condition-ver-status", "confirmed"),
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C50.912"}]},
        "subject": order["subject"],
    }
    call["prefetch"]["conditions"] = searchset(condition)
    return call


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


@pytest.mark.idea("crd-idea-70")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_reference_may_have_any_form(client: FlaskClient, version: str) -> None:
    calls = [
        pointing("Medication/m1", absolute=False, contained=False),
        pointing(f"{SERVER}/Medication/m1", absolute=True, contained=False),
        pointing("#drug", absolute=False, contained=True),
    ]
    told = [parts_on(asked(client, in_version(call, version))["systemActions"][0]) for call in calls]
    assert told[0]["pa-needed"] == ["auth-needed"]
    assert told[0]["reason"][0]["text"].startswith("7 points")
    assert told[1] == told[2] == told[0]


@pytest.mark.idea("crd-idea-74")
@pytest.mark.parametrize("hook", HOOKS)
def test_what_a_measure_needs_of_a_call_is_kept_with_it(policies_on_file: Catalogue, hook: str) -> None:
    """Hook, instance, when it came, what came along, and what was told under its assertion id."""
    engine = store()
    app = create_app(compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, engine))
    call = every_hook()[hook]
    reply = asked(app.test_client(), call)
    with engine.connect() as connection:
        (row,) = connection.execute(select(CALLS)).all()
    assert (row.hook, row.hook_instance) == (hook, call["hookInstance"])
    assert row.received
    (name,) = parts_on(reply["systemActions"][0])["coverage-assertion-id"]
    kept = Archive(engine).kept(name)
    assert kept is not None
    assert json.loads(read_kept(kept.call).body)["prefetch"] == call["prefetch"]
    engine.dispose()


ONLY_NEWER = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/alternativeExpression"
"""An extension of DTR 2.2.0, by which an expression names its ELM; DTR 2.0.1 does not know it."""


@pytest.mark.idea("crd-idea-55")
@pytest.mark.parametrize(("version", "is_newer"), [("2.0", False), ("2.2", True)])
def test_a_form_beside_a_task_is_written_in_the_version_of_the_call(
    client: FlaskClient, version: str, is_newer: bool
) -> None:
    reply = asked(client, in_version(configured(order_sign(), EVERYTHING), version))
    forms = [one for one in card_resources(cards_of(reply)) if one["resourceType"] == "Questionnaire"]
    assert len(forms) == 1
    assert (ONLY_NEWER in json.dumps(forms)) is is_newer
    assert not list(resource_faults(forms))
