"""Cards beside the coverage: warnings once an authorization, the test that would settle a criterion, trials."""

import json
from datetime import date
from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest
from sqlalchemy import Engine, text

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from hooks.cards.response_types import CARD_TYPES
from hooks.protocol.configuration import OPTIONS, OWN_TOPICS
from hooks.protocol.payer import Delivery
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.service.calls import MARGETUXIMAB, body, medication_request, observation, order_sign, searchset
from tests.world import compose

Json = dict[str, Any]
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
ELRANATAMAB = {"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J1323"}
SAFETY, REFLEX, TRIAL, COVERAGE = "contraindication", "clinical-reminder", "trial-results", "coverage-info"
ISH = "85318-4"


@pytest.fixture
def service(policies_on_file: Catalogue, engine: Engine) -> Container:
    return on(TODAY, policies_on_file, engine)


def on(day: date, policies: Catalogue, engine: Engine, **settings: Any) -> Container:
    return compose(Settings(base_url="https://cds.example.org", **settings), policies, day, engine)


def percent(value: float) -> Json:
    return {"value": value, "unit": "%"}


def call(*chart: Json, drug: Json = MARGETUXIMAB, wants: Any = None, patient: Json | None = None) -> Json:
    order = medication_request(drug, encounter={"reference": "Encounter/e1"})
    made = order_sign(order) if wants is None else order_sign(order, extension={"davinci-crd.configuration": wants})
    made["prefetch"]["patient"] |= patient or {}
    made["prefetch"]["more"] = searchset(*chart)
    return made


def cards(service: Container, sent: Json) -> dict[str, Json]:
    """Return the cards of a reply by their topic."""
    found = json.loads(service.order_sign.answer(body(sent)).body)["cards"]
    by_topic = {one["source"]["topic"]["code"]: one for one in found}
    assert len(by_topic) == len(found)
    return by_topic


IHC_2 = observation("ihc", "85319-2", valueString="2+")


def ish(word: str, code: str) -> Json:
    coding = [{"system": SNOMED, "code": code, "display": word}]
    return observation("ish", ISH, valueCodeableConcept={"coding": coding})


# ---- Warnings ----


def test_the_boxed_warnings_come_with_what_the_chart_holds(service: Container) -> None:
    chart = (
        observation("old", "10230-1", valueQuantity=percent(61), effectiveDateTime="2026-01-01"),
        observation("new", "8806-2", valueQuantity=percent(52), effectiveDateTime="2026-05-01"),
        observation(
            "draft", "10230-1", valueQuantity=percent(11), effectiveDateTime="2026-05-09", status="preliminary"
        ),
        observation("later", "10230-1", valueQuantity=percent(12), effectiveDateTime="2027-05-09"),
        observation("empty", "10230-1", effectiveDateTime="2026-05-10"),
    )
    card = cards(service, call(*chart, patient={"gender": "female", "birthDate": "1980-05-01"}))[SAFETY]
    assert card["summary"] == "Warnings on Margetuximab-cmkb: left ventricular dysfunction, harm to an unborn child"
    assert card["detail"].splitlines()[2:] == [
        "- Boxed warning: Left ventricular dysfunction: the drug may lower the ejection fraction.",
        "  - Left ventricular ejection fraction, last on file: 52 %, 2026-05-01 (LOINC 8806-2, Observation/new)",
        "- Boxed warning: Harm to an unborn child: effective contraception is advised.",
        "  - Pregnancy status: nothing on file",
        "",
        "None of this is a criterion of coverage.",
    ]
    assert card["indicator"] == "warning"
    assert {"suggestions", "links"}.isdisjoint(card)
    assert [one["code"] for one in card["overrideReasons"]] == ["considered", "not-applicable"]
    assert all(one["display"] and one["system"] for one in card["overrideReasons"])


def test_elranatamab_names_its_program(service: Container) -> None:
    card = cards(service, call(drug=ELRANATAMAB))[SAFETY]
    assert "REMS" in card["summary"]
    assert "ICANS" in card["detail"]
    assert "on file" not in card["detail"]


@pytest.mark.parametrize(
    ("patient", "told"),
    [
        ({"gender": "female", "birthDate": "1966-06-02"}, True),
        ({"gender": "female", "birthDate": "1966-06-01"}, False),
        ({"gender": "female", "birthDate": "1966"}, True),
        ({"gender": "female", "birthDate": "1965"}, False),
        ({"gender": "female", "birthDate": "no date"}, True),
        ({"gender": "male", "birthDate": "1980-01-01"}, False),
        ({"birthDate": "1980-01-01"}, True),
        ({}, True),
    ],
)
def test_a_pregnancy_status_is_told_where_it_matters(service: Container, patient: Json, told: bool) -> None:
    """The order is of 2026-06-01; the policy tells it for women below 60."""
    pregnant = {"coding": [{"system": SNOMED, "code": "77386006", "display": "Pregnant"}]}
    detail = cards(service, call(observation("p", "82810-3", valueCodeableConcept=pregnant), patient=patient))[SAFETY][
        "detail"
    ]
    assert ("Pregnancy status, last on file: Pregnant, 2026-05-01" in detail) is told
    assert "effective contraception" in detail


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"valueInteger": 55}, "55,"),
        ({"valueString": "45 % <b>*see* [it](http://x)</b>"}, "45 % \\<b\\>\\*see\\* \\[it\\](http : //x)\\</b\\>,"),
        ({"valueString": "x" * 500}, "x" * 60 + ","),
        ({"valueRange": {"low": percent(45), "high": percent(50)}}, "45 % - 50 %,"),
        ({"valueQuantity": {"value": 30, "comparator": "<", "code": "%"}}, "\\<30 %,"),
        ({"valueCodeableConcept": {"text": "normal"}}, "normal,"),
    ],
)  # fmt: skip
def test_a_value_of_any_form_is_shown_as_text(service: Container, value: Json, shown: str) -> None:
    detail = cards(service, call(observation("lv", "10230-1", **value)))[SAFETY]["detail"]
    assert f"last on file: {shown} 2026-05-01" in detail


def test_warnings_are_shown_once_a_patient_drug_and_authorization(service: Container) -> None:
    assert SAFETY in cards(service, call())
    assert SAFETY not in cards(service, call())
    assert SAFETY not in cards(service, call(IHC_2))
    assert SAFETY in cards(service, call(drug=ELRANATAMAB))
    assert SAFETY not in cards(service, call(drug=ELRANATAMAB))
    other = json.loads(json.dumps(call()).replace("p1", "p2"))
    assert SAFETY in cards(service, other)
    assert SAFETY in cards(service, call() | {"fhirServer": "https://other.example.org/fhir"})


def test_a_continuation_brings_no_warnings_again(service: Container) -> None:
    """Boxed warnings come with a first request only: whoever goes on with a drug has read them."""
    dose = {
        "resourceType": "MedicationAdministration",
        "id": "d1",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"coding": [MARGETUXIMAB]},
        "effectiveDateTime": "2026-04-20",
    }
    assert SAFETY in cards(service, call())
    assert SAFETY not in cards(service, call(dose))


@pytest.mark.parametrize(("day", "again"), [(date(2027, 5, 24), False), (date(2027, 5, 25), True)])
def test_warnings_come_again_when_an_authorization_would_have_run_out(
    policies_on_file: Catalogue, engine: Engine, day: date, again: bool
) -> None:
    """First shown on 2026-11-25; six months last through 2027-05-24."""
    assert SAFETY in cards(on(TODAY, policies_on_file, engine), call())
    assert (SAFETY in cards(on(day, policies_on_file, engine), call())) is again


def test_one_card_for_several_orders_of_a_drug(service: Container) -> None:
    sent = order_sign(medication_request(MARGETUXIMAB), medication_request(MARGETUXIMAB, "mr2"))
    topics = [one["source"]["topic"]["code"] for one in json.loads(service.order_sign.answer(body(sent)).body)["cards"]]
    assert topics == [COVERAGE, COVERAGE, SAFETY]


def test_without_a_store_the_warnings_are_shown_each_time(service: Container, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE shown_cards"))
    for _ in range(2):
        found = cards(service, call())
        assert "technical" in found[COVERAGE]["summary"]
        assert SAFETY in found


def test_a_deceased_patient_needs_no_warning(service: Container) -> None:
    assert cards(service, call(IHC_2, patient={"deceasedBoolean": True})).keys() == {COVERAGE}


def test_warnings_never_change_what_is_told_of_coverage(service: Container) -> None:
    """The key of the results came both times: the chart is as complete in the one call as in the other."""
    low = observation("lv", "10230-1", valueQuantity=percent(20))
    told = []
    for chart in ((), (low,)):
        sent = call()
        sent["prefetch"]["observations"] = searchset(*chart)
        told.append(json.loads(service.order_sign.answer(body(sent)).body)["systemActions"])
    assert told[0] == told[1]


# ---- The test that would settle a criterion ----


def test_an_equivocal_score_offers_the_reflex_test_as_a_draft_order(service: Container) -> None:
    card = cards(service, call(IHC_2))[REFLEX]
    assert card["summary"] == (
        "HER2 score by immunohistochemistry (IHC) is 2+; HER2 result by in situ hybridization (ISH) is open. "
        "Order the test?"
    )
    assert "(HER2 IHC 2+; 2026-05-01; Observation/ihc). Equivocal: ISH decides" in card["detail"]
    (suggestion,) = card["suggestions"]
    assert len(suggestion["uuid"]) == 36
    assert card["selectionBehavior"] == "at-most-one"
    (action,) = suggestion["actions"]
    assert (action["type"], bool(action["description"])) == ("create", True)
    ServiceRequest.model_validate(action["resource"])
    display = "ERBB2 gene duplication [Presence] in Breast cancer specimen by FISH"
    test = {"system": LOINC, "code": ISH, "display": display}
    assert action["resource"] == {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "original-order",
        "code": {"coding": [test]},
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
        "requester": {"reference": "Practitioner/dr1"},
        "insurance": [{"reference": "Coverage/cov1"}],
        "authoredOn": "2026-11-25",
        "reasonReference": [{"reference": "Observation/ihc"}],
    }
    assert [one["code"] for one in card["overrideReasons"]] == ["done-elsewhere", "not-applicable"]


def test_the_reflex_test_is_offered_until_it_is_there(service: Container) -> None:
    assert REFLEX in cards(service, call(IHC_2))
    assert REFLEX in cards(service, call(IHC_2))


@pytest.mark.parametrize(
    "chart",
    [
        (),
        (observation("ihc", "85319-2", valueString="3+"),),
        (observation("ihc", "85319-2", valueString="1+"),),
        (IHC_2, ish("Positive", "10828004")),
        (IHC_2, ish("Negative", "260385009")),
        (IHC_2, ish("Equivocal", "42425007")),
        (IHC_2, observation("ihc2", "85319-2", valueString="3+")),
    ],
)
def test_no_test_is_offered_where_it_would_settle_nothing(service: Container, chart: tuple[Json, ...]) -> None:
    assert REFLEX not in cards(service, call(*chart))


def test_a_test_that_is_drafted_already_is_not_offered(service: Container) -> None:
    drafted = {
        "resourceType": "ServiceRequest",
        "id": "sr1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": LOINC, "code": ISH}]},
    }
    sent = order_sign(medication_request(MARGETUXIMAB), drafted)
    sent["prefetch"]["more"] = searchset(IHC_2)
    topics = [one["source"]["topic"]["code"] for one in json.loads(service.order_sign.answer(body(sent)).body)["cards"]]
    assert REFLEX not in topics


# ---- Results of trials ----


def test_the_result_of_a_trial_comes_only_where_it_is_asked_for(service: Container) -> None:
    assert TRIAL not in cards(service, call())
    card = cards(service, call(wants={TRIAL: True}))[TRIAL]
    assert "SOPHIA" in card["detail"]
    (link,) = card["links"]
    assert link["url"] == "https://cds.example.org/policies/margetuximab?version=2026-05-06#safety"
    assert link["type"] == "absolute"
    assert TRIAL not in cards(service, call(drug=ELRANATAMAB, wants={TRIAL: True}))


# ---- What a client asks for ----


@pytest.mark.requirement("crd22.dev-4", "crd22.dev-5", "crd22.dev-7", "crd22.dev-8", "crd22.dev-9", "crd20.options")
def test_discovery_offers_an_option_for_every_type_of_card(service: Container) -> None:
    offered = [one["extension"] for one in service.services.discovery()["services"]]
    options = offered[0]["davinci-crd.configuration-options"]
    assert all(one["davinci-crd.configuration-options"] == options for one in offered)
    assert all(one.keys() == {"code", "type", "name", "description", "default"} for one in options)
    types = {"boolean": bool, "integer": int}
    assert all(type(one["default"]) is types[one["type"]] for one in options)
    assert {one.topic for one in CARD_TYPES} | {COVERAGE, "max-cards"} <= {one["code"] for one in options}
    for unique in ("code", "name", "description"):
        assert len({one[unique] for one in options}) == len(options)
    standard = {"coverage-info", "unsolicited-determ", "insurance", "limits"}
    standard |= {"therapy-alternatives-opt", "therapy-alternatives-req"}
    standard |= {"clinical-reminder", "contraindication", "guideline"}
    assert {one["code"] for one in options} - standard == OWN_TOPICS | {"max-cards"}


@pytest.mark.parametrize("topic", [SAFETY, REFLEX, TRIAL])
def test_a_type_of_card_can_be_switched_off(service: Container, topic: str) -> None:
    every = {option.code: True for option in OPTIONS if option.type == "boolean"}
    found = cards(service, call(IHC_2, wants=every | {topic: False}))
    assert {SAFETY, REFLEX, TRIAL} - {topic} <= found.keys()
    assert topic not in found
    assert topic in cards(service, call(IHC_2, wants=every))


@pytest.mark.requirement("crd22.resp-28", "crd22.dev-14", "crd20.configuration")
def test_coverage_information_can_be_switched_off(service: Container) -> None:
    sent = call(wants={"coverage-info": False})
    reply = json.loads(service.order_sign.answer(body(sent)).body)
    assert reply["systemActions"] == []
    assert [one["source"]["topic"]["code"] for one in reply["cards"]] == [SAFETY, "guideline"]


@pytest.mark.parametrize(("most", "topics"), [(0, []), (1, [COVERAGE]), (2, [COVERAGE, SAFETY])])
def test_the_most_important_cards_come_first(
    policies_on_file: Catalogue, engine: Engine, most: int, topics: list[str]
) -> None:
    service = on(TODAY, policies_on_file, engine, default_delivery=Delivery.BOTH)
    assert list(cards(service, call(IHC_2, wants={"max-cards": most}))) == topics
    assert (SAFETY in cards(service, call())) is (SAFETY not in topics)


def test_no_order_loses_its_card_unless_a_client_asks_for_fewer(service: Container) -> None:
    orders = [medication_request(MARGETUXIMAB, f"mr{number}") for number in range(12)]
    sent = order_sign(*orders)
    topics = [one["source"]["topic"]["code"] for one in json.loads(service.order_sign.answer(body(sent)).body)["cards"]]
    assert topics == [COVERAGE] * 12 + [SAFETY]


@pytest.mark.parametrize(
    "nonsense",
    [
        [],
        "all",
        7,
        {},
        {"max-cards": -1},
        {"max-cards": "1"},
        {"max-cards": True},
        {"max-cards": 1.5},
        {"contraindication": "no"},
        {"contraindication": 0},
        {"cost": False, "nothing-such": {"a": []}},
    ],
)
def test_nonsense_in_a_configuration_is_passed_over(service: Container, nonsense: Any) -> None:
    assert cards(service, call(IHC_2, wants=nonsense)).keys() >= {SAFETY, REFLEX}


def test_the_dialect_of_a_call_is_kept(service: Container) -> None:
    sent = call(IHC_2)
    sent["extension"] = {"davinci-crd.requestedVersion": "2.2"}
    for card in cards(service, sent).values():
        assert card["source"]["topic"]["system"] == "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"
        assert card["extension"] == {"davinci-crd.associated-resource": [{"reference": "MedicationRequest/mr1"}]}
        assert len(card["summary"]) < 140


def test_what_was_shown_is_kept_with_its_day(service: Container, engine: Engine) -> None:
    cards(service, call())
    with engine.connect() as connection:
        (row,) = connection.execute(text("SELECT policy, request, topic, day FROM shown_cards")).all()
    assert row == ("margetuximab", "initial", SAFETY, str(TODAY))
