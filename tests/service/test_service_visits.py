"""The cards for a visit: an authorization that ends soon, and a request that was not settled."""

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.commands import demo
from cds_service.database.prepared import Prepared
from cds_service.storage.statements import DETERMINED_ON_FILE
from hooks.protocol.client import Caller
from hooks.protocol.payer import Delivery
from policies.catalogue import Catalogue
from tests.conformance.messages import hold
from tests.conftest import TODAY
from tests.service import calls
from tests.service.calls import body, coverage, in_version, order_sign, searchset, without
from tests.world import compose

Json = dict[str, Any]
CRD = Caller(delivery=Delivery.CRD)
ENDING, PLACES = "limits", "guideline"
VISITS = ("appointment-book", "encounter-start", "encounter-discharge")
VERSIONS = ("2.0", "2.2")
MET = json.loads(demo.samples()[0].body)
WHO = MET["context"]["patientId"]


def on(day: date, policies: Catalogue, engine: Engine) -> Container:
    settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
    return compose(settings, policies, day, engine)


@pytest.fixture
def service(policies_on_file: Catalogue, engine: Engine) -> Container:
    return on(TODAY, policies_on_file, engine)


def reply_to(service: Container, call: Json, version: str = "2.0", caller: Caller = CRD, **wants: Any) -> Json:
    extension = {"extension": {"davinci-crd.configuration": wants}} if wants else {}
    answer = service.services.find(f"{call['hook']}-crd").answer
    reply: Json = json.loads(answer(body(in_version(call | extension, version)), caller).body)
    hold(f"response-{version}", reply)
    return reply


def of(topic: str, reply: Json) -> list[Json]:
    return [card for card in reply["cards"] if card["source"]["topic"]["code"] == topic]


def visit(hook: str, patient: str = "p1", server: str = "https://ehr.example.org/fhir") -> Json:
    call = json.dumps(calls.every_hook()[hook] | {"fhirServer": server})
    made: Json = json.loads(call.replace('"p1"', f'"{patient}"').replace("Patient/p1", f"Patient/{patient}"))
    return made


def of_sample(hook: str) -> Json:
    return visit(hook, WHO, MET["fhirServer"])


# ---- An authorization that ends soon ----


def authorized(service: Container) -> tuple[str, date]:
    """Have the sample's order authorized; return the number and the last day."""
    (action,) = reply_to(service, MET, "2.2")["systemActions"]
    parts = {one["url"]: one for one in action["resource"]["extension"][0]["extension"]}
    return parts["satisfied-pa-id"]["valueString"], date.fromisoformat(parts["expiry-date"]["valueDate"])


@pytest.mark.requirement("crd20.types", "crd22.resp-24", "crd22.resp-15")
@pytest.mark.certification("cert.3.1.09", "cert.3.2.09", "cert.3.3.09", "cert.3.7.02")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", VISITS)
def test_an_authorization_that_ends_soon_is_told_once(
    policies_on_file: Catalogue, engine: Engine, service: Container, hook: str, version: str
) -> None:
    number, end = authorized(service)
    later = on(date.fromordinal(end.toordinal() - 30), policies_on_file, engine)
    (card,) = of(ENDING, reply_to(later, of_sample(hook), version))
    assert card["summary"] == f"The authorization {number} of Margetuximab-cmkb ends on {end}"
    assert "- No disease progression on the current regimen" in card["detail"]
    assert "patient is living" not in card["detail"]
    assert not {"links", "suggestions"} & card.keys()
    assert of(ENDING, reply_to(later, of_sample(hook), version)) == []


def test_an_authorization_is_told_of_only_while_it_ends_soon(
    policies_on_file: Catalogue, engine: Engine, service: Container
) -> None:
    _, end = authorized(service)
    for days in (31, -1):
        at = on(date.fromordinal(end.toordinal() - days), policies_on_file, engine)
        assert of(ENDING, reply_to(at, of_sample("encounter-start"))) == []
    last = on(end, policies_on_file, engine)
    assert of(ENDING, reply_to(last, of_sample("encounter-start"), **{ENDING: False})) == []
    assert of(ENDING, reply_to(last, visit("encounter-start", "other", MET["fhirServer"]))) == []
    assert of(ENDING, reply_to(last, visit("encounter-start", WHO))) == []
    unnamed = without(of_sample("encounter-start"), "fhirServer")
    assert of(ENDING, reply_to(last, unnamed, caller=Caller("other"))) == []
    assert len(of(ENDING, reply_to(last, of_sample("encounter-start")))) == 1


def test_whoever_sees_the_member_is_told_that_the_authorization_ends(
    policies_on_file: Catalogue, engine: Engine, service: Container
) -> None:
    """An authorization is the member's, whoever asked for it: each client of the patient's server is told once."""
    number, end = authorized(service)
    last = on(end, policies_on_file, engine)
    for caller in (CRD, Caller("other")):
        (card,) = of(ENDING, reply_to(last, of_sample("encounter-start"), caller=caller))
        assert number in card["summary"]
        assert of(ENDING, reply_to(last, of_sample("encounter-start"), caller=caller)) == []


# ---- A request that was not settled ----


@pytest.mark.requirement("crd20.types", "crd22.resp-18", "crd22.resp-19", "crd22.resp-21", "crd22.resp-15")
@pytest.mark.certification("cert.3.1.07", "cert.3.2.07", "cert.3.3.07", "cert.3.7.01")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", VISITS)
def test_a_request_that_was_not_settled_leads_to_its_places_in_the_policy(
    service: Container, hook: str, version: str
) -> None:
    reply_to(service, order_sign(), caller=Caller(delivery=Delivery.BOTH))
    (card,) = of(PLACES, reply_to(service, visit(hook), version))
    assert "A request for".lower() in card["detail"].lower()
    assert str(TODAY) in card["detail"]
    page = "https://cds.example.org/policies/margetuximab?version=2026-05-06"
    assert f"{page}#her2-positive" in [link["url"] for link in card["links"]]
    assert {link["type"] for link in card["links"]} == {"absolute"}
    assert "suggestions" not in card
    assert of(PLACES, reply_to(service, visit(hook), version)) == []


@pytest.mark.parametrize(("days", "cards"), [(90, 1), (91, 0)])
def test_an_old_request_is_not_brought_up_again(
    policies_on_file: Catalogue, engine: Engine, service: Container, days: int, cards: int
) -> None:
    reply_to(service, order_sign(), caller=Caller(delivery=Delivery.BOTH))
    later = on(date.fromordinal(TODAY.toordinal() + days), policies_on_file, engine)
    assert len(of(PLACES, reply_to(later, visit("encounter-start")))) == cards


def test_the_newest_determination_counts(service: Container) -> None:
    both = Caller(delivery=Delivery.BOTH)
    open_order = MET | {"prefetch": {key: MET["prefetch"][key] for key in ("patient", "coverage")}}
    reply_to(service, open_order, caller=both)
    authorized(service)
    assert of(PLACES, reply_to(service, of_sample("encounter-start"))) == []


def test_nothing_is_brought_up_for_a_patient_recorded_as_deceased(service: Container) -> None:
    call = order_sign()
    call["prefetch"]["patient"]["deceasedBoolean"] = True
    reply_to(service, call)
    assert of(PLACES, reply_to(service, visit("encounter-discharge"))) == []


def test_no_end_of_an_authorization_is_told_of_a_patient_recorded_as_deceased(
    policies_on_file: Catalogue, engine: Engine, service: Container
) -> None:
    _, end = authorized(service)
    call = of_sample("encounter-start")
    call["prefetch"]["patient"]["deceasedDateTime"] = "2026-11-01"
    last = on(end, policies_on_file, engine)
    assert of(ENDING, reply_to(last, call)) == []
    del call["prefetch"]["patient"]["deceasedDateTime"]
    assert len(of(ENDING, reply_to(last, call))) == 1


def test_an_order_that_is_judged_in_the_call_is_not_brought_up_beside_it(service: Container) -> None:
    both = Caller(delivery=Delivery.BOTH)
    reply_to(service, order_sign(), caller=both)
    booked = calls.appointment_book(calls.appointment("a1", "ServiceRequest/s1"), calls.service_request())
    assert of(PLACES, reply_to(service, booked, caller=both)) == []


@pytest.mark.parametrize("hook", ["order-sign", "order-select", "order-dispatch"])
def test_no_card_of_a_visit_comes_while_orders_are_written(
    policies_on_file: Catalogue, engine: Engine, service: Container, hook: str
) -> None:
    _, end = authorized(service)
    last = on(end, policies_on_file, engine)
    assert of(ENDING, reply_to(last, of_sample(hook))) == []


def test_what_is_on_file_is_asked_for_only_if_a_card_is_wanted(
    service: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Prepared] = []
    ask = Prepared.all

    def seen(statement: Prepared, *given: Any) -> list[Any]:
        asked.append(statement)
        return ask(statement, *given)

    monkeypatch.setattr(Prepared, "all", seen)
    reply_to(service, visit("encounter-start"), **{ENDING: False, PLACES: False})
    reply_to(service, visit("encounter-start"), **{"max-cards": 0})
    reply_to(service, order_sign())
    before = asked.count(DETERMINED_ON_FILE)
    reply_to(service, visit("encounter-start"))
    # Once for the draft of the answer, and once more when it is written: another call may have come between.
    assert (before, asked.count(DETERMINED_ON_FILE)) == (0, 2)


def test_nothing_is_told_of_a_visit_without_a_coverage_of_ours(service: Container) -> None:
    reply_to(service, order_sign(), caller=Caller(delivery=Delivery.BOTH))
    call = visit("encounter-start")
    call["prefetch"]["coverage"] = searchset(coverage(value="OTHER"))
    assert reply_to(service, call, caller=Caller(delivery=Delivery.BOTH))["cards"] == []
