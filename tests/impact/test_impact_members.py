"""A member's rows under two versions: who changes and why, and what makes a chart not whole."""

import json
import pickle
from typing import Any

import pytest

from cds_service.impact.comparison import Comparison
from cds_service.impact.line_reader import Row, Sorter
from cds_service.impact.sources import Line
from cds_service.impact_report.member_row import MemberRow
from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.members import Record, drafted_order, judge, read_chart
from fhir_mappings.members.policy_version import observation_codes
from tests.impact.exports import ON, ecog, given, medication, members, myeloma, patient

Json = dict[str, Any]


def rows(compared: Comparison, lines: list[bytes | Json], file: str = "f.ndjson") -> list[Row]:
    texts = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines]
    sorter = Sorter(wanted(observation_codes(compared.versions)), 4)
    return list(sorter.rows(file, [Line(text, number) for number, text in enumerate(texts, 1)]))


def judged(compared: Comparison, lines: list[bytes | Json]) -> dict[str, MemberRow]:
    return {one.member: one for one in compared.rows(rows(compared, lines))}


@pytest.mark.parametrize(
    ("score", "before", "after"), [(1, "met", "met"), (2, "met", "not-met"), (3, "not-met", "not-met")]
)
def test_a_member_changes_where_the_versions_differ_and_nowhere_else(
    compared: Comparison, score: int, before: str, after: str
) -> None:
    found = judged(compared, [*members({"a": score})])["Patient/a"]
    assert (found.before.criteria["ecog"], found.after.criteria["ecog"]) == (before, after)
    assert found.changed == (("ecog",) if before != after else ())
    assert found.whole
    assert found.is_judged


def test_each_member_is_judged_by_its_own_records(compared: Comparison) -> None:
    found = judged(compared, [*members({"a": 1, "b": 3, "ab": 2})])
    assert {name: one.after.criteria["ecog"] for name, one in found.items()} == {
        "Patient/a": "met",
        "Patient/b": "not-met",
        "Patient/ab": "not-met",
    }


BAD: list[tuple[bytes, str]] = [
    (b'{"resourceType":"Observation","subject":{"reference":"Patient/a"},', "Patient/a"),
    (
        b'{"resourceType":"Observation","note":"\xff","subject":{"reference":"https://x.example/fhir/Patient/a"}}',
        "Patient/a",
    ),
    (b'{"resourceType":"Condition","id":"c","code":{}}', ""),
    (b'{"resourceType":"Patient","birthDate":"1960-01-01","id":"a"', "Patient/a"),
    (b"[1]", ""),
    (b"null", ""),
    (b"nothing", ""),
    (
        b'{"resourceType":"Observation","subject":{"reference":"Patient/a"},"x":' + b"[" * 300 + b"]" * 300 + b"}",
        "Patient/a",
    ),
    (b'{"subject":{"reference":"Patient/a"}}', "Patient/a"),
]


@pytest.mark.parametrize(("line", "whose"), BAD)
def test_a_line_that_cannot_be_read_is_named_and_its_member_is_not_whole(
    compared: Comparison, line: bytes, whose: str
) -> None:
    found = judged(compared, [patient("a"), line, patient("b")])
    assert [(one.file, one.line) for one in found[whose].faults] == [("f.ndjson", 2)]
    assert found["Patient/a"].whole is (whose != "Patient/a")
    assert found["Patient/b"].whole


ODD: list[dict[str, Any]] = [{"valueInteger": "two"}, {"status": 1}, {"effectiveDateTime": {}}]


@pytest.mark.parametrize("members_", ODD)
def test_a_record_that_is_read_in_part_only_is_named_too(compared: Comparison, members_: Json) -> None:
    odd = ecog("a", 1, **members_)
    found = judged(compared, [patient("a"), myeloma("a"), odd])["Patient/a"]
    assert [one.line for one in found.faults] == [3]
    assert not found.whole
    assert found.after.criteria["ecog"] == "unknown"


def test_a_member_that_stands_twice_in_a_record_makes_it_unread(compared: Comparison) -> None:
    twice = json.dumps(ecog("a", 1)).encode().replace(b'"valueInteger": 1', b'"valueInteger": 3, "valueInteger": 1')
    found = judged(compared, [patient("a"), twice])["Patient/a"]
    assert [one.line for one in found.faults] == [2]
    assert found.after.criteria["ecog"] == "unknown"


def test_records_without_their_patient_are_not_judged(compared: Comparison) -> None:
    found = judged(compared, [myeloma("a")])["Patient/a"]
    assert not found.is_judged
    assert not found.whole


def test_what_belongs_to_nobody_by_its_type_is_no_fault(compared: Comparison) -> None:
    others: list[bytes | Json] = [
        {"resourceType": "Organization", "id": "o"},
        {"resourceType": "Practitioner", "id": "p"},
        {"resourceType": "Location", "id": "l"},
        medication("m", "1"),
    ]
    assert judged(compared, [*others, patient("a")])["Patient/a"].whole
    assert not [one for one in rows(compared, others) if one.fault]


def test_the_order_of_lines_does_not_matter(compared: Comparison) -> None:
    lines = [*members({"a": 2}), ecog("a", 3, "other")]
    assert judged(compared, [*lines]) == judged(compared, [*reversed(lines)])


def test_doses_name_the_medications_that_they_need(compared: Comparison) -> None:
    found = {one.name: one for one in rows(compared, [given("a", "m1"), medication("m1", "1")])}
    assert found["MedicationAdministration/a-m1"].refers == ("Medication/m1",)
    assert (found["Medication/m1"].member, found["Medication/m1"].fault) == ("", "")


def test_noise_that_no_version_asks_for_goes_no_further(compared: Comparison) -> None:
    pulse = ecog("a", 80, code={"coding": [{"system": "http://loinc.org", "code": "8867-4"}]})
    assert [one.name for one in rows(compared, [patient("a"), pulse])] == ["Patient/a"]


def test_the_front_door_pickles_with_all_that_goes_in_and_comes_out(compared: Comparison) -> None:
    texts = [json.dumps(one).encode() for one in members({"a": 1})]
    chart = read_chart("a", [Record(one) for one in texts], compared.versions)
    for version in compared.versions:
        order = drafted_order(version, ON)
        ruled = judge(chart, order, version, ON)
        again, carried = pickle.loads(pickle.dumps((judge, (chart, order, version, ON)))), pickle.dumps(ruled)
        assert again[0](*again[1]) == ruled == pickle.loads(carried)
        assert json.loads(ruled.findings)["ecog"]["value"] == {"at_least": 1, "at_most": 1}
