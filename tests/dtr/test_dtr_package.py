"""`$questionnaire-package` through the real application: what a DTR app asks, and what it gets."""

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.parameters import Parameters
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import cds_service
from cds_service.app.settings import Settings
from cds_service.application import create_app
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.dtr.packages import parameters
from tests.service.calls import AMOXICILLIN, MARGETUXIMAB, body, coverage, medication_request, order_sign
from tests.service.test_service_figures_follow import changed, with_change
from tests.world import compose

Json = dict[str, Any]
URL = "/fhir/Questionnaire/$questionnaire-package"
OLD = "/fhir/dtr/2.0.1/Questionnaire/$questionnaire-package"
CANONICAL = "https://cds.example.org/fhir/Questionnaire/margetuximab-initial"
SAMPLES = Path(cds_service.__file__).parent / "samples"


def order(coding: Json = MARGETUXIMAB, name: str = "mr1", **members: Any) -> Json:
    return {"name": "order", "resource": medication_request(coding, name, **members)}


def of_coverage(**members: Any) -> Json:
    return {"name": "coverage", "resource": coverage(**members)}


def canonical(value: str) -> Json:
    return {"name": "questionnaire", "valueCanonical": value}


def context(value: str) -> Json:
    return {"name": "context", "valueString": value}


def asked(client: FlaskClient, *parameters: Json, url: str = URL, **members: Any) -> TestResponse:
    content = {"resourceType": "Parameters", "parameter": list(parameters)} | members
    return client.post(url, data=json.dumps(content), content_type="application/fhir+json")


def answered(reply: TestResponse) -> Json:
    assert reply.status_code == 200, reply.text
    assert reply.content_type == "application/fhir+json"
    content = dict(json.loads(reply.data))
    (Bundle if content["resourceType"] == "Bundle" else Parameters).model_validate(content)
    return content


def bundles(reply: TestResponse, name: str = "packagebundle") -> list[Json]:
    found = [one["resource"] for one in parameters(answered(reply)) if one["name"] == name]
    for one in found:
        Bundle.model_validate(one)
        assert one["type"] == "collection"
        types = [entry["resource"]["resourceType"] for entry in one["entry"]]
        needed = [one for one in form(one).get("extension", ()) if one["url"].endswith("cqf-library")]
        assert types[:3] == ["Questionnaire", "QuestionnaireResponse", *(["Library"] if needed else [])]
        named = one["entry"][2]["resource"].get("relatedArtifact") if needed else None
        assert named != []
        assert set(types[3:]) == ({"ValueSet"} if named else set())
        QuestionnaireResponse.model_validate(one["entry"][1]["resource"])
    return found


def form(bundle: Json) -> Json:
    return dict(bundle["entry"][0]["resource"])


def response(bundle: Json) -> Json:
    return dict(bundle["entry"][1]["resource"])


def remarks(reply: TestResponse, name: str = "outcome") -> list[str]:
    outcomes = (one["resource"] for one in parameters(answered(reply)) if one["name"] == name)
    return [f"{issue['severity']} {issue['code']}" for outcome in outcomes for issue in outcome["issue"]]


def refused(reply: TestResponse, status: int) -> str:
    assert reply.status_code == status, reply.text
    outcome = json.loads(reply.data)
    assert outcome["resourceType"] == "OperationOutcome"
    return f"{outcome['issue'][0]['code']}: {outcome['issue'][0]['details']['text']}"


def answers(item: Json) -> dict[str, Json]:
    found = {}
    for one in item.get("item", ()):
        found |= answers(one)
        if one.get("answer"):
            found[one["linkId"]] = one["answer"][0]
    return found


def extensions(resource: Json, name: str) -> list[Any]:
    found = (one for one in resource["extension"] if one["url"].endswith(f"/{name}"))
    return [one.get("valueReference", one.get("valueCodeableConcept")) for one in found]


def signed(client: FlaskClient, content: bytes) -> str:
    """Sign an order and return the assertion id of its first action."""
    reply = json.loads(client.post("/cds-services/order-sign-crd", data=content).data)
    given = reply["systemActions"][0]["resource"]["extension"]
    parts = next(one["extension"] for one in given if one["url"].endswith("ext-coverage-information"))
    return str(next(one["valueString"] for one in parts if one["url"] == "coverage-assertion-id"))


@pytest.fixture
def met(client: FlaskClient) -> str:
    return signed(client, (SAMPLES / "01-margetuximab-everything-met.json").read_bytes())


def ours() -> Json:
    call = json.loads((SAMPLES / "01-margetuximab-everything-met.json").read_bytes())
    found = call["prefetch"]["coverage"]
    return {"name": "coverage", "resource": found["entry"][0]["resource"] if "entry" in found else found}


@pytest.mark.requirement("dtr22.oper-10", "dtr22.oper-16", "dtr22.oper-18", "dtr22.spec-122", "dtr22.conf-13")
def test_by_order_the_form_of_its_policy_comes_with_an_empty_draft(client: FlaskClient) -> None:
    (bundle,) = bundles(asked(client, of_coverage(), order()))
    assert form(bundle)["url"] == CANONICAL
    draft = response(bundle)
    assert draft["questionnaire"] == f"{CANONICAL}|2026-05-06"
    assert (draft["status"], draft["subject"]) == ("in-progress", {"reference": "Patient/p1"})
    assert extensions(draft, "qr-coverage") == [{"reference": "Coverage/cov1"}]
    assert extensions(draft, "qr-context") == [{"reference": "MedicationRequest/mr1"}]
    assert extensions(draft, "intendedUse")[0]["coding"][0]["code"] == "withpa"
    assert answers(draft) == {}


@pytest.mark.parametrize("url", ["/fhir/$questionnaire-package", "/fhir/Questionnaire/any/$questionnaire-package"])
def test_other_addresses_that_clients_call_answer_too(client: FlaskClient, url: str) -> None:
    assert len(bundles(asked(client, of_coverage(), order(), url=url))) == 1


def test_every_question_stands_in_the_draft_under_its_link_id(client: FlaskClient) -> None:
    (bundle,) = bundles(asked(client, of_coverage(), order()))

    def link_ids(item: Json) -> list[str]:
        inner = [name for one in item.get("item", ()) for name in link_ids(one)]
        return [item["linkId"], *inner] if "linkId" in item else inner

    assert set(link_ids(response(bundle))) <= set(link_ids(form(bundle)))


@pytest.mark.requirement("dtr22.oper-19", "dtr22.spec-40")
def test_by_context_the_draft_is_filled_with_what_the_chart_proved(client: FlaskClient, met: str) -> None:
    (bundle,) = bundles(asked(client, ours(), context(met), url=OLD), "PackageBundle")
    draft = response(bundle)
    given = answers(draft)
    assert given["breast_cancer"]["valueBoolean"] is True
    assert given["disease_extent"]["valueCoding"]["code"] == "metastatic"
    assert given["her2_ihc_score"]["valueCoding"]["code"] == "3+"
    assert given["prior_lines_advanced"]["valueInteger"] == 3
    (table,) = [one["valueString"] for name, one in given.items() if name.endswith(":lines")]
    assert "docetaxel" in table
    assert draft["identifier"]["value"] == met
    for one in given.values():
        (origin,) = one["extension"]
        assert origin["extension"] == [{"url": "source", "valueCode": "auto"}]


def test_a_context_of_the_older_version_is_answered_in_it_wherever_it_is_asked(client: FlaskClient, met: str) -> None:
    draft = response(bundles(asked(client, ours(), context(met)), "PackageBundle")[0])
    assert len(extensions(draft, "qr-context")) == 2
    assert extensions(draft, "qr-coverage") == []


def test_a_context_of_the_newer_version_is_answered_in_it(client: FlaskClient) -> None:
    dosed = medication_request(MARGETUXIMAB, dosageInstruction=[{"text": "as before"}])
    call = order_sign(dosed, extension={"davinci-crd.requestedVersion": "2.2"})
    name = signed(client, body(call))
    assert bundles(asked(client, of_coverage(), context(name)))
    assert bundles(asked(client, of_coverage(), context(name), url=OLD), "PackageBundle"), "an address of one version"


@pytest.mark.idea("crd-idea-67")
def test_a_context_alone_is_enough(client: FlaskClient, met: str) -> None:
    draft = response(bundles(asked(client, context(met)), "PackageBundle")[0])
    assert draft["subject"]["reference"].startswith("Patient/")
    assert {one["reference"].split("/")[0] for one in extensions(draft, "qr-context")} == {
        "MedicationRequest",
        "Coverage",
    }


def test_the_profile_of_the_call_names_its_version(client: FlaskClient) -> None:
    profile = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/dtr-qpackage-input-parameters|2.0.1"
    assert bundles(asked(client, of_coverage(), order(), meta={"profile": [profile]}), "PackageBundle")


def test_a_form_is_had_by_its_name(client: FlaskClient) -> None:
    for name in (CANONICAL, f"{CANONICAL}|2026-05-06"):
        (bundle,) = bundles(asked(client, of_coverage(), canonical(name)))
        assert form(bundle)["version"] == "2026-05-06"


@pytest.mark.parametrize("kind", ["valueUri", "valueString", "valueUrl"])
def test_a_name_of_another_type_is_understood(client: FlaskClient, kind: str) -> None:
    assert bundles(asked(client, of_coverage(), {"name": "questionnaire", kind: CANONICAL}))


@pytest.mark.requirement("dtr22.oper-9")
@pytest.mark.parametrize("name", ["https://other.example.org/Questionnaire/x", f"{CANONICAL}|2020-01-01"])
def test_an_unknown_form_is_a_remark(client: FlaskClient, name: str) -> None:
    reply = asked(client, of_coverage(), canonical(name))
    assert bundles(reply) == []
    assert remarks(reply) == ["warning not-found"]
    both = asked(client, of_coverage(), canonical(name), canonical(CANONICAL))
    assert (len(bundles(both)), remarks(both)) == (1, ["warning not-found"])


def test_named_beside_a_context_only_the_named_form_comes_filled_from_it(client: FlaskClient, met: str) -> None:
    named = canonical("https://cds.example.org/fhir/Questionnaire/elranatamab-initial")
    (other,) = bundles(asked(client, ours(), context(met), named), "PackageBundle")
    assert form(other)["id"] == "elranatamab-initial"
    assert answers(response(other)) == {}
    (same,) = bundles(asked(client, ours(), context(met), canonical(CANONICAL)), "PackageBundle")
    assert answers(response(same))["breast_cancer"]["valueBoolean"] is True


def test_orders_that_share_a_form_get_one_draft(client: FlaskClient) -> None:
    (bundle,) = bundles(asked(client, of_coverage(), order(name="never-signed-1"), order(name="never-signed-2")))
    assert [one["reference"] for one in extensions(response(bundle), "qr-context")] == [
        "MedicationRequest/never-signed-1",
        "MedicationRequest/never-signed-2",
    ]


def test_an_order_that_needs_no_form_is_a_remark(client: FlaskClient) -> None:
    reply = asked(client, of_coverage(), order(AMOXICILLIN))
    assert (bundles(reply), remarks(reply)) == ([], ["information informational"])


@pytest.mark.parametrize(
    ("revision", "since", "packages"),
    [(1, "2026-05-06T00:00:00Z", 1), (1, "2026-05-07T00:00:00Z", 0), (2, "2026-05-07T00:00:00Z", 1)],
)
def test_what_has_not_changed_is_not_sent_again(revision: int, since: str, packages: int) -> None:
    """A mended form bears no date of its own, and so may have changed since any day."""
    known = with_change(changed("margetuximab", ("revision",), revision))
    client = create_app(compose(Settings(base_url="https://cds.example.org"), known, TODAY, new_engine())).test_client()
    reply = asked(client, of_coverage(), order(), {"name": "changedsince", "valueInstant": since})
    assert len(bundles(reply)) == packages
    assert bool(remarks(reply)) == (packages == 0)


@pytest.mark.requirement("dtr22.spec-128")
def test_an_order_whose_status_or_note_has_changed_is_still_the_order(client: FlaskClient) -> None:
    name = signed(client, body(order_sign()))
    later = order(status="active", note=[{"text": "call the nurse"}])
    assert bundles(asked(client, of_coverage(), context(name), later), "PackageBundle")


@pytest.mark.requirement("dtr22.spec-129", "dtr22.prof-1")
def test_an_order_of_another_drug_is_not_of_this_context(client: FlaskClient) -> None:
    name = signed(client, body(order_sign()))
    assert refused(asked(client, of_coverage(), context(name), order(AMOXICILLIN)), 422).startswith("business-rule")


def test_another_patients_coverage_is_not_of_this_context(client: FlaskClient) -> None:
    name = signed(client, body(order_sign()))
    foreign = of_coverage(beneficiary={"reference": "Patient/p2"})
    assert refused(asked(client, foreign, context(name)), 422).startswith("business-rule")


@pytest.mark.requirement("dtr22.oper-11", "dtr22.spec-130")
@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ([], 400, "invariant"),
        ([of_coverage()], 400, "invariant"),
        ([order()], 400, "required"),
        ([canonical(CANONICAL)], 400, "required"),
        ([of_coverage(), context("no-such-thing")], 422, "not-found"),
        ([of_coverage(value="OTHER"), order()], 422, "not-found"),
        ([{"name": "coverage", "resource": {"resourceType": "Patient"}}, order()], 400, "invalid"),
        ([{"name": "coverage"}, order()], 400, "invalid"),
        ([of_coverage(), order(), {"name": "changedsince", "valueInstant": "yesterday"}], 400, "value"),
    ],
)
def test_a_call_that_cannot_be_answered_is_told_why(
    client: FlaskClient, parameters: list[Json], status: int, said: str
) -> None:
    assert refused(asked(client, *parameters), status).startswith(said)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"resourceType": "Bundle"}', b'{"resourceType": "Parameters", "parameter": 7}']
)
def test_a_body_that_is_no_parameters_resource_is_refused(client: FlaskClient, content: bytes) -> None:
    reply = client.post(URL, data=content, content_type="application/fhir+json")
    assert refused(reply, 400).startswith("structure")


def test_another_media_type_and_method_are_refused(client: FlaskClient) -> None:
    assert refused(client.post(URL, data=b"<a/>", content_type="application/xml"), 415)
    assert client.get(URL).status_code in {404, 405}


@pytest.mark.requirement("dtr22.conf-12")
def test_what_is_optional_may_be_missing_and_what_is_unknown_is_left_alone(client: FlaskClient) -> None:
    plain = {"name": "coverage", "resource": {k: v for k, v in coverage().items() if k not in {"id", "status"}}}
    more = {"name": "referenced", "resource": {"resourceType": "Patient", "id": "p1"}}
    assert bundles(asked(client, plain, order(), more, {"name": "other", "valueString": "x"}))


@pytest.mark.requirement("dtr22.spec-139")
def test_the_draft_shows_nothing_of_ours_as_the_clients(client: FlaskClient, met: str) -> None:
    draft = response(bundles(asked(client, ours(), context(met)), "PackageBundle")[0])
    references = json.dumps([one.get("valueReference") for one in draft["extension"]] + [draft["subject"]])
    assert "cds.example.org" not in references


def test_forms_are_read_under_both_bases(client: FlaskClient) -> None:
    for base in ("/fhir", "/fhir/dtr/2.0.1"):
        assert client.get(f"{base}/Questionnaire/margetuximab-initial").status_code == 200
        assert client.get(f"{base}/metadata").status_code == 200


def test_in_open_mode_packages_are_had_on_this_machine_only(client: FlaskClient) -> None:
    content = json.dumps({"resourceType": "Parameters", "parameter": [of_coverage(), order()]})
    reply = client.post(URL, data=content, environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
    assert reply.status_code == 401
