"""Bounds that no number fits, rows that never speak, dates that cannot be, texts still to be written."""

import pytest
from workbench_files import ELRANATAMAB, MARGETUXIMAB, Edit, causes, made, only

from policies.checks.figures import check
from policies.checks.remarks import Remark

LOW = 'says: "Fewer than <copies.below> copies a cell"'
PLAIN = "says: Few copies a cell"


def remarks(name: str, *edits: Edit) -> list[Remark]:
    return list(check(*made(name, *edits)))


@pytest.mark.parametrize("name", [MARGETUXIMAB, ELRANATAMAB])
def test_the_policies_on_file_have_neither_fault_nor_warning(name: str) -> None:
    assert remarks(name) == []


@pytest.mark.parametrize(
    ("edit", "place", "cause"),
    [
        (
            (
                'copies: {at_least: 4.0, below: 6.0}, says: "<copies',
                'copies: {at_least: 6.0, below: 4.0}, says: "<copies',
            ),
            "definitions.her2-ish.rows[5].copies",
            "'at_least' is not below 'below', so that no number fits",
        ),
        (
            (f"copies: {{below: 4.0}}, {LOW}", f"copies: {{at_least: 7.0}}, {PLAIN}"),
            "definitions.her2-ish.rows[6]",
            "This row never speaks: row 4 above takes everything that would fit it",
        ),
        (
            ("score: 1+, says", "score: 3+, says"),
            "definitions.her2-ihc.rows[2]",
            "This row never speaks: row 0 above takes everything that would fit it",
        ),
        (
            ("probe: single, copies: {below: 4.0}", "copies: {below: 4.0}"),
            "definitions.her2-ish.rows[6]",
            "This row never speaks: it has bounds, but no probe",
        ),
        (
            (f"copies: {{below: 4.0}}, {LOW}", f"ratio: {{below: 4.0}}, {PLAIN}"),
            "definitions.her2-ish.rows[6]",
            "This row never speaks: a single probe measures no ratio",
        ),
        (
            (f"copies: {{below: 4.0}}, {LOW}", PLAIN),
            "definitions.her2-ish.rows[6]",
            "This row never speaks: it has no score and no bounds",
        ),
    ],
)
def test_a_row_that_never_speaks_is_a_fault(edit: Edit, place: str, cause: str) -> None:
    remark = only(remarks(MARGETUXIMAB, edit))
    assert remark.stops
    assert f"({place})" in str(remark)
    assert remark.problem.cause == cause


def test_a_row_that_some_numbers_still_reach_is_no_fault() -> None:
    assert remarks(MARGETUXIMAB, ("probe: single, copies: {below: 4.0}", "probe: single, copies: {below: 7.0}")) == []


def test_a_definition_that_no_fact_uses_is_a_fault() -> None:
    spare = "definitions:\n  spare:\n    says: Spare.\n    rows: [{result: positive, score: 3+, says: Spare}]"
    found = remarks(ELRANATAMAB, ("definitions: {}", spare))
    assert causes(found) == ["No fact uses the definition 'spare'"]


@pytest.mark.parametrize(
    ("edit", "cause"),
    [
        (("adopted: 2024-06-28", "adopted: 2024-06-31"), "'2024-06-31' is no day of the calendar"),
        (("[2025-04-02, 2025-12-11]", "[2025-04-02, 2025-13-11]"), "'2025-13-11' is no day of the calendar"),
        (("[2025-04-02, 2025-12-11]", "[2025-12-11, 2025-04-02]"), "2025-04-02 lies before 2025-12-11"),
        (("adopted: 2024-06-28", "adopted: 2025-06-28"), "2025-04-02 lies before 2025-06-28"),
    ],
)
def test_an_impossible_date_is_a_fault(edit: Edit, cause: str) -> None:
    remark = only(remarks(ELRANATAMAB, edit))
    assert remark.stops
    assert remark.problem.cause.startswith(cause)


def test_a_version_before_the_adoption_is_suspicious() -> None:
    remark = only(
        remarks(
            ELRANATAMAB, ("adopted: 2024-06-28", "adopted: 2026-06-28"), ("[2025-04-02, 2025-12-11]", "[2026-06-28]")
        )
    )
    assert not remark.stops
    assert "before the document was adopted" in remark.problem.cause


def test_what_is_still_to_be_written_is_a_warning_at_its_place() -> None:
    remark = only(remarks(ELRANATAMAB, ("number: MP-RX-FP-120-24", 'number: "TODO: the number"')))
    assert not remark.stops
    assert "(document.number): This is still to be written" in str(remark)
    assert str(remark).startswith("Warning: ")
