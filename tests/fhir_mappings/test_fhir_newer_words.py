"""Words that are newer than a result, and say otherwise, leave it open; they prove nothing (readings 4, 18 and 20)."""

import pytest
from fhir_charts import MYELOMA, Json, ecog, finding, observation, resource, text

from policies.model.findings import Range, State

IHC, ISH = "85319-2", "85318-4"


def report(words: str, on: str) -> Json:
    code = {"text": "Report"}
    return resource("DiagnosticReport", status="final", code=code, effectiveDateTime=on, conclusion=words)


@pytest.mark.parametrize(
    ("words", "leaves_open"),
    [
        ("Liver biopsy: HER2 1+ (negative)", True),
        ("HER2 negative on repeat biopsy", True),
        ("HER2 IHC 0", True),
        ("HER2-low", True),
        ("HER2 2+, FISH to follow", True),
        ("ER positive, PR negative, HER2 3+", False),
        ("HER2 positive disease", False),
        ("HER2-positive, ER negative", False),
        ("Normal mammogram", False),
    ],
)
def test_newer_words_that_say_less_leave_a_positive_stain_open(words: str, leaves_open: bool) -> None:
    stain = observation(IHC, text("3+"), on="2026-03-01")
    newer, older = (finding("her2_ihc_score", stain, report(words, on)) for on in ("2026-03-02", "2026-03-01"))
    assert (newer.state is State.UNKNOWN, older.value) == (leaves_open, "3+")
    assert not leaves_open or words.split(",", maxsplit=1)[0] in newer.note


@pytest.mark.parametrize("words", ["HER2 not amplified by FISH", "HER2 negative"])
def test_newer_words_that_say_less_leave_a_positive_hybridization_open(words: str) -> None:
    test = observation(ISH, text("Amplified"), on="2026-03-01")
    assert finding("her2_ish_result", test, report(words, "2026-03-02")).state is State.UNKNOWN
    assert finding("her2_ish_result", test, report(words, "2026-02-28")).value == "positive"


@pytest.mark.parametrize(
    ("grade", "words", "leaves_open"),
    [
        (1, "ECOG 3", True),
        (1, "ECOG 2", False),
        (2, "ECOG PS 3, declining", True),
        (3, "ECOG 1, improved", True),
        (1, "ECOG was 3 in spring", False),
        (1, "No ECOG 3", False),
    ],
)
def test_newer_words_for_a_grade_matter_where_the_policy_would_rule_otherwise(
    grade: int, words: str, leaves_open: bool
) -> None:
    result = ecog({"valueInteger": grade}, on="2026-11-01")
    newer, older = (finding("ecog", result, report(words, on), drug=MYELOMA) for on in ("2026-11-02", "2026-11-01"))
    assert (newer.state is State.UNKNOWN, older.value) == (leaves_open, Range.exactly(grade))


def coded_conclusion(code: str, on: str) -> Json:
    concluded = [{"coding": [{"system": "http://snomed.info/sct", "code": code}]}]
    return resource("DiagnosticReport", status="final", code={"text": "Report"}, effectiveDateTime=on) | {
        "conclusionCode": concluded
    }


@pytest.mark.parametrize("fact", ["her2_ihc_score", "her2_ish_result"])
def test_the_coded_conclusion_of_a_report_is_shown_where_no_result_decides(fact: str) -> None:
    found = finding(fact, coded_conclusion("427685000", "2026-03-01"))
    assert found.state is State.UNKNOWN
    assert "Human epidermal growth factor 2 positive" in found.note


def test_a_coded_conclusion_that_says_otherwise_counts_as_its_words_would() -> None:
    stain = observation(IHC, text("3+"), on="2026-03-01")
    negative = [
        finding("her2_ihc_score", stain, coded_conclusion("431396003", on)) for on in ("2026-03-02", "2026-03-01")
    ]
    assert [one.value for one in negative] == [None, "3+"]
    less = observation(IHC, text("1+"), on="2026-03-01")
    assert finding("her2_ish_result", less).value == "negative"
    assert finding("her2_ish_result", less, coded_conclusion("427685000", "2026-03-02")).state is State.UNKNOWN
