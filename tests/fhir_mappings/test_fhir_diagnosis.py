"""Whether the patient has the disease: reading 6, and reading 9 for myeloma."""

import pytest
from fhir_charts import ICD, MYELOMA, SNOMED, concept, condition, finding, judged, reasons, resource, truths

from policies.model.findings import Finding, Role, State


def breast(*conditions: dict[str, object]) -> Finding:
    return finding("breast_cancer", *conditions)


@pytest.mark.parametrize(
    ("code", "system"),
    [
        ("C50.911", ICD),
        ("C50911", ICD),
        ("c50.911", ICD),
        ("C50.911", "urn:oid:2.16.840.1.113883.6.90"),
        ("254837009", SNOMED),
    ],
)
def test_a_confirmed_diagnosis_proves(code: str, system: str) -> None:
    assert breast(condition(code, system)).value is True


@pytest.mark.parametrize("verified", ["confirmed", None])
def test_an_unqualified_diagnosis_proves_too(verified: str | None) -> None:
    assert breast(condition(verified=verified)).value is True


@pytest.mark.parametrize("clinical", ["active", "recurrence", "relapse", "remission", None])
def test_the_clinical_course_does_not_unmake_a_diagnosis(clinical: str | None) -> None:
    assert breast(condition(clinical=clinical)).value is True


@pytest.mark.parametrize("clinical", ["resolved", "inactive"])
def test_a_diagnosis_that_is_over_is_history_and_only_shown(clinical: str) -> None:
    found = breast(condition(clinical=clinical))
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)


def test_an_abated_diagnosis_is_history() -> None:
    assert breast(condition(abatementDateTime="2020-01-01")).state is State.UNKNOWN


@pytest.mark.parametrize("verified", ["unconfirmed", "provisional", "differential", "something-new"])
def test_a_diagnosis_that_is_merely_considered_is_shown_and_asked(verified: str) -> None:
    found = breast(condition(verified=verified))
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)
    assert "Not proven by the chart" in found.note


def test_a_verification_in_words_only_proves_nothing() -> None:
    assert breast(condition(verificationStatus={"text": "confirmed?"})).state is State.UNKNOWN


def test_an_erroneous_diagnosis_is_nothing() -> None:
    assert breast(condition(verified="entered-in-error")) == breast()


def test_family_history_is_nothing() -> None:
    history = resource("FamilyMemberHistory", status="completed", condition=[{"code": concept("C50.911", ICD)}])
    assert breast(history) == breast()


@pytest.mark.parametrize(
    ("code", "system"), [("Z85.3", ICD), ("C79.81", ICD), ("94297009", SNOMED), ("254844000", SNOMED)]
)
def test_history_and_metastasis_to_the_breast_alone_prove_nothing(code: str, system: str) -> None:
    found = breast(condition(code, system))
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)


def test_text_alone_proves_nothing() -> None:
    assert breast(condition("", code={"text": "Breast cancer"})).state is State.UNKNOWN


@pytest.mark.parametrize("code", ["254837009", "C50.919"])
def test_the_disease_as_a_whole_ruled_out_is_not_met(code: str) -> None:
    found = judged(condition(code, ICD if "." in code else SNOMED, verified="refuted"))
    assert truths(found)["diagnosis.breast-cancer"] == "not-met"
    assert "ruled out" in reasons(found)["diagnosis.breast-cancer"].note
    assert reasons(found)["diagnosis.breast-cancer"].evidence[0].role is Role.AGAINST


def test_one_site_ruled_out_does_not_rule_out_the_disease() -> None:
    assert breast(condition("C50.011", verified="refuted")).state is State.UNKNOWN


def test_a_refutation_beside_a_hint_decides_nothing() -> None:
    assert breast(condition("254837009", SNOMED, verified="refuted"), condition("Z85.3")).state is State.UNKNOWN


def test_the_same_diagnosis_stated_and_ruled_out_is_a_conflict_however_it_is_spelled() -> None:
    found = breast(condition("C50.911"), condition("C50911", verified="refuted"))
    assert found.state is State.CONFLICTING
    assert {one.role for one in found.evidence} == {Role.FOR, Role.AGAINST}


def test_another_site_that_was_ruled_out_does_not_contradict() -> None:
    assert breast(condition("C50.911"), condition("C50.011", verified="refuted")).value is True


@pytest.mark.parametrize(
    ("code", "system"),
    [("C90.00", ICD), ("C90.01", ICD), ("C90.02", ICD), ("109989006", SNOMED), ("285421005", SNOMED)],
)
def test_myeloma_by_its_codes(code: str, system: str) -> None:
    assert finding("multiple_myeloma", condition(code, system), drug=MYELOMA).value is True


@pytest.mark.parametrize(
    ("code", "system"),
    [("413587002", SNOMED), ("440422002", SNOMED), ("D47.2", ICD), ("C90.30", ICD), ("95210003", SNOMED)],
)
def test_smoldering_myeloma_and_gammopathy_are_shown_and_asked(code: str, system: str) -> None:
    found = finding("multiple_myeloma", condition(code, system), drug=MYELOMA)
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)


def test_a_diagnosis_without_a_display_is_shown_by_what_its_code_means() -> None:
    assert "Malignant neoplasm of unspecified site of right female breast" in breast(condition()).evidence[0].summary
