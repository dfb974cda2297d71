"""An authorization by a policy for several diseases: it is for the one that was chosen, and for no other that is known."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.tables import AUTHORIZATIONS
from tests.coverage.stating import parts_on
from tests.databases import new_engine
from tests.service.calls import HCPCS, body, coverage, medication_request, observation, order_sign, searchset
from tests.world import compose, examples

Json = dict[str, Any]
DAY = date(2026, 12, 10)
INFLIXIMAB = {"system": HCPCS, "code": "J1745"}
CROHNS, ARTHRITIS, COLITIS, LUPUS = "K50.90", "M06.9", "K51.90", "M32.9"
ICD10, LOINC = "http://hl7.org/fhir/sid/icd-10-cm", "http://loinc.org"
Ask = Callable[..., Json]


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = new_engine()
    yield made
    made.dispose()


@pytest.fixture
def ask(engine: Engine) -> Ask:
    """Sign an order on a day; returns the parts of the coverage information by name."""
    services: dict[date, FlaskClient] = {}

    def asked(*diagnoses: str, on: date = DAY, chart: bool = True, **members: Any) -> Json:
        if on not in services:
            settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
            services[on] = create_app(compose(settings, examples(), on, engine)).test_client()
        order = medication_request(INFLIXIMAB, authoredOn=on.isoformat(), **members)
        call = order_sign(order, prefetch=_chart(diagnoses, on) if chart else _chart((), on, proven=False))
        call["extension"] = {"davinci-crd.requestedVersion": "2.2"}
        reply = services[on].post("/cds-services/order-sign-crd", data=body(call))
        assert reply.status_code == 200, reply.text
        (action,) = reply.get_json()["systemActions"]
        return {name: values[0] for name, values in parts_on(action).items()}

    return asked


def reason(code: str) -> list[Json]:
    return [{"coding": [{"system": ICD10, "code": code}]}]
