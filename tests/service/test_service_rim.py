"""What is looked at where a call comes in: ids, numbers, texts, null, sizes, whose patient it is."""

import gc
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from msgspec import convert

from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.wsgi import GC_THRESHOLDS
from hooks.response.service import Answering
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.service.calls import (
    MARGETUXIMAB,
    body,
    coverage,
    medication_request,
    observation,
    order_sign,
    replaced,
    searchset,
    without,
)
from tests.world import store

Json = Any
URL = "/cds-services/order-sign-crd"
RESOURCE = ("context", "draftOrders", "entry", 0, "resource")
NO_IDS = ["a/b", "q q", "a_b", "x" * 65, "a\u0000b", "é", "http://127.0.0.1:1/", "a\n"]


def answered(client: FlaskClient, content: bytes) -> tuple[int, Json]:
    reply = client.post(URL, data=content)
    return reply.status_code, reply.get_json()


@pytest.mark.parametrize("name", NO_IDS, ids=range(len(NO_IDS)))
@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_an_id_that_is_none_is_refused_wherever_it_stands(client: FlaskClient, name: str, version: str) -> None:
    marked = {"extension": {"davinci-crd.requestedVersion": version}}
    with_patient = replaced(order_sign(**marked), name, "context", "patientId")
    with_order = order_sign(medication_request(MARGETUXIMAB, name), **marked)
    with_coverage = order_sign(prefetch={"coverage": searchset(coverage(name))}, **marked)
    for call in (with_patient, with_order, with_coverage):
        status, told = answered(client, body(call))
        assert (status, told["issue"][0]["code"]) == (400, "value")
        assert told["issue"][0]["expression"]
        assert name not in json.dumps(told["issue"][0]["details"])


@pytest.mark.parametrize("name", ["x" * 64, "a", "-.9", "A-b.C"])
def test_an_id_at_the_edge_of_the_rule_is_one(client: FlaskClient, name: str) -> None:
    assert answered(client, body(order_sign(medication_request(MARGETUXIMAB, name))))[0] == 200


NUMBERS = ["1e400", "-1e400", "1E+309", "1e-400", "1" + "0" * 309, "1e99999999999"]
AS_TEXT = ['"1e400"', '"x 1e400 y"', '"\\"1e400"', "1e308", "1" + "0" * 308, "1e-308", "1e005"]


@pytest.mark.parametrize(("number", "status"), [(one, 400) for one in NUMBERS] + [(one, 200) for one in AS_TEXT])
@pytest.mark.parametrize("place", [(), RESOURCE, ("prefetch", "patient"), ("extension",)], ids=len)
def test_a_number_that_no_double_holds_is_refused_anywhere(
    client: FlaskClient, number: str, status: int, place: tuple[Any, ...]
) -> None:
    call = order_sign(extension={})
    inner = call
    for step in place:
        inner = inner[step]
    inner["x-unknown"] = "@@"
    assert answered(client, body(call).replace(b'"@@"', number.encode()))[0] == status


@pytest.mark.parametrize(
    ("text", "status"),
    [("\\ud800", 400), ("\\udc00\\ud800", 400), ("\\ud83d\\ude00", 200), ("\\\\ud800", 200), ("\\\\\\ud800", 400)],
)
def test_half_of_a_surrogate_pair_is_no_text(client: FlaskClient, text: str, status: int) -> None:
    call = order_sign()
    call["prefetch"]["patient"]["x-unknown"] = "@@"
    assert answered(client, body(call).replace(b"@@", text.encode()))[0] == status


@pytest.mark.parametrize("most", [10**30, 10**18, 0, -1, 1.5, "many", None, True, [], {}])
def test_any_number_of_cards_can_be_asked_for(client: FlaskClient, most: object) -> None:
    asked = {"davinci-crd.configuration": {"max-cards": most}}
    assert answered(client, body(order_sign(extension=asked)))[0] == 200


@pytest.mark.parametrize("member", ["fhirServer", "fhirAuthorization", "prefetch", "extension"])
def test_null_says_what_leaving_out_says(client: FlaskClient, member: str) -> None:
    with_null = answered(client, body(order_sign() | {member: None}))
    left_out = answered(client, body(without(order_sign() | {member: None}, member)))
    assert with_null[0] == left_out[0] == 200
    assert [one["summary"] for one in with_null[1]["cards"]][:1] == [one["summary"] for one in left_out[1]["cards"]][:1]


@pytest.mark.parametrize("member", ["status", "subject"])
def test_an_order_without_what_fhir_requires_is_refused_with_its_place(client: FlaskClient, member: str) -> None:
    status, told = answered(client, body(without(order_sign(), *RESOURCE, member)))
    assert (status, told["issue"][0]["expression"]) == (422, [f"context.draftOrders.entry[0].resource.{member}"])


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "stopped"])
def test_an_order_that_nobody_wants_any_more_is_not_answered(client: FlaskClient, status: str) -> None:
    order = medication_request(MARGETUXIMAB, status=status)
    found, reply = answered(client, body(order_sign(order)))
    assert (found, reply["cards"], reply["systemActions"]) == (200, [], [])


def contained(*ingredients: Json) -> Json:
    order = medication_request(MARGETUXIMAB, medicationReference={"reference": "#m"})
    del order["medicationCodeableConcept"]
    return order | {"contained": [{"resourceType": "Medication", "id": "m", "ingredient": list(ingredients)}]}


def inside(coding: Json, **more: Any) -> Json:
    return {"itemCodeableConcept": {"coding": [coding]}, **more}


SALT = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "9863"}


@pytest.mark.parametrize(
    ("ingredients", "named"),
    [
        ([inside(MARGETUXIMAB)], True),
        ([inside(MARGETUXIMAB), inside(SALT, isActive=False)], True),
        ([], False),
    ],
)
def test_a_product_is_what_its_one_active_ingredient_is(
    client: FlaskClient, ingredients: list[Json], named: bool
) -> None:
    reply = answered(client, body(order_sign(contained(*ingredients))))[1]
    assert ("argetuximab" in reply["cards"][0]["summary"]) is named


@pytest.fixture(scope="module")
def small(policies_on_file: Catalogue) -> FlaskClient:
    limits = {"max_orders": 3, "max_entries": 5, "base_url": "https://cds.example.org"}
    made: Container = compose(convert(limits, Settings), policies_on_file, TODAY, store())
    return create_app(made).test_client()


@pytest.mark.parametrize(("orders", "entries", "status"), [(3, 4, 200), (4, 4, 413), (1, 5, 413)])
def test_a_call_of_too_many_parts_is_refused(small: FlaskClient, orders: int, entries: int, status: int) -> None:
    drafts = [medication_request(MARGETUXIMAB, f"mr{one}") for one in range(orders)]
    results = searchset(*(observation(f"o{one}", "85319-2") for one in range(entries)))
    call = order_sign(*drafts, prefetch={"coverage": searchset(coverage()), "observations": results})
    assert answered(small, body(call))[0] == status


def cpu(service: Answering, content: bytes) -> float:
    begun = time.process_time()
    service.answer(content)
    return time.process_time() - begun


def many(count: int) -> bytes:
    return body(order_sign(*(medication_request(MARGETUXIMAB, f"mr{one}") for one in range(count))))


@pytest.fixture
def as_served() -> Iterator[None]:
    """The garbage collector as a process that serves has it (`cds_service.wsgi`)."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("as_served")
def test_eight_times_the_orders_take_at_most_nine_times_as_long(policies_on_file: Catalogue) -> None:
    raised = convert({"max_orders": 1000, "base_url": "https://cds.example.org"}, Settings)
    service = compose(raised, policies_on_file, TODAY, store()).order_sign
    cpu(service, many(100))
    few = sorted(cpu(service, many(100)) for _ in range(5))[2]
    assert min(cpu(service, many(800)) for _ in range(3)) <= 9 * few


def positive(subject: str, **more: Any) -> Json:
    value = {"coding": [{"system": "http://loinc.org", "code": "LA11843-2"}]}
    return observation("o1", "85319-2", valueCodeableConcept=value, **more) | {"subject": {"reference": subject}}


HERE, THERE = "https://ehr.example.org/fhir", "https://elsewhere.example.org/fhir"
WHOSE = [
    ("Patient/p1", f"{HERE}/Patient/p1", True),
    ("Patient/p1", "Patient/p1", True),
    (f"{HERE}/Patient/p1", f"{HERE}/Patient/p1", True),
    (f"{HERE}/Patient/p1", f"{THERE}/Patient/p1", False),
    (f"{THERE}/Patient/p1", f"{HERE}/Patient/p1", False),
]


@pytest.mark.parametrize(("ordered_for", "found_for", "counts"), WHOSE)
def test_another_servers_patient_of_the_same_id_is_another_patient(
    client: FlaskClient, ordered_for: str, found_for: str, counts: bool
) -> None:
    order = medication_request(MARGETUXIMAB, subject={"reference": ordered_for})
    prefetch = {"coverage": searchset(coverage()), "observations": searchset(positive(found_for))}
    call = without(order_sign(order, prefetch=prefetch), "fhirServer")
    assert ("Observation/o1" in json.dumps(answered(client, body(call))[1]["extension"])) is counts


def test_an_order_for_another_servers_patient_is_refused(client: FlaskClient) -> None:
    order = medication_request(MARGETUXIMAB, subject={"reference": f"{THERE}/Patient/p1"})
    assert answered(client, body(order_sign(order)))[0] == 422


def test_two_bases_in_one_call_decide_nothing(client: FlaskClient) -> None:
    orders = [
        medication_request(MARGETUXIMAB, f"mr{one}", subject={"reference": f"{base}/Patient/p1"})
        for one, base in enumerate((HERE, THERE))
    ]
    prefetch = {"coverage": searchset(coverage()), "observations": searchset(positive(f"{HERE}/Patient/p1"))}
    call = without(order_sign(*orders, prefetch=prefetch), "fhirServer")
    assert "Observation/o1" not in json.dumps(answered(client, body(call))[1]["extension"])


def test_a_slash_after_the_server_changes_nothing(client: FlaskClient) -> None:
    plain, slashed = (order_sign(fhirServer=f"{HERE}{slash}") for slash in ("", "/"))
    first, second = (answered(client, body(call))[1]["systemActions"] for call in (plain, slashed))
    assert first == second


def test_links_and_turned_text_in_a_display_reach_no_card_alive(client: FlaskClient) -> None:
    words = "see https://evil.example.org or www.evil.example.org, mail a@evil.example.org \u202egnp.exe"
    order = medication_request({"system": "http://hospital.example.org/local", "code": "1", "display": words})
    cards = json.dumps(answered(client, body(order_sign(order)))[1]["cards"], ensure_ascii=False)
    assert "see " in cards
    for alive in ("https://evil", "www.evil", "a@evil", "\u202e"):
        assert alive not in cards
