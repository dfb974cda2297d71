"""From a chart to findings: each fact of the policy is read by the reader of its kind.

A resource that could not be read may have said anything, so that it is named in the note of every fact that is still
unknown and that a resource of its type could have settled.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from fhir_mappings.chart.kept_records import CLINICAL, NAMED
from fhir_mappings.chart.lacks import Lack, Why
from fhir_mappings.chart.policy_chart import Reading, once, once_for_each
from fhir_mappings.chart.resource_decoder import NOT_PROVIDED
from fhir_mappings.findings.doubtful_records import with_doubtful
from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from policies.evaluation.comparison import judge
from policies.model.criteria import Fact, Leaf, walk
from policies.model.findings import Finding, Origin, State
from policies.model.notes import Note, Said, Series, in_order, together
from policies.model.policy import Policy
from policies.model.truth import Truth
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import Coding

_MANY = 5

_CLAIMED: Mapping[str, str] = MappingProxyType({"ExplanationOfBenefit": "Claim"})
"""What people call by the same name as another type."""
_LACKS = (
    "lack.AdverseEvent",
    "lack.Claim",
    "lack.other",
    "lack.Condition",
    "lack.MedicationDispense",
    "lack.MedicationAdministration",
    "lack.MedicationStatement",
    "lack.ImagingStudy",
    "lack.Substance",
    "lack.Medication",
    "lack.DocumentReference",
    "lack.MedicationRequest",
    "lack.Procedure",
    "lack.Immunization",
    "lack.DiagnosticReport",
    "lack.Observation",
    "lack.Patient",
)
"""The order in which it is said what is lacking."""
_TYPED = re.compile(r"([A-Z][A-Za-z]+)[/?].+")


def gather(reading: Reading, facts: Iterable[Fact]) -> dict[str, Finding]:
    """Return a finding for each fact, by its name; what could not be read is named where it could have shown more."""
    return {fact.name: _finding(reading, fact) for fact in facts}


def _finding(reading: Reading, fact: Fact) -> Finding:
    record = FHIR_KINDS[fact.kind]
    found = with_doubtful(reading, fact, record.reader(reading, fact))
    evidence = in_order(found.evidence)
    if evidence != found.evidence:
        found = replace(found, evidence=evidence)
    unread = _unread(reading, record.settled_by)
    if fact.presumed_by and not unread and found.state is State.UNKNOWN and not found.evidence:
        note = Note("absence.presumed", source=fact.presumed_by)
        return Finding.known(value=False, note=note, origin=Origin.POLICY)
    if not unread or not _is_open(reading, fact, found):
        return found
    more = (f"+{len(unread) - _MANY}",) if len(unread) > _MANY else ()
    note = Note("fact.unread", found=Series((*unread[:_MANY], *more)))
    return replace(found, note=together(found.note, note))


def _is_open(reading: Reading, fact: Fact, found: Finding) -> bool:
    """Whether a fact leaves a criterion open that rests on it; without a criterion, whether it is unknown."""
    if found.state is not State.KNOWN:
        return True
    leaves = (node for request in reading.policy.requests.values() for node in walk(request.criteria))
    uses = (node for node in leaves if isinstance(node, Leaf) and node.fact == fact.name)
    return any(judge(leaf, fact, found) is Truth.UNKNOWN for leaf in uses)


def lacking(reading: Reading, facts: Iterable[Fact]) -> tuple[str, ...]:
    """Return the types of what the chart is known to lack, or cannot be read of it; empty for what is of no known type.

    What nobody brought and nobody could ask for counts only where some of these facts rest on it. What is known to be
    incomplete counts wherever it is clinical: nobody can tell what the rest says.
    """
    types = frozenset[str]().union(*(FHIR_KINDS[fact.kind].settled_by for fact in facts))
    unread = (_kind(one.reference) for one in reading.chart.unreadable if one.sought and one.reason != NOT_PROVIDED)
    found = {kind for kind in unread if not kind or kind in types}
    found |= {one.kind for one in reading.chart.lacks if _matters(one, types)}
    return tuple(sorted(found))


def _matters(lack: Lack, types: frozenset[str]) -> bool:
    if lack.why is Why.NOT_ASKED:
        return lack.kind in types
    return not lack.kind or lack.kind in CLINICAL


def _kind(name: str) -> str:
    """Return the type of what a search, a read or a reference names; empty where it names none."""
    found = _TYPED.fullmatch(name)
    return found[1] if found else ""


@once
def _names_of_unread(reading: Reading) -> tuple[tuple[str, str], ...]:
    """Return the names of what could not be read, each with its type."""
    names = {one.reference for one in reading.chart.unreadable if one.reason != NOT_PROVIDED}
    return tuple([(name, _kind(name)) for name in names])


@once_for_each
def _unread(reading: Reading, types: frozenset[str]) -> tuple[Said, ...]:
    """Return what could not be read of these types, and what has no type: it may have been of any."""
    if not reading.chart.unreadable and not reading.chart.lacks:
        return ()
    shown = {_shown(name) for name, kind in _names_of_unread(reading) if not kind or kind in types}
    known = {one.kind for one in reading.chart.lacks if one.why is not Why.NOT_ASKED}
    words = {one for one in shown if isinstance(one, Note)}
    words |= {lacking_word(kind) for kind in known if not kind or kind in types}
    named = sorted(one for one in shown if isinstance(one, str))
    return (*named, *sorted(words, key=lambda one: _LACKS.index(one.key)))


def _shown(name: str) -> Said:
    """Return a resource by its reference, as evidence is named; a search or a key in words."""
    if "?" not in name and not name.startswith("prefetch."):
        return name
    return lacking_word(_kind(name))


def lacking_word(kind: str) -> Note:
    """Return a type of resource as people call what it holds."""
    return Note(f"lack.{_CLAIMED.get(kind, kind)}" if kind in CLINICAL else "lack.other")


def wanted_codings(policies: Iterable[Policy], terminology: Terminology) -> frozenset[Coding]:
    """Return every spelling of every code by which a fact, dose or warning of these policies finds an Observation.

    The words by which their tests are named stand among them, under the system NAMED.
    """
    pinned = {(name, policy.value_sets[name]) for policy in policies for name in _test_sets(policy)}
    known = [terminology.codes(*one) for one in pinned]
    named = frozenset((NAMED, word) for codes in known for word in codes.named)
    return named.union(*(codes.codings() for codes in known))


def _test_sets(policy: Policy) -> Iterator[str]:
    yield from (view.figures.weight.tests for view in policy.views if view.figures.weight is not None)
    yield from policy.figures.safety_tests
    for fact in policy.facts.values():
        for name, parameter in fact.kind.parameters.items():
            if parameter.is_codes and name in fact.parameters:
                yield str(fact.parameters[name])
