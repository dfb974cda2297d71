"""The small parts: matching, measures, wording, resources, readings."""

from decimal import Decimal

import msgspec
import pytest
from fhir_charts import Json, concept, reading_of

from fhir_mappings.chart.clinical_records import treatment_record
from fhir_mappings.chart.concept_match import find, meanings, shown
from fhir_mappings.chart.policy_chart import once, once_for_each
from fhir_mappings.clinical.records import ProductNamed
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Coding, Quantity
from fhir_mappings.disease.diagnoses import Tie
from fhir_mappings.her2.measures import Measure, measure, of_quantity, quotient
from fhir_mappings.r4 import elements
from fhir_mappings.r4.elements import CodeableConcept
from fhir_mappings.r4.resources import Resource
from fhir_mappings.r4.status_rules import standing
from fhir_mappings.therapy.planned_steps import start_of
from fhir_mappings.therapy.products import drugs_in
from fhir_mappings.therapy.treatments import Treatment
from fhir_mappings.wording import wording
from policies.model.figures import Bounds
from policies.model.findings import Evidence, Finding, State
from policies.model.notes import Note


def as_concept(members: Json) -> CodeableConcept:
    return msgspec.json.decode(msgspec.json.encode(members), type=CodeableConcept)


@pytest.mark.parametrize(
    ("members", "fallback", "words"),
    [
        (concept("1", text="text", display="display"), "fallback", "text"),
        (concept("1", display="display"), "fallback", "display"),
        (concept("1"), "fallback", "fallback"),
        (concept("1"), "", "1"),
        ({"coding": [{"display": ""}]}, "", ""),
    ],
)
def test_a_concept_is_shown_by_text_display_meaning_or_code(members: Json, fallback: str, words: str) -> None:
    assert shown(as_concept(members), fallback) == words


def test_an_absent_concept_is_shown_by_the_fallback_and_matches_nothing() -> None:
    codes = reading_of().disease
    assert shown(None, "fallback") == "fallback"
    assert find(None, codes) is None
    assert meanings(None, codes) == frozenset()
    assert drugs_in(ProductNamed(), reading_of().drugs) == ()


@pytest.mark.parametrize(
    ("comparator", "expected"),
    [
        ("", Measure(Decimal(2), Decimal(2))),
        ("<", Measure(None, Decimal(2), high_in=False)),
        ("<=", Measure(None, Decimal(2))),
        (">", Measure(Decimal(2), None, low_in=False)),
        (">=", Measure(Decimal(2), None)),
        ("less than", Measure(None, Decimal(2), high_in=False)),
        ("at most", Measure(None, Decimal(2))),
        ("ad", None),
    ],
)
def test_a_comparator_makes_a_bound(comparator: str, expected: Measure | None) -> None:
    assert measure(Decimal(2), comparator) == expected


def test_a_bound_that_is_not_surely_within_is_outside() -> None:
    limits = Bounds(at_least=Decimal(4), below=Decimal(6))
    assert Measure(Decimal(4), Decimal(4)).surely(limits)
    assert not Measure(Decimal(6), Decimal(6)).surely(limits)
    assert not Measure(Decimal(4), None).surely(limits)
    assert not Measure(None, Decimal(5)).surely(limits)
    assert Measure(None, None).surely(Bounds())


def test_a_quotient_needs_two_plain_numbers() -> None:
    four, two = Measure(Decimal(4), Decimal(4)), Measure(Decimal(2), Decimal(2))
    assert quotient(four, two) == two
    assert quotient(four, Measure(Decimal(2), None)) is None
    assert quotient(Measure(None, Decimal(2)), two) is None
    assert of_quantity(Quantity()) is None


def test_one_language_is_read_once_and_knows_its_sentences() -> None:
    say = wording()
    assert say == wording("en")
    assert wording("en") is wording("en")
    assert say("undated") == "no date"
    assert say.count("regimens.counted", 1, found="x") == "The chart proves 1: x."
    assert say.count("regimens.counted", 2, found="x") == "The chart proves 2: x."
    with pytest.raises(KeyError):
        say("no.such.sentence")
    with pytest.raises(KeyError):
        say("regimens.line")
    with pytest.raises(FileNotFoundError):
        wording("xx")


def test_elements_of_several_shapes_are_read_as_lists() -> None:
    one = Resource(identifier=msgspec.Raw(b'{"value": "1"}'), extension=msgspec.Raw(b' [{"url": "a"}, {"url": "b"}]'))
    assert [each.value for each in elements.identifiers(one.identifier)] == ["1"]
    assert [each.url for each in elements.extensions(one.extension, "b")] == ["b"]
    assert elements.concepts(one.reason_code) == ()
    assert elements.references(msgspec.Raw(b'"x"')) == ()


def test_a_status_that_is_in_no_table_says_nothing() -> None:
    assert standing("Observation", None) is Standing.NOTHING
    assert standing("Condition", None) is Standing.PROVES
    assert standing("Basic", "final") is Standing.NOTHING


def test_a_parameter_that_is_no_number_of_days_is_a_fault_of_the_policy() -> None:
    reading = reading_of()
    with pytest.raises(TypeError, match="no number of days"):
        reading.days_of(reading.policy.facts["combination_partner"], "drugs")


def test_a_part_of_a_reading_is_read_once() -> None:
    reading, other = reading_of(), reading_of()
    calls: list[object] = []

    @once
    def part(_: object) -> int:
        calls.append(1)
        return 7

    @once_for_each
    def parts(_: object, given: str) -> str:
        calls.append(given)
        return given * 2

    assert [part(reading), part(reading), parts(reading, "a"), parts(reading, "b"), parts(reading, "a")] == [
        7,
        7,
        "aa",
        "bb",
        "aa",
    ]
    assert calls == [1, "a", "b"]
    assert [part(other), len(calls)] == [7, 4]
    assert reading.silence() == Finding(State.UNKNOWN, note=Note("fact.silent"))


def test_a_line_cannot_be_drawn_by_a_record_without_a_date() -> None:
    said, record = Standing.PROVES, treatment_record(reading_of().chart, Resource(resource_type="Procedure", id="1"))
    undated = Treatment("x", "x", said, None, None, Tie.OWN, Evidence("Procedure/1", "x"), record)
    with pytest.raises(ValueError, match="no date to draw a line by"):
        start_of(undated)


def test_codes_without_a_system_match_nothing() -> None:
    bare = CodeableConcept(coding=(Coding(code="C50.911"), Coding(system="http://loinc.org")))
    assert find(bare, reading_of().disease) is None
