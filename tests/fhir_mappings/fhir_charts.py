"""Synthetic charts for the tests of fhir_mappings: resources as JSON, judged all the way from bytes to a ruling."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import count
from typing import Any

import msgspec

from fhir_mappings.chart.assembly import build
from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.chart.resource_decoder import decode
from fhir_mappings.findings.gathered import gather, wanted_codings
from fhir_mappings.judgement.judge import Judge, Judgement
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4.references import PatientIdentity
from fhir_mappings.r4.resources import Resource
from fhir_mappings.therapy.lines import lines
from fhir_mappings.wording import wording
from policies.catalogue import Catalogue
from policies.evaluation.ruling import Reason
from policies.model.dates import OrderDate
from policies.model.findings import Evidence, Finding, Range
from policies.model.policy import Policy
from policies.terminology.value_sets import Coding
from tests import world

Json = dict[str, Any]

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ON = "2026-11-24"
BREAST, MYELOMA = "margetuximab", "elranatamab"

_SYSTEMS = {"RXNORM": RXNORM, "HCPCS": HCPCS, "ICD10PCS": "http://www.cms.gov/Medicare/Coding/ICD10"}
_ids = count(1)


@cache
def policies() -> Catalogue:
    return world.policies()


@cache
def observation_codes() -> frozenset[Coding]:
    return wanted_codings(policies().all, policies().terminology)


def before(days: int, day: str = ON) -> str:
    """The date so many days before another."""
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()


def concept(
    code: str = "", system: str = LOINC, *, display: str = "", text: str = "", also: Iterable[Json] = ()
) -> Json:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [*([coding] if code else []), *also]} | ({"text": text} if text else {})


def resource(kind: str, **members: Any) -> Json:
    """A resource of the patient with an id of its own; a `_` that ends a name is left out, None leaves a member out."""
    named = {"resourceType": kind, "id": f"r{next(_ids)}", "subject": {"reference": "Patient/p"}, **members}
    return {name.rstrip("_"): value for name, value in named.items() if value is not None}


def patient(**members: Any) -> Json:
    return {"resourceType": "Patient", "id": "p", **members}


def condition(
    main: str = "C50.911",
    system: str = ICD,
    /,
    *,
    verified: str | None = "confirmed",
    clinical: str | None = "active",
    **members: Any,
) -> Json:
    status = {
        "verificationStatus": concept(verified, VERIFICATION) if verified else None,
        "clinicalStatus": concept(clinical, CLINICAL) if clinical else None,
    }
    return resource("Condition", **({"code": concept(main, system)} | status | members))


def observation(test: str, value: Json | None = None, /, *, on: str | None = "2026-10-01", **members: Any) -> Json:
    """A final result; `value` holds the value[x] members."""
    named = {"status": "final", "code": concept(test), "effectiveDateTime": on, **(value or {})}
    return resource("Observation", **(named | members))


def coded(code: str, system: str = SNOMED, **words: Any) -> Json:
    return {"valueCodeableConcept": concept(code, system, **words)}


def text(words: str) -> Json:
    return {"valueCodeableConcept": {"text": words}}


def quantity(value: Any, unit: str = "", comparator: str = "") -> Json:
    named = {"value": value, "code": unit, "comparator": comparator}
    return {"valueQuantity": {name: part for name, part in named.items() if part != ""}}


@cache
def _code_of(drug: str) -> tuple[str, str]:
    codes = policies().drugs.by_id[drug].codes
    known = [one for one in codes if one.confidence == "verified" and one.system.name in _SYSTEMS]
    return _SYSTEMS[known[0].system.name], known[0].code


def drug_code(drug: str) -> Json:
    system, code = _code_of(drug)
    return concept(code, system)


def given(drug: str, on: str | None, *, status: str = "completed", **members: Any) -> Json:
    """One administration."""
    named = {"status": status, "medicationCodeableConcept": drug_code(drug), "effectiveDateTime": on}
    return resource("MedicationAdministration", **(named | members))


def prescribed(drug: str, on: str | None, *, status: str = "completed", **members: Any) -> Json:
    named = {"status": status, "intent": "order", "medicationCodeableConcept": drug_code(drug), "authoredOn": on}
    return resource("MedicationRequest", **(named | members))


def taken(drug: str, start: str | None, end: str | None = None, *, status: str = "active", **members: Any) -> Json:
    period = {name: day for name, day in (("start", start), ("end", end)) if day}
    named = {"status": status, "medicationCodeableConcept": drug_code(drug), "effectivePeriod": period or None}
    return resource("MedicationStatement", **(named | members))


def dispensed(drug: str, on: str | None, *, status: str = "completed", **members: Any) -> Json:
    named = {"status": status, "medicationCodeableConcept": drug_code(drug), "whenHandedOver": on}
    return resource("MedicationDispense", **(named | members))


def procedure(drug: str, on: str | None, *, status: str = "completed", **members: Any) -> Json:
    named = {"status": status, "code": drug_code(drug), "performedDateTime": on}
    return resource("Procedure", **(named | members))


def cycles(drug: str, start: str, number: int, every: int = 21) -> list[Json]:
    return [given(drug, before(-every * index, start)) for index in range(number)]


def progression(on: str, code: str = "271299001", **members: Any) -> Json:
    return observation("97509-4", coded(code), on=on, **members)


def metastatic(on: str | None = "2021-01-01", **members: Any) -> Json:
    return condition("C78.7", onsetDateTime=on, **members)


def ecog(value: Json, on: str | None = before(10), **members: Any) -> Json:
    return observation("89247-1", value, on=on, **members)


def order_of(drug: str = BREAST, on: str | None = ON, **members: Any) -> Order:
    named = {"status": "draft", "intent": "order", "authoredOn": on, "medicationCodeableConcept": drug_code(drug)}
    raw = json.dumps(resource("MedicationRequest", **(named | members))).encode()
    return Order(msgspec.json.decode(raw, type=Resource), msgspec.Raw(raw))


def chart_of(*values: Json | bytes | None, server: str = "") -> Chart:
    """A chart of values as a prefetch brings them, each under a key of its own."""
    named = [(f"key{at}", one if isinstance(one, bytes) else json.dumps(one).encode()) for at, one in enumerate(values)]
    decoded = decode(named, wanted(observation_codes()))
    return build(decoded.located, PatientIdentity("p", server), wanted(observation_codes()), decoded.unreadable)


def judged(
    *values: Json | bytes | None,
    drug: str = BREAST,
    on: str | None = ON,
    today: str = ON,
    beside: Iterable[Order] = (),
    server: str = "",
) -> Judgement:
    """The judgement of one order on a chart; `beside` are the other orders of the call."""
    orders = [order_of(drug, on), *beside]
    chart = chart_of(*values, server=server)
    return Judge(policies()).judge(orders, chart, date.fromisoformat(today))[0]


def reading_of(*values: Json | bytes | None, drug: str = BREAST, on: str = ON) -> Reading:
    policy = policies().choice(drug, OrderDate(date.fromisoformat(on)), "")
    assert isinstance(policy, Policy)
    day = date.fromisoformat(on)
    return Reading(chart_of(*values), policy, policies().terminology, day, day)


def finding(fact: str, *values: Json | bytes | None, drug: str = BREAST, on: str = ON) -> Finding:
    """The finding for one fact of a policy, in English, whether or not the request at hand asks for it."""
    reading = reading_of(*values, drug=drug, on=on)
    return in_english(gather(reading, [reading.policy.facts[fact]])[fact])


def in_english(found: Finding) -> Finding:
    """A finding as a person reads it: what is said of it, and of its evidence, in words."""
    return replace(found, note=wording().words(found.note), evidence=_spelled(found.evidence))


def _spelled(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(one._replace(summary=wording().words(one.summary)) for one in evidence)


def counted(fact: str, *values: Json | bytes | None, drug: str = BREAST, on: str = ON) -> int:
    """The proven lower bound of a count."""
    value = finding(fact, *values, drug=drug, on=on).value
    return value.at_least if isinstance(value, Range) else 0


def drawn(*values: Json, drug: str = BREAST, on: str = ON) -> tuple[list[set[str]], list[str]]:
    """The certain lines as sets of drugs, and the drugs that may make a further one."""
    found = lines(reading_of(*values, drug=drug, on=on))
    return [set(line.drugs) for line in found.certain], [one.drug for one in found.possible]


def reasons(judgement: Judgement) -> Mapping[str, Reason]:
    """The reasons of a judgement by criterion, in English."""
    assert judgement.ruling is not None
    return {
        one.criterion.id: one._replace(note=wording().words(one.note), evidence=_spelled(one.evidence))
        for one in judgement.ruling.reasons
    }


def truths(judgement: Judgement) -> dict[str, str]:
    return {name: one.truth.value for name, one in reasons(judgement).items()}


def bundle(*resources: Json, kind: str = "searchset") -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": one} for one in resources]}
