"""What is told again: inside an authorization, on an order that bears it already, beside other payers', on others."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from cds_service.commands.demo import samples
from fhir_mappings.coverage.coverage_information import EXTENSION
from policies.catalogue import Catalogue
from tests.certification.kit import id_faults, information_on
from tests.coverage.conftest import client_of
from tests.coverage.stating import HOOKS, VERSIONS, State, call_of, parts_on
from tests.databases import new_engine
from tests.service.calls import (
    AMOXICILLIN,
    MARGETUXIMAB,
    RXNORM,
    body,
    coverage,
    in_version,
    medication_request,
    order_sign,
    searchset,
    service_request,
)

Json = dict[str, Any]
ORDER_HOOKS = HOOKS[:4]
CAPECITABINE = {"system": RXNORM, "code": "194000"}
PLACES: dict[str, tuple[str | int, ...]] = {
    "order-sign": ("context", "draftOrders", "entry", 0, "resource"),
    "order-select": ("context", "draftOrders", "entry", 0, "resource"),
    "order-dispatch": ("prefetch", "orders", "entry", 0, "resource"),
    "appointment-book": ("context", "appointments", "entry", 1, "resource"),
    "encounter-start": ("prefetch", "encounter"),
    "encounter-discharge": ("prefetch", "encounter"),
}
"""Where what is answered stands in a call, in CRD 2.2."""


@pytest.fixture(scope="module")
def plain(policies_on_file: Catalogue) -> Iterator[FlaskClient]:
    opened = new_engine()
    yield client_of(policies_on_file, opened)
    opened.dispose()


def asked(client: FlaskClient, call: Json) -> list[Json]:
    reply = client.post(f"/cds-services/{call['hook']}-crd", data=body(call), content_type="application/json")
    assert reply.status_code == 200, reply.text
    return list(json.loads(reply.data).get("systemActions", []))


def inner(call: Json, place: tuple[str | int, ...]) -> Json:
    found: Any = call
    for step in place:
        found = found[step]
    return dict(found)


def put(call: Json, place: tuple[str | int, ...], resource: Json) -> Json:
    """Return a call with another resource where what is answered stands."""
    changed: Any = deepcopy(call)
    found = changed
    for step in place[:-1]:
        found = found[step]
    found[place[-1]] = resource
    return dict(changed)


APPROVED = State("authorized", {"product": "elranatamab", "chart": "07"}, {})


@pytest.mark.idea("crd-idea-23")
@pytest.mark.requirement("crd20.ci-q5", "crd22.resp-30", "crd22.resp-36")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", ORDER_HOOKS)
def test_inside_an_authorization_every_hook_is_told_its_number(
    policies_on_file: Catalogue, engine: Engine, hook: str, version: str
) -> None:
    """The one who gave it may not approve any more, and the chart may say less: what was authorized stays so."""
    (given,) = asked(client_of(policies_on_file, engine, automatic_approval=True), call_of(APPROVED, hook, version))
    number = parts_on(given)["satisfied-pa-id"]
    later = client_of(policies_on_file, engine)
    call = call_of(APPROVED, hook, version)
    call["prefetch"] = {
        key: call["prefetch"][key] for key in ("patient", "coverage", "orders") if key in call["prefetch"]
    }
    (again,) = asked(later, call)
    assert parts_on(again)["satisfied-pa-id"] == number
    assert not {"doc-needed", "doc-purpose", "questionnaire", "info-needed"} & parts_on(again).keys()
    what_if = call | {"extension": call["extension"] | {"davinci-crd.configuration": {"unsolicited-determ": False}}}
    (asking,) = asked(later, what_if)
    assert parts_on(asking)["pa-needed"] == ["auth-needed"]
    assert "satisfied-pa-id" not in parts_on(asking)
    assert number[0] not in json.dumps(asking)


@pytest.mark.idea("crd-idea-20", "crd-idea-21")
@pytest.mark.requirement("crd22.resp-35", "crd22.resp-29", "crd22.hook-16", "crd20.primary")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", HOOKS)
def test_what_stands_already_is_sent_again_in_2_0_only_and_another_payers_stays(
    plain: FlaskClient, hook: str, version: str
) -> None:
    place = PLACES[hook] if (hook, version) != ("appointment-book", "2.0") else (*PLACES[hook][:-2], 0, "resource")
    call = call_of(State(f"again {hook} {version}", {}, {}), hook, version)
    theirs = {
        "url": EXTENSION,
        "extension": [
            {"url": "coverage", "valueReference": {"reference": "Coverage/theirs"}},
            {"url": "covered", "valueCode": "not-covered"},
            {"url": "reason", "valueCodeableConcept": {"text": "Not ours."}},
            {"url": "date", "valueDate": "2026-10-01"},
            {"url": "coverage-assertion-id", "valueString": "theirs-1"},
        ],
    }
    call = put(call, place, inner(call, place) | {"extension": [theirs]})
    (first,) = asked(plain, call)
    assert [one == theirs for one in information_on(first["resource"])] == [True, False]
    assert list(id_faults(information_on(first["resource"]))) == []
    again = asked(plain, put(call, place, first["resource"]))
    assert again == ([first] if version == "2.0" else [])


@pytest.mark.idea("crd-idea-20")
@pytest.mark.requirement("crd22.resp-35", "crd22.resp-36")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", HOOKS)
def test_what_stands_already_gives_way_to_what_is_new(plain: FlaskClient, hook: str, version: str) -> None:
    place = PLACES[hook] if (hook, version) != ("appointment-book", "2.0") else (*PLACES[hook][:-2], 0, "resource")
    call = call_of(State(f"new {hook} {version}", {}, {}), hook, version)
    (first,) = asked(plain, call)
    ended = put(call, place, first["resource"])
    ended["prefetch"]["coverage"] = searchset(coverage("cov1", period={"end": "2026-05-01"}))
    (second,) = asked(plain, ended)
    assert parts_on(second)["covered"] == ["not-covered"]
    assert parts_on(second)["coverage-assertion-id"] == parts_on(first)["coverage-assertion-id"]


@pytest.mark.idea("crd-idea-08")
@pytest.mark.requirement("crd22.resp-29", "crd20.ci-one-id")
@pytest.mark.parametrize("version", VERSIONS)
def test_each_of_several_orders_is_told_its_own(plain: FlaskClient, version: str) -> None:
    device = {"resourceType": "DeviceRequest", "id": "d1", "status": "draft", "intent": "order"}
    device |= {"codeCodeableConcept": {"text": "infusion pump"}, "subject": {"reference": "Patient/p1"}}
    orders = medication_request(MARGETUXIMAB), service_request("s1", status="draft"), device
    others = medication_request(AMOXICILLIN, "mr9"), medication_request(MARGETUXIMAB, "no", doNotPerform=True)
    actions = asked(plain, in_version(order_sign(*orders, *others), version))
    assert [(one["resource"]["resourceType"], one["resource"]["id"]) for one in actions] == [
        ("MedicationRequest", "mr1"),
        ("ServiceRequest", "s1"),
        ("DeviceRequest", "d1"),
        ("MedicationRequest", "mr9"),
    ]
    assert [parts_on(one)["pa-needed"] for one in actions] == [["auth-needed"]] * 2 + [["conditional"]] * 2


def named(kind: str, code: Json) -> Json:
    if kind == "MedicationRequest":
        return medication_request(code, f"o-{code['code']}")
    concept = "codeCodeableConcept" if kind == "DeviceRequest" else "code"
    about = {"subject": {"reference": "Patient/p1"}, concept: {"coding": [code]}}
    return {"resourceType": kind, "id": f"o-{code['code']}", "status": "draft", "intent": "order", **about}


@pytest.mark.parametrize("kind", ["MedicationRequest", "ServiceRequest", "DeviceRequest"])
def test_two_things_without_a_policy_are_two_determinations(plain: FlaskClient, kind: str) -> None:
    """They may be told the same, and bear no words; an id that stood for both could be asked for neither."""
    orders = [named(kind, {"system": "http://example.org/codes", "code": code}) for code in ("a", "b")]
    ids = [parts_on(one)["coverage-assertion-id"][0] for one in asked(plain, order_sign(*orders))]
    assert len(set(ids)) == 2
    assert ids == [parts_on(one)["coverage-assertion-id"][0] for one in asked(plain, order_sign(*orders))]


@pytest.mark.requirement("crd20.ci-dependency", "crd22.resp-52")
@pytest.mark.parametrize("version", VERSIONS)
def test_what_rests_on_another_order_of_the_call_says_so(plain: FlaskClient, version: str) -> None:
    """Capecitabine drafted beside margetuximab is the chemotherapy that the policy asks for."""
    beside = order_sign(medication_request(MARGETUXIMAB), medication_request(CAPECITABINE, "mr2"))
    first, second = map(parts_on, asked(plain, in_version(beside, version)))
    assert first["dependency"] == [{"reference": "MedicationRequest/mr2"}]
    assert "dependency" not in second
    (alone,) = map(parts_on, asked(plain, in_version(order_sign(), version)))
    assert "dependency" not in alone
    idle = order_sign(medication_request(MARGETUXIMAB), medication_request(AMOXICILLIN, "mr2"))
    assert all("dependency" not in parts_on(one) for one in asked(plain, in_version(idle, version)))


def test_an_authorization_that_rests_on_another_order_says_so(policies_on_file: Catalogue, engine: Engine) -> None:
    sample = "11-margetuximab-with-capecitabine-drafted"
    (call,) = [json.loads(one.body) for one in samples() if one.file.startswith(sample)]
    first, second = map(parts_on, asked(client_of(policies_on_file, engine, automatic_approval=True), call))
    partner = call["context"]["draftOrders"]["entry"][1]["resource"]["id"]
    assert first["pa-needed"] == ["satisfied"]
    assert first["dependency"] == [{"reference": f"MedicationRequest/{partner}"}]
    assert "dependency" not in second
