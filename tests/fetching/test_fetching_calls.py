"""Calls through the real application, with a FHIR server on this machine as the source of what they lack."""

import io
import json
import sys
import zlib
from threading import Event
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from cds_service import logs
from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands import demo
from cds_service.replay.replay import replay
from cds_service.storage.tables import CALLS
from fhir_mappings.coverage.coverage_information import EXTENSION
from hooks.definitions.prefetch_templates import templates
from hooks.protocol.payer import Delivery
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.fetching.loopback_ehr import Answered, Ehr, served
from tests.service.calls import (
    AMOXICILLIN,
    MARGETUXIMAB,
    PATIENT,
    RXNORM,
    body,
    coverage,
    medication_request,
    order_sign,
    replaced,
    searchset,
    unexplained,
    without,
)
from tests.world import compose

Json = dict[str, Any]
SAMPLE = json.loads(demo.samples()[0].body)
WHO = SAMPLE["context"]["patientId"]
BASE = "https://cds.example.org"
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
PATIENT_P1 = {"resourceType": "Patient", "id": "p1"}
CRD = {"davinci-crd.requestedVersion": "2.2"}
KEYS = (
    "patient",
    "coverage",
    "conditions",
    "medicationRequests",
    "medicationAdministrations",
    "medicationDispenses",
    "medicationStatements",
    "procedures",
    "observations",
    "diagnosticReports",
    "documentReferences",
    "imagingStudies",
    "adverseEvents",
    "questionnaireResponses",
)
NONE_OF_IT: Json = dict.fromkeys(KEYS)
"""A prefetch in which nothing lacks: the client says that it has no such data."""


def service(policies: Catalogue, engine: Engine, **settings: Any) -> Container:
    return compose(Settings(base_url="https://cds.example.org", **settings), policies, TODAY, engine)


@pytest.fixture
def open_service(policies_on_file: Catalogue, engine: Engine) -> Container:
    return service(policies_on_file, engine, time_budget_seconds=30)


@pytest.fixture
def hasty(policies_on_file: Catalogue, engine: Engine) -> Container:
    return service(policies_on_file, engine, time_budget_seconds=2)


def post(container: Container, call: Json) -> Any:
    client: FlaskClient = create_app(container).test_client()
    return client.post("/cds-services/order-sign-crd", data=body(call))


def signed(container: Container, call: Json) -> Json:
    """Sign a call and return the coverage information on its first order, by name."""
    reply = post(container, call)
    assert reply.status_code == 200, reply.text
    extensions = reply.get_json()["systemActions"][0]["resource"]["extension"]
    parts = next(one["extension"] for one in extensions if one["url"] == EXTENSION)
    return {part["url"]: next(value for name, value in part.items() if name != "url") for part in parts}


def notes(container: Container, call: Json) -> dict[str, str]:
    """Sign a call and return the note of each criterion as it was kept."""
    told = signed(container, call)
    client: FlaskClient = create_app(container).test_client()
    kept = client.get(f"/determinations/{told['coverage-assertion-id']}").get_json()
    return {one["id"]: one["note"] for one in kept["criteria"]}


def bare(ehr: Ehr, prefetch: Json, *orders: Json, **members: Any) -> Json:
    """A call whose FHIR server is ours, and whose prefetch says of all but the keys given that there is no data."""
    given = {"patient": PATIENT_P1, "coverage": searchset(coverage())}
    return order_sign(*orders, prefetch=NONE_OF_IT | given | prefetch, fhirServer=ehr.base, extension=CRD, **members)


def lacking(ehr: Ehr, *keys: str, orders: tuple[Json, ...] = (), **members: Any) -> Json:
    call = bare(ehr, {}, *orders, **members)
    for key in keys:
        del call["prefetch"][key]
    return call


def at(ehr: Ehr, sample: Json) -> Json:
    """A sample as a client of our FHIR server sends it."""
    moved = json.dumps(sample).replace(sample["fhirServer"], ehr.base)
    return {**json.loads(moved), "extension": CRD}


def observed(name: str, code: str, text: str) -> Json:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": PATIENT},
        "effectiveDateTime": "2026-01-10",
        "valueString": text,
    }


@pytest.mark.requirement("hooks.34", "hooks.60", "hooks.61", "crd22.found-5")
def test_a_chart_that_is_fetched_is_judged_like_one_that_came_along(
    open_service: Container, ehr: Ehr, policies_on_file: Catalogue
) -> None:
    whole = at(ehr, SAMPLE)
    served(ehr, whole["prefetch"], templates(policies_on_file, base=BASE), WHO)
    told = signed(open_service, without(whole, "prefetch") | {"fhirAuthorization": {"access_token": "tok-1"}})
    assert told["reason"]["text"].startswith("The chart supports every criterion")
    assert {one.partition("&")[0] for one in ehr.paths} >= {f"Condition?patient={WHO}", f"Patient/{WHO}"}
    assert len({one.partition("&")[0] for one in ehr.paths}) == len(templates(policies_on_file, base=BASE))
    assert {one.headers["Authorization"] for one in ehr.asked} == {"Bearer tok-1"}
    with_codes = next(one for one in ehr.paths if one.startswith("Observation"))
    assert "&combo-code=" in with_codes
    assert "85319-2" in with_codes.partition("&combo-code=")[2].split(",")


def test_of_a_whole_prefetch_nothing_is_fetched(open_service: Container, ehr: Ehr) -> None:
    signed(open_service, at(ehr, SAMPLE))
    signed(open_service, bare(ehr, {}))
    assert ehr.asked == []


@pytest.mark.requirement("hooks.34")
@pytest.mark.parametrize("key", KEYS[2:])
def test_only_what_lacks_is_fetched(open_service: Container, ehr: Ehr, policies_on_file: Catalogue, key: str) -> None:
    ehr.answers = {"": searchset()}
    signed(open_service, lacking(ehr, key))
    expected = templates(policies_on_file, base=BASE)[key].replace("{{context.patientId}}", "p1")
    assert ehr.paths == [expected.replace("|", "%7C")]


@pytest.mark.idea("crd-idea-35")
def test_a_patient_and_a_coverage_are_fetched_too(open_service: Container, ehr: Ehr) -> None:
    ehr.answers = {"Patient/p1": PATIENT_P1 | {"deceasedBoolean": True}, "Coverage": searchset(coverage())}
    told = signed(open_service, lacking(ehr, "patient", "coverage"))
    assert ehr.paths == ["Coverage?patient=p1&status=active&_include=Coverage:payor", "Patient/p1"]
    assert told["coverage"] == {"reference": "Coverage/cov1"}
    assert "deceased" in told["reason"]["text"]


@pytest.mark.requirement("crd22.resp-39")
def test_what_the_server_tells_is_not_asked_by_a_form(
    open_service: Container, ehr: Ehr, policies_on_file: Catalogue
) -> None:
    """The same call, once with a server that may not be asked: its form asks what the server would have told."""
    whole = at(ehr, SAMPLE)
    served(ehr, whole["prefetch"], templates(policies_on_file, base=BASE), WHO)
    call = without(whole, "prefetch") | {"prefetch": {"coverage": whole["prefetch"]["coverage"]}}
    client: FlaskClient = create_app(open_service).test_client()
    asked = {}
    for server in ("https://unknown.example.org/fhir", ehr.base):
        name = signed(open_service, call | {"fhirServer": server})["coverage-assertion-id"]
        asked[server] = client.get(f"/determinations/{name}").get_json()["questions"]
    closed, opened = asked.values()
    assert {"her2_ihc_score", "prior_anti_her2_therapies"} <= {one["linkId"] for one in closed}
    assert opened == []


@pytest.mark.idea("crd-idea-37")
@pytest.mark.parametrize("empty", [None, searchset(), {"resourceType": "Bundle"}])
def test_what_the_client_has_no_data_of_is_not_asked_again(open_service: Container, ehr: Ehr, empty: Any) -> None:
    signed(open_service, bare(ehr, {"observations": empty}))
    assert ehr.asked == []


@pytest.mark.idea("crd-idea-39")
def test_what_the_client_could_not_provide_is_asked(open_service: Container, ehr: Ehr) -> None:
    ehr.answers = {"Observation": searchset(observed("o1", "85319-2", "3+"))}
    found = notes(open_service, bare(ehr, {"observations": OUTCOME}))
    assert len(ehr.asked) == 1
    assert not any("Could not be read" in note for note in found.values())


def test_under_whatever_key_a_type_came_it_counts_as_brought(open_service: Container, ehr: Ehr) -> None:
    ehr.answers = {"": searchset()}
    call = lacking(ehr, "observations", "coverage", "patient", "medicationRequests")
    call["prefetch"] |= {
        "labs": searchset(observed("o1", "85319-2", "3+")),
        "c": searchset(coverage()),
        "p": PATIENT_P1,
    }
    call["prefetch"]["rx"] = searchset(medication_request(MARGETUXIMAB))
    signed(open_service, call)
    assert ehr.paths == ["MedicationRequest?patient=p1&_include=MedicationRequest:medication"]


def test_another_patient_is_not_the_patient(open_service: Container, ehr: Ehr) -> None:
    ehr.answers = {"Patient/p1": PATIENT_P1}
    call = lacking(ehr, "patient")
    call["prefetch"]["other"] = PATIENT_P1 | {"id": "p2"}
    signed(open_service, call)
    assert ehr.paths == ["Patient/p1"]


def test_the_next_page_of_a_prefetched_bundle_is_read(open_service: Container, ehr: Ehr) -> None:
    first = searchset(observed("o1", "85319-2", "3+"))
    first["link"] = [{"relation": "self", "url": "x"}, {"relation": "next", "url": f"{ehr.base}?page=2"}]
    ehr.answers = {"/fhir?page=2": searchset(observed("o2", "85319-2", "1+"))}
    found = notes(open_service, bare(ehr, {"observations": first}))
    assert len(ehr.asked) == 1
    assert "contradict" in found["her2-positive.ihc"]


def test_a_next_page_that_cannot_be_had_is_noted(open_service: Container, ehr: Ehr) -> None:
    first = searchset() | {"link": [{"relation": "next", "url": "https://elsewhere.example.org/fhir?page=2"}]}
    found = notes(open_service, bare(ehr, {"observations": first, "more": first}))
    assert "results and observations" in found["her2-positive.ihc"]
    assert "results and observations" not in found["diagnosis.breast-cancer"]
    assert "data of another kind" in found["diagnosis.breast-cancer"]


def given(name: str, **members: Any) -> Json:
    return {
        "resourceType": "MedicationAdministration",
        "id": name,
        "status": "completed",
        "subject": {"reference": PATIENT},
        "effectiveDateTime": "2024-01-10",
    } | members


def medication(name: str, code: str) -> Json:
    return {"resourceType": "Medication", "id": name, "code": {"coding": [{"system": RXNORM, "code": code}]}}


def test_medications_that_are_referred_to_are_read_in_both_rounds(open_service: Container, ehr: Ehr) -> None:
    """One is referred to from the prefetch, one from what is fetched; each is read once."""
    came = given("a1", medicationReference={"reference": "Medication/m1"})
    again = given("a2", medicationReference={"reference": f"{ehr.base}/Medication/m1/_history/3"})
    fetched = given("a3", medicationReference={"reference": "Medication/m2"})
    ehr.answers = {
        "MedicationDispense": searchset(fetched | {"resourceType": "MedicationDispense"}),
        "Medication/m1": medication("m1", "224905"),
        "Medication/m2": medication("m2", "224905"),
    }
    call = lacking(ehr, "medicationDispenses")
    call["prefetch"]["medicationAdministrations"] = searchset(came, again)
    found = notes(open_service, call)
    assert ehr.paths == [
        "Medication/m1",
        "Medication/m2",
        "MedicationDispense?patient=p1&_include=MedicationDispense:medication",
    ]
    assert "trastuzumab from 2024-01-10" in found["prior-anti-her2.count"]


def test_what_is_contained_or_came_along_is_not_read(open_service: Container, ehr: Ehr) -> None:
    inside = given("a1", medicationReference={"reference": "#m"}, contained=[medication("m", "224905")])
    beside = given("a2", medicationReference={"reference": "Medication/m2"})
    named = given("a3", medicationReference={"display": "a drug"})
    urn = given("a4", medicationReference={"reference": "urn:uuid:1"})
    call = bare(ehr, {"medicationAdministrations": searchset(inside, beside, named, urn)})
    call["prefetch"]["m"] = medication("m2", "224905")
    signed(open_service, call)
    assert ehr.asked == []


def test_a_medication_that_cannot_be_had_is_noted(open_service: Container, ehr: Ehr) -> None:
    came = given("a1", medicationReference={"reference": "Medication/m1"})
    away = given("a2", medicationReference={"reference": "https://other.example.org/fhir/Medication/m2"})
    found = notes(open_service, bare(ehr, {"medicationAdministrations": searchset(came, away)}))
    assert ehr.paths == ["Medication/m1"]
    assert "Medication/m1, Medication/m2" in found["prior-anti-her2.count"]
    assert "Medication/m1" not in found["her2-positive.ihc"]


def by_reference() -> Json:
    return without(medication_request(MARGETUXIMAB), "medicationCodeableConcept") | {
        "medicationReference": {"reference": "Medication/m9"}
    }


def test_the_medication_of_the_order_is_read(open_service: Container, ehr: Ehr) -> None:
    ehr.answers = {"Medication/m9": medication("m9", MARGETUXIMAB["code"])}
    told = signed(open_service, bare(ehr, {}, by_reference()))
    assert told["pa-needed"] == "auth-needed"


@pytest.mark.parametrize(("version", "covered"), [("2.2", "indeterminate"), ("2.0", "conditional")])
def test_an_order_whose_medication_cannot_be_had_is_told_as_a_technical_failure(
    open_service: Container, ehr: Ehr, version: str, covered: str
) -> None:
    call = bare(ehr, {}, by_reference()) | {"extension": {"davinci-crd.requestedVersion": version}}
    told = signed(open_service, call)
    assert (told["covered"], told["pa-needed"]) == (covered, covered)
    assert told["reason"]["text"].startswith("What coverage rests on could not be read from the EHR")


def test_where_nothing_may_be_fetched_it_is_a_product_without_a_code(open_service: Container, ehr: Ehr) -> None:
    call = bare(ehr, {}, by_reference()) | {"fhirServer": "https://ehr.example.org/fhir"}
    assert signed(open_service, call)["covered"] == "conditional"


ORGANIZATION = {
    "resourceType": "Organization",
    "id": "payer",
    "identifier": [{"system": "https://payer.example.org/identifier", "value": "MMM"}],
}


def by_organization() -> Json:
    return coverage(payor=[{"reference": "Organization/payer"}])


def test_the_payor_of_a_coverage_is_read(open_service: Container, ehr: Ehr) -> None:
    ehr.answers = {"Coverage": searchset(by_organization()), "Organization/payer": ORGANIZATION}
    assert signed(open_service, lacking(ehr, "coverage"))["covered"] == "covered"
    assert ehr.paths == ["Coverage?patient=p1&status=active&_include=Coverage:payor", "Organization/payer"]
    assert signed(open_service, bare(ehr, {"coverage": searchset(by_organization())}))["covered"] == "covered"


@pytest.mark.idea("crd-idea-36")
def test_a_payor_that_cannot_be_had_is_a_technical_failure(open_service: Container, ehr: Ehr) -> None:
    told = signed(open_service, bare(ehr, {"coverage": searchset(by_organization())}))
    assert (told["covered"], told["coverage"]) == ("indeterminate", {"reference": "Coverage/cov1"})
    coded = [one["code"] for one in told["reason"]["coding"]]
    assert coded == ["technical"]


def test_a_payor_that_was_had_and_is_another_is_none_of_that(open_service: Container, ehr: Ehr) -> None:
    ehr.answers = {"Organization/payer": ORGANIZATION | {"identifier": []}}
    assert post(open_service, bare(ehr, {"coverage": searchset(by_organization())})).status_code == 400


def test_of_several_coverages_whose_payors_cannot_be_had_none_is_said_to_be_anothers(
    open_service: Container, ehr: Ehr
) -> None:
    two = searchset(by_organization(), by_organization() | {"id": "cov2"})
    reply = post(open_service, bare(ehr, {"coverage": two}))
    assert (reply.status_code, reply.get_json()["issue"][0]["code"]) == (412, "required")
    order = medication_request(MARGETUXIMAB) | {"insurance": [{"reference": "Coverage/cov2"}]}
    told = signed(open_service, bare(ehr, {"coverage": two}, order))
    assert (told["covered"], told["coverage"]) == ("indeterminate", {"reference": "Coverage/cov2"})


INSURED = {"insurance": [{"reference": "Coverage/cov7"}]}


def test_a_coverage_that_is_late_is_told_by_the_name_that_the_order_gives_it(hasty: Container, ehr: Ehr) -> None:
    ehr.answers = {"Coverage": Answered(searchset(coverage()), held=Event())}
    order = medication_request(MARGETUXIMAB) | INSURED
    call = bare(ehr, {}, order)
    del call["prefetch"]["coverage"]
    told = signed(hasty, call)
    assert (told["covered"], told["coverage"]) == ("indeterminate", {"reference": "Coverage/cov7"})


@pytest.mark.idea("crd-idea-36")
@pytest.mark.parametrize(
    "insurance", [[], "x", [{"display": "plan"}], [{"reference": "Coverage/a"}, {"reference": "Coverage/b"}]]
)
def test_without_the_name_of_one_coverage_nothing_can_be_written(
    open_service: Container, ehr: Ehr, insurance: Any
) -> None:
    call = bare(ehr, {}, medication_request(MARGETUXIMAB) | {"insurance": insurance})
    del call["prefetch"]["coverage"]
    reply = post(open_service, call)
    assert (reply.status_code, reply.get_json()["issue"][0]["code"]) == (412, "required")


def test_so_it_is_for_a_coverage_that_the_client_could_not_provide_either(open_service: Container, ehr: Ehr) -> None:
    assert post(open_service, bare(ehr, {"coverage": OUTCOME})).status_code == 412


def test_a_patient_without_any_coverage_is_another_error(open_service: Container, ehr: Ehr) -> None:
    ehr.answers = {"Coverage": searchset()}
    assert post(open_service, lacking(ehr, "coverage")).status_code == 400


def test_what_is_not_to_be_done_gets_no_action_even_then(open_service: Container, ehr: Ehr) -> None:
    call = bare(ehr, {}, medication_request(MARGETUXIMAB, doNotPerform=True) | INSURED)
    del call["prefetch"]["coverage"]
    assert unexplained(post(open_service, call).get_json()) == {"cards": []}


def test_a_card_says_it_too(policies_on_file: Catalogue, engine: Engine, ehr: Ehr) -> None:
    container = service(policies_on_file, engine, time_budget_seconds=30, default_delivery=Delivery.CARDS)
    (card,) = post(container, bare(ehr, {}, by_reference())).get_json()["cards"]
    assert "could not be read from the EHR" in card["detail"]


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_failure_is_noted_where_the_missing_could_have_told_more(
    open_service: Container, ehr: Ehr, status: int
) -> None:
    ehr.answers = {"Observation": Answered(OUTCOME, status=status)}
    found = notes(open_service, lacking(ehr, "observations"))
    assert "Could not be read, and may bear on this: results and observations." in found["her2-positive.ihc"]
    assert "Observation" not in found["diagnosis.breast-cancer"]
    assert "Observation" not in found["combination-chemotherapy"]


@pytest.mark.idea("crd-idea-65")
def test_what_is_late_is_noted_and_the_rest_is_used(hasty: Container, ehr: Ehr) -> None:
    ehr.answers = {
        "Observation": Answered(searchset(), held=Event()),
        "Condition": searchset(
            {
                "resourceType": "Condition",
                "id": "c1",
                "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C50.911"}]},
                "subject": {"reference": PATIENT},
            }
        ),
    }
    found = notes(hasty, lacking(ehr, "observations", "conditions"))
    assert "results and observations" in found["her2-positive.ihc"]
    assert "does not say" not in found["diagnosis.breast-cancer"]


def test_a_server_that_is_not_known_here_is_not_asked_and_what_lacks_is_noted(open_service: Container) -> None:
    found = notes(open_service, order_sign(extension=CRD))
    assert "results and observations" in found["her2-positive.ihc"]
    assert "diagnoses" in found["diagnosis.breast-cancer"]


def test_without_a_server_nothing_is_asked_or_noted(open_service: Container) -> None:
    found = notes(open_service, without(order_sign(extension=CRD), "fhirServer"))
    assert not any("Could not be read" in note for note in found.values())


def test_an_odd_resource_that_was_fetched_fails_alone(open_service: Container, ehr: Ehr) -> None:
    odd = observed("odd", "85318-4", "x") | {"valueQuantity": "three"}
    ehr.answers = {"Observation": searchset(odd, observed("o1", "85319-2", "3+"))}
    found = notes(open_service, lacking(ehr, "observations"))
    assert "Observation/odd" in found["her2-positive.ish"]
    assert "Observation" not in found["her2-positive.ihc"]


def test_resources_of_other_patients_are_never_used(open_service: Container, ehr: Ehr) -> None:
    other = observed("o1", "85319-2", "3+") | {"subject": {"reference": "Patient/p2"}}
    ehr.answers = {"Observation": searchset(other)}
    assert "does not say" in notes(open_service, lacking(ehr, "observations"))["her2-positive.ihc"]


def test_a_patient_id_that_would_leave_its_search_is_refused_and_nothing_is_fetched(
    open_service: Container, ehr: Ehr
) -> None:
    call = replaced(bare(ehr, {}), "p1&patient=p2#", "context", "patientId")
    reply = create_app(open_service).test_client().post("/cds-services/order-sign-crd", json=call)
    assert reply.status_code == 400
    assert ehr.paths == []


SECRET = {
    "access_token": "s3cret.token",
    "token_type": "Bearer",
    "expires_in": 30,
    "scope": "patient/*.rs",
    "subject": "x",
}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.start()
    return written


def kept_calls(engine: Engine) -> list[bytes]:
    with engine.connect() as connection:
        return [zlib.decompress(row.request) for row in connection.execute(select(CALLS.c.request))]


@pytest.mark.idea("crd-idea-66")
@pytest.mark.parametrize("status", [200, 500])
def test_the_token_is_neither_kept_nor_logged_nor_sent_back(
    open_service: Container, engine: Engine, ehr: Ehr, lines: io.StringIO, status: int
) -> None:
    ehr.answers = {"Observation": Answered(searchset(observed("o1", "85319-2", "3+")), status=status)}
    call = lacking(ehr, "observations", fhirAuthorization=SECRET) | {"copy": SECRET}
    reply = post(open_service, call)
    assert ehr.asked[0].headers["Authorization"] == "Bearer s3cret.token"
    (kept,) = kept_calls(engine)
    for text in (reply.text, kept.decode(), lines.getvalue(), repr(open_service.order_sign.read(body(call)))):
        assert "s3cret" not in text
    line = json.loads(lines.getvalue())
    result = "had" if status == 200 else "the server answered with HTTP 500"
    assert (line["fetched"], line["fetch_ms"] > 0) == ({result: 1}, True)
    assert "p1" not in lines.getvalue()


@pytest.mark.parametrize(
    "authorization", [None, {}, {"access_token": ""}, {"access_token": 7}, {"access_token": "a\nb"}]
)
def test_without_a_token_that_can_be_sent_none_is_sent(open_service: Container, ehr: Ehr, authorization: Any) -> None:
    ehr.answers = {"": searchset()}
    signed(open_service, lacking(ehr, "observations", fhirAuthorization=authorization))
    assert "Authorization" not in ehr.asked[0].headers


@pytest.mark.parametrize("authorization", ["s3cret", [], 7])
def test_an_authorization_that_is_no_object_is_a_fault_of_the_call(
    open_service: Container, engine: Engine, ehr: Ehr, authorization: Any
) -> None:
    reply = post(open_service, bare(ehr, {}, fhirAuthorization=authorization))
    assert (reply.status_code, reply.get_json()["issue"][0]["expression"]) == (400, ["fhirAuthorization"])
    assert kept_calls(engine) == []


def test_what_was_fetched_is_kept_and_replayed(open_service: Container, ehr: Ehr, policies_on_file: Catalogue) -> None:
    whole = at(ehr, SAMPLE)
    served(ehr, whole["prefetch"], templates(policies_on_file, base=BASE), WHO)
    told = signed(open_service, without(whole, "prefetch"))
    ehr.answers = {}
    found = replay(open_service.archive, open_service.order_sign, told["coverage-assertion-id"])
    assert (found.ruling, found.same, found.differences) == ("met", True, ())


@pytest.mark.requirement("crd22.found-27", "crd22.found-28")
def test_discovery_asks_for_clinical_data_unless_set_otherwise(policies_on_file: Catalogue, engine: Engine) -> None:
    asked = service(policies_on_file, engine).services.discovery()["services"][0]
    assert set(asked["prefetch"]) == {*KEYS, "encounter"}
    asked = service(policies_on_file, engine, prefetch_clinical=False).services.discovery()["services"][0]
    assert set(asked["prefetch"]) == {"patient", "coverage", "encounter"}


OTHER_DRUG = medication_request(AMOXICILLIN)


@pytest.mark.requirement("crd22.found-28")
@pytest.mark.parametrize(
    "order",
    [
        OTHER_DRUG,
        medication_request(MARGETUXIMAB, doNotPerform=True),
        without(medication_request(MARGETUXIMAB), "medicationCodeableConcept"),
    ],
)
def test_where_no_policy_judges_no_clinical_data_is_fetched(open_service: Container, ehr: Ehr, order: Json) -> None:
    ehr.answers = {"Coverage": searchset(by_organization()), "Organization/payer": ORGANIZATION}
    call = lacking(ehr, *KEYS, orders=(order,))
    call["prefetch"]["given"] = given("a1", medicationReference={"reference": "Medication/m1"})
    reply = post(open_service, call)
    assert reply.status_code == 200
    assert ehr.paths == ["Coverage?patient=p1&status=active&_include=Coverage:payor", "Organization/payer"]


def test_one_order_with_a_policy_is_enough(open_service: Container, ehr: Ehr) -> None:
    ehr.answers = {"": searchset()}
    post(open_service, lacking(ehr, "conditions", orders=(OTHER_DRUG, medication_request(MARGETUXIMAB, "mr2"))))
    assert ehr.paths == ["Condition?patient=p1"]


ENDED = coverage("old", period={"end": "2020-12-31"})


def test_a_coverage_that_ended_is_no_answer_while_another_may_run(open_service: Container, ehr: Ehr) -> None:
    told = signed(open_service, bare(ehr, {"coverage": searchset(ENDED, by_organization())}))
    assert (told["covered"], told["coverage"]) == ("indeterminate", {"reference": "Coverage/cov1"})
    wrong = by_organization() | {"status": "entered-in-error"}
    assert signed(open_service, bare(ehr, {"coverage": searchset(ENDED, wrong)}))["covered"] == "not-covered"
    several = searchset(ENDED, by_organization(), by_organization() | {"id": "cov2"})
    told = signed(open_service, bare(ehr, {"coverage": several}))
    assert (told["covered"], told["coverage"]) == ("indeterminate", {"reference": "Coverage/old"})


def test_a_page_of_coverages_that_is_missing_leaves_the_same_doubt(open_service: Container, ehr: Ehr) -> None:
    ehr.answers = {"Coverage": searchset(ENDED) | {"link": [{"relation": "next", "url": "?page=2"}]}}
    told = signed(open_service, lacking(ehr, "coverage"))
    assert (told["covered"], told["coverage"]) == ("indeterminate", {"reference": "Coverage/old"})
    ehr.answers = {"Coverage": searchset(ENDED)}
    assert signed(open_service, lacking(ehr, "coverage"))["covered"] == "not-covered"


def test_an_active_coverage_of_ours_stands_beside_one_whose_payor_is_unknown(open_service: Container, ehr: Ehr) -> None:
    both = searchset(coverage("ours"), by_organization())
    told = signed(open_service, bare(ehr, {"coverage": both}))
    assert (told["covered"], told["coverage"]) == ("covered", {"reference": "Coverage/ours"})


@pytest.mark.parametrize("server", ["http://[::1", "https://ehr.example.org:x/fhir", "ehr", "https://"])
def test_a_server_that_is_no_url_is_not_asked(open_service: Container, ehr: Ehr, server: str) -> None:
    far = given("a1", medicationReference={"reference": "http://[x/Medication/m1"})
    call = bare(ehr, {"medicationAdministrations": searchset(far)}) | {"fhirServer": server}
    assert "Medication/m1" in notes(open_service, call)["prior-anti-her2.count"]
    assert ehr.asked == []
