"""HER2 scores in texts that doubt, deny or wander off: readings 2 and 4."""

import pytest
from fhir_charts import Json, coded, concept, finding, observation, quantity, text

from policies.model.findings import Finding, State

IHC = "85319-2"


def ihc(words: str) -> Finding:
    return finding("her2_ihc_score", observation(IHC, text(words)))


@pytest.mark.parametrize(
    "words",
    [
        "rule out 3+",
        "r/o 3+",
        "3+ excluded",
        "3+ cannot be excluded",
        "3+ not seen",
        "3+ is not present",
        "does not reach 3+",
        "fails to show 3+",
        "possible 3+",
        "3+?",
        "suspicious for 3+",
        "previous 3+",
        "3+ previously",
        "prior biopsy 3+; now 1+",
        "3+ in 5% of cells",
        "3+ in 10 % or less",
        "ER 3+",
        "PR positive, 3+",
        "positive control 3+",
        "3+ in DCIS only",
        "3+ not performed",
    ],
)
def test_a_score_that_is_denied_suspected_old_or_of_something_else_is_shown_and_asked(words: str) -> None:
    assert ihc(words).state is State.UNKNOWN
    assert words in ihc(words).note


@pytest.mark.parametrize(
    ("words", "score"),
    [
        ("3+ (positive), ISH not performed", "3+"),
        ("3+, FISH not performed", "3+"),
        ("3+; see comment", "3+"),
        ("1+, FISH not performed", "1+"),
        ("2+, reflex to FISH pending", "2+"),
        ("2+ (FISH positive)", "2+"),
        ("Negative; FISH not done", "negative"),
    ],
)
def test_an_unsettled_word_about_another_test_is_no_contradiction(words: str, score: str) -> None:
    assert ihc(words).value == score


@pytest.mark.parametrize(
    ("words", "score"),
    [
        ("3+ (reported 2026-03-02)", "3+"),
        ("3+ (2/3/2026)", "3+"),
        ("1+ (01.02.2026)", "1+"),
        ("score 3/3", "3+"),
        ("3+ / 3", "3+"),
        ("IHC 3+ (scale 0-3+)", "3+"),
        ("3+ in 90% of cells", "3+"),
        ("3+ in >10% of cells", "3+"),
        ("2+ in 5% of cells", "2+"),
    ],
)
def test_dates_fractions_and_scales_are_no_range(words: str, score: str) -> None:
    assert ihc(words).value == score


@pytest.mark.parametrize("words", ["2/3", "3/3 cores", "IHC range 0 to 3+"])
def test_a_fraction_that_may_count_something_else_is_no_score(words: str) -> None:
    assert ihc(words).value is None


@pytest.mark.parametrize("words", ["ER negative, PR negative, HER2 3+", "HER2 3+ ER negative PR negative"])
def test_a_text_of_several_markers_is_shown_and_asked(words: str) -> None:
    found = ihc(words)
    assert found.state is State.UNKNOWN
    assert words in found.note


@pytest.mark.parametrize("words", ["3+, FISH negative", "3+, FISH not amplified", "negative (3+)"])
def test_an_opposing_word_beside_a_score_is_a_conflict(words: str) -> None:
    assert ihc(words).state is State.CONFLICTING


@pytest.mark.parametrize("words", ["not performed", "pending"])
def test_an_interpretation_that_says_there_is_no_result_contradicts_a_score(words: str) -> None:
    one = observation(IHC, text("3+"), interpretation=[{"text": words}])
    assert finding("her2_ihc_score", one).state is State.CONFLICTING


def part(name: Json, score: str = "3+") -> Finding:
    return finding("her2_ihc_score", observation(IHC, component=[{"code": name, **text(score)}]))


@pytest.mark.parametrize(
    "name", [{"text": "HER2 score"}, {"text": "Score"}, concept("s", "http://lab.example", display="IHC score")]
)
def test_a_component_that_calls_itself_a_score_counts_without_a_code_of_its_own(name: Json) -> None:
    assert part(name).value == "3+"


@pytest.mark.parametrize(
    "name",
    [
        {"text": "Staining intensity"},
        {"text": "HER2 intensity score"},
        {"text": "ER score"},
        {"text": "H-score"},
        {"text": "Control score"},
        {"text": "Previous score"},
        {"text": "Percent of cells"},
        concept("32996-1", display="HER2 score"),
        {},
    ],
)
def test_a_component_that_is_about_something_else_is_no_score(name: Json) -> None:
    assert part(name).value is None


def test_a_score_component_under_a_code_of_hybridization_is_none() -> None:
    one = observation("85318-4", component=[{"code": {"text": "HER2 score"}, **text("3+")}])
    assert finding("her2_ihc_score", one).value is None


RATIO, COPIES, CENTROMERES = "49683-6", "74860-8", "74861-6"


def ish(*results: Json) -> Finding:
    return finding("her2_ish_result", *results)


@pytest.mark.parametrize("many", [quantity("7.0"), quantity("6.0", comparator=">=")])
@pytest.mark.parametrize(
    "other",
    [
        observation(RATIO, {"valueString": "not reported"}),
        observation(RATIO, quantity("2.5", comparator="<")),
        observation(CENTROMERES, quantity("3", comparator=">")),
    ],
)
def test_six_copies_are_positive_whatever_the_ratio_may_be(many: Json, other: Json) -> None:
    assert ish(observation(COPIES, many), other).value == "positive"


@pytest.mark.parametrize("few", ["3.0", "4.5", "5.99"])
def test_fewer_copies_beside_a_ratio_that_is_not_known_settle_nothing(few: str) -> None:
    assert ish(observation(COPIES, quantity(few)), observation(RATIO, {"valueString": "not reported"})).value is None


def test_the_head_of_a_panel_is_no_evidence() -> None:
    part = observation(RATIO, quantity("2.4", "{ratio}"))
    head = observation("74885-5", hasMember=[{"reference": f"Observation/{part['id']}"}])
    assert [one.reference for one in ish(part, head).evidence] == [f"Observation/{part['id']}"]


def test_a_number_is_named_by_what_it_measures_and_without_annotations() -> None:
    misused = observation(COPIES, {"valueQuantity": {"value": 2.4, "unit": "{ratio}", "code": "{ratio}"}})
    assert [one.summary for one in ish(misused).evidence] == ["HER2/CEP17 ratio 2.4"]


def test_a_coded_word_without_a_display_is_shown_by_its_meaning() -> None:
    assert [one.summary for one in ish(observation("85318-4", coded("10828004"))).evidence] == [
        "HER2 ISH Positive (qualifier value)"
    ]
