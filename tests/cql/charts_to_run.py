"""The charts over which the logic is run, and what the mapping makes of each: reader, labelled charts, sample calls."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from fhir_mappings.cases.chart_sketch import draw, draw_orders
from fhir_mappings.cases.drawn_case import drawn_order, kit_of
from fhir_mappings.chart.assembly import build
from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.chart.resource_decoder import decode
from fhir_mappings.cql.digest import populated
from fhir_mappings.findings.gathered import gather, wanted_codings
from fhir_mappings.forms.answer_values import as_number
from fhir_mappings.orders.orders import as_of
from fhir_mappings.population.phrases import Codes
from fhir_mappings.r4.references import PatientIdentity
from policies import catalogue
from policies.catalogue import Catalogue
from policies.model.criteria import Fact
from policies.model.findings import Finding, Interval, Range, State
from policies.model.policy import Policy
from policies.terminology.value_sets import Coding
from policies.testcases import reader
from policies.testcases.casebook import Case
from tests import world

Json = dict[str, Any]
_LONG = 40
_CHARTS = Path(__file__).parent.parent / "charts" / "cases"
EXAMPLES = Path(__file__).parent.parent.parent / "policies" / "examples"
_OF_EXAMPLES = "examples/"
_SAMPLES_OF = date(2026, 11, 25)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class Run:
    """A chart with the policy that reads it, and the day on which it is read; `home` is where the policy stands."""

    id: str
    policy: Policy
    today: date
    resources: tuple[Json, ...]
    patient: str
    home: Path | None = None

    def findings(self, facts: tuple[Fact, ...] = ()) -> dict[str, Finding]:
        """What the mapping makes of facts by the chart alone; without any, of those that have logic."""
        terminology = on_file(self.home).terminology
        looked_for = wanted(codes_of(self.policy.id, self.policy.version, self.home))
        bundle = _ENCODER.encode({"resourceType": "Bundle", "entry": [{"resource": one} for one in self.resources]})
        decoded = decode([("chart", bundle)], looked_for)
        chart = build(decoded.located, PatientIdentity(self.patient), looked_for, decoded.unreadable)
        reading = Reading(chart, self.policy, terminology, self.today, self.today)
        return gather(reading, facts or populated(Codes(self.policy, terminology)))


@cache
def on_file(home: Path | None = None) -> Catalogue:
    """The policies of a folder, by default those that ship."""
    return world.shipped() if home is None else catalogue.load(home)


@cache
def codes_of(policy_id: str, version: date, home: Path | None = None) -> frozenset[Coding]:
    """By which codes one version of a policy looks for results."""
    found = [one for one in on_file(home).versions(policy_id).policies if one.version == version]
    return wanted_codings(found, on_file(home).terminology)


@cache
def all_runs() -> tuple[Run, ...]:
    """Every case of the policies, every labelled chart, every sample call."""
    return (*_of_cases(), *_of_samples())


@cache
def example_runs() -> tuple[Run, ...]:
    """Every case of the example policies."""
    return runs_of(EXAMPLES)


def runs_of(home: Path) -> tuple[Run, ...]:
    """Every case of the policies of a folder."""
    return tuple(_of_cases(home))


def samples() -> tuple[Run, ...]:
    """Every sample call, by each policy in force."""
    return tuple(_of_samples())


def _of_cases(home: Path | None = None) -> Iterator[Run]:
    known = on_file(home)
    books = (reader.load(known), reader.load(known, _CHARTS)) if home is None else (reader.load(known, home / "cases"),)
    loaded = tuple(_sampled(case for book in books for case in book))
    for number, case in enumerate(loaded):
        versions, names = known.versions(case.policy), kit_of(known, case.policy).names
        order = drawn_order(draw_orders(case.order, names)[0])
        day = as_of(order, case.order.signed).day
        policy = versions.on(day) or versions.policies[-1]
        drawn = draw(case.chart, names)
        yield Run(
            f"{number} {_OF_EXAMPLES if home else ''}{case.place.split(':')[0]}: {case.title}",
            policy,
            day,
            tuple(drawn),
            "sketched",
            home,
        )


def _sampled(cases: Iterable[Case]) -> Iterator[Case]:
    """Leave most of the long lists of codes out: the logic compares codes by one list, whichever code it is."""
    for _, alike in groupby(cases, key=lambda case: (case.place, case.title)):
        listed = tuple(alike)
        yield from listed if len(listed) <= _LONG else listed[:: len(listed) // _LONG + 1]


def _of_samples() -> Iterator[Run]:
    for file in sorted(files("cds_service").joinpath("samples").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".json"):
            call = json.loads(file.read_text(encoding="utf-8"))
            resources = tuple(_resources(list((call.get("prefetch") or {}).values())))
            for policy in _in_force(_SAMPLES_OF):
                yield Run(f"{file.name} {policy.id}", policy, _SAMPLES_OF, resources, call["context"]["patientId"])


def _in_force(day: date) -> Iterator[Policy]:
    found = (on_file().versions(name).on(day) for name in on_file().ids)
    yield from (policy for policy in found if policy is not None)


def _resources(found: Any) -> Iterator[Json]:
    for one in found:
        if isinstance(one, dict) and one.get("resourceType") == "Bundle":
            yield from _resources(entry.get("resource") for entry in one.get("entry", ()))
        elif isinstance(one, dict):
            yield one


def agreed_on(finding: Finding) -> Any:
    """What a finding says as an answer of the form would; None for what is open, conflicting, or a range."""
    if finding.state is not State.KNOWN:
        return None
    if isinstance(finding.value, Interval):
        return as_number(finding.value.only) if finding.value.only is not None else None
    if isinstance(finding.value, Range):
        return finding.value.at_least if finding.value.at_least == finding.value.at_most else None
    return finding.value
