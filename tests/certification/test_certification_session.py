"""One session of the certification kit with what `make certify-kit` writes: which types of cards each hook brings."""

import json
from collections import defaultdict
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.certification.preset import HOOKS, bodies, preset
from cds_service.certification.preset_members import members
from hooks.protocol.client import Caller
from hooks.protocol.payer import Delivery
from policies.catalogue import Catalogue
from policies.model.dates import CallDay
from tests.certification.kit import external_references, instructions, launches, response_faults
from tests.certification.resources import fhir_fault
from tests.certification.suggested import additional_orders, alternate_requests, coverage_updates, form_requests
from tests.conftest import TODAY
from tests.service.calls import body
from tests.world import compose, store

Json = dict[str, Any]
TYPES = {
    "additional-orders": additional_orders,
    "alternate-request": alternate_requests,
    "external-reference": external_references,
    "form-completion": form_requests,
    "instructions": instructions,
    "launch": launches,
    "update-coverage": coverage_updates,
}
REGISTERED = Caller("certification", delivery=Delivery.BOTH, dtr=False, smart_client_id="cds-forms", empty_actions=True)
ORDERED = {"external-reference", "form-completion", "instructions", "launch"}
EXPECTED = {
    "appointment-book": ORDERED | {"update-coverage"},
    "encounter-start": {"external-reference", "update-coverage"},
    "encounter-discharge": {"external-reference", "update-coverage"},
    "order-select": {"additional-orders", "alternate-request", "external-reference", "instructions"},
    "order-dispatch": ORDERED,
    "order-sign": ORDERED | {"additional-orders", "alternate-request"},
}
VISITS = ("encounter-start", "encounter-discharge")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of docs/certification.md, with the directory that the kit is given."""
    file = tmp_path / "members.toml"
    file.write_text(members(bodies()), encoding="utf-8")
    directory = {"file": str(file), "update_coverage": True}
    made = {"base_url": "https://cds.example.org", "automatic_approval": True, "member_directory": directory}
    return convert(made, Settings)


def shown(service: Container, session: str = "") -> dict[str, set[str]]:
    """Play a session in the kit's order; return the types of cards that each hook brings."""
    given = {one["name"]: one["value"] for one in preset("https://cds.example.org", session)["inputs"]}
    listed = (json.loads(given[f"{hook.replace('-', '_')}_request_bodies"]) for hook in HOOKS)
    found: dict[str, set[str]] = defaultdict(set)
    for call in chain([json.loads(given["any_hook_request_body"])], *listed):
        hook = call["hook"]
        reply = json.loads(service.services.find(f"{hook}-crd").answer(body(call), REGISTERED).body)
        assert list(response_faults(hook, reply)) == []
        assert '"not-covered"' not in json.dumps(reply)
        found[hook] |= {name for name, of_type in TYPES.items() if of_type(reply)}
    return dict(found)


@pytest.mark.certification("cert.3.7.01", "cert.3.7.02", "cert.3.7.03")
def test_one_session_of_one_registration_brings_every_type_of_card_that_belongs_to_a_hook(
    settings: Settings, policies_on_file: Catalogue
) -> None:
    service = compose(settings, policies_on_file, TODAY, store())
    assert [shown(service, "first"), shown(service, "second")] == [EXPECTED, EXPECTED]


@pytest.mark.certification("cert.3.2.09", "cert.3.3.09")
def test_a_session_shortly_before_the_authorizations_end_brings_instructions_at_visits_too(
    settings: Settings, policies_on_file: Catalogue
) -> None:
    kept = store()
    assert shown(compose(settings, policies_on_file, TODAY, kept), "first") == EXPECTED
    later = CallDay(TODAY + timedelta(days=165))
    found = shown(compose(settings, policies_on_file, later, kept), "second")
    assert found == EXPECTED | {hook: EXPECTED[hook] | {"instructions"} for hook in VISITS}


def test_what_the_kit_is_given_is_fhir_and_no_call_comes_twice() -> None:
    calls = bodies()
    assert len({one["hookInstance"] for one in calls}) == len(calls)
    for call in calls:
        brought = [one for one in call["context"].values() if isinstance(one, dict) and "entry" in one]
        assert [fhir_fault(entry["resource"]) for bundle in brought for entry in bundle["entry"]].count("") == sum(
            len(bundle["entry"]) for bundle in brought
        )


def test_the_directory_knows_everybody_of_the_preset_from_another_day_on() -> None:
    text = members(bodies())
    assert text.count("[[members]]") == len({line for line in text.splitlines() if line.startswith("number")})
    assert f"start = {date(2020, 1, 1)}" in text
