"""What says that a metastasis was none leaves it open: a benign tissue of the organ, and no remission (reading 7)."""

import pytest
from fhir_charts import Json, condition, finding, given, judged, resource, truths

from fhir_mappings.disease.ruled_out import is_benign
from policies.model.findings import State

LIVER = "Secondary malignant neoplasm of liver and intrahepatic bile duct"
BENIGN = (
    "Liver, core biopsy: benign hemangioma",
    "Liver biopsy: no malignancy identified",
    "FNA of liver negative for malignancy",
    "Hepatic lesions are cysts on biopsy",
    "Liver lesions are not metastases",
    "Biopsia de hígado: sin malignidad",
    "Lesiones hepáticas: no son metástasis",
)
NOT_BENIGN = (
    "Liver biopsy: metastatic carcinoma of the breast",
    "Bone biopsy: benign",
    "No evidence of liver metastases on CT",
    "Liver metastases have resolved on treatment",
    "Liver biopsy non-diagnostic, no malignant cells, repeat",
    "Fatty liver",
    "Benign cyst of the liver on ultrasound",
)


def report(words: str, on: str) -> Json:
    return resource("DiagnosticReport", status="final", code={"text": "Report"}, effectiveDateTime=on, conclusion=words)


def spread(code: str = "C78.7", display: str = LIVER, **members: object) -> Json:
    found = condition(code, **({"onsetDateTime": "2022-01-10"} | members))
    found["code"]["coding"][0]["display"] = display
    return found


@pytest.mark.parametrize("words", BENIGN)
def test_a_benign_finding_in_the_organ_leaves_its_metastasis_open(words: str) -> None:
    assert is_benign(words)
    found = finding("disease_extent", condition(), spread(), report(words, "2022-01-10"))
    assert found.state is State.UNKNOWN
    assert words[:20] in found.note


@pytest.mark.parametrize("words", BENIGN)
def test_an_older_benign_finding_says_nothing_of_a_later_metastasis(words: str) -> None:
    assert finding("disease_extent", condition(), spread(), report(words, "2022-01-09")).value == "metastatic"


@pytest.mark.parametrize("words", NOT_BENIGN)
def test_what_is_no_denial_of_the_metastasis_leaves_it_proven(words: str) -> None:
    assert finding("disease_extent", condition(), spread(), report(words, "2022-03-01")).value == "metastatic"


def test_a_metastasis_of_another_organ_stands() -> None:
    bone = spread("C79.51", "Secondary malignant neoplasm of bone")
    found = finding("disease_extent", condition(), spread(), bone, report(BENIGN[0], "2022-03-01"))
    assert found.value == "metastatic"


def test_the_onset_of_a_metastasis_may_be_a_period() -> None:
    period = spread(onsetDateTime=None, onsetPeriod={"start": "2022-01-05", "end": "2022-01-20"})
    lines = [given(drug, on) for drug, on in (("trastuzumab", "2022-02-01"), ("lapatinib", "2023-02-01"))]
    assert truths(judged(condition(), period, *lines))["prior-anti-her2.metastatic"] == "met"


@pytest.mark.parametrize(
    ("status", "reason", "count"),
    [
        ("completed", "Patient refused", "unknown"),
        ("in-progress", "Drug withheld", "unknown"),
        ("completed", "Se rehusó", "unknown"),
        ("completed", "Per protocol", "met"),
        ("completed", "Patient refused further doses", "met"),
        ("stopped", "Patient refused further doses", "met"),
    ],
)
def test_the_reason_of_an_administration_not_performed_belies_one_that_was(
    status: str, reason: str, count: str
) -> None:
    second = given("lapatinib", "2023-02-01", status=status, statusReason=[{"text": reason}])
    found = truths(judged(condition(), spread(), given("trastuzumab", "2022-02-01"), second))
    assert found["prior-anti-her2.count"] == count
