"""Signs that look like proof and are none: found by review, each once wrong."""

import pytest
from fhir_charts import SNOMED, before, coded, condition, counted, cycles, finding, given, observation, text

from policies.model.findings import State


@pytest.mark.parametrize(
    ("display", "value"),
    [
        ("Stage 4", "metastatic"),
        ("Stage IVB", "metastatic"),
        ("IV", "metastatic"),
        ("Stage 1", None),
        ("Stage II", None),
        ("stage group IIIA", None),
        ("cM0", None),
    ],
)
def test_a_stage_code_against_its_own_display_proves_nothing(display: str, value: str | None) -> None:
    found = finding("disease_extent", condition(), observation("21908-9", coded("258228008", SNOMED, display=display)))
    assert found.value == value
    if value is None:
        assert display in found.note


@pytest.mark.parametrize("written", ["3+ (positive), ISH not performed", "3+; see comment", "3+, FISH pending"])
def test_what_is_said_of_another_test_does_not_contradict_a_score(written: str) -> None:
    assert finding("her2_ihc_score", observation("85319-2", text(written))).value == "3+"


@pytest.mark.parametrize("written", ["3+ negative", "3+, indeterminate"])
def test_a_word_against_the_score_does(written: str) -> None:
    assert finding("her2_ihc_score", observation("85319-2", text(written))).state is not State.KNOWN


def test_a_drug_of_an_earlier_line_that_comes_back_makes_no_anti_her2_therapy_of_the_running_line() -> None:
    records = [
        given("trastuzumab", before(900)),
        *cycles("capecitabine", before(500), 10),
        given("trastuzumab", before(350)),
    ]
    assert counted("prior_anti_her2_therapies", *records) == 1


def test_a_unit_that_is_an_annotation_is_not_shown() -> None:
    value = {"valueQuantity": {"value": 1.2, "unit": "{ratio}"}}
    found = finding(
        "her2_ish_result", observation("49683-6", value), observation("74860-8", {"valueQuantity": {"value": 3}})
    )
    assert "HER2/CEP17 ratio 1.2" in [item.summary for item in found.evidence]
