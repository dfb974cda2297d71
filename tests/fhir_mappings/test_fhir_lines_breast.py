"""Lines of therapy in breast cancer: readings 10 and 12."""

import pytest
from fhir_charts import (
    Json,
    before,
    coded,
    condition,
    counted,
    cycles,
    drawn,
    given,
    metastatic,
    observation,
    progression,
    reading_of,
    taken,
)

from fhir_mappings.therapy.line_table import line_table
from fhir_mappings.therapy.lines import lines
from policies.model.notes import Note

START = "2020-01-01"


def day(days: int) -> str:
    return before(-days, START)


def together(on: str, *drugs: str) -> list[Json]:
    return [given(drug, on) for drug in drugs]


def lines_of(*records: Json) -> list[set[str]]:
    return drawn(*records)[0]


def test_drugs_given_together_are_one_line() -> None:
    assert lines_of(*together(START, "trastuzumab", "pertuzumab", "docetaxel")) == [
        {"trastuzumab", "pertuzumab", "docetaxel"}
    ]


@pytest.mark.parametrize(("days", "number"), [(0, 1), (28, 1), (29, 2)])
def test_a_new_main_drug_starts_a_line_after_twenty_eight_days(days: int, number: int) -> None:
    assert len(lines_of(given("trastuzumab", START), given("capecitabine", day(days)))) == number


def test_a_drug_added_to_a_regimen_that_goes_on_may_be_a_line_only() -> None:
    records = [*cycles("trastuzumab", START, 4), given("capecitabine", day(40))]
    assert drawn(*records) == ([{"trastuzumab", "capecitabine"}], ["capecitabine"])


@pytest.mark.parametrize(("last", "number"), [(99, 2), (100, 1), (101, 1)])
def test_a_record_of_the_old_drug_on_or_after_the_first_day_of_the_new_one_makes_an_addition(
    last: int, number: int
) -> None:
    records = [given("trastuzumab", START), given("trastuzumab", day(60)), given("trastuzumab", day(last))]
    assert len(lines_of(*records, given("capecitabine", day(100)))) == number


def test_progression_recorded_before_an_addition_makes_a_line_of_it() -> None:
    records = [condition(), *cycles("trastuzumab", START, 8), progression(day(80)), given("eribulin", day(100))]
    assert drawn(*records) == ([{"trastuzumab"}, {"trastuzumab", "eribulin"}], [])


def test_a_drug_that_was_given_again_only_long_after_is_no_part_of_what_went_on() -> None:
    records = [given("trastuzumab", START), given("eribulin", day(100)), given("trastuzumab", day(300))]
    assert lines_of(*records) == [{"trastuzumab"}, {"eribulin"}, {"trastuzumab"}]


@pytest.mark.parametrize("again", [200, 228])
def test_an_old_drug_that_is_given_again_with_a_new_one_makes_an_addition_of_it_whatever_lies_before(
    again: int,
) -> None:
    """Between the two records of the old drug may be missing ones; they never make two therapies out of one."""
    records = [given("trastuzumab", START), given("vinorelbine", day(200)), given("trastuzumab", day(again))]
    found, possible = drawn(*records)
    assert found == [{"trastuzumab", "vinorelbine"}]
    assert "vinorelbine" in possible


def test_an_old_drug_that_is_given_again_after_the_window_of_a_new_one_has_come_back() -> None:
    records = [given("trastuzumab", START), given("vinorelbine", day(200)), given("trastuzumab", day(229))]
    assert lines_of(*records) == [{"trastuzumab"}, {"vinorelbine"}, {"trastuzumab"}]


@pytest.mark.parametrize(("last", "number"), [(327, 2), (328, 1)])
def test_an_old_drug_that_comes_back_while_a_new_one_goes_on_for_the_days_of_the_window_is_beside_it(
    last: int, number: int
) -> None:
    new = taken("capecitabine", day(200), day(last), status="stopped")
    old = [given("trastuzumab", day(days)) for days in (0, 300, 321, 342)]
    assert len(lines_of(*old, new)) == number


def test_phesgo_long_after_the_last_record_of_trastuzumab_may_be_a_line_only() -> None:
    records = [given("trastuzumab", START), given("pertuzumab-trastuzumab", day(181))]
    assert drawn(*records) == ([{"trastuzumab", "pertuzumab"}], ["trastuzumab", "pertuzumab"])
    assert counted("prior_anti_her2_therapies", *records) == 1


def test_a_claimed_partner_that_begins_with_the_old_drug_after_a_gap_is_told_with_the_day_of_both() -> None:
    records = [condition(), given("trastuzumab", START), *together(day(300), "trastuzumab", "vinorelbine")]
    (told,) = [one for one in line_table(reading_of(*records)).possible if one.id == "vinorelbine"]
    assert told.why == Note("line.doubt.overlap_again", beside="trastuzumab", first=day(300), days=90)


@pytest.mark.parametrize("between", [progression(day(290)), metastatic(day(290))])
def test_progression_or_the_first_proof_of_advanced_disease_makes_a_line_of_what_begins_with_an_old_drug(
    between: Json,
) -> None:
    records = [condition(), given("trastuzumab", START), between, *together(day(300), "trastuzumab", "vinorelbine")]
    assert drawn(*records)[0] == [{"trastuzumab"}, {"trastuzumab", "vinorelbine"}]


def test_another_regimen_in_between_makes_a_line_of_what_begins_with_an_old_drug() -> None:
    records = [
        given("trastuzumab", START),
        given("eribulin", day(150)),
        *together(day(300), "trastuzumab", "tucatinib"),
    ]
    assert lines_of(*records) == [{"trastuzumab"}, {"eribulin"}, {"trastuzumab", "tucatinib"}]


def test_cycles_of_one_regimen_are_one_line() -> None:
    records = [*cycles("trastuzumab", START, 20), *cycles("docetaxel", START, 6)]
    assert drawn(*records) == ([{"trastuzumab", "docetaxel"}], [])


def test_dropping_a_partner_starts_nothing() -> None:
    records = [*cycles("docetaxel", START, 6), *cycles("trastuzumab", START, 30), *cycles("pertuzumab", START, 30)]
    assert drawn(*records) == ([{"trastuzumab", "pertuzumab", "docetaxel"}], [])


@pytest.mark.parametrize("code", ["J9355", "Q5114", "Q5113", "Q5117", "Q5116", "Q5112"])
def test_a_biosimilar_starts_nothing(code: str) -> None:
    biosimilar = {"coding": [{"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": code}]}
    records = [given("trastuzumab", START), given("trastuzumab", day(60), medicationCodeableConcept=biosimilar)]
    assert drawn(*records) == ([{"trastuzumab"}], [])


def test_a_subcutaneous_form_starts_nothing() -> None:
    under_the_skin = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "2119713"}]}
    records = [given("trastuzumab", START), given("trastuzumab", day(60), medicationCodeableConcept=under_the_skin)]
    assert drawn(*records) == ([{"trastuzumab"}], [])


def test_phesgo_after_trastuzumab_with_pertuzumab_starts_nothing() -> None:
    records = [
        *cycles("trastuzumab", START, 4),
        *cycles("pertuzumab", START, 4),
        given("pertuzumab-trastuzumab", day(84)),
    ]
    assert drawn(*records) == ([{"trastuzumab", "pertuzumab"}], [])


def test_phesgo_after_trastuzumab_alone_adds_pertuzumab_which_may_be_a_line() -> None:
    records = [*cycles("trastuzumab", START, 4), given("pertuzumab-trastuzumab", day(84))]
    assert drawn(*records) == ([{"trastuzumab", "pertuzumab"}], ["pertuzumab"])


@pytest.mark.parametrize("conjugate", ["trastuzumab-emtansine", "trastuzumab-deruxtecan"])
def test_a_conjugate_after_trastuzumab_is_a_new_line(conjugate: str) -> None:
    records = [*cycles("trastuzumab", START, 8), *cycles(conjugate, day(200), 4)]
    assert lines_of(*records) == [{"trastuzumab"}, {conjugate}]
    assert counted("prior_anti_her2_therapies", *records) == 2


@pytest.mark.parametrize(("gap", "possible"), [(90, []), (91, ["trastuzumab"])])
def test_a_restart_after_a_gap_raises_only_the_upper_end(gap: int, possible: list[str]) -> None:
    assert drawn(given("trastuzumab", START), given("trastuzumab", day(gap))) == ([{"trastuzumab"}], possible)


def test_the_end_of_a_period_counts_toward_the_gap() -> None:
    first = taken("lapatinib", START, day(300), status="stopped")
    assert drawn(first, taken("lapatinib", day(390))) == ([{"lapatinib"}], [])
    assert drawn(first, taken("lapatinib", day(391))) == ([{"lapatinib"}], ["lapatinib"])


@pytest.mark.parametrize(("days", "number"), [(190, 1), (191, 3)])
def test_an_old_main_drug_that_comes_back_after_another_regimen_is_a_line(days: int, number: int) -> None:
    """Up to the gap it may have gone on all the time, and the other one is an addition."""
    records = [given("trastuzumab", day(100)), given("capecitabine", day(140)), given("trastuzumab", day(days))]
    assert len(lines_of(*records)) == number


def test_an_old_main_drug_that_comes_back_after_an_endocrine_one_may_be_the_same_line() -> None:
    records = [given("trastuzumab", START), taken("letrozole", day(100)), given("trastuzumab", day(400))]
    assert drawn(*records)[1] == ["trastuzumab"]


def test_a_restart_shortly_before_a_new_partner_belongs_to_the_new_line_only() -> None:
    records = [
        given("trastuzumab", START),
        given("eribulin", day(200)),
        given("trastuzumab", day(390)),
        given("trastuzumab", day(395)),
        given("capecitabine", day(400)),
    ]
    assert drawn(*records) == ([{"trastuzumab"}, {"eribulin"}, {"trastuzumab", "capecitabine"}], [])
    assert lines(reading_of(*records)).certain[2].start.written == day(390)
    assert counted("prior_anti_her2_therapies", *records) == 2


def test_a_restart_long_before_a_new_partner_stays_where_it_was() -> None:
    records = [given("trastuzumab", START), given("trastuzumab", day(200)), given("vinorelbine", day(240))]
    assert drawn(*records) == ([{"trastuzumab"}, {"vinorelbine"}], ["trastuzumab"])


def test_a_restart_in_the_same_line_keeps_the_older_records_there() -> None:
    records = [given("trastuzumab", START), given("trastuzumab", day(200)), given("vinorelbine", day(210))]
    assert drawn(*records) == ([{"trastuzumab"}, {"trastuzumab", "vinorelbine"}], [])


@pytest.mark.parametrize("endocrine", ["letrozole", "tamoxifen", "fulvestrant"])
def test_an_endocrine_drug_added_to_a_running_regimen_raises_only_the_upper_end(endocrine: str) -> None:
    records = [*cycles("trastuzumab", START, 8), taken(endocrine, day(120))]
    assert drawn(*records) == ([{"trastuzumab", endocrine}], [endocrine])


@pytest.mark.parametrize(("days", "number"), [(90, 1), (91, 2)])
def test_an_endocrine_drug_after_the_end_of_a_regimen_is_a_line(days: int, number: int) -> None:
    assert len(lines_of(given("trastuzumab", START), taken("letrozole", day(days)))) == number


@pytest.mark.parametrize(("days", "number"), [(28, 1), (29, 2)])
def test_progression_recorded_after_the_window_makes_the_next_drug_a_line(days: int, number: int) -> None:
    records = [taken("letrozole", START), progression(day(days)), taken("fulvestrant", day(60))]
    assert len(lines_of(condition(), *records)) == number


def test_progression_on_the_very_day_of_the_change_counts() -> None:
    assert (
        len(lines_of(condition(), taken("letrozole", START), progression(day(60)), taken("fulvestrant", day(60)))) == 2
    )


def test_progression_after_the_change_makes_no_line() -> None:
    assert (
        len(lines_of(condition(), taken("letrozole", START), taken("fulvestrant", day(60)), progression(day(61)))) == 1
    )


def test_treatment_beyond_progression_is_no_new_line() -> None:
    records = [*cycles("trastuzumab", START, 10), progression(day(100))]
    assert drawn(condition(), *records) == ([{"trastuzumab"}], [])


def test_the_same_drugs_again_after_progression_and_a_pause_are_a_line() -> None:
    records = [given("trastuzumab", START), progression(day(100)), given("trastuzumab", day(200))]
    assert drawn(condition(), *records) == ([{"trastuzumab"}, {"trastuzumab"}], [])


def test_progression_beyond_which_treatment_went_on_makes_no_line_of_a_later_pause() -> None:
    records = [*cycles("trastuzumab", START, 8), progression(day(60)), given("trastuzumab", day(300))]
    assert drawn(condition(), *records) == ([{"trastuzumab"}], ["trastuzumab"])


@pytest.mark.parametrize(("proof", "number"), [(day(150), 2), (day(410), 1)])
def test_the_first_proof_of_advanced_disease_ends_an_adjuvant_line(proof: str, number: int) -> None:
    records = [*cycles("trastuzumab", START, 5), *cycles("trastuzumab", day(400), 5)]
    assert len(lines_of(condition(), metastatic(proof), *records)) == number


def test_endocrine_therapy_begun_for_advanced_disease_is_a_line() -> None:
    records = [taken("tamoxifen", START, day(700)), taken("letrozole", day(760))]
    found = lines(reading_of(condition(), metastatic(day(750)), *records))
    assert [one.opening.value for one in found.certain] == ["first_treatment", "advanced_disease"]


def test_an_adjuvant_drug_that_just_goes_on_when_the_disease_spreads_may_be_a_line() -> None:
    records = cycles("trastuzumab", START, 10)
    found = lines(reading_of(condition(), metastatic(day(100)), *records))
    assert [(one.drug, one.doubt.value) for one in found.possible] == [("trastuzumab", "goes_on")]
    assert len(found.certain) == 1


@pytest.mark.parametrize("code", ["359746009", "268910001", "709137006"])
def test_another_status_than_progression_makes_no_line(code: str) -> None:
    records = [
        taken("letrozole", START),
        observation("97509-4", coded(code), on=day(50)),
        taken("fulvestrant", day(60)),
    ]
    assert len(lines_of(condition(), *records)) == 1


def test_progression_of_another_cancer_makes_no_line() -> None:
    colon = condition("C18.9", id="colon")
    records = [
        taken("letrozole", START, reasonReference=[{"reference": "Condition/own"}]),
        progression(day(50), focus=[{"reference": "Condition/colon"}]),
    ]
    then = taken("fulvestrant", day(60), reasonReference=[{"reference": "Condition/own"}])
    assert len(lines_of(condition(id="own"), colon, *records, then)) == 1


@pytest.mark.parametrize(("days", "number"), [(84, 1), (180, 1), (181, 2)])
def test_an_anthracycline_lead_in_and_the_taxane_after_it_are_one_line(days: int, number: int) -> None:
    records = [*together(START, "doxorubicin", "cyclophosphamide"), *together(day(days), "paclitaxel", "trastuzumab")]
    assert len(lines_of(*records)) == number


def test_a_drug_that_follows_the_taxane_by_a_week_after_a_lead_in_is_in_the_plan_too() -> None:
    records = [
        *together(START, "doxorubicin", "cyclophosphamide"),
        given("paclitaxel", day(84)),
        *together(day(91), "trastuzumab", "pertuzumab"),
    ]
    assert drawn(*records) == ([{"doxorubicin", "cyclophosphamide", "paclitaxel", "trastuzumab", "pertuzumab"}], [])


@pytest.mark.parametrize(("days", "number"), [(180, 1), (181, 2)])
def test_an_anthracycline_after_other_drugs_needs_longer_to_be_a_line(days: int, number: int) -> None:
    assert len(lines_of(given("trastuzumab", START), given("epirubicin", day(days)))) == number


def test_the_usual_course_of_a_metastatic_patient_is_told_apart() -> None:
    records = [
        *cycles("docetaxel", START, 6),
        *cycles("trastuzumab", START, 16),
        *cycles("pertuzumab", START, 16),
        *cycles("trastuzumab-emtansine", day(400), 10),
        *together(day(700), "tucatinib", "capecitabine", "trastuzumab"),
        *cycles("trastuzumab-deruxtecan", day(900), 8),
    ]
    assert lines_of(*records) == [
        {"docetaxel", "trastuzumab", "pertuzumab"},
        {"trastuzumab-emtansine"},
        {"tucatinib", "capecitabine", "trastuzumab"},
        {"trastuzumab-deruxtecan"},
    ]
    assert counted("prior_anti_her2_therapies", *records) == 4


def test_a_line_of_chemotherapy_alone_is_no_anti_her2_therapy() -> None:
    assert counted("prior_anti_her2_therapies", given("trastuzumab", START), given("eribulin", day(200))) == 1


@pytest.mark.parametrize(
    ("first", "second"), [("2020", "2020-03-01"), ("2020-01", "2020-02-10"), ("2020-01-01", "2020")]
)
def test_dates_to_the_month_or_year_make_no_line_that_is_not_sure(first: str, second: str) -> None:
    assert len(lines_of(given("trastuzumab", first), given("eribulin", second))) == 1


def test_dates_to_the_year_make_a_line_where_no_day_of_them_could_be_in_the_window() -> None:
    assert len(lines_of(given("trastuzumab", "2020"), given("eribulin", "2022"))) == 2


def test_a_main_drug_that_may_lie_after_the_lead_in_may_be_a_further_line() -> None:
    records = [given("doxorubicin", "2020"), given("paclitaxel", "2020-12-01")]
    assert drawn(*records) == ([{"doxorubicin", "paclitaxel"}], ["paclitaxel"])


def test_records_on_the_day_of_the_order_are_not_earlier() -> None:
    assert lines_of(given("trastuzumab", "2026-11-24")) == []
    assert lines_of(given("trastuzumab", "2026-11-23")) == [{"trastuzumab"}]


def test_a_record_that_may_lie_before_the_order_may_be_a_line() -> None:
    assert drawn(given("trastuzumab", "2026-11")) == ([], ["trastuzumab"])
