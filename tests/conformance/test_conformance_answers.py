"""What the standards ask of every answer, shown on all samples, in both versions and in each form of answer."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands.demo import samples
from fhir_mappings.coverage.coverage_information import EXTENSION
from hooks.protocol.payer import Delivery
from tests.conformance.messages import fault, hold
from tests.service.calls import AMOXICILLIN, MARGETUXIMAB, body, coverage, medication_request, order_sign, searchset
from tests.world import compose, store

URL = "/cds-services/order-sign-crd"
SAMPLES = {one.file: json.loads(one.body) for one in samples()}
Json = dict[str, Any]
TOKEN = r"\{\{context\.\w+\}\}"
SIMPLE = re.compile(
    rf"{TOKEN}|[A-Z]\w+/{TOKEN}|[A-Z]\w+\?(patient={TOKEN}|subject=Patient/{TOKEN})"
    r"(&(status|combo-code|_include|questionnaire)=[^&:{}]+(:[^&{}]+)*)*"
)
"""A read, or a search by patient and by tokens that must be equal."""


@pytest.fixture(scope="module", params=["both", "cards", "crd"])
def any_form(request: pytest.FixtureRequest, container: Container) -> FlaskClient:
    """Return a client of the application that answers in one of the forms."""
    settings = Settings(base_url="https://cds.example.org", default_delivery=Delivery(request.param))
    app = create_app(compose(settings, container.catalogue, container.today(), store()))
    return app.test_client()


def answered(client: FlaskClient, call: Json, status: int = 200) -> Json:
    hook = call.get("hook", "order-sign")
    reply = client.post(f"/cds-services/{hook}-crd", data=body(call), content_type="application/json")
    assert reply.status_code == status, reply.text
    return dict(json.loads(reply.data))


def in_version(call: Json, version: str) -> Json:
    return call | {"extension": call.get("extension", {}) | {"davinci-crd.requestedVersion": version}}


def text_only(name: str) -> Json:
    return medication_request(MARGETUXIMAB, name) | {"medicationCodeableConcept": {"text": "Margenza"}}


def decision(reply: Json) -> Any:
    """Return what an answer says, without the ids and the links to forms that are new each time."""
    cards = [{name: value for name, value in card.items() if name not in {"uuid", "links"}} for card in reply["cards"]]
    return cards, reply.get("systemActions")


@pytest.mark.idea("crd-idea-50")
@pytest.mark.certification("cert.3.1.05", "cert.3.1.06", "cert.3.2.05", "cert.3.2.06", "cert.3.3.05", "cert.3.3.06")
@pytest.mark.certification("cert.3.4.05", "cert.3.4.06", "cert.3.5.05", "cert.3.5.06")
@pytest.mark.requirement("hooks.1", "hooks.3", "hooks.74", "hooks.75", "hooks.80", "hooks.83")
@pytest.mark.requirement("hooks.87", "hooks.88", "hooks.90", "hooks.103", "hooks.105", "hooks.107", "hooks.115")
@pytest.mark.requirement("hooks.127", "hooks.128", "hooks.130", "hooks.138", "hooks.139", "hooks.141", "hooks.142")
@pytest.mark.requirement("crd22.resp-5", "crd22.resp-13", "crd22.resp-52", "crd22.resp-48")
@pytest.mark.requirement("crd20.ci-coverage", "crd20.ci-covered", "crd20.ci-q1", "crd20.ci-q2", "crd20.ci-q3")
@pytest.mark.certification("cert.2.01", "cert.2.04", "cert.3.6.05", "cert.3.6.06", "cert.3.6.11", "cert.3.7.03")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_every_sample_is_answered_as_the_schema_of_its_version_says(any_form: FlaskClient, version: str) -> None:
    for sample in SAMPLES.values():
        hold(f"response-{version}", answered(any_form, in_version(sample, version)))


@pytest.mark.requirement("crd22.resp-1", "crd22.resp-2")
def test_cards_inform_and_warn_only_where_the_chart_contradicts_a_criterion(client: FlaskClient) -> None:
    every = [card for sample in SAMPLES.values() for card in answered(client, sample)["cards"]]
    cards = [card for card in every if card["source"]["topic"]["code"] == "coverage-info"]
    warnings = [card for card in cards if card["indicator"] != "info"]
    assert len(warnings) * 2 < len(cards)
    for card in warnings:
        assert card["indicator"] == "warning"
        assert "not met" in card["detail"]


@pytest.mark.requirement("crd22.resp-17", "crd22.resp-23", "crd22.resp-59", "crd20.dtr-launch")
@pytest.mark.requirement("hooks.109", "hooks.110", "hooks.140", "crd22.resp-10")
def test_cards_lead_to_the_policy_and_the_form_and_nowhere_else(any_form: FlaskClient) -> None:
    for sample in SAMPLES.values():
        for card in answered(any_form, sample)["cards"]:
            assert card["source"]["url"] == "https://cds.example.org/policies"
            assert all(one["actions"] for one in card.get("suggestions", ()))
            assert "](" not in card["detail"]
            assert "://" not in card["detail"]
            for link in card.get("links", ()):
                assert link["type"] == "absolute"
                assert link["url"].startswith(("https://cds.example.org/policies/", "https://cds.example.org/forms/"))


@pytest.mark.requirement("crd22.resp-6", "crd22.resp-7", "crd22.resp-8", "crd22.resp-9")
@pytest.mark.certification("cert.3.6.07", "cert.3.7.01")
def test_a_card_says_first_what_is_to_be_done_and_links_to_the_policy(client: FlaskClient) -> None:
    card = answered(client, order_sign())["cards"][0]
    assert "needs prior authorization; 8 points are open" in card["summary"]
    first, needed, *others = card["detail"].split("\n\n")
    assert first.startswith("**Margetuximab-cmkb (Margenza)**")
    assert needed.startswith("**What is needed:** a prior authorization")
    assert others.index("**Criteria**") < others.index("**Open points**")
    assert [link["type"] for link in card["links"]] == ["absolute", "absolute"]
    assert card["links"][0]["label"] == "Policy MP-RX-FP-56-23: Margetuximab-cmkb (Margenza)"


@pytest.mark.idea("crd-idea-58")
@pytest.mark.requirement("crd22.dev-24", "crd22.dev-25", "crd20.associated")
def test_a_card_about_one_of_several_orders_says_which(client: FlaskClient) -> None:
    cards = answered(client, order_sign(medication_request(MARGETUXIMAB), text_only("mr2")))["cards"]
    assert [card["extension"]["davinci-crd.associated-resource"] for card in cards] == [
        ["MedicationRequest/mr1"],
        ["MedicationRequest/mr2"],
    ]
    for card, order in zip(cards, ("MedicationRequest/mr1", "MedicationRequest/mr2"), strict=True):
        assert order in card["detail"]
        assert "Margenza" in card["detail"]


@pytest.mark.idea("crd-idea-53")
@pytest.mark.requirement("crd22.resp-24", "hooks.94", "hooks.104")
@pytest.mark.certification("cert.3.6.09", "cert.3.7.02")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_an_order_by_text_only_gets_instructions(container: Container, version: str) -> None:
    settings = Settings(default_delivery=Delivery.BOTH)
    app = create_app(compose(settings, container.catalogue, container.today(), store()))
    (card,) = answered(app.test_client(), in_version(order_sign(text_only("mr1")), version))["cards"]
    assert not {"links", "suggestions"} & card.keys()
    assert "code it" in card["detail"]


@pytest.mark.idea("crd-idea-01")
@pytest.mark.requirement("hooks.4", "hooks.5", "hooks.6", "hooks.7", "hooks.8", "hooks.9", "hooks.10", "hooks.13")
@pytest.mark.requirement("hooks.16", "hooks.29", "hooks.36", "crd22.dev-1", "crd22.dev-2", "crd22.found-15")
@pytest.mark.requirement("hooks.12", "hooks.58")
@pytest.mark.certification("cert.1.02", "cert.1.03")
def test_each_service_of_discovery_is_there_and_each_hook_has_one(client: FlaskClient) -> None:
    reply = client.get("/cds-services", headers={"Accept": "application/json"})
    assert (reply.status_code, reply.mimetype) == (200, "application/json")
    hold("discovery", reply.get_json())
    services = reply.get_json()["services"]
    assert len({one["hook"] for one in services}) == len(services)
    for service in services:
        answer = client.post(f"/cds-services/{service['id']}", data=b"{}", content_type="application/json")
        assert answer.status_code in {400, 422}
        assert service["extension"]["davinci-crd.version"] == ["2.0", "2.2"]
        assert {"patient", "coverage"} <= service["prefetch"].keys()
        assert service["usageRequirements"]
        for template in service["prefetch"].values():
            assert SIMPLE.fullmatch(template), template


@pytest.mark.requirement("hooks.56", "hooks.57", "hooks.59", "hooks.55")
@pytest.mark.parametrize(
    "template",
    [
        "Patient/{{patientId}}",
        "Patient/{{context.draftOrders.entry.id}}",
        "Patient/{context.patientId}",
        "Patient/{{context.patientId}",
        "Patient/{{userId}}",
        "Patient?_id={{%coverage.beneficiary}}",
    ],
)
def test_a_template_with_another_token_would_be_noticed(client: FlaskClient, template: str) -> None:
    document = client.get("/cds-services").get_json()
    document["services"][0]["prefetch"]["patient"] = template
    assert fault("discovery", document)


BARE = {
    "hook": "order-sign",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {
        "userId": "Practitioner/dr1",
        "patientId": "p1",
        "draftOrders": {
            "resourceType": "Bundle",
            "entry": [
                {
                    "resource": {
                        "resourceType": "MedicationRequest",
                        "id": "mr1",
                        "status": "draft",
                        "medicationCodeableConcept": {"coding": [{**MARGETUXIMAB}]},
                        "subject": {"reference": "Patient/p1"},
                    }
                }
            ],
        },
    },
    "prefetch": {"coverage": searchset(coverage())},
}


@pytest.mark.requirement("crd22.conf-7", "crd22.conf-8", "crd22.conf-9", "crd22.conf-12", "crd22.hook-22")
@pytest.mark.requirement("crd22.found-34", "crd22.found-32", "crd22.dev-15", "crd20.version", "crd22.resp-42")
@pytest.mark.certification("cert.3.6.01", "cert.3.6.10")
def test_a_call_with_no_more_than_it_must_have_is_answered(client: FlaskClient) -> None:
    reply = answered(client, BARE)
    (extension,) = reply["systemActions"][0]["resource"]["extension"]
    codes = {part["url"]: part["valueCode"] for part in extension["extension"] if "valueCode" in part}
    assert (codes["covered"], codes["pa-needed"], codes["doc-needed"]) == ("covered", "auth-needed", "clinical")
    assert [card["source"]["topic"]["code"] for card in reply["cards"]].count("coverage-info") == 1
    assert fault("response-2.0", reply) == ""


@pytest.mark.idea("crd-idea-19")
@pytest.mark.requirement("crd20.version")
def test_without_a_version_the_answer_is_that_of_2_0(client: FlaskClient) -> None:
    call = order_sign(text_only("mr1")) | {"extension": {"davinci-crd.configuration": {}}}
    assert decision(answered(client, call)) == decision(answered(client, in_version(call, "2.0")))
    assert decision(answered(client, call)) != decision(answered(client, in_version(call, "2.2")))


MORE = {"somethingElse": {"deep": [1, None, "x"]}}


@pytest.mark.idea("crd-idea-27")
@pytest.mark.requirement("crd22.found-33", "crd22.hook-23")
def test_unknown_members_change_nothing(client: FlaskClient) -> None:
    call = order_sign()
    odd = call | MORE | {"context": call["context"] | MORE, "extension": MORE}
    odd["prefetch"] = {key: value | MORE for key, value in call["prefetch"].items()} | {"unknown": None}
    token = {"access_token": "t", "token_type": "Bearer", "expires_in": 30, "scope": "launch", "subject": "s"}
    odd["fhirAuthorization"] = token | MORE
    assert decision(answered(client, odd)) == decision(answered(client, call))


@pytest.mark.idea("crd-idea-25")
@pytest.mark.requirement("crd22.dev-6", "crd22.dev-17")
@pytest.mark.parametrize(
    "configuration",
    [
        {"no-such-option": True},
        {"max-cards": -1},
        {"max-cards": "many"},
        {"max-cards": None},
        {"unsolicited-determ": "yes"},
        {"unsolicited-determ": [], "coverage-info": {}},
        {"": 1},
        {},
        [],
        "x",
        None,
    ],
    ids=json.dumps,
)
def test_nonsense_in_a_configuration_is_survived(client: FlaskClient, configuration: Any) -> None:
    call = order_sign() | {"extension": {"davinci-crd.configuration": configuration}}
    answered(client, call)


@pytest.mark.requirement("crd22.dev-17")
def test_an_option_that_is_not_known_is_ignored(client: FlaskClient) -> None:
    known, unknown = (
        order_sign() | {"extension": {"davinci-crd.configuration": one}} for one in ({}, {"no-such-option": False})
    )
    assert decision(answered(client, known)) == decision(answered(client, unknown))


@pytest.mark.requirement("crd22.billopt-2")
def test_billing_options_on_an_order_are_not_needed(client: FlaskClient) -> None:
    options = {
        "url": "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options",
        "extension": [{"url": "code", "valueCodeableConcept": {"coding": [{"system": "urn:x", "code": "J9353"}]}}],
    }
    bare = answered(client, order_sign())["systemActions"][0]["resource"]["extension"]
    given = medication_request(MARGETUXIMAB, extension=[options])
    with_options = answered(client, order_sign(given))["systemActions"][0]["resource"]["extension"]
    assert with_options == [options, *bare]


@pytest.mark.idea("crd-idea-21")
@pytest.mark.requirement("crd22.resp-32")
@pytest.mark.certification("cert.3.6.11")
def test_different_coverages_have_different_assertion_ids(client: FlaskClient) -> None:
    def assertion_id(name: str) -> str:
        call = order_sign(prefetch={"coverage": searchset(coverage(name))})
        (extension,) = answered(client, call)["systemActions"][0]["resource"]["extension"]
        parts = extension["extension"]
        assert {"url": "coverage", "valueReference": {"reference": f"Coverage/{name}"}} in parts
        return next(str(part["valueString"]) for part in parts if part["url"] == "coverage-assertion-id")

    assert assertion_id("one") == assertion_id("one")
    assert assertion_id("one") != assertion_id("two")


@pytest.mark.requirement("crd20.ci-one-id", "crd22.covinfo-1")
@pytest.mark.certification("cert.3.6.11")
def test_an_order_gets_one_piece_of_coverage_information(any_form: FlaskClient) -> None:
    for sample in SAMPLES.values():
        for action in answered(any_form, sample).get("systemActions", ()):
            extensions = action["resource"]["extension"]
            assert len([one for one in extensions if one["url"] == EXTENSION]) == 1


@pytest.mark.requirement("crd22.found-40")
def test_no_needless_white_space_is_sent(client: FlaskClient) -> None:
    for path, reply in (
        ("discovery", client.get("/cds-services")),
        ("call", client.post(URL, data=body(order_sign()))),
        ("error", client.post(URL, data=b"{")),
    ):
        plain = json.dumps(json.loads(reply.data), separators=(",", ":"), ensure_ascii=False)
        assert len(reply.data.decode().rstrip("\n")) <= len(plain), path


@pytest.mark.requirement("hooks.1", "hooks.76", "crd22.hook-9", "crd22.hook-10", "crd20.outcome")
@pytest.mark.parametrize(
    ("call", "status"),
    [
        (order_sign(medication_request(AMOXICILLIN) | {"id": ""}), 422),
        (order_sign(prefetch={}) | {"extension": {"davinci-crd.configuration": {}}}, 412),
        (order_sign() | {"extension": {"davinci-crd.requestedVersion": "9.9"}}, 400),
    ],
)
def test_an_error_is_told_by_status_and_outcome(client: FlaskClient, call: Json, status: int) -> None:
    hold("outcome", answered(client, call, status))


@pytest.mark.requirement("hooks.77")
def test_where_there_is_nothing_to_say_the_list_of_cards_is_empty(client: FlaskClient) -> None:
    call = order_sign(medication_request(AMOXICILLIN), prefetch={})
    assert answered(client, call)["cards"] == []


def test_the_samples_are_calls_as_the_schema_of_a_version_says() -> None:
    for name, sample in SAMPLES.items():
        found = [fault(f"request-{version}", in_version(sample, version)) for version in ("2.0", "2.2")]
        assert "" in found, (name, found)
        assert fault("request-2.0", in_version(sample, "9.9")), name
