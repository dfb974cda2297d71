"""Answers through the real application: system actions, cards, coverage rules, several orders."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.app.settings import OrdersWithoutPolicy, PayerSettings, Settings
from cds_service.application import create_app
from fhir_mappings.coverage.coverage_information import EXTENSION
from hooks.protocol.payer import Delivery
from policies.model.determination import Covered
from tests.service.calls import (
    AMOXICILLIN,
    MARGETUXIMAB,
    body,
    coverage,
    medication_request,
    order_sign,
    searchset,
    unexplained,
)
from tests.world import compose, store

URL = "/cds-services/order-sign-crd"
CRD = {"extension": {"davinci-crd.configuration": {}}}
Json = dict[str, Any]
WHOSE = {"reference": "Patient/p1"}


def answered(client: FlaskClient, call: Json, status: int = 200) -> Json:
    reply = client.post(URL, data=body(call), content_type="application/json")
    assert reply.status_code == status, reply.text
    return dict(json.loads(reply.data))


def information(action: Json) -> dict[str, list[Any]]:
    """Return the parts of the one coverage information on an order, by name."""
    ours = [one for one in action["resource"]["extension"] if one["url"] == EXTENSION]
    assert len(ours) == 1
    found: dict[str, list[Any]] = {}
    for part in ours[0]["extension"]:
        value = next(value for name, value in part.items() if name.startswith("value"))
        found.setdefault(part["url"], []).append(value)
    return found


def with_coverage(*coverages: Json) -> Json:
    return order_sign(prefetch={"patient": {"resourceType": "Patient", "id": "p1"}, "coverage": searchset(*coverages)})


@pytest.mark.requirement("hooks.28", "hooks.75", "crd20.action", "crd20.ci-assertion-id", "crd22.conf-13")
@pytest.mark.requirement("crd22.resp-14", "crd22.resp-48", "crd22.resp-38", "crd22.resp-42", "crd22.hook-16")
@pytest.mark.requirement("crd22.resp-26", "crd22.resp-28", "crd20.primary", "crd22.found-24", "crd20.prefetch")
@pytest.mark.certification("cert.3.6.10", "cert.3.6.11")
def test_an_open_order_gets_the_row_of_unknown(client: FlaskClient) -> None:
    (action,) = answered(client, order_sign())["systemActions"]
    told = information(action)
    assert (action["type"], bool(action["description"]), "resourceId" in action) == ("update", True, False)
    assert told["coverage"] == [{"reference": "Coverage/cov1"}]
    assert (told["covered"], told["pa-needed"]) == (["covered"], ["auth-needed"])
    assert (told["doc-needed"], told["doc-purpose"]) == (["clinical"], ["withpa"])
    assert told["questionnaire"] == ["https://cds.example.org/fhir/Questionnaire/margetuximab-initial|2026-05-06"]
    assert told["billingCode"][0]["code"] == "J9353"
    assert told["date"] == ["2026-11-25"]
    assert "8 points" in told["reason"][0]["text"]
    assert len(told["coverage-assertion-id"]) == 1
    assert "info-needed" not in told


@pytest.mark.requirement("crd20.orders", "crd22.resp-29")
def test_every_order_of_a_call_is_answered(client: FlaskClient) -> None:
    device = {"resourceType": "DeviceRequest", "id": "d1", "status": "draft", "subject": {"reference": "Patient/p1"}}
    call = order_sign(medication_request(MARGETUXIMAB), medication_request(AMOXICILLIN, "mr2"), device)
    actions = answered(client, call)["systemActions"]
    assert [action["resource"]["id"] for action in actions] == ["mr1", "mr2", "d1"]


@pytest.mark.requirement("crd20.orders", "crd20.ci-q3")
@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("NutritionOrder", {"status": "draft", "patient": WHOSE}),
        ("VisionPrescription", {"status": "draft", "patient": WHOSE}),
        ("CommunicationRequest", {"status": "draft"}),
        ("DeviceRequest", {"subject": WHOSE}),
    ],
)
def test_an_order_of_a_type_that_is_not_ours_has_no_policy(client: FlaskClient, name: str, members: Json) -> None:
    """Each has just what FHIR requires of its type of status and patient."""
    reply = answered(client, order_sign({"resourceType": name, "id": "x1"} | members))
    told = information(reply["systemActions"][0])
    assert (told["covered"], told["pa-needed"], told["info-needed"]) == (["conditional"], ["conditional"], ["OTH"])
    assert reply["cards"] == []


@pytest.mark.requirement("crd22.found-13")
def test_an_order_without_a_policy_is_told_so_and_gets_no_card(client: FlaskClient) -> None:
    reply = answered(client, order_sign(medication_request(AMOXICILLIN)))
    told = information(reply["systemActions"][0])
    assert told["reason"] == [{"text": Settings().orders_without_policy.reason}]
    assert reply["cards"] == []


def test_a_service_request_for_imaging_is_no_drug_order(client: FlaskClient) -> None:
    order = {"resourceType": "ServiceRequest", "id": "s1", "status": "draft", "subject": WHOSE}
    order |= {"code": {"text": "MRI of the brain"}}
    told = information(answered(client, order_sign(order))["systemActions"][0])
    assert "detail-code" not in json.dumps(told)


@pytest.mark.requirement("crd22.found-10")
def test_a_service_request_by_billing_code_is_judged(client: FlaskClient) -> None:
    coding = {"system": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "j9353"}
    order = {"resourceType": "ServiceRequest", "id": "s1", "status": "draft", "subject": WHOSE}
    order |= {"code": {"coding": [coding]}}
    told = information(answered(client, order_sign(order | {"authoredOn": "2026-06-01"}))["systemActions"][0])
    assert told["pa-needed"] == ["auth-needed"]


@pytest.mark.parametrize(
    "concept",
    [
        {"text": "Margenza 250 mg"},
        {"text": "something"},
        {"coding": [{"system": "urn:oid:1.2.3", "code": "M-17", "display": "MARGENZA INJ"}]},
        {"coding": [{"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J9999"}]},
        {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "0", "display": "Margenza"}]},
        {
            "coding": [
                {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "2473851", "display": "Elrexfio"}
            ]
        },
        {},
    ],
    ids=["brand as text", "any text", "local code", "unclassified", "unknown code", "code against display", "nothing"],
)
def test_a_product_that_no_code_names_is_asked_back(client: FlaskClient, concept: Json) -> None:
    order = medication_request(MARGETUXIMAB) | {"medicationCodeableConcept": concept}
    reply = answered(client, order_sign(order))
    told = information(reply["systemActions"][0])
    assert (told["covered"], told["pa-needed"], told["info-needed"]) == (["conditional"], ["conditional"], ["OTH"])
    assert told["reason"][0]["coding"][0]["code"] == "detail-code"
    assert "doc-needed" not in told
    assert len(reply["cards"]) == 1


@pytest.mark.parametrize(("day", "judged"), [("2026-05-05", False), ("2026-05-06", True)])
def test_the_policy_in_force_on_the_orders_date_judges(client: FlaskClient, day: str, judged: bool) -> None:
    reply = answered(client, order_sign(medication_request(MARGETUXIMAB, authoredOn=day)))
    told = information(reply["systemActions"][0])
    assert ("questionnaire" in told) is judged
    if not judged:
        assert day in told["reason"][0]["text"]
        assert "2026-05-06" in told["reason"][0]["text"]
        assert day in reply["cards"][0]["summary"]


def test_a_future_date_of_an_order_counts_as_today_and_is_noted(client: FlaskClient) -> None:
    reply = answered(client, order_sign(medication_request(MARGETUXIMAB, authoredOn="2027-01-01")))
    assert "2027-01-01" in reply["cards"][0]["detail"]


@pytest.mark.parametrize("day", [None, "2026", "soon"])
def test_an_order_whose_date_cannot_be_used_is_judged_as_of_today(client: FlaskClient, day: str | None) -> None:
    reply = answered(client, order_sign(medication_request(MARGETUXIMAB, authoredOn=day)))
    assert "questionnaire" in information(reply["systemActions"][0])


@pytest.mark.requirement("hooks.77", "crd20.actions-list", "crd22.found-13")
def test_nothing_is_determined_of_what_is_not_to_be_done(client: FlaskClient) -> None:
    order = medication_request(MARGETUXIMAB, doNotPerform=True)
    assert unexplained(answered(client, order_sign(order))) == {"cards": [], "systemActions": []}


def test_of_a_deceased_patient_nothing_is_asked(client: FlaskClient) -> None:
    call = order_sign()
    call["prefetch"]["patient"]["deceasedDateTime"] = "2026-03-01"
    reply = answered(client, call)
    told = information(reply["systemActions"][0])
    assert (told["covered"], told["pa-needed"]) == (["covered"], ["auth-needed"])
    assert not {"doc-needed", "questionnaire", "satisfied-pa-id"} & told.keys()
    assert "deceased" in reply["cards"][0]["summary"]


@pytest.mark.requirement("crd22.conf-4", "crd20.ci-q2")
@pytest.mark.parametrize(
    ("period", "status", "covered"),
    [
        ({"end": "2026-11-24"}, "active", "not-covered"),
        ({"end": "2026-11-25"}, "active", "covered"),
        ({"start": "2026-11-26"}, "active", "not-covered"),
        ({"start": "2026-11-25"}, "active", "covered"),
        ({}, "cancelled", "not-covered"),
    ],
    ids=["ended the day before", "ends on the day", "begins the day after", "begins on the day", "cancelled"],
)
def test_a_coverage_that_does_not_run_on_the_day_of_the_call_covers_nothing(
    client: FlaskClient, period: Json, status: str, covered: str
) -> None:
    reply = answered(client, with_coverage(coverage(period=period, status=status)))
    told = information(reply["systemActions"][0])
    assert told["covered"] == [covered]
    assert ("pa-needed" in told) is (covered == "covered")
    assert told["reason"][0]["text"]


MISSING = {
    "none": (),
    "several": (coverage("c1"), coverage("c2")),
    "foreign": (coverage(value="OTHER"),),
    "entered in error": (coverage(status="entered-in-error"),),
    "of somebody else": (coverage(beneficiary={"reference": "Patient/p2"}),),
}


@pytest.mark.requirement("crd22.hook-13", "crd22.found-32")
@pytest.mark.parametrize("coverages", MISSING.values(), ids=MISSING.keys())
def test_without_the_one_coverage_a_crd_client_is_refused(client: FlaskClient, coverages: tuple[Json, ...]) -> None:
    outcome = answered(client, with_coverage(*coverages) | CRD, 400)
    assert outcome["issue"][0]["expression"] == ["prefetch.coverage"]


@pytest.mark.requirement("hooks.104", "hooks.94")
@pytest.mark.parametrize("coverages", MISSING.values(), ids=MISSING.keys())
def test_without_the_one_coverage_any_other_client_gets_a_card(
    client: FlaskClient, coverages: tuple[Json, ...]
) -> None:
    reply = answered(client, with_coverage(*coverages))
    assert reply["systemActions"] == []
    assert len(reply["cards"]) == 1
    assert "MMM" in reply["cards"][0]["summary"]


@pytest.mark.requirement("hooks.54", "crd20.status-412", "crd22.found-32")
def test_a_coverage_that_was_never_sent_is_missing_data(client: FlaskClient) -> None:
    assert answered(client, order_sign(prefetch={}) | CRD, 412)["issue"][0]["code"] == "required"
    assert answered(client, order_sign(prefetch={"coverage": None}) | CRD, 400)


@pytest.mark.requirement("crd22.found-13", "hooks.77")
def test_no_card_is_wasted_on_a_missing_coverage_where_no_policy_is_concerned(client: FlaskClient) -> None:
    call = order_sign(medication_request(AMOXICILLIN), prefetch={})
    assert unexplained(answered(client, call)) == {"cards": [], "systemActions": []}


@pytest.mark.requirement("crd22.found-15")
def test_another_payers_coverage_beside_ours_does_no_harm(client: FlaskClient) -> None:
    reply = answered(client, with_coverage(coverage("other", value="OTHER"), coverage("cov1")))
    assert information(reply["systemActions"][0])["coverage"] == [{"reference": "Coverage/cov1"}]


def payor_of(shape: str) -> tuple[Json, ...]:
    organization = {
        "resourceType": "Organization",
        "id": "mmm",
        "identifier": [{"system": "https://payer.example.org/identifier", "value": "MMM"}],
    }
    references = {
        "contained": "#mmm",
        "relative": "Organization/mmm",
        "absolute": "https://ehr.example.org/fhir/Organization/mmm",
    }
    own = coverage(payor=[{"reference": references[shape]}])
    return (own | {"contained": [organization]},) if shape == "contained" else (own, organization)


@pytest.mark.idea("crd-idea-70")
@pytest.mark.parametrize("shape", ["contained", "relative", "absolute"])
def test_the_payor_is_found_however_it_is_referred_to(client: FlaskClient, shape: str) -> None:
    assert answered(client, with_coverage(*payor_of(shape)))["systemActions"]


@pytest.mark.idea("crd-idea-57")
@pytest.mark.requirement("crd22.resp-12", "crd22.resp-25")
def test_a_crd_client_gets_actions_and_no_card_that_repeats_them(client: FlaskClient) -> None:
    reply = answered(client, order_sign() | CRD)
    assert (about_coverage(reply), len(reply["systemActions"])) == ([], 1)


@pytest.mark.parametrize(
    ("delivery", "cards", "actions"), [("crd", 0, 1), ("cards", 1, 0), ("both", 1, 1), ("auto", 1, 1)]
)
def test_the_form_of_the_answer_can_be_set(container: Container, delivery: str, cards: int, actions: int) -> None:
    settings = Settings(default_delivery=Delivery(delivery))
    app = create_app(compose(settings, container.catalogue, container.today(), store()))
    reply = answered(app.test_client(), order_sign())
    assert (len(about_coverage(reply)), len(reply["systemActions"])) == (cards, actions)
    beside = ["contraindication", *([] if cards else ["guideline"])]
    assert [card["source"]["topic"]["code"] for card in reply["cards"][cards:]] == beside


def about_coverage(reply: Json) -> list[Json]:
    return [card for card in reply["cards"] if card["source"]["topic"]["code"] == "coverage-info"]


def test_the_operators_words_are_told_of_an_order_without_a_policy(container: Container) -> None:
    settings = Settings(orders_without_policy=OrdersWithoutPolicy(Covered.NOT_COVERED, reason="Ask us."))
    app = create_app(compose(settings, container.catalogue, container.today(), store()))
    told = information(answered(app.test_client(), order_sign(medication_request(AMOXICILLIN)))["systemActions"][0])
    assert (told["covered"], told["reason"]) == (["not-covered"], [{"text": "Ask us."}])
    assert "pa-needed" not in told


@pytest.mark.requirement("crd20.ci-contact")
def test_a_contact_is_told_where_one_is_set(container: Container) -> None:
    settings = Settings(payer=PayerSettings(contact="tel:+1-555-0100"))
    app = create_app(compose(settings, container.catalogue, container.today(), store()))
    told = information(answered(app.test_client(), order_sign())["systemActions"][0])
    assert told["contact"] == [{"system": "phone", "value": "+1-555-0100"}]
