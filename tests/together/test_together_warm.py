"""Selecting, then signing for many patients at once with what selecting fetched: as if all was asked anew."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from hooks.ehr_data.early_fetch import WARM
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.fetching.loopback_ehr import Ehr, running
from tests.service.calls import body, order_select, order_sign, searchset
from tests.world import compose

Json = dict[str, Any]
PATIENTS, AT_ONCE, CLINICAL = 24, 8, 12
CODES = ("C50.912", "C90.00", "I10")
"""A diagnosis that the policy asks for, and two that it does not; each patient has one of them."""


@pytest.fixture
def ehr() -> Iterator[Ehr]:
    with running() as server:
        server.answers = {
            f"Condition?patient=p{number}&": searchset(condition(number)) for number in range(PATIENTS)
        } | {"": searchset()}
        yield server


def condition(number: int) -> Json:
    coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": CODES[number % len(CODES)]}
    subject = {"reference": f"Patient/p{number}"}
    return {"resourceType": "Condition", "id": f"c{number}", "subject": subject, "code": {"coding": [coding]}}


def service(policies: Catalogue, warm_seconds: float) -> Container:
    settings = Settings(warm_seconds=warm_seconds, time_budget_seconds=60)
    return compose(settings, policies, TODAY, new_engine())


def of(ehr: Ehr, call: Json, number: int) -> Json:
    token = {"access_token": "tok", "token_type": "Bearer"}
    moved = json.loads(json.dumps(call).replace('"p1"', f'"p{number}"').replace("Patient/p1", f"Patient/p{number}"))
    return dict(moved | {"fhirServer": ehr.base, "fhirAuthorization": token})


def posted(app: Flask, call: Json) -> Json:
    reply = app.test_client().post(f"/cds-services/{call['hook']}-crd", data=body(call))
    assert reply.status_code == 200
    return dict(reply.get_json()["extension"]["cds-service.explain"])


def signed(app: Flask, ehr: Ehr, number: int) -> tuple[list[Json], set[str]]:
    """Select and sign for a patient; returns what was decided on signing, and the results of fetching for it."""
    posted(app, of(ehr, order_select(), number))
    told = posted(app, of(ehr, order_sign(), number))
    return told["orders"], {one["result"] for one in told["fetched"]}


def test_what_is_held_for_many_at_once_is_each_ones_own(policies_on_file: Catalogue, ehr: Ehr) -> None:
    warm, cold = (create_app(service(policies_on_file, seconds)) for seconds in (300, 0))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            held = list(pool.map(lambda number: signed(warm, ehr, number), range(PATIENTS)))
    finally:
        sys.setswitchinterval(before)
    assert len(ehr.asked) == PATIENTS * CLINICAL
    assert {result for _, results in held for result in results} == {WARM}
    fresh = [posted(cold, of(ehr, order_sign(), number))["orders"] for number in range(PATIENTS)]
    assert [orders for orders, _ in held] == fresh
    met = [one for orders in fresh for one in orders[0]["criteria"] if one["truth"] == "met"]
    diagnoses = {name for one in met for name in one.get("evidence", ()) if name.startswith("Condition/")}
    assert diagnoses == {f"Condition/c{number}" for number in range(0, PATIENTS, len(CODES))}
