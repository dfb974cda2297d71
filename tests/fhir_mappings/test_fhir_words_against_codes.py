"""Words beside a code that take it back (readings 6 and 21): a diagnosis, a product, and a remark on what was given."""

import pytest
from fhir_charts import BREAST, MYELOMA, Json, condition, drawn, given, judged, truths

_BREAST = (
    "breast lymphoma",
    "linfoma de mama",
    "angiosarcoma of breast",
    "sarcoma of the left breast",
    "melanoma of breast",
    "malignant phyllodes tumor",
    "metastatic to breast from lung",
    "metástasis en la mama",
    "breast metastases",
    "secondary malignant neoplasm of breast",
    "tumor secundario de mama",
    "breast cancer counseling",
    "cancer phobia",
    "fobia al cáncer de mama",
    "consistent with breast cancer (awaiting biopsy)",
    "compatible con cáncer de mama",
    "findings suggestive of breast cancer",
    "concerning for breast carcinoma",
    "breast cancer education",
    "worried about breast cancer",
)
_STANDING = (
    "Invasive ductal carcinoma of right breast",
    "Metastatic breast cancer",
    "Breast cancer metastatic to liver",
    "Metastatic carcinoma of breast",
    "Breast cancer with metastases to bone and lung",
    "Malignant neoplasm of breast in female, estrogen receptor positive (CMS/HCC)",
    "Carcinoma ductal infiltrante de mama derecha",
    "Malignant neoplasm of breast in female, unknown estrogen receptor status",
)
_MYELOMA = ("plasma cell dyscrasia", "discrasia de células plasmáticas", "lymphoma", "myeloma education")
_NOT_THE_PRODUCT = (
    "trastuzumab recommended",
    "trastuzumab - consider",
    "trastuzumab discussed with patient",
    "trastuzumab vs pertuzumab",
    "trastuzumab on hold",
    "trastuzumab en espera",
    "trastuzumab deferred",
    "trastuzumab waste",
    "trastuzumab level",
    "anti-trastuzumab",
    "hypersensitivity to trastuzumab",
    "candidate for trastuzumab",
    "eligible for trastuzumab",
    "trastuzumab naive",
    "without trastuzumab",
    "sin trastuzumab",
    "trastuzumab if HER2+",
    "trastuzumab to start next month",
    "trastuzumab not covered",
    "trastuzumab denied by insurance",
    "missed dose of trastuzumab",
    "unable to give trastuzumab",
    "trastuzumab ordered in error",
    "trastuzumab (husband)",
)
_THE_PRODUCT = (
    "Herceptin 150 mg injection",
    "trastuzumab 420 mg in sodium chloride 0.9 % 250 mL",
    "trastuzumab maintenance",
    "INJ TRASTUZUMAB 10MG",
    "trastuzumab (HERCEPTIN) IVPB",
    "trastuzumab, without preservative",
)
_REMARKS = ("Patient declined", "dose omitted", "never started", "refused by patient", "no administrado", "for husband")


def of_diagnosis(code: str, words: str, drug: str, criterion: str) -> str:
    record = condition(code)
    return truths(judged(record | {"code": record["code"] | {"text": words}}, drug=drug))[criterion]


def is_counted(record: Json) -> bool:
    return bool(drawn(condition(), record)[0])


@pytest.mark.parametrize("words", _BREAST)
def test_words_of_another_matter_take_a_breast_cancer_code_back(words: str) -> None:
    assert of_diagnosis("C50.911", words, BREAST, "diagnosis.breast-cancer") == "unknown"


@pytest.mark.parametrize("words", _STANDING)
def test_words_of_the_same_cancer_leave_its_code(words: str) -> None:
    assert of_diagnosis("C50.911", words, BREAST, "diagnosis.breast-cancer") == "met"


@pytest.mark.parametrize("words", _MYELOMA)
def test_words_of_another_matter_take_a_myeloma_code_back(words: str) -> None:
    assert of_diagnosis("C90.02", words, MYELOMA, "diagnosis.multiple-myeloma") == "unknown"


_STANDING_MYELOMA = (
    "RRMM",
    "Relapsed/refractory multiple myeloma",
    "NDMM",
    "High risk multiple myeloma (HCC)",
    "Multiple myeloma, high-risk cytogenetics",
    "Standard-risk multiple myeloma",
    "Mieloma múltiple de alto riesgo",
    "Light chain multiple myeloma, no prior transplant",
)


@pytest.mark.parametrize(
    "words", ["Risk of multiple myeloma", "At high risk for multiple myeloma", "riesgo de mieloma"]
)
def test_a_risk_of_myeloma_is_none(words: str) -> None:
    assert of_diagnosis("C90.02", words, MYELOMA, "diagnosis.multiple-myeloma") == "unknown"


@pytest.mark.parametrize("words", _STANDING_MYELOMA)
def test_plain_names_of_myeloma_leave_its_code(words: str) -> None:
    assert of_diagnosis("C90.02", words, MYELOMA, "diagnosis.multiple-myeloma") == "met"


@pytest.mark.parametrize(
    ("words", "count"), [*((one, 0) for one in _NOT_THE_PRODUCT), *((one, 1) for one in _THE_PRODUCT)]
)
def test_words_of_a_product_that_was_not_given_take_its_code_back(words: str, count: int) -> None:
    record = given("trastuzumab", "2023-02-02")
    product = record["medicationCodeableConcept"] | {"text": words}
    assert is_counted(record | {"medicationCodeableConcept": product}) == bool(count)


@pytest.mark.parametrize("remark", _REMARKS)
def test_a_short_remark_takes_a_giving_back(remark: str) -> None:
    assert not is_counted(given("trastuzumab", "2023-02-02") | {"note": [{"text": remark}]})


def test_a_long_remark_may_tell_of_one_dose_of_many() -> None:
    remark = "Second dose was declined for a cold; treatment went on a week later without further delay."
    assert is_counted(given("trastuzumab", "2023-02-02") | {"note": [{"text": remark}]})


@pytest.mark.parametrize(
    ("words", "truth"),
    [
        ("Peritoneal carcinomatosis", "met"),
        ("Carcinomatosis of peritoneum (disorder)", "met"),
        ("Peritoneal implants of carcinoma", "met"),
        ("Peritoneal mesothelioma", "unknown"),
        ("Peritoneal carcinomatosis, suspected", "unknown"),
    ],
)
def test_words_that_name_spread_leave_the_code_of_a_metastasis(words: str, truth: str) -> None:
    record = condition("C78.6")
    spread = record | {"code": record["code"] | {"text": words}}
    assert truths(judged(condition("C50.911"), spread))["diagnosis.extent"] == truth


@pytest.mark.parametrize(("onset", "truth"), [("2025-11-02", "unknown"), ("2025-09-02", "met")])
def test_a_newer_remission_against_its_own_words_leaves_a_relapse_open(onset: str, truth: str) -> None:
    relapse = condition("C90.02", onsetDateTime="2025-10-02")
    remission = condition("C90.01", onsetDateTime=onset)
    doubted = remission | {"code": remission["code"] | {"text": "Suspected, pending"}}
    assert truths(judged(relapse, doubted, drug=MYELOMA))["diagnosis.relapsed-or-refractory"] == truth
