"""The kind `indication`: its examples, the order's reasons, and what leaves it open."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fhir_mappings.cases.drawn_case import chart_of, kit_of
from fhir_mappings.judgement.judge import Judge, Judgement
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4.resources import Resource
from policies import catalogue
from policies.catalogue import Catalogue
from policies.model.dates import CallDay
from policies.model.findings import Finding, Origin, State
from policies.model.truth import Truth

EXAMPLES = Path(__file__).resolve().parents[2] / "policies" / "examples"
DAY = date(2026, 12, 10)
PATIENT = {"reference": "Patient/sketched"}
CROHNS, ARTHRITIS, COLITIS = "K50.90", "M06.9", "K51.90"
NAMED = {CROHNS: "Crohn's disease", ARTHRITIS: "Rheumatoid arthritis", COLITIS: "Ulcerative colitis"}

Json = dict[str, Any]


@cache
def examples() -> Catalogue:
    return catalogue.load(EXAMPLES)


def coded(code: str) -> Json:
    return {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]}


def condition(code: str, further: Json | None = None) -> Json:
    return {
        "resourceType": "Condition",
        "id": f"c{code.replace('.', '')}",
        "subject": PATIENT,
        "code": coded(code),
        "onsetDateTime": "2024-01-10",
    } | (further or {})


def judged(
    *records: Json, answers: dict[str, str] | None = None, drug: str = "infliximab", **of_order: Any
) -> Judgement:
    """The judgement of an order for a drug with several indications; of another drug than infliximab by its code."""
    hcpcs = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
    drawn = {
        "resourceType": "MedicationRequest",
        "id": "order",
        "status": "draft",
        "intent": "order",
        "subject": PATIENT,
        "authoredOn": DAY.isoformat(),
        "medicationCodeableConcept": {"coding": [{"system": hcpcs, "code": "J1745"}]},
        **of_order,
    }
    raw = msgspec.json.encode(drawn)
    order = Order(msgspec.json.decode(raw, type=Resource), msgspec.Raw(raw))
    person = {"resourceType": "Patient", "id": "sketched", "birthDate": "1980-03-02"}
    chart = chart_of([person, *records], kit_of(examples(), drug).codes)
    answered = {name: Finding.known(value, origin=Origin.ANSWER) for name, value in (answers or {}).items()}
    return Judge(examples()).judge((order,), chart, CallDay(DAY), answered)[0]


def chosen(judgement: Judgement) -> str:
    """What is chosen; or in brackets what leaves it open."""
    found = judgement.findings["indication"]
    return str(found.value) if found.state is State.KNOWN else f"({found.state.value})"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((), "(unknown)"),
        ((CROHNS,), "Crohn's disease"),
        ((ARTHRITIS,), "Rheumatoid arthritis"),
        ((CROHNS, ARTHRITIS), "(unknown)"),
        ((COLITIS,), "(unknown)"),
        ((CROHNS, COLITIS), "(unknown)"),
    ],
)
def test_one_diagnosis_alone_chooses(codes: tuple[str, ...], expected: str) -> None:
    assert chosen(judged(*map(condition, codes))) == expected


@pytest.mark.parametrize(
    ("codes", "reason", "expected"),
    [
        ((CROHNS, ARTHRITIS), (ARTHRITIS,), "Rheumatoid arthritis"),
        ((CROHNS, COLITIS), (CROHNS,), "Crohn's disease"),
        ((CROHNS, COLITIS), (COLITIS,), "Ulcerative colitis"),
        ((CROHNS, ARTHRITIS), (CROHNS, ARTHRITIS), "(unknown)"),
        ((CROHNS,), (ARTHRITIS,), "(unknown)"),
        ((), (CROHNS,), "(unknown)"),
        ((CROHNS, ARTHRITIS), ("E11.9",), "(unknown)"),
    ],
)
def test_the_reason_of_an_order_chooses_among_what_is_proven(
    codes: tuple[str, ...], reason: tuple[str, ...], expected: str
) -> None:
    assert chosen(judged(*map(condition, codes), reasonCode=[coded(one) for one in reason])) == expected


ICD10 = coded(CROHNS)["coding"][0]["system"]


@pytest.mark.parametrize(
    ("reason", "stands"),
    [
        (coded("L40.0"), False),
        ({**coded("L40.0"), "text": "Psoriasis vulgaris"}, False),
        ({"text": "Plaque psoriasis"}, False),
        ({"text": "Rheumatoid arthritis"}, False),
        ({**coded(CROHNS), "text": "Rheumatoid arthritis"}, False),
        ({"coding": [{"system": ICD10, "code": CROHNS, "display": "Ulcerative colitis"}]}, False),
        ({"coding": [{"system": "urn:local", "code": "x"}]}, False),
        (coded(CROHNS), True),
        ({"text": "Crohn's disease of the ileum"}, True),
        ({"coding": [{"system": ICD10, "code": CROHNS, "display": "Enfermedad de Crohn"}]}, True),
        (coded("K50.814"), True),
        (coded("Z79.899"), True),
        (coded("R19.7"), True),
        ({}, True),
    ],
)
@pytest.mark.parametrize("number", [1, 2])
def test_a_reason_that_names_something_else_leaves_one_diagnosis_open(reason: Json, stands: bool, number: int) -> None:
    reasons = [*[coded(CROHNS)][: number - 1], reason]
    assert chosen(judged(condition(CROHNS), reasonCode=reasons)) == (NAMED[CROHNS] if stands else "(unknown)")


@pytest.mark.parametrize("text", ["Crohn's disease", "Rheumatoid arthritis"])
def test_words_alone_do_not_choose_among_several(text: str) -> None:
    found = judged(condition(CROHNS), condition(ARTHRITIS), reasonCode=[{"text": text}])
    assert chosen(found) == "(unknown)"


def test_a_reason_by_reference_is_that_of_its_diagnosis() -> None:
    reason = [{"reference": "Condition/cM069"}]
    assert chosen(judged(condition(CROHNS), condition(ARTHRITIS), reasonReference=reason)) == "Rheumatoid arthritis"


@pytest.mark.parametrize(
    "further",
    [
        {"verificationStatus": {"coding": [{"code": "provisional"}]}},
        {"verificationStatus": {"coding": [{"code": "refuted"}]}},
        {"clinicalStatus": {"coding": [{"code": "resolved"}]}},
        {"subject": {"reference": "Patient/other"}},
        {"modifierExtension": [{"url": "urn:x"}]},
        {"onsetDateTime": "2026-12-11"},
        {"code": {"text": "Crohn's disease"}},
        {"code": {**coded(CROHNS), "text": "Ulcerative colitis, no Crohn's disease"}},
    ],
)
def test_what_does_not_prove_a_diagnosis_chooses_nothing(further: Json) -> None:
    assert chosen(judged(condition(CROHNS, further))) == "(unknown)"


def test_what_is_judged_is_what_its_indication_asks_for() -> None:
    found = judged(condition(CROHNS))
    assert found.policy is not None
    assert found.ruling is not None
    assert found.policy.figures.authorization_months == 6
    assert [one.criterion.id for one in found.ruling.reasons] == [
        *("order.patient-living", "indication", "tuberculosis", "hepatitis-b", "biosimilar-first"),
        *("crohns.age", "crohns.step"),
    ]


@pytest.mark.parametrize("answer", ["Ulcerative colitis", "another disease"])
def test_what_is_not_covered_is_no_criterion_that_a_machine_denies_by(answer: str) -> None:
    """It is not met, like any other criterion: a person reviews it."""
    found = judged(condition(CROHNS), answers={"indication": answer})
    assert found.ruling is not None
    assert found.ruling.truth is Truth.NOT_MET
    assert [one.criterion.id for one in found.ruling.failures] == ["indication"]
    assert [one.criterion.fact for one in found.ruling.conflicts] == ["indication"]


def test_an_answer_chooses_over_the_chart_and_what_it_says_is_kept() -> None:
    found = judged(condition(CROHNS), answers={"indication": NAMED[ARTHRITIS]})
    assert chosen(found) == NAMED[ARTHRITIS]
    assert found.findings["indication"].overruled
    assert found.ruling is not None
    assert "arthritis.age" in {one.criterion.id for one in found.ruling.reasons}


def test_the_order_of_the_records_makes_no_difference() -> None:
    records = (condition(CROHNS), condition(ARTHRITIS))
    assert judged(*records).findings["indication"].note == judged(*reversed(records)).findings["indication"].note


def test_a_policy_of_one_disease_is_judged_by_itself() -> None:
    policy = examples().versions("denosumab").policies[-1]
    assert policy.chosen_by({}) is policy
    assert policy.views == (policy,)
    assert policy.filed is policy


def test_a_change_of_the_whole_is_one_of_every_indication() -> None:
    policy = examples().versions("infliximab").policies[-1]
    changed = replace(policy, after_days=7)
    assert {one.after_days for one in changed.views} == {7}
    assert all(one.filed is changed for one in changed.views)
