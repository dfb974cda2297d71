"""What charts say elsewhere: narratives, care plans, RTF, registries, older codes, short words. It is never counted."""

import pytest

from fhir_mappings.text_forms.written_days import first_day
from fhir_mappings.written.page_text import page_text
from fhir_mappings.written.rich_text import text_of
from policies.model.findings import Finding, Range, State, Value
from tests.fhir_mappings.fhir_charts import (
    BREAST,
    CLINICAL,
    HCPCS,
    LOINC,
    MYELOMA,
    Json,
    before,
    concept,
    condition,
    drug_code,
    ecog,
    given,
    judged,
    metastatic,
    observation,
    resource,
)
from tests.fhir_mappings.test_fhir_proposals import note

ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"
NAACCR = "http://naaccr.org/fhir/CodeSystem"
ICDO = "urn:oid:2.16.840.1.113883.6.43.1"
RTF = (
    r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator HER2 IHC 1+;}{\info{\title ECOG 4}}"
    r"\pard\b Assessment\b0\par %s\par}"
)


def told(words: str, status: str = "generated") -> Json:
    return {"text": {"status": status, "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{words}</div>'}}


def bare(kind: str, words: str, **members: Json) -> Json:
    """A record that says all in its narrative."""
    when = {"effectiveDateTime": before(9), "status": "final"} if kind == "Observation" else {"onsetDateTime": "2021"}
    active = {"clinicalStatus": concept("active", CLINICAL)} if kind == "Condition" else {}
    return resource(kind, **when, **active, **told(words), **members)


def result(code: Json, **value: str | int | Json) -> Json:
    return resource("Observation", status="final", code=code, effectiveDateTime=before(9), **value)


def item(number: str, display: str, **value: str | Json) -> Json:
    return result(concept(number, NAACCR, display=display), **value)


def plan(*activities: Json, status: str = "completed", start: str = "2024-01-08", **members: str) -> Json:
    inside = [{"detail": one} for one in activities]
    named = {"status": status, "intent": "plan", "period": {"start": start}, "activity": inside, **members}
    return resource("CarePlan", **named)


def done(words: str, status: str = "completed") -> Json:
    return {"status": status, "code": {"text": words}}


PROPOSED: list[tuple[str, str, Json, Value]] = [
    (BREAST, "breast_cancer", condition("174.9", ICD9), True),
    (BREAST, "breast_cancer", bare("Condition", "Metastatic breast cancer, left"), True),
    (BREAST, "breast_cancer", note(RTF % r"Paciente con c\'e1ncer de mama", "application/rtf"), True),
    (
        BREAST,
        "breast_cancer",
        result(concept("21861-0", LOINC, display="Primary site"), valueCodeableConcept=concept("C50.4", ICDO)),
        True,
    ),
    (BREAST, "disease_extent", condition("197.7", ICD9), "metastatic"),
    (
        BREAST,
        "disease_extent",
        item("764", "Summary Stage 2018", valueString="Distant site(s)/node(s) involved"),
        "metastatic",
    ),
    (BREAST, "disease_extent", note("Liver mets, biopsy proven"), "metastatic"),
    (BREAST, "disease_extent", note("cT2N1M1"), "metastatic"),
    (BREAST, "disease_extent", note("Peritoneal carcinomatosis"), "metastatic"),
    (BREAST, "her2_ihc_score", bare("Observation", "HER2 IHC: 3+"), "3+"),
    (BREAST, "her2_ihc_score", note(RTF % "HER2 IHC 3+", "text/rtf"), "3+"),
    (BREAST, "her2_ihc_score", note("<tr><td>HER2 IHC</td><td>2+</td></tr>", "text/html"), "2+"),
    (BREAST, "her2_ihc_score", note("HER2 positive (IHC3+)"), "3+"),
    (BREAST, "her2_ihc_score", note("ER-/PR-/HER2 3+"), "3+"),
    (BREAST, "her2_ihc_score", note("HER2 positivo +++"), "3+"),
    (BREAST, "her2_ihc_score", item("3850", "HER2 IHC Summary", valueString="3+ positive"), "3+"),
    (MYELOMA, "multiple_myeloma", condition("203.00", ICD9), True),
    (MYELOMA, "multiple_myeloma", item("522", "Histologic Type ICD-O-3", valueString="9732/3"), True),
    (MYELOMA, "relapsed_or_refractory", condition("203.02", ICD9), True),
    (MYELOMA, "ecog", bare("Observation", "ECOG performance status 1"), Range.exactly(1)),
    (MYELOMA, "ecog", note("Exam: alert. PS: 1. Lungs clear"), Range.exactly(1)),
    (MYELOMA, "ecog", note("PS=1"), Range.exactly(1)),
    (MYELOMA, "ecog", result({"text": "PS"}, valueString="1"), Range.exactly(1)),
]
NOT_PROPOSED: list[tuple[str, str, Json]] = [
    (BREAST, "breast_cancer", bare("Condition", "No evidence of breast cancer")),
    (BREAST, "breast_cancer", bare("Condition", "Mother had breast cancer")),
    (BREAST, "breast_cancer", condition("174.9", code=concept("174.9", ICD9, text="Rule out breast cancer"))),
    (BREAST, "disease_extent", condition("196.3", ICD9)),
    (BREAST, "disease_extent", condition("198.81", ICD9)),
    (BREAST, "disease_extent", item("764", "Summary Stage 2018", valueString="Localized only")),
    (BREAST, "disease_extent", item("1112", "Mets at DX-Bone", valueString="None; no bone metastases")),
    (BREAST, "disease_extent", note("Exercise tolerance: 4 METS")),
    (BREAST, "disease_extent", note("Able to do METS > 4")),
    (BREAST, "disease_extent", note("cT2N1M0")),
    (BREAST, "disease_extent", note("No bone mets")),
    (BREAST, "her2_ihc_score", bare("Observation", "HER2 IHC 3+ not confirmed")),
    (BREAST, "her2_ihc_score", note("<p>HER2 IHC <del>3+</del></p>", "text/html")),
    (BREAST, "her2_ihc_score", note(RTF % r"HER2 IHC {\strike 3+} pending", "application/rtf")),
    (BREAST, "her2_ihc_score", note("HER2 IHC 3+", date="2027-02-01")),
    (MYELOMA, "multiple_myeloma", item("522", "Histologic Type ICD-O-3", valueString="9765/1")),
    (MYELOMA, "ecog", note("KPS 80")),
    (MYELOMA, "ecog", note("PSA 1")),
    (MYELOMA, "ecog", note("PS 10/5, FiO2 40 %")),
    (MYELOMA, "ecog", note("ECOG PS: 0-1")),
    (MYELOMA, "ecog", note("PS 1 not documented")),
    (MYELOMA, "ecog", note("Eligibility: ECOG 0-2")),
    (MYELOMA, "ecog", note("ECOG 1", "application/rtf")),
]


def found(drug: str, fact: str, *chart: Json) -> Finding:
    return judged(*chart, drug=drug).findings[fact]


@pytest.mark.parametrize(("drug", "fact", "record", "means"), PROPOSED)
def test_what_stands_elsewhere_is_proposed(drug: str, fact: str, record: Json, means: Value) -> None:
    seen = found(drug, fact, record)
    assert (seen.state, [one.means for one in seen.proposals]) == (State.UNKNOWN, [means])


@pytest.mark.parametrize(("drug", "fact", "record"), NOT_PROPOSED)
def test_what_denies_or_says_something_else_there_is_not(drug: str, fact: str, record: Json) -> None:
    seen = found(drug, fact, record)
    assert (seen.state, seen.proposals) == (State.UNKNOWN, ())


LINES: list[tuple[str, str, list[Json], int]] = [
    (BREAST, "prior_lines_advanced", [plan(done("Trastuzumab + pertuzumab + docetaxel"))], 1),
    (BREAST, "prior_lines_advanced", [plan(title="OP BREAST TRASTUZUMAB DERUXTECAN TREATMENT PLAN")], 1),
    (BREAST, "prior_lines_advanced", [plan({"status": "completed", "code": drug_code("trastuzumab")})], 1),
    (BREAST, "prior_lines_advanced", [plan(done("Trastuzumab"), status="revoked")], 1),
    (BREAST, "prior_lines_advanced", [plan(done("Trastuzumab", "not-started"), status="active")], 0),
    (BREAST, "prior_lines_advanced", [plan(done("Trastuzumab"), status="draft")], 0),
    (BREAST, "prior_lines_advanced", [plan(title="Trastuzumab", status="revoked")], 0),
    (BREAST, "prior_lines_advanced", [plan(done("Trastuzumab"), start="2027-02-01")], 0),
    (BREAST, "prior_lines_advanced", [plan(done("Trastuzumab"), intent="proposal")], 0),
    (BREAST, "prior_lines_advanced", [plan(done("Trastuzumab"), start="2020-02-01")], 0),
    (BREAST, "prior_lines_advanced", [plan(done("Margetuximab + capecitabine"))], 0),
    (MYELOMA, "prior_lines", [note("bortezomib/lenalidomide 02/22 - 09/22, carfilzomib 10/23")], 2),
    (MYELOMA, "prior_lines", [note("Prior: VRd Feb'22; daratumumab + pomalidomide Mar '24")], 2),
    (MYELOMA, "prior_lines", [note("Will start daratumumab 02/27")], 0),
]


@pytest.mark.parametrize(("drug", "fact", "chart", "number"), LINES)
def test_a_regimen_of_a_plan_or_history_is_a_possible_line(
    drug: str, fact: str, chart: list[Json], number: int
) -> None:
    own = [condition(), metastatic("2021-01-01")] if drug == BREAST else [condition("C90.00")]
    seen = found(drug, fact, *own, *chart)
    assert len(seen.proposals) == number
    assert seen.state is State.UNKNOWN or (isinstance(seen.value, Range) and seen.value.at_least == 0)


def test_the_same_drugs_long_before_are_another_regimen() -> None:
    told = note("TCHP 04/2019. Metastatic disease: THP 02/2022")
    early = [given(one, "2019-04-01") for one in ("trastuzumab", "pertuzumab", "docetaxel", "carboplatin")]
    for chart in ([], early):
        seen = found(BREAST, "prior_lines_advanced", condition(), metastatic("2021-01-01"), *chart, told)
        assert len(seen.proposals) == 1
    running = [given(one, "2022-02-10") for one in ("trastuzumab", "pertuzumab", "docetaxel")]
    seen = found(BREAST, "prior_lines_advanced", condition(), metastatic("2021-01-01"), *early, *running, told)
    assert seen.proposals == ()


PARTNERS: list[tuple[Json, list[Value]]] = [
    (note("Margetuximab with vinorelbine to begin next week"), ["vinorelbine"]),
    (note("Margetuximab junto con capecitabina"), ["capecitabine"]),
    (plan(done("Margetuximab + eribulin", "in-progress"), status="active", start="2026-11-20"), ["eribulin"]),
    (plan(done("Tucatinib + capecitabine"), start="2024-05-06"), []),
    (note("3L tucatinib + capecitabine 06/2024"), []),
    (resource("MedicationStatement", status="completed", medicationCodeableConcept={"text": "Eribulin"}), ["eribulin"]),
]


@pytest.mark.parametrize(("record", "named"), PARTNERS)
def test_a_partner_is_proposed_if_it_may_be_given_now(record: Json, named: list[Value]) -> None:
    assert [one.means for one in found(BREAST, "combination_partner", record).proposals] == named


@pytest.mark.parametrize("words", ["Refused daratumumab", "Paciente rehusó daratumumab", "Daratumumab contraindicated"])
def test_what_was_refused_was_not_given(words: str) -> None:
    assert found(MYELOMA, "prior_anti_cd38", note(words)).proposals == ()


def test_a_method_and_a_score_that_are_written_together_count() -> None:
    for words in ("IHC3+", "Positive (IHC3+)", "HER2 IHC3+ / Positive"):
        assert found(BREAST, "her2_ihc_score", observation("85319-2", {"valueString": words})).value == "3+"
    for words in ("IHC33+", "IHC3", "xIHC3+"):
        assert found(BREAST, "her2_ihc_score", observation("85319-2", {"valueString": words})).value is None


@pytest.mark.parametrize("words", ["Entered in error", "Wrong patient"])
def test_a_narrative_that_takes_its_record_back_is_heard(words: str) -> None:
    assert found(BREAST, "breast_cancer", condition() | told(words, "additional")).state is State.UNKNOWN
    assert found(MYELOMA, "ecog", ecog({"valueInteger": 1}) | told(words, "additional")).state is State.UNKNOWN
    assert found(BREAST, "breast_cancer", condition() | told("Cancer of the left breast", "additional")).value is True


def test_what_was_generated_from_a_record_takes_nothing_back() -> None:
    row = told("Was not given: no", "generated")
    bill = {"sequence": 1, "productOrService": concept("J9145", HCPCS), "servicedDate": "2024-01-08"}
    kind = concept("professional", "http://terminology.hl7.org/CodeSystem/claim-type")
    of_patient = {
        "type": kind,
        "patient": {"reference": "Patient/p"},
        "subject": None,
        "use": "claim",
        "outcome": "complete",
    }
    claim = resource("ExplanationOfBenefit", status="active", created="2024-01-09", item=[bill], **of_patient)
    for one in (given("daratumumab", "2024-01-08"), claim):
        assert found(MYELOMA, "prior_anti_cd38", condition("C90.00"), one | row).value is True
        against = one | told("Wrong patient", "additional")
        assert found(MYELOMA, "prior_anti_cd38", condition("C90.00"), against).value is None


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        (r"{\rtf1\ansi a\par b\tab c\'e9 \u8805 ?2\line {\v hidden}{\b bold}}", "a\nb cé ≥2\nbold"),
        (r"{\rtf1 {\uc2\u225 xxcido} \u-10179 ? \{x\}}", "ácido   {x}"),
        (r"{\rtf1 a{\*\comment b}{\pict 0102}{\deleted c}\strike d\strike0 e\v f\plain g}", "aeg"),
        (r"{\rtf1 }}}{{{ x", "x"),
        ("plain", ""),
        ("", ""),
    ],
)
def test_of_rich_text_what_a_reader_sees_is_read(written: str, seen: str) -> None:
    assert text_of(written).strip() == seen


def test_a_row_of_a_page_is_one_line() -> None:
    lines = [
        " ".join(one.split()) for one in page_text("<tr><th>HER2</th><td>3+</td></tr><p>a<br/>b<s>c</s>").splitlines()
    ]
    assert [one for one in lines if one] == ["HER2 3+", "a", "b"]


@pytest.mark.parametrize(
    ("text", "day", "sure"),
    [
        ("since Feb'22", "2022-02", True),
        ("Feb '22 - 2024", "2022-02", True),
        ("02/22 to 09/22", "2022-02", False),
        ("febrero de 2022", "2022-02", True),
        ("March 3, 2022", "2022-03", True),
        ("3/14/2021", "2021-03", True),
        ("3/14/21", "2021-03", True),
        ("2021-05-06", "2021-05", True),
        ("in 2021, 03/2022", "2021", True),
        ("'21", None, None),
        ("02/27", None, None),
        ("dose 1/21 days", "2021-01", False),
        ("12/1999", "1999-12", True),
        ("1234/22", None, None),
        ("no day", None, None),
    ],
)
def test_days_of_a_history_are_read_as_people_write_them(text: str, day: str | None, sure: bool | None) -> None:
    found_day = first_day(text, 2026)
    assert (found_day.span.written if found_day else None, found_day.sure if found_day else None) == (day, sure)
