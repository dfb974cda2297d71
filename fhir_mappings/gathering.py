"""From a chart to findings: each fact of the policy is read by the reader of its kind.

A resource that could not be read may have said anything, so that it is named in the note of every fact that is still
unknown and that a resource of its type could have settled.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from fhir_mappings.facts.combination import combination_partner
from fhir_mappings.facts.continuation import document, intolerance, progression_on_therapy, treatment_duration
from fhir_mappings.facts.diagnosis import diagnosis
from fhir_mappings.facts.disease_extent import disease_extent
from fhir_mappings.facts.patient import deceased
from fhir_mappings.facts.performance import performance_status
from fhir_mappings.facts.regimens import drug_given, prior_regimens
from fhir_mappings.facts.relapse import relapse
from fhir_mappings.her2.ihc import her2_ihc
from fhir_mappings.her2.ish import her2_ish
from fhir_mappings.reading import Reading
from policies.findings import Finding
from policies.kinds import Parameter
from policies.model import Fact, Policy
from policies.terminology import Terminology
from policies.value_sets import Coding

Reader = Callable[[Reading, Fact], Finding]

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
"""The reader of each kind of fact; a test holds its keys against `policies.kinds.KINDS`."""


def gather(reading: Reading, facts: Iterable[Fact]) -> dict[str, Finding]:
    """Return a finding for each fact, by its name."""
    return {fact.name: READERS[fact.kind.name](reading, fact) for fact in facts}


def wanted_codings(policies: Iterable[Policy], terminology: Terminology) -> frozenset[Coding]:
    """Return every spelling of every code by which some fact of these policies looks for an Observation."""
    return frozenset(
        coding
        for policy in policies
        for fact in policy.facts.values()
        for name, parameter in fact.kind.parameters.items()
        if parameter is Parameter.CODES
        for coding in _codings(policy, terminology, str(fact.parameters[name]))
    )


def _codings(policy: Policy, terminology: Terminology, name: str) -> Iterable[Coding]:
    return terminology.codes(name, policy.value_sets[name]).codings()
