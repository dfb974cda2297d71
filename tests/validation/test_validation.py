"""HL7's validator finds what is wrong with what we send, and nothing else; what is kept of a run for it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.certification.pas_preset import payloads
from fhir_mappings.prior_auth.pas_urls import profile as pas_profile
from tests.certification.kit import EXTENSION
from tests.maven import programs
from tests.validation.features import features
from tests.validation.known import BROKEN_ON_PURPOSE, GUIDE_DEFECTS, NOT_AT_HAND, Known, is_known
from tests.validation.report import kept
from tests.validation.sent import CRD, Sent, resources_in, sent_by_base, sent_by_hook
from tests.validation.validator import faults, held

Json = dict[str, Any]
CODES = {"covered": "conditional", "pa-needed": "auth-needed", "doc-needed": "clinical", "doc-purpose": "withpa"}


def information(**changes: str | None) -> Json:
    codes = {
        name: code
        for name, code in (CODES | {key.replace("_", "-"): one for key, one in changes.items()}).items()
        if code
    }
    parts = [
        {"url": "coverage", "valueReference": {"reference": "Coverage/c1"}},
        *({"url": name, "valueCode": code} for name, code in codes.items()),
        {"url": "date", "valueDate": "2026-11-25"},
        {"url": "coverage-assertion-id", "valueString": "a1"},
    ]
    return {"url": EXTENSION, "extension": parts}


def order(*extensions: Json, **more: Any) -> Json:
    coding = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "2473851"}
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "extension": list(extensions),
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [coding]},
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2026-11-25",
        "requester": {"reference": "Practitioner/d1"},
    } | more


def sent(resource: Json, *received: Json) -> Sent:
    return Sent("POST", "2.0", resource, (f"{CRD}/profile-medicationrequest",), received)


PAS_KINDS = {
    "Claim": "claim",
    "PractitionerRole": "practitionerrole",
    "Practitioner": "practitioner",
    "Patient": "beneficiary",
    "Coverage": "coverage",
    "Subscription": "subscription",
}


def kit_requests() -> Iterator[Sent]:
    """Yield what a tester of prior authorization sends, and each resource of it by its profile of PAS."""
    for name, values in payloads("s").items():
        inquires = "inquire" in name
        bundle = "pas-inquiry-request-bundle" if inquires else "pas-request-bundle"
        for one in values if isinstance(values, list) else [values]:
            if one["resourceType"] == "Bundle":
                yield Sent(name, "2.2", one, (pas_profile(bundle),))
            for resource in resources_in(one):
                kind = PAS_KINDS.get(resource["resourceType"], "")
                changed = "-update" if "related" in resource else "-inquiry" if inquires else ""
                if kind:
                    yield Sent(name, "2.2", resource, (pas_profile(kind + changed * (kind == "claim")),))


@pytest.mark.skipif(not programs(), reason="Java and Maven are not here")
def test_the_validator_finds_each_planted_fault_and_no_other() -> None:
    good = information()
    without_day = good | {"extension": [one for one in good["extension"] if one["url"] != "date"]}
    undefined = order(good, resourceType="MedicationRequest", colour="red")
    planted = [
        (order(good), ""),
        (order(without_day), "date"),
        (order(information(covered="maybe")), "maybe"),
        (order(information(doc_needed=None) | {}), ""),
        (order(information(pa_needed="satisfied")), "crd-ci-q5"),
        (undefined, "colour"),
        (order(information(covered="not-covered", pa_needed=None, doc_needed=None, doc_purpose=None)), ""),
    ]
    found = faults([*(sent(resource) for resource, _ in planted), sent(undefined, undefined), *kit_requests()])
    assert [str(one) for one in found if one.sent.edition == "2.2"] == [], "a tester's requests are no fault of his"
    by_resource = {
        id(resource): [str(one) for one in found if one.sent.resource is resource] for resource, _ in planted
    }
    for resource, words in planted:
        said = by_resource[id(resource)]
        assert bool(said) == bool(words), said
        assert all(words in one for one in said[:1])
    assert sum("colour" in str(one) for one in found) == 1


def test_the_guides_on_file_are_those_that_are_published() -> None:
    assert held("2.0") >= {"hl7.fhir.us.davinci-crd", "hl7.fhir.us.davinci-dtr"}
    assert held("2.2") >= {"hl7.fhir.us.davinci-pas"}


def test_each_known_error_has_its_reason_and_no_list_takes_everything() -> None:
    for one in (*GUIDE_DEFECTS, *NOT_AT_HAND, *BROKEN_ON_PURPOSE):
        assert one.reason
        assert one.key or one.words
        assert not is_known("some-key", "Unrecognized property 'colour'", ())
    sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire"
    unknown = f"The extension {sdc}-launchContext could not be found"
    assert is_known("", unknown, ())
    assert not is_known("", unknown, {"hl7.fhir.uv.sdc"})
    assert not is_known("", unknown.replace("launchContext", "lunchContext"), ())


@pytest.mark.parametrize("broken", [one for one in BROKEN_ON_PURPOSE if one.test], ids=lambda one: one.test)
def test_what_one_test_breaks_is_an_error_anywhere_else(broken: Known) -> None:
    words = re.sub(r"\\b", "", broken.words).partition("|")[0]
    assert is_known("", words, (), f"POST /fhir/x tests/{broken.test}::test_a (call)")
    assert not is_known("", words, (), "POST /fhir/x tests/a.py::test_a (call)")


@pytest.mark.parametrize("empty", ["", [], {}])
def test_what_is_empty_is_looked_at(empty: object) -> None:
    assert features({"item": empty}) != features({"item": "x"})
    assert "empty" in "".join(features({"item": empty}))


def test_what_has_nothing_new_is_kept_once(tmp_path: Path) -> None:
    one, other = sent(order(information())), sent(order(information(covered="not-covered")))
    for name, lines in (("1", [one, one]), ("2", [one, other])):
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{each.line()}\n" for each in lines))
    assert kept(tmp_path) == (one, other)
    assert features(one.resource) != features(other.resource)


def test_what_is_sent_by_a_hook_stands_beside_what_came() -> None:
    came, gone = order(), order(information())
    call = {"context": {"draftOrders": {"resourceType": "Bundle", "entry": [{"resource": came}]}}}
    task = {"resourceType": "Task", "id": "t1"}
    card = {"suggestions": [{"actions": [{"type": "create", "resource": task}, {"type": "delete"}]}]}
    reply = {"cards": [card], "systemActions": [{"type": "update", "resource": gone}]}
    first, second = sent_by_hook("POST", call, json.loads(json.dumps(reply)))
    assert (first.resource, first.received) == (gone, (came,))
    assert (second.resource, second.received) == (task, ())
    assert second.profiles == (f"{CRD}/profile-taskquestionnaire",)


@pytest.mark.parametrize(
    ("place", "content", "edition"),
    [
        ("GET /fhir/dtr/2.0.1/Questionnaire", {}, "2.0"),
        ("GET /fhir/Questionnaire", {"meta": {"profile": ["http://x/y|2.0.1"]}}, "2.0"),
        ("GET /fhir/Questionnaire", {"questionnaire": "https://x/fhir/dtr/2.0.1/Questionnaire/f"}, "2.0"),
        ("GET /fhir/Questionnaire", {"identifier": {"system": "https://x/fhir/dtr/2.0.1/determination"}}, "2.2"),
        ("GET /fhir/Questionnaire", {}, "2.2"),
    ],
)
def test_the_edition_of_what_a_base_sends(place: str, content: Json, edition: str) -> None:
    resource = {"resourceType": "Questionnaire"} | content
    assert [one.edition for one in sent_by_base(place, None, resource)] == [edition]
