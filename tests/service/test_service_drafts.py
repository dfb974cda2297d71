"""A policy that is tried, and in force nowhere: whoever sees it sees that, and nothing is authorized by it."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from cds_service.app.container import from_environment
from cds_service.app.published import draft_title
from cds_service.app.settings import Settings
from cds_service.app.settings_file import drafts_of
from cds_service.application import create_app
from cds_service.commands.main import main
from fhir_mappings.wording import wording
from tests import world
from tests.databases import new_engine
from tests.service.calls import HCPCS, body, coverage, medication_request, order_sign, searchset

Json = dict[str, Any]
DAY = date(2026, 12, 14)
BASE = "https://cds.example.org"
EXAMPLES = Path(world.own_folder()) / "examples"
DENOSUMAB = {"system": HCPCS, "code": "J0897", "display": "denosumab"}
WOMAN = {"resourceType": "Patient", "id": "p1", "birthDate": "1951-09-03", "gender": "female"}


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


SUBJECT = {"subject": {"reference": "Patient/p1"}}
CHART = (
    {"resourceType": "Condition", "id": "c1", **SUBJECT, "code": coded("http://hl7.org/fhir/sid/icd-10-cm", "M81.0")},
    {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        **SUBJECT,
        "code": coded("http://loinc.org", "38265-5"),
        "effectiveDateTime": "2026-11-01",
        "valueQuantity": {"value": -3.1, "system": "http://unitsofmeasure.org", "code": "{T-score}"},
    },
    {
        "resourceType": "MedicationStatement",
        "id": "m1",
        "status": "stopped",
        **SUBJECT,
        "medicationCodeableConcept": coded("http://www.nlm.nih.gov/research/umls/rxnorm", "77655"),
        "effectivePeriod": {"start": "2024-01-10", "end": "2025-06-10"},
        "statusReason": [coded("http://snomed.info/sct", "266721009")],
    },
)


def client_of(*, is_draft: bool, language: str = "en") -> FlaskClient:
    known = world.examples()
    known = known.as_drafts(draft_title(wording(language))) if is_draft else known
    settings = Settings(base_url=BASE, automatic_approval=True, language=language)
    return create_app(world.compose(settings, known, DAY, new_engine())).test_client()


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return client_of(is_draft=True)


def signed(client: FlaskClient) -> Json:
    order = medication_request(DENOSUMAB, authoredOn=DAY.isoformat())
    brought = {"patient": WOMAN, "coverage": searchset(coverage()), "chart": searchset(*CHART)}
    return dict(
        json.loads(client.post("/cds-services/order-sign-crd", data=body(order_sign(order, prefetch=brought))).data)
    )


def explained(reply: Json) -> Json:
    (order,) = reply["extension"]["cds-service.explain"]["orders"]
    return dict(order)


def test_the_card_says_that_it_is_a_draft(client: FlaskClient) -> None:
    cards = signed(client)["cards"]
    assert cards
    assert all("DRAFT" in f"{card['summary']} {card.get('detail', '')}" for card in cards)


def test_the_explain_block_says_it_and_nothing_is_authorized(client: FlaskClient) -> None:
    order = explained(signed(client))
    assert (order["ruling"], order["policy"]["draft"], order["not-authorized"]) == ("met", True, "policy-is-draft")


def test_a_policy_in_force_is_no_draft() -> None:
    order = explained(signed(client_of(is_draft=False)))
    assert (order["ruling"], "draft" in order["policy"]) == ("met", False)
    assert order.get("not-authorized") != "policy-is-draft"


@pytest.mark.parametrize(("is_draft", "status"), [(True, "draft"), (False, "active")])
def test_form_and_library_have_the_status(*, is_draft: bool, status: str) -> None:
    client = client_of(is_draft=is_draft)
    form = client.get("/fhir/Questionnaire/denosumab-initial").get_json()
    library = client.get("/fhir/Library/Denosumab").get_json()
    assert (form["status"], library["status"]) == (status, status)
    assert (form["title"].startswith("DRAFT: "), "in force nowhere" in form["description"]) == (is_draft, is_draft)


def test_it_is_said_in_the_language_of_the_service() -> None:
    form = client_of(is_draft=True, language="es").get("/fhir/Questionnaire/denosumab-initial").get_json()
    assert form["title"].startswith("BORRADOR: ")


def test_a_folder_that_a_command_names_is_of_drafts_and_one_of_the_settings_is_not(tmp_path: Path) -> None:
    tried = from_environment(drafts_of(EXAMPLES), tmp_path, store=False)
    in_force = from_environment({"CDS_POLICIES_FOLDER": str(EXAMPLES)}, tmp_path, store=False)
    beside = from_environment({**drafts_of(EXAMPLES), "CDS_POLICIES_BESIDE": "true"}, tmp_path, store=False)
    assert {one.is_draft for one in tried.catalogue.all} == {True}
    assert {one.is_draft for one in in_force.catalogue.all} == {False}
    assert {one.id for one in beside.catalogue.all if not one.is_draft} == {"elranatamab", "margetuximab"}


def test_every_indication_of_a_draft_is_one() -> None:
    policy = world.examples().as_drafts(str.upper).versions("infliximab").policies[-1]
    assert {(one.is_draft, one.title) for one in policy.views} == {(True, policy.title)}


def test_an_evaluation_says_it(tmp_path: Path) -> None:
    chart = tmp_path / "chart.json"
    chart.write_text(json.dumps(searchset(WOMAN, *CHART)), "utf-8")
    given = ("evaluate", "--chart", str(chart), "--order", f"{HCPCS}|J0897", "--date", DAY.isoformat())
    told = CliRunner().invoke(main, (*given, "--folder", str(EXAMPLES)), env={"CDS_TODAY": DAY.isoformat()})
    assert (told.exit_code, "met (denosumab 2026-11-30, a draft)" in told.output) == (0, True), told.output
