"""What was sought in vain may contradict what came: then the machine authorizes nothing, and says why."""

import json
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands import demo
from cds_service.replay.stored_call_reader import reread
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.fetching.loopback_ehr import Answered, Ehr
from tests.service.calls import body, coverage_information, replaced, searchset, without
from tests.world import compose, store

Json = dict[str, Any]
MET = json.loads(demo.samples()[0].body)
WHO = MET["context"]["patientId"]
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
CLINICAL = (
    ("conditions", "Condition"),
    ("medicationRequests", "MedicationRequest"),
    ("medicationAdministrations", "MedicationAdministration"),
    ("medicationDispenses", "MedicationDispense"),
    ("medicationStatements", "MedicationStatement"),
    ("procedures", "Procedure"),
    ("observations", "Observation"),
)
TOLD = "Part of the chart is not at hand ({}), and may say otherwise: a person decides."
IN_WORDS = {
    "Condition": "diagnoses",
    "MedicationRequest": "prescriptions",
    "MedicationAdministration": "drugs given",
    "MedicationDispense": "drugs dispensed",
    "MedicationStatement": "drugs taken",
    "Procedure": "procedures",
    "Observation": "results and observations",
}


@pytest.fixture
def service(policies_on_file: Catalogue) -> Iterator[Container]:
    engine = store()
    settings = Settings(base_url="https://cds.example.org", automatic_approval=True, time_budget_seconds=30)
    yield compose(settings, policies_on_file, TODAY, engine)
    engine.dispose()


@pytest.fixture
def client(service: Container) -> FlaskClient:
    return create_app(service).test_client()


def at(ehr: Ehr, call: Json = MET) -> Json:
    moved: Json = json.loads(json.dumps(call).replace(call["fhirServer"], ehr.base))
    return moved


def beside(call: Json, key: str) -> Json:
    """Return a call without a key, what it held under another one: nothing that proves anything is lost."""
    return replaced(without(call, "prefetch", key), call["prefetch"][key], "prefetch", "beside")


def told(client: FlaskClient, call: Json) -> Json:
    reply = client.post("/cds-services/order-sign-crd", data=body(call))
    assert reply.status_code == 200, reply.text
    return coverage_information(reply.get_json()["systemActions"][0]["resource"])


@pytest.mark.parametrize(("key", "kind"), CLINICAL)
def test_a_search_that_failed_withholds_automatic_approval(client: FlaskClient, ehr: Ehr, key: str, kind: str) -> None:
    """The client says that it could not provide a key, and the server fails too; everything is proven all the same."""
    call = replaced(beside(at(ehr), key), OUTCOME, "prefetch", key)
    found = told(client, call)
    assert [one.partition("?")[0] for one in ehr.paths] == [kind]
    assert (found["pa-needed"], found["doc-purpose"]) == ("auth-needed", "withpa")
    assert "satisfied-pa-id" not in found
    assert TOLD.format(IN_WORDS[kind]) in found["reason"]["text"]


@pytest.mark.parametrize(("key", "kind"), CLINICAL)
def test_a_search_that_succeeds_withholds_nothing(client: FlaskClient, ehr: Ehr, key: str, kind: str) -> None:
    ehr.answers = {kind: searchset()}
    call = replaced(beside(at(ehr), key), OUTCOME, "prefetch", key)
    assert told(client, call)["pa-needed"] == "satisfied"


def test_the_criteria_stay_proven_by_what_came(client: FlaskClient, ehr: Ehr) -> None:
    call = replaced(beside(at(ehr), "observations"), OUTCOME, "prefetch", "observations")
    name = told(client, call)["coverage-assertion-id"]
    kept = client.get(f"/determinations/{name}").get_json()
    assert (kept["ruling"], kept["questions"]) == ("met", [])
    assert kept["note"] == TOLD.format(IN_WORDS["Observation"])


def test_the_card_says_so(client: FlaskClient, ehr: Ehr) -> None:
    call = replaced(beside(at(ehr), "procedures"), OUTCOME, "prefetch", "procedures")
    reply = client.post("/cds-services/order-sign-crd", data=body(call)).get_json()
    assert TOLD.format(IN_WORDS["Procedure"]) in reply["cards"][0]["detail"]


def test_a_page_that_is_lacking_withholds_it(client: FlaskClient, ehr: Ehr) -> None:
    """The first page came with the call and proves everything; the second one fails."""
    link = [{"relation": "next", "url": f"{ehr.base}?page=2"}]
    call = replaced(at(ehr), link, "prefetch", "observations", "link")
    assert told(client, call)["pa-needed"] == "auth-needed"
    ehr.answers = {"/fhir?page=2": searchset()}
    assert told(client, call)["pa-needed"] == "satisfied"


def test_a_search_that_is_late_withholds_it(policies_on_file: Catalogue, ehr: Ehr) -> None:
    settings = Settings(automatic_approval=True, time_budget_seconds=0.3)
    client = create_app(compose(settings, policies_on_file, TODAY, store())).test_client()
    ehr.answers = {"Procedure": Answered(searchset(), held=Event())}
    call = without(at(ehr), "prefetch", "procedures")
    found = told(client, call)
    assert TOLD.format(IN_WORDS["Procedure"]) in found["reason"]["text"]


@pytest.mark.parametrize("outcome", [OUTCOME, {"resourceType": "OperationOutcome", "issue": []}])
def test_what_the_client_could_not_provide_withholds_it_without_a_server(client: FlaskClient, outcome: Json) -> None:
    """Nothing is fetched from a server that is not registered; the client's own failure is still one."""
    call = replaced(beside(MET, "observations"), outcome, "prefetch", "observations")
    for one in (call, without(call, "fhirServer")):
        found = told(client, one)
        assert found["pa-needed"] == "auth-needed"
        assert TOLD.format(IN_WORDS["Observation"]) in found["reason"]["text"]


@pytest.mark.parametrize(("key", "kind"), CLINICAL)
def test_a_key_that_did_not_come_and_may_not_be_asked_for_withholds_it(
    client: FlaskClient, key: str, kind: str
) -> None:
    """A refused fetch, and one that is impossible, leave a chart as incomplete as one that failed."""
    call = replaced(MET, {**MET["prefetch"], key: None}, "prefetch")
    for one in (call, without(call, "fhirServer")):
        found = told(client, without(one, "prefetch", key))
        assert found["pa-needed"] == "auth-needed"
        assert IN_WORDS[kind] in found["reason"]["text"]
        assert "?" not in found["reason"]["text"]
        assert WHO not in found["reason"]["text"]


SIGNS = {
    "a next page": {"link": [{"relation": "next", "url": "https://ehr-1.example.org/fhir?_getpages=a"}]},
    "a next page without an address": {"link": [{"relation": "next"}]},
    "a total above what came": {"total": 500},
    "a total that is no number": {"total": "500"},
}


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(("key", "kind"), CLINICAL)
def test_a_chart_that_says_itself_that_it_is_incomplete_is_not_approved(
    client: FlaskClient, key: str, kind: str, sign: str
) -> None:
    """With no server that could be asked, as with one: what lacks is said in words, without searches and ids."""
    call = replaced(MET, MET["prefetch"][key] | SIGNS[sign], "prefetch", key)
    for one in (without(call, "fhirServer"), call):
        found = told(client, one)
        assert (found["pa-needed"], "satisfied-pa-id" in found) == ("auth-needed", False)
        assert TOLD.format(IN_WORDS[kind]) in found["reason"]["text"]


@pytest.mark.parametrize(("more", "needed"), [(0, "satisfied"), (1, "auth-needed")])
def test_what_is_included_or_came_twice_does_not_make_up_a_total(client: FlaskClient, more: int, needed: str) -> None:
    entries = MET["prefetch"]["observations"]["entry"]
    included = {"resource": {"resourceType": "Practitioner", "id": "x"}, "search": {"mode": "include"}}
    value = {"total": len(entries) + more, "entry": [*entries, included, entries[0]]}
    call = replaced(MET, MET["prefetch"]["observations"] | value, "prefetch", "observations")
    assert told(client, call)["pa-needed"] == needed


@pytest.mark.parametrize(
    ("odd", "approved"),
    [
        ({"resourceType": "Observation", "id": "odd", "status": 7}, False),
        (
            {
                "resourceType": "Observation",
                "id": "odd",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "85319-2"}]},
            },
            False,
        ),
        ({"resourceType": "DocumentReference", "id": "odd", "status": 7}, True),
        (7, False),
    ],
)
def test_what_came_and_cannot_be_read_withholds_it_where_it_bears_on_the_policy(
    client: FlaskClient, odd: Any, approved: bool
) -> None:
    call = replaced(MET, odd, "prefetch", "odd")
    assert (told(client, call)["pa-needed"] == "satisfied") is approved


def test_an_authorization_that_runs_is_still_told(client: FlaskClient, ehr: Ehr) -> None:
    number = told(client, at(ehr))["satisfied-pa-id"]
    call = replaced(beside(at(ehr), "observations"), OUTCOME, "prefetch", "observations")
    assert told(client, call)["satisfied-pa-id"] == number


def test_it_is_kept_with_the_call_so_that_a_later_answer_does_not_forget_it(
    service: Container, client: FlaskClient, ehr: Ehr
) -> None:
    call = replaced(beside(at(ehr), "observations"), OUTCOME, "prefetch", "observations")
    kept = service.archive.kept(told(client, call)["coverage-assertion-id"])  # type: ignore[union-attr]
    assert kept is not None
    again = reread(service.order_sign, kept.call, kept.tenant, kept.today).decided(kept)
    assert again is not None
    assert again.judgement.lacking == ("Observation",)


def saying(severity: str) -> Json:
    """Return a server's remark about its own search."""
    return replaced(OUTCOME, severity, "issue", 0, "severity")


@pytest.mark.parametrize("severity", ["fatal", "error"])
def test_a_searchset_that_tells_of_an_error_withholds_it(client: FlaskClient, ehr: Ehr, severity: str) -> None:
    """The server answers with 200, and says among the entries that it failed: what it left out may say otherwise."""
    call = replaced(beside(at(ehr), "observations"), OUTCOME, "prefetch", "observations")
    ehr.answers = {"Observation": searchset(saying(severity))}
    found = told(client, call)
    assert found["pa-needed"] == "auth-needed"
    assert TOLD.format(IN_WORDS["Observation"]) in found["reason"]["text"]


@pytest.mark.parametrize(
    ("severity", "code", "needed"),
    [
        ("error", "processing", "auth-needed"),
        ("warning", "processing", "auth-needed"),
        ("information", "suppressed", "auth-needed"),
        ("information", "informational", "satisfied"),
    ],
)
def test_an_outcome_beside_what_came_withholds_it_and_a_mere_message_does_not(
    client: FlaskClient, severity: str, code: str, needed: str
) -> None:
    said = replaced(saying(severity), code, "issue", 0, "code")
    entries = [*MET["prefetch"]["observations"]["entry"], {"resource": said}]
    call = replaced(MET, entries, "prefetch", "observations", "entry")
    assert told(client, call)["pa-needed"] == needed
    assert told(client, without(call, "fhirServer"))["pa-needed"] == needed


@pytest.mark.parametrize("severity", [{}, [], 7, None])
def test_an_error_of_an_odd_kind_fails_no_call(client: FlaskClient, severity: Any) -> None:
    odd = replaced(OUTCOME, severity, "issue", 0, "severity")
    for value in (odd, searchset(odd)):
        assert told(client, replaced(MET, value, "prefetch", "procedures"))["covered"] == "covered"
