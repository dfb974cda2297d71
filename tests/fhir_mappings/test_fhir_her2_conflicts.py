"""Results that contradict each other: reading 4."""

import pytest
from fhir_charts import Json, concept, finding, judged, observation, quantity, reasons, text, truths

from policies.model.findings import State

IHC, ISH = "85319-2", "85318-4"


def both(
    fact: str, code: str, first: str, second: str, dates: tuple[str, str] = ("2022-01-01", "2023-01-01")
) -> object:
    one, two = observation(code, text(first), on=dates[0]), observation(code, text(second), on=dates[1])
    found = finding(fact, one, two)
    assert finding(fact, two, one) == found
    return found.value if found.state is State.KNOWN else found.state.value


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        ("3+", "1+", "conflicting"),
        ("1+", "3+", "3+"),
        ("3+", "negative", "conflicting"),
        ("3+", "2+", "conflicting"),
        ("2+", "3+", "3+"),
        ("0", "1+", "1+"),
        ("1+", "0", "0"),
        ("2+", "1+", "1+"),
        ("1+", "2+", "2+"),
        ("3+", "3+", "3+"),
        ("positive", "1+", "conflicting"),
        ("1+", "positive", "conflicting"),
        ("2+", "positive", "conflicting"),
        ("positive", "3+", "3+"),
        ("2-3+", "1+", "conflicting"),
        ("2-3+", "3+", "3+"),
        ("not performed", "1+", "1+"),
    ],
)
def test_several_ihc_results_come_to(first: str, second: str, outcome: str) -> None:
    assert both("her2_ihc_score", IHC, first, second) == outcome


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        ("positive", "negative", "conflicting"),
        ("negative", "positive", "positive"),
        ("positive", "equivocal", "conflicting"),
        ("equivocal", "positive", "positive"),
        ("equivocal", "negative", "negative"),
        ("negative", "equivocal", "equivocal"),
    ],
)
def test_several_ish_results_come_to(first: str, second: str, outcome: str) -> None:
    assert both("her2_ish_result", ISH, first, second) == outcome


def test_an_equivocal_result_without_a_date_does_not_yield() -> None:
    found = finding("her2_ihc_score", observation(IHC, text("2+"), on=None), observation(IHC, text("3+")))
    assert found.state is State.CONFLICTING


def test_primary_and_metastasis_with_opposite_results_are_shown_together() -> None:
    primary = observation(IHC, text("1+"), specimen={"reference": "Specimen/breast"})
    metastasis = observation(IHC, text("3+"), specimen={"reference": "Specimen/liver"})
    found = judged(primary, metastasis)
    assert truths(found)["her2-positive.ihc"] == "unknown"
    assert {one.reference.split("/")[1] for one in reasons(found)["her2-positive.ihc"].evidence} == {
        primary["id"],
        metastasis["id"],
    }


@pytest.mark.parametrize("ish", ["negative", "not amplified"])
def test_three_plus_against_a_negative_ish_asks_one_question(ish: str) -> None:
    found = judged(observation(IHC, text("3+")), observation(ISH, text(ish)))
    outcome = truths(found)
    assert (outcome["her2-positive.ihc"], outcome["her2-positive.ish"]) == ("unknown", "not-met")
    assert outcome["her2-positive"] == "unknown"
    assert found.ruling is not None
    asked = [one.fact.name for one in found.ruling.questions if one.fact.name.startswith("her2")]
    assert asked == ["her2_ihc_score"]
    assert "IHC and ISH contradict each other" in reasons(found)["her2-positive.ihc"].note


@pytest.mark.parametrize("ish", [("positive", "negative"), ("negative", "equivocal")])
def test_three_plus_against_an_ish_that_was_negative_once_is_asked(ish: tuple[str, str]) -> None:
    results = [observation(ISH, text(one), on=f"202{at}-01-01") for at, one in enumerate(ish)]
    assert truths(judged(observation(IHC, text("3+")), *results))["her2-positive.ihc"] == "unknown"


def test_three_plus_against_a_ratio_that_contradicts_its_own_word_is_asked() -> None:
    torn = observation("49683-6", quantity("2.4"), interpretation=[concept("260385009", "http://snomed.info/sct")])
    assert truths(judged(observation(IHC, text("3+")), torn))["her2-positive"] == "unknown"


def test_a_low_score_with_a_positive_ish_is_met() -> None:
    found = truths(judged(observation(IHC, text("1+")), observation(ISH, text("positive"))))
    assert (found["her2-positive.ihc"], found["her2-positive"]) == ("not-met", "met")


@pytest.mark.parametrize("status", ["preliminary", "cancelled", "entered-in-error"])
def test_a_result_that_does_not_count_does_not_conflict(status: str) -> None:
    assert both_with_status(status) == "3+"


def both_with_status(status: str) -> object:
    return finding("her2_ihc_score", observation(IHC, text("3+")), observation(IHC, text("1+"), status=status)).value


@pytest.mark.parametrize("status", ["amended", "corrected"])
def test_an_amended_result_replaces_its_forerunner(status: str) -> None:
    first: Json = observation(IHC, text("3+"))
    later = first | text("1+") | {"status": status}
    assert finding("her2_ihc_score", first, later).value == "1+"
    assert finding("her2_ihc_score", later, first).value == "1+"


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_result_that_was_withdrawn_counts_no_more(status: str) -> None:
    first: Json = observation(IHC, text("3+"))
    assert finding("her2_ihc_score", first, first | {"status": status}).state is State.UNKNOWN
