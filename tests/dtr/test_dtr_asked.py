"""What a package must be like, whoever asks and however little comes with the call: requirements of DTR 2.2.0."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from cds_service.app.container import Container
from cds_service.app.settings import PayerSettings, Settings
from cds_service.application import create_app
from cds_service.storage.tables import METADATA, READS
from policies import catalogue
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.dtr.test_dtr_package import (
    CANONICAL,
    OLD,
    URL,
    Json,
    answers,
    asked,
    bundles,
    canonical,
    context,
    extensions,
    form,
    of_coverage,
    order,
    remarks,
    response,
    signed,
)
from tests.dtr.test_dtr_way_back import copied
from tests.service.calls import MARGETUXIMAB, body, in_version, medication_request, order_sign, without
from tests.world import compose

BASE = "https://cds.example.org"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
BOTH = pytest.mark.parametrize(("url", "name"), [(URL, "packagebundle"), (OLD, "PackageBundle")])


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def plain(bundle: Json) -> Json:
    """A package without the times of its making."""
    entries = [
        {name: value for name, value in one["resource"].items() if name != "authored"} for one in bundle["entry"]
    ]
    return {name: value for name, value in bundle.items() if name not in {"timestamp", "entry"}} | {"entry": entries}


def coverage_of(version: str) -> Json:
    """A Coverage with all that a version of US Core or CRD calls must-support."""
    system = "http://terminology.hl7.org/CodeSystem"
    return of_coverage(
        meta={"profile": [f"{US_CORE}/us-core-coverage|{version}"]},
        identifier=[
            {"type": {"coding": [{"system": f"{system}/v2-0203", "code": "MB"}]}, "system": "urn:oid:1.2", "value": "7"}
        ],
        type={"coding": [{"system": "https://nahdo.org/sopt", "code": "3"}]},
        subscriber={"reference": "Patient/p1"},
        subscriberId="M123",
        relationship={"coding": [{"system": f"{system}/subscriber-relationship", "code": "self"}]},
        period={"start": "2026-01-01"},
        **{"class": [{"type": {"coding": [{"system": f"{system}/coverage-class", "code": "plan"}]}, "value": "B37"}]},
    )


@BOTH
@pytest.mark.requirement("dtr22.conf-2", "dtr22.conf-9", "dtr22.conf-12")
def test_must_support_elements_are_understood_and_none_is_needed(client: FlaskClient, url: str, name: str) -> None:
    """The least that is valid, and the most: both get the same form and draft."""
    bare = {key: value for key, value in of_coverage()["resource"].items() if key != "status"}
    least = medication_request(MARGETUXIMAB)
    for member in ("authoredOn", "requester", "intent", "status"):
        least = without(least, member)
    (expected,) = bundles(asked(client, of_coverage(), order(), url=url), name)
    (small,) = bundles(
        asked(client, {"name": "coverage", "resource": bare}, {"name": "order", "resource": least}, url=url), name
    )
    assert plain(small) == plain(expected)
    for version in ("3.1.1", "6.1.0", "7.0.0"):
        (found,) = bundles(asked(client, coverage_of(version), order(), url=url), name)
        assert plain(found) == plain(expected)


@pytest.mark.requirement("dtr22.conf-8")
def test_what_follows_no_profile_changes_nothing(client: FlaskClient) -> None:
    (expected,) = bundles(asked(client, of_coverage(), order()))
    other = [
        {"name": "referenced", "resource": {"resourceType": "Basic", "id": "b1", "code": {"text": "ours"}}},
        {"name": "referenced", "resource": {"resourceType": "Practitioner", "id": "dr1"}},
        {"name": "hint", "valueString": "margetuximab"},
    ]
    (found,) = bundles(asked(client, of_coverage(), order(), *other))
    assert plain(found) == plain(expected)


@pytest.mark.parametrize(
    "kind",
    [
        *("Appointment", "Encounter", "CommunicationRequest", "DeviceRequest", "NutritionOrder", "ServiceRequest"),
        *("SupplyRequest", "VisionPrescription", "ImmunizationRecommendation"),
    ],
)
def test_any_order_that_may_be_sent_is_answered(client: FlaskClient, kind: str) -> None:
    sent = {"name": "order", "resource": {"resourceType": kind, "id": "o1"}}
    reply = asked(client, of_coverage(), sent)
    assert (bundles(reply), remarks(reply)) == ([], ["information informational"])


def test_an_order_that_names_its_drug_by_reference_is_understood(client: FlaskClient) -> None:
    drug = {"resourceType": "Medication", "id": "d1", "code": {"coding": [MARGETUXIMAB]}}
    sent = without(medication_request(MARGETUXIMAB), "medicationCodeableConcept")
    sent |= {"medicationReference": {"reference": "Medication/d1"}}
    beside = {"name": "referenced", "resource": drug}
    assert bundles(asked(client, of_coverage(), {"name": "order", "resource": sent}, beside))


@BOTH
@pytest.mark.requirement("dtr22.oper-7")
def test_a_form_comes_once_however_often_it_is_named(client: FlaskClient, url: str, name: str) -> None:
    twice = (canonical(CANONICAL), canonical(f"{CANONICAL}|2026-05-06"))
    assert len(bundles(asked(client, of_coverage(), *twice, url=url), name)) == 1


@pytest.mark.requirement("dtr22.oper-7")
def test_two_versions_of_a_form_do_not_come_for_one_order(tmp_path: Path) -> None:
    client = create_app(of_two_versions(tmp_path)).test_client()
    named = [canonical(f"{CANONICAL}|{day}") for day in ("2026-05-06", "2026-11-01")]
    reply = asked(client, of_coverage(), order(), *named)
    assert [form(one)["version"] for one in bundles(reply)] == ["2026-05-06"]
    assert remarks(reply) == ["warning business-rule"]
    orders = (order(name="mr1", authoredOn="2026-06-01"), order(name="mr2", authoredOn="2026-11-02"))
    found = bundles(asked(client, of_coverage(), *orders))
    shown = [(form(one)["version"], extensions(response(one), "qr-context")) for one in found]
    assert shown == [
        ("2026-05-06", [{"reference": "MedicationRequest/mr1"}]),
        ("2026-11-01", [{"reference": "MedicationRequest/mr2"}]),
    ]


def of_two_versions(tmp_path: Path, engine: Any = None) -> Container:
    found = catalogue.load(copied(tmp_path))
    return compose(Settings(base_url=BASE), found, TODAY, engine if engine is not None else new_engine())


@pytest.mark.requirement("dtr22.oper-8")
@pytest.mark.parametrize("contact", ["", "tel:+1-555-0100"])
def test_where_no_form_comes_it_is_said_how_else_to_find_out(
    tmp_path: Path, policies_on_file: Catalogue, contact: str
) -> None:
    """The policy version of the determination was on file when the hook was called, and is no longer."""
    engine = new_engine()
    dated = order_sign(medication_request(MARGETUXIMAB, authoredOn="2026-11-02"))
    name = signed(create_app(of_two_versions(tmp_path, engine)).test_client(), body(dated))
    settings = Settings(base_url=BASE, payer=PayerSettings(contact=contact))
    client = create_app(compose(settings, policies_on_file, TODAY, engine)).test_client()
    reply = asked(client, of_coverage(), context(name))
    assert (bundles(reply, "PackageBundle"), remarks(reply, "operationOutcome")) == ([], ["warning not-found"])
    text = json.loads(reply.data)["parameter"][0]["resource"]["issue"][0]["details"]["text"]
    assert "Have the order signed again" in text
    assert ("+1-555-0100" in text) is bool(contact)


@pytest.mark.requirement("dtr22.prof-1")
def test_an_order_under_other_rules_than_at_the_hook_is_remarked_on(tmp_path: Path) -> None:
    client = create_app(of_two_versions(tmp_path)).test_client()
    name = signed(client, body(order_sign(medication_request(MARGETUXIMAB, authoredOn="2026-06-01"))))
    same = asked(client, of_coverage(), context(name), order(authoredOn="2026-06-01"))
    assert remarks(same, "operationOutcome") == []
    later = asked(client, of_coverage(), context(name), order(authoredOn="2026-11-02"))
    assert remarks(later, "operationOutcome") == ["warning business-rule"]
    assert [form(one)["version"] for one in bundles(later, "PackageBundle")] == ["2026-05-06"]


def test_only_the_draft_of_the_determinations_own_form_is_tied_to_it(tmp_path: Path) -> None:
    client = create_app(of_two_versions(tmp_path)).test_client()
    name = signed(client, body(order_sign(medication_request(MARGETUXIMAB, authoredOn="2026-06-01"))))
    others = (f"{CANONICAL}|2026-11-01", f"{BASE}/fhir/Questionnaire/elranatamab-initial")
    for one in others:
        (found,) = bundles(asked(client, of_coverage(), context(name), canonical(one)), "PackageBundle")
        assert "identifier" not in response(found)
    (own,) = bundles(asked(client, of_coverage(), context(name)), "PackageBundle")
    assert response(own)["identifier"]["value"] == name


@pytest.mark.requirement("dtr22.sec-9")
def test_a_call_for_packages_leaves_nothing_behind(policies_on_file: Catalogue) -> None:
    engine = new_engine()
    client = create_app(compose(Settings(base_url=BASE), policies_on_file, TODAY, engine)).test_client()
    name = signed(client, body(order_sign()))

    def rows() -> dict[str, int]:
        with engine.connect() as connection:
            tables = set(METADATA.sorted_tables) - {READS}  # that it was read is noted, and nothing of the call
            return {one.name: connection.execute(select(func.count()).select_from(one)).scalar() or 0 for one in tables}

    before = rows()
    assert bundles(asked(client, of_coverage(), context(name), order(note=[{"text": "secret"}])), "PackageBundle")
    assert bundles(asked(client, of_coverage(), order(name="never-signed")))
    assert rows() == before
    again = asked(client, of_coverage(), context(name))
    assert "secret" not in again.text


@BOTH
@pytest.mark.requirement("dtr22.spec-140", "dtr22.spec-141", "dtr22.spec-159")
def test_a_standard_draft_contains_nothing_and_has_one_purpose(client: FlaskClient, url: str, name: str) -> None:
    for bundle in bundles(asked(client, of_coverage(), order(), url=url), name):
        draft = response(bundle)
        assert "contained" not in draft
        assert '"#' not in json.dumps(draft)
        (purpose,) = extensions(draft, "intendedUse")
        assert [one["code"] for one in purpose["coding"]] == ["withpa"]


@pytest.mark.requirement("dtr22.spec-1")
def test_every_client_gets_the_same(client: FlaskClient) -> None:
    content = {"resourceType": "Parameters", "parameter": [of_coverage(), order()]}
    found = [
        plain(client.post(URL, json=content, headers=headers).get_json()["parameter"][0]["resource"])
        for headers in (
            {},
            {"User-Agent": "our own app"},
            {"Origin": "http://other-app.localhost:8080"},
            {"Origin": BASE},
        )
    ]
    assert all(one == found[0] for one in found)


@pytest.mark.requirement("dtr22.spec-21")
def test_no_form_rests_on_elements_that_clients_need_not_know(client: FlaskClient) -> None:
    """Root and items bear must-support elements, and bounds, which are looked at again when answers come."""
    entries = client.get("/fhir/Questionnaire").get_json()["entry"]
    for resource in (one["resource"] for one in entries):
        assert names(resource.get("extension", ())) <= KNOWN_AT_ROOT
        for item in every(resource):
            assert names(item.get("extension", ())) <= KNOWN_AT_ITEM | {"minValue", "maxValue"}
            assert not item.keys() & {"initial", "readOnly", "maxLength", "prefix", "definition"}


KNOWN_AT_ROOT = frozenset(
    {"artifact-versionAlgorithm", "cqf-library", "sdc-questionnaire-launchContext", "variable"}
    | {"sdc-questionnaire-questionnaireAdaptive", "questionnaireAudience", "estimated-completion-time"}
)
KNOWN_AT_ITEM = frozenset({"questionnaire-itemControl", "sdc-questionnaire-initialExpression"})


def names(extension: Any) -> set[str]:
    return {one["url"].rpartition("/")[2] for one in extension}


def every(resource: Json) -> list[Json]:
    return [found for item in resource.get("item", ()) for found in (item, *every(item))]


@BOTH
@pytest.mark.requirement("dtr22.spec-164")
def test_a_package_is_small(client: FlaskClient, url: str, name: str) -> None:
    reply = asked(client, of_coverage(), order(), url=url)
    assert bundles(reply, name)
    assert len(reply.data) < 1024 * 1024


def test_two_calls_get_the_same_form(client: FlaskClient) -> None:
    first, second = (bundles(asked(client, of_coverage(), order()))[0] for _ in range(2))
    assert plain(first) == plain(second)


@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_a_context_of_one_patient_tells_another_nothing(client: FlaskClient, version: str) -> None:
    name = signed(client, body(in_version(order_sign(), version)))
    foreign = of_coverage(beneficiary={"reference": "Patient/p2"})
    for sent in ((foreign, context(name)), (foreign, context(name), canonical(CANONICAL))):
        assert asked(client, *sent).status_code == 422
    (unrelated,) = bundles(asked(client, foreign, canonical(CANONICAL)))
    assert answers(response(unrelated)) == {}
