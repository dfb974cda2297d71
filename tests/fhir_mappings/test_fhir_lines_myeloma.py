"""Lines of therapy in multiple myeloma: readings 10 and 12."""

import pytest
from fhir_charts import MYELOMA, Json, before, condition, counted, drawn, given, procedure, progression, taken

START = "2018-01-01"


def day(days: int) -> str:
    return before(-days, START)


def together(on: str, *drugs: str) -> list[Json]:
    return [given(drug, on) for drug in drugs]


def lines_of(*records: Json) -> list[set[str]]:
    return drawn(condition("C90.00"), *records, drug=MYELOMA)[0]


def possible(*records: Json) -> list[str]:
    return drawn(condition("C90.00"), *records, drug=MYELOMA)[1]


VRD = ("bortezomib", "lenalidomide", "dexamethasone")


def test_a_triplet_is_one_line_and_its_steroid_is_none() -> None:
    assert lines_of(*together(START, *VRD)) == [{"bortezomib", "lenalidomide"}]


def test_a_steroid_alone_is_no_line() -> None:
    assert lines_of(given("dexamethasone", START)) == []


@pytest.mark.parametrize(("days", "number"), [(60, 1), (61, 2)])
def test_a_new_main_drug_starts_a_line_after_sixty_days(days: int, number: int) -> None:
    assert len(lines_of(*together(START, *VRD), given("daratumumab", day(days)))) == number


def test_induction_transplant_and_maintenance_are_one_line() -> None:
    records = [
        *together(START, *VRD),
        *together(day(60), *VRD),
        given("melphalan", day(150)),
        taken("lenalidomide", day(250)),
    ]
    assert lines_of(*records) == [{"bortezomib", "lenalidomide", "melphalan"}]
    assert possible(*records) == []


@pytest.mark.parametrize(("days", "further"), [(90, []), (91, ["melphalan"])])
def test_conditioning_without_a_gap_belongs_to_its_induction_and_a_late_one_may_be_a_line(
    days: int, further: list[str]
) -> None:
    assert possible(*together(START, *VRD), given("melphalan", day(days))) == further


@pytest.mark.parametrize(("days", "further"), [(90, []), (91, ["ixazomib"])])
def test_ixazomib_follows_bortezomib_without_a_gap(days: int, further: list[str]) -> None:
    assert possible(given("bortezomib", START), taken("ixazomib", day(days))) == further


def test_bortezomib_to_ixazomib_as_maintenance_stays_in_the_line() -> None:
    assert lines_of(*together(START, *VRD), taken("ixazomib", day(200))) == [{"bortezomib", "lenalidomide", "ixazomib"}]


def test_an_antibody_added_to_a_triplet_that_goes_on_may_be_a_line_only() -> None:
    records = [
        *together(START, *VRD),
        *together(day(60), *VRD),
        *together(day(120), *VRD),
        given("daratumumab", day(90)),
    ]
    assert lines_of(*records) == [{"bortezomib", "lenalidomide", "daratumumab"}]
    assert possible(*records) == ["daratumumab"]


def test_daratumumab_into_the_vein_and_then_under_the_skin_is_one_line() -> None:
    under_the_skin = {
        "coding": [{"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J9144"}]
    }
    records = [given("daratumumab", START), given("daratumumab", day(70), medicationCodeableConcept=under_the_skin)]
    assert lines_of(*records) == [{"daratumumab"}]
    assert possible(*records) == []


@pytest.mark.parametrize("resumed", [1000, 1060])
def test_drd_years_after_vrd_may_be_a_line_only(resumed: int) -> None:
    """Lenalidomide is of both: it may have gone on in records that are missing."""
    records = [*together(START, *VRD), given("daratumumab", day(1000)), given("lenalidomide", day(resumed))]
    assert lines_of(*records) == [{"bortezomib", "lenalidomide", "daratumumab"}]
    assert "daratumumab" in possible(*records)


def test_a_drug_of_the_old_regimen_that_joins_a_new_one_after_its_window_leaves_the_new_one_a_line() -> None:
    records = [*together(START, *VRD), given("daratumumab", day(1000)), given("lenalidomide", day(1061))]
    assert lines_of(*records) == [{"bortezomib", "lenalidomide"}, {"daratumumab", "lenalidomide"}]


def test_progression_between_makes_a_line_of_drd_after_vrd() -> None:
    second = together(day(1000), "daratumumab", "lenalidomide")
    assert len(lines_of(*together(START, *VRD), progression(day(990)), *second)) == 2


def test_drd_then_kd_then_epd_are_three_lines() -> None:
    records = [
        *together(START, "daratumumab", "lenalidomide", "dexamethasone"),
        *together(day(500), "carfilzomib", "dexamethasone"),
        *together(day(900), "elotuzumab", "pomalidomide", "dexamethasone"),
    ]
    assert lines_of(*records) == [{"daratumumab", "lenalidomide"}, {"carfilzomib"}, {"elotuzumab", "pomalidomide"}]
    assert counted("prior_lines", condition("C90.00"), *records, drug=MYELOMA) == 3


def test_lymphodepletion_belongs_to_its_car_t() -> None:
    records = [
        *together(START, *VRD),
        given("cyclophosphamide", day(695)),
        procedure("idecabtagene-vicleucel", day(700)),
    ]
    assert lines_of(*records) == [{"bortezomib", "lenalidomide"}, {"cyclophosphamide", "idecabtagene-vicleucel"}]
    assert possible(*records) == []


def test_lymphodepletion_of_several_doses_a_day_right_after_a_running_line_belongs_to_its_car_t() -> None:
    records = [
        *together(day(-40), "carfilzomib"),
        *together(day(40), "carfilzomib"),
        *together(day(100), "cyclophosphamide", "cyclophosphamide"),
        *together(day(101), "cyclophosphamide"),
        procedure("idecabtagene-vicleucel", day(105)),
    ]
    assert lines_of(*records) == [{"carfilzomib"}, {"cyclophosphamide", "idecabtagene-vicleucel"}]
    assert possible(*records) == []


@pytest.mark.parametrize(("days", "lines"), [(120, 1), (121, 2)])
def test_what_may_be_the_bridge_to_cells_is_of_their_line(days: int, lines: int) -> None:
    records = [given("carfilzomib", START), procedure("ciltacabtagene-autoleucel", day(days))]
    assert len(lines_of(*records)) == lines
    assert possible(*records) == (["carfilzomib"] if lines == 1 else [])


def test_a_treatment_that_failed_before_the_cells_is_a_line() -> None:
    records = [given("carfilzomib", START), progression(day(90)), procedure("ciltacabtagene-autoleucel", day(100))]
    assert lines_of(*records) == [{"carfilzomib"}, {"ciltacabtagene-autoleucel"}]


@pytest.mark.parametrize("product", ["idecabtagene-vicleucel", "ciltacabtagene-autoleucel"])
def test_a_car_t_that_stands_only_as_a_procedure_is_a_line(product: str) -> None:
    assert lines_of(*together(START, *VRD), procedure(product, day(700)))[1] == {product}


@pytest.mark.parametrize(("days", "number", "further"), [(90, 1, ["lenalidomide"]), (91, 2, [])])
def test_rd_after_vd_is_a_line_once_vd_has_ended(days: int, number: int, further: list[str]) -> None:
    records = [given("bortezomib", START), given("lenalidomide", day(days))]
    assert len(lines_of(*records)) == number
    assert possible(*records) == further


def test_recorded_progression_makes_rd_after_vd_a_line() -> None:
    records = [given("bortezomib", START), progression(day(480)), given("lenalidomide", day(500))]
    assert lines_of(*records) == [{"bortezomib"}, {"lenalidomide"}]


def test_a_salvage_transplant_after_progression_is_a_line() -> None:
    records = [*together(START, *VRD), progression(day(900)), given("melphalan", day(930))]
    assert lines_of(*records)[1] == {"melphalan"}


def test_four_drugs_in_four_lines_meet_the_count() -> None:
    records = [
        *together(START, *VRD),
        *together(day(400), "daratumumab", "pomalidomide"),
        *together(day(800), "carfilzomib"),
        *together(day(1100), "selinexor"),
    ]
    assert counted("prior_lines", condition("C90.02"), *records, drug=MYELOMA) == 4


@pytest.mark.parametrize(("days", "further"), [(330, []), (331, ["lenalidomide"])])
def test_maintenance_follows_conditioning_within_two_gaps(days: int, further: list[str]) -> None:
    records = [*together(START, *VRD), *together(day(60), *VRD), given("melphalan", day(150))]
    assert possible(*records, taken("lenalidomide", day(days))) == further


def test_an_alkylator_of_the_induction_is_no_conditioning() -> None:
    records = [*together(START, "bortezomib", "cyclophosphamide"), taken("lenalidomide", day(80))]
    assert possible(*records) == ["lenalidomide"]
