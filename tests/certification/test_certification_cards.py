"""Every card that we send is of just one type that the certification tests know, at the hooks where it belongs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.commands import demo
from hooks.protocol.client import Caller
from hooks.protocol.configuration import OPTIONS
from hooks.protocol.payer import Delivery
from policies.catalogue import Catalogue
from tests.certification.kit import external_references, instructions, launches
from tests.certification.suggested import (
    additional_orders,
    alternate_faults,
    alternate_requests,
    card_resources,
    coverage_updates,
    form_requests,
    resource_faults,
)
from tests.conformance.messages import hold
from tests.conftest import TODAY
from tests.service import calls
from tests.service.calls import MARGETUXIMAB, body, in_version, medication_request, observation, searchset
from tests.world import compose, store

Json = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
KINDS = {
    "coverage-info": "external-reference",
    "therapy-alternatives-opt": "alternate-request",
    "contraindication": "instructions",
    "clinical-reminder": "additional-orders",
    "form-completion": "form-completion",
    "form-launch": "launch",
    "guideline": "external-reference",
    "insurance": "update-coverage",
    "limits": "instructions",
    "trial-results": "external-reference",
}
TYPES = {
    "external-reference": external_references,
    "launch": launches,
    "instructions": instructions,
    "alternate-request": alternate_requests,
    "additional-orders": additional_orders,
    "form-completion": form_requests,
    "update-coverage": coverage_updates,
}
VISITS = {"appointment-book", "encounter-start", "encounter-discharge"}
CALLERS = {
    "both": Caller("both", delivery=Delivery.BOTH),
    "crd": Caller("crd", delivery=Delivery.CRD, dtr=True),
    "tasks": Caller("tasks", delivery=Delivery.CRD, dtr=False),
    "launch": Caller("launch", delivery=Delivery.CRD, dtr=False, smart_client_id="cds-forms"),
}


@dataclass(frozen=True)
class Shown:
    """A card, and where it was shown."""

    hook: str
    caller: str
    topic: str
    kind: str


def kind_of(card: Json) -> str:
    """Return the types that the tests take a card for, if it is the only one of a reply."""
    return " ".join(name for name, found in TYPES.items() if found({"cards": [card]}))


def quantity(value: int, unit: str) -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def sent() -> dict[str, Json]:
    """Return a call of each hook that gives reason for every type of card that belongs there."""
    dose = {"dosageInstruction": [{"doseAndRate": [{"doseQuantity": quantity(9000, "mg")}]}]}
    order = medication_request(MARGETUXIMAB, **dose)
    made = calls.every_hook() | {
        "order-sign": calls.order_sign(order),
        "order-select": calls.order_select(order),
        "order-dispatch": calls.order_dispatch(order),
        "appointment-book": calls.appointment_book(
            calls.appointment("a1", "ServiceRequest/s1"), calls.service_request()
        ),
    }
    chart = searchset(
        observation("ihc", "85319-2", valueString="2+", effectiveDateTime="2026-05-20"),
        observation("w1", "29463-7", valueQuantity=quantity(70, "kg"), effectiveDateTime="2026-05-20"),
    )
    return {hook: call | {"prefetch": call["prefetch"] | {"more": chart}} for hook, call in made.items()}


@pytest.fixture(scope="module")
def service(policies_on_file: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Container:
    file: Path = tmp_path_factory.mktemp("members") / "members.toml"
    file.write_text('[[members]]\nnumber = "M1"\nfamily = "Sample"\ngiven = "Anna"\nbirth_date = 1980-05-01\n')
    directory = {"file": str(file), "update_coverage": True}
    settings = convert({"base_url": "https://cds.example.org", "member_directory": directory}, Settings)
    return compose(settings, policies_on_file, TODAY, store())


def replies(service: Container, version: str) -> Iterator[tuple[Json, str, Json]]:
    """Yield call, caller and reply, each for a patient of its own; of who has an encounter an order is on file."""
    patient = {"birthDate": "1980-05-01", "name": [{"family": "Sample", "given": ["Anna"]}]}
    for name, caller in CALLERS.items():
        for hook, call in sent().items():
            text = json.dumps(call | {"extension": {"davinci-crd.configuration": {"trial-results": True}}})
            who = f"{version}-{name}-{hook}"
            if hook.startswith("encounter"):
                before = json.loads(json.dumps(calls.order_sign()).replace("p1", who))
                service.order_sign.answer(body(before), Caller(name, delivery=Delivery.BOTH))
            made = json.loads(text.replace("p1", who))
            made["prefetch"]["patient"] |= patient
            answer = service.services.find(f"{hook}-crd").answer
            yield made, name, json.loads(answer(body(in_version(made, version)), caller).body)


@pytest.mark.requirement("crd20.types", "crd22.resp-13", "crd22.resp-15", "crd22.resp-70", "crd22.hook-19")
@pytest.mark.certification("cert.3.1.07", "cert.3.1.08", "cert.3.1.09", "cert.3.1.12", "cert.3.1.13", "cert.3.2.07")
@pytest.mark.certification("cert.3.2.13", "cert.3.3.07", "cert.3.3.13", "cert.3.4.07", "cert.3.4.09", "cert.3.4.12")
@pytest.mark.certification("cert.3.4.13", "cert.3.5.07", "cert.3.5.08", "cert.3.5.09", "cert.3.5.12", "cert.3.6.07")
@pytest.mark.certification("cert.3.6.08", "cert.3.6.09", "cert.3.6.12", "cert.3.6.13", "cert.3.6.14", "cert.3.7.01")
@pytest.mark.certification("cert.3.7.02")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_each_card_is_of_the_type_that_its_topic_says_at_the_hooks_where_it_belongs(
    service: Container, version: str
) -> None:
    shown = set()
    for call, caller, reply in replies(service, version):
        hook = call["hook"]
        hold(f"response-{version}", reply)
        assert list(resource_faults(card_resources(reply["cards"]))) == []
        if hook in {"order-sign", "order-select"}:
            assert list(alternate_faults(call, reply)) == []
        for card in reply["cards"]:
            shown.add(Shown(hook, caller, card["source"]["topic"]["code"], kind_of(card)))
    named = {**KINDS, "form-completion": "form-completion" if version == "2.0" else ""}
    assert {one for one in shown if one.kind != named[one.topic]} == set()
    orders = set(calls.every_hook()) - {"encounter-start", "encounter-discharge"}
    signed = {"order-sign", "order-dispatch"}
    found = {topic: {one.hook for one in shown if one.topic == topic} for topic in KINDS}
    assert found == {
        "coverage-info": orders,
        "therapy-alternatives-opt": orders - {"appointment-book"},
        "contraindication": orders,
        "clinical-reminder": orders,
        "form-completion": signed | {"appointment-book"},
        "form-launch": signed | {"appointment-book"},
        "guideline": orders | VISITS,
        "insurance": VISITS,
        "limits": set(),
        "trial-results": orders,
    }
    assert {one.caller for one in shown if one.topic in {"form-completion", "form-launch"}} == {"tasks", "launch"}


@pytest.mark.requirement("crd22.dev-6", "crd22.dev-17", "crd20.configuration")
@pytest.mark.parametrize("nonsense", ["no", 0, None, [], {"a": 1}, -3, 1.5])
def test_nonsense_for_an_option_is_as_if_it_were_not_there(policies_on_file: Catalogue, nonsense: Any) -> None:
    settings = Settings(base_url="https://cds.example.org")
    plain, odd = (compose(settings, policies_on_file, TODAY, store()).services for _ in range(2))
    wants = {option.code: nonsense for option in OPTIONS if not (option.type == "integer" and nonsense == 0)}
    for hook, call in sent().items():
        caller = CALLERS["tasks"]
        answers = [
            json.loads(each.find(f"{hook}-crd").answer(body(one), caller).body)
            for each, one in ((plain, call), (odd, call | {"extension": {"davinci-crd.configuration": wants}}))
        ]
        topics = [[card["source"]["topic"]["code"] for card in one["cards"]] for one in answers]
        assert topics[0] == topics[1]


def test_the_samples_have_no_card_of_an_unknown_type(container: Container) -> None:
    for sample in demo.samples():
        call = json.loads(sample.body)
        reply = json.loads(container.services.find(f"{call['hook']}-crd").answer(body(in_version(call, "2.0"))).body)
        assert all(kind_of(card) for card in reply["cards"])
