"""In every kind of fact that asks for drugs, a class that is bound to a route counts by that route alone."""

from dataclasses import replace
from typing import Any

import pytest

from fhir_mappings.cases.drawn_case import chart_of
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.findings.gathered import gather, wanted_codings
from fhir_mappings.proposals.fact_proposals import proposing
from policies.kinds.treatment import COMBINATION_PARTNER, DRUG_GIVEN, PRIOR_REGIMENS
from policies.kinds.trials import CURRENT_DRUG, DRUG_TRIAL, DRUGS_TRIED
from policies.model.dates import CallDay, OrderDate
from policies.model.fact_kinds import Kind
from policies.model.findings import Finding, State
from policies.terminology.drugs import Drugs
from policies.terminology.registry import Terminology
from policies.terminology.routes import route_words
from tests.kinds.example_runs import DAY
from tests.kinds.general_kinds import PATIENT, Json, catalogue, days_ago, policy_with

BOUND = "subcutaneous"
CLASS = {"drugs": "margetuximab-partners"}
TRIED = {**CLASS, "at_least_days": 90, "within_days": 1825, "reasons": "stop-reasons"}
KINDS = (
    (DRUG_TRIAL, TRIED),
    (DRUGS_TRIED, TRIED),
    (CURRENT_DRUG, CLASS),
    (DRUG_GIVEN, CLASS),
    (PRIOR_REGIMENS, CLASS),
    (COMBINATION_PARTNER, {**CLASS, "within_days": 28}),
)
HER2, COUNTED = "pertuzumab", "prior_anti_her2_therapies"
PARTNERS = ("capecitabine", "eribulin", "gemcitabine", "vinorelbine")
ROUTES = sorted(route_words().routes - {"oral"})


def terminology() -> Terminology:
    """The world of the tests; each drug of the class is bound to one route."""
    known = catalogue().terminology
    partners = {*known.drug_set("margetuximab-partners", "2026-11-24").roles, HER2}
    tables = {version: bound(table, frozenset(partners)) for version, table in known.drug_tables.items()}
    return Terminology(known.systems, known.sets, tables)


def bound(table: Drugs, names: frozenset[str]) -> Drugs:
    drugs = [replace(one, routes=(BOUND,)) if one.id in names else one for one in table.by_id.values()]
    return Drugs(table.version, drugs, table.diseases, table.unlisted, table.others, table.regimens)


WORLD = terminology()


def found(kind: Kind, given: dict[str, Any], record: Json) -> Finding:
    options = {"options": [*PARTNERS, "none"]} if kind is COMBINATION_PARTNER else {}
    name = COUNTED if kind is PRIOR_REGIMENS else "made"
    policy = policy_with(DRUG_GIVEN if kind is PRIOR_REGIMENS else kind, given, **options)
    breast = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C50.911"}]}
    diagnosis = {
        "resourceType": "Condition",
        "id": "c",
        "subject": PATIENT,
        "code": breast,
        "onsetDateTime": days_ago(900),
    }
    person = {"resourceType": "Patient", "id": "sketched", "birthDate": "1958-04-17"}
    chart = chart_of([person, {**diagnosis, **ACTIVE}, record], wanted_codings([policy], WORLD))
    facts = [policy.facts[name]]
    reading = Reading(chart, policy, WORLD, OrderDate(DAY), CallDay(DAY))
    return proposing(reading, facts, gather(reading, facts))[name]


def _status(system: str, code: str) -> Json:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


ACTIVE = {
    "clinicalStatus": _status("condition-clinical", "active"),
    "verificationStatus": _status("condition-ver-status", "confirmed"),
}


def record(kind: Kind, route: str) -> Json:
    """A record that the kind counts, with this route in its dosage; none if it is empty."""
    code = next(
        one
        for one in WORLD.drugs("2026-11-24").by_id[HER2 if kind is PRIOR_REGIMENS else "eribulin"].codes
        if one.confidence == "verified"
    )
    product = {"coding": [{"system": code.system.uri, "code": code.code}]}
    reasons = WORLD.codes("stop-reasons", "2026-11-24").members
    why = next(one for one in reasons if one.decides and one.means == "not tolerated")
    dosage = {"dosage": [{"route": {"text": route}}]} if route else {}
    base = {
        "resourceType": "MedicationStatement",
        "id": "m",
        "subject": PATIENT,
        "medicationCodeableConcept": product,
        **dosage,
    }
    if kind in (DRUG_TRIAL, DRUGS_TRIED):
        stopped = {"statusReason": [{"coding": [{"system": why.system.uri, "code": why.code}]}]}
        period = {"start": days_ago(400), "end": days_ago(200)}
        return {**base, "status": "stopped", "effectivePeriod": period, **stopped}
    return {**base, "status": "active", "effectivePeriod": {"start": days_ago(10)}}


@pytest.mark.parametrize(("kind", "given"), KINDS, ids=lambda one: getattr(one, "name", ""))
def test_any_other_route_never_counts_and_an_unknown_one_is_shown(kind: Kind, given: dict[str, Any]) -> None:
    right, unknown = found(kind, given, record(kind, BOUND)), found(kind, given, record(kind, ""))
    assert (right.state is State.KNOWN, bool(right.value)) == (True, True)
    assert unknown.state is State.UNKNOWN
    assert "MedicationStatement/m" in {one.reference for one in unknown.evidence}
    for route in ROUTES:
        if route != BOUND:
            other = found(kind, given, record(kind, route))
            assert other.state is State.UNKNOWN, route
            assert not other.proposed, route
