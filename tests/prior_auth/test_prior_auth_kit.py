"""The workflows of the public PAS tests, restated: approval, denial, pended, updates, errors, must support.

Everything that is sent in them is held to the profiles (`pas_kit`), and a broken answer is shown to be found.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest

from cds_service.certification.pas_full_request import rich
from fhir_mappings.prior_auth.pas_urls import CERTIFICATION_TYPES
from tests.databases import SQLITE
from tests.prior_auth.conftest import Making, Payer
from tests.prior_auth.pas_kit import answer_faults, bundle_faults, elements
from tests.prior_auth.request_bundles import (
    BACKPORT,
    HCPCS,
    Json,
    added,
    cancelled,
    changed,
    concept,
    extension,
    following,
    inquiry,
    items_of,
    request_of,
    response,
    reviews,
    sample,
    subscription,
)
from tests.prior_auth.test_prior_auth_desk import AGAINST, OPEN, decided, reviewers_file, signed_in
from tests.prior_auth.test_prior_auth_notices import Receiver, of, parameters, receiver, subscribed
from tests.prior_auth.test_prior_auth_updates import inquired

__all__ = ["receiver", "reviewers_file"]
DATABASES = (SQLITE,)
"""What is sent does not depend on where it is kept."""
MET = "01"
MUST_SUPPORT = {
    *("TransmissionIdentifiers", "identifier.identifierSubDepartment"),
    *("identifier.identifierJurisdiction", "preAuthPeriod", "adjudication", "adjudication.reviewAction"),
    *("item.itemAuthorizedProvider", "item.admissionDates", "item.dischargeDate", "item.communicatedDiagnosis"),
    *("addItem.authorizationNumber", "addItem.administrationReferenceNumber", "addItem.epsdtIndicator"),
    *("addItem.nursingHomeResidentialStatus", "addItem.nursingHomeLevelOfCare", "addItem.productOrServiceCodeEnd"),
    *("addItem.revenueCode", "addItem.revenueUnitRateLimit", "addItem.requestedService"),
    *("addItem.serviceItemRequestType", "addItem.certificationType", "addItem.admissionDates"),
    *("addItem.dischargeDate", "addItem.provider", "addItem.provider.authorizedProviderType", "addItem.modifier"),
    *("addItem.locationCodeableConcept", "addItem.unitPrice", "error.errorFollowupAction"),
    *("claimResponseReviewer", "identifier", "identifier.system", "identifier.value", "status", "patient", "created"),
    *("insurer", "requestor", "request", "outcome", "item", "item.itemTraceNumber", "item.itemPreAuthIssueDate"),
    *("item.itemPreAuthPeriod", "item.authorizationNumber", "item.administrationReferenceNumber"),
    *("item.itemRequestedServiceDate", "item.itemAuthorizedDetail", "item.itemSequence", "item.noteNumber"),
    *("item.adjudication", "item.adjudication.reviewAction", "item.adjudication.reviewAction.reviewActionCode"),
    *("item.adjudication.reviewAction.number", "item.adjudication.reviewAction.reasonCode"),
    *("addItem", "addItem.itemTraceNumber", "addItem.itemPreAuthIssueDate", "addItem.itemPreAuthPeriod"),
    *("addItem.itemSequence", "addItem.productOrService", "addItem.servicedPeriod", "addItem.quantity"),
    *("addItem.adjudication", "addItem.adjudication.reviewAction", "processNote", "processNote.number"),
    *("processNote.text", "communicationRequest", "error", "error.code", "error.errorElement", "error.errorPath"),
}
"""Every must-support element of PASClaimResponse, but two: why no Claim is named (each request has one), and
`itemAuthorizedProvider` on the whole, which its own context forbids there: it stands on the items."""
ASKED_BY = {
    "CommunicationRequest": {
        *("serviceLineNumber", "identifier", "category", "medium", "payload", "payload.communicatedDiagnosis"),
        *("payload.contentModifier", "payload.contentString", "requester", "recipient", "sender"),
    },
    "Task": {
        *("identifier", "status", "statusReason", "intent", "code", "for", "requester.identifier", "owner.identifier"),
        *("reasonCode", "reasonReference", "restriction.period", "input", "input.serviceLineNumber", "input.valueUrl"),
        *("input.valueString", "input.valueCodeableConcept", "input.contentModifier"),
    },
}
"""Those of what asks for more, by a form and for documents by their LOINC codes."""
OF_NO_INQUIRY = {"communicationRequest", "error", "error.code", "error.errorElement", "error.errorPath"} | {
    "error.errorFollowupAction"
}
"""What the answer to an inquiry has no place for (spec-9), or nothing to say in: what was refused is found by none."""


@dataclass
class Workflow:
    """Sends, holds every answer to its profiles, and keeps it."""

    payer: Payer
    answers: list[Json] = field(default_factory=list)
    matches: list[Json] = field(default_factory=list)

    def submit(self, request: Json) -> Json:
        answer = self.payer.submit(request)
        assert list(answer_faults(answer, request)) == []
        self.answers.append(answer)
        return answer

    def inquire(self, name: str, identifier: str) -> Json:
        """Ask how the request made of a sample stands, and return the one match."""
        (found,) = inquired(self.payer, inquiry(sample(name), identifier=identifier))
        assert list(bundle_faults(found, "pas-inquiry-response-bundle", "claiminquiryresponse")) == []
        self.matches.append(found)
        return found

    def decide(self, request: Json, act: str, name: str = "rita", **told: Any) -> Json:
        """Decide the first item as a reviewer does; return the answer that stands then."""
        decided(signed_in(self.payer, name), response(self.payer.submit(request))["id"], act, **told)
        return self.submit(request)


@pytest.fixture
def workflow(paying: Making, reviewers_file: Any) -> Workflow:
    return Workflow(paying(reviewers_file=str(reviewers_file)))


def approval(workflow: Workflow) -> None:
    answer = workflow.submit(dated(request_of(sample(MET), "kit-approval"), productOrService=concept(HCPCS, "J9353")))
    assert reviews(answer) == {1: "A1"}


def dated(request: Json, **told: Any) -> Json:
    (one,) = items_of(request)
    return changed(request, item=[one | {"servicedDate": "2026-12-10"} | told])


def denial(workflow: Workflow) -> None:
    request = request_of(sample(AGAINST), "kit-denial")
    assert reviews(workflow.submit(request)) == {1: "A4"}
    words = {"criterion": "HER2 immunohistochemistry 3+", "words": "IHC is 1+.", "reason": "0V"}
    assert reviews(workflow.decide(request, "denied", **words)) == {1: "A3"}
    assert reviews(workflow.inquire(AGAINST, "kit-denial")) == {1: "A3"}


def pended(workflow: Workflow) -> Json:
    request = request_of(sample(OPEN), "kit-pended")
    assert reviews(workflow.submit(request)) == {1: "A4"}
    workflow.decide(request, "asked", words="Please send the HER2 report.")
    return request


def updates(workflow: Workflow) -> None:
    first = request_of(sample(MET), "kit-update")
    assert reviews(workflow.submit(first)) == {1: "A1"}
    second = following(first, *items_of(first), added(2), identifier="kit-u2")
    assert reviews(workflow.submit(second)) == {1: "A1", 2: "A4"}
    flag = extension("infoChanged", valueCode="changed")
    one, two = items_of(second)
    third = following(
        second,
        cancelled(one),
        two | {"quantity": {"value": 2}, "extension": [*two["extension"], flag]},
        identifier="kit-u3",
    )
    assert reviews(workflow.submit(third)) == {1: "C", 2: "A4"}
    fourth = following(third, *(cancelled(each) for each in items_of(second)), identifier="kit-u4")
    assert reviews(workflow.submit(fourth)) == {1: "C", 2: "C"}
    assert reviews(workflow.inquire(MET, "kit-u4")) == {1: "C", 2: "C"}


def withdrawn(workflow: Workflow) -> None:
    """The kit's last step: what takes the whole request back has no items, and says so itself."""
    first = request_of(sample(AGAINST), "kit-whole")
    workflow.submit(first)
    taken_back = extension("certificationType", valueCodeableConcept=concept(CERTIFICATION_TYPES, "3"))
    assert reviews(workflow.submit(following(first, identifier="kit-w2", extension=[taken_back]))) == {1: "C"}


def modified(workflow: Workflow) -> None:
    request = dated(request_of(sample("20"), "kit-modified"), quantity={"value": 2000, "unit": "units"})
    assert reviews(workflow.submit(request)) == {1: "A4"}
    assert reviews(workflow.decide(request, "changed", end="2027-01-31", units="400")) == {1: "A6"}


def wrong(workflow: Workflow) -> None:
    foreign = json.loads(json.dumps(request_of(sample(MET), "kit-foreign")).replace('"MMM"', '"OTHER"'))
    assert response(workflow.submit(foreign))["outcome"] == "error"


def in_full(workflow: Workflow) -> None:
    """A request that has every element there is: asked for more, approved with changes; then another, as asked."""
    request = rich(request_of(sample("20"), "kit-rich"))
    assert reviews(workflow.submit(request)) == {1: "A4"}
    workflow.decide(request, "asked", words="Which day?")
    workflow.decide(request, "asked", document=["11526-1", "11506-3"], recent="1")
    stands = workflow.inquire("20", "kit-rich")
    tasks = [one["resource"] for one in stands["entry"] if one["resource"]["resourceType"] == "Task"]
    assert len(tasks) == 2, "one for each kind of what is asked for (ainfo-7)"
    assert reviews(workflow.decide(request, "changed", units="426")) == {1: "A6"}
    again = rich(request_of(sample("20"), "kit-rich-again"))
    assert reviews(workflow.submit(again)) == {1: "A4"}, "twice as much as is authorized"
    assert reviews(workflow.decide(again, "approved")) == {1: "A1"}
    for one in ("kit-rich", "kit-rich-again"):
        workflow.inquire("20", one)


WORKFLOWS = (modified, in_full, approval, denial, pended, updates, withdrawn, wrong)
"""The changed approvals come first, the lower before the higher: their member is that of the met order.

The machine would have answered him then, and what holds is not lowered."""


@pytest.mark.certification("cert.pas.1.01", "cert.pas.1.02", "cert.pas.1.03")
def test_the_approval_workflow(workflow: Workflow) -> None:
    approval(workflow)


@pytest.mark.certification("cert.pas.2.01", "cert.pas.2.02")
def test_the_denial_workflow(workflow: Workflow) -> None:
    denial(workflow)


@pytest.mark.certification("cert.pas.3.01", "cert.pas.3.02", "cert.pas.3.03", "cert.pas.3.04", "cert.pas.3.05")
@pytest.mark.certification("cert.pas.3.06", "cert.pas.3.07")
def test_the_pended_workflow_with_its_notification(workflow: Workflow, receiver: Receiver) -> None:
    made = subscribed(workflow.payer, subscription(receiver.url))
    assert (made["resourceType"], made["status"], made["channel"]["type"]) == ("Subscription", "requested", "rest-hook")
    of(workflow.payer).sending.run()
    assert receiver.kinds() == ["handshake"]
    assert workflow.payer.client.get(f"/fhir/pas/Subscription/{made['id']}").get_json()["status"] == "active"
    request = pended(workflow)
    answer = workflow.decide(request, "approved")
    assert reviews(answer) == {1: "A1"}
    of(workflow.payer).sending.run()
    for notice, _ in receiver.came:
        assert list(notice_faults(notice)) == []
    assert set(made["channel"]) == {"type", "endpoint", "payload", "_payload", "header"}
    asked_for = subscription(receiver.url)
    assert {name: made[name] for name in ("criteria", "_criteria")} == {
        name: asked_for[name] for name in ("criteria", "_criteria")
    }
    assert [parameters(one)["type"] for one, _ in receiver.came] == ["handshake", *["event-notification"] * 2]
    told = receiver.came[-1][0]["entry"][1]["resource"]
    assert list(answer_faults(told, request)) == []
    assert told == answer | {"id": told["id"]}, "the entry's address names it"
    assert receiver.came[-1][0]["entry"][1]["fullUrl"].endswith(told["id"])
    (stands,) = inquired(workflow.payer, inquiry(sample(OPEN)))
    assert list(bundle_faults(stands, "pas-inquiry-response-bundle", "claiminquiryresponse")) == []
    assert reviews(stands) == {1: "A1"}


def notice_faults(notice: Json) -> Iterator[str]:
    """Yield what is wrong with a notification by the R5 backport, for R4."""
    if (
        notice["type"] != "history"
        or f"{BACKPORT}/backport-subscription-notification-r4" not in notice["meta"]["profile"]
    ):
        yield "Bundle.type or profile"
    status = notice["entry"][0]
    if status["resource"]["resourceType"] != "Parameters" or not status["request"] or not status["response"]:
        yield "the first entry is no status with its request and response"
    told = parameters(notice)
    yield from (f"{name}: missing" for name in ("subscription", "topic", "status", "type") if not told.get(name))
    if any("fullUrl" not in one for one in notice["entry"]):
        yield "Bundle.entry.fullUrl"
    if told.get("type") == "event-notification":
        yield from focus_faults(notice)


def focus_faults(notice: Json) -> Iterator[str]:
    """Yield what is wrong with what a notification is about: each event's focus is an answer in the same Bundle."""
    events = [one for one in notice["entry"][0]["resource"]["parameter"] if one["name"] == "notification-event"]
    found = {one["fullUrl"]: one["resource"] for one in notice["entry"][1:]}
    if not events:
        yield "notification-event: missing"
    for one in events:
        parts = {part["name"]: part for part in one["part"]}
        whole = found.get(parts["focus"]["valueReference"]["reference"], {})
        kinds = [entry["resource"]["resourceType"] for entry in whole.get("entry", ())]
        if (whole.get("resourceType"), whole.get("type")) != ("Bundle", "collection") or "ClaimResponse" not in kinds:
            yield "notification-event.focus: no answer"
        if not parts.get("event-number", {}).get("valueString"):
            yield "notification-event.event-number"


@pytest.mark.certification("cert.pas.4.01", "cert.pas.4.02", "cert.pas.4.03", "cert.pas.4.04", "cert.pas.4.05")
def test_the_update_workflow(workflow: Workflow) -> None:
    updates(workflow)


@pytest.mark.certification("cert.pas.4.06")
def test_the_whole_is_taken_back_by_an_update_without_items(workflow: Workflow) -> None:
    withdrawn(workflow)


@pytest.mark.certification("cert.pas.5.01", "cert.pas.5.02", "cert.pas.5.03")
@pytest.mark.parametrize("operation", ["$submit", "$inquire"])
@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Bundle"},
        {"resourceType": "Patient"},
        {"resourceType": "Bundle", "type": "collection"},
        {"resourceType": "Bundle", "type": "collection", "identifier": {"value": "1"}, "entry": []}
        | {"timestamp": "2026-11-25T11:01:00+05:00"},
    ],
    ids=["a Bundle of nothing", "no Bundle", "no entries", "as the kit sends it"],
)
def test_a_bundle_that_does_not_conform_is_refused_with_an_outcome(payer: Payer, operation: str, body: Json) -> None:
    reply = payer.client.post(f"/fhir/pas/Claim/{operation}", data=json.dumps(body))
    assert reply.status_code in {400, 422}
    assert reply.content_type == "application/fhir+json"
    assert reply.get_json()["resourceType"] == "OperationOutcome"


@pytest.mark.requirement("pas22.conf-6")
@pytest.mark.certification("cert.pas.6.01", "cert.pas.6.02", "cert.pas.6.03", "cert.pas.6.04", "cert.pas.6.05")
@pytest.mark.certification("cert.pas.6.06", "cert.pas.6.07")
def test_every_must_support_element_that_there_is_something_to_say_in_is_sent(workflow: Workflow) -> None:
    for one in WORKFLOWS:
        one(workflow)
    sent = {path for one in workflow.answers for path in elements(response(one))}
    assert sorted(MUST_SUPPORT - sent) == []
    found = {path for one in workflow.matches for path in elements(response(one))}
    assert sorted(MUST_SUPPORT - OF_NO_INQUIRY - found) == []
    beside = [entry["resource"] for one in workflow.answers for entry in one["entry"][1:]]
    for kind, wanted in ASKED_BY.items():
        seen = {path for one in beside if one["resourceType"] == kind for path in elements(one)}
        assert sorted(wanted - seen) == [], kind
    assert {one["resourceType"] for one in beside} >= {"Patient", "Organization", "Practitioner", "PractitionerRole"}


DETAIL_WITHOUT_UNIT = extension("itemAuthorizedDetail", extension=[{"url": "quantity", "valueQuantity": {"value": 4}}])
BREAKS: tuple[tuple[tuple[str | int, ...], Any], ...] = (
    (("type",), "searchset"),
    (("entry", 0, "resource", "item", 0, "extension"), [DETAIL_WITHOUT_UNIT]),
    (("identifier",), {}),
    (("meta", "profile"), []),
    (("entry", 1, "fullUrl"), "https://elsewhere.example.org/x"),
    (("entry", 1, "resource", "id"), "another"),
    (("entry", 0, "resource", "status"), "draft"),
    (("entry", 0, "resource", "use"), "claim"),
    (("entry", 0, "resource", "outcome"), "queued"),
    (("entry", 0, "resource", "created"), "soon"),
    (("entry", 0, "resource", "patient", "reference"), "Patient/elsewhere"),
    (("entry", 0, "resource", "item"), []),
    (("entry", 0, "resource", "item", 0, "itemSequence"), 9),
    (("entry", 0, "resource", "item", 0, "adjudication", 0, "category"), {"coding": [{"code": "x"}]}),
    (("entry", 0, "resource", "item", 0, "noteNumber"), [99]),
    (("entry", 0, "resource", "item", 0, "extension", 0, "url"), "https://example.org/other"),
    (("entry", 0, "resource", "item", 0, "extension", 0, "valueIdentifier"), None),
    (("entry", 0, "resource", "meta", "profile"), ["x"]),
    (("entry", 0, "resource", "item", 0, "adjudication", 0, "extension", 0, "extension"), "without a number"),
)


@pytest.mark.parametrize(("path", "value"), BREAKS)
def test_an_answer_that_is_broken_is_found(payer: Payer, path: tuple[str | int, ...], value: Any) -> None:
    request = request_of(sample(MET), "kit-broken")
    answer = deepcopy(payer.submit(request))
    assert list(answer_faults(answer, request)) == []
    found: Any = answer
    for step in path[:-1]:
        found = found[step]
    if value == "without a number":
        value = [one for one in found[path[-1]] if one["url"] != "number"]
    if value is None:
        del found[path[-1]]
    else:
        found[path[-1]] = value
    assert list(answer_faults(answer, request))
