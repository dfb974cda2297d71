"""Every hook with wrong, partial or missing input: the negative matrix, in both versions.

Numbers in the names (`crd_29`) are those of the list of black-box conformance ideas that the tests were drawn from.
"""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.service.calls import (
    MARGETUXIMAB,
    appointment,
    appointment_book,
    body,
    coverage,
    encounter,
    every_hook,
    in_version,
    medication_request,
    order_dispatch,
    order_select,
    order_sign,
    replaced,
    searchset,
    service_request,
    unexplained,
    without,
)

Json = dict[str, Any]
CALLS = every_hook()
HOOKS = list(CALLS)
VERSIONS = ["2.0", "2.2"]
INVALID = {"2.0": 422, "2.2": 400}
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
ORDERS = {
    "order-sign": ("context", "draftOrders", "entry", 0, "resource"),
    "order-select": ("context", "draftOrders", "entry", 0, "resource"),
    "order-dispatch": ("prefetch", "orders", "entry", 0, "resource"),
    "appointment-book": ("context", "appointments", "entry", 0, "resource"),
    "encounter-start": ("prefetch", "encounter"),
    "encounter-discharge": ("prefetch", "encounter"),
}
PLACES = {
    "order-sign": "context.draftOrders.entry[0].resource",
    "order-select": "context.draftOrders.entry[0].resource",
    "order-dispatch": "context.dispatchedOrders[0]",
    "appointment-book": "context.appointments.entry[0].resource",
    "encounter-start": "prefetch.encounter",
    "encounter-discharge": "prefetch.encounter",
}
REQUIRED = {
    "order-sign": ["userId", "patientId", "draftOrders"],
    "order-select": ["userId", "patientId", "draftOrders", "selections"],
    "order-dispatch": ["patientId", "dispatchedOrders", "performer"],
    "appointment-book": ["userId", "patientId", "appointments"],
    "encounter-start": ["userId", "patientId", "encounterId"],
    "encounter-discharge": ["userId", "patientId", "encounterId"],
}
MEMBERS = [(hook, name) for hook, names in REQUIRED.items() for name in names]


def posted(client: FlaskClient, hook: str, sent: bytes) -> tuple[int, Json]:
    reply = client.post(f"/cds-services/{hook}-crd", data=sent, content_type="application/json")
    assert reply.content_type == "application/json"
    assert "Traceback" not in reply.text
    content = json.loads(reply.data)
    return reply.status_code, unexplained(content) if "cards" in content else content


def refused(client: FlaskClient, call: Json, status: int, hook: str = "") -> list[str]:
    """Post a call that must be refused; returns the places of its issues."""
    given, outcome = posted(client, hook or call["hook"], body(call))
    assert given == status, outcome
    assert outcome["resourceType"] == "OperationOutcome"
    for issue in outcome["issue"]:
        assert (issue["severity"], bool(issue["code"]), bool(issue["details"]["text"])) == ("error", True, True)
    return [place for issue in outcome["issue"] for place in issue.get("expression", ())]


@pytest.mark.idea("crd-idea-28")
@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b"null"], ids=["empty", "cut", "list", "null"])
def test_crd_28_what_is_no_json_object_is_400(client: FlaskClient, hook: str, sent: bytes) -> None:
    assert posted(client, hook, sent)[0] == 400


@pytest.mark.idea("crd-idea-29")
@pytest.mark.requirement("crd20.status-422", "crd22.hook-13")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["hook", "hookInstance", "context"])
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_29_a_missing_member_is_named(client: FlaskClient, hook: str, name: str, version: str) -> None:
    call = without(in_version(CALLS[hook], version), name)
    assert name in refused(client, call, INVALID[version], hook)


@pytest.mark.idea("crd-idea-29")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("hook", "name"), MEMBERS)
def test_crd_29_a_missing_member_of_the_context_is_named(
    client: FlaskClient, hook: str, name: str, version: str
) -> None:
    call = without(in_version(CALLS[hook], version), "context", name)
    assert f"context.{name}" in refused(client, call, INVALID[version])


@pytest.mark.parametrize("value", [None, 7, True, "", [], {}, [7], [None], ["x"], "a/b/c", {"entry": 1}])
@pytest.mark.parametrize(("hook", "name"), MEMBERS)
def test_a_member_of_the_context_of_any_wrong_type_never_breaks_the_service(
    client: FlaskClient, hook: str, name: str, value: object
) -> None:
    status, _ = posted(client, hook, body(replaced(CALLS[hook], value, "context", name)))
    assert status in {200, 400, 412, 422}


@pytest.mark.idea("crd-idea-37", "crd-idea-39")
@pytest.mark.parametrize("value", [None, 7, "x", [], {"resourceType": "Bundle"}, {"entry": [None]}, FAILED])
@pytest.mark.parametrize("key", ["patient", "coverage", "encounter", "orders", "observations"])
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_37_39_a_prefetch_value_of_any_kind_never_breaks_the_service(
    client: FlaskClient, hook: str, key: str, value: object
) -> None:
    call = json.loads(json.dumps(CALLS[hook]))
    call["prefetch"][key] = value
    status, content = posted(client, hook, body(call))
    needed = {"order-dispatch": {"orders"}}.get(hook, set())
    assert status in ({200, 412} if key in needed else {200}), content


@pytest.mark.idea("crd-idea-30")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_30_a_hook_that_is_not_the_services_is_400(client: FlaskClient, hook: str, version: str) -> None:
    other = next(one for one in HOOKS if one != hook)
    assert refused(client, in_version(CALLS[hook], version), 400, other) == ["hook"]


@pytest.mark.idea("crd-idea-31")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_31_a_hook_instance_that_is_no_uuid_is_a_warning(client: FlaskClient, hook: str, version: str) -> None:
    """The certification kit's own sample sends one; a text that is empty, or too long, is still a fault."""
    call = replaced(in_version(CALLS[hook], version), "x", "hookInstance")
    reply = client.post(f"/cds-services/{hook}-crd", data=body(call))
    assert reply.status_code == 200, reply.text
    assert reply.get_json()["extension"]["cds-service.explain"]["warnings"]
    for wrong in ("", " ", "x" * 65):
        assert refused(client, replaced(call, wrong, "hookInstance"), INVALID[version]) == ["hookInstance"]


@pytest.mark.idea("crd-idea-32")
@pytest.mark.parametrize("hook", ["order-sign", "order-select", "appointment-book"])
@pytest.mark.parametrize("version", VERSIONS)
def test_crd_32_an_empty_bundle_is_422(client: FlaskClient, hook: str, version: str) -> None:
    *path, _, _ = ORDERS[hook]
    places = refused(client, replaced(in_version(CALLS[hook], version), [], *path), 422)
    assert places == [PLACES[hook].partition("[")[0]]


@pytest.mark.parametrize("hook", ["order-sign", "order-select", "appointment-book"])
def test_a_bundle_of_the_context_says_that_it_is_one(client: FlaskClient, hook: str) -> None:
    *path, _, _, _ = ORDERS[hook]
    member = PLACES[hook].partition(".entry")[0]
    call = in_version(CALLS[hook], "2.2")
    assert refused(client, replaced(call, "List", *path, "resourceType"), 400) == [f"{member}.resourceType"]
    assert refused(client, without(call, *path, "resourceType"), 400) == [f"{member}.resourceType"]


@pytest.mark.idea("crd-idea-32")
@pytest.mark.parametrize("hook", ["order-sign", "order-select", "appointment-book"])
@pytest.mark.parametrize("version", VERSIONS)
def test_crd_32_a_resource_that_is_not_asked_about_there_is_422(client: FlaskClient, hook: str, version: str) -> None:
    call = replaced(in_version(CALLS[hook], version), {"resourceType": "Observation", "id": "o"}, *ORDERS[hook])
    assert refused(client, call, 422) == [PLACES[hook]]


@pytest.mark.idea("crd-idea-33")
@pytest.mark.requirement("crd20.status-422", "crd22.hook-13")
@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("version", VERSIONS)
def test_crd_33_a_status_that_fhir_does_not_have_is_invalid(client: FlaskClient, hook: str, version: str) -> None:
    call = replaced(in_version(CALLS[hook], version), "bogus", *ORDERS[hook], "status")
    assert refused(client, call, INVALID[version]) == [f"{PLACES[hook]}.status"]


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("version", VERSIONS)
def test_crd_33_what_cannot_be_read_is_invalid(client: FlaskClient, hook: str, version: str) -> None:
    call = replaced(in_version(CALLS[hook], version), 7, *ORDERS[hook], "status")
    assert refused(client, call, INVALID[version]) == [PLACES[hook]]


@pytest.mark.parametrize("hook", HOOKS)
def test_what_is_asked_about_belongs_to_the_patient_of_the_call(client: FlaskClient, hook: str) -> None:
    stranger = {"reference": "Patient/somebody-else"}
    if hook == "appointment-book":
        place, call = "participant", replaced(CALLS[hook], stranger, *ORDERS[hook], "participant", 0, "actor")
    else:
        place, call = "subject", replaced(CALLS[hook], stranger, *ORDERS[hook], "subject")
    assert refused(client, call, 422) == [f"{PLACES[hook]}.{place}"]


def test_the_order_of_an_appointment_belongs_to_the_patient_of_the_call(client: FlaskClient) -> None:
    order = service_request(subject={"reference": "Patient/p2"})
    call = appointment_book(appointment("a1", "ServiceRequest/s1"), order)
    assert refused(client, call, 422) == ["context.appointments.entry[0].resource.basedOn.subject"]


def test_an_appointment_of_two_patients_is_for_either(client: FlaskClient) -> None:
    other = [
        {"actor": {"reference": "Patient/p2"}},
        {"actor": {"reference": "Patient/p1"}},
        {"actor": {"display": "x"}},
    ]
    assert posted(client, "appointment-book", body(appointment_book(appointment(participant=other))))[0] == 200
    none = appointment(participant=[{"actor": {"reference": "Location/p1"}}, {"status": "accepted"}])
    assert posted(client, "appointment-book", body(appointment_book(none)))[0] == 200


def test_an_appointment_whose_participants_cannot_be_read_is_answered(client: FlaskClient) -> None:
    call = appointment_book(appointment(participant=7, basedOn="x"))
    assert posted(client, "appointment-book", body(call))[0] == 200


@pytest.mark.idea("crd-idea-34")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_34_a_coverage_that_never_came_is_412(client: FlaskClient, hook: str, version: str) -> None:
    call = without(in_version(CALLS[hook], version), "prefetch", "coverage")
    assert refused(client, call, 412) == ["prefetch.coverage"]


NO_SINGLE_COVERAGE = {
    "null": None,
    "empty": searchset(),
    "two": searchset(coverage("c1"), coverage("c2")),
    "no identifier": searchset(coverage(payor=[{"display": "MMM"}])),
    "foreign": searchset(coverage(value="OTHER")),
}


@pytest.mark.idea("crd-idea-38")
@pytest.mark.requirement("crd22.hook-13")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("value", NO_SINGLE_COVERAGE.values(), ids=NO_SINGLE_COVERAGE.keys())
def test_crd_38_without_the_one_coverage_of_ours_it_is_400(
    client: FlaskClient, hook: str, value: object, version: str
) -> None:
    call = replaced(in_version(CALLS[hook], version), value, "prefetch", "coverage")
    assert refused(client, call, 400) == ["prefetch.coverage"]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_client_that_knows_nothing_of_crd_is_answered_without_a_coverage(client: FlaskClient, hook: str) -> None:
    call = without(CALLS[hook], "prefetch", "coverage")
    status, reply = posted(client, hook, body(call))
    assert (status, reply["systemActions"]) == (200, [])


@pytest.mark.parametrize("prefetch", ["left out", None, {}], ids=["left out", "null", "empty"])
@pytest.mark.parametrize("hook", HOOKS)
def test_without_any_prefetch_only_a_dispatch_cannot_be_answered(
    client: FlaskClient, hook: str, prefetch: object
) -> None:
    call = CALLS[hook] | {"prefetch": prefetch} if prefetch != "left out" else without(CALLS[hook], "prefetch")
    status, _ = posted(client, hook, body(call))
    assert status == (412 if hook == "order-dispatch" else 200)


@pytest.mark.idea("crd-idea-19")
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_19_an_unknown_version_is_refused(client: FlaskClient, hook: str) -> None:
    places = refused(client, in_version(CALLS[hook], "9.9"), 400)
    assert places == ["extension.'davinci-crd.requestedVersion'"]


@pytest.mark.idea("crd-idea-63")
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_63_a_service_takes_no_get(client: FlaskClient, hook: str) -> None:
    assert client.get(f"/cds-services/{hook}-crd").status_code == 405


@pytest.mark.idea("crd-idea-72")
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_72_no_error_repeats_a_value_of_the_chart(client: FlaskClient, hook: str) -> None:
    secret = "Zebra-4711"
    for path in (ORDERS[hook], (*ORDERS[hook], "status"), (*ORDERS[hook], "id"), ("context", "patientId")):
        _, content = posted(client, hook, body(replaced(CALLS[hook], secret, *path)))
        assert secret not in json.dumps(content) or "systemActions" in content


@pytest.mark.idea("crd-idea-45")
@pytest.mark.requirement("hooks.54", "crd20.status-412")
@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "value", ["left out", None, FAILED, searchset(), searchset(medication_request(MARGETUXIMAB, "x"))]
)
def test_crd_45_a_dispatched_order_that_did_not_come_is_412(
    client: FlaskClient, value: object, version: str, older: bool
) -> None:
    call = in_version(order_dispatch(older=older), version)
    call["prefetch"].pop("orders")
    if value != "left out":
        call["prefetch"]["orders"] = value
    place = "context.order" if older else "context.dispatchedOrders[0]"
    assert refused(client, call, 412) == [place]


def test_crd_45_every_dispatched_order_that_did_not_come_is_named(client: FlaskClient) -> None:
    call = order_dispatch()
    call["context"]["dispatchedOrders"] += ["ServiceRequest/s8", "ServiceRequest/s9"]
    assert refused(client, call, 412) == ["context.dispatchedOrders[1]", "context.dispatchedOrders[2]"]


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("dispatchedOrders", [], "dispatchedOrders"),
        ("dispatchedOrders", "MedicationRequest/mr1", "dispatchedOrders"),
        ("dispatchedOrders", ["mr1"], "dispatchedOrders[0]"),
        ("dispatchedOrders", [{"reference": "MedicationRequest/mr1"}], "dispatchedOrders[0]"),
        ("order", "mr1", "order"),
        ("order", ["MedicationRequest/mr1"], "order"),
        ("performer", {}, "performer"),
        ("fulfillmentTasks", {}, "fulfillmentTasks"),
        ("task", [], "task"),
    ],
)
def test_a_context_of_a_dispatch_that_is_wrong_is_named(
    client: FlaskClient, name: str, value: object, place: str
) -> None:
    call = replaced(in_version(order_dispatch(), "2.2"), value, "context", name)
    assert f"context.{place}" in refused(client, call, 400)


def test_what_is_dispatched_is_an_order(client: FlaskClient) -> None:
    call = replaced(order_dispatch(), ["Observation/o1"], "context", "dispatchedOrders")
    assert refused(client, call, 422) == ["context.dispatchedOrders[0]"]


@pytest.mark.parametrize(
    ("selections", "place"),
    [
        ([], "selections"),
        (["MedicationRequest/other"], "selections[0]"),
        (["MedicationRequest/mr1", "mr1"], "selections[1]"),
        ("MedicationRequest/mr1", "selections"),
    ],
)
def test_what_is_selected_is_among_the_draft_orders(client: FlaskClient, selections: Any, place: str) -> None:
    call = in_version(order_select(selections=selections), "2.2")
    assert f"context.{place}" in refused(client, call, 400)


def test_an_id_of_an_encounter_is_bare_where_the_encounter_is_looked_up(client: FlaskClient) -> None:
    call = replaced(in_version(encounter(), "2.2"), "Encounter/e1", "context", "encounterId")
    assert refused(client, call, 400) == ["context.encounterId"]
    lenient = replaced(order_sign(), "Encounter/e1", "context", "encounterId")
    assert posted(client, "order-sign", body(lenient))[0] == 200


def test_an_encounter_that_is_another_one_is_left_alone(client: FlaskClient) -> None:
    call = replaced(encounter(), "e2", "prefetch", "encounter", "id")
    assert posted(client, "encounter-start", body(call)) == (200, {"cards": [], "systemActions": []})


def test_a_dispatched_order_with_a_member_twice_is_refused(client: FlaskClient) -> None:
    sent = body(order_dispatch()).replace(b'"intent": "order"', b'"intent": "order", "intent": "plan"')
    assert posted(client, "order-dispatch", sent)[0] == 400


INFORMATION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
OURS = {"url": "coverage", "valueReference": {"reference": "Coverage/cov1"}}
ODD_EXTENSIONS: dict[str, Any] = {
    "null": None,
    "numbers": [7, None],
    "a url that is a number": [{"url": 7}],
    "no parts": [{"url": INFORMATION}],
    "parts that are a number": [{"url": INFORMATION, "extension": 7}],
    "parts that are null": [{"url": INFORMATION, "extension": None}],
    "a part that is a number": [{"url": INFORMATION, "extension": [OURS, 7]}],
    "a reference that is a number": [
        {"url": INFORMATION, "extension": [{"url": "coverage", "valueReference": {"reference": 7}}]}
    ],
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("odd", ODD_EXTENSIONS.values(), ids=ODD_EXTENSIONS.keys())
def test_an_odd_extension_is_kept_and_breaks_nothing(client: FlaskClient, hook: str, version: str, odd: Any) -> None:
    call = replaced(in_version(CALLS[hook], version), odd, *ORDERS[hook], "extension")
    status, reply = posted(client, hook, body(call))
    assert status == 200
    extensions = reply["systemActions"][0]["resource"]["extension"]
    assert extensions[:-1] == [one for one in odd or [] if "Coverage/cov1" not in json.dumps(one)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("odd", [7, "x", {}, {"url": INFORMATION}, True])
def test_extensions_that_are_no_list_are_invalid(client: FlaskClient, hook: str, version: str, odd: object) -> None:
    call = replaced(in_version(CALLS[hook], version), odd, *ORDERS[hook], "extension")
    assert refused(client, call, INVALID[version]) == [f"{PLACES[hook]}.extension"]


@pytest.mark.parametrize("hook", HOOKS)
def test_one_call_after_another_is_answered_alike(client: FlaskClient, hook: str) -> None:
    first = posted(client, hook, body(in_version(CALLS[hook], "2.0")))
    for _ in range(2):
        assert posted(client, hook, body(in_version(CALLS[hook], "2.0"))) == first
