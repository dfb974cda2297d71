"""A negative stain alone is negative, unless anything on file may say otherwise: readings 1, 4 and 5."""

import pytest
from fhir_charts import Json, coded, concept, condition, finding, judged, observation, quantity, resource, text, truths

from policies.model.findings import State

IHC, ISH, OVERALL, RATIO, COPIES = "85319-2", "85318-4", "48676-1", "49683-6", "74860-8"


def criteria(*results: Json) -> tuple[str, str, str]:
    found = truths(judged(*results))
    return found["her2-positive.ihc"], found["her2-positive.ish"], found["her2-positive"]


@pytest.mark.parametrize("value", [text("0"), text("1+"), text("Negative"), coded("LA6111-4", "http://loinc.org")])
def test_a_negative_stain_alone_is_negative(value: Json) -> None:
    assert criteria(observation(IHC, value)) == ("not-met", "not-met", "not-met")
    found = finding("her2_ish_result", observation(IHC, value))
    assert "may be shown" in found.note


@pytest.mark.parametrize("value", [text("2+"), text("equivocal"), text("Grade 1+"), text("Positive")])
def test_any_other_stain_leaves_the_ish_open(value: Json) -> None:
    assert criteria(observation(IHC, value))[1:] == ("unknown", "unknown")


@pytest.mark.parametrize("status", ["preliminary", "registered", "cancelled", "entered-in-error", "unknown"])
def test_an_ish_of_any_status_keeps_it_open(status: str) -> None:
    other = observation(ISH, text("amplified"), status=status)
    assert criteria(observation(IHC, text("1+")), other) == ("not-met", "unknown", "unknown")


@pytest.mark.parametrize(
    "other",
    [
        observation(ISH, text("EGFR amplified")),
        observation(ISH, {"dataAbsentReason": {"text": "not performed"}}),
        observation(OVERALL, text("positive")),
        observation(IHC, text("Grade 1+")),
        observation(IHC, text("1+, FISH pending")),
        observation(IHC, text("1+, FISH not performed")),
        condition("427685000", "http://snomed.info/sct"),
        resource("DiagnosticReport", status="final", code=concept(ISH), effectiveDateTime="2026-01-01"),
        resource("DiagnosticReport", status="final", code={"text": "Pathology"}, conclusion="HER2 FISH amplified"),
    ],
    ids=["unread", "absent", "overall", "unread stain", "pending", "not done", "diagnosis", "report", "words"],
)
def test_whatever_speaks_of_another_result_keeps_it_open(other: Json) -> None:
    assert criteria(observation(IHC, text("1+")), other)[1:] == ("unknown", "unknown")


def test_a_resource_that_cannot_be_read_keeps_it_open() -> None:
    broken = observation("85318-4") | {"valueInteger": "many"}
    assert criteria(observation(IHC, text("1+")), broken)[1:] == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [("1+", "3+", "3+"), ("negative", "3+", "3+"), ("2+", "3+", "3+"), ("3+", "1+", None), ("3+", "2+", None)],
)
def test_a_newer_positive_stain_stands_and_shows_the_older(old: str, new: str, outcome: str | None) -> None:
    first, second = (observation(IHC, text(one), on=on) for one, on in ((old, "2022-01-01"), (new, "2024-01-01")))
    found = finding("her2_ihc_score", first, second)
    assert found.value == outcome
    if old in ("1+", "negative") and outcome:
        assert first["id"] in found.note


@pytest.mark.parametrize(
    ("on", "outcome"), [("2023-12-31", "met"), ("2024-01-01", "unknown"), ("2024-01-02", "unknown")]
)
def test_a_stain_of_three_stands_against_an_ish_that_is_surely_older(on: str, outcome: str) -> None:
    stain, ish = observation(IHC, text("3+"), on="2024-01-01"), observation(ISH, text("negative"), on=on)
    assert criteria(stain, ish)[2] == outcome


@pytest.mark.parametrize(
    ("on", "state"),
    [("2023-12-31", State.KNOWN), ("2024-01-01", State.KNOWN), ("2024-01-02", State.UNKNOWN), (None, State.UNKNOWN)],
)
@pytest.mark.parametrize(
    ("code", "fact", "value", "strange"),
    [(IHC, "her2_ihc_score", "3+", "Grade 3+"), (ISH, "her2_ish_result", "amplified", "EGFR amplified")],
)
def test_a_newer_result_that_is_not_understood_leaves_a_positive_one_open(
    code: str, fact: str, value: str, strange: str, on: str | None, state: State
) -> None:
    proof = observation(code, text(value), on="2024-01-01", specimen={"reference": "Specimen/own"})
    other = observation(code, text(strange), on=on, specimen={"reference": "Specimen/other"})
    found = finding(fact, proof, other)
    assert found.state is state
    assert state is State.KNOWN or {one.reference for one in found.evidence} == {
        f"Observation/{proof['id']}",
        f"Observation/{other['id']}",
    }


@pytest.mark.parametrize(("cells", "outcome"), [(19, None), (20, "positive"), (40, "positive")])
def test_a_single_probe_needs_twenty_cells(cells: int, outcome: str | None) -> None:
    part = {"code": {"text": "Number of cells counted"}, "valueInteger": cells}
    copies = {"code": concept(COPIES), **quantity("6.5", "{copies}/nucleus")}
    assert finding("her2_ish_result", observation("74885-5", component=[copies, part])).value == outcome
    ratio = {"code": concept(RATIO), **quantity("2.4", "{ratio}")}
    both = finding("her2_ish_result", observation("74885-5", component=[copies, ratio, part]))
    assert both.value == "positive"


@pytest.mark.parametrize(("value", "state"), [("1.99", State.CONFLICTING), ("2.0", State.KNOWN)])
def test_a_positive_word_beside_a_low_ratio_is_a_conflict(value: str, state: State) -> None:
    positive = [concept("10828004", "http://snomed.info/sct")]
    assert (
        finding("her2_ish_result", observation(RATIO, quantity(value, "{ratio}"), interpretation=positive)).state
        is state
    )


def test_the_order_of_members_in_a_specimen_changes_nothing() -> None:
    one = {"reference": "Specimen/1", "display": "Core biopsy"}
    other = dict(reversed(one.items()))
    results = [
        observation(RATIO, quantity("2.4", "{ratio}"), specimen=one),
        observation(COPIES, quantity("5.1", "{copies}/nucleus"), specimen=other),
    ]
    assert finding("her2_ish_result", *results).value == "positive"
