"""What the public clients need of a package: the DTR app of HL7-DaVinci, and the renderer LHC-Forms.

Seen by driving them in 2026. A test a need, so that none is lost by the way.
"""

import json
from base64 import b64decode
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.application import create_app
from tests.dtr.adaptive_parts import FAVOURABLE, answered
from tests.dtr.packages import parameters
from tests.dtr.test_dtr_answered import ANSWERS, determination, filled, information
from tests.dtr.test_dtr_package import (
    SAMPLES,
    Json,
    asked,
    bundles,
    canonical,
    context,
    form,
    of_coverage,
    remarks,
    response,
)
from tests.service.calls import AMOXICILLIN, MARGETUXIMAB, body, in_version, medication_request, order_sign

FORMS = [f"{policy}-{kind}" for policy in ("margetuximab", "elranatamab") for kind in ("initial", "continuation")]
TYPES = {"group", "display", "boolean", "choice", "integer", "text", "attachment"}
"""What both renderers show (LHC-Forms: all but reference)."""

DTR = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition"


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def signed(client: FlaskClient, who: str, version: str = "2.0") -> tuple[Json, dict[str, Any]]:
    """Sign an order of a patient of their own; returns the order as the EHR keeps it, and what it was told."""
    call = in_version(order_sign(medication_request(MARGETUXIMAB, note=[{"text": "x"}])), version)
    content = body(call).replace(b"Patient/p1", f"Patient/{who}".encode()).replace(b'"p1"', f'"{who}"'.encode())
    reply = client.post("/cds-services/order-sign-crd", data=content).get_json()
    order = reply["systemActions"][0]["resource"]
    return order, information(order["extension"])


def of(who: str) -> Json:
    return of_coverage(beneficiary={"reference": f"Patient/{who}"})


def test_the_dtr_app_finds_the_operation_in_the_folder_of_the_canonical(client: FlaskClient) -> None:
    order, told = signed(client, "app1")
    folder = urlsplit(told["questionnaire"].partition("|")[0]).path.rpartition("/")[0]
    named = canonical(told["questionnaire"])
    sent = (of("app1"), {"name": "order", "resource": order}, named, context(told["coverage-assertion-id"]))
    (bundle,) = bundles(asked(client, *sent, url=f"{folder}/$questionnaire-package"), "PackageBundle")
    assert form(bundle)["url"] == told["questionnaire"].partition("|")[0]


def test_the_dtr_app_gets_its_version_without_a_context_from_what_the_order_bears(client: FlaskClient) -> None:
    """It looks for `PackageBundle` only, and waits for ever otherwise."""
    order, told = signed(client, "app2")
    (bundle,) = bundles(asked(client, of("app2"), {"name": "order", "resource": order}), "PackageBundle")
    assert response(bundle)["identifier"]["value"] == told["coverage-assertion-id"]
    newer, told = signed(client, "app3", "2.2")
    (bundle,) = bundles(asked(client, of("app3"), {"name": "order", "resource": newer}), "packagebundle")
    assert response(bundle)["identifier"]["value"] == told["coverage-assertion-id"]


def test_what_an_order_bears_of_another_counts_as_nothing(client: FlaskClient) -> None:
    order, told = signed(client, "app4")
    sent = {"name": "order", "resource": order | {"subject": {"reference": "Patient/app5"}}}
    (foreign,) = bundles(asked(client, of("app5"), sent))
    assert "identifier" not in response(foreign)
    drug = order | {"medicationCodeableConcept": {"coding": [AMOXICILLIN]}}
    assert bundles(asked(client, of("app4"), {"name": "order", "resource": drug})) == []
    elsewhere = json.loads(json.dumps(order).replace(told["coverage-assertion-id"], "the-id-of-another-payer"))
    (own,) = bundles(asked(client, of("app4"), {"name": "order", "resource": elsewhere}), "PackageBundle")
    assert response(own)["identifier"]["value"] == told["coverage-assertion-id"]
    second = order | {"id": "mr2"}
    both = [{"name": "order", "resource": one} for one in (order, second)]
    (shared,) = bundles(asked(client, of("app4"), *both))
    assert "identifier" not in response(shared)


@pytest.mark.parametrize(
    "extension", [None, "none", [{"url": "x", "extension": "y"}], [{"url": "urn:x", "valueString": "y"}]]
)
def test_a_determination_is_found_where_nobody_wrote_it_on_the_order(client: FlaskClient, extension: Any) -> None:
    """crd-request-generator writes nothing back: its DTR app asks by order and coverage alone."""
    order, told = signed(client, "app9")
    plain = {name: one for name, one in order.items() if name != "extension"}
    plain |= {"extension": extension} if extension is not None else {}
    (bundle,) = bundles(asked(client, of("app9"), {"name": "order", "resource": plain}), "PackageBundle")
    assert response(bundle)["identifier"]["value"] == told["coverage-assertion-id"]
    other_order = plain | {"id": "mr2"}
    (fresh,) = bundles(asked(client, of("app9"), {"name": "order", "resource": other_order}))
    assert "identifier" not in response(fresh)
    other_coverage = of_coverage(name="cov2", beneficiary={"reference": "Patient/app9"})
    (fresh,) = bundles(asked(client, other_coverage, {"name": "order", "resource": plain}))
    assert "identifier" not in response(fresh)


AT_2_0, AT_2_2 = "https://cds.example.org/fhir/dtr/2.0.1/Questionnaire", "https://cds.example.org/fhir/Questionnaire"
PROFILE = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/dtr-qpackage-input-parameters"


@pytest.mark.parametrize(
    ("address", "named", "profile", "version", "shape"),
    [
        # The address of 2.0.1, or a canonical under it, wins over everything.
        ("/fhir/dtr/2.0.1", AT_2_2, "2.2.0", "2.2", "Bundle"),
        ("/fhir/dtr/2.0.1", AT_2_0, "", "", "Bundle"),
        ("/fhir", AT_2_0, "2.2.0", "2.2", "Bundle"),
        # Then the profile of the call.
        ("/fhir", AT_2_2, "2.0.1", "2.2", "Bundle"),
        ("/fhir", AT_2_2, "2.2.0", "2.0", "packagebundle"),
        # Then the version in which the determination was reported.
        ("/fhir", AT_2_2, "", "2.0", "Bundle"),
        ("/fhir", AT_2_2, "", "2.2", "packagebundle"),
        # Then 2.2.0.
        ("/fhir", AT_2_2, "", "", "packagebundle"),
    ],
)
def test_who_gets_which_shape(
    client: FlaskClient, address: str, named: str, profile: str, version: str, shape: str
) -> None:
    sent = [of("app10"), canonical(f"{named}/margetuximab-initial")]
    if version:
        order, told = signed(client, "app10", version)
        sent += [{"name": "order", "resource": order}, context(told["coverage-assertion-id"])]
    meta = {"meta": {"profile": [f"{PROFILE}|{profile}"]}} if profile else {}
    content = asked(client, *sent, url=f"{address}/Questionnaire/$questionnaire-package", **meta).get_json()
    found = content["resourceType"]
    assert (found if found == "Bundle" else content["parameter"][0]["name"]) == shape
    (bundle,) = [one["resource"] for one in parameters(content)]
    assert form(bundle)["url"] == f"{AT_2_2}/margetuximab-initial"


def test_two_forms_or_a_remark_come_in_parameters_in_2_0_1_too(client: FlaskClient) -> None:
    both = [canonical(f"{AT_2_2}/margetuximab-{kind}") for kind in ("initial", "continuation")]
    old = "/fhir/dtr/2.0.1/Questionnaire/$questionnaire-package"
    assert len(bundles(asked(client, of_coverage(), *both, url=old), "PackageBundle")) == 2
    unknown = canonical(f"{AT_2_2}/none")
    content = asked(client, of_coverage(), both[0], unknown, url=old).get_json()
    assert [one["name"] for one in content["parameter"]] == ["PackageBundle", "operationOutcome"]


@pytest.mark.parametrize("version", ["|2026-05-06", ""])
def test_a_response_to_a_contained_form_of_ours_is_ours(client: FlaskClient, version: str) -> None:
    """Some renderers keep the form inside the response, under its own canonical URL."""
    order, told = signed(client, "app11")
    (bundle,) = bundles(asked(client, of("app11"), {"name": "order", "resource": order}), "PackageBundle")
    inner = {**form(bundle), "id": "form"}
    if not version:
        del inner["version"]
    sent = filled(response(bundle), ANSWERS) | {"questionnaire": "#form", "contained": [inner]}
    reply = client.post("/fhir/QuestionnaireResponse", json=sent)
    assert reply.status_code == 201, reply.text
    assert determination(client, told["coverage-assertion-id"])["ruling"] == "met"


@pytest.mark.parametrize("name", FORMS)
def test_the_dtr_app_finds_elm_by_the_plain_canonical_and_every_definition_in_it(
    client: FlaskClient, name: str
) -> None:
    named = canonical(f"https://cds.example.org/fhir/Questionnaire/{name}")
    reply = asked(client, of_coverage(), named, url="/fhir/dtr/2.0.1/Questionnaire/$questionnaire-package")
    (bundle,) = bundles(reply, "PackageBundle")
    libraries = {one["resource"]["url"]: one["resource"] for one in bundle["entry"][2:]}
    wanted = [one["valueCanonical"] for one in form(bundle)["extension"] if one["url"].endswith("cqf-library")]
    assert wanted
    (library,) = [libraries[one] for one in wanted]
    (elm,) = [one["data"] for one in library["content"] if one["contentType"] == "application/elm+json"]
    defined = {one["name"] for one in json.loads(b64decode(elm))["library"]["statements"]["def"]}
    expressions = [one for item in every(form(bundle)) for one in item.get("extension", ()) if "valueExpression" in one]
    for one in (extension["valueExpression"] for extension in expressions):
        library_name, _, define = one["expression"].partition(".")
        assert (one["language"], library_name) == ("text/cql", f'"{library["name"]}"')
        assert define.strip('"') in defined


def test_the_dtr_app_posts_the_finished_response_beside_the_folder(client: FlaskClient) -> None:
    """It writes order and coverage as contexts, `auto` as origin, an author outside the profile, and no identifier."""
    order, told = signed(client, "app6")
    (bundle,) = bundles(asked(client, of("app6"), {"name": "order", "resource": order}), "PackageBundle")
    references = ("MedicationRequest/mr1", "Coverage/cov1")
    contexts = [{"url": f"{DTR}/qr-context", "valueReference": {"reference": one}} for one in references]
    sent = filled(response(bundle), ANSWERS, extension=contexts, author={"reference": "Practitioner/dr1"})
    del sent["identifier"]
    folder = told["questionnaire"].rpartition("/Questionnaire/")[0]
    reply = client.post(f"{urlsplit(folder).path}/QuestionnaireResponse", json=sent)
    assert reply.status_code == 201, reply.text
    assert determination(client, told["coverage-assertion-id"])["ruling"] == "met"


def every(item: Json) -> list[Json]:
    return [found for one in item.get("item", ()) for found in (one, *every(one))]


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("base", ["/fhir", "/fhir/dtr/2.0.1"])
def test_the_renderers_show_every_item(client: FlaskClient, name: str, base: str) -> None:
    """LHC-Forms: no `>` on a text or date, no value set that is not contained, only contexts that its host knows."""
    resource = client.get(f"{base}/Questionnaire/{name}").get_json()
    for one in every(resource):
        assert one["type"] in TYPES
        assert "answerValueSet" not in one
        assert one["text"]
        assert (one["type"] == "choice") == ("answerOption" in one)
        for option in one.get("answerOption", ()):
            assert set(option["valueCoding"]) == {"system", "code", "display"}
        kinds = {item["linkId"]: item["type"] for item in every(resource)}
        for line in one.get("enableWhen", ()):
            assert line["operator"] in {"exists", "=", ">", "<"}
            assert line["operator"] not in {">", "<"} or kinds[line["question"]] == "integer"
    launched = [one["extension"] for one in resource["extension"] if one["url"].endswith("launchContext")]
    assert [[part["url"] for part in one] for one in launched] == [["name", "type"]] * len(launched)
    assert {one[0]["valueCoding"]["code"] for one in launched} <= {"patient", "user", "encounter"}


def bare(**members: Any) -> Json:
    """Return a Coverage as EHRs keep it: its payor is another resource of theirs, which no client sends along."""
    return of_coverage(payor=[{"reference": "Organization/o1"}], **members)


def test_a_payor_that_did_not_come_along_is_not_another_payer(client: FlaskClient) -> None:
    """The DTR app sends the Coverage as the EHR has it, and not its payor."""
    order, told = signed(client, "app8")
    mine = bare(beneficiary={"reference": "Patient/app8"})
    reply = asked(client, mine, {"name": "order", "resource": order}, canonical(told["questionnaire"]))
    (bundle,) = bundles(reply, "PackageBundle")
    assert response(bundle)["identifier"]["value"] == told["coverage-assertion-id"]
    assert remarks(reply, "operationOutcome") == []
    by_name = asked(client, mine, canonical(told["questionnaire"]))
    assert (len(bundles(by_name)), remarks(by_name)) == (1, ["information informational"])
    other = of_coverage(value="OTHER")
    assert asked(client, other, canonical(told["questionnaire"])).status_code == 422
    named = {"resourceType": "Organization", "id": "o1", "identifier": [{"system": "urn:x", "value": "OTHER"}]}
    both = asked(client, mine, canonical(told["questionnaire"]), {"name": "referenced", "resource": named})
    assert both.status_code == 422


def test_an_order_whose_medication_did_not_come_along_is_still_the_order(client: FlaskClient) -> None:
    """It names its drug by a Medication, which came in the prefetch of the hook and comes along no more."""
    (path,) = SAMPLES.glob("07-*.json")
    reply = client.post("/cds-services/order-sign-crd", data=path.read_bytes()).get_json()
    order = reply["systemActions"][0]["resource"]
    told, whose = information(order["extension"]), of_coverage(beneficiary=order["subject"])
    assert "medicationReference" in order
    ours = context(told["coverage-assertion-id"])
    for more in ((ours,), (), (canonical(told["questionnaire"]),), (canonical(told["questionnaire"]), ours)):
        (bundle,) = bundles(asked(client, whose, {"name": "order", "resource": order}, *more), "PackageBundle")
        assert response(bundle)["identifier"]["value"] == told["coverage-assertion-id"]
    plain = {key: value for key, value in order.items() if key != "extension"}
    (bundle,) = bundles(asked(client, whose, {"name": "order", "resource": plain}, ours), "PackageBundle")
    assert response(bundle)["identifier"]["value"] == told["coverage-assertion-id"]
    alone = asked(client, whose, {"name": "order", "resource": plain})
    assert (bundles(alone), remarks(alone)) == ([], ["warning incomplete"])
    assert "no form is needed" not in alone.text


def test_an_appointment_that_bears_what_was_told_is_taken_as_the_order(client: FlaskClient) -> None:
    """In 2.0 coverage information on what is booked stands on the Appointment, and an app starts from there."""
    (path,) = SAMPLES.glob("17-*.json")
    call = in_version(json.loads(path.read_bytes()), "2.0")
    reply = client.post("/cds-services/appointment-book-crd", json=call).get_json()
    booked = reply["systemActions"][0]["resource"]
    told = information(booked["extension"])
    patient = f"Patient/{call['context']['patientId']}"
    whose, ours = of_coverage(beneficiary={"reference": patient}), context(told["coverage-assertion-id"])
    assert booked["resourceType"] == "Appointment"
    for more in ((), (ours,)):
        (bundle,) = bundles(asked(client, whose, {"name": "order", "resource": booked}, *more), "PackageBundle")
        assert response(bundle)["identifier"]["value"] == told["coverage-assertion-id"]
    plain = {key: value for key, value in booked.items() if key != "extension"}
    assert asked(client, whose, {"name": "order", "resource": plain}, ours).status_code == 422


def test_a_draft_is_of_a_patient_that_the_way_back_knows(client: FlaskClient) -> None:
    """The beneficiary may be named by its place in the Bundle that the Coverage came in."""
    (path,) = SAMPLES.glob("05-*.json")
    reply = client.post("/cds-services/order-sign-crd", data=path.read_bytes()).get_json()
    told = information(reply["systemActions"][0]["resource"]["extension"])
    within = {"reference": "urn:uuid:29ee1de2-dd08-5bd5-b03a-7d0c33a2bc63"}
    whose = of_coverage(name=told["coverage"]["reference"].removeprefix("Coverage/"), beneficiary=within)
    (bundle,) = bundles(asked(client, whose, context(told["coverage-assertion-id"])), "PackageBundle")
    assert response(bundle)["subject"] == {"reference": "Patient/eva-scheinbar-05"}
    assert client.post("/fhir/QuestionnaireResponse", json=response(bundle)).status_code == 201


@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_br_provider_steps_an_adaptive_form_to_its_end(client: FlaskClient, version: str) -> None:
    """It sends the form that it has, derived from a canonical without a version, and a profile without one.

    LHC-Forms has dropped the head: the answers alone say how far it is.
    """
    published = f"https://cds.example.org/fhir/Questionnaire/{FORMS[0]}-adaptive"
    _, told = signed(client, f"br{version[-1]}", version)
    names = "PackageBundle" if version == "2.0" else "packagebundle"
    sent = (of(f"br{version[-1]}"), context(told["coverage-assertion-id"]), canonical(published))
    (bundle,) = bundles(asked(client, *sent), names)
    shown, items, steps = form(bundle), list[Json](), 0
    step: Json = {"status": "in-progress"}
    while step["status"] == "in-progress" and steps < len(ANSWERS) + 5:
        profile = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaireresponse-adapt"
        call = {
            "resourceType": "QuestionnaireResponse",
            "meta": {"profile": [profile]},
            "contained": [{"derivedFrom": [shown.get("url", published)]} | shown],
            "questionnaire": f"#{shown['id']}",
            "status": "in-progress",
            "item": items,
        }
        reply = client.post("/fhir/Questionnaire/$next-question", json={k: one for k, one in call.items() if one})
        assert reply.status_code == 200, reply.text
        step, steps = reply.get_json(), steps + 1
        (shown,) = [one for one in step["contained"] if one["resourceType"] == "Questionnaire"]
        items = answered(step, FAVOURABLE).get("item", [])
    assert step["status"] == "completed"
