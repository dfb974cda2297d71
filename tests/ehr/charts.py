"""The test charts as a record system holds them, and calls about them: whole, by literal templates, and fetched."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from fhir_mappings.cases.chart_sketch import draw, draw_orders
from fhir_mappings.cases.drawn_case import kit_of
from fhir_mappings.sketches.parts import PATIENT
from policies.catalogue import Catalogue
from policies.testcases import reader
from policies.testcases.casebook import Case
from tests.charts.charts_on_file import HERE as CHARTS
from tests.ehr.server import RecordSystem

Json = dict[str, Any]
PAYER = {
    "resourceType": "Organization",
    "id": "payer-of-tests",
    "identifier": [{"system": "https://payer.example.org/identifier", "value": "MMM"}],
    "name": "MMM",
}
SAMPLES_OF = date(2026, 11, 25)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class Charted:
    """A patient's resources, the hook's call about them without a prefetch, and the day on which it is made."""

    id: str
    resources: tuple[Json, ...]
    call: Json
    day: date

    @property
    def patient(self) -> str:
        return str(self.call["context"]["patientId"])


def of_cases(catalogue: Catalogue, cases: tuple[Case, ...]) -> Iterator[Charted]:
    for number, case in enumerate(cases):
        names = kit_of(catalogue, case.policy).names
        drawn = draw(case.chart, names), draw_orders(case.order, names)
        resources, orders = json.loads(_ENCODER.encode(drawn))
        patient = PATIENT.partition("/")[2]
        coverage = {
            "resourceType": "Coverage",
            "id": "coverage-of-tests",
            "status": "active",
            "beneficiary": {"reference": f"Patient/{patient}"},
            "payor": [{"reference": f"Organization/{PAYER['id']}"}],
        }
        yield Charted(
            f"{number} {case.sentence}", (*resources, coverage, PAYER), _call(orders, patient), case.order.signed
        )


def _call(orders: list[Json], patient: str) -> Json:
    entries = [{"resource": one} for one in orders]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/p", "patientId": patient, "draftOrders": bundle},
    }


def of_samples() -> Iterator[Charted]:
    """The sample calls of order-sign, what they bring laid into a record system."""
    for file in sorted(files("cds_service").joinpath("samples").iterdir(), key=lambda one: one.name):
        call = json.loads(file.read_text(encoding="utf-8")) if file.name.endswith(".json") else {}
        if call.get("hook") == "order-sign":
            call = json.loads(json.dumps(call).replace(f"{call.get('fhirServer', '-')}/", ""))
            resources = tuple(_inner(list((call.pop("prefetch", None) or {}).values())))
            call.pop("fhirServer", None)
            call.pop("fhirAuthorization", None)
            yield Charted(file.name, resources, call, SAMPLES_OF)


def _inner(values: list[Any]) -> Iterator[Json]:
    for one in values:
        if isinstance(one, dict) and one.get("resourceType") == "Bundle":
            yield from _inner([entry.get("resource") for entry in one.get("entry", ())])
        elif isinstance(one, dict) and "id" in one:
            yield one


@cache
def of_this_folder(catalogue: Catalogue) -> tuple[Charted, ...]:
    return tuple(of_cases(catalogue, reader.load(catalogue, CHARTS / "cases")))


def filled(templates: Mapping[str, str], charted: Charted, system: RecordSystem) -> Json:
    """A prefetch as a client makes it that puts the patient's id into each template, and sends what it is answered."""
    return {key: _answered(one, charted.patient, system) for key, one in templates.items()}


def _answered(template: str, patient: str, system: RecordSystem) -> Json | None:
    query = template.replace("{{context.patientId}}", patient)
    kind, mark, asked = query.partition("?")
    if not mark:
        return system.records.read(*kind.split("/"))
    return system.search(kind, parse_qsl(asked))


def whole(templates: Mapping[str, str], charted: Charted) -> Json:
    """A prefetch that holds all there is, whoever asked for what."""
    entries = [{"resource": one} for one in charted.resources]
    return dict.fromkeys(templates) | {"all": {"resourceType": "Bundle", "type": "collection", "entry": entries}}
