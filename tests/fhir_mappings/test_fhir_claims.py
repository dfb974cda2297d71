"""Claims prove that a drug was given, and nothing else: reading 23."""

from typing import Any

import pytest
from fhir_charts import (
    BREAST,
    HCPCS,
    ICD,
    MYELOMA,
    Json,
    before,
    concept,
    condition,
    counted,
    drawn,
    finding,
    given,
    judged,
    metastatic,
    resource,
    truths,
)
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from policies.model.findings import Strength

COUNT = "prior_anti_her2_therapies"
NDC = "http://hl7.org/fhir/sid/ndc"
TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
TRASTUZUMAB, PERTUZUMAB, T_DM1, UNSPECIFIC = "J9355", "J9306", "J9354", "J9999"
HERCEPTIN = "50242-132-01"
ON = "2022-03-01"
KINDS = ("Claim", "ExplanationOfBenefit")


def line(code: str = TRASTUZUMAB, on: str | None = ON, **members: Any) -> Json:
    named = {"sequence": 1, "productOrService": concept(code, HCPCS), "servicedDate": on, **members}
    return {name: value for name, value in named.items() if value is not None}


def claim(*lines: Json, kind: str = "ExplanationOfBenefit", **members: Any) -> Json:
    named = {
        "subject": None,
        "status": "active",
        "use": "claim",
        "type": concept("professional", TYPE),
        "patient": {"reference": "Patient/p"},
        "created": before(5),
        "outcome": "complete" if kind == "ExplanationOfBenefit" else None,
        "item": list(lines or (line(),)),
    }
    return resource(kind, **(named | members))


def adjudged(category: str = "", reason: str = "", paid: float | None = None, **words: str) -> Json:
    named = {
        "category": concept(category or "benefit", "urn:any", **words),
        "reason": concept(reason, "urn:any") if reason else None,
        "amount": {"value": paid, "currency": "USD"} if paid is not None else None,
    }
    return {name: value for name, value in named.items() if value is not None}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("setting", ["institutional", "professional", "pharmacy"])
def test_a_claim_proves_that_a_drug_was_given(kind: str, setting: str) -> None:
    billed = claim(kind=kind, type=concept(setting, TYPE))
    found = finding(COUNT, billed)
    assert counted(COUNT, billed) == 1
    assert [(one.reference, one.date, one.strength) for one in found.evidence] == [
        (f"{kind}/{billed['id']}", ON, Strength.STRONG)
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "members",
    [{"status": one} for one in ("cancelled", "draft", "entered-in-error", "", None)]
    + [{"use": one} for one in ("preauthorization", "predetermination", None)]
    + [{"type": concept(one, TYPE)} for one in ("vision", "oral", "")]
    + [
        {"type": None},
        {"item": []},
        {"patient": {"reference": "Patient/another"}},
        {"patient": None},
        {"created": before(-1)},
        {"modifierExtension": [{"url": "urn:unknown", "valueBoolean": True}]},
    ],
)
def test_a_claim_that_does_not_stand_proves_nothing(kind: str, members: Json) -> None:
    assert counted(COUNT, claim(kind=kind, **members)) == 0


@pytest.mark.parametrize(
    ("outcome", "number"), [("complete", 1), ("partial", 1), ("queued", 0), ("error", 0), (None, 0)]
)
def test_an_explanation_counts_once_it_is_settled(outcome: str | None, number: int) -> None:
    assert counted(COUNT, claim(outcome=outcome)) == number


DENIALS = [
    {"adjudication": [adjudged(reason="denied")]},
    {"adjudication": [adjudged("denialreason", "96")]},
    {"adjudication": [adjudged("denialreason", "96"), adjudged(paid=0)]},
    {"adjudication": [adjudged(reason="x1"), adjudged(display="Denied")]},
    {"adjudication": [adjudged("submitted", paid=900.5), adjudged("eligible", paid=0), adjudged(paid=0)]},
    {"adjudication": [adjudged("noncovered", paid=900.5), adjudged("paidtoprovider", paid=0)]},
]


@pytest.mark.parametrize("members", DENIALS)
def test_a_denied_line_proves_nothing(members: Json) -> None:
    assert counted(COUNT, claim(line(**members))) == 0
    assert counted(COUNT, claim(line(**members), line(T_DM1, "2023-05-01"))) == 1


@pytest.mark.parametrize(
    "members",
    [
        *DENIALS,
        {"disposition": "Claim denied: no coverage"},
        {"processNote": [{"text": "Paid by the plan's rules"}, {"text": "Service not rendered"}]},
        {"processNote": [{"text": "Servicio no prestado"}]},
    ],
)
def test_a_claim_denied_as_a_whole_proves_nothing(members: Json) -> None:
    assert counted(COUNT, claim(**members)) == 0


@pytest.mark.parametrize(
    "members",
    [
        {"adjudication": [adjudged(reason="paid"), adjudged(paid=900.5)]},
        {"adjudication": [adjudged("denialreason", "45"), adjudged("paidtoprovider", paid=900.5)]},
        {"adjudication": [adjudged("deductible", paid=0)]},
        {"adjudication": [adjudged("deductible", paid=900.5), adjudged(paid=0)]},
        {"adjudication": [adjudged("eligible", paid=900.5), adjudged(paid=0)]},
        {"adjudication": [adjudged(paid=0.01)], "processNote": [{"text": "Paid as billed"}]},
    ],
)
def test_a_line_that_was_paid_counts_even_if_less_than_was_asked(members: Json) -> None:
    assert counted(COUNT, claim(line(**members))) == 1


@pytest.mark.parametrize(("quantity", "number"), [(1, 1), (0.1, 1), (0, 0), (-1, 0)])
def test_nothing_billed_is_nothing_given(quantity: float, number: int) -> None:
    assert counted(COUNT, claim(line(quantity={"value": quantity}))) == number


@pytest.mark.parametrize(("modifier", "number"), [("JZ", 1), ("JW", 0), ("jw", 0)])
def test_what_was_thrown_away_was_not_given(modifier: str, number: int) -> None:
    assert counted(COUNT, claim(line(modifier=[concept(modifier, HCPCS)]))) == number


def test_a_line_that_is_taken_back_is_nothing_whatever_claim_takes_it_back() -> None:
    back = line(quantity={"value": -42})
    assert counted(COUNT, claim(line(quantity={"value": 42}), back)) == 0
    assert counted(COUNT, claim(), claim(back)) == 0
    assert counted(COUNT, claim(line(on="2022-03-22")), claim(back)) == 1
    assert counted(COUNT, claim(), claim(line(net={"value": -4000, "currency": "USD"}))) == 0


def test_a_claim_that_was_replaced_is_nothing() -> None:
    old = claim(id="old")
    prior = {"claim": {"reference": "ExplanationOfBenefit/old"}, "relationship": concept("prior", "urn:any")}
    assert counted(COUNT, old, claim(line("J9045"), related=[prior])) == 0
    assert counted(COUNT, old, claim(line("J9045"), related=[prior], status="cancelled")) == 1
    later = {"claim": {"reference": "ExplanationOfBenefit/new"}, "relationship": concept("replacedby", "urn:any")}
    assert counted(COUNT, claim(related=[later])) == 0
    beside = {"claim": {"reference": "ExplanationOfBenefit/old"}, "relationship": concept("associated", "urn:any")}
    assert counted(COUNT, old, claim(line("J9045"), related=[beside])) == 1


@pytest.mark.parametrize("members", [{"status": "cancelled"}, {"outcome": "error"}, {"disposition": "Denied"}])
def test_a_bill_that_the_payer_refused_is_nothing(members: Json) -> None:
    bill = claim(kind="Claim", id="bill")
    named = {"claim": {"reference": "Claim/bill"}}
    assert counted(COUNT, bill, claim(**named)) == 1
    assert counted(COUNT, bill, claim(**named, **members)) == 0
    assert counted(COUNT, bill, claim(line(**DENIALS[0]), **named)) == 0


def test_two_contents_of_one_claim_count_only_if_both_stand() -> None:
    assert counted(COUNT, claim(id="c"), claim(id="c")) == 1
    assert counted(COUNT, claim(id="c"), claim(id="c", use="predetermination")) == 0
    assert counted(COUNT, claim(id="c"), claim(id="c", status="cancelled")) == 0
    newer = {"meta": {"versionId": "2"}}
    assert counted(COUNT, claim(id="c", status="draft", meta={"versionId": "1"}), claim(id="c", **newer)) == 1


def of_ndc(code: str, **members: Any) -> Json:
    return {"sequence": 1, "productOrService": concept(code, NDC), **members}


@pytest.mark.parametrize("code", [HERCEPTIN, "50242013201", "50242-0132-01"])
def test_a_national_drug_code_counts_on_the_line_and_within_it(code: str) -> None:
    assert counted(COUNT, claim(line(productOrService=concept(code, NDC)), type=concept("pharmacy", TYPE))) == 1
    assert counted(COUNT, claim(line(UNSPECIFIC, detail=[of_ndc(code)]))) == 1
    assert counted(COUNT, claim(line(UNSPECIFIC, detail=[{"subDetail": [of_ndc(code)]}]))) == 1


def test_codes_of_one_line_that_contradict_each_other_prove_nothing() -> None:
    assert counted(COUNT, claim(line(TRASTUZUMAB, detail=[of_ndc(HERCEPTIN)]))) == 1
    assert counted(COUNT, claim(line("J9179", detail=[of_ndc(HERCEPTIN)]))) == 0
    assert counted(COUNT, claim(line(productOrService=concept(TRASTUZUMAB, HCPCS, text="paclitaxel")))) == 0


@pytest.mark.parametrize("members", [{"quantity": {"value": 0}}, {"adjudication": [adjudged(reason="denied")]}])
def test_a_product_within_a_line_that_was_not_given_is_nothing(members: Json) -> None:
    assert counted(COUNT, claim(line(detail=[of_ndc(HERCEPTIN, **members)]))) == 0


def test_an_older_claim_than_the_meaning_of_its_code_is_nothing() -> None:
    # The table of drugs says since when J9380 means teclistamab.
    myeloma = condition("C90.00")
    assert counted("prior_lines", myeloma, claim(line("J9380", "2011-01-01")), drug=MYELOMA) == 1
    assert counted("prior_lines", myeloma, claim(line("J9380", "2010-12-31")), drug=MYELOMA) == 0


def test_the_same_course_in_chart_and_claims_is_one() -> None:
    days = ["2022-03-01", "2022-03-22", "2022-04-12"]
    charted = [given("trastuzumab", day) for day in days]
    billed = [claim(line(on=day)) for day in days]
    assert counted(COUNT, *charted, *billed) == counted(COUNT, *billed) == counted(COUNT, *charted) == 1
    assert drawn(*charted, *billed) == drawn(*charted)


def test_a_drug_that_only_the_claims_know_makes_a_line() -> None:
    charted = [condition(), metastatic("2022-01-10"), given("trastuzumab", "2022-03-01")]
    assert drawn(*charted, claim(line(T_DM1, "2023-05-02")))[0] == [{"trastuzumab"}, {"trastuzumab-emtansine"}]


def test_a_day_is_taken_from_the_claim_where_the_line_has_none() -> None:
    period = {"start": ON, "end": ON}
    found = finding(COUNT, claim(line(on=None), billablePeriod=period))
    assert [one.date for one in found.evidence] == [ON]
    assert counted(COUNT, claim(line(on=None))) == 0


def test_a_giving_somewhere_in_a_month_is_not_placed_on_its_first_day() -> None:
    charted = [condition(), given("trastuzumab", "2022-03-01")]
    month = {"servicedPeriod": {"start": "2022-03-20", "end": "2022-04-20"}}
    assert drawn(*charted, claim(line(T_DM1, None, **month)))[0] == [{"trastuzumab", "trastuzumab-emtansine"}]
    later = {"servicedPeriod": {"start": "2022-04-20", "end": "2022-05-20"}}
    assert len(drawn(*charted, claim(line(T_DM1, None, **later)))[0]) == 2


@pytest.mark.parametrize(("days", "number"), [(1, 1), (0, 0), (-1, 0)])
def test_nothing_of_the_order_s_day_or_later_is_earlier_treatment(days: int, number: int) -> None:
    assert counted(COUNT, claim(line(on=before(days)))) == number


@pytest.mark.parametrize(("drug", "code"), [(BREAST, "J9353"), (MYELOMA, "J1323")])
def test_the_ordered_drug_in_claims_makes_a_continuation(drug: str, code: str) -> None:
    doses = [claim(line(code, before(days))) for days in (49, 28, 7)]
    found = judged(*doses, drug=drug)
    assert found.request is not None
    assert found.request.value == "continuation"
    first = judged(claim(line(code, before(7))), drug=drug)
    assert first.request is not None
    assert first.request.value == "initial"


def billed_for(*codes: str, **pointed: Any) -> Json:
    listed = [
        {"sequence": at, "diagnosisCodeableConcept": concept(code, ICD)} for at, code in enumerate(codes, start=1)
    ]
    return claim(line("J9171", **pointed), diagnosis=listed)


@pytest.mark.parametrize(
    ("codes", "pointed", "number"),
    [
        (["C50.911"], {}, 1),
        (["C34.90"], {}, 0),
        (["C50.911", "C34.90"], {}, 0),
        (["C50.911", "C34.90"], {"diagnosisSequence": [1]}, 1),
        (["C50.911", "C34.90"], {"diagnosisSequence": [2]}, 0),
        (["Z51.11", "C50.911"], {"diagnosisSequence": [1, 2]}, 1),
        ([], {}, 1),
    ],
)
def test_the_diagnosis_of_a_claim_says_what_its_drug_was_for(codes: list[str], pointed: Json, number: int) -> None:
    charted = [condition(), metastatic("2021-01-01")]
    assert counted("prior_lines_advanced", *charted, billed_for(*codes, **pointed)) == number


def test_a_claim_that_cannot_be_read_proves_nothing_and_is_named() -> None:
    broken = claim(line(quantity={"value": "many"}))
    assert counted(COUNT, broken) == 0


CODES = st.sampled_from([TRASTUZUMAB, PERTUZUMAB, T_DM1, "J9358", "J9353", "J9179", "J9171", "J9041", "J9145", "0537T"])
DIAGNOSES = st.sampled_from(["C50.911", "C90.02", "C90.00", "C78.7", "C79.51", "Z85.3", "D47.2"])
ELSEWHERE = {"combination-chemotherapy", "her2-positive", "diagnosis", "order.patient-living", "ecog"}
CHARTS: list[list[Json]] = [[], [condition()], [condition("C90.00")], [condition(), metastatic()]]


@settings(max_examples=60, deadline=None, derandomize=True)
@for_all(
    st.sampled_from([BREAST, MYELOMA]),
    st.sampled_from(CHARTS),
    st.lists(st.tuples(CODES, st.integers(1, 1500), DIAGNOSES), min_size=1, max_size=6),
)
def test_a_claim_makes_nothing_known_but_drugs(
    drug: str, chart: list[Json], billed: list[tuple[str, int, str]]
) -> None:
    claims = [
        claim(
            line(code, before(days)),
            diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": concept(said, ICD)}],
        )
        for code, days, said in billed
    ]
    bare, full = judged(*chart, drug=drug), judged(*chart, *claims, drug=drug)
    if bare.request is not full.request:
        return
    before_, after = truths(bare), truths(full)
    for name in after:
        if name.split(".")[0] in ELSEWHERE and name != "diagnosis.relapsed-or-refractory":
            assert after[name] == before_[name], name
