"""The table of lines: settings with their grounds, reasons in words, and what coded intents say."""

from dataclasses import replace
from typing import Any

import pytest
from fhir_charts import (
    BREAST,
    MYELOMA,
    SNOMED,
    Json,
    concept,
    condition,
    finding,
    given,
    judged,
    metastatic,
    prescribed,
    progression,
    reading_of,
    taken,
)

from fhir_mappings.chart.clinical_records import INTENT
from fhir_mappings.therapy.line_table import LineTable, in_one_line, line_table
from fhir_mappings.wording import wording
from tests.words import said

METASTATIC = "prior_anti_her2_therapies_metastatic"
SINCE = "2021-06-01"
CODES = {"adjuvant": "373846009", "neoadjuvant": "73847000", "palliative": "363676003", "curative": "373808002"}
OLD_NAME = INTENT.replace("procedure", "treatment")


def table(*records: Json, drug: str = BREAST) -> LineTable:
    return line_table(reading_of(condition() if drug == BREAST else condition("C90.00"), *records, drug=drug))


def coded(intent: str, url: str = INTENT) -> Json:
    return {"extension": [{"url": url, "valueCodeableConcept": concept(CODES[intent], SNOMED)}]}


def setting(*records: Json) -> tuple[str, str]:
    (row,) = table(*records).rows
    return row.setting, said(row.setting_why)


@pytest.mark.parametrize(
    ("start", "intents", "expected"),
    [
        ("2021-06-01", [], ("metastatic", "Begun on or after the first proof of advanced disease (2021-06-01).")),
        ("2021-06-01", ["palliative"], ("metastatic", "Begun on or after the first proof")),
        ("2021-06-01", ["curative"], ("metastatic", "Begun on or after the first proof")),
        ("2021-06-01", ["adjuvant"], ("unknown", "Coded as adjuvant, which the first proof")),
        ("2021-05-31", [], ("adjuvant or neoadjuvant", "Begun before the first proof")),
        ("2021-05-31", ["neoadjuvant"], ("neoadjuvant", "Begun before the first proof")),
        ("2021-05-31", ["adjuvant", "neoadjuvant"], ("adjuvant or neoadjuvant", "Begun before the first proof")),
        ("2021-05-31", ["palliative"], ("unknown", "Coded as palliative, which the first proof")),
        ("2021", [], ("unknown", "Not dated well enough to be held against")),
        ("2021", ["adjuvant"], ("adjuvant", "Coded as adjuvant; no date tells")),
        ("2021", ["adjuvant", "palliative"], ("unknown", "Not dated well enough")),
    ],
)
def test_dates_tell_the_setting_and_a_coded_intent_tells_more(
    start: str, intents: list[str], expected: tuple[str, str]
) -> None:
    extensions = [one for intent in intents for one in coded(intent)["extension"]]
    found, why = setting(metastatic(SINCE), given("trastuzumab", start, extension=extensions))
    assert (found, why[: len(expected[1])]) == expected


@pytest.mark.parametrize(
    ("intent", "expected"), [("adjuvant", "adjuvant"), ("palliative", "advanced"), ("curative", "unknown")]
)
@pytest.mark.parametrize("proof", [[], [metastatic(None)]])
def test_without_a_dated_proof_only_a_coded_intent_tells(intent: str, expected: str, proof: list[Json]) -> None:
    assert setting(*proof, given("trastuzumab", "2021-06-01", **coded(intent)))[0] == expected


def test_an_intent_is_read_by_both_names_of_the_extension_and_as_a_reason() -> None:
    ways: list[dict[str, Any]] = [
        coded("adjuvant"),
        coded("adjuvant", OLD_NAME),
        {"reasonCode": [concept(CODES["adjuvant"], SNOMED)]},
    ]
    for way in ways:
        assert setting(given("trastuzumab", "2021-06-01", **way))[0] == "adjuvant"
    assert setting(given("trastuzumab", "2021-06-01", **coded("adjuvant", "http://example.org/intent")))[0] == "unknown"


def test_a_reason_that_is_an_intent_says_nothing_of_whose_the_treatment_is() -> None:
    bare = given("trastuzumab", "2022-01-01", reasonCode=[concept(CODES["palliative"], SNOMED)])
    assert finding(METASTATIC, condition(), metastatic(SINCE), bare).value is not None


def test_a_policy_that_names_no_codes_of_intents_reads_none() -> None:
    reading = reading_of(condition(), given("trastuzumab", "2022-01-01", **coded("adjuvant")))
    figures = reading.policy.figures
    without = replace(reading.policy, figures=replace(figures, lines=replace(figures.lines, intents="")))
    (row,) = line_table(replace(reading, policy=without)).rows
    assert row.setting == "unknown"


def test_an_intent_against_the_dates_takes_a_line_out_of_the_count_and_says_so() -> None:
    found = finding(METASTATIC, condition(), metastatic(SINCE), given("trastuzumab", "2022-01-01", **coded("adjuvant")))
    assert found.value is None
    assert found.note == (
        "Given, but what its intent is coded as and the first proof of advanced disease (2021-06-01) contradict each "
        "other, and so not counted here: trastuzumab from 2022-01-01."
    )


def test_lines_that_are_not_counted_are_told_by_their_ground() -> None:
    records = [
        given("trastuzumab", "2019-01-01"),
        given("trastuzumab-emtansine", "2020-01-01", **coded("palliative")),
        given("trastuzumab-deruxtecan", "2022-01-01"),
    ]
    note = finding(METASTATIC, condition(), metastatic(SINCE), *records).note
    assert "The chart proves 1: fam-trastuzumab deruxtecan" in note
    assert "begun before the first proof of advanced disease (2021-06-01), and so not counted here: trastuzumab" in note
    assert "contradict each other, and so not counted here: ado-trastuzumab emtansine" in note


def test_myeloma_has_no_setting() -> None:
    (row,) = table(given("bortezomib", "2021-06-01", **coded("palliative")), drug=MYELOMA).rows
    assert (row.setting, row.setting_why) == ("", "")


def test_each_line_says_why_it_begins() -> None:
    found = table(
        given("trastuzumab", "2018-01-01"),
        given("eribulin", "2019-01-01"),
        given("doxorubicin", "2020-01-01"),
        progression("2021-01-01"),
        taken("letrozole", "2021-01-15"),
    )
    assert [said(row.why) for row in found.rows] == [
        "The first treatment on file: trastuzumab.",
        "A new main drug, begun after the 28 days in which drugs join the line before: eribulin.",
        "A new drug, begun more than 180 days after the start of the line before: doxorubicin.",
        "Progression was recorded on 2021-01-01; begun after it: letrozole.",
    ]


def test_the_last_progression_before_a_line_is_the_one_that_is_named() -> None:
    records = [taken("letrozole", "2018-01-01"), progression("2019-01-01"), progression("2020-01-01")]
    assert "2020-01-01" in said(
        table(*records, taken("fulvestrant", "2020-01-15"), progression("2021-01-01")).rows[1].why
    )


def test_what_may_be_a_line_says_why_it_is_not_certain() -> None:
    found = table(
        given("trastuzumab", "2018-01-01"),
        given("trastuzumab", "2019-01-01"),
        taken("letrozole", "2018-03-01"),
        given("vinorelbine", "2019-02-15"),
        given("trastuzumab", "2019-03-01"),
        given("eribulin", None),
        given("lapatinib", "2026-11"),
        prescribed("tucatinib", "2020-01-01", status="active"),
        given("capecitabine", "2020-02-01", reasonReference=[{"reference": "Condition/gone"}]),
    )
    assert {one.id: said(one.why) for one in found.possible} == {
        "letrozole": "It may have been added to the line before: no progression is recorded.",
        "trastuzumab": "It was given before; after a pause of more than 90 days it may be the same treatment.",
        "vinorelbine": "It may have been added to the regimen that went on: trastuzumab is on record until 2019-03-01,"
        " and no progression before it.",
        "eribulin": "It has no date.",
        "lapatinib": "It is not dated well enough to be placed.",
        "tucatinib": "No record proves that it was given.",
        "capecitabine": "It may have been for another disease.",
    }
    days = [one.start for one in found.possible]
    assert days == sorted(days, key=lambda day: day or "undated")


def test_the_table_in_one_line() -> None:
    found = table(
        metastatic(SINCE),
        *(given(drug, "2022-01-01") for drug in ("docetaxel", "trastuzumab")),
        given("trastuzumab-emtansine", "2023-01-01"),
        prescribed("tucatinib", "2024-01-01", status="active"),
        given("eribulin", None),
    )
    assert in_one_line(found, wording()) == (
        "1. docetaxel + trastuzumab (Jan 1, 2022, metastatic); 2. ado-trastuzumab emtansine (T-DM1) (Jan 1, 2023, "
        "metastatic); may be further ones: tucatinib (Jan 1, 2024), eribulin (no date)"
    )
    assert in_one_line(LineTable((), ()), wording()) == ""


def test_only_a_request_that_counts_lines_has_a_table() -> None:
    assert judged(condition("C90.00"), given("bortezomib", "2020-01-01"), drug=MYELOMA).lines is not None
    assert judged(condition(), given(BREAST, "2026-09-01"), given(BREAST, "2026-11-01")).lines is None
