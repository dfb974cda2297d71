"""Admission to evidence: whatever turns a record round, takes it back or makes it another's, it proves nothing.

A chart that meets every criterion, one of its records changed: no criterion is met by that record any more. And a newer
result that cannot be read leaves open what an older one had settled.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fhir_charts import (
    BREAST,
    ICD,
    MYELOMA,
    SNOMED,
    Json,
    before,
    coded,
    concept,
    condition,
    ecog,
    finding,
    given,
    judged,
    metastatic,
    observation,
    order_of,
    patient,
    prescribed,
    procedure,
    progression,
    quantity,
    reasons,
    taken,
    text,
    truths,
)
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn_from
from hypothesis import strategies as st

from policies.model.truth import Truth

short = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
LOCAL = "urn:oid:1.2.3.4"
Change = Callable[[Json], Json]


def breast() -> list[Json]:
    return [
        patient(),
        condition(id="diagnosis", onsetDateTime="2019-02-01"),
        metastatic("2021-01-04", id="liver"),
        observation("85319-2", text("3+"), on="2021-02-01", id="stain"),
        observation("85318-4", text("amplified"), on="2021-02-03", id="hybrid"),
        given("trastuzumab", "2021-03-01", id="one-a"),
        taken("docetaxel", "2021-03-01", "2021-09-01", status="completed", id="one-b"),
        prescribed("trastuzumab-emtansine", "2022-05-01", id="two"),
        given("trastuzumab-deruxtecan", "2023-06-01", id="three"),
        prescribed("eribulin", before(3), status="active", id="partner"),
    ]


def myeloma() -> list[Json]:
    return [
        patient(),
        condition("C90.02", id="diagnosis", onsetDateTime="2019-02-01"),
        given("bortezomib", "2019-03-01", id="one-a"),
        taken("lenalidomide", "2019-03-01", "2019-12-01", status="completed", id="one-b"),
        given("daratumumab", "2020-06-01", id="two-a"),
        given("pomalidomide", "2020-06-01", id="two-b"),
        given("carfilzomib", "2021-09-01", id="three"),
        procedure("ciltacabtagene-autoleucel", "2023-01-15", id="four"),
        ecog({"valueInteger": 1}, id="ecog"),
    ]


CHARTS = {BREAST: breast, MYELOMA: myeloma}


def test_the_charts_meet_what_they_are_to_be_changed_from() -> None:
    assert {name for name, truth in truths(judged(*breast())).items() if truth != "met"} == set()
    assert {name for name, truth in truths(judged(*myeloma(), drug=MYELOMA)).items() if truth != "met"} == set()


def adding(**members: Any) -> Change:
    return lambda one: one | members


def inside(**members: Any) -> Change:
    """A change within a component, a coded concept, a contained resource or a nested element."""

    def change(one: Json) -> Json:
        name = next((n for n in ("code", "medicationCodeableConcept") if n in one), "meta")
        return one | {name: one.get(name, {}) | members}

    return change


def wording(words: str) -> Change:
    """The text of the record's code, or the display of it, says otherwise."""

    def change(one: Json) -> Json:
        name = "code" if "code" in one else "medicationCodeableConcept"
        return one | {name: one[name] | {"text": words}}

    return change


def display(words: str) -> Change:
    def change(one: Json) -> Json:
        name = "code" if "code" in one else "medicationCodeableConcept"
        return one | {name: {"coding": [coding | {"display": words} for coding in one[name]["coding"]]}}

    return change


UNKNOWN = [{"url": "http://example.org/fhir/unknown", "valueBoolean": True}]
ALWAYS: dict[str, Change] = {
    "modifier": adding(modifierExtension=UNKNOWN),
    "escaped modifier": lambda one: one | {"modifierExtensio\\u006e": UNKNOWN},
    "implicit rules": adding(implicitRules="http://example.org/rules"),
    "modifier inside": inside(modifierExtension=UNKNOWN),
    "modifier of a contained one": adding(
        contained=[{"resourceType": "Basic", "id": "x", "modifierExtension": UNKNOWN}]
    ),
    "modifier of a dosage": adding(dosage=[{"modifierExtension": UNKNOWN}]),
    "not taken": adding(wasNotTaken=True),
    "not given": adding(wasNotGiven=True),
    "not given, later": adding(notGiven=True),
    "not done": adding(notDone=True),
    "not done, as text": adding(notDone="true"),
    "not performed": adding(notPerformed=True),
    "taken: n": adding(taken="n"),
    "taken: unk": adding(taken="unk"),
    "reason not taken": adding(reasonNotTaken=[{"text": "declined"}]),
    "negated by extension": adding(extension=[{"url": "http://example.org/StructureDefinition/notDone"}]),
    "another person's by extension": adding(
        extension=[{"url": "http://hl7.org/fhir/StructureDefinition/observation-focusCode"}]
    ),
    "another's by patient": adding(patient={"reference": "Patient/other"}),
    "another's by subject": adding(subject={"reference": "Patient/other"}),
    "a relative's": adding(subject={"reference": "Patient/p", "display": "Mother of the patient"}),
    "in the future": lambda one: one | {_date_of(one): "2027-02-01"},
    "recorded later": adding(recordedDate="2026-12-24"),
    "issued later": adding(issued="2026-12-24T10:00:00Z"),
    "unreadable date": lambda one: one | {_date_of(one): "08/28/2026"},
    "taken back in a note": adding(note=[{"text": "Entered in error, see the other patient."}]),
    "unreadable member": adding(subject={"reference": "Patient/p"}, status=7, clinicalStatus="active"),
}
OF_RESULTS: dict[str, Change] = {
    "focus on a relative": adding(focus=[{"reference": "RelatedPerson/mother"}]),
    "focus on another patient": adding(focus=[{"reference": "Patient/other"}]),
    "focus by words": adding(focus=[{"display": "Donor"}]),
    "focus by identifier": adding(focus=[{"identifier": {"value": "x"}}]),
    "focus that is no reference": adding(focus="the mother"),
    "focus on a group": adding(focus=[{"reference": "Group/g"}]),
    "another's specimen": adding(specimen={"display": "Donor marrow"}),
    "a control": wording("Control slide"),
    "a goal": wording("Goal"),
    "two tests": lambda one: (
        one | {"code": concept("89247-1", also=[*one["code"]["coding"], *concept("85319-2")["coding"]])}
    ),
    "preliminary": adding(status="preliminary"),
    "no status": lambda one: {name: value for name, value in one.items() if name != "status"},
}
OF_TISSUE: dict[str, Change] = {
    "focus on what is not here": adding(focus=[{"reference": "Condition/gone"}]),
    "stomach": adding(bodySite=concept("69695003", SNOMED, display="Stomach structure")),
    "stomach by code": adding(bodySite=concept("69695003", SNOMED)),
    "colon in words": adding(bodySite={"text": "Colon sigmoideo"}),
    "an unknown site": adding(bodySite=concept("999000999", SNOMED)),
    "specimen of the stomach": adding(specimen={"display": "Gastric biopsy"}),
}
DENIALS = (
    "Suspected malignancy",
    "Rule out cancer",
    "R/O malignant neoplasm",
    "History of cancer",
    "Family history of cancer",
    "No evidence of cancer",
    "Carcinoma in situ",
    "MGUS",
    "Smoldering multiple myeloma",
    "Possible cancer",
    "Sospecha de cáncer",
    "Antecedente familiar de cáncer",
    "Sin evidencia de enfermedad",
    "Descartar cáncer",
    "Malignant neoplasm of colon",
    "Essential hypertension",
    "Prostate cancer",
    "?",
)
OF_DIAGNOSES: dict[str, Change] = {
    **{f"text: {words}": wording(words) for words in DENIALS},
    **{f"display: {words}": display(words) for words in DENIALS},
    "resolved in words": adding(clinicalStatus={"text": "Resolved"}),
    "a local status": adding(clinicalStatus=concept("hx", LOCAL)),
    "status against its text": adding(clinicalStatus=concept("active", text="Resolved")),
    "two statuses": adding(clinicalStatus=concept("active", also=concept("resolved")["coding"])),
    "ruled out in words": adding(verificationStatus={"text": "Ruled out"}),
    "confirmed against its text": adding(verificationStatus=concept("confirmed", text="Refuted")),
    "two verifications": adding(verificationStatus=concept("confirmed", also=concept("refuted")["coding"])),
    "ended at an age": adding(abatementAge={"value": 60, "unit": "a"}),
    "ended": adding(abatementBoolean=True),
    "family history by category": adding(category=[concept("family-history", LOCAL)]),
    "benign beside it": lambda one: one | {"code": concept("D24.1", ICD, also=one["code"]["coding"])},
    "family beside it": lambda one: one | {"code": concept("Z80.3", ICD, also=one["code"]["coding"])},
}
OF_TREATMENTS: dict[str, Change] = {
    f"text: {words}": wording(words)
    for words in ("Not given", "Patient declined", "Planned", "Allergy to this drug", "Placebo", "aspirin, not given")
}


def because(words: str) -> Change:
    """The reason of the record's status, one or a list of them by its type."""
    single = {"MedicationRequest", "Procedure"}
    return lambda one: one | {"statusReason": text_of(words) if one["resourceType"] in single else [text_of(words)]}


def text_of(words: str) -> Json:
    return {"text": words}


OF_TREATMENTS |= {
    f"status reason: {words}": because(words)
    for words in ("Never given, insurance refused", "not administered", "Wrong patient", "No se administró")
}
OF_ADMINISTRATIONS: dict[str, Change] = {
    "dose of nothing": adding(dosage={"dose": {"value": 0, "unit": "mg"}}),
    "dose of 0.0": adding(dosage={"text": "see chart", "dose": {"value": 0.0}}),
}


def _date_of(one: Json) -> str:
    names = ("effectiveDateTime", "onsetDateTime", "authoredOn", "performedDateTime", "whenHandedOver")
    return next((name for name in names if name in one), "effectiveDateTime")


def changes_of(one: Json) -> dict[str, Change]:
    kind = one["resourceType"]
    if kind == "Observation":
        return ALWAYS | OF_RESULTS | (OF_TISSUE if one["id"] != "ecog" else {})
    if one["id"] == "liver":
        # Stage IV stays, whatever becomes of the metastasis (reading 7).
        return ALWAYS | {name: change for name, change in OF_DIAGNOSES.items() if not name.startswith("ended")}
    given_by_hand = OF_ADMINISTRATIONS if kind == "MedicationAdministration" else {}
    return ALWAYS | (OF_DIAGNOSES if kind == "Condition" else OF_TREATMENTS | given_by_hand)


def _as_sent(one: Json) -> bytes:
    return json.dumps(one, ensure_ascii=False).replace("\\\\u", "\\u").encode()


CASES = [
    (drug, one["id"], name)
    for drug, chart in CHARTS.items()
    for one in chart()
    if one["resourceType"] != "Patient"
    for name in changes_of(one)
]


def met_by(record: str, values: list[Any], drug: str) -> set[str]:
    found = reasons(judged(*values, drug=drug))
    return {
        name
        for name, one in found.items()
        if one.truth is Truth.MET
        and any(shown.reference.endswith(f"/{record}") for shown in one.evidence if shown.counts)
    }


@short
@drawn_from(st.sampled_from(CASES), st.booleans())
def test_a_record_that_is_turned_round_proves_nothing(case: tuple[str, str, str], first: bool) -> None:
    drug, record, name = case
    chart = CHARTS[drug]()
    changed: list[Any] = [_as_sent(changes_of(one)[name](one)) if one["id"] == record else one for one in chart]
    if not first:
        changed.reverse()
    assert met_by(record, chart, drug)
    assert met_by(record, changed, drug) == set()


def newer(one: Json, **members: Any) -> Json:
    return one | {"id": "newer", "effectiveDateTime": before(2)} | members


UNREADABLE: dict[str, Change] = {
    "value that is kept back": lambda one: hidden(one, "masked"),
    "value that went wrong": lambda one: hidden(one, "error"),
    "number as text": lambda one: newer(one, valueInteger="3", valueCodeableConcept="3"),
    "quantity as text": lambda one: newer(one, valueQuantity={"value": "three"}),
    "preliminary": lambda one: newer(one, status="preliminary"),
    "status unknown": lambda one: newer(one, status="unknown"),
    "modified": lambda one: newer(one, modifierExtension=UNKNOWN),
    "issued only": lambda one: newer(
        one, effectiveDateTime=None, issued=before(2) + "T10:00:00Z", status="preliminary"
    ),
    "undated": lambda one: newer(one, effectiveDateTime=None, status="preliminary"),
    "date unreadable": lambda one: newer(one, effectiveDateTime="28.11.2026"),
}
HIDDEN = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def hidden(one: Json, why: str) -> Json:
    """A newer result whose value exists, and does not stand in it."""
    plain = {name: value for name, value in one.items() if not name.startswith("value")}
    return newer(plain, dataAbsentReason=concept(why, HIDDEN))


NAMED = {"ecog": "ECOG performance status", "stain": "HER2 by IHC", "hybrid": "HER2 FISH"}
BY_NAME: dict[str, Callable[[Json, str], Json]] = {
    "local code": lambda one, name: newer(one, code=concept("X1", LOCAL, display=name)),
    "text only": lambda one, name: newer(one, code={"text": name}),
    "contained": lambda one, name: {
        "resourceType": "DiagnosticReport",
        "id": "report",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "contained": [newer(one, subject=None)],
    },
}
RESULTS = [(drug, one) for drug, chart in CHARTS.items() for one in chart() if one["id"] in NAMED]
CRITERION = {"ecog": "ecog", "stain": "her2-positive.ihc", "hybrid": "her2-positive.ish"}


def test_a_result_that_a_final_report_contains_and_names_is_a_result() -> None:
    inner = clean(ecog({"valueInteger": 3}, before(3), id="inner", subject=None))
    report = {
        "resourceType": "DiagnosticReport",
        "id": "report",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "contained": [inner],
        "result": [{"reference": "#inner"}],
    }
    found = reasons(judged(*myeloma(), report, drug=MYELOMA))["ecog"]
    assert (found.truth, found.evidence[0].reference) == (Truth.NOT_MET, "DiagnosticReport/report#inner")
    modified = reasons(judged(*myeloma(), report | {"modifierExtension": UNKNOWN}, drug=MYELOMA))["ecog"]
    assert modified.truth is Truth.UNKNOWN
    others = report | {"contained": [inner | {"subject": {"reference": "Patient/other"}}]}
    assert reasons(judged(*myeloma(), others, drug=MYELOMA))["ecog"].truth is Truth.MET


def clean(one: Json) -> Json:
    return {name: value for name, value in one.items() if value is not None}


@pytest.mark.parametrize(("drug", "one"), RESULTS, ids=[one["id"] for _, one in RESULTS])
@pytest.mark.parametrize("name", [*UNREADABLE, *BY_NAME])
def test_a_newer_result_that_is_not_read_leaves_the_fact_open_and_is_named(drug: str, one: Json, name: str) -> None:
    change = UNREADABLE.get(name)
    added = clean(change(one)) if change is not None else clean(BY_NAME[name](one, NAMED[one["id"]]))
    found = reasons(judged(*CHARTS[drug](), added, drug=drug))[CRITERION[one["id"]]]
    assert found.truth is Truth.UNKNOWN
    assert added["id"] in found.note


@pytest.mark.parametrize(("drug", "one"), RESULTS, ids=[one["id"] for _, one in RESULTS])
@pytest.mark.parametrize("name", ["preliminary", "modified", "number as text"])
def test_an_older_result_that_is_not_read_changes_nothing(drug: str, one: Json, name: str) -> None:
    added = UNREADABLE[name](one) | {"effectiveDateTime": "2020-01-01"}
    assert reasons(judged(*CHARTS[drug](), added, drug=drug))[CRITERION[one["id"]]].truth is Truth.MET


@pytest.mark.parametrize("reason", ["Toxicity", "Disease progression", "Patient refused further cycles", "Completed"])
def test_why_a_course_ended_does_not_take_it_back(reason: str) -> None:
    chart = [because(reason)(one) if one["id"] == "one-a" else one for one in breast()]
    assert met_by("one-a", chart, BREAST)


@pytest.mark.parametrize("dose", [{"value": 0.5, "unit": "mg"}, {"unit": "mg"}, "none", {}])
def test_a_dose_that_is_given_small_or_unsaid_is_still_a_giving(dose: Any) -> None:
    chart = [one | {"dosage": {"dose": dose}} if one["id"] == "one-a" else one for one in breast()]
    assert met_by("one-a", chart, BREAST)


@pytest.mark.parametrize(
    "words",
    [
        "Breast cancer (HCC)",
        "Cáncer de mama izquierda",
        "Carcinoma ductal infiltrante de mama",
        "Invasive ductal carcinoma with DCIS component",
        "Triple negative breast cancer",
        "Breast cancer metastasized to liver, left (HCC)",
        "Malignant neoplasm of breast, estrogen receptor negative (CMS/HCC)",
        "Invasive carcinoma of no special type",
        "Ca de seno",
    ],
)
def test_words_that_say_the_same_as_the_code_change_nothing(words: str) -> None:
    found = finding("breast_cancer", condition(code=concept("C50.911", ICD, text=words)))
    assert found.value is True


@pytest.mark.parametrize(
    "words",
    [
        "Multiple myeloma not having achieved remission",
        "Mieloma múltiple que no ha alcanzado la remisión",
        "MM, IgG kappa",
        "Plasma cell myeloma with AL amyloidosis",
        "Multiple myeloma without mention of remission",
    ],
)
def test_words_of_myeloma_say_the_same_as_its_code(words: str) -> None:
    found = finding("multiple_myeloma", condition(code=concept("C90.00", ICD, text=words)), drug=MYELOMA)
    assert found.value is True


@pytest.mark.parametrize("words", ["Multiple myeloma not having achieved remission", "Multiple myeloma in remission"])
def test_a_relapse_that_the_words_of_its_code_deny_is_asked(words: str) -> None:
    found = finding("relapsed_or_refractory", condition(code=concept("C90.02", ICD, text=words)), drug=MYELOMA)
    assert found.value is None


def test_two_courses_of_one_diagnosis_prove_no_relapse() -> None:
    both = concept("C90.02", ICD, also=concept("C90.01", ICD)["coding"])
    assert finding("relapsed_or_refractory", condition(code=both), drug=MYELOMA).value is None
    assert finding("multiple_myeloma", condition(code=both), drug=MYELOMA).value is True


@pytest.mark.parametrize(
    ("code", "words", "value"),
    [
        ("359746009", "Stable disease", False),
        ("359746009", "Sin progresión", False),
        ("359746009", "Progressive disease", None),
        ("359746009", "Possible progression", None),
        ("271299001", "Progressive disease", True),
        ("271299001", "Enfermedad estable", None),
        ("271299001", "No progression", None),
    ],
)
def test_a_status_against_its_own_words_proves_nothing(code: str, words: str, value: bool | None) -> None:
    first, last = given("elranatamab", "2026-06-01"), given("elranatamab", before(40))
    status = observation("97509-4", coded(code, display=words), on=before(10))
    found = finding("progression_on_therapy", condition("C90.02"), first, last, status, drug=MYELOMA)
    assert found.value is value


def test_a_newer_status_that_is_not_known_leaves_the_response_open() -> None:
    first, last = given("elranatamab", "2026-06-01"), given("elranatamab", before(40))
    stable = progression(before(20), "359746009")
    local = observation("DSTAT", text("worse"), on=before(5), code=concept("DSTAT", LOCAL, display="Disease status"))
    strange = observation("97509-4", coded("999", LOCAL), on=before(5))
    mm = condition("C90.02")
    assert finding("progression_on_therapy", mm, first, last, stable, drug=MYELOMA).value is False
    assert finding("progression_on_therapy", mm, first, last, stable, local, drug=MYELOMA).value is None
    assert finding("progression_on_therapy", mm, first, last, stable, strange, drug=MYELOMA).value is None


def test_a_modified_medication_elsewhere_proves_no_giving() -> None:
    reference = {"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/m"}}
    giving = clean(given("daratumumab", "2021-06-01") | reference)
    medication = {
        "resourceType": "Medication",
        "id": "m",
        "code": given("daratumumab", None)["medicationCodeableConcept"],
    }
    mm = condition("C90.02")
    assert finding("prior_anti_cd38", mm, giving, medication, drug=MYELOMA).value is True
    for wrong in ({"modifierExtension": UNKNOWN}, {"status": "entered-in-error"}):
        assert finding("prior_anti_cd38", mm, giving, medication | wrong, drug=MYELOMA).value is None


def test_a_drafted_partner_that_is_modified_is_no_partner() -> None:
    def combined(**members: Any) -> str:
        return truths(judged(*breast()[:-1], beside=[order_of("eribulin", **members)]))["combination-chemotherapy"]

    assert combined() == "met"
    assert combined(modifierExtension=UNKNOWN) == "unknown"


@pytest.mark.parametrize(
    "members", [{"deceasedBoolean": "true"}, {"deceasedDateTime": 2026}, {"modifierExtension": UNKNOWN}]
)
def test_a_death_that_cannot_be_read_is_not_absent(members: Json) -> None:
    assert truths(judged(*breast()[1:], patient(**members)))["order.patient-living"] == "unknown"


def test_a_patient_with_something_else_unreadable_is_living() -> None:
    assert truths(judged(*breast()[1:], patient(gender=7)))["order.patient-living"] == "met"


def test_one_version_of_a_record_that_is_modified_casts_doubt_on_the_other() -> None:
    plain = given("daratumumab", "2021-06-01", id="twice")
    modified = plain | {"modifierExtension": UNKNOWN}
    for values in ([plain, modified], [modified, plain]):
        assert finding("prior_anti_cd38", condition("C90.02"), *values, drug=MYELOMA).value is None


def test_a_refuted_site_refutes_that_site_and_not_the_disease() -> None:
    right, left = condition("C50.911"), condition("C50.912", verified="refuted")
    assert finding("breast_cancer", right, left).value is True


def test_a_grade_may_be_the_code_of_the_finding_itself() -> None:
    one = observation("422512005", on=before(30), code=concept("422512005", SNOMED))
    three = observation("423053003", on=before(3), code=concept("423053003", SNOMED))
    wrong = observation("422512005", on=before(3), code=concept("422512005", SNOMED, display="ECOG grade 3"))
    assert truths(judged(one, drug=MYELOMA))["ecog"] == "met"
    assert truths(judged(one, three, drug=MYELOMA))["ecog"] == "not-met"
    assert truths(judged(one, wrong, drug=MYELOMA))["ecog"] == "unknown"
    assert truths(judged(one | {"valueBoolean": False}, drug=MYELOMA))["ecog"] == "unknown"


def test_times_with_zones_are_told_apart_exactly() -> None:
    late = ecog({"valueInteger": 3}, "2026-11-10T23:30:00-10:00")
    early = ecog({"valueInteger": 1}, "2026-11-11T01:00:00Z")
    assert truths(judged(late, early, drug=MYELOMA))["ecog"] == "unknown"
    assert truths(judged(early, ecog({"valueInteger": 3}, "2026-11-10T01:00:00Z"), drug=MYELOMA))["ecog"] == "met"


def test_the_order_of_members_makes_no_difference() -> None:
    def specimen(*names: str) -> Json:
        return {name: {"reference": "Specimen/s", "display": "Core biopsy"}[name] for name in names}

    def chart(one: Json, other: Json) -> list[Json]:
        return [
            observation("49683-0", quantity("1.4", "{ratio}"), on="2021-02-01", specimen=one),
            observation("74860-8", quantity("6.5", "{copies}"), on="2021-02-01", specimen=other),
        ]

    same = chart(specimen("reference", "display"), specimen("reference", "display"))
    turned = chart(specimen("reference", "display"), specimen("display", "reference"))
    assert truths(judged(condition(), *same)) == truths(judged(condition(), *turned))
