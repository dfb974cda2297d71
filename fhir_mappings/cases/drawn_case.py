"""Drawing policy cases: the patient's chart and the orders of a case, as a call would bring them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from fhir_mappings.cases.chart_sketch import draw, draw_orders
from fhir_mappings.chart.assembly import build
from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.chart.resource_decoder import decode
from fhir_mappings.findings.gathered import wanted_codings
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4.references import PatientIdentity
from fhir_mappings.r4.resources import Resource
from fhir_mappings.sketches.names import Names
from fhir_mappings.sketches.parts import PATIENT, Json
from policies.catalogue import Catalogue
from policies.terminology.value_sets import Coding
from policies.testcases.casebook import Case

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_POLICIES_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Drawn:
    """A case as a chart and its orders, ready to be judged; `codes` are all codes that stand in them."""

    case: Case
    chart: Chart
    orders: tuple[Order, ...]
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Kit:
    """What all cases of a policy are drawn with: its names, and the codes by which its versions look for results."""

    names: Names
    codes: frozenset[Coding]


@lru_cache(maxsize=_POLICIES_AT_ONCE)
def kit_of(catalogue: Catalogue, policy_id: str) -> Kit:
    """Return what the cases of a policy are drawn with; a policy has hundreds of cases."""
    policies = catalogue.versions(policy_id).policies
    return Kit(Names(catalogue, policies[-1]), wanted_codings(policies, catalogue.terminology))


def draw_case(case: Case, catalogue: Catalogue) -> Drawn:
    """Draw a case by the words of a catalogue; raises SketchError if a line of it cannot be drawn."""
    kit = kit_of(catalogue, case.policy)
    resources, orders = draw(case.chart, kit.names), draw_orders(case.order, kit.names)
    chart = chart_of(resources, kit.codes)
    return Drawn(case, chart, tuple(drawn_order(one) for one in orders), frozenset(_codes([resources, orders])))


def _codes(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        if "code" in content and isinstance(content["code"], str):
            yield content["code"]
        for inner in content.values():
            yield from _codes(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _codes(inner)


def chart_of(resources: list[Json], codes: frozenset[Coding]) -> Chart:
    """Return the chart that drawn resources make; of results those with one of these codes."""
    entries = [{"resource": one} for one in resources]
    looked_for = wanted(codes)
    bundle = _ENCODER.encode({"resourceType": "Bundle", "type": "collection", "entry": entries})
    decoded = decode([("sketch", bundle)], looked_for)
    return build(decoded.located, PatientIdentity(PATIENT.partition("/")[2]), looked_for, decoded.unreadable)


def drawn_order(drawn: Json) -> Order:
    """Return a drawn order as a call would bring it."""
    raw = _ENCODER.encode(drawn)
    return Order(msgspec.json.decode(raw, type=Resource), msgspec.Raw(raw))
