"""Calls that lead to each state of the table in docs/determinations.md, on every hook that can lead there."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cds_service.commands.demo import samples
from fhir_mappings.coverage.coverage_information import EXTENSION
from tests.service.calls import (
    AMOXICILLIN,
    HCPCS,
    MARGETUXIMAB,
    RXNORM,
    appointment,
    coverage,
    encounter,
    in_version,
    reference,
    searchset,
)

Json = dict[str, Any]
TABLE = yaml.safe_load((Path(__file__).parent / "states.yaml").read_text(encoding="utf-8"))
HOOKS = ("order-sign", "order-select", "order-dispatch", "appointment-book", "encounter-start", "encounter-discharge")
SECONDARY = frozenset({"order-select", "encounter-start", "encounter-discharge"})
DOCUMENTS = frozenset({"doc-needed", "doc-purpose", "questionnaire"})
VERSIONS = ("2.0", "2.2")
_BY_FILE = {one.file.partition("-")[0]: json.loads(one.body) for one in samples()}
_ELRANATAMAB = {"system": RXNORM, "code": "2644880"}
PRODUCTS: Mapping[str, tuple[Json, Json]] = {
    "margetuximab": ({"coding": [MARGETUXIMAB]}, {"coding": [{"system": HCPCS, "code": "J9353"}]}),
    "elranatamab": ({"coding": [_ELRANATAMAB]}, {"coding": [{"system": HCPCS, "code": "J1323"}]}),
    "text only": ({"text": "Margenza"}, {"text": "Margenza"}),
    "unspecific": ({"coding": [{"system": HCPCS, "code": "J9999"}]}, {"coding": [{"system": HCPCS, "code": "J9999"}]}),
    "another": ({"coding": [AMOXICILLIN]}, {"coding": [{"system": "http://snomed.info/sct", "code": "77477000"}]}),
}
"""What is ordered, by its word in the table: as the medication of a prescription, and as the code of a service."""


@dataclass(frozen=True, slots=True)
class State:
    """A row: its name, what its calls are about, and what is told in each version."""

    name: str
    call: Mapping[str, Any]
    told: Mapping[str, Json]
    hooks: tuple[str, ...] = field(default=HOOKS[:4])

    @property
    def service(self) -> str:
        """Return which service is asked: plain, approving (of its own accord), or broken (its store fails)."""
        return str(self.call.get("service", "plain"))

    @property
    def is_kept(self) -> bool:
        """Whether it is stored: only then it bears an id."""
        return self.service != "broken"

    def expected(self, version: str, hook: str) -> Json:
        """Return the parts of coverage information that a hook gets, without those that only it can know."""
        told = self.told["both"] | self.told.get(version, {})
        return {name: value for name, value in told.items() if hook not in SECONDARY or name not in DOCUMENTS}


def states() -> list[State]:
    """Return the rows."""
    return [State(**row | ({"hooks": tuple(row["hooks"])} if "hooks" in row else {})) for row in TABLE]


def call_of(state: State, hook: str, version: str) -> Json:
    """Return the call of a state on a hook, in a version of CRD."""
    order, chart = _order(state.call, hook), _chart(state.call)
    patient = str(chart["patient"]["id"])
    order["subject"] = {"reference": f"Patient/{patient}"}
    context, more = _CONTEXTS[hook](order, patient, version)
    sent = {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": f"https://{state.name.replace(' ', '-').replace(',', '')}.example.org/fhir",
        "context": {"patientId": patient, **context},
        "prefetch": {**chart, **more},
    }
    configuration = {"davinci-crd.configuration": state.call.get("configuration", {})}
    return in_version(sent | {"extension": configuration}, version)


def parts_on(action: Json) -> Json:
    """Return the parts of the one coverage information of an action by name: values as they are, each in a list."""
    (ours,) = [one for one in action["resource"]["extension"] if one["url"] == EXTENSION]
    found: Json = {}
    for part in ours["extension"]:
        found.setdefault(part["url"], []).append(next(value for name, value in part.items() if name != "url"))
    return found


def _chart(call: Mapping[str, Any]) -> Json:
    """Return the prefetch: a sample without what was ordered there, or a patient of whom nothing is known."""
    found = deepcopy(_BY_FILE[call["chart"]]["prefetch"]) if "chart" in call else {}
    found |= {"medicationRequests": searchset()} if found else {}
    given = found.get("patient") or {"resourceType": "Patient", "id": "p1"}
    covers = coverage("cov1", beneficiary={"reference": f"Patient/{given['id']}"}, **call.get("coverage", {}))
    return found | {"patient": given | call.get("patient", {}), "coverage": searchset(covers)}


def _order(call: Mapping[str, Any], hook: str) -> Json:
    medication, service = PRODUCTS[call.get("product", "margetuximab")]
    if hook == "appointment-book":
        named = {"resourceType": "ServiceRequest", "code": service}
    else:
        named = {"resourceType": "MedicationRequest", "medicationCodeableConcept": medication}
    planned = {"id": "o1", "status": "active" if hook == "order-dispatch" else "draft", "intent": "order"}
    written = {"authoredOn": "2026-07-20", "requester": {"reference": "Practitioner/dr1"}}
    return deepcopy({**named, **planned, **written, **call.get("order", {})})


def _drafts(order: Json, _patient: str, _version: str) -> tuple[Json, Json]:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": order}]}
    return {"userId": "Practitioner/dr1", "draftOrders": bundle}, {}


def _selected(order: Json, patient: str, version: str) -> tuple[Json, Json]:
    context, more = _drafts(order, patient, version)
    return context | {"selections": [reference(order)]}, more


def _dispatched(order: Json, _patient: str, version: str) -> tuple[Json, Json]:
    named = {"order": reference(order)} if version == "2.0" else {"dispatchedOrders": [reference(order)]}
    return {"performer": "Organization/pharmacy", **named}, {"orders": searchset(order)}


def _booked(order: Json, patient: str, _version: str) -> tuple[Json, Json]:
    who = {"actor": {"reference": f"Patient/{patient}"}, "status": "needs-action"}
    booked = appointment("a1", reference(order))
    booked["participant"][0] = who
    entries = [{"resource": one} for one in (booked, order)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return {"userId": "Practitioner/dr1", "appointments": bundle}, {}


def _met(_order: Json, patient: str, _version: str) -> tuple[Json, Json]:
    met = encounter()["prefetch"]["encounter"] | {"subject": {"reference": f"Patient/{patient}"}}
    return {"userId": "Practitioner/dr1", "encounterId": "e1"}, {"encounter": met}


_CONTEXTS = {
    "order-sign": _drafts,
    "order-select": _selected,
    "order-dispatch": _dispatched,
    "appointment-book": _booked,
    "encounter-start": _met,
    "encounter-discharge": _met,
}
