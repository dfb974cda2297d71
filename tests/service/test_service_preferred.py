"""A product that the payer prefers is proposed, where it is not known to have been tried: in words, or as a draft."""

import json
from datetime import date
from functools import cache
from typing import Any

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from hooks.protocol.client import Caller
from hooks.protocol.payer import Delivery
from tests import world
from tests.certification.suggested import alternate_faults, card_resources, resource_faults
from tests.conformance.messages import hold
from tests.service import calls
from tests.service.calls import HCPCS, RXNORM, body, coverage, in_version, medication_request, searchset

Json = dict[str, Any]
DAY = date(2026, 12, 14)
THO = "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"
TOPIC = "therapy-alternatives-req"
INFLIXIMAB = {"system": HCPCS, "code": "J1745", "display": "infliximab"}
INFLECTRA = {"system": HCPCS, "code": "Q5103", "display": "Injection, infliximab-dyyb, biosimilar, (Inflectra), 10 mg"}
CROHNS = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "K50.90"}]}
CARDS = Caller("ehr", delivery=Delivery.CARDS)


def dose(value: float = 5, unit: str = "mg/kg", **members: Any) -> Json:
    quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    timing = {"repeat": {"frequency": 1, "period": 8, "periodUnit": "wk"}}
    return {"timing": timing, "doseAndRate": [{"doseQuantity": quantity}]} | members


@cache
def service(language: str = "en") -> Container:
    settings = Settings(base_url="https://cds.example.org", language=language)
    return world.compose(settings, world.examples(), DAY, world.store())


def order(coding: Json = INFLIXIMAB, name: str = "mr1", **members: Any) -> Json:
    return medication_request(coding, name, authoredOn=DAY.isoformat(), reasonCode=[CROHNS], **members)


TRIED = {
    "resourceType": "MedicationStatement",
    "id": "bs",
    "status": "stopped",
    "subject": {"reference": "Patient/p1"},
    "medicationCodeableConcept": {"coding": [INFLECTRA]},
    "effectivePeriod": {"start": "2026-01-10", "end": "2026-09-10"},
    "statusReason": [{"coding": [{"system": "http://snomed.info/sct", "code": "266721009"}]}],
}
TUBERCULOSIS = {
    "resourceType": "Observation",
    "id": "tb",
    "status": "final",
    "subject": {"reference": "Patient/p1"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "71773-6"}]},
    "effectiveDateTime": "2026-11-20",
    "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "10828004"}]},
}


def reply(*orders: Json, chart: tuple[Json, ...] = (), hook: str = "order-sign", **given: Any) -> Json:
    """The reply to orders; `version`, `wants` and `language` change the call."""
    version, language, wants = given.get("version", "2.2"), given.get("language", "en"), given.get("wants", {})
    brought = {
        "patient": {"resourceType": "Patient", "id": "p1", "birthDate": "1980-01-01"},
        "coverage": searchset(coverage()),
        "chart": searchset(*chart),
    }
    make = {"order-sign": calls.order_sign, "order-select": calls.order_select, "order-dispatch": calls.order_dispatch}
    call = make[hook](*orders)
    call["prefetch"] |= brought
    call |= {"extension": {"davinci-crd.configuration": wants}} if wants else {}
    answer = service(language).services.find(f"{hook}-crd").answer
    found: Json = json.loads(answer(body(in_version(call, version)), CARDS).body)
    hold(f"response-{version}", found)
    if hook in {"order-sign", "order-select"}:
        assert list(alternate_faults(call, found)) == []
    assert list(resource_faults(card_resources(found["cards"]))) == []
    return found


def card(*orders: Json, **given: Any) -> Json | None:
    found = [one for one in reply(*orders, **given)["cards"] if one["source"]["topic"]["code"] == TOPIC]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize("hook", ["order-sign", "order-select"])
def test_each_preferred_product_is_proposed_as_a_draft_in_the_order_s_place(hook: str, version: str) -> None:
    sent = order(
        dosageInstruction=[dose()], note=[{"text": "bring Remicade"}], dispenseRequest={"quantity": {"value": 4}}
    )
    found = card(sent, hook=hook, version=version)
    assert found is not None
    assert found["summary"] == "Infliximab (example): the policy asks to try another product first"
    for words in ("A biosimilar of infliximab", "infliximab-dyyb (Inflectra)", "A proposal only", "section 3"):
        assert words in found["detail"].replace("\\", "")
    assert (found["indicator"], found["selectionBehavior"]) == ("info", "at-most-one")
    assert [one["code"] for one in found["overrideReasons"]] == ["tried-already", "not-applicable"]
    assert [one["label"] for one in found["suggestions"]] == [
        "Propose infliximab-dyyb (Inflectra) instead",
        "Propose infliximab-abda (Renflexis) instead",
        "Propose infliximab-axxq (Avsola) instead",
    ]
    assert not any("isRecommended" in one for one in found["suggestions"])
    delete, create = found["suggestions"][0]["actions"]
    assert (delete["type"], delete["resourceId"], create["type"]) == ("delete", "MedicationRequest/mr1", "create")
    drafted = create["resource"]
    MedicationRequest.model_validate(drafted)
    assert drafted["medicationCodeableConcept"]["coding"] == [INFLECTRA]
    kept = ("status", "intent", "subject", "authoredOn", "requester", "reasonCode", "dosageInstruction")
    assert {name: drafted[name] for name in kept} == {name: sent[name] for name in kept}
    assert drafted.keys() == {*kept, "resourceType", "medicationCodeableConcept"}


@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_what_is_proposed_leaves_the_application_and_is_held_to_its_profiles(version: str) -> None:
    """HL7's validator looks at what leaves (`make validate`)."""
    client = create_app(service()).test_client()
    for sent in (
        order(dosageInstruction=[dose()]),
        calls.service_request("s1", status="draft", code={"coding": [INFLIXIMAB]}, authoredOn=DAY.isoformat()),
    ):
        call = in_version(calls.order_sign(sent), version)
        found = json.loads(client.post("/cds-services/order-sign-crd", data=body(call)).data)
        topics = [one["source"]["topic"] for one in found["cards"] if one["source"]["topic"]["code"] == TOPIC]
        system = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp" if version == "2.0" else THO
        assert topics == [{"system": system, "code": TOPIC, "display": "Required therapy alternatives"}]


def test_what_the_card_says_is_said_in_spanish() -> None:
    found = card(order(), language="es")
    assert found is not None
    assert found["summary"] == "Infliximab (example): la política pide probar primero otro producto"
    assert "Solo es una propuesta" in found["detail"]
    assert found["suggestions"][0]["label"] == "Proponer infliximab-dyyb (Inflectra) en su lugar"


@pytest.mark.parametrize(
    ("members", "is_drafted"),
    [
        ({}, True),
        ({"dosageInstruction": [dose(400, "mg")]}, True),
        ({"dosageInstruction": [{"text": "5 mg/kg every 8 weeks"}]}, True),
        ({"dosageInstruction": [dose(), dose()]}, True),
        # What is of a product, or in no unit that is the same for both, is not taken over.
        ({"dosageInstruction": [dose(4, "{vial}")]}, False),
        ({"dosageInstruction": [dose(40, "mL")]}, False),
        ({"dosageInstruction": [dose(), dose(4, "{vial}")]}, False),
        ({"dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 400}}]}]}, False),
        ({"dosageInstruction": [dose(text="Remicade 5 mg/kg")]}, False),
        ({"dosageInstruction": [dose(patientInstruction="your INFLIXIMAB")]}, False),
        ({"modifierExtension": [{"url": "https://example.org/m", "valueBoolean": True}]}, False),
        ({"status": "active"}, False),
    ],
)
def test_a_dose_is_taken_over_only_where_it_holds_for_the_other_product(members: Json, is_drafted: bool) -> None:
    found = card(order() | members)
    assert found is not None
    assert ("suggestions" in found) is is_drafted
    assert ("selectionBehavior" in found) is is_drafted
    assert ("please write the order anew" in found["detail"]) is not is_drafted


def test_what_is_ordered_by_a_service_request_stays_one() -> None:
    sent = calls.service_request(
        "s1", status="draft", code={"coding": [INFLIXIMAB]}, authoredOn=DAY.isoformat(), occurrenceDateTime="2026-12-20"
    )
    found = card(sent)
    assert found is not None
    drafted = found["suggestions"][1]["actions"][1]["resource"]
    assert drafted["code"]["coding"][0]["code"] == "Q5104"
    assert (drafted["resourceType"], drafted["occurrenceDateTime"]) == ("ServiceRequest", "2026-12-20")
    counted = card(sent | {"quantityQuantity": {"value": 40}})
    assert counted is not None
    assert "suggestions" not in counted


@pytest.mark.parametrize(
    ("orders", "given"),
    [
        # The biosimilar was tried; a continuation does not ask; the client wants none; it is drafted beside.
        ((order(),), {"chart": (TRIED,)}),
        ((order(),), {"wants": {TOPIC: False}}),
        ((order(), order(INFLECTRA, "mr2")), {}),
        # What is ordered is the preferred one, another drug, or nothing that is known.
        ((order(INFLECTRA),), {}),
        ((order({"system": HCPCS, "code": "J0897", "display": "denosumab"}),), {}),
        ((order({"system": RXNORM, "code": "0", "display": "nothing"}),), {}),
        ((order({"system": HCPCS, "code": "J3590", "display": "unclassified biologics"}),), {}),
    ],
)
def test_nothing_is_proposed_where_nothing_goes_first(orders: tuple[Json, ...], given: Json) -> None:
    assert card(*orders, **given) is None


def test_other_cards_stay_as_they_are_where_it_is_switched_off() -> None:
    def topics(found: Json) -> list[str]:
        return [one["source"]["topic"]["code"] for one in found["cards"]]

    with_it, without = (
        topics(reply(order(), wants={TOPIC: wanted, "contraindication": False})) for wanted in (True, False)
    )
    assert [one for one in with_it if one != TOPIC] == without


def test_an_order_that_is_no_draft_of_the_call_is_not_exchanged() -> None:
    found = card(order(status="active"), hook="order-dispatch")
    assert found is None or "suggestions" not in found


def test_where_something_else_speaks_against_the_request_no_draft_is_offered() -> None:
    found = card(order(), chart=(TUBERCULOSIS,))
    assert found is not None
    assert "suggestions" not in found


def test_the_page_of_the_policy_says_what_is_preferred() -> None:
    client = create_app(service()).test_client()
    page = client.get("/policies/infliximab").get_data(as_text=True)
    for words in ("Preferred first", "A biosimilar of infliximab is to be tried before the brand.", "infliximab-axxq"):
        assert words in page
    assert "Preferred first" not in client.get("/policies/denosumab").get_data(as_text=True)
