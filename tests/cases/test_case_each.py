"""A case with a list is run once with each thing of it."""

import pytest
from casebook_files import HEAD, cases_of, catalogue_on_file, drawn, entry, faults_of, names_of

from fhir_mappings.cases import case_runner
from fhir_mappings.cases.mutation_trials import run_cases
from fhir_mappings.sketches.names import SketchError
from policies.kinds.performance import PERFORMANCE_STATUS

REST = "order: {drug: margetuximab, on: 2026-06-01}, chart: [{condition: each}], expect: {ruling: unknown}"


def file_of(entry_text: str) -> str:
    return f"{HEAD}  - {{{entry_text}}}"


def test_each_thing_makes_a_case_that_names_it() -> None:
    first, second = cases_of(file_of(f"case: A list, each: [C50.911, C50.912], {REST}"))
    assert (first.sentence, first.title, first.each) == ("A list (C50.911)", "A list", "C50.911")
    assert (second.chart[0].about, second.place) == (("C50.912",), first.place)


def test_it_can_stand_in_order_chart_answers_and_expectation() -> None:
    text = (
        "case: A list, each: [eribulin], order: {drug: margetuximab, on: 2026-06-01, beside: [each]}, "
        "chart: [{prescribed: [each, paclitaxel], for: each}], answered: {combination_partner: each}, "
        "expect: {ruling: unknown, notes: {combination-chemotherapy: each}}"
    )
    (case,) = cases_of(file_of(text))
    assert case.order.beside == ("eribulin",)
    assert (case.chart[0].about, case.chart[0].word("for")) == (("eribulin", "paclitaxel"), "eribulin")
    assert case.answered["combination_partner"].value == "eribulin"
    assert case.expect.notes == {"combination-chemotherapy": "eribulin"}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            f"case: A list, each: [C50.911], {REST}".replace("condition: each", "condition: C50.911"),
            "does not use what",
        ),
        (f"case: A list, each: [C50.911, C50.911], {REST}", "'C50.911' stands twice in this list"),
        (f"case: A list, each: [], {REST}", "0 is too few here"),
    ],
)
def test_a_faulty_list_is_told(text: str, cause: str) -> None:
    (fault,) = faults_of(file_of(text))
    assert cause in fault


STATUSES = REST.replace("condition: each", "her2 ihc: 3+, status: each")


def test_it_can_stand_where_only_some_words_may_stand() -> None:
    first, second = cases_of(file_of(f"case: A list, each: [final, cancelled], {STATUSES}"))
    assert [case.chart[0].word("status") for case in (first, second)] == ["final", "cancelled"]


def test_a_thing_that_may_not_stand_there_is_told_with_its_place() -> None:
    (fault,) = faults_of(file_of(f"case: A list, each: [final, canceled], {STATUSES}"))
    assert "'canceled' is not allowed here" in fault
    assert fault.startswith("cases/test.yaml:6:")


def test_the_word_for_each_thing_is_none_without_a_list() -> None:
    assert "'each' is not allowed here" in faults_of(file_of(f"case: No list, {STATUSES}"))[0]


def test_a_fault_of_the_case_is_told_once() -> None:
    text = f"case: A list, each: [C50.911, C50.912], {REST}".replace("2026-06-01", "2026-06-31")
    assert len(faults_of(file_of(text))) == 1


def test_the_report_counts_what_comes_out_and_names_what_does_not() -> None:
    text = f"case: A list, each: [C50.911, Z85.3, C50.912], {REST}".replace(
        "ruling: unknown", "ruling: unknown, criteria: {diagnosis.breast-cancer: met}"
    )
    results = run_cases(cases_of(file_of(text)), catalogue_on_file()).results
    lines = case_runner.report(results).splitlines()
    assert lines[0] == "ok    A list (2 of 3)"
    assert lines[1] == "FAIL  A list (Z85.3)"
    assert lines[-1] == "3 cases, 1 failed"


def test_a_code_of_an_answer_stands_alone_and_a_test_can_be_chosen() -> None:
    (one,) = drawn(entry("ecog", "1", code="422512005", test="89262-0"))
    assert one["code"]["coding"][0]["code"] == "89262-0"
    assert one["valueCodeableConcept"]["coding"] == [{"system": "http://snomed.info/sct", "code": "422512005"}]


@pytest.mark.parametrize(
    "line",
    [
        entry("ecog", "1", test="89243-0", second_test="89247-1"),
        entry("her2 ihc", "3+", test="32996-1", second_test="85319-2"),
        entry("condition", "C50.911", second_code="C79.81"),
    ],
)
def test_a_result_or_a_diagnosis_can_have_two_codes(line: object) -> None:
    (one,) = drawn(line)  # type: ignore[arg-type]
    assert len(one["code"]["coding"]) == 2


def test_a_method_stands_with_the_result() -> None:
    (one,) = drawn(entry("her2 overall", "positive", method="787997001"))
    assert one["method"]["coding"][0]["code"] == "787997001"


def test_an_order_can_name_a_code_that_stands_for_any_drug() -> None:
    assert names_of().drug("J9999")["coding"][0]["code"] == "J9999"


def test_a_code_that_is_not_verified_cannot_be_drawn() -> None:
    with pytest.raises(SketchError, match="'42800-3' is no verified code of 'ecog-tests'"):
        drawn(entry("ecog", "1", test="42800-3"))


def test_value_sets_are_those_of_the_policy_else_the_usual_ones() -> None:
    assert names_of("elranatamab").of_kind(PERFORMANCE_STATUS, "tests") == "ecog-tests"
    assert names_of("margetuximab").of_kind(PERFORMANCE_STATUS, "tests") == "ecog-tests"
    assert names_of("elranatamab").conditions[0] == "multiple-myeloma"
