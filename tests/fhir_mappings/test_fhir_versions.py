"""Two versions of one resource in a call: reading 4."""

import pytest
from fhir_charts import MYELOMA, Json, bundle, condition, counted, finding, given, observation, text

from policies.model.findings import State

IHC = "85319-2"


def two(older: Json, newer: Json) -> tuple[Json, Json]:
    first = observation(IHC, text("3+"), id="same", **older)
    return first, observation(IHC, text("1+"), id="same", **newer)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"meta": {"lastUpdated": "2026-10-01T08:00:00Z"}}, {"meta": {"lastUpdated": "2026-10-02T08:00:00Z"}}),
        ({"meta": {"lastUpdated": "2026-10-02T01:00:00+02:00"}}, {"meta": {"lastUpdated": "2026-10-02T00:00:00Z"}}),
        ({"meta": {"versionId": "9"}}, {"meta": {"versionId": "10"}}),
        ({"issued": "2026-10-01T08:00:00Z"}, {"issued": "2026-10-02T08:00:00Z", "status": "amended"}),
        ({}, {"status": "corrected"}),
        (
            {"status": "amended", "issued": "2026-10-01T08:00:00Z"},
            {"status": "amended", "issued": "2026-11-01T08:00:00Z"},
        ),
        ({"meta": {"versionId": "1"}, "status": "amended"}, {"meta": {"versionId": "2"}, "status": "final"}),
    ],
)
def test_the_newest_version_of_a_result_replaces_the_older_one(older: Json, newer: Json) -> None:
    first, second = two(older, newer)
    assert finding("her2_ihc_score", first, second).value == "1+"
    assert finding("her2_ihc_score", second, first).value == "1+"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"meta": {"versionId": "1"}}, {}),
        ({"meta": {"versionId": "a"}}, {"meta": {"versionId": "b"}}),
        ({"meta": {"lastUpdated": "yesterday"}}, {"meta": {"lastUpdated": "2026-10-02T08:00:00Z"}}),
    ],
)
def test_two_contents_of_one_id_that_do_not_tell_which_is_newer_are_both_read(one: Json, other: Json) -> None:
    assert finding("her2_ihc_score", *two(one, other)).state is State.CONFLICTING


def test_the_same_id_on_two_servers_is_two_results() -> None:
    first, second = two({"meta": {"versionId": "1"}}, {"meta": {"versionId": "2"}})
    entries = [
        {"fullUrl": f"https://{server}.example/fhir/Observation/same", "resource": one}
        for server, one in (("a", first), ("b", second))
    ]
    found = finding("her2_ihc_score", bundle() | {"entry": entries})
    assert found.state is State.CONFLICTING


def test_the_same_content_with_and_without_its_version_is_one_record() -> None:
    one = given("daratumumab", "2022-01-01")
    records = [one, one | {"meta": {"versionId": "3", "lastUpdated": "2026-10-01T08:00:00Z"}}]
    assert counted("prior_lines", condition("C90.00"), *records, drug=MYELOMA) == 1
    assert len(finding("prior_lines", condition("C90.00"), *records, drug=MYELOMA).evidence) == 1


def test_the_newest_version_of_a_diagnosis_speaks() -> None:
    first = condition(id="c", meta={"versionId": "1"})
    then = condition(id="c", meta={"versionId": "2"}, verified="entered-in-error")
    assert finding("breast_cancer", first, then).state is State.UNKNOWN
    assert finding("breast_cancer", then, first).state is State.UNKNOWN
