"""What could not be read is a noted unknown: in the note of every open fact that it could have settled."""

import json
from dataclasses import replace
from datetime import date

import pytest
from fhir_charts import (
    LOINC,
    MYELOMA,
    ON,
    Json,
    bundle,
    chart_of,
    concept,
    condition,
    dispensed,
    ecog,
    finding,
    given,
    judged,
    metastatic,
    observation,
    order_of,
    patient,
    policies,
    prescribed,
    procedure,
    reasons,
    resource,
    taken,
    text,
    truths,
)

from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.chart.lacks import Lack, Why
from fhir_mappings.chart.resource_decoder import NOT_PROVIDED, decode
from fhir_mappings.judgement.judge import Judge
from fhir_mappings.r4.strict_json import JsonError

ODD_OBSERVATION = observation("85319-2", id="odd", on="2025-10-01") | {"valueQuantity": "three"}
ODD_CONDITION = condition(id="odd") | {"clinicalStatus": "active"}
ODD_GIVING = given("trastuzumab", "2022-01-01", id="odd") | {"doNotPerform": "yes"}


@pytest.mark.requirement("crd22.found-34")
@pytest.mark.parametrize(
    "odd", [ODD_OBSERVATION, ODD_CONDITION, ODD_GIVING, observation("85319-2", id="odd") | {"code": "HER2"}]
)
def test_an_odd_resource_fails_alone(odd: Json) -> None:
    good = [condition(), observation("85319-2", text("3+")), given("trastuzumab", "2022-01-01")]
    for values in ([odd, *good], [bundle(odd, *good)], [bundle(bundle(odd), *good)]):
        found = judged(*values)
        assert truths(found)["her2-positive"] == truths(found)["diagnosis.breast-cancer"] == "met"
        assert found.findings["prior_anti_her2_therapies"].value is not None


def named_in(*values: Json | bytes | None) -> set[str]:
    return {name for name, one in reasons(judged(*values)).items() if "Could not be read" in one.note}


def test_an_observation_that_could_not_be_read_is_named_where_a_result_could_have_settled() -> None:
    assert named_in(ODD_OBSERVATION) == {
        "diagnosis.extent",
        "her2-positive.ihc",
        "her2-positive.ish",
        "prior-anti-her2.count",
        "prior-anti-her2.metastatic",
        "prior-anti-her2.fourth-line",
    }
    note = reasons(judged(ODD_OBSERVATION))["her2-positive.ihc"].note
    assert note == "The chart does not say. Could not be read, and may bear on this: Observation/odd."


def test_a_condition_that_could_not_be_read_is_named_where_a_diagnosis_could_have_settled() -> None:
    assert "diagnosis.breast-cancer" in named_in(ODD_CONDITION)
    assert "her2-positive.ihc" not in named_in(ODD_CONDITION)


def test_a_giving_that_could_not_be_read_is_named_where_a_therapy_could_have_settled() -> None:
    assert named_in(ODD_GIVING) == {
        "prior-anti-her2.count",
        "prior-anti-her2.metastatic",
        "prior-anti-her2.fourth-line",
        "combination-chemotherapy",
    }


def test_a_resource_of_no_use_that_could_not_be_read_is_named_nowhere() -> None:
    assert named_in({"resourceType": "Practitioner", "id": "x", "status": 7}) == set()


def test_what_is_settled_does_not_name_what_could_not_be_read() -> None:
    assert "her2-positive.ihc" not in named_in(ODD_OBSERVATION, observation("85319-2", text("3+")))
    assert "her2-positive.ihc" not in named_in(ODD_OBSERVATION, observation("85319-2", text("1+")))


def test_an_equivocal_result_and_a_conflict_are_still_open() -> None:
    assert "her2-positive.ish" in named_in(ODD_OBSERVATION, observation("85318-4", text("equivocal")))
    torn = [observation("85319-2", text("3+")), observation("85319-2", text("1+"))]
    assert "her2-positive.ihc" in named_in(ODD_OBSERVATION, *torn)


def test_a_count_that_falls_short_is_still_open_and_one_that_suffices_is_not() -> None:
    one, two = given("trastuzumab", "2022-01-01"), given("trastuzumab-emtansine", "2023-01-01")
    assert "prior-anti-her2.count" in named_in(ODD_GIVING, one)
    assert "prior-anti-her2.count" not in named_in(ODD_GIVING, one, two)


def test_a_resource_without_an_owner_is_named_too() -> None:
    assert "diagnosis.breast-cancer" in named_in(condition(subject=None))


@pytest.mark.requirement("hooks.52")
@pytest.mark.parametrize(
    "failed",
    [
        b'{"no": "type"}',
        b"[]",
        b'"x"',
        b"7",
        b'{"resourceType": 7}',
        b'{"resourceType": "Bundle", "entry": [7]}',
        b'{"resourceType": "Bundle", "entry": [{"resource": "x"}]}',
        b'{"resourceType": "Bundle", "entry": 7}',
    ],
)
def test_a_value_that_failed_concerns_every_open_fact(failed: bytes) -> None:
    every = {name for name, one in reasons(judged(failed)).items() if one.truth.value == "unknown"}
    leaves = every - {"diagnosis", "her2-positive", "prior-anti-her2"}
    assert named_in(failed) == leaves
    assert "key0" in reasons(judged(failed))["her2-positive.ihc"].note


@pytest.mark.requirement("hooks.52")
@pytest.mark.parametrize("issue", [[], [{"severity": "error", "code": "processing"}]])
def test_an_outcome_in_the_place_of_data_is_a_lack_that_concerns_every_open_fact(
    issue: list[Json],
) -> None:
    """The chart lacks what the sender could not provide, unless it was had elsewhere: its reader adds the lack."""
    chart = chart_of({"resourceType": "OperationOutcome", "issue": issue})
    assert [one.reason for one in chart.unreadable] == [NOT_PROVIDED]
    lacks = (Lack("", Why.NOT_PROVIDED),)
    found = Judge(policies()).judge([order_of()], replace(chart, lacks=lacks), date.fromisoformat(ON))[0]
    every = {name: one for name, one in reasons(found).items() if one.truth.value == "unknown"}
    leaves = every.keys() - {"diagnosis", "her2-positive", "prior-anti-her2"}
    assert leaves
    assert {name for name, one in every.items() if "may bear on this: data of another kind." in one.note} == leaves


@pytest.mark.requirement("hooks.52")
@pytest.mark.parametrize(
    "silent", [None, bundle(), b"null", bundle(resource("OperationOutcome")), {"resourceType": "Bundle"}]
)
def test_null_empty_bundles_and_remarks_in_a_searchset_say_nothing(silent: Json | bytes | None) -> None:
    assert named_in(silent) == set()


def test_an_odd_entry_leaves_the_others() -> None:
    raw = json.dumps({"resourceType": "Bundle", "entry": [7, {"fullUrl": 7, "resource": condition()}]}).encode()
    assert truths(judged(raw))["diagnosis.breast-cancer"] == "met"
    assert [one.reference for one in chart_of(raw).unreadable] == ["key0.entry[0]"]


def test_many_are_cut() -> None:
    odd = [ODD_OBSERVATION | {"id": f"odd{number}"} for number in range(7)]
    assert reasons(judged(*odd))["her2-positive.ihc"].note.endswith("Observation/odd4, +2.")


def test_a_resource_that_cannot_be_read_and_has_no_id_is_named_by_its_type() -> None:
    chart = chart_of({"resourceType": "Observation", "status": 7})
    assert [one.reference for one in chart.unreadable] == ["Observation/?"]


@pytest.mark.parametrize("name", ["\x00", "a/b", "a b", "", "x" * 65, "é", "../p2"])
@pytest.mark.parametrize("odd", [ODD_CONDITION, ODD_GIVING, condition() | {"code": 7}, patient() | {"gender": 7}])
def test_an_id_that_is_none_is_found_in_what_cannot_be_read_too(odd: Json, name: str) -> None:
    """Such a record gets into no chart: a second fault does not hide the first."""
    for value in (odd | {"id": name}, bundle(odd | {"id": name})):
        found = decode([("x", json.dumps(value).encode())], wanted(frozenset()))
        assert (found.located, len(found.without_id)) == ([], 1)
        assert all(name not in one.reference or not name for one in found.unreadable)


@pytest.mark.parametrize(
    "odd", [ODD_OBSERVATION, {"resourceType": "Claim", "type": 7}, {"resourceType": "Device", "status": 7}]
)
def test_an_id_that_is_none_is_repeated_by_no_name(odd: Json) -> None:
    found = decode([("x", json.dumps(odd | {"id": "a/b"}).encode())], wanted(frozenset()))
    assert all("a/b" not in one.reference for one in found.unreadable)


def test_decoding_keeps_the_url_of_a_bundle_entry() -> None:
    raw = json.dumps({"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:1", "resource": condition()}]}).encode()
    found = decode([("x", raw)], wanted(frozenset()))
    assert [one.url for one in found.located] == ["urn:uuid:1"]


def test_what_no_policy_looks_for_is_not_kept() -> None:
    raw = json.dumps(bundle(ecog({"valueInteger": 1}))).encode()
    assert decode([("x", raw)], wanted(frozenset())).located == []
    assert len(decode([("x", raw)], wanted(frozenset({(LOINC, "89247-1")}))).located) == 1


def test_a_code_of_another_system_is_not_mistaken_for_one_that_is_looked_for() -> None:
    raw = json.dumps(bundle(ecog({"valueInteger": 1}))).encode()
    assert decode([("x", raw)], wanted(frozenset({("http://other.example.org", "89247-1")}))).located == []


def open_leaves(*values: Json, **call: object) -> dict[str, str]:
    found = judged(*values, **call)  # type: ignore[arg-type]
    return {
        name: one.note
        for name, one in reasons(found).items()
        if one.truth.value != "met" and not hasattr(one.criterion, "parts")
    }


CHARTS = [
    [],
    [condition(verified="refuted"), condition("254837009", "http://snomed.info/sct", verified="refuted")],
    [condition(), metastatic(None), observation("85319-2", text("1+")), observation("85318-4", text("negative"))],
    [condition(), metastatic(), observation("85319-2", text("2+")), observation("85318-4", text("equivocal"))],
    [condition(), observation("85319-2", text("3+")), observation("85319-2", text("0"))],
    [
        prescribed("trastuzumab", ON, status="active"),
        taken("letrozole", "2020-01-01"),
        dispensed("eribulin", "2020-02-01"),
    ],
    [patient(deceasedBoolean=True), procedure("trastuzumab", None)],
    [
        given("margetuximab", "2026-01-01"),
        condition(),
        observation("97509-4", {"valueCodeableConcept": concept("271299001", "http://snomed.info/sct")}),
    ],
]


@pytest.mark.parametrize("chart", CHARTS)
def test_every_criterion_that_is_open_or_not_met_says_why_in_words(chart: list[Json]) -> None:
    for name, note in open_leaves(*chart).items():
        assert note, name


@pytest.mark.parametrize("chart", [[], [ecog({"valueInteger": 4}), condition("C90.01"), given("daratumumab", None)]])
def test_the_same_holds_for_myeloma(chart: list[Json]) -> None:
    for name, note in open_leaves(*chart, drug=MYELOMA).items():
        assert note, name


def test_an_unread_resource_beside_an_answer_that_the_policy_gives_is_not_named() -> None:
    assert "Could not be read" not in finding("within_duration", ODD_GIVING).note


def test_an_order_is_judged_whatever_came_with_it() -> None:
    assert judged(b"[]", beside=[order_of("eribulin")]).ruling is not None


def test_a_resource_with_a_member_twice_is_refused_with_its_place() -> None:
    twice = b'{"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/p"}, "id": "y"}'
    with pytest.raises(JsonError, match="key0: a member stands twice"):
        chart_of(twice)
