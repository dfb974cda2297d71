"""`Claim/$submit` through the real application: what is certified, what waits for a person, what comes back."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from cds_service.app.container import compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.prior_auth.operations import clock
from cds_service.prior_auth.request_judgement import CAUSE
from cds_service.requests_on_file.tables import REQUESTS
from cds_service.web.errors import STORE_FAILED
from fhir_mappings.coverage.coverage_information import EXTENSION
from fhir_mappings.prior_auth.pas_urls import DEFINITION, PAS, TEMP, X12
from policies.catalogue import Catalogue
from policies.model.dates import CallDay
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.prior_auth.conftest import BASE, Making, Payer
from tests.prior_auth.request_bundles import (
    HCPCS,
    action,
    changed,
    concept,
    extension,
    request_of,
    response,
    reviews,
    sample,
    value_of,
)

Json = dict[str, Any]
MET, SPARSE, AGAINST, ENDED = "01", "02", "03", "12"


def item_of(request: Json, index: int = 0) -> Json:
    return dict(request["entry"][0]["resource"]["item"][index])


def with_item(request: Json, **members: Any) -> Json:
    """Return a request whose first item has other members."""
    return changed(request, item=[item_of(request) | members, *request["entry"][0]["resource"]["item"][1:]])


def pended_note(answer: Json) -> str:
    return " ".join(one["text"] for one in response(answer)["processNote"])


@pytest.mark.requirement(
    "pas22.spec-30", "pas22.conf-15", "pas22.spec-1", "pas22.spec-2", "pas22.spec-7", "pas22.use-1"
)
def test_what_is_met_on_strong_evidence_is_certified_with_number_days_and_quantity(payer: Payer) -> None:
    answer = response(payer.submit(request_of(sample(MET))))
    (item,) = answer["item"]
    assert action(item)["reviewActionCode"] == "A1"
    assert action(item)["number"].startswith("PA")
    assert value_of(item, "itemPreAuthIssueDate") == TODAY.isoformat()
    assert value_of(item, "itemPreAuthPeriod") == {"start": "2026-11-25", "end": "2027-05-24"}
    assert {"url": "quantity", "valueQuantity": {"value": 1917, "unit": "units"}} in value_of(
        item, "itemAuthorizedDetail"
    )
    assert answer["outcome"] == "complete"


@pytest.mark.requirement("pas22.spec-3")
def test_an_authorization_that_is_given_here_is_the_one_that_order_sign_answers_with(payer: Payer) -> None:
    (item,) = response(payer.submit(request_of(sample(MET))))["item"]
    assert payer.sign(sample(MET))["satisfied-pa-id"] == action(item)["number"]


def test_an_authorization_of_order_sign_is_the_one_that_is_answered_here(payer: Payer) -> None:
    number = payer.sign(sample(MET))["satisfied-pa-id"]
    (item,) = response(payer.submit(request_of(sample(MET))))["item"]
    assert action(item) == {"reviewActionCode": "A1", "number": number}


@pytest.mark.parametrize("names", [("applicationSenderCode",), ("applicationReceiverCode",), ("interchangeSenderID",)])
def test_one_end_of_a_transmission_alone_is_not_answered(payer: Payer, names: tuple[str, ...]) -> None:
    request = request_of(sample(MET))
    ends = [{"url": name, "valueString": "X"} for name in names]
    request["entry"][0]["resource"]["extension"] = [
        {"url": f"{DEFINITION}/extension-TransmissionIdentifiers", "extension": ends}
    ]
    said = response(payer.submit(request)).get("extension", [])
    assert not any(one["url"].endswith("TransmissionIdentifiers") for one in said)


def every_must_support(request: Json) -> Json:
    """Return a request with the must-support elements that bear on no decision of ours."""
    period = {"start": "2026-11-25", "end": "2026-12-24"}
    sent = [{"url": name, "valueString": "X"} for name in ("applicationSenderCode", "applicationReceiverCode")]
    condition = [
        {"url": "category", "valueCodeableConcept": concept(f"{X12}/1136", "07")},
        {"url": "indicator", "valueBoolean": True},
        {"url": "code", "valueCodeableConcept": concept(f"{X12}/1321", "09")},
    ]
    home = [
        {"url": "prognosis", "valueCodeableConcept": concept(f"{X12}/923", "1")},
        {"url": "date", "valueDate": "2026-11-01"},
    ]
    head = [
        {"url": f"{DEFINITION}/extension-TransmissionIdentifiers", "extension": sent},
        extension("levelOfServiceCode", valueCodeableConcept=concept(f"{X12}/1338", "E")),
        {"url": f"{DEFINITION}/extension-conditionCode", "extension": condition},
        {"url": f"{DEFINITION}/extension-homeHealthCareInformation", "extension": home},
        extension("authorizationNumber", valueString="PA-OLD"),
        extension("administrationReferenceNumber", valueString="REF-OLD"),
    ]
    icd = concept("http://hl7.org/fhir/sid/icd-10-cm", "C50.919")
    claim = request["entry"][0]["resource"]
    numbers = [max(one["sequence"] for one in claim["supportingInfo"]) + more for more in (1, 2, 3)]
    dated = [
        {"sequence": numbers[0], "category": concept(TEMP, "patientEvent"), "timingPeriod": period},
        {"sequence": numbers[1], "category": concept(TEMP, "admissionDates"), "timingDate": "2026-11-25"},
        {"sequence": numbers[2], "category": concept(TEMP, "freeFormMessage"), "valueString": "Please hurry."},
    ]
    scope = extension("careTeamClaimScope", valueBoolean=True)
    team = {"extension": [scope], "sequence": 1, "provider": {"reference": "Organization/practice"}}
    item = item_of(request)
    more = [
        extension("authorizationNumber", valueString="PA-OLD"),
        extension("revenueUnitRateLimit", valueDecimal=1.5),
        extension("epsdtIndicator", valueBoolean=False),
        extension("nursingHomeLevelOfCare", valueCodeableConcept=concept(f"{X12}/1337", "2")),
        extension("productOrServiceCodeEnd", valueCodeableConcept=concept(HCPCS, "J9353")),
    ]
    told = {
        "extension": [*item["extension"], *more],
        "careTeamSequence": [1],
        "diagnosisSequence": [1],
        "informationSequence": [1],
        "revenue": concept("https://www.nubc.org/CodeSystem/RevenueCodes", "0636"),
        "modifier": [concept(HCPCS, "JZ")],
        "unitPrice": {"value": 1, "currency": "USD"},
    }
    return changed(
        with_item(request, **told),
        extension=head,
        careTeam=[team],
        diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": icd, "type": [concept(TEMP, "principal")]}],
        supportingInfo=[*claim["supportingInfo"], *dated],
        accident={"date": "2026-11-01", "locationAddress": {"state": "MD"}},
        somethingNew={"nobody": "knows it"},
    )


@pytest.mark.requirement("pas22.conf-4", "pas22.conf-5", "pas22.conf-10", "pas22.spec-24", "pas22.spec-25")
def test_must_support_elements_and_unknown_ones_change_nothing(payer: Payer) -> None:
    assert reviews(payer.submit(every_must_support(request_of(sample(MET))))) == {1: "A1"}


@pytest.mark.parametrize("name", [SPARSE, AGAINST, ENDED])
def test_what_is_not_proven_waits_for_a_person_and_is_never_denied(payer: Payer, name: str) -> None:
    answer = payer.submit(request_of(sample(name)))
    assert reviews(answer) == {1: "A4"}
    assert pended_note(answer)
    (item,) = response(answer)["item"]
    assert value_of(item, "administrationReferenceNumber").startswith("RQ")
    assert value_of(item, "itemPreAuthPeriod") is None


def test_without_automatic_approval_everything_waits_for_a_person(paying: Making) -> None:
    assert reviews(paying(automatic_approval=False).submit(request_of(sample(MET)))) == {1: "A4"}


@pytest.mark.parametrize(("on", "code"), [(False, "A4"), (True, "A3")])
def test_an_ended_coverage_is_refused_only_where_the_operator_turned_it_on(
    paying: Making, *, on: bool, code: str
) -> None:
    answer = paying(pas_administrative_denials=on).submit(request_of(sample(ENDED)))
    assert reviews(answer) == {1: code}
    assert "Jul 31, 2026" in pended_note(answer)


@pytest.mark.parametrize("name", [SPARSE, AGAINST])
def test_what_a_chart_says_is_never_refused_by_the_machine(paying: Making, name: str) -> None:
    assert reviews(paying(pas_administrative_denials=True).submit(request_of(sample(name)))) == {1: "A4"}


# The same request, and what comes back of it.


def test_the_same_request_again_gets_the_same_answer_and_is_kept_once(payer: Payer) -> None:
    request = request_of(sample(SPARSE))
    first = payer.submit(request)
    again = payer.submit(json.loads(json.dumps(request, sort_keys=True)))
    assert again == first
    store = payer.container.archive
    assert store is not None
    with store.engine.connect() as connection:
        assert len(connection.exec_driver_sql("select id from pa_requests").all()) == 1


def test_another_request_under_the_same_identifier_is_told_to_come_as_an_update(payer: Payer) -> None:
    payer.submit(request_of(sample(SPARSE)))
    answer = response(payer.submit(request_of(sample(MET))))
    assert answer["outcome"] == "error"
    (error,) = answer["error"]
    assert error["code"]["coding"][0]["code"] == "33"
    assert value_of(error, "errorPath") == "Bundle.entry[0].resource.identifier"


@pytest.mark.requirement("pas22.spec-31", "pas22.spec-32", "pas22.spec-33", "pas22.spec-34")
def test_what_came_comes_back_as_it_was_each_once_under_its_own_url(payer: Payer) -> None:
    request = with_item(request_of(sample(MET)), sequence=7)
    answer = payer.submit(request)
    came = {entry["fullUrl"]: entry["resource"] for entry in request["entry"]}
    urls = [entry["fullUrl"] for entry in answer["entry"]]
    assert len(set(urls)) == len(urls)
    for entry in answer["entry"][1:]:
        assert entry["resource"] == came[entry["fullUrl"]]
    told = response(answer)
    named = [told[name]["reference"] for name in ("patient", "insurer", "requestor")]
    assert set(named) <= set(urls)
    assert told["request"]["reference"] == request["entry"][0]["fullUrl"]
    assert told["request"]["reference"] not in urls, "the Claim is named, and not sent back"
    assert [one["itemSequence"] for one in told["item"]] == [7]
    assert told["identifier"] == request["entry"][0]["resource"]["identifier"]
    assert value_of(told["item"][0], "itemTraceNumber") == item_of(request)["extension"][2]["valueIdentifier"]
    assert answer["identifier"] == request["identifier"]


def with_urns(request: Json) -> Json:
    """Return a request whose resources are known by urn alone."""
    text = json.dumps(request)
    for number, entry in enumerate(request["entry"]):
        urn = f"urn:uuid:00000000-0000-4000-8000-{number:012d}"
        name = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        text = text.replace(f'"{entry["fullUrl"]}"', f'"{urn}"').replace(f'"{name}"', f'"{urn}"')
    return dict(json.loads(text))


@pytest.mark.parametrize("name", [MET, SPARSE])
def test_resources_that_are_known_by_urn_alone_are_read_as_well(payer: Payer, name: str) -> None:
    assert reviews(payer.submit(with_urns(request_of(sample(name))))) == {1: "A1" if name == MET else "A4"}


# What is asked beyond an authorization waits for a person.


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ({"value": 1917}, "A1"),
        ({"value": 1918}, "A4"),
        ({"value": 1}, "A1"),
        ({"value": 1917, "unit": "mg"}, "A4"),
        ({"value": 1.5}, "A1"),
    ],
)
def test_a_quantity_is_held_against_what_is_allowed(payer: Payer, quantity: Json, code: str) -> None:
    assert reviews(payer.submit(with_item(request_of(sample(MET)), quantity=quantity))) == {1: code}


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ({"servicedDate": "2026-11-25"}, "A1"),
        ({"servicedDate": "2026-11-24"}, "A4"),
        ({"servicedPeriod": {"start": "2026-11-25", "end": "2027-05-24"}}, "A1"),
        ({"servicedPeriod": {"start": "2026-11-25", "end": "2027-05-25"}}, "A4"),
    ],
)
def test_the_days_of_a_service_are_held_against_those_of_the_authorization(payer: Payer, days: Json, code: str) -> None:
    assert reviews(payer.submit(with_item(request_of(sample(MET)), **days))) == {1: code}


@pytest.mark.parametrize(("billed", "code"), [("J9353", "A1"), ("J1323", "A4"), ("J9999", "A4")])
def test_a_code_beside_an_order_is_one_of_the_drug_that_is_ordered(payer: Payer, billed: str, code: str) -> None:
    request = with_item(request_of(sample(MET)), productOrService=concept(HCPCS, billed))
    assert reviews(payer.submit(request)) == {1: code}


@pytest.mark.requirement("pas22.spec-43")
def test_an_item_may_name_its_product_by_the_code_alone(payer: Payer) -> None:
    request = request_of(sample(MET))
    (order,) = [one["valueReference"]["reference"] for one in item_of(request)["extension"] if "valueReference" in one]
    request["entry"] = [one for one in request["entry"] if not one["fullUrl"].endswith(order)]
    kept = [one for one in item_of(request)["extension"] if not one["url"].endswith("requestedService")]
    by_code = with_item(request, productOrService=concept(HCPCS, "J9353"), extension=kept)
    assert reviews(payer.submit(changed(by_code, created="2026-06-15"))) == {1: "A1"}
    request["entry"] = [one for one in request["entry"] if one["resource"]["resourceType"] != "MedicationRequest"]
    absent = changed(with_item(request, extension=kept), identifier=[{"system": "urn:x", "value": "2"}])
    assert reviews(payer.submit(absent)) == {1: "A4"}


def test_what_the_request_refers_to_and_did_not_bring_is_lacking(payer: Payer) -> None:
    request = request_of(sample(MET))
    supporting = request["entry"][0]["resource"]["supportingInfo"]
    lost = deepcopy(supporting[0]) | {"sequence": 99, "valueReference": {"reference": "Observation/elsewhere"}}
    assert reviews(payer.submit(changed(request, supportingInfo=[*supporting, lost]))) == {1: "A4"}


# Which determination of ours it is about.


def bearing(request: Json, information: Json) -> Json:
    """Return a request whose order bears our coverage information, and which brings no chart."""
    parts = [{"url": "coverage-assertion-id", "valueString": information["coverage-assertion-id"]}]
    found = deepcopy(request)
    kinds = ("Claim", "MedicationRequest", "Patient", "Coverage", "Organization", "Medication")
    found["entry"] = [one for one in found["entry"] if one["resource"]["resourceType"] in kinds]
    found["entry"][0]["resource"].pop("supportingInfo")
    for entry in found["entry"]:
        if entry["resource"]["resourceType"] == "MedicationRequest":
            entry["resource"]["extension"] = [{"url": EXTENSION, "extension": parts}]
    return found


def what_if(call: Json) -> Json:
    return call | {"extension": {"davinci-crd.configuration": {"unsolicited-determ": False}}}


@pytest.mark.requirement("pas22.ainfo-1")
def test_a_determination_that_the_order_names_brings_its_chart(payer: Payer) -> None:
    told = payer.sign(what_if(sample(MET)))
    assert told["pa-needed"] == "auth-needed"
    answer = payer.submit(bearing(request_of(sample(MET)), told))
    assert reviews(answer) == {1: "A1"}
    name = told["coverage-assertion-id"]
    assert payer.determination(name)["revisions"][-1]["cause"] == payer.container.order_sign.say(CAUSE)


def test_without_it_the_same_request_proves_nothing(payer: Payer) -> None:
    told = payer.sign(what_if(sample(MET)))
    request = bearing(request_of(sample(MET)), told | {"coverage-assertion-id": "4c8c4f44-0000-4000-8000-000000000000"})
    assert reviews(payer.submit(request)) == {1: "A4"}


def test_a_determination_of_another_patient_is_none_of_the_request(payer: Payer) -> None:
    told = payer.sign(what_if(sample(MET)))
    request = bearing(request_of(sample("20")), told)
    text = json.dumps(request).replace("alba-ficticia-01", "somebody-else")
    assert reviews(payer.submit(json.loads(text))) == {1: "A4"}


# What cannot be processed.


@pytest.mark.requirement("pas22.spec-38")
def test_a_coverage_of_another_payer_is_an_answer_with_an_error(payer: Payer) -> None:
    request = request_of(sample(MET))
    text = json.dumps(request).replace('"MMM"', '"ANOTHER"')
    answer = response(payer.submit(json.loads(text)))
    assert (answer["outcome"], answer["error"][0]["code"]["coding"][0]["code"]) == ("error", "79")
    assert "item" not in answer


def test_an_order_for_another_patient_is_an_answer_with_an_error(payer: Payer) -> None:
    request = request_of(sample(MET))
    for entry in request["entry"]:
        if entry["resource"]["resourceType"] == "MedicationRequest":
            entry["resource"]["subject"] = {"reference": "Patient/another"}
    assert response(payer.submit(request))["outcome"] == "error"


def without(request: Json, name: str) -> Json:
    found = deepcopy(request)
    found["entry"][0]["resource"].pop(name)
    return found


CLAIM = "Bundle.entry[0].resource"
NOT_CONFORMANT = {
    "no type": (lambda it: it | {"type": "searchset"}, "Bundle.type"),
    "no identifier": (lambda it: it | {"identifier": {}}, "Bundle.identifier"),
    "no timestamp": (lambda it: it | {"timestamp": ""}, "Bundle.timestamp"),
    "no entries": (lambda it: it | {"entry": []}, "Bundle.entry"),
    "no claim first": (lambda it: it | {"entry": it["entry"][::-1]}, f"{CLAIM}"),
    "no URL": (
        lambda it: it | {"entry": [it["entry"][0] | {"fullUrl": ""}, *it["entry"][1:]]},
        "Bundle.entry[0].fullUrl",
    ),
    "a URL twice": (lambda it: it | {"entry": [*it["entry"], it["entry"][0]]}, "Bundle.entry[0].fullUrl"),
    "no resource": (lambda it: it | {"entry": [*it["entry"], {"fullUrl": "urn:uuid:x"}]}, None),
    "another use": (lambda it: changed(it, use="claim"), f"{CLAIM}.use"),
    "another status": (lambda it: changed(it, status="draft"), f"{CLAIM}.status"),
    "a foreign insurer": (lambda it: changed(it, insurer={"reference": "Organization/x"}), f"{CLAIM}.insurer"),
    "no such coverage": (
        lambda it: changed(it, insurance=[{"sequence": 1, "coverage": {"reference": "Coverage/x"}}]),
        f"{CLAIM}.insurance[0].coverage",
    ),
    "no sequence": (lambda it: with_item(it, sequence=0), f"{CLAIM}.item[0].sequence"),
    "no product": (lambda it: with_item(it, productOrService=None), f"{CLAIM}.item[0].productOrService"),
    **{
        f"no {name}": (lambda it, name=name: without(it, name), f"{CLAIM}.{name}")
        for name in ("identifier", "type", "patient", "created", "insurer", "provider", "priority", "insurance", "item")
    },
}


@pytest.mark.requirement("pas22.spec-39")
@pytest.mark.parametrize("kind", NOT_CONFORMANT)
def test_a_bundle_that_is_none_by_its_profile_is_refused_by_the_place(payer: Payer, kind: str) -> None:
    spoilt, place = NOT_CONFORMANT[kind]
    told = payer.submit(spoilt(request_of(sample(MET))), 422)
    assert told["resourceType"] == "OperationOutcome"
    places = [name for one in told["issue"] for name in one.get("expression", ())]
    assert place is None or place in places


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"resourceType":"Patient"}', b'{"a":1,"a":2}', b"\xff"])
def test_what_is_no_bundle_at_all_is_refused(payer: Payer, body: bytes) -> None:
    reply = payer.client.post("/fhir/pas/Claim/$submit", data=body)
    assert 400 <= reply.status_code < 500
    assert reply.get_json()["resourceType"] == "OperationOutcome"


@pytest.mark.requirement("pas22.conf-14", "pas22.conf-12", "pas22.conf-11")
def test_what_is_optional_may_be_missing(payer: Payer) -> None:
    request = request_of(sample(MET))
    bare = {name: item_of(request)[name] for name in ("sequence", "productOrService")}
    order = [one for one in item_of(request)["extension"] if one["url"].endswith("requestedService")]
    assert reviews(payer.submit(changed(request, item=[bare | {"extension": order}]))) == {1: "A1"}


@pytest.mark.requirement("pas22.conf-1", "pas22.conf-3", "pas22.spec-6")
def test_the_base_says_what_it_can_do(payer: Payer) -> None:
    stated = payer.client.get("/fhir/pas/metadata").get_json()
    assert stated["instantiates"] == [f"{PAS}/CapabilityStatement/IntermediaryCapabilities|2.2.1"]
    (claim,) = [one for one in stated["rest"][0]["resource"] if one["type"] == "Claim"]
    assert "submit" in [one["name"] for one in claim["operation"]]


@pytest.mark.requirement("pas22.spec-41")
def test_a_technical_fault_is_told_without_details_and_logged_for_who_runs_the_service(
    policies_on_file: Catalogue, caplog: pytest.LogCaptureFixture
) -> None:
    engine = new_engine()
    client = create_app(compose(Settings(base_url=BASE), policies_on_file, TODAY, engine)).test_client()
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {REQUESTS.name} RENAME TO elsewhere"))
    reply = client.post("/fhir/pas/Claim/$submit", data=json.dumps(request_of(sample("01"))))
    assert reply.status_code == 503
    (issue,) = reply.get_json()["issue"]
    assert (issue["code"], issue["details"]["text"]) == ("transient", STORE_FAILED)
    assert REQUESTS.name not in reply.text
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == ["the store failed"]
    engine.dispose()


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_the_time_does_not_go_back_where_the_payers_day_is_another_than_that_of_utc(days: int) -> None:
    """Else answers would come before what they answer, and what waits to be sent would wait for hours."""
    before = datetime.now(UTC)
    told = clock(lambda: CallDay(before.date() + timedelta(days=days)))()
    assert before <= told <= datetime.now(UTC)
    pinned = CallDay(before.date() - timedelta(days=30))
    assert clock(lambda: pinned)().date() == pinned
