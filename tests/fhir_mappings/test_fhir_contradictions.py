"""What a record says against itself in places that are easily passed over: it proves nothing; its brothers do."""

import pytest

from policies.model.findings import State
from tests.fhir_mappings.fhir_charts import (
    BREAST,
    LOINC,
    MYELOMA,
    RXNORM,
    Json,
    before,
    coded,
    concept,
    condition,
    counted,
    drug_code,
    ecog,
    finding,
    given,
    metastatic,
    observation,
    taken,
    text,
)


@pytest.mark.parametrize(
    ("start", "end", "lines"),
    [("2022-02-01", "2022-01-01", 0), ("2022-02", "2021", 0), ("2022-01-01", "2022-02-01", 1), ("2022-01", "2022", 1)],
)
def test_a_period_that_ends_before_it_begins_proves_no_giving(start: str, end: str, lines: int) -> None:
    chart = (condition(), metastatic(), taken("tucatinib", start, end, status="completed"))
    assert counted("prior_anti_her2_therapies", *chart) == lines


def test_a_period_that_ends_before_it_begins_proves_no_diagnosis() -> None:
    turned = condition(onsetPeriod={"start": "2022-01-01", "end": "2021-01-01"})
    assert finding("breast_cancer", turned).state is State.UNKNOWN
    assert finding("breast_cancer", condition(onsetPeriod={"start": "2021-01-01", "end": "2022-01-01"})).value is True


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("Differential diagnosis", False),
        ("Rule out", False),
        ("Suspected problem", False),
        ("Diagnóstico diferencial", False),
        ("Problem List Item", True),
        ("Encounter Diagnosis", True),
        ("Lista de problemas", True),
    ],
)
def test_a_category_of_what_is_only_considered_proves_nothing(words: str, known: bool) -> None:
    found = finding("breast_cancer", condition(category=[{"text": words}]))
    assert (found.state is State.KNOWN) is known


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("Lung cancer", False),
        ("Carcinoma of lung", False),
        ("Primary malignant neoplasm of lung", False),
        ("Cáncer de pulmón", False),
        ("Lung metastasis", True),
        ("Metastatic cancer to lung", True),
        ("Breast cancer with lung involvement", True),
        ("Neoplasia maligna secundaria de pulmón", True),
    ],
)
def test_the_words_of_another_primary_take_a_metastasis_back(words: str, known: bool) -> None:
    spread = condition(code=concept("C78.00", "http://hl7.org/fhir/sid/icd-10-cm", text=words))
    assert (finding("disease_extent", condition(), spread).state is State.KNOWN) is known


@pytest.mark.parametrize(
    ("display", "state"),
    [("0", State.CONFLICTING), ("1", State.CONFLICTING), ("3", State.KNOWN), ("3+", State.KNOWN)],
)
def test_a_bare_number_beside_the_code_of_a_score_is_read(display: str, state: State) -> None:
    result = observation("85319-2", coded("LA11843-2", LOINC, display=display))
    assert finding("her2_ihc_score", condition(), result).state is state


@pytest.mark.parametrize(
    ("test", "method", "fact", "known"),
    [
        ("85319-2", "FISH", "her2_ihc_score", False),
        ("85319-2", "Hibridación in situ", "her2_ihc_score", False),
        ("85319-2", "Immunohistochemistry", "her2_ihc_score", True),
        ("85319-2", "Manual", "her2_ihc_score", True),
        ("85318-4", "IHC", "her2_ish_result", False),
        ("85318-4", "FISH", "her2_ish_result", True),
    ],
)
def test_words_of_the_other_method_leave_a_result_unread(test: str, method: str, fact: str, known: bool) -> None:
    value = text("3+" if fact == "her2_ihc_score" else "Amplified")
    found = finding(fact, condition(), observation(test, value, method={"text": method}))
    assert (found.state is State.KNOWN) is known


@pytest.mark.parametrize(
    ("remark", "known"),
    [
        ("Addendum: amended to HER2 1+ after review", False),
        ("Corrected to 2+", False),
        ("Should have been 0", False),
        ("Corregido a 1+", False),
        ("Superseded", False),
        ("Reviewed with the patient", True),
    ],
)
def test_a_remark_that_amends_a_result_takes_it_back(remark: str, known: bool) -> None:
    result = observation("85319-2", text("3+"), note=[{"text": remark}])
    assert (finding("her2_ihc_score", condition(), result).state is State.KNOWN) is known


@pytest.mark.parametrize(
    "words", ["No evidence of this", "ECOG not assessed", "Ruled out", "Pending", "ECOG cancelled"]
)
def test_the_name_of_a_test_may_say_that_there_is_no_result(words: str) -> None:
    named = concept("89247-1", text=words)
    assert finding("ecog", ecog({"valueInteger": 1}, code=named), drug=MYELOMA).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("ondansetron 8 mg", 0),
        ("Pantoprazole", 0),
        ("filgrastim-sndz injection", 0),
        ("ácido zoledrónico", 0),
        ("ibrutinib 140 mg", 0),
        ("denosumab", 0),
        ("tucatinib 150 mg tablet", 1),
        ("Tukysa", 1),
        ("Chemotherapy, cycle 3", 0),
        ("tablet", 0),
    ],
)
def test_words_of_a_drug_that_is_none_of_the_table_contradict_a_code(words: str, lines: int) -> None:
    named = drug_code("tucatinib") | {"text": words}
    chart = (condition(), metastatic(), given("tucatinib", "2022-01-03", medicationCodeableConcept=named))
    assert counted("prior_anti_her2_therapies", *chart) == lines


@pytest.mark.parametrize(("drug", "words"), [("paclitaxel", "Taxol"), ("capecitabine", "capecitabina 500 mg")])
def test_names_in_other_words_are_those_of_the_drug(drug: str, words: str) -> None:
    named = drug_code(drug) | {"text": words}
    chart = (condition(), metastatic("2021-01-01"), given(drug, "2022-01-03", medicationCodeableConcept=named))
    assert counted("prior_lines_advanced", *chart, drug=BREAST) == 1


@pytest.mark.parametrize(
    ("score", "days", "known"),
    [(40, 3, False), (60, 3, False), (69, 3, False), (70, 3, True), (90, 3, True), (40, 30, False), (40, 31, True)],
)
def test_a_karnofsky_score_that_is_no_older_and_worse_leaves_the_grade_open(score: int, days: int, known: bool) -> None:
    karnofsky = observation("89243-0", {"valueInteger": score}, on=before(days))
    found = finding("ecog", ecog({"valueInteger": 1}, before(30)), karnofsky, drug=MYELOMA)
    assert (found.state is State.KNOWN) is known
    assert known or "Karnofsky" in found.note


def test_a_coding_of_a_drug_and_one_of_another_purpose_prove_nothing() -> None:
    codings: Json = {"coding": [{"system": RXNORM, "code": "2361285", "display": "loperamide"}]}
    chart = (condition(), metastatic(), given("tucatinib", "2022-01-03", medicationCodeableConcept=codings))
    assert counted("prior_anti_her2_therapies", *chart) == 0
