"""Doses through the real application: the card that proposes the policy's dose, the quantity, the report."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.coverage.coverage_information import EXTENSION
from policies.catalogue import Catalogue
from tests.service.calls import MARGETUXIMAB, RXNORM, body, coverage, medication_request, order_sign, searchset
from tests.world import compose

URL = "/cds-services/order-sign-crd"
TOPIC = "therapy-alternatives-opt"
UCUM = "http://unitsofmeasure.org"
CRD = {"extension": {"davinci-crd.configuration": {}}}
MET = Path(__file__).parents[2] / "cds_service" / "samples" / "01-margetuximab-everything-met.json"
ELRANATAMAB = {"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J1323"}
Json = dict[str, Any]


def amount(value: Any, unit: str = "mg") -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def dosed(*doses: Json, coding: Json = MARGETUXIMAB, name: str = "mr1", **dosage: Any) -> Json:
    """Return an order with one dosage instruction; its decimals must survive."""
    instruction = {"sequence": 1, "doseAndRate": [{"doseQuantity": one} for one in doses]} | dosage
    kept = {"url": "urn:x", "valueDecimal": 1.10}
    return medication_request(coding, name, dosageInstruction=[instruction], extension=[kept])


def weight(kg: float = 70, on: str = "2026-05-20") -> Json:
    return {
        "resourceType": "Observation",
        "id": "w1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": on,
        "valueQuantity": amount(kg, "kg"),
    }


def call(*orders: Json, chart: tuple[Json, ...] = (weight(),), **members: Any) -> Json:
    given = {"patient": {"resourceType": "Patient", "id": "p1"}, "coverage": searchset(coverage())}
    return order_sign(*orders, prefetch=given | {"observations": searchset(*chart)}, **members)


def cards(client: FlaskClient, sent: Json, topic: str = TOPIC) -> list[Json]:
    reply = client.post(URL, data=body(sent), content_type="application/json")
    assert reply.status_code == 200, reply.text
    found = json.loads(reply.data)["cards"]
    return [one for one in found if one["source"]["topic"]["code"] == topic]


def test_a_dose_above_the_policys_gets_the_corrected_order(client: FlaskClient) -> None:
    order = dosed(amount(1400), timing={"repeat": {"frequency": 1, "period": 21, "periodUnit": "d"}})
    (card,) = cards(client, call(order))
    assert card["summary"] == (
        "Margetuximab-cmkb: the ordered dose (1400 mg every 21 days) is above the policy's (1050 mg)."
    )
    assert (card["indicator"], card["selectionBehavior"], "links" in card) == ("warning", "at-most-one", False)
    assert "70 kg" in card["detail"]
    assert "MedicationRequest/mr1" in card["detail"]
    (suggestion,) = card["suggestions"]
    assert suggestion["label"] == "Change to 1050 mg (Every cycle)"
    assert suggestion["uuid"] != card["uuid"]
    (action,) = suggestion["actions"]
    assert (action["type"], bool(action["description"]), "resourceId" in action) == ("update", True, False)
    expected = json.loads(json.dumps(order))
    expected["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = 1050
    assert action["resource"] == expected
    assert all(one["system"] and one["code"] and one["display"] for one in card["overrideReasons"])


def test_decimals_and_unknown_members_come_back_as_they_were_sent(client: FlaskClient) -> None:
    sent = body(call(dosed(amount(1400)))).replace(b"1.1}", b'1.10, "odd": 0.500}')
    reply = client.post(URL, data=sent, content_type="application/json").data
    start = reply.index(b'"suggestions"')
    assert b'"valueDecimal":1.10,"odd":0.500' in reply[start:]


@pytest.mark.parametrize(
    ("doses", "changed"),
    [
        ([amount(20, "mg/kg")], [15]),
        ([amount(1.4, "g")], [1.05]),
        ([amount(20, "mg/kg"), amount(1400)], [15, 1050]),
    ],
)
def test_each_statement_of_the_dose_is_changed_in_its_own_unit(
    client: FlaskClient, doses: list[Json], changed: list[float]
) -> None:
    (card,) = cards(client, call(dosed(*doses)))
    resource = card["suggestions"][0]["actions"][0]["resource"]
    (instruction,) = resource["dosageInstruction"]
    assert [one["doseQuantity"]["value"] for one in instruction["doseAndRate"]] == changed
    assert [one["doseQuantity"]["code"] for one in instruction["doseAndRate"]] == [one["code"] for one in doses]


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("1400 mg IV over 120 minutes", "1050 mg IV over 120 minutes"),
        ("20 mg/kg = 1,400 mg", None),
        ("as discussed", "as discussed"),
    ],
)
def test_a_text_follows_the_dose_or_there_is_no_card(client: FlaskClient, text: str, changed: str | None) -> None:
    found = cards(client, call(dosed(amount(1400), text=text)))
    texts = [one["suggestions"][0]["actions"][0]["resource"]["dosageInstruction"][0]["text"] for one in found]
    assert texts == ([] if changed is None else [changed])


def test_a_range_above_becomes_the_policys_dose(client: FlaskClient) -> None:
    order = medication_request(
        MARGETUXIMAB, dosageInstruction=[{"doseAndRate": [{"doseRange": {"low": amount(1300), "high": amount(1400)}}]}]
    )
    (card,) = cards(client, call(order))
    (instruction,) = card["suggestions"][0]["actions"][0]["resource"]["dosageInstruction"]
    assert instruction["doseAndRate"] == [{"doseRange": {"low": amount(1050), "high": amount(1050)}}]


DOUBLE = {"doseAndRate": [{"doseQuantity": amount(2100)}]}
BY_KILOGRAM = {"rateRatio": {"numerator": amount(30), "denominator": amount(1, "kg")}}


@pytest.mark.parametrize(
    "sent",
    [
        call(dosed(amount(1155))),
        call(dosed(amount(800))),
        call(dosed(amount(1400)), chart=()),
        call(dosed(amount(1400)), chart=(weight(on="2026-05-01"),)),
        call(dosed(amount(1400), text="1050 mg")),
        call(dosed(amount(1400)) | {"doNotPerform": True}),
        call(dosed(amount(15, "mg/kg"), timing={"repeat": {"frequency": 1, "period": 7, "periodUnit": "d"}})),
        call(dosed(amount(1400)), extension={"davinci-crd.configuration": {TOPIC: False}}),
        call(medication_request(MARGETUXIMAB, dosageInstruction=[DOUBLE, DOUBLE])),
        call(medication_request(MARGETUXIMAB, dosageInstruction=[{"doseAndRate": [BY_KILOGRAM]}])),
    ],
    ids=[
        "rounded",
        "below",
        "no weight",
        "old weight",
        "text",
        "refused",
        "too often",
        "not wanted",
        "several instructions",
        "a ratio",
    ],
)
def test_there_is_no_card_unless_the_dose_is_certainly_above(client: FlaskClient, sent: Json) -> None:
    assert cards(client, sent) == []


def test_the_card_goes_to_a_client_that_gets_system_actions(client: FlaskClient) -> None:
    assert len(cards(client, call(dosed(amount(1400)), **CRD))) == 1


def test_each_order_has_a_card_of_its_own(client: FlaskClient) -> None:
    found = cards(client, call(dosed(amount(1000)), dosed(amount(1400), name="mr2"), dosed(amount(1500), name="mr3")))
    resources = [one["suggestions"][0]["actions"][0]["resource"]["id"] for one in found]
    assert resources == ["mr2", "mr3"]


def test_at_the_start_of_a_schedule_each_step_is_offered(client: FlaskClient) -> None:
    (card,) = cards(client, call(dosed(amount(100), coding=ELRANATAMAB), chart=()))
    labels = [one["label"] for one in card["suggestions"]]
    assert labels[0] == "Change to 12 mg (Step-up 1)"
    assert labels[2].startswith("Change to 76 mg (First treatment dose, Every week)")
    assert [one["actions"][0]["resource"]["dosageInstruction"][0]["doseAndRate"] for one in card["suggestions"]] == [
        [{"doseQuantity": amount(mg)}] for mg in (12, 32, 76)
    ]


def test_what_is_to_be_dispensed_stays_and_is_named(client: FlaskClient) -> None:
    order = dosed(amount(1400)) | {"dispenseRequest": {"quantity": amount(1400)}}
    (card,) = cards(client, call(order))
    assert "quantity to dispense is left" in card["detail"]
    assert card["suggestions"][0]["actions"][0]["resource"]["dispenseRequest"] == order["dispenseRequest"]


@pytest.mark.parametrize(
    ("version", "system"),
    [
        ("2.0", "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"),
        ("2.2", "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"),
    ],
)
def test_the_topic_is_of_the_callers_version(client: FlaskClient, version: str, system: str) -> None:
    (card,) = cards(client, call(dosed(amount(1400)), extension={"davinci-crd.requestedVersion": version}))
    assert card["source"]["topic"]["system"] == system


# ---- the quantity ----


@pytest.fixture
def approving(policies_on_file: Catalogue, engine: Engine) -> Container:
    return compose(Settings(automatic_approval=True), policies_on_file, date(2026, 11, 25), engine)


def met(version: str, kg: float | None) -> Json:
    """Return a call that meets every criterion, with a weight or without one; its chart is whole."""
    sent: Json = json.loads(MET.read_text(encoding="utf-8"))
    entries = sent["prefetch"]["observations"]["entry"]
    is_weight = [any(one["code"] == "29463-7" for one in entry["resource"]["code"]["coding"]) for entry in entries]
    rest = [entry for entry, known in zip(entries, is_weight, strict=True) if not known]
    own = {"subject": {"reference": f"Patient/{sent['context']['patientId']}"}, "effectiveDateTime": "2026-06-10"}
    weights = [{"resource": weight(kg) | own}] if kg is not None else []
    sent["prefetch"]["observations"] = searchset(*(entry["resource"] for entry in [*rest, *weights]))
    return sent | {"extension": {"davinci-crd.requestedVersion": version}}


def details(container: Container, sent: Json) -> dict[str, Json]:
    """Return the details of the coverage information by their codes, each as url to value."""
    reply = json.loads(container.order_sign.answer(body(sent)).body)
    (ours,) = [one for one in reply["systemActions"][0]["resource"]["extension"] if one["url"] == EXTENSION]
    found = {}
    for one in ours["extension"]:
        if one["url"] == "detail":
            parts = {
                part["url"]: next(v for k, v in part.items() if k.startswith("value")) for part in one["extension"]
            }
            found[parts["code"]["coding"][0]["code"]] = parts
    return found


@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_an_authorization_tells_period_and_quantity(approving: Container, version: str) -> None:
    found = details(approving, met(version, 70))
    assert found["allowed-period"]["value"] == {"start": "2026-11-25", "end": "2027-05-24"}
    allowed = found["allowed-quantity"]
    assert allowed["value"] == {"value": 1890, "unit": "billing units of J9353 (5 mg each)"}
    assert allowed["qualification"] == "9 doses of 1050 mg, by a weight of 70 kg"
    assert ("category" in allowed) == (version == "2.2")
    system = allowed["code"]["coding"][0]["system"]
    assert system.endswith("crd-coverage-detail" if version == "2.2" else "CodeSystem/temp")


@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_without_a_weight_no_quantity_is_told(approving: Container, version: str) -> None:
    assert list(details(approving, met(version, None))) == ["allowed-period"]


def test_the_quantity_of_an_authorization_stays_when_the_weight_changes(approving: Container) -> None:
    first = details(approving, met("2.0", 70))["allowed-quantity"]
    assert details(approving, met("2.0", 60))["allowed-quantity"] == first
    assert details(approving, met("2.0", None))["allowed-quantity"] == first


# ---- the report ----


def test_the_determination_tells_the_dose_and_the_ruling_does_not_change(approving: Container) -> None:
    client = create_app(approving).test_client()
    pages = []
    for mg in (1050, 800, 1400):
        reply = client.post(URL, data=body(call(dosed(amount(mg)))), content_type="application/json")
        (ours,) = [
            one
            for one in json.loads(reply.data)["systemActions"][0]["resource"]["extension"]
            if one["url"] == EXTENSION
        ]
        name = next(one["valueString"] for one in ours["extension"] if one["url"] == "coverage-assertion-id")
        pages.append(client.get(f"/determinations/{name}").get_json())
    assert [one["dosing"]["verdict"] for one in pages] == ["within", "below", "above"]
    assert [one["ruling"] for one in pages] == ["unknown"] * 3
    assert all(one["criteria"] == pages[0]["criteria"] for one in pages)
    dosing = pages[1]["dosing"]
    assert dosing["note"].startswith("The dose is below the policy's. Ordered: 800 mg.")
    assert (dosing["weight_kg"], dosing["policy"]) == ("70", "15 mg/kg every 21 days")
    assert [one["reference"] for one in dosing["evidence"]] == ["Observation/w1"]
    assert dosing["quantity"] == {
        "start": "2026-06-01",
        "end": "2026-11-30",
        "doses": 9,
        "vials": 45,
        "units": 1890,
        "unit": "billing units of J9353 (5 mg each)",
        "words": "9 doses of 1050 mg, by a weight of 70 kg",
    }


def test_an_order_without_a_policy_has_no_dosing(approving: Container) -> None:
    sent = call(medication_request({"system": RXNORM, "code": "723", "display": "amoxicillin"}))
    client = create_app(approving).test_client()
    reply = json.loads(client.post(URL, data=body(sent), content_type="application/json").data)
    (ours,) = [one for one in reply["systemActions"][0]["resource"]["extension"] if one["url"] == EXTENSION]
    name = next(one["valueString"] for one in ours["extension"] if one["url"] == "coverage-assertion-id")
    assert client.get(f"/determinations/{name}").get_json()["dosing"] is None


ABOVE = MET.with_name("20-margetuximab-dose-above.json")


@pytest.mark.parametrize(
    ("mg", "state"), [(1065, "satisfied"), (1171.5, "satisfied"), (1172, "auth-needed"), (1400, "auth-needed")]
)
def test_a_dose_above_the_policys_is_for_a_person_to_look_at(approving: Container, mg: float, state: str) -> None:
    sent: Json = json.loads(ABOVE.read_text(encoding="utf-8"))
    order = sent["context"]["draftOrders"]["entry"][0]["resource"]
    order["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = mg
    reply = json.loads(approving.order_sign.answer(body(sent)).body)
    (ours,) = [one for one in reply["systemActions"][0]["resource"]["extension"] if one["url"] == EXTENSION]
    assert next(one["valueCode"] for one in ours["extension"] if one["url"] == "pa-needed") == state
