"""From a chart to findings: each fact of the policy is read by the reader of its kind.

A resource that could not be read may have said anything, so that it is named in the note of every fact that is still
unknown and that a resource of its type could have settled.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from fhir_mappings.chart.chart import DOCUMENTS, TREATMENTS
from fhir_mappings.chart.evidence import in_order
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.facts.combination_partner import combination_partner
from fhir_mappings.facts.continuation import document, intolerance, progression_on_therapy, treatment_duration
from fhir_mappings.facts.diagnosis import diagnosis
from fhir_mappings.facts.disease_extent import disease_extent
from fhir_mappings.facts.patient_deceased import deceased
from fhir_mappings.facts.performance_status import performance_status
from fhir_mappings.facts.prior_regimens import drug_given, prior_regimens
from fhir_mappings.facts.relapse import relapse
from fhir_mappings.her2.ihc import her2_ihc
from fhir_mappings.her2.ish import her2_ish
from policies.evaluation.comparison import judge
from policies.model.fact_kinds import Parameter
from policies.model.findings import Finding, State
from policies.model.policy import Fact, Leaf, Policy, walk
from policies.model.truth import Truth
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import Coding

Reader = Callable[[Reading, Fact], Finding]
_MANY = 5

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "patient_deceased": deceased,
        "diagnosis": diagnosis,
        "disease_extent": disease_extent,
        "her2_ihc": her2_ihc,
        "her2_ish": her2_ish,
        "prior_regimens": prior_regimens,
        "drug_given": drug_given,
        "combination_partner": combination_partner,
        "performance_status": performance_status,
        "relapse": relapse,
        "progression_on_therapy": progression_on_therapy,
        "intolerance": intolerance,
        "document": document,
        "treatment_duration": treatment_duration,
    }
)
"""The reader of each kind of fact; a test holds its keys against `policies.model.fact_kinds.KINDS`."""


_TREATMENT = TREATMENTS | {"Medication"}
SETTLED_BY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "patient_deceased": frozenset({"Patient"}),
        "diagnosis": frozenset({"Condition"}),
        "disease_extent": frozenset({"Condition", "Observation"}),
        "her2_ihc": frozenset({"Observation"}),
        "her2_ish": frozenset({"Observation"}),
        "prior_regimens": _TREATMENT | {"Condition", "Observation"},
        "drug_given": _TREATMENT | {"Condition"},
        "combination_partner": _TREATMENT,
        "performance_status": frozenset({"Observation"}),
        "relapse": _TREATMENT | {"Condition", "Observation"},
        "progression_on_therapy": frozenset({"Observation"}),
        "intolerance": _TREATMENT,
        "document": DOCUMENTS,
        "treatment_duration": _TREATMENT,
    }
)
"""The resource types that bear on each kind of fact; a test holds its keys against `policies.model.fact_kinds`."""

_TYPED = re.compile(r"([A-Z][A-Za-z]+)[/?].+")


def gather(reading: Reading, facts: Iterable[Fact]) -> dict[str, Finding]:
    """Return a finding for each fact, by its name; what could not be read is named where it could have told more."""
    return {fact.name: _finding(reading, fact) for fact in facts}


def _finding(reading: Reading, fact: Fact) -> Finding:
    found = READERS[fact.kind.name](reading, fact)
    evidence = in_order(found.evidence)
    if evidence != found.evidence:
        found = replace(found, evidence=evidence)
    unread = _unread(reading, SETTLED_BY[fact.kind.name]) if reading.chart.unreadable else ()
    if not unread or not _is_open(reading, fact, found):
        return found
    shown = ", ".join(unread[:_MANY]) + (f", +{len(unread) - _MANY}" if len(unread) > _MANY else "")
    return replace(found, note=f"{found.note} {reading.say('fact.unread', found=shown)}".strip())


def _is_open(reading: Reading, fact: Fact, found: Finding) -> bool:
    """Tell whether a fact leaves a criterion open that rests on it; without a criterion, whether it is unknown."""
    if found.state is not State.KNOWN:
        return True
    leaves = (node for request in reading.policy.requests.values() for node in walk(request.criteria))
    uses = (node for node in leaves if isinstance(node, Leaf) and node.fact == fact.name)
    return any(judge(leaf, fact, found) is Truth.UNKNOWN for leaf in uses)


def lacking(reading: Reading, facts: Iterable[Fact]) -> tuple[str, ...]:
    """Return what bears on some of these facts and was sought in vain, or came and cannot be read.

    Each by its resource type; by its name where the type is not known.
    """
    if not reading.chart.unreadable:
        return ()
    types = frozenset[str]().union(*(SETTLED_BY[fact.kind.name] for fact in facts))
    names = (one.reference for one in reading.chart.unreadable if one.sought)
    typed = ((name, _TYPED.fullmatch(name)) for name in names)
    return tuple(sorted({kind[1] if kind else name for name, kind in typed if not kind or kind[1] in types}))


def _unread(reading: Reading, types: frozenset[str]) -> tuple[str, ...]:
    """Return what could not be read of these types, and what has no type: it may have been of any."""
    names = (one.reference for one in reading.chart.unreadable)
    return tuple(sorted({name for name in names if not (kind := _TYPED.fullmatch(name)) or kind[1] in types}))


def wanted_codings(policies: Iterable[Policy], terminology: Terminology) -> frozenset[Coding]:
    """Return every spelling of every code by which a fact, dose or warning of these policies finds an Observation."""
    return frozenset(
        coding
        for policy in policies
        for name in _test_sets(policy)
        for coding in terminology.codes(name, policy.value_sets[name]).codings()
    )


def _test_sets(policy: Policy) -> Iterator[str]:
    weight = policy.figures.dosing.weight
    if weight is not None:
        yield weight.tests
    yield from policy.figures.safety_tests
    for fact in policy.facts.values():
        for name, parameter in fact.kind.parameters.items():
            if parameter is Parameter.CODES:
                yield str(fact.parameters[name])
