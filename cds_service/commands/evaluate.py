"""Judging without a server: files of hook calls, or a plain chart with an order."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from fhir_mappings.chart.chart import Chart, Located, build, wanted
from fhir_mappings.chart.completeness import lacks_of
from fhir_mappings.chart.resource_decoder import Decoded, decode
from fhir_mappings.coverage.coverages import own_coverage
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4 import strict_json
from fhir_mappings.r4.references import PatientIdentity
from fhir_mappings.r4.resources import Resource
from hooks.coverage_decision.determination_table import Decided
from hooks.discovery import for_call
from hooks.protocol.errors import CallError
from hooks.report.order_report import order_report
from hooks.request.body import not_json, taken_apart
from hooks.response.service import Answering

Json = dict[str, Any]


class EvaluationError(Exception):
    """A file that cannot be judged; the message says which, and why."""


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Judges files with the service's own parts."""

    service: Answering

    def call(self, file: Path) -> Json:
        """Judge the orders of a call of any hook that we know; raises EvaluationError if the file is none."""
        body = _bytes(file)
        service = for_call(self.service, body)
        try:
            call = service.read(body)
            chart = service.chart(call)
        except CallError as error:
            raise EvaluationError(f"{file}: {error}") from None
        return self._report(str(file), service.decide(call, chart, service.today()), chart)

    def chart(self, file: Path, system: str, code: str, on: date | None) -> Json:
        """Judge one order, made of a code, by a chart: a FHIR Bundle of one patient; raises EvaluationError."""
        chart = self._chart(file)
        today = self.service.today()
        order = _order(system, code, on or today)
        judgement = self.service.judge.judge((order,), chart, today)[0]
        coverage = own_coverage(chart, self.service.payer.identifiers, today, self.service.payer.members)
        told = self.service.table.determination(judgement, coverage)
        return self._report(str(file), (Decided(judgement, coverage, told),), chart)

    def _chart(self, file: Path) -> Chart:
        body = _bytes(file)
        try:
            taken_apart(body, self.service.limits)
            decoded = decode([("chart", body)], wanted(self.service.charts.observation_codes))
        except CallError as error:
            raise EvaluationError(f"{file}: {error}") from None
        except strict_json.JsonError as error:
            raise EvaluationError(f"{file}: {not_json(error)}") from None
        identity = _patient(file, decoded)
        chart = build(decoded.located, identity, self.service.charts.observation_codes, decoded.unreadable)
        return replace(chart, lacks=tuple(dict.fromkeys(lacks_of(body, None))))

    def _report(self, file: str, decided: tuple[Decided, ...], chart: Chart) -> Json:
        return {
            "file": file,
            "orders": [self.service.say.report(order_report(one)) for one in decided],
            "unreadable": [{"reference": one.reference, "reason": one.reason} for one in chart.unreadable],
            "other_patients": list(chart.foreign),
        }


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise EvaluationError(f"{file}: cannot be read: {error.strerror}") from None


def _patient(file: Path, decoded: Decoded) -> PatientIdentity:
    patients: dict[str, list[Located]] = {}
    for one in decoded.located:
        if one.resource.resource_type == "Patient":
            patients.setdefault(one.resource.id or "", []).append(one)
    if len(patients) != 1:
        raise EvaluationError(f"{file}: a chart is a Bundle with one Patient; this one has {len(patients)}")
    name, found = next(iter(patients.items()))
    return PatientIdentity(name, urls=frozenset(one.url for one in found if one.url))


def _order(system: str, code: str, on: date) -> Order:
    """Make a draft order of a code."""
    raw = msgspec.json.encode(
        {
            "resourceType": "MedicationRequest",
            "id": "order",
            "status": "draft",
            "intent": "order",
            "authoredOn": on.isoformat(),
            "medicationCodeableConcept": {"coding": [{"system": system, "code": code}]},
        }
    )
    return Order(msgspec.json.decode(raw, type=Resource), msgspec.Raw(raw))
