"""HER2 by in situ hybridization: reading 3 and the payer's table."""

import pytest
from fhir_charts import (
    SNOMED,
    Json,
    bundle,
    coded,
    concept,
    finding,
    judged,
    observation,
    quantity,
    reasons,
    text,
    truths,
)

from policies.model.findings import Finding, Role, State

RATIO, COPIES, CEP17, ISH = "49683-6", "74860-8", "74861-6", "85318-4"


def ish(*observations: Json) -> Finding:
    return finding("her2_ish_result", *observations)


def ratio(value: object, unit: str = "{ratio}", comparator: str = "", **members: object) -> Json:
    return observation(RATIO, quantity(value, unit, comparator), **members)


def copies(value: object, unit: str = "{copies}/nucleus", comparator: str = "", **members: object) -> Json:
    return observation(COPIES, quantity(value, unit, comparator), **members)


def cep17(value: object, unit: str = "{copies}/nucleus", **members: object) -> Json:
    return observation(CEP17, quantity(value, unit), **members)


@pytest.mark.parametrize(
    ("value", "result"),
    [("3.99", "negative"), ("4.0", "equivocal"), ("5.99", "equivocal"), ("6.0", "positive"), (4, "equivocal")],
)
def test_copies_alone_are_read_as_a_single_probe(value: object, result: str) -> None:
    assert ish(copies(value)).value == result


@pytest.mark.parametrize(
    ("ratio_value", "copies_value", "result"),
    [
        ("2.0", "4.0", "positive"),
        ("2.0", "3.99", "positive"),
        ("2.0", "1.0", "positive"),
        ("1.99", "6.0", "positive"),
        ("1.99", "5.99", "equivocal"),
        ("1.99", "4.0", "equivocal"),
        ("1.99", "3.99", "negative"),
    ],
)
def test_ratio_with_copies_is_read_as_a_dual_probe(ratio_value: str, copies_value: str, result: str) -> None:
    assert ish(ratio(ratio_value), copies(copies_value)).value == result


def test_a_ratio_of_two_without_copies_is_positive() -> None:
    assert ish(ratio("2.0")).value == "positive"


def test_a_lower_ratio_without_copies_settles_nothing_and_is_shown() -> None:
    found = ish(ratio("1.99"))
    assert found.state is State.UNKNOWN
    assert "HER2/CEP17 ratio 1.99" in found.note


def test_a_negative_result_says_so_in_plain_words() -> None:
    note = reasons(judged(ratio("1.2"), copies("2.4")))["her2-positive.ish"].note
    assert note.startswith("In situ hybridization is negative: ")


def test_an_equivocal_result_is_unknown_and_says_why() -> None:
    found = judged(copies("4.5"))
    assert truths(found)["her2-positive.ish"] == "unknown"
    assert "further work-up" in reasons(found)["her2-positive.ish"].note


@pytest.mark.parametrize(
    ("comparator", "value", "result"),
    [
        (">=", "2.0", "positive"),
        (">", "2.0", "positive"),
        (">", "2.2", "positive"),
        (">", "1.99", None),
        ("<", "2.0", None),
    ],
)
def test_a_comparator_bounds_a_ratio(comparator: str, value: str, result: str | None) -> None:
    assert ish(ratio(value, comparator=comparator)).value == result


@pytest.mark.parametrize(("comparator", "result"), [("<", "negative"), ("<=", None), ("~", None)])
def test_a_ratio_up_to_two_is_below_two_only_with_a_strict_comparator(comparator: str, result: str | None) -> None:
    assert ish(ratio("2.0", comparator=comparator), copies("3.0")).value == result


@pytest.mark.parametrize(
    ("comparator", "value", "result"),
    [
        (">=", 6, "positive"),
        (">", 6, "positive"),
        (">", "5.9", None),
        ("<", 4, "negative"),
        ("<=", 4, None),
        ("<", 6, None),
    ],
)
def test_a_comparator_bounds_the_copies(comparator: str, value: object, result: str | None) -> None:
    assert ish(copies(value, comparator=comparator)).value == result


@pytest.mark.parametrize(
    ("words", "result"),
    [("greater than 2.2", "positive"), (">= 2.0", "positive"), ("2.4", "positive"), ("less than 1.8", None)],
)
def test_a_text_that_is_nothing_but_a_number_is_read(words: str, result: str | None) -> None:
    assert ish(observation(RATIO, {"valueString": words})).value == result


def test_a_low_ratio_in_words_with_few_copies_is_negative() -> None:
    assert ish(observation(RATIO, {"valueString": "less than 1.8"}), copies(3)).value == "negative"


@pytest.mark.parametrize(("unit", "code"), [("ratio", ISH), ("{ratio}", COPIES), ("RATIO", "31150-6")])
def test_the_unit_goes_before_a_misused_code(unit: str, code: str) -> None:
    assert ish(observation(code, quantity("2.4", unit))).value == "positive"


def test_copies_under_a_presence_code_are_copies() -> None:
    assert ish(observation(ISH, quantity("6.4", "{copies}/nucleus"))).value == "positive"


def test_the_printed_unit_counts_beside_a_bare_unit_code() -> None:
    value = {"valueQuantity": {"value": 2.4, "unit": "ratio", "code": "1"}}
    assert ish(observation(ISH, value)).value == "positive"


@pytest.mark.parametrize("unit", ["%", "mg", "ng/mL", "{score}"])
def test_a_number_with_a_wrong_unit_is_shown_and_not_read(unit: str) -> None:
    for one in (ratio(220, unit), copies(60, unit)):
        found = ish(one)
        assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)


@pytest.mark.parametrize("unit", ["", "1", "{#}"])
def test_a_number_without_a_unit_is_read_by_its_code(unit: str) -> None:
    assert ish(ratio("2.1", unit)).value == "positive"
    assert ish(copies("6.1", unit)).value == "positive"
    assert ish(observation(ISH, quantity(3, unit))).state is State.UNKNOWN


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_none_is_not_read(value: str) -> None:
    assert ish(ratio(value)).state is State.UNKNOWN
    assert ish(copies(value)).state is State.UNKNOWN


def test_an_absurd_number_is_not_read() -> None:
    """One that a double holds; a larger one is refused with its whole text (strict_json)."""
    raw = b'{"resourceType":"Observation","id":"x","status":"final","subject":{"reference":"Patient/p"},"code":{"coding":[{"system":"http://loinc.org","code":"49683-6"}]},"valueQuantity":{"value":1e300}}'
    assert finding("her2_ish_result", raw).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("counted", "centromeres", "result"),
    [("4.4", "2.2", "positive"), ("3.99", "2.0", "negative"), ("4.2", "2.2", "equivocal"), ("6.0", "4.0", "positive")],
)
def test_a_ratio_is_derived_from_copies_and_centromeres(counted: str, centromeres: str, result: str) -> None:
    assert ish(copies(counted), cep17(centromeres)).value == result


def test_no_ratio_is_derived_from_bounds_or_from_nothing() -> None:
    assert ish(copies("4.4", comparator=">"), cep17("2.2")).state is State.UNKNOWN
    assert ish(copies("4.4"), cep17("0")).state is State.UNKNOWN
    assert ish(cep17("2.2")).state is State.UNKNOWN


def test_a_reported_ratio_far_from_the_quotient_of_the_averages_is_a_conflict() -> None:
    assert ish(ratio("2.5"), copies("4.0"), cep17("2.5")).state is State.CONFLICTING
    assert ish(ratio("2.0"), copies("4.4"), cep17("2.21")).value == "positive"
    assert ish(ratio("2.5", comparator=">"), copies("4.0"), cep17("2.5")).value == "positive"


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ({"numerator": {"value": 2.4}, "denominator": {"value": 1}}, "positive"),
        ({"numerator": {"value": 44}, "denominator": {"value": 22}}, "positive"),
        ({"numerator": {"value": 2.4}}, "positive"),
        ({"numerator": {"value": 2.2, "comparator": ">"}, "denominator": {"value": 1}}, "positive"),
        ({"numerator": {"value": 2.4}, "denominator": {"value": 0}}, None),
        ({"numerator": {"value": 2.4}, "denominator": {"value": 1, "comparator": ">"}}, None),
        ({"numerator": {}, "denominator": {"value": 1}}, None),
        ({"denominator": {"value": 1}}, None),
    ],
)
def test_a_ratio_value_is_divided(value: Json, result: str | None) -> None:
    assert ish(observation(RATIO, {"valueRatio": value})).value == result


def test_a_ratio_value_is_shown_as_written() -> None:
    low = {"valueRatio": {"numerator": {"value": 1.5}, "denominator": {"value": 1}}}
    assert "ratio 1.5:1" in ish(observation(RATIO, low)).note


@pytest.mark.parametrize("word", ["260385009", "42425007"])
def test_a_number_against_its_own_word_is_a_conflict(word: str) -> None:
    assert ish(ratio("2.4", interpretation=[concept(word, SNOMED)])).state is State.CONFLICTING


def test_a_number_with_its_own_word_agrees() -> None:
    assert ish(ratio("2.4", interpretation=[concept("10828004", SNOMED)])).value == "positive"


def test_a_low_ratio_with_a_negative_word_is_negative_as_reported() -> None:
    assert ish(ratio("1.2", interpretation=[concept("260385009", SNOMED)])).value == "negative"


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ("Ratio 2.5, not amplified", State.CONFLICTING),
        ("Ratio: 1.2, not amplified", "negative"),
        ("ratio >2.2, amplified", "positive"),
    ],
)
def test_a_ratio_in_the_text_can_only_contradict(words: str, result: object) -> None:
    found = ish(observation(ISH, text(words)))
    assert (found.value or found.state) == result


def test_two_numbers_for_the_same_thing_in_one_test_are_a_conflict() -> None:
    assert ish(ratio("2.5"), ratio("1.5")).state is State.CONFLICTING
    assert ish(ratio("2.5"), ratio("2.5")).value == "positive"


def test_values_of_one_day_and_specimen_are_one_test() -> None:
    assert (
        ish(ratio("1.5", specimen={"reference": "Specimen/1"}), copies("3", specimen={"reference": "Specimen/2"})).value
        == "negative"
    )
    assert ish(ratio("1.5"), copies("4.5", on="2020-01-01")).value == "equivocal"


def test_the_members_of_a_panel_are_one_test_whatever_their_dates() -> None:
    one, two = ratio("1.5", on=None), copies("6.5", on=None)
    panel = observation(
        "74885-5",
        hasMember=[
            {"reference": f"Observation/{one['id']}"},
            {"reference": f"Observation/{two['id']}"},
            {"reference": "Observation/gone"},
        ],
    )
    assert ish(bundle(panel, one, two)).value == "positive"
    low = ratio("1.5", on=None)
    few = copies("3.5", on=None)
    both = observation("74885-5", hasMember=[{"reference": f"Observation/{each['id']}"} for each in (low, few)])
    assert ish(bundle(both, low, few)).value == "negative"


def test_components_of_a_panel_are_read_together() -> None:
    parts = [
        {"code": concept(RATIO), **quantity("1.5", "{ratio}")},
        {"code": concept(COPIES), **quantity("3.5", "{copies}/nucleus")},
        {"code": concept("62361-1"), "valueInteger": 40},
    ]
    assert ish(observation("74885-5", component=parts)).value == "negative"


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ("Amplified", "positive"),
        ("HER2 gene amplification detected", "positive"),
        ("Positive for HER2 amplification", "positive"),
        ("Not amplified", "negative"),
        ("Non-amplified", "negative"),
        ("No evidence of HER2 amplification", "negative"),
        ("Absence of HER2 gene amplification", "negative"),
        ("Without amplification", "negative"),
        ("Amplification was not detected", "negative"),
        ("Amplification: absent", "negative"),
        ("Negative for amplification", "negative"),
        ("equivocal", "equivocal"),
        ("HER2 amplification ruled out", None),
        ("amplification undetected", None),
        ("positive for polysomy 17", None),
        ("possible amplification", None),
        ("Low level amplification", None),
        ("low-level HER2 amplification", None),
        ("Low amplification", None),
        ("history of positive FISH", None),
        ("positive?", None),
        ("insufficient tissue, cannot be called positive", None),
        ("pending", None),
        ("Positive (3+)", None),
    ],
)
def test_ish_words_are_taken_as_reported_and_denials_are_not_overread(words: str, result: str | None) -> None:
    assert ish(observation(ISH, text(words))).value == result


@pytest.mark.parametrize("code", [ISH, "31150-6", "96893-3", "74885-5"])
def test_a_coded_word_under_any_ish_code_counts(code: str) -> None:
    assert ish(observation(code, coded("10828004"))).value == "positive"


@pytest.mark.parametrize("method", ["1303773004", "787997001", "787998006", "434363004"])
def test_an_overall_status_by_an_ish_method_is_an_ish_result(method: str) -> None:
    assert ish(observation("48676-1", coded("10828004"), method=concept(method, SNOMED))).value == "positive"


def test_a_polysomy_word_at_the_centromere_count_says_nothing_of_her2() -> None:
    assert ish(cep17("3.5") | text("positive")).state is State.UNKNOWN


def test_an_ihc_score_is_never_read_from_an_ish_code() -> None:
    assert finding("her2_ihc_score", observation(ISH, quantity(3, "{score}"))).state is State.UNKNOWN


def test_copies_beside_a_ratio_that_cannot_be_read_are_no_single_probe() -> None:
    assert ish(ratio("150", "%"), copies("3.0")).state is State.UNKNOWN
    assert ish(cep17("150", "%"), copies("3.0")).state is State.UNKNOWN
