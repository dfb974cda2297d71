"""Orders: which drug each is for, by which date it is judged, and what becomes of it."""

from datetime import date

import msgspec
import pytest
from fhir_charts import (
    BREAST,
    HCPCS,
    MYELOMA,
    ON,
    RXNORM,
    Json,
    chart_of,
    concept,
    drug_code,
    judged,
    order_of,
    policies,
    truths,
)

from fhir_mappings.judgement.judge import Judge, Judgement, Outcome
from fhir_mappings.ordered_products.product import Naming
from fhir_mappings.orders.orders import Order, as_of
from fhir_mappings.r4.resources import Resource
from policies.model.findings import Evidence, Finding, Origin

TODAY = date(2026, 11, 24)


def order(**members: object) -> Order:
    raw = msgspec.json.encode({"resourceType": "MedicationRequest", "id": "o", "authoredOn": ON} | members)
    return Order(msgspec.json.decode(raw, type=Resource), msgspec.Raw(raw))


def judge(
    *orders: Order, values: list[Json] | None = None, answers: dict[str, Finding] | None = None
) -> list[Judgement]:
    return list(Judge(policies()).judge(orders, chart_of(*(values or [])), TODAY, answers or {}))


def outcome(**members: object) -> Outcome:
    return judge(order(**members))[0].outcome


@pytest.mark.requirement("crd22.found-10", "crd22.conf-4")
@pytest.mark.parametrize(
    "coding",
    [
        concept("J9353", HCPCS),
        concept("j9353", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
        concept("2473851", RXNORM),
        concept("x", "urn:local", also=[{"system": HCPCS, "code": "J9353"}]),
        concept("J9999", HCPCS, also=[{"system": HCPCS, "code": "J9353"}]),
    ],
)
def test_any_coding_of_the_product_names_it(coding: Json) -> None:
    found = judge(order(medicationCodeableConcept=coding))[0]
    assert (found.outcome, found.product.naming) == (Outcome.JUDGED, Naming.DRUG)
    assert found.policy is not None
    assert found.policy.id == BREAST


def test_a_service_request_names_its_product_by_its_code() -> None:
    assert outcome(resourceType="ServiceRequest", code=concept("J1323", HCPCS)) is Outcome.JUDGED


@pytest.mark.parametrize("where", ["contained", "bundled"])
def test_the_product_may_stand_in_a_medication(where: str) -> None:
    medication = {"resourceType": "Medication", "id": "m", "code": drug_code(BREAST)}
    inside = {"contained": [medication]} if where == "contained" else {}
    reference = {"reference": "#m" if where == "contained" else "Medication/m"}
    found = judge(order(medicationReference=reference, **inside), values=[medication] if where == "bundled" else [])
    assert found[0].outcome is Outcome.JUDGED


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"medicationCodeableConcept": {"text": "Margenza"}},
        {"medicationCodeableConcept": concept("J9999", HCPCS, text="margetuximab")},
        {"medicationCodeableConcept": concept("x", "urn:local")},
        {"medicationCodeableConcept": concept("999999", RXNORM, display="margetuximab")},
        {"medicationCodeableConcept": concept("J9353", HCPCS, also=[{"system": HCPCS, "code": "J1323"}])},
        {"medicationReference": {"reference": "Medication/gone", "display": "Margenza"}},
        {"medicationReference": {"reference": "Medication/gone"}},
        {"resourceType": "ServiceRequest", "code": concept("J3490", HCPCS)},
        {"resourceType": "ServiceRequest", "code": {"text": "Elrexfio"}},
    ],
)
def test_a_product_without_a_code_of_its_own_is_asked_back(members: Json) -> None:
    assert outcome(**members) is Outcome.UNSPECIFIC


def test_a_reference_that_leads_to_no_medication_names_nothing() -> None:
    organization = {"resourceType": "Organization", "id": "m"}
    found = judge(order(medicationReference={"reference": "Organization/m"}), values=[organization])
    assert found[0].outcome is Outcome.UNSPECIFIC


@pytest.mark.parametrize(
    "members",
    [
        {"medicationCodeableConcept": concept("999999", RXNORM, display="aspirin")},
        {"medicationCodeableConcept": drug_code("trastuzumab")},
        {"resourceType": "ServiceRequest", "code": {"text": "CT of the chest"}},
        {"resourceType": "DeviceRequest"},
    ],
)
def test_another_product_has_no_policy(members: Json) -> None:
    assert outcome(**members) is Outcome.NO_POLICY


def test_an_order_of_another_type_is_no_drug() -> None:
    assert judge(order(resourceType="NutritionOrder"))[0].product.naming is Naming.NOT_A_DRUG


@pytest.mark.parametrize("drug", [BREAST, MYELOMA])
def test_an_order_not_to_perform_is_not_judged(drug: str) -> None:
    found = judge(order(medicationCodeableConcept=drug_code(drug), doNotPerform=True))[0]
    assert (found.outcome, found.ruling) == (Outcome.NOT_TO_PERFORM, None)


@pytest.mark.parametrize(
    ("drug", "day", "result"),
    [
        (BREAST, "2026-05-05", Outcome.NO_POLICY_YET),
        (BREAST, "2026-05-06", Outcome.JUDGED),
        (MYELOMA, "2025-12-10", Outcome.NO_POLICY_YET),
        (MYELOMA, "2025-12-11", Outcome.JUDGED),
    ],
)
def test_the_policy_in_force_on_the_date_of_the_order_judges(drug: str, day: str, result: Outcome) -> None:
    found = judged(drug=drug, on=day)
    assert found.outcome is result
    assert (found.first_version is not None) is (result is Outcome.NO_POLICY_YET)


@pytest.mark.requirement("crd22.resp-51")
@pytest.mark.parametrize(
    ("written", "day", "future", "unread"),
    [
        (None, TODAY, "", ""),
        ("2026-10-01", date(2026, 10, 1), "", ""),
        ("2026-10-01T23:00:00-04:00", date(2026, 10, 1), "", ""),
        (ON, TODAY, "", ""),
        ("2026-11-25", TODAY, "2026-11-25", ""),
        ("2026-10", TODAY, "", "2026-10"),
        ("soon", TODAY, "", "soon"),
    ],
)
def test_an_order_is_judged_by_its_own_date_else_by_today(
    written: str | None, day: date, future: str, unread: str
) -> None:
    found = as_of(order_of(on=written), TODAY)
    assert (found.day, found.future, found.unread) == (day, future, unread)


def test_each_order_of_a_call_is_judged_by_itself() -> None:
    found = judge(order_of(BREAST), order_of(MYELOMA), order_of("capecitabine"))
    assert [one.outcome for one in found] == [Outcome.JUDGED, Outcome.JUDGED, Outcome.NO_POLICY]
    assert truths(found[0])["combination-chemotherapy"] == "met"
    assert found[0].order.reference.startswith("MedicationRequest/")


def test_an_order_is_no_partner_of_itself_and_no_earlier_therapy() -> None:
    found = judge(order_of(BREAST))[0]
    assert truths(found)["combination-chemotherapy"] == "unknown"
    assert found.request is not None
    assert found.request.value == "initial"


def test_an_answer_stands_in_the_place_of_what_the_chart_says() -> None:
    said = Finding.known("3+", (Evidence("QuestionnaireResponse/1", "answered"),), origin=Origin.ANSWER)
    found = judge(order_of(BREAST), answers={"her2_ihc_score": said, "ecog": said})[0]
    assert truths(found)["her2-positive"] == "met"
    assert "ecog" not in found.findings
