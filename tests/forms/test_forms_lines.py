"""The table of lines in the form: filled in for the clinician, who corrects it, and read back beside the number."""

import pytest
from form_parts import faults, form_named, items_of, read, response, written

from fhir_mappings.questionnaires.line_answer import lines_answer
from fhir_mappings.therapy.line import Doubt, Opening
from fhir_mappings.therapy.line_table import LineTable, PossibleRow, Row
from fhir_mappings.wording import wording
from policies.model.findings import Evidence
from tests.words import said

SHOWN = Evidence("MedicationAdministration/1", "given")
FIRST_LINE = Row(
    number=1,
    start="2021-07-01",
    last="2022-06-20",
    ids=("docetaxel", "trastuzumab"),
    drugs=("docetaxel", "trastuzumab"),
    setting="metastatic",
    setting_why="Begun after it.",
    opening=Opening.FIRST,
    why="The first treatment on file.",
    evidence=(SHOWN,),
)
ONE_DAY = Row(2, "2022-07-01", "2022-07-01", ("x",), ("T-DM1",), "", "", Opening.NEW_DRUG, "New.", (SHOWN,))
MAYBE = PossibleRow("tucatinib", "tucatinib", "", Doubt.NOT_PROVEN, "No record proves that it was given.", SHOWN)
TABLE = LineTable((FIRST_LINE, ONE_DAY), (MAYBE,))
FIRST, MYELOMA_FORM = "prior_anti_her2_therapies", "elranatamab-initial"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("margetuximab-initial", [f"{FIRST}:lines"]),
        (MYELOMA_FORM, ["prior_lines:lines"]),
        ("margetuximab-continuation", []),
        ("elranatamab-continuation", []),
    ],
)
def test_the_table_stands_once_in_a_form_that_counts_lines(name: str, expected: list[str]) -> None:
    every = [item for item in items_of(written(form_named(name))) if item["type"] == "text"]
    texts = [item for item in every if not item["linkId"].endswith(":shown")]
    assert [item["linkId"] for item in texts] == expected
    assert all("required" not in item and "correct" in item["text"] for item in texts)


def test_the_draft_holds_a_line_each_with_its_days_and_setting() -> None:
    item = lines_answer(form_named("margetuximab-initial"), TABLE, wording())
    assert item is not None
    assert item["linkId"] == f"{FIRST}:lines"
    assert item["answer"][0]["valueString"].splitlines() == [
        "1. docetaxel + trastuzumab (Jul 1, 2021 to Jun 20, 2022, metastatic)",
        "2. T-DM1 (Jul 1, 2022)",
        "May be a further one: tucatinib (no date). No record proves that it was given.",
    ]


@pytest.mark.parametrize(
    ("name", "table"),
    [(MYELOMA_FORM, None), (MYELOMA_FORM, LineTable((), ())), ("margetuximab-continuation", TABLE)],
)
def test_nothing_is_filled_in_where_nothing_is_counted_or_known(name: str, table: LineTable | None) -> None:
    assert lines_answer(form_named(name), table, wording()) is None


def with_lines(text: object, **more: object) -> dict[str, object]:
    """An answered form with the table of lines as a person left it."""
    content = response(form_named(MYELOMA_FORM), {})
    answer = [{"linkId": "prior_lines:lines", "answer": [{"valueString": text}]}]
    number = [{"linkId": "prior_lines", "answer": [{"valueInteger": value}]} for value in more.values()]
    return content | {"item": [*number, *answer]}


def test_the_corrected_table_stands_beside_the_number() -> None:
    note = read(with_lines("1. VRd (2019)\n2. KRd (2021)", number=2)).findings["prior_lines"].note
    assert said(note).endswith("The lines, as they stand in the answered form: 1. VRd (2019) 2. KRd (2021)")


def test_the_table_alone_decides_nothing() -> None:
    assert "prior_lines" not in read(with_lines("1. VRd (2019)")).findings


def test_an_empty_table_says_nothing() -> None:
    assert "lines" not in said(read(with_lines(" ", number=2)).findings["prior_lines"].note)


def test_a_table_that_is_no_text_is_a_fault() -> None:
    (fault,) = faults(with_lines(3, number=2))
    assert (fault.link_id, fault.text) == ("prior_lines:lines", "takes a text")


def test_the_form_without_a_count_of_lines_knows_no_table() -> None:
    content = response(form_named("margetuximab-continuation"), {})
    content["item"] = [{"linkId": f"{FIRST}:lines", "answer": [{"valueString": "x"}]}]
    assert [fault.text for fault in faults(content)] == ["item 1, in reading order, is no item of this form"]
