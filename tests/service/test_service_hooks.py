"""Every hook through the real application: one decision behind them all, told where the hook has it told.

Numbers in the names (`crd_44`) are those of the list of black-box conformance ideas that the tests were drawn from.
"""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.coverage.coverage_information import EXTENSION
from tests.service.calls import (
    AMOXICILLIN,
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
    reference,
    replaced,
    searchset,
    service_request,
    unexplained,
    without,
)
from tests.world import compose, store

Json = dict[str, Any]
SAMPLES = Path(str(files("cds_service"))) / "samples"
HOOKS = list(every_hook())
PRIMARY = ["order-sign", "order-dispatch", "appointment-book"]
SECONDARY = ["order-select", "encounter-start", "encounter-discharge"]
VERSIONS = ["2.0", "2.2"]
WHERE = {
    "order-sign": "MedicationRequest/mr1",
    "order-select": "MedicationRequest/mr1",
    "order-dispatch": "MedicationRequest/mr1",
    "appointment-book": "Appointment/a1",
    "encounter-start": "Encounter/e1",
    "encounter-discharge": "Encounter/e1",
}
CAPECITABINE = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "194000"}
DEVICE = {
    "resourceType": "DeviceRequest",
    "id": "d1",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/p1"},
}
NONE_ON_FILE = ("medicationRequests", "medicationAdministrations", "medicationDispenses", "procedures")
"""The keys that sample 16 lacks or brings the order in: with them empty, its chart is whole, and can be approved."""
SIGNATURES = {
    "order-sign": {"context.patientId", "context.encounterId"},
    "order-select": {"context.patientId", "context.encounterId"},
    "order-dispatch": {"context.patientId", "context.order"},
    "appointment-book": {"context.patientId", "context.encounterId"},
    "encounter-start": {"context.patientId", "context.encounterId"},
    "encounter-discharge": {"context.patientId", "context.encounterId"},
}


def answered(client: FlaskClient, call: Json, status: int = 200) -> Json:
    reply = client.post(f"/cds-services/{call['hook']}-crd", data=body(call), content_type="application/json")
    assert reply.status_code == status, reply.text
    assert reply.content_type == "application/json"
    return dict(json.loads(reply.data))


def told_on(reply: Json) -> list[str]:
    """Where coverage information was written, in the order of the actions."""
    return [reference(action["resource"]) for action in reply.get("systemActions", ())]


def information(action: Json) -> dict[str, list[Any]]:
    """The parts of the one coverage information on a resource, by name."""
    (ours,) = [one for one in action["resource"]["extension"] if one["url"] == EXTENSION]
    found: dict[str, list[Any]] = {}
    for part in ours["extension"]:
        found.setdefault(part["url"], []).append(next(value for name, value in part.items() if name != "url"))
    return found


def said(action: Json) -> dict[str, list[Any]]:
    """The same without what differs from call to call."""
    return {name: value for name, value in information(action).items() if name not in {"coverage-assertion-id", "date"}}


@pytest.fixture
def services(client: FlaskClient) -> dict[str, Json]:
    return {one["hook"]: one for one in client.get("/cds-services").get_json()["services"]}


@pytest.mark.idea("crd-idea-01", "crd-idea-02")
@pytest.mark.requirement("crd20.hooks", "crd22.hook-4", "crd22.ops-1", "hooks.12")
def test_crd_1_2_discovery_lists_a_service_for_every_hook(services: dict[str, Json]) -> None:
    assert list(services) == HOOKS
    for hook, service in services.items():
        assert service["id"] == f"{hook}-crd"
        for name in ("title", "description", "usageRequirements"):
            assert isinstance(service[name], str)
            assert service[name]
    assert len({one["description"] for one in services.values()}) == len(HOOKS)


@pytest.mark.idea("crd-idea-03")
@pytest.mark.requirement("crd22.dev-1", "crd22.dev-2")
def test_crd_3_every_service_declares_the_versions_that_are_spoken(services: dict[str, Json]) -> None:
    for service in services.values():
        assert service["extension"]["davinci-crd.version"] == VERSIONS
        assert re.fullmatch(r"\d+\.\d+\.\d+", service["version"])


@pytest.mark.idea("crd-idea-06")
@pytest.mark.requirement("hooks.11", "hooks.29", "hooks.35", "hooks.36", "hooks.55", "hooks.56", "hooks.57")
@pytest.mark.requirement("hooks.59")
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_6_prefetch_uses_root_tokens_that_the_hooks_context_has(services: dict[str, Json], hook: str) -> None:
    templates = services[hook]["prefetch"]
    tokens = {token for one in templates.values() for token in re.findall(r"{{(.*?)}}", one)}
    assert {"patient", "coverage"} <= templates.keys()
    assert tokens == SIGNATURES[hook]
    assert all(one.count("{{") == one.count("}}") == 1 for one in templates.values())
    assert ("encounter" in templates) is ("context.encounterId" in SIGNATURES[hook])


@pytest.mark.parametrize("hook", HOOKS)
def test_clinical_data_is_asked_for_only_where_orders_are_judged(services: dict[str, Json], hook: str) -> None:
    assert ("observations" in services[hook]["prefetch"]) is not hook.startswith("encounter-")


def test_orders_that_the_context_only_names_are_asked_for(services: dict[str, Json]) -> None:
    dispatch = services["order-dispatch"]["prefetch"]
    assert dispatch["order"] == "{{context.order}}"
    searched = {one.partition("?")[0] for one in dispatch.values()}
    assert {"MedicationRequest", "ServiceRequest", "DeviceRequest", "NutritionOrder", "VisionPrescription"} <= searched
    assert any(one.startswith("ServiceRequest?") for one in services["appointment-book"]["prefetch"].values())


@pytest.mark.idea("crd-idea-07", "crd-idea-10", "crd-idea-11", "crd-idea-57")
@pytest.mark.requirement("crd20.primary", "crd22.hook-16", "crd22.hook-26", "crd22.hook-33", "crd22.hook-39")
@pytest.mark.requirement("crd22.resp-26", "crd22.resp-27", "crd22.ops-1")
@pytest.mark.certification("cert.3.1.01", "cert.3.1.10", "cert.3.1.11", "cert.3.2.01", "cert.3.2.10", "cert.3.2.11")
@pytest.mark.certification("cert.3.3.01", "cert.3.3.10", "cert.3.3.11", "cert.3.4.01", "cert.3.4.10", "cert.3.4.11")
@pytest.mark.certification("cert.3.5.01", "cert.3.5.10", "cert.3.5.11")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_7_10_11_a_call_is_answered_on_what_it_is_about(client: FlaskClient, hook: str, version: str) -> None:
    reply = answered(client, in_version(every_hook()[hook], version))
    assert "coverage-info" not in {card["source"]["topic"]["code"] for card in reply["cards"]}
    assert told_on(reply) == [WHERE[hook]]
    (action,) = reply["systemActions"]
    assert (action["type"], "resourceId" in action) == ("update", False)
    assert WHERE[hook] in action["description"]
    told = information(action)
    assert told["coverage"] == [{"reference": "Coverage/cov1"}]
    assert told["date"] == ["2026-11-25"]
    assert [len(told[name]) for name in ("covered", "pa-needed", "reason", "coverage-assertion-id")] == [1, 1, 1, 1]


@pytest.mark.idea("crd-idea-09")
@pytest.mark.requirement("crd22.resp-37", "hooks.132")
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_9_what_comes_back_is_what_came(client: FlaskClient, hook: str) -> None:
    odd = {"text": {"status": "generated", "div": "<div>µ</div>"}, "contained": [{"resourceType": "Basic", "id": "b"}]}
    kept = [{"url": "http://example.org/other", "valueString": "kept"}]
    call = every_hook()[hook]
    sent = sent_resource(call)
    sent.update(odd | {"unknown": [1, None, {"deep": True}], "extension": kept})
    expected = json.loads(json.dumps(sent))
    (action,) = answered(client, call)["systemActions"]
    assert action["resource"] | {"extension": action["resource"]["extension"][:-1]} == expected


def sent_resource(call: Json) -> Json:
    """The resource in a call on which the answer stands."""
    context, prefetch = call["context"], call["prefetch"]
    bundle = context.get("draftOrders") or context.get("appointments") or prefetch.get("orders")
    return dict.__getitem__(bundle["entry"][0], "resource") if bundle else prefetch["encounter"]


@pytest.mark.idea("crd-idea-44")
@pytest.mark.requirement("crd20.dispatch-context", "crd22.hook-33")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("call", [order_dispatch(), order_dispatch(older=True)], ids=["1.1", "1.0"])
def test_crd_44_both_shapes_of_a_dispatch_get_the_answer_of_a_signed_order(
    client: FlaskClient, call: Json, version: str
) -> None:
    (dispatched,) = answered(client, in_version(call, version))["systemActions"]
    (signed,) = answered(client, in_version(order_sign(), version))["systemActions"]
    assert said(dispatched) == said(signed)
    assert information(dispatched)["coverage-assertion-id"] == information(signed)["coverage-assertion-id"]


def test_an_order_named_in_both_shapes_is_answered_once(client: FlaskClient) -> None:
    call = order_dispatch()
    call["context"]["order"] = call["context"]["dispatchedOrders"][0]
    assert told_on(answered(client, call)) == ["MedicationRequest/mr1"]


@pytest.mark.requirement("crd22.hook-30")
def test_every_dispatched_order_is_answered_and_no_other_of_the_prefetch(client: FlaskClient) -> None:
    call = order_dispatch(medication_request(MARGETUXIMAB), DEVICE | {"subject": {"reference": "Patient/p1"}})
    call["prefetch"]["medicationRequests"] = searchset(medication_request(AMOXICILLIN, "other", status="active"))
    assert told_on(answered(client, call)) == ["MedicationRequest/mr1", "DeviceRequest/d1"]


@pytest.mark.idea("crd-idea-71")
@pytest.mark.parametrize("shape", ["alone", "searchset", "bundle in a bundle"])
def test_crd_71_a_dispatched_order_is_found_under_any_key_and_in_any_shape(client: FlaskClient, shape: str) -> None:
    order = medication_request(MARGETUXIMAB, status="active")
    values = {
        "alone": order,
        "searchset": searchset(coverage(), order),
        "bundle in a bundle": searchset(searchset(order)),
    }
    call = without(order_dispatch(order), "prefetch", "orders")
    call["prefetch"]["whatever"] = values[shape]
    assert told_on(answered(client, call)) == ["MedicationRequest/mr1"]


def test_of_two_versions_of_a_dispatched_order_the_newer_is_answered(client: FlaskClient) -> None:
    older = medication_request(AMOXICILLIN, meta={"versionId": "1"})
    newer = medication_request(MARGETUXIMAB, meta={"versionId": "2"})
    call = replaced(order_dispatch(), searchset(older, newer), "prefetch", "orders")
    (action,) = answered(client, call)["systemActions"]
    assert action["resource"]["meta"] == {"versionId": "2"}


def test_a_dispatched_order_is_no_evidence_for_itself(client: FlaskClient) -> None:
    """It comes in the prefetch, where a prescription would count as therapy that was probably given."""
    orders = [medication_request(one, f"mr{one['code']}", status="active") for one in (MARGETUXIMAB, CAPECITABINE)]
    dispatched, signed = (answered(client, call(*orders))["cards"] for call in (order_dispatch, order_sign))
    assert [one["detail"] for one in dispatched] == [one["detail"] for one in signed]


@pytest.mark.idea("crd-idea-46")
@pytest.mark.requirement("crd22.hook-34", "crd22.hook-39", "crd22.hook-19")
@pytest.mark.parametrize("version", VERSIONS)
def test_crd_46_only_what_is_selected_is_answered_and_no_documents_are_asked_for(
    client: FlaskClient, version: str
) -> None:
    orders = [medication_request(AMOXICILLIN, "mr0"), medication_request(MARGETUXIMAB), DEVICE]
    call = order_select(*orders, selections=["MedicationRequest/mr1"])
    reply = answered(client, in_version(call, version))
    assert told_on(reply) == ["MedicationRequest/mr1"]
    told = said(reply["systemActions"][0])
    assert (told["covered"], told["pa-needed"]) == (["covered"], ["auth-needed"])
    assert not {"doc-needed", "doc-purpose", "questionnaire"} & told.keys()


@pytest.mark.requirement("crd22.hook-34")
def test_the_orders_that_are_not_selected_are_considered(client: FlaskClient) -> None:
    """Capecitabine drafted beside margetuximab settles what is given together with it, selected or not."""
    alone = answered(client, order_select())["cards"][0]["summary"]
    beside = order_select(medication_request(MARGETUXIMAB), medication_request(CAPECITABINE, "mr2"))
    assert answered(client, beside)["cards"][0]["summary"] != alone


def test_a_card_on_a_selected_drug_says_that_nothing_is_needed_yet(client: FlaskClient) -> None:
    (card,) = answered(client, order_select())["cards"]
    assert "nothing yet" in card["detail"]
    (signed,) = answered(client, order_sign())["cards"]
    assert "nothing yet" not in signed["detail"]


@pytest.mark.idea("crd-idea-47")
@pytest.mark.requirement("crd22.hook-19")
@pytest.mark.parametrize("hook", SECONDARY)
@pytest.mark.parametrize("version", VERSIONS)
def test_crd_47_no_secondary_hook_asks_for_documents(client: FlaskClient, hook: str, version: str) -> None:
    reply = answered(client, in_version(every_hook()[hook], version))
    for action in reply["systemActions"]:
        assert not {"doc-needed", "doc-purpose", "questionnaire"} & said(action).keys()


@pytest.mark.idea("crd-idea-47")
@pytest.mark.parametrize("hook", ["encounter-start", "encounter-discharge"])
def test_crd_47_an_encounter_is_told_what_is_told_without_a_policy(client: FlaskClient, hook: str) -> None:
    (action,) = answered(client, encounter(hook))["systemActions"]
    told = said(action)
    assert (told["covered"], told["pa-needed"], told["info-needed"]) == (["conditional"], ["conditional"], ["OTH"])


@pytest.mark.idea("crd-idea-40")
@pytest.mark.requirement("crd22.ops-1", "crd22.resp-45")
def test_crd_40_at_the_start_of_an_encounter_an_ended_coverage_is_told(client: FlaskClient) -> None:
    call = in_version(encounter(), "2.2")
    call["prefetch"]["coverage"] = searchset(coverage(period={"end": "2026-01-01"}))
    told = said(answered(client, call)["systemActions"][0])
    assert told["covered"] == ["not-covered"]
    assert told["reason"][0]["coding"][0]["code"] == "no-active-coverage"


@pytest.mark.idea("crd-idea-47")
@pytest.mark.parametrize("value", [None, {"resourceType": "OperationOutcome", "issue": []}, searchset(), 7])
@pytest.mark.parametrize("version", VERSIONS)
def test_crd_47_without_the_encounter_there_is_nothing_to_write_on(
    client: FlaskClient, value: object, version: str
) -> None:
    reply = answered(client, in_version(encounter(prefetch={"encounter": value}), version))
    assert unexplained(reply) == ({"cards": [], "systemActions": []} if version == "2.0" else {"cards": []})


BASED = appointment_book(appointment("a1", "ServiceRequest/s1"), service_request())


@pytest.mark.idea("crd-idea-48")
@pytest.mark.requirement("crd22.hook-26")
@pytest.mark.parametrize(("version", "where"), [("2.0", "Appointment/a1"), ("2.2", "ServiceRequest/s1")])
def test_crd_48_an_appointment_for_an_order_is_judged_as_that_order(
    client: FlaskClient, version: str, where: str
) -> None:
    reply = answered(client, in_version(BASED, version))
    assert told_on(reply) == [where]
    (signed,) = answered(client, in_version(order_sign(service_request()), version))["systemActions"]
    assert said(reply["systemActions"][0]) == said(signed)


@pytest.mark.idea("crd-idea-70")
@pytest.mark.parametrize(("version", "where"), [("2.0", "Appointment/a1"), ("2.2", "ServiceRequest/s1")])
@pytest.mark.parametrize(
    "basis", ["ServiceRequest/s1", "https://ehr.example.org/fhir/ServiceRequest/s1", "urn:uuid:1", "https://x.org/y/1"]
)
def test_crd_70_the_order_of_an_appointment_is_found_however_it_is_referred_to(
    client: FlaskClient, basis: str, version: str, where: str
) -> None:
    call = appointment_book(appointment("a1", basis))
    entry = {"fullUrl": basis, "resource": service_request()} if "1" in basis else {"resource": service_request()}
    call["prefetch"]["serviceRequests"] = {"resourceType": "Bundle", "type": "searchset", "entry": [entry]}
    assert told_on(answered(client, in_version(call, version))) == [where]


@pytest.mark.idea("crd-idea-48")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "basis", ["ServiceRequest/elsewhere", "https://other.example.org/fhir/ServiceRequest/s1", "#c"]
)
def test_crd_48_an_appointment_whose_order_did_not_come_along_is_answered_for_itself(
    client: FlaskClient, basis: str, version: str
) -> None:
    call = appointment_book(appointment("a1", basis), service_request())
    reply = answered(client, in_version(call, version))
    assert told_on(reply) == ["Appointment/a1"]
    assert said(reply["systemActions"][0])["covered"] == ["conditional"]


def test_two_appointments_for_one_order_are_one_decision(client: FlaskClient) -> None:
    booked = appointment("a1", "ServiceRequest/s1"), appointment("a2", "ServiceRequest/s1"), appointment("a3")
    call = appointment_book(*booked, service_request())
    old = answered(client, in_version(call, "2.0"))
    assert told_on(old) == ["Appointment/a1", "Appointment/a2", "Appointment/a3"]
    first, second, third = (information(one)["coverage-assertion-id"] for one in old["systemActions"])
    assert first == second != third
    assert told_on(answered(client, in_version(call, "2.2"))) == ["ServiceRequest/s1", "Appointment/a3"]


def test_an_appointment_for_two_orders_leaves_neither_out(client: FlaskClient) -> None:
    imaging = service_request("s2", code={"text": "CT of the chest"})
    call = appointment_book(appointment("a1", "ServiceRequest/s1", "ServiceRequest/s2"), service_request(), imaging)
    assert told_on(answered(client, in_version(call, "2.0"))) == ["Appointment/a1", "ServiceRequest/s2"]
    assert told_on(answered(client, in_version(call, "2.2"))) == ["ServiceRequest/s1", "ServiceRequest/s2"]


@pytest.mark.idea("crd-idea-20")
def test_crd_20_what_stands_on_the_appointment_already_is_not_sent_again_in_2_2(client: FlaskClient) -> None:
    for call in (appointment_book(), BASED):
        answer = answered(client, in_version(call, "2.2"))["systemActions"][0]["resource"]
        entries = [
            {"resource": answer if reference(one["resource"]) == reference(answer) else one["resource"]}
            for one in call["context"]["appointments"]["entry"]
        ]
        again = replaced(call, entries, "context", "appointments", "entry")
        assert unexplained(answered(client, in_version(again, "2.2"))) == {"cards": []}


NDC = {"system": "http://hl7.org/fhir/sid/ndc", "code": "74527-022-02"}


@pytest.mark.parametrize("call", [order_sign, order_select, order_dispatch])
def test_any_coding_counts_and_a_second_order_is_not_missed(client: FlaskClient, call: Any) -> None:
    """What two peers get wrong: an NDC first, and two orders."""
    first = medication_request(AMOXICILLIN, "mr0")
    second = medication_request(NDC) | {"medicationCodeableConcept": {"coding": [NDC, MARGETUXIMAB]}}
    sent = call(first, second)
    if "selections" in sent["context"]:
        sent["context"]["selections"] = ["MedicationRequest/mr0", "MedicationRequest/mr1"]
    actions = answered(client, sent)["systemActions"]
    assert [said(one)["pa-needed"] for one in actions] == [["conditional"], ["auth-needed"]]


@pytest.mark.idea("crd-idea-32", "crd-idea-41")
@pytest.mark.parametrize("hook", ["order-sign", "order-select", "order-dispatch"])
def test_crd_41_an_order_without_what_is_optional_is_answered(client: FlaskClient, hook: str) -> None:
    call = every_hook()[hook]
    for name in ("requester", "authoredOn", "intent"):
        sent_resource(call).pop(name)
    (action,) = answered(client, call)["systemActions"]
    assert said(action)["pa-needed"] == ["auth-needed"]


@pytest.mark.parametrize("hook", PRIMARY)
def test_primary_hooks_ask_for_documents_where_a_policy_does(client: FlaskClient, hook: str) -> None:
    call = BASED if hook == "appointment-book" else every_hook()[hook]
    assert said(answered(client, call)["systemActions"][0])["doc-needed"] == ["clinical"]


def test_a_drug_that_is_authorized_is_so_from_its_selection_on(container: Container) -> None:
    settings = Settings(automatic_approval=True)
    approving = create_app(compose(settings, container.catalogue, container.today(), store()))
    call = json.loads((SAMPLES / "16-elranatamab-dispatched.json").read_text(encoding="utf-8"))
    order = call["prefetch"]["medicationRequests"]["entry"][0]["resource"]
    call["prefetch"] |= dict.fromkeys(NONE_ON_FILE, searchset())
    context = order_select(order)["context"] | {"patientId": call["context"]["patientId"]}
    selecting, signing = (call | {"hook": hook, "context": context} for hook in ("order-select", "order-sign"))
    numbers = []
    for sent in (selecting, signing):
        (action,) = answered(approving.test_client(), sent)["systemActions"]
        assert information(action)["pa-needed"] == ["satisfied"]
        numbers.append(information(action)["satisfied-pa-id"])
    assert numbers[0] == numbers[1]


@pytest.mark.idea("crd-idea-67")
@pytest.mark.parametrize("hook", HOOKS)
def test_a_determination_is_kept_and_says_by_which_hook(client: FlaskClient, hook: str) -> None:
    call = every_hook()[hook] | {"fhirServer": f"https://{hook}.example.org/fhir"}
    (action,) = answered(client, call)["systemActions"]
    (name,) = information(action)["coverage-assertion-id"]
    kept = client.get(f"/determinations/{name}").get_json()
    assert [one["cause"] for one in kept["revisions"]] == [CAUSES[hook]]


CAUSES = {
    "order-sign": "an order was signed",
    "order-select": "an order was selected",
    "order-dispatch": "an order was dispatched",
    "appointment-book": "an appointment was booked",
    "encounter-start": "an encounter began",
    "encounter-discharge": "an encounter is about to end",
}


def test_selecting_and_signing_an_order_is_one_determination(client: FlaskClient) -> None:
    server = {"fhirServer": "https://one.example.org/fhir"}
    ids = {
        information(answered(client, call | server)["systemActions"][0])["coverage-assertion-id"][0]
        for call in (order_select(), order_sign(), order_dispatch())
    }
    assert len(ids) == 1


@pytest.mark.idea("crd-idea-56")
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_56_nothing_is_null_or_empty(client: FlaskClient, hook: str) -> None:
    def empties(value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return sum(one in (None, "", [], {}) or empties(one) for one in inner)

    reply = answered(client, in_version(every_hook()[hook], "2.2"))
    assert empties(reply["systemActions"]) == 0


@pytest.mark.idea("crd-idea-26", "crd-idea-27")
@pytest.mark.parametrize("hook", HOOKS)
def test_crd_26_27_unknown_members_change_nothing(client: FlaskClient, hook: str) -> None:
    call = every_hook()[hook]
    plain = answered(client, call)
    call["unknown"] = call["context"]["unknown"] = call["prefetch"]["unknown"] = {"resourceType": "Basic", "x": [1]}
    assert answered(client, call)["systemActions"] == plain["systemActions"]
