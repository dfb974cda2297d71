"""HER2 results as registries, laboratories, vendors and test data really send them, one row a form.

A row tells what stands in the record, what immunohistochemistry comes to, and what in situ hybridization comes to.
A dash is "unknown, but shown", three dots are "not even shown": the form says nothing of that test.
"""

from typing import Any

import pytest
from fhir_charts import LOINC, SNOMED, Json, bundle, coded, concept, condition, finding, observation, quantity, text

from policies.model.findings import Role, State

STAIN, STATUS, PRESENCE, RATIO, COPIES, CENTROMERES = "85319-2", "48676-1", "85318-4", "49683-6", "74860-8", "74861-6"
PANEL, TUMOR = "74885-5", "96893-3"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
UNKNOWN, SILENT, CONFLICT = "-", "...", "conflict"


def outcome(fact: str, *results: Json) -> str:
    found = finding(fact, *results)
    if found.state is State.KNOWN:
        return str(found.value)
    if found.state is State.CONFLICTING:
        return CONFLICT
    assert {one.role for one in found.evidence} <= {Role.POSSIBLE}
    return UNKNOWN if found.evidence else SILENT


def both(*results: Json) -> tuple[str, str]:
    return outcome("her2_ihc_score", *results), outcome("her2_ish_result", *results)


def part(code: str, value: Json, words: str = "") -> Json:
    return {"code": concept(code, text=words), **value}


def ratio_of(numerator: float, **members: Any) -> Json:
    return {"valueRatio": {"numerator": {"value": numerator}, "denominator": {"value": 1}}} | members


def interpreted(code: str) -> Json:
    return {"interpretation": [concept(code, INTERPRETATION)]}


POSITIVE, NEGATIVE = coded("LA6576-8", LOINC, display="Positive"), coded("LA6577-6", LOINC, display="Negative")
SCORE_3 = coded("LA11843-2", LOINC)


@pytest.mark.parametrize(
    ("value", "ihc", "ish"),
    [
        pytest.param(observation(STAIN, coded("10828004")), UNKNOWN, SILENT, id="positive in SNOMED without a score"),
        pytest.param(observation(STAIN, coded("260385009")), "negative", "negative", id="negative in SNOMED"),
        pytest.param(observation(STATUS, NEGATIVE), UNKNOWN, UNKNOWN, id="overall status without a method"),
        pytest.param(
            observation(STAIN, {"dataAbsentReason": concept("not-applicable", ABSENT)}), UNKNOWN, SILENT, id="no value"
        ),
        pytest.param(observation(STAIN, component=[part(STAIN, SCORE_3)]), "3+", SILENT, id="score in a component"),
        *(
            pytest.param(
                observation(STAIN, text(words), component=[part(STAIN, SCORE_3)]), ihc, ish, id=f"3+ in part, {words}"
            )
            for words, ihc, ish in (
                ("3+", "3+", SILENT),
                ("3+ - CANCELLED, wrong patient", UNKNOWN, SILENT),
                ("kein 3+", UNKNOWN, SILENT),
                ("Prior biopsy 3+", UNKNOWN, SILENT),
                ("Control: 3+", UNKNOWN, SILENT),
            )
        ),
        pytest.param(
            observation(STAIN, SCORE_3, component=[part(STAIN, text("3+ edge artifact"))]),
            UNKNOWN,
            SILENT,
            id="in part",
        ),
        pytest.param(
            observation(STAIN, component=[{"code": {"text": "HER2 IHC-Score"}, **SCORE_3}]), "3+", SILENT, id="by name"
        ),
        pytest.param(observation(STAIN, interpreted("POS")), UNKNOWN, SILENT, id="HL7 positive"),
        pytest.param(observation(STAIN, interpreted("NEG")), "negative", "negative", id="HL7 negative"),
        pytest.param(observation(STAIN, text("3+") | interpreted("POS")), "3+", SILENT, id="3+ and HL7 positive"),
        pytest.param(observation(STAIN, text("3+") | interpreted("NEG")), CONFLICT, SILENT, id="3+ and HL7 negative"),
        pytest.param(observation(STAIN, text("3+") | interpreted("A")), "3+", SILENT, id="3+ and HL7 abnormal"),
        pytest.param(observation(STAIN, text("3+") | interpreted("IND")), CONFLICT, SILENT, id="3+ but indeterminate"),
        pytest.param(observation(STAIN, note=[{"text": "HER2 3+"}]), UNKNOWN, SILENT, id="score in a remark only"),
        pytest.param(observation(PRESENCE, {"valueString": "3+"}), SILENT, UNKNOWN, id="3+ under an ISH code"),
        pytest.param(observation(PRESENCE, {"valueInteger": 3}), SILENT, UNKNOWN, id="3 under an ISH code"),
        pytest.param(observation(PRESENCE, quantity(3)), SILENT, UNKNOWN, id="a bare quantity of 3 under an ISH code"),
        pytest.param(observation(PANEL, component=[part(STAIN, text("3+"))]), "3+", SILENT, id="stain in a FISH panel"),
        pytest.param(observation("42783-1", POSITIVE), SILENT, SILENT, id="mutation"),
        pytest.param(observation("51981-9", POSITIVE), SILENT, SILENT, id="serum"),
        pytest.param(observation("72382-5", quantity(3)), SILENT, SILENT, id="amount of protein"),
    ],
)
def test_a_form_of_result_comes_to(value: Json, ihc: str, ish: str) -> None:
    assert both(value) == (ihc, ish)


@pytest.mark.parametrize(
    ("name", "ihc", "ish"),
    [
        ("Positive", UNKNOWN, "positive"),
        ("Negative", "negative", "negative"),
        ("Equivocal", "2+", "equivocal"),
        ("Borderline", "2+", "equivocal"),
        *[
            (name, UNKNOWN, UNKNOWN)
            for name in ("High", "Low", "Intermediate", "Indeterminate", "Wild Type", "Insufficient sample")
        ],
        *[(name, UNKNOWN, UNKNOWN) for name in ("Not Recorded", "Suppressed", "Unknown", "Not performed")],
    ],
)
def test_the_names_that_a_warehouse_holds_come_to(name: str, ihc: str, ish: str) -> None:
    assert outcome("her2_ihc_score", observation(STAIN, text(name))) == ihc
    assert outcome("her2_ish_result", observation(PRESENCE, text(name))) == ish


@pytest.mark.parametrize(
    ("number", "score"),
    [
        *[(number, "0") for number in ("0", "0+")],
        *[(number, "1+") for number in ("1", "1.0", "1+")],
        *[(number, "2+") for number in ("2", "2.0", "2+")],
        *[(number, "3+") for number in ("3", "3.0", "3+")],
        *[(number, UNKNOWN) for number in ("1-2", "2-3", "2-3+", "4", "30")],
    ],
)
def test_the_numbers_that_a_warehouse_holds_come_to(number: str, score: str) -> None:
    assert both(observation(STAIN, {"valueString": number})) == (score, "negative" if score in ("0", "1+") else SILENT)


@pytest.mark.parametrize(
    ("name", "number", "score"),
    [("Positive", "3", "3+"), ("Equivocal", "2", "2+"), ("Negative", "1+", "1+"), ("Negative", "0", "0")],
)
def test_a_name_beside_its_number_agrees(name: str, number: str, score: str) -> None:
    assert both(observation(STAIN, {"valueString": number, "interpretation": [{"text": name}]}))[0] == score


@pytest.mark.parametrize(
    ("name", "number"),
    [("Negative", "3"), ("Positive", "1+"), ("Positive", "2"), ("Low", "3+"), ("HER2-ultralow", "3+")],
)
def test_a_name_against_its_number_is_put_to_the_clinician(name: str, number: str) -> None:
    told = both(observation(STAIN, {"valueString": number, "interpretation": [{"text": name}]}))[0]
    assert told == CONFLICT


@pytest.mark.parametrize(
    ("value", "result"),
    [
        pytest.param([observation(RATIO, ratio_of(2.4))], "positive", id="ratio as a ratio"),
        pytest.param(
            [observation(RATIO, ratio_of(2.4, interpretation=[concept("260385009", SNOMED)]))], CONFLICT, id="belied"
        ),
        pytest.param([observation(RATIO, ratio_of(2.4, **interpreted("NEG")))], CONFLICT, id="belied in HL7 words"),
        pytest.param([observation(PRESENCE, {"valueString": "greater than 2.2"})], UNKNOWN, id="a number of what?"),
        pytest.param([observation(PRESENCE, quantity("2.2", "ratio", ">"))], "positive", id="above 2.2, old cut-off"),
        pytest.param([observation(PRESENCE, quantity("1.8", "ratio", "<"))], UNKNOWN, id="below 1.8, no copies"),
        pytest.param([observation(RATIO, {"valueString": "2.2:1"})], "positive", id="ratio as text with a colon"),
        pytest.param([observation(RATIO, {"valueString": "Ratio 2.4"})], "positive", id="ratio named in the text"),
        pytest.param([observation(RATIO, {"valueString": "HER2/CEP17 ratio: 2.4"})], "positive", id="named in full"),
        pytest.param([observation(PRESENCE, {"valueString": "ratio 2.4"})], "positive", id="ratio under presence"),
        pytest.param([observation(RATIO, {"valueString": "\u2265 2.0"})], "positive", id="at least, as a sign"),
        pytest.param([observation(RATIO, {"valueString": "6.2 copies/cell"})], "positive", id="copies under a ratio"),
        pytest.param([observation(RATIO, {"valueString": "2.4 copies/cell"})], UNKNOWN, id="few of them"),
        pytest.param([observation(RATIO, {"valueInteger": 2})], "positive", id="whole number"),
        pytest.param([observation(COPIES, {"valueInteger": 7})], "positive", id="whole number of copies"),
        pytest.param([observation(COPIES, {"valueString": "6.2 copies/cell"})], "positive", id="copies with a unit"),
        pytest.param([observation(COPIES, {"valueString": "5.2 (>10% of cells)"})], UNKNOWN, id="a remark beside it"),
        pytest.param([observation(RATIO, {"valueString": "2,4"})], UNKNOWN, id="a comma that could be two numbers"),
        pytest.param(
            [observation(RATIO, {"valueRange": {"low": {"value": 2.1}, "high": {"value": 2.5}}})],
            "positive",
            id="range",
        ),
        pytest.param(
            [observation(RATIO, {"valueRange": {"low": {"value": 1.9}, "high": {"value": 2.1}}})], UNKNOWN, id="across"
        ),
        pytest.param([observation(RATIO, {"valueRange": {"low": {"value": 2.0}}})], "positive", id="open range"),
        pytest.param([observation(RATIO, {"valueRange": {}})], UNKNOWN, id="empty range"),
    ],
)
def test_a_form_of_hybridization_comes_to(value: list[Json], result: str) -> None:
    assert outcome("her2_ish_result", *value) == result


@pytest.mark.parametrize(
    "unit",
    [
        "{copies}/nucleus",
        "{copies}/{cell}",
        "{signals}/{cell}",
        "signals per cell",
        "HER2 signals/cell",
        "copies/nuclei",
        "HER2 copies per nucleus",
        "{#}",
        "1",
    ],
)
def test_units_of_copies_are_read_however_they_are_written(unit: str) -> None:
    assert (
        outcome("her2_ish_result", observation(COPIES, {"valueQuantity": {"value": 6.2, "unit": unit}})) == "positive"
    )


@pytest.mark.parametrize("unit", ["ratio", "{ratio}", "HER2/CEP17 ratio", "HER2:CEN17 ratio", "Her2/neu/CEP-17 ratio"])
def test_units_of_a_ratio_are_read_however_they_are_written(unit: str) -> None:
    value = {"valueQuantity": {"value": 2.2, "unit": unit}}
    assert outcome("her2_ish_result", observation(COPIES, value)) == "positive"


@pytest.mark.parametrize("unit", ["CEP17 signals/cell", "copies/mL", "%", "cells"])
def test_other_units_are_shown_and_not_read(unit: str) -> None:
    value = {"valueQuantity": {"value": 6.2, "unit": unit}}
    assert outcome("her2_ish_result", observation(COPIES, value)) == UNKNOWN


def averages(copies: str, centromeres: str, words: str) -> Json:
    """What a Baltic laboratory sends: both averages under codes that mean something else."""
    parts = [
        part(PRESENCE, quantity(copies, "{copies}/nucleus"), "HER2"),
        part(STAIN, quantity(centromeres, "{copies}/nucleus"), words),
    ]
    return observation(TUMOR, component=parts)


@pytest.mark.parametrize("words", ["CEP17", "Chromosome 17 copies/nucleus", "Centromere"])
def test_centromere_copies_under_a_stain_code_give_the_ratio(words: str) -> None:
    assert both(averages("3.9", "1.9", words)) == (SILENT, "positive")
    assert both(averages("3.9", "3.0", words)) == (SILENT, "negative")


def test_copies_of_who_knows_what_are_no_single_probe() -> None:
    assert both(averages("3.9", "1.9", "")) == (SILENT, UNKNOWN)
    assert both(averages("6.5", "1.9", "")) == (SILENT, "positive")


def test_a_ratio_under_a_stain_code_is_a_ratio() -> None:
    assert both(observation(STAIN, quantity("2.4", "{ratio}"))) == (SILENT, "positive")


def held(member: Json, **members: Any) -> Json:
    return observation(PANEL, hasMember=[{"reference": f"Observation/{member['id']}"}], **members)


def few_or_many(copies: str, **members: Any) -> Json:
    return observation(COPIES, quantity(copies, "{copies}/nucleus"), **members)


@pytest.mark.parametrize(
    ("ratio", "copies", "result"),
    [("2.1", "3.5", "positive"), ("2.1", "4.5", "positive"), ("1.5", "6.0", "positive"), ("1.5", "5.9", "equivocal")],
)
def test_copies_beside_a_panel_of_the_same_day_belong_to_its_ratio(ratio: str, copies: str, result: str) -> None:
    inside = observation(RATIO, quantity(ratio, "{ratio}"))
    assert outcome("her2_ish_result", bundle(inside, held(inside), few_or_many(copies))) == result


def test_copies_of_another_day_or_of_another_specimen_are_another_test() -> None:
    inside = observation(RATIO, quantity("2.1", "{ratio}"), specimen={"reference": "Specimen/1"})
    for apart, result in (({"on": "2024-01-01"}, "positive"), ({"specimen": {"reference": "Specimen/2"}}, CONFLICT)):
        assert outcome("her2_ish_result", bundle(inside, held(inside), few_or_many("3.5", **apart))) == result


def test_two_panels_of_one_day_stay_two_tests() -> None:
    one, two = (observation(RATIO, quantity(ratio, "{ratio}")) for ratio in ("2.4", "2.1"))
    assert outcome("her2_ish_result", bundle(one, two, held(one), held(two))) == "positive"
    assert outcome("her2_ish_result", bundle(one, two, held(one), held(two), few_or_many("3.5"))) == CONFLICT


def test_a_result_without_a_specimen_belongs_to_the_only_one_of_its_day() -> None:
    ratio = observation(RATIO, quantity("2.1", "{ratio}"), specimen={"reference": "Specimen/1"})
    assert outcome("her2_ish_result", ratio, few_or_many("3.5")) == "positive"
    other = observation(RATIO, quantity("2.2", "{ratio}"), specimen={"reference": "Specimen/2"})
    assert outcome("her2_ish_result", ratio, other, few_or_many("3.5")) == CONFLICT


def test_the_word_of_a_panel_belongs_to_its_numbers() -> None:
    inside = observation(RATIO, quantity("2.4", "{ratio}"))
    assert outcome("her2_ish_result", bundle(inside, held(inside, **coded("260385009")))) == CONFLICT


@pytest.mark.parametrize(
    "other",
    [observation(STATUS, NEGATIVE), observation(STATUS, interpreted("NEG")), observation(STATUS, text("negative"))],
)
def test_an_overall_negative_beside_a_positive_test_is_shown_with_it(other: Json) -> None:
    for fact, result in (
        ("her2_ihc_score", observation(STAIN, text("3+"))),
        ("her2_ish_result", observation(PRESENCE, text("positive"))),
    ):
        found = finding(fact, result, other)
        assert found.state is State.KNOWN
        assert f"Observation/{other['id']}" in found.note
        assert [one.reference for one in found.evidence if one.role is Role.POSSIBLE] == [f"Observation/{other['id']}"]
        assert [one.reference for one in found.evidence if one.counts] == [f"Observation/{result['id']}"]


@pytest.mark.parametrize(
    "agreeing", [observation(STATUS, POSITIVE), observation(STATUS, text("unknown")), observation(STATUS)]
)
def test_an_overall_status_that_does_not_contradict_is_not_mentioned(agreeing: Json) -> None:
    found = finding("her2_ihc_score", observation(STAIN, text("3+")), agreeing)
    assert (found.value, len(found.evidence), found.note) == ("3+", 1, "")


def test_an_overall_positive_beside_a_negative_hybridization_is_shown_with_it() -> None:
    found = finding("her2_ish_result", observation(PRESENCE, text("negative")), observation(STATUS, POSITIVE))
    assert found.value == "negative"
    assert "Beside it" in found.note


@pytest.mark.parametrize("code", ["431396003", "1381317004"])
def test_a_diagnosis_that_states_the_opposite_is_shown_with_a_positive_test(code: str) -> None:
    found = finding("her2_ihc_score", observation(STAIN, text("3+")), condition(code, SNOMED))
    assert (found.value, len(found.evidence)) == ("3+", 2)
    assert "Beside it" in found.note


def test_the_text_of_a_remark_is_shown() -> None:
    found = finding("her2_ihc_score", observation(STAIN, note=[{"text": "HER2 3+ per outside report"}]))
    assert "HER2 3+ per outside report" in found.note


STOMACH = condition("C16.9", id="stomach")


@pytest.mark.parametrize(
    ("code", "value", "fact"),
    [("18474-7", text("3+"), "her2_ihc_score"), ("31150-6", text("amplified"), "her2_ish_result")],
)
def test_a_result_of_any_tissue_beside_another_cancer_is_shown_and_asked(code: str, value: Json, fact: str) -> None:
    assert outcome(fact, condition(), STOMACH, observation(code, value)) == UNKNOWN
    assert outcome(fact, condition(), observation(code, value)) not in (UNKNOWN, SILENT)


@pytest.mark.parametrize(
    ("code", "value", "fact", "result"),
    [(STAIN, text("3+"), "her2_ihc_score", "3+"), (PRESENCE, text("amplified"), "her2_ish_result", "positive")],
)
def test_a_result_of_breast_tissue_beside_another_cancer_counts(code: str, value: Json, fact: str, result: str) -> None:
    assert outcome(fact, condition(), STOMACH, observation(code, value)) == result


def test_a_result_belongs_to_the_condition_that_it_is_about() -> None:
    breast = condition(id="breast")
    own, other, lost = ([{"reference": f"Condition/{name}"}] for name in ("breast", "stomach", "gone"))
    about = [observation("18474-7", text("3+"), focus=focus) for focus in (own, other, lost)]
    told = [outcome("her2_ihc_score", bundle(breast, STOMACH, one)) for one in about]
    assert told == ["3+", SILENT, UNKNOWN]
    assert outcome("her2_ihc_score", breast, about[2]) == UNKNOWN
    assert outcome("her2_ihc_score", breast, about[1]) == UNKNOWN


def test_a_stain_of_the_stomach_does_not_contradict_that_of_the_breast() -> None:
    stomach = observation("18474-7", text("0"), focus=[{"reference": "Condition/stomach"}])
    assert outcome("her2_ihc_score", condition(), STOMACH, observation(STAIN, text("3+")), stomach) == "3+"


@pytest.mark.parametrize(
    ("test", "counted", "reads"),
    [
        ("85318-4", {"valueString": "HER2 signals 45"}, None),
        ("85318-4", {"valueString": "HER2 signals 300, CEP17 signals 100"}, None),
        ("85318-4", {"valueString": "Average HER2 signals 12"}, "positive"),
        ("85318-4", {"valueString": "HER2 signals per cell: 12"}, "positive"),
        ("85318-4", {"valueString": "HER2 signals 6.3"}, "positive"),
        ("85318-4", {"valueString": "Ratio 25"}, None),
        ("85318-4", {"valueString": "Ratio 20"}, "positive"),
        ("74860-8", {"valueQuantity": {"value": 45, "unit": "signals"}}, None),
        ("74860-8", {"valueQuantity": {"value": 61}}, None),
        ("74860-8", {"valueQuantity": {"value": 60}}, "positive"),
        ("49683-6", {"valueQuantity": {"value": 20.1, "unit": "ratio"}}, None),
    ],
)
def test_a_total_and_a_number_that_no_average_can_be_prove_nothing(test: str, counted: Json, reads: str | None) -> None:
    seen = finding("her2_ish_result", observation(test, counted))
    assert (seen.value, bool(seen.evidence)) == (reads, True)
