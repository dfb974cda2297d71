"""A diagnosis is searched in every code, word and reason before the chart is said to be silent (reading 22)."""

import pytest
from fhir_charts import BREAST, ICD, MYELOMA, SNOMED, Json, condition, given, judged, metastatic, resource

from policies.model.findings import Finding, State

ICD9, ICDO = "http://hl7.org/fhir/sid/icd-9-cm", "http://terminology.hl7.org/CodeSystem/icd-o-3"


def diagnosed(*codings: tuple[str, str], **members: object) -> Json:
    codes = [{"system": system, "code": code} if system else {"code": code} for system, code in codings]
    return condition(code={"coding": codes, **members})


def breast(*values: Json) -> Finding:
    return judged(*values).findings["breast_cancer"]


def myeloma(*values: Json) -> Finding:
    return judged(*values, drug=MYELOMA).findings["multiple_myeloma"]


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("ICD-10-CM", "C50.911"),
        ("", "C50911"),
        (ICD, "C50.911 "),
        (ICD, "C50,911"),
        ("http://www.cms.gov/Medicare/Coding/ICD10", "c50.911"),
        (ICD9, "174.9"),
        (ICD9, "1749"),
        ("urn:oid:1.2.3", "254837009"),
    ],
)
def test_a_code_of_breast_cancer_under_another_address_or_system_is_proposed(system: str, code: str) -> None:
    found = breast(diagnosed((system, code)))
    assert (found.state, [one.means for one in found.proposals]) == (State.UNKNOWN, [True])


@pytest.mark.parametrize(("system", "code"), [(ICD9, "203.02"), (ICDO, "9732/3"), ("", "C90.02")])
def test_a_code_of_myeloma_of_another_system_is_proposed(system: str, code: str) -> None:
    found = myeloma(diagnosed((system, code)))
    assert (found.state, [one.means for one in found.proposals]) == (State.UNKNOWN, [True])


@pytest.mark.parametrize("code", ["429087003", "V10.3", "8500/2", "233.0"])
def test_a_history_or_disease_in_place_is_shown_and_not_proposed(code: str) -> None:
    found = breast(diagnosed((SNOMED if code.isdigit() else ICD9, code)))
    assert (found.state, bool(found.evidence), found.proposals) == (State.UNKNOWN, True, ())


def test_a_history_of_myeloma_is_shown() -> None:
    assert myeloma(diagnosed((SNOMED, "120481000119109"))).evidence


def test_a_morphology_with_its_organ_is_proposed_and_is_no_other_cancer() -> None:
    words = {"coding": [{"system": ICDO, "code": "8500/3", "display": "Infiltrating duct carcinoma, NOS"}]}
    words["coding"].append({"system": ICDO, "code": "C50.9", "display": "Breast, NOS"})
    found = breast(condition(code=words))
    assert [one.means for one in found.proposals] == [True]


@pytest.mark.parametrize(
    "words",
    [
        "Malignant neoplasm of breast",
        "IDC right breast",
        "Breast ca",
        "Ca de mama",
        "Carcinoma of left breast, HER2+",
        "Mammary carcinoma",
        "MBC, HER2 positive",
    ],
)
def test_a_diagnosis_in_words_alone_is_proposed_and_is_no_other_cancer(words: str) -> None:
    own = condition(code={"text": words})
    assert [one.means for one in breast(own).proposals] == [True]
    beside = judged(condition(), own, metastatic("2021-01-01")).findings["disease_extent"]
    assert beside.value == "metastatic"


@pytest.mark.parametrize("words", ["MM", "RRMM", "Kappa light chain MM", "IgG myeloma"])
def test_myeloma_by_its_short_names_is_proposed(words: str) -> None:
    assert [one.means for one in myeloma(condition(code={"text": words})).proposals] == [True]


def test_a_disease_that_is_the_reason_of_a_treatment_is_proposed() -> None:
    reason = [{"coding": [{"system": ICD, "code": "C50.911"}]}]
    found = breast(given("trastuzumab", "2021-01-01", reasonCode=reason))
    assert (found.state, [one.means for one in found.proposals]) == (State.UNKNOWN, [True])


@pytest.mark.parametrize("kind", ["conclusion", "value"])
def test_a_disease_that_a_report_concludes_or_a_result_answers_is_proposed(kind: str) -> None:
    disease = {"coding": [{"system": SNOMED, "code": "254837009", "display": "Malignant neoplasm of breast"}]}
    report = resource("DiagnosticReport", status="final", code={"text": "Pathology"}, conclusionCode=[disease])
    result = resource("Observation", status="final", code={"text": "Diagnosis"}, valueCodeableConcept=disease)
    found = breast(report if kind == "conclusion" else result)
    assert (found.state, [one.means for one in found.proposals]) == (State.UNKNOWN, [True])


@pytest.mark.parametrize("status", ["resolved", "unconfirmed"])
def test_a_relapse_that_does_not_count_is_shown(status: str) -> None:
    is_over = status == "resolved"
    standing = {"clinicalStatus" if is_over else "verificationStatus": {"coding": [{"code": status}]}}
    found = judged(condition("C90.02", **standing), drug=MYELOMA).findings["relapsed_or_refractory"]
    assert (found.state, bool(found.evidence)) == (State.UNKNOWN, True)


@pytest.mark.parametrize("words", ["Metastatic lung cancer to bone", "Bone metastasis of a lung carcinoma"])
def test_a_metastasis_whose_words_name_another_primary_is_none_of_the_disease(words: str) -> None:
    bone = condition("C79.51", code={"coding": [{"system": ICD, "code": "C79.51"}], "text": words})
    assert judged(condition(), bone, drug=BREAST).findings["disease_extent"].state is State.UNKNOWN


@pytest.mark.parametrize("words", ["Ruled out", "Descartado", "Family history of this", "Suspected, pending", "Not so"])
@pytest.mark.parametrize("code", ["55440008", "399409002"])
def test_a_finding_of_a_stage_whose_words_take_it_back_proves_nothing(code: str, words: str) -> None:
    found = condition(code={"coding": [{"system": SNOMED, "code": code}], "text": words})
    assert judged(condition(), found).findings["disease_extent"].state is State.UNKNOWN
    plain = condition(code={"coding": [{"system": SNOMED, "code": code}], "text": "M1, distant metastasis"})
    assert judged(condition(), plain).findings["disease_extent"].value == "metastatic"


@pytest.mark.parametrize("words", ["Secondary cancer of bone", "Bone cancer from breast, metastatic", "Bone mets"])
def test_a_metastasis_whose_words_name_its_own_organ_counts(words: str) -> None:
    bone = condition("C79.51", code={"coding": [{"system": ICD, "code": "C79.51"}], "text": words})
    assert judged(condition(), bone).findings["disease_extent"].value == "metastatic"
