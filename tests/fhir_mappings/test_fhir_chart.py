"""What a chart takes in: whose it is, in which packing, once or twice."""

import json

import pytest
from fhir_charts import (
    Json,
    bundle,
    chart_of,
    concept,
    condition,
    counted,
    given,
    judged,
    observation,
    patient,
    resource,
    text,
    truths,
)

from fhir_mappings.chart.assembly import build
from fhir_mappings.chart.chart import Located
from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.r4.elements import Reference
from fhir_mappings.r4.references import PatientIdentity, base, local, server
from fhir_mappings.r4.resources import Resource
from tests.words import said

SERVER = "https://ehr.example/fhir"


def owned(reference: Json | None) -> Json:
    return condition(subject=reference)


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p",
        "Patient/p/_history/3",
        f"{SERVER}/Patient/p",
        "HTTPS://EHR.example:443/fhir/Patient/p",
        f"{SERVER}/Patient/p/_history/1",
    ],
)
def test_a_resource_of_the_patient_is_taken_in(reference: str) -> None:
    assert len(chart_of(owned({"reference": reference}), server=SERVER).conditions) == 1


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/q",
        f"{SERVER}/Patient/q",
        "https://other.example/fhir/Patient/p",
        f"{SERVER}/sub/Patient/p",
        "https://ehr.example:8443/fhir/Patient/p",
        "Group/p",
        "urn:uuid:p",
        "#p",
        "p",
    ],
)
def test_a_resource_of_somebody_else_is_ignored_and_named(reference: str) -> None:
    one = owned({"reference": reference})
    chart = chart_of(one, server=SERVER)
    assert (chart.conditions, chart.foreign) == ([], [f"Condition/{one['id']}"])


def test_without_a_known_server_any_server_will_do() -> None:
    assert len(chart_of(owned({"reference": "https://any.example/Patient/p"})).conditions) == 1


@pytest.mark.parametrize(
    "reference", [None, {"display": "Mrs. P"}, {"identifier": {"value": "123"}}, {"reference": ""}]
)
def test_a_resource_that_does_not_say_whose_it_is_could_not_be_read(reference: Json | None) -> None:
    one = owned(reference)
    chart = chart_of(one)
    assert chart.conditions == []
    assert [found.reference for found in chart.unreadable] == [f"Condition/{one['id']}"]


def test_the_patient_element_names_the_owner_where_there_is_no_subject() -> None:
    assert len(chart_of(condition(subject=None, patient={"reference": "Patient/p"})).conditions) == 1


def test_a_patient_known_by_a_bundle_url_owns_what_names_that_url() -> None:
    identity = PatientIdentity("p", urls=frozenset({"urn:uuid:1"}))
    assert identity.is_patient("urn:uuid:1")
    assert identity.is_patient("urn:uuid:1")
    assert not identity.is_patient("urn:uuid:2")
    assert not identity.is_patient("")


def test_only_the_patient_of_the_call_is_the_patient() -> None:
    assert chart_of(patient(), patient() | {"id": "q"}).patient is not None
    assert chart_of(patient() | {"id": "q"}).patient is None


@pytest.mark.parametrize("deceased", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-11-01T10:00:00Z"}])
def test_a_deceased_patient_is_not_met(deceased: Json) -> None:
    found = judged(patient(**deceased))
    assert truths(found)["order.patient-living"] == "not-met"
    assert found.ruling is not None
    assert "recorded as deceased" in said(found.ruling.reasons[0].note)


@pytest.mark.parametrize(("died", "truth"), [("2026-11-25", "not-met"), ("2026-11-26", "unknown"), ("2031", "unknown")])
def test_a_death_of_a_day_to_come_is_no_death_and_no_life(died: str, truth: str) -> None:
    found = judged(patient(deceasedDateTime=died))
    assert truths(found)["order.patient-living"] == truth


@pytest.mark.parametrize(
    "values", [[], [patient()], [patient(deceasedBoolean=False)], [patient(deceasedBoolean=True) | {"id": "q"}]]
)
def test_a_patient_without_a_recorded_death_is_living(values: list[Json]) -> None:
    assert truths(judged(*values))["order.patient-living"] == "met"


PACKINGS = [
    lambda one: [one],
    lambda one: [bundle(one)],
    lambda one: [bundle(one, kind="collection")],
    lambda one: [bundle(bundle(one))],
    lambda one: [None, one, bundle()],
    lambda one: [bundle(resource("OperationOutcome"), one)],
    lambda one: [{"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:1"}, {"resource": one}]}],
    lambda one: [one, one, bundle(one, one)],
    lambda one: [bundle(condition("I10"), one), bundle(condition("E11.9"))],
]


@pytest.mark.idea("crd-idea-71")
@pytest.mark.requirement("hooks.28", "crd20.prefetch-include")
@pytest.mark.parametrize("pack", PACKINGS)
def test_it_does_not_matter_how_a_resource_is_packed(pack: object) -> None:
    one = condition()
    found = judged(*pack(one))  # type: ignore[operator]
    assert truths(found)["diagnosis.breast-cancer"] == "met"
    assert [item.reference for item in found.findings["breast_cancer"].evidence] == [f"Condition/{one['id']}"]


def test_two_versions_of_one_id_are_both_kept() -> None:
    one = condition()
    assert len(chart_of(one, one | {"recordedDate": "2020-01-01"}, one).conditions) == 2


def test_resources_without_an_id_are_kept_and_named_as_such() -> None:
    found = judged(condition(id=None), given("trastuzumab", "2022-01-01", id=None))
    assert found.findings["breast_cancer"].evidence[0].reference == "Condition/?"
    assert counted("prior_anti_her2_therapies", given("trastuzumab", "2022-01-01", id=None)) == 1


def test_observations_that_no_policy_looks_for_are_left_out() -> None:
    assert chart_of(observation("718-7", text("3+"))).observations == []
    assert chart_of(resource("Observation", status="final")).observations == []
    part = {"code": concept("85319-2")}
    assert len(chart_of(observation("718-7", component=[{}, part])).observations) == 1


def test_resources_of_no_use_are_left_out() -> None:
    chart = chart_of(resource("Goal"), resource("Appointment"), {"resourceType": "Practitioner", "id": "x"})
    assert (chart.conditions, chart.documents, chart.foreign, chart.unreadable) == ([], [], [], [])


def test_references_are_resolved_by_url_by_type_and_id_and_within_a_resource() -> None:
    medication = {"resourceType": "Medication", "id": "m"}
    chart = chart_of({"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:m", "resource": medication}]})
    for reference in ("urn:uuid:m", "Medication/m", f"{SERVER}/Medication/m", "Medication/m/_history/2"):
        assert chart.resolve(Reference(reference=reference)) is not None
    for missing in (
        None,
        Reference(),
        Reference(reference="#m"),
        Reference(reference="Medication/x"),
        Reference(reference="m"),
    ):
        assert chart.resolve(missing) is None


def test_a_reference_to_another_server_is_not_resolved_here() -> None:
    chart = chart_of({"resourceType": "Medication", "id": "m"}, server=SERVER)
    assert chart.resolve(Reference(reference="https://other.example/fhir/Medication/m")) is None
    assert chart.resolve(Reference(reference=f"{SERVER}/Medication/m")) is not None


@pytest.mark.parametrize(
    ("reference", "pair"),
    [
        ("Patient/1", ("Patient", "1")),
        ("https://a.b/fhir/Patient/1/_history/2", ("Patient", "1")),
        ("Patient/1/", ("Patient", "1")),
        ("#1", None),
        ("urn:uuid:1", None),
        ("1", None),
        ("", None),
        ("/1", None),
    ],
)
def test_a_literal_reference_has_a_type_and_an_id(reference: str, pair: tuple[str, str] | None) -> None:
    assert local(reference) == pair


def test_servers_have_one_spelling() -> None:
    assert server("HTTP://A.b:80/fhir/") == "http://a.b/fhir"
    assert server("https://a.b:8443/fhir") == "https://a.b:8443/fhir"
    assert base("https://a.b/fhir/Patient/1/_history/2") == "https://a.b/fhir"
    assert base("Patient/1") == ""


def test_a_chart_can_come_as_bytes() -> None:
    assert len(chart_of(json.dumps(condition()).encode()).conditions) == 1


def test_a_chart_keeps_only_what_it_wants_even_where_more_was_decoded() -> None:
    plan = Located(Resource(resource_type="Goal", id="x", subject=Reference(reference="Patient/q")))
    assert build([plan], PatientIdentity("p"), wanted(frozenset())).foreign == []
