"""The types of cards that lead on: to a place in the policy, to the form as a task, to the form as an application."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
import responses
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.servicerequest import ServiceRequest
from fhir.resources.R4B.task import Task
from msgspec import convert
from sqlalchemy import text

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands import demo
from hooks.protocol.client import Caller, CardText
from hooks.protocol.payer import Delivery
from policies.catalogue import Catalogue
from tests.clients import signing
from tests.conformance.messages import hold
from tests.conftest import TODAY
from tests.fetching.loopback_ehr import Ehr, running
from tests.service import calls
from tests.service.calls import MARGETUXIMAB, body, in_version, medication_request, observation, order_sign, searchset
from tests.world import compose, store

Json = dict[str, Any]
BASE = "https://cds.example.org"
CANONICAL = f"{BASE}/fhir/Questionnaire/margetuximab-initial|2026-05-06"
SDC = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp"
PLACES, FORM, LAUNCH, SAFETY = "guideline", "form-completion", "form-launch", "contraindication"
DTR = Caller("ehr", delivery=Delivery.CRD, dtr=True)
NO_DTR = Caller("ehr", delivery=Delivery.CRD, dtr=False)
LAUNCHING = Caller("ehr", delivery=Delivery.CRD, dtr=False, smart_client_id="cds-forms")
BOOKED = calls.appointment_book(calls.appointment("a1", "ServiceRequest/s1"), calls.service_request())
ORDERING = {
    "order-sign": order_sign(),
    "order-select": calls.order_select(),
    "order-dispatch": calls.order_dispatch(),
    "appointment-book": BOOKED,
}
SIGNING = sorted(ORDERING.keys() - {"order-select"})
VERSIONS = ("2.0", "2.2")


@dataclass(frozen=True)
class Service:
    """A service that all tests share; each test is of a tenant of its own, of whom nothing was shown before."""

    container: Container
    test: str


@pytest.fixture(scope="module")
def container(policies_on_file: Catalogue) -> Container:
    return compose(Settings(base_url=BASE), policies_on_file, TODAY, store())


@pytest.fixture
def service(container: Container) -> Service:
    return Service(container, str(uuid4()))


def reply_to(service: Service, call: Json, caller: Caller = DTR, version: str = "2.0", **wants: Any) -> Json:
    """Return the reply of the service for a call's hook, held to the schema of its version."""
    caller = replace(caller, tenant=f"{caller.tenant}-{service.test}")
    extension = {**call.get("extension", {}), "davinci-crd.configuration": wants} if wants else {}
    sent = in_version(call | ({"extension": extension} if extension else {}), version)
    answer = service.container.services.find(f"{call['hook']}-crd").answer
    reply: Json = json.loads(answer(body(sent), caller).body)
    hold(f"response-{version}", reply)
    return reply


def of(topic: str, reply: Json) -> list[Json]:
    return [card for card in reply["cards"] if card["source"]["topic"]["code"] == topic]


# ---- A place in the policy ----


@pytest.mark.requirement("crd20.types", "crd22.resp-15", "crd22.resp-18", "crd22.resp-19", "crd22.resp-20")
@pytest.mark.requirement("crd22.resp-21", "crd22.resp-22")
@pytest.mark.certification("cert.3.1.07", "cert.3.4.07", "cert.3.5.07", "cert.3.6.07", "cert.3.7.01")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", sorted(ORDERING))
def test_a_crd_client_is_led_to_the_very_places_of_the_policy(service: Service, hook: str, version: str) -> None:
    (card,) = of(PLACES, reply_to(service, ORDERING[hook], version=version))
    page = f"{BASE}/policies/margetuximab?version=2026-05-06"
    assert [link["type"] for link in card["links"]] == ["absolute"] * len(card["links"])
    assert {f"{page}#her2-positive", f"{page}#prior-anti-her2"} <= {link["url"] for link in card["links"]}
    assert "A.ii: Two or more earlier anti-HER2" in card["detail"]
    assert not {"suggestions", "appContext"} & card.keys()
    assert card["indicator"] == "info"


def test_every_place_is_there_on_the_page_of_the_policy(service: Service) -> None:
    (card,) = of(PLACES, reply_to(service, order_sign()))
    page = create_app(service.container).test_client().get("/policies/margetuximab?version=2026-05-06").text
    for link in card["links"]:
        assert page.count(f'id="{link["url"].partition("#")[2]}"') == 1


@pytest.mark.requirement("crd22.resp-12")
def test_it_repeats_nothing_that_coverage_information_tells(service: Service) -> None:
    reply = reply_to(service, order_sign())
    (card,) = of(PLACES, reply)
    assert not re.search(r"open:|✓|✗|authori[sz]ation|covered", card["detail"])
    assert of(PLACES, reply_to(service, other_patient(order_sign()), Caller(delivery=Delivery.CARDS))) == []
    assert of(PLACES, reply_to(service, other_patient(order_sign()), Caller(delivery=Delivery.BOTH))) == []


def other_patient(call: Json, name: str = "p2") -> Json:
    changed: Json = json.loads(json.dumps(call).replace('"p1"', f'"{name}"').replace("Patient/p1", f"Patient/{name}"))
    return changed


def test_it_comes_once_for_the_same_places_and_again_for_others(service: Service) -> None:
    assert len(of(PLACES, reply_to(service, calls.order_select()))) == 1
    assert of(PLACES, reply_to(service, order_sign())) == []
    known = order_sign()
    known["prefetch"]["more"] = searchset(observation("ihc", "85319-2", valueString="3+"))
    (card,) = of(PLACES, reply_to(service, known))
    assert not any(link["url"].endswith("#her2-positive") for link in card["links"])


def cancer(words: str) -> Json:
    coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C50.912"}
    return {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": calls.PATIENT},
        "code": {"coding": [coding], "text": words},
    }


def test_feedback_on_it_is_told_by_criterion(policies_on_file: Catalogue) -> None:
    composed = compose(Settings(base_url=BASE), policies_on_file, TODAY, store())
    client = create_app(composed).test_client()
    reply = client.post("/cds-services/order-sign-crd", data=body(in_version(order_sign(), "2.2"))).get_json()
    (card,) = of(PLACES, reply)
    given = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-25T10:00:00Z"}
    assert client.post("/cds-services/order-sign-crd/feedback", json={"feedback": [given]}).status_code == 200
    assert composed.feedback is not None
    assert "her2-positive.ihc" in {one.criterion for one in composed.feedback.overridden()}


def test_there_is_nothing_to_read_where_no_criterion_is_open_or_coverage_cannot_be_told(
    service: Service, policies_on_file: Catalogue
) -> None:
    met = json.loads(demo.samples()[0].body)
    assert of(PLACES, reply_to(service, met)) == []
    ended = order_sign()
    ended["prefetch"]["coverage"] = searchset(calls.coverage(period={"end": "2026-01-31"}))
    assert of(PLACES, reply_to(service, ended)) == []
    engine = store()
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE shown_cards"))
    failing = Service(compose(Settings(base_url=BASE), policies_on_file, TODAY, engine), "failing")
    assert of(PLACES, reply_to(failing, order_sign())) == []


# ---- The form as a task ----


@pytest.mark.idea("crd-idea-55")
@pytest.mark.requirement("crd20.task", "crd22.resp-62", "crd22.resp-65", "crd22.dev-19", "crd22.resp-11")
@pytest.mark.requirement("hooks.120", "hooks.123", "hooks.99", "crd22.resp-15")
@pytest.mark.certification("cert.3.1.12", "cert.3.5.12", "cert.3.6.14")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", SIGNING)
def test_a_client_without_dtr_gets_the_form_as_a_task(service: Service, hook: str, version: str) -> None:
    reply = reply_to(service, ORDERING[hook], NO_DTR, version)
    (card,) = of(FORM, reply)
    assert "version 2026-05-06 of the form" in card["detail"]
    (suggestion,) = card["suggestions"]
    assert suggestion["isRecommended"] is True
    created, tasked = suggestion["actions"]
    assert created["extension"] == {
        "davinci-crd.if-none-exist": f"url={BASE}/fhir/Questionnaire/margetuximab-initial&version=2026-05-06"
    }
    Questionnaire.model_validate(created["resource"])
    assert f"{created['resource']['url']}|{created['resource']['version']}" == CANONICAL
    task = tasked["resource"]
    Task.model_validate(task)
    assert (task["status"], task["intent"], task["for"]) == ("ready", "order", {"reference": calls.PATIENT})
    assert task["code"] == {"coding": [{"system": SDC, "code": "complete-questionnaire"}]}
    assert "focus" not in task
    assert task["requester"]["identifier"] == {"system": "https://payer.example.org/identifier", "value": "MMM"}
    asked, *after = task["input"]
    codes = [one["type"]["coding"][0]["code"] for one in after]
    assert codes == (["after-completion-action"] if version == "2.0" else [])
    assert asked["type"] == {"coding": [{"system": SDC, "code": "questionnaire"}], "text": "questionnaire"}
    assert asked["valueCanonical"] == (CANONICAL if version == "2.2" else CANONICAL.partition("|")[0])
    assert [one["reference"] for one in task["basedOn"]] == [judged_order(hook)]


def judged_order(hook: str) -> str:
    return "ServiceRequest/s1" if hook == "appointment-book" else "MedicationRequest/mr1"


@pytest.mark.idea("crd-idea-55")
@pytest.mark.requirement("crd22.resp-59", "crd20.dtr-launch")
@pytest.mark.parametrize("caller", [DTR, LAUNCHING, Caller(delivery=Delivery.CRD)])
def test_no_task_for_a_form_goes_to_a_client_that_has_another_way(service: Service, caller: Caller) -> None:
    assert of(FORM, reply_to(service, order_sign(), caller)) == []


def test_a_client_of_whom_nothing_is_known_has_to_ask_for_tasks(service: Service) -> None:
    anyone = Caller(delivery=Delivery.CRD)
    assert len(of(FORM, reply_to(service, order_sign(), anyone, **{FORM: True}))) == 1
    assert of(FORM, reply_to(service, order_sign(), anyone, **{FORM: "true"})) == []
    assert of(FORM, reply_to(service, order_sign(), DTR, **{FORM: True})) == []
    assert of(FORM, reply_to(service, order_sign(), NO_DTR, **{FORM: False})) == []


@pytest.mark.requirement("crd22.hook-19")
@pytest.mark.parametrize("caller", [NO_DTR, LAUNCHING])
@pytest.mark.parametrize("hook", ["order-select", "encounter-start", "encounter-discharge"])
def test_no_form_is_asked_for_where_nothing_is_signed(service: Service, hook: str, caller: Caller) -> None:
    reply = reply_to(service, calls.every_hook()[hook], caller)
    assert of(FORM, reply) + of(LAUNCH, reply) == []


@pytest.fixture
def ehr() -> Any:
    with running() as server:
        yield server


@pytest.mark.requirement("crd22.dev-20")
@pytest.mark.parametrize(
    ("found", "sends"),
    [
        (searchset({"resourceType": "Questionnaire", "url": CANONICAL.partition("|")[0], "version": "2026-05-06"}), 0),
        (searchset({"resourceType": "Questionnaire", "url": CANONICAL.partition("|")[0], "version": "2025-01-01"}), 1),
        (searchset({"resourceType": "OperationOutcome"}), 1),
        (searchset(), 1),
        (None, 1),
    ],
    ids=["this version", "another version", "an outcome", "none", "no answer"],
)
def test_a_client_is_asked_first_whether_it_has_the_form(
    service: Service, ehr: Ehr, found: Json | None, sends: int
) -> None:
    query = f"Questionnaire?url={BASE}/fhir/Questionnaire/margetuximab-initial&version=2026-05-06"
    ehr.answers = {query: found} if found is not None else {}
    call = order_sign() | {"fhirServer": ehr.base}
    caller = Caller("ehr", delivery=Delivery.CRD, dtr=False, fhir_servers=(ehr.base,))
    (card,) = of(FORM, reply_to(service, call, caller))
    assert query in ehr.paths
    created = [one["resource"]["resourceType"] for one in card["suggestions"][0]["actions"]]
    assert created == ["Questionnaire"] * sends + ["Task"]
    asked = [path for path in ehr.paths if path.startswith("Questionnaire?")]
    reply_to(service, call, Caller("ehr", delivery=Delivery.CRD, dtr=True, fhir_servers=(ehr.base,)))
    reply_to(service, call, caller, **{FORM: False})
    assert [path for path in ehr.paths if path.startswith("Questionnaire?")] == asked


def test_two_orders_of_one_form_are_two_tasks(service: Service) -> None:
    call = order_sign(medication_request(MARGETUXIMAB), medication_request(MARGETUXIMAB, "mr2"))
    cards = of(FORM, reply_to(service, call, NO_DTR))
    tasks = [card["suggestions"][0]["actions"][-1]["resource"] for card in cards]
    assert [one["basedOn"][0]["reference"] for one in tasks] == ["MedicationRequest/mr1", "MedicationRequest/mr2"]


# ---- The form as an application ----


@pytest.mark.idea("crd-idea-54")
@pytest.mark.requirement("crd22.resp-72", "crd22.resp-15")
@pytest.mark.certification("cert.3.1.08", "cert.3.5.08", "cert.3.6.08")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", SIGNING)
def test_a_client_that_knows_our_page_can_launch_it(service: Service, hook: str, version: str) -> None:
    reply = reply_to(service, ORDERING[hook], LAUNCHING, version)
    (card,) = of(LAUNCH, reply)
    (link,) = card["links"]
    assert (link["type"], link["url"]) == ("smart", f"{BASE}/forms/launch")
    context = json.loads(link["appContext"])
    assert context == {"determination": assertion_id(reply), "questionnaire": CANONICAL}
    assert "suggestions" not in card
    assert card["source"]["topic"]["system"] == f"{BASE}/fhir/CodeSystem/card-types"


def assertion_id(reply: Json) -> str:
    (extension,) = reply["systemActions"][0]["resource"]["extension"]
    return str(next(one["valueString"] for one in extension["extension"] if one["url"] == "coverage-assertion-id"))


@pytest.mark.idea("crd-idea-54")
@pytest.mark.requirement("crd20.dtr-launch")
@pytest.mark.parametrize(
    "caller", [DTR, NO_DTR, Caller(), Caller("ehr", delivery=Delivery.CRD, dtr=True, smart_client_id="cds-forms")]
)
def test_nobody_else_is_sent_a_launch(service: Service, caller: Caller) -> None:
    cards = reply_to(service, order_sign(), caller)["cards"]
    assert not any(link["type"] == "smart" for card in cards for link in card.get("links", ()))


@pytest.mark.idea("crd-idea-54")
def test_nothing_of_the_patient_and_no_token_is_in_the_context(service: Service) -> None:
    token = {"access_token": "tok3n", "token_type": "Bearer", "expires_in": 30, "scope": "launch", "subject": "s"}
    call = order_sign() | {"fhirAuthorization": token}
    (card,) = of(LAUNCH, reply_to(service, call, LAUNCHING))
    assert not re.search(r"p1|mr1|cov1|tok3n", card["links"][0]["appContext"])


# ---- Another dose, and a further order ----


@pytest.mark.idea("crd-idea-51")
@pytest.mark.requirement("crd20.alternate", "crd22.resp-53", "crd22.resp-54", "crd22.resp-55", "crd22.resp-56")
@pytest.mark.requirement("hooks.120")
@pytest.mark.certification("cert.3.4.12", "cert.3.6.12")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", ["order-sign", "order-select", "order-dispatch"])
def test_another_dose_is_proposed_as_one_update_of_the_draft(service: Service, hook: str, version: str) -> None:
    dose = {"value": 9000, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    order = medication_request(MARGETUXIMAB, dosageInstruction=[{"doseAndRate": [{"doseQuantity": dose}]}])
    weight = observation("w1", "29463-7", valueQuantity=dose | {"value": 70, "unit": "kg", "code": "kg"})
    call = {"order-sign": order_sign, "order-select": calls.order_select, "order-dispatch": calls.order_dispatch}
    made = call[hook](order)
    made["prefetch"]["more"] = searchset(weight | {"effectiveDateTime": "2026-05-20"})
    (card,) = of("therapy-alternatives-opt", reply_to(service, made, version=version))
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    assert (action["type"], suggestion["isRecommended"]) == ("update", True)
    assert "resourceId" not in action
    assert "links" not in card
    MedicationRequest.model_validate(action["resource"])
    changed = action["resource"]["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    assert changed["value"] == 1050
    assert {**action["resource"], "dosageInstruction": order["dosageInstruction"]} == order


@pytest.mark.requirement("crd20.additional", "crd22.resp-57", "crd22.resp-58", "crd22.resp-15", "hooks.123")
@pytest.mark.certification("cert.3.4.13", "cert.3.6.13")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", sorted(ORDERING))
def test_a_further_order_is_proposed_as_a_creation_only(service: Service, hook: str, version: str) -> None:
    equivocal = observation("ihc", "85319-2", valueString="2+")
    call = ORDERING[hook] | {"prefetch": ORDERING[hook]["prefetch"] | {"more": searchset(equivocal)}}
    (card,) = of("clinical-reminder", reply_to(service, call, version=version))
    assert "links" not in card
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    assert (action["type"], suggestion["isRecommended"]) == ("create", True)
    assert "resourceId" not in action
    ServiceRequest.model_validate(action["resource"])
    assert action["resource"]["requester"] == {"reference": "Practitioner/dr1"}


@pytest.mark.requirement("crd22.conf-5")
@pytest.mark.parametrize("version", VERSIONS)
def test_what_we_write_ourselves_holds_every_element_that_there_is_a_value_for(service: Service, version: str) -> None:
    """Of the must-support elements of CRD's profiles of ServiceRequest and Task; the rest nobody has told us."""
    order = medication_request(MARGETUXIMAB, encounter={"reference": "Encounter/e1"})
    call = order_sign(order)
    call["prefetch"]["more"] = searchset(observation("ihc", "85319-2", valueString="2+"))
    reply = reply_to(service, call, NO_DTR, version)
    (test,), (form,) = of("clinical-reminder", reply), of(FORM, reply)
    ordered, task = (card["suggestions"][0]["actions"][-1]["resource"] for card in (test, form))
    assert {"status", "intent", "code", "subject", "encounter", "authoredOn", "requester"} <= ordered.keys()
    assert ordered["reasonReference"] == [{"reference": "Observation/ihc"}]
    for written in (ordered, task):
        assert written["encounter"] == {"reference": "Encounter/e1"}
    named = {"basedOn", "status", "intent", "code", "for", "authoredOn", "requester", "reasonCode", "input"}
    assert named <= task.keys()
    assert task["reasonCode"]["text"] == "Prior authorization of MedicationRequest/mr1"
    assert bool(task["reasonCode"].get("coding")) is (version == "2.0")


# ---- Instructions ----


@pytest.mark.requirement("crd20.types", "crd22.resp-24")
@pytest.mark.certification("cert.3.1.09", "cert.3.4.09", "cert.3.5.09", "cert.3.6.09", "cert.3.7.02")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", sorted(ORDERING))
def test_warnings_are_instructions_at_every_hook_about_orders(service: Service, hook: str, version: str) -> None:
    (card,) = of(SAFETY, reply_to(service, ORDERING[hook], version=version))
    assert not {"links", "suggestions"} & card.keys()
    assert card["detail"]


# ---- What a registration says ----


@pytest.mark.parametrize(
    ("registered", "topic", "mark"),
    [
        ({}, "", "**"),
        ({"dtr": False}, FORM, "**"),
        ({"smart_client_id": "cds-forms", "card_text": "plain"}, LAUNCH, ""),
        ({"smart_client_id": "cds-forms", "dtr": True}, "", "**"),
    ],
)
def test_a_registered_client_gets_what_its_registration_says(
    policies_on_file: Catalogue, registered: Json, topic: str, mark: str
) -> None:
    client = {"name": "ehr", "iss": signing.ISSUER, "jku": signing.JKU, "delivery": "crd"} | registered
    settings = convert({"base_url": BASE, "clients": [client]}, Settings)
    app = create_app(compose(settings, policies_on_file, TODAY, store()))
    with responses.RequestsMock() as net:
        net.get(signing.JKU, body=signing.key_set())
        sent = {"Authorization": f"Bearer {signing.token()}", "Content-Type": "application/json"}
        reply = app.test_client().post("/cds-services/order-sign-crd", data=body(order_sign()), headers=sent)
    cards = reply.get_json()["cards"]
    assert {card["source"]["topic"]["code"] for card in cards} & {FORM, LAUNCH} == ({topic} if topic else set())
    assert ("**" in cards[0]["detail"]) is bool(mark)


# ---- Wording ----


@pytest.mark.parametrize("hook", sorted(ORDERING))
def test_a_client_that_shows_plain_text_gets_plain_text(service: Service, hook: str) -> None:
    prefetch = ORDERING[hook]["prefetch"] | {"more": searchset(cancer("Breast cancer, *left* <b>_side_</b>"))}
    call = ORDERING[hook] | {"prefetch": prefetch}
    marked, plain = (
        reply_to(service, call, Caller(f"ehr-{text.value}", delivery=Delivery.BOTH, card_text=text))["cards"]
        for text in (CardText.MARKDOWN, CardText.PLAIN)
    )
    assert len(marked) == len(plain) > 1
    for one, other in zip(marked, plain, strict=True):
        assert one["summary"] == other["summary"]
        assert "**" in one["detail"]
        assert not re.search(r"\*\*|\\|`", other["detail"])
        assert re.sub(r"\*\*|\\", "", one["detail"]) == other["detail"]


@pytest.mark.requirement("crd22.dev-7")
def test_the_types_of_cards_that_are_ours_have_their_code_system(container: Container) -> None:
    types = create_app(container).test_client().get("/fhir/CodeSystem/card-types").get_json()
    CodeSystem.model_validate(types)
    assert types["url"] == f"{BASE}/fhir/CodeSystem/card-types"
    assert {one["code"] for one in types["concept"]} == {FORM, LAUNCH, "trial-results"}


# ---- Options ----


@pytest.mark.idea("crd-idea-24")
@pytest.mark.requirement("crd22.dev-4", "crd22.dev-5", "crd22.dev-7", "crd22.dev-8", "crd22.dev-10", "crd22.dev-14")
@pytest.mark.requirement("crd20.options", "crd20.configuration")
@pytest.mark.parametrize("hook", sorted(ORDERING))
def test_each_type_of_card_can_be_switched_off_at_every_hook(service: Service, hook: str) -> None:
    for number, (topic, caller) in enumerate(((PLACES, DTR), (SAFETY, DTR), (FORM, NO_DTR), (LAUNCH, LAUNCHING))):
        off = reply_to(service, other_patient(ORDERING[hook], f"p7{number}"), caller, **{topic: False})
        assert of(topic, off) == []
        on = reply_to(service, other_patient(ORDERING[hook], f"p7{number}"), caller, **{topic: True})
        is_asked = topic in {PLACES, SAFETY} or hook in SIGNING
        assert len(of(topic, on)) == is_asked


@pytest.mark.idea("crd-idea-24")
@pytest.mark.requirement("crd22.dev-14", "crd20.configuration")
@pytest.mark.parametrize("most", [0, 1, 2])
@pytest.mark.parametrize("hook", sorted(ORDERING))
def test_no_more_cards_come_than_a_client_wants(service: Service, hook: str, most: int) -> None:
    for caller in (NO_DTR, Caller("both", delivery=Delivery.BOTH, dtr=False)):
        assert len(reply_to(service, ORDERING[hook], caller, **{"max-cards": most})["cards"]) == most
