"""What stands beside a record is held against it: remarks, categories, specimens, methods, withdrawn reports."""

import pytest
from fhir_charts import MYELOMA, SNOMED, condition, dispensed, ecog, finding, given, observation, resource, taken, text

from fhir_mappings.clinical.anatomy import plain
from fhir_mappings.text_forms.sheets import word_groups, word_pattern
from policies.model.findings import Range, State

IHC, ISH = "85319-2", "85318-4"
BEFORE = "2026-11-10"


@pytest.mark.parametrize(
    "remark",
    [
        "Corrected, see the second report",
        "Mislabeled slide",
        "This was reported in error",
        "Amended: HER2 1+",
        "Control tissue",
        "Not yet verified",
        "External control failed",
        "Result invalid",
        "Resultado anulado",
        "Repeat advised, poor fixation",
        "Second read: HER2 2+",
        "Staining in 8% of tumor cells",
        "Unreliable after decalcification",
        "Preliminary",
        "Previously 1+ on core biopsy",
    ],
)
def test_a_remark_that_doubts_a_stain_leaves_it_open(remark: str) -> None:
    seen = finding("her2_ihc_score", observation(IHC, text("3+"), note=[{"text": remark}]))
    assert (seen.state, bool(seen.evidence)) == (State.UNKNOWN, True)


@pytest.mark.parametrize(
    "remark",
    [
        "All controls stained appropriately",
        "Clone 4B5",
        "Fixed for 12 h in formalin",
        "ER negative, PR negative",
        "HER2 3+ in 80% of the cells",
        "FISH not performed",
        "Result verified by Dr. Ortiz",
        "Reviewed, no discrepancies",
        "Poorly differentiated carcinoma",
    ],
)
def test_a_remark_that_has_nothing_against_a_stain_leaves_it_as_it_is(remark: str) -> None:
    assert finding("her2_ihc_score", observation(IHC, text("3+"), note=[{"text": remark}])).value == "3+"


@pytest.mark.parametrize("score", ["0", "1+"])
def test_a_remark_that_says_more_leaves_a_negative_stain_open(score: str) -> None:
    stain = observation(IHC, text(score), note=[{"text": "Consensus: HER2 3+"}])
    assert finding("her2_ihc_score", stain).state is State.UNKNOWN
    assert finding("her2_ish_result", stain).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("result", "remark"), [("Amplified", "Not amplified in area 2"), ("Not amplified", "Amplified")]
)
def test_a_remark_that_says_the_opposite_leaves_a_hybridization_open(result: str, remark: str) -> None:
    assert finding("her2_ish_result", observation(ISH, text(result), note=[{"text": remark}])).state is State.UNKNOWN


@pytest.mark.parametrize(
    "beside",
    [
        {"specimen": {"display": "Serum"}},
        {"method": {"text": "ELISA"}},
        {"method": {"text": "RT-PCR (21 genes)"}},
        {"category": [{"text": "Quality control"}]},
    ],
)
def test_what_is_of_no_tissue_and_of_no_patient_is_shown_and_open(beside: dict[str, object]) -> None:
    seen = finding("her2_ihc_score", observation(IHC, text("3+"), **beside))
    assert (seen.state, bool(seen.evidence)) == (State.UNKNOWN, True)


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_result_that_only_withdrawn_reports_name_is_open(status: str) -> None:
    def report(status: str, name: str) -> dict[str, object]:
        named = [{"reference": "Observation/stain"}]
        return resource("DiagnosticReport", id=name, status=status, code={"text": "Pathology"}, result=named)

    stain = observation(IHC, text("3+"), id="stain")
    assert finding("her2_ihc_score", stain, report(status, "a")).state is State.UNKNOWN
    assert finding("her2_ihc_score", stain, report(status, "a"), report("final", "b")).value == "3+"


@pytest.mark.parametrize(
    "remark",
    [
        "Not confirmed by biopsy",
        "Biopsy negative",
        "Biopsia benigna",
        "Pathology shows no malignancy",
        "DCIS only",
        "Entered by error",
        "Only a suspicion",
        "Biopsy pending",
        "Suspected.",
    ],
)
def test_a_remark_that_denies_a_diagnosis_leaves_it_open(remark: str) -> None:
    seen = finding("breast_cancer", condition(note=[{"text": remark}]))
    assert (seen.state, bool(seen.evidence)) == (State.UNKNOWN, True)


@pytest.mark.parametrize(
    "remark",
    ["ER negative", "No family history of cancer", "HER2 testing pending", "Suspected liver metastases", "Stage IIA"],
)
def test_a_remark_of_something_else_leaves_a_diagnosis_as_it_is(remark: str) -> None:
    assert finding("breast_cancer", condition(note=[{"text": remark}])).value is True


@pytest.mark.parametrize("remark", ["Score 3 today", "Should be ECOG 3", "The caregiver's", "Copied from 2024"])
def test_a_remark_beside_a_grade_leaves_it_open(remark: str) -> None:
    assert finding("ecog", ecog({"valueInteger": 1}, note=[{"text": remark}]), drug=MYELOMA).state is State.UNKNOWN


@pytest.mark.parametrize("name", ["Baseline ECOG", "ECOG at diagnosis", "Worst ECOG", "ECOG eligibility criterion"])
def test_a_grade_that_is_of_another_day_by_its_name_is_none_of_today(name: str) -> None:
    test = {"coding": [{"system": "http://loinc.org", "code": "89247-1"}], "text": name}
    assert finding("ecog", ecog({"valueInteger": 1}, code=test), drug=MYELOMA).state is State.UNKNOWN


def test_an_interpretation_that_names_another_grade_leaves_it_open() -> None:
    beside = [{"text": "ECOG 4"}]
    assert finding("ecog", ecog({"valueInteger": 1}, interpretation=beside), drug=MYELOMA).state is State.UNKNOWN


@pytest.mark.parametrize("value", ["valueString", "note"])
def test_what_any_result_says_in_words_is_proposed(value: str) -> None:
    said = {"valueString": "ECOG 1"} if value == "valueString" else {"note": [{"text": "ECOG 1"}]}
    note = resource("Observation", status="final", code={"text": "Impression"}, effectiveDateTime=BEFORE, **said)
    assert "ECOG 1" in finding("ecog", note, drug=MYELOMA).note


def test_a_grade_in_the_list_of_diagnoses_is_proposed() -> None:
    grade = condition(code={"coding": [{"system": SNOMED, "code": "422512005"}]})
    assert finding("ecog", grade, drug=MYELOMA).evidence


@pytest.mark.parametrize("table", ["denial_words", "course_words"])
def test_every_group_of_a_table_of_words_finds_its_examples_and_no_others(table: str) -> None:
    for name, words in word_groups(table).items():
        pattern = word_pattern(table, name)
        assert words.says, name
        assert [one for one in words.finds if not pattern.search(plain(one))] == [], name
        assert [one for one in words.passes if pattern.search(plain(one))] == [], name


@pytest.mark.parametrize(
    ("record", "counts"),
    [
        (given("trastuzumab", BEFORE, dosage={"dose": {"value": 0, "unit": "mg"}}), False),
        (given("trastuzumab", BEFORE, dosage={"rateQuantity": {"value": 0, "unit": "mL/h"}}), False),
        (given("trastuzumab", BEFORE, dosage={"rateQuantity": {"value": 250, "unit": "mL/h"}}), True),
        (given("trastuzumab", BEFORE, dosage={"rateRatio": {"numerator": {"value": 0, "unit": "mL"}}}), False),
        (given("trastuzumab", BEFORE, dosage={"dose": {"value": 420}, "rateQuantity": {"value": 0}}), True),
        (taken("trastuzumab", BEFORE, dosage=[{"doseAndRate": [{"rateQuantity": {"value": 0}}]}]), False),
        (taken("trastuzumab", BEFORE, dosage=[{"doseAndRate": [{"doseQuantity": {"value": 0, "unit": "mg"}}]}]), False),
        (dispensed("trastuzumab", BEFORE, quantity={"value": 0, "unit": "vial"}), False),
        (
            dispensed("trastuzumab", BEFORE, dosageInstruction=[{"doseAndRate": [{"doseQuantity": {"value": 0}}]}]),
            False,
        ),
        (taken("trastuzumab", BEFORE, dosage=[{"doseAndRate": [{"doseQuantity": {"value": 420}}]}]), True),
        (dispensed("trastuzumab", BEFORE, quantity={"value": 1, "unit": "vial"}), True),
        (dispensed("trastuzumab", BEFORE, quantity="none"), True),
        (given("trastuzumab", BEFORE, dosage={"text": "HELD"}), False),
        (taken("trastuzumab", BEFORE, dosage=[{"text": "Dose held"}]), False),
        (given("trastuzumab", BEFORE, dosage={"text": "6 mg/kg IV"}), True),
        (given("trastuzumab", BEFORE, note=[{"text": "Line held open"}]), True),
        (given("trastuzumab", BEFORE, note=[{"text": "Held"}]), False),
        (given("trastuzumab", BEFORE, note=[{"text": "Dose skipped"}]), False),
        (given("trastuzumab", BEFORE, note=[{"text": "Discarded 20 mg of the vial"}]), True),
        (given("trastuzumab", BEFORE, note=[{"text": "Next cycle planned in 3 weeks"}]), True),
    ],
)
def test_what_was_given_at_zero_or_held_proves_nothing(record: dict[str, object], *, counts: bool) -> None:
    found = finding("prior_anti_her2_therapies", condition(), record)
    assert (found.value.at_least if isinstance(found.value, Range) else 0) == int(counts)
