"""Which records are of a fact: by their codes, by the drug that they are of, else by the name of their test."""

from collections.abc import Iterable

from fhir_mappings.chart.concept_match import find
from fhir_mappings.chart.kept_records import is_named
from fhir_mappings.chart.policy_chart import Reading, known_to_policy
from fhir_mappings.clinical.names import OTHER_SCALE
from fhir_mappings.clinical.records import DiagnosisRecord, Record, ResultRecord
from fhir_mappings.clinical.values import Concept, Measurement, Named, texts_of
from fhir_mappings.facts.fhir_kind import FhirKind, Newest
from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from fhir_mappings.therapy.products import drugs_in
from policies.building.facts import ALL
from policies.model.criteria import Fact
from policies.model.fact_kinds import Parameter
from policies.terminology.value_sets import CodeSet

_Parts = tuple[Measurement, ...]
_OTHER_MEANING = frozenset({"karnofsky", "not tissue", "mutation", "quantity"})
"""What results of these value sets mean that are known, and are not of the fact."""


def is_of(reading: Reading, fact: Fact, record: Record) -> bool:
    """Return whether a record is one of those that settle a fact, by its codes or by the name of its test."""
    kind = FHIR_KINDS[fact.kind]
    if isinstance(record, ResultRecord):
        tests = sets_of(reading, fact, Parameter.TESTS)
        return any(_has_code(record.parts, codes, kind) for codes in tests) or (
            not any(_is_coded(record.parts, codes) for codes in tests) and _is_named(reading, record.parts, fact)
        )
    if isinstance(record, DiagnosisRecord):
        sets = sets_of(reading, fact, Parameter.DIAGNOSES)
        codes = sets or ((reading.disease,) if kind.newest is Newest.DIAGNOSIS else ())
        return any(find(record.code, one) is not None for one in codes)
    if record.kind == "Procedure" and (sets := sets_of(reading, fact, Parameter.PROCEDURES)):
        return any(find(record.code, one) is not None for one in sets)
    if record.kind == "Immunization":
        return any(find(record.code, one) is not None for one in sets_of(reading, fact, Parameter.VACCINES))
    drugs = _drugs(reading, fact)
    return bool(drugs) and any(one.drug.id in drugs for one in drugs_in(record.product, reading.drugs))


def sets_of(reading: Reading, fact: Fact, wanted: Parameter) -> tuple[CodeSet, ...]:
    """Return the value sets that a fact names for parameters of a type."""
    return _sets_of(reading, (fact.name, wanted))


@known_to_policy(lambda _: ())
def _sets_of(reading: Reading, asked: tuple[str, Parameter]) -> tuple[CodeSet, ...]:
    fact = reading.policy.facts[asked[0]]
    named = (name for name, one in fact.kind.parameters.items() if one is asked[1] and name in fact.parameters)
    return tuple(reading.codes_of(fact, name) for name in named)


def _is_coded(parts: _Parts, codes: CodeSet) -> bool:
    return any(find(part.code, codes) is not None for part in parts)


def _has_code(parts: _Parts, codes: CodeSet, kind: FhirKind) -> bool:
    hits = (find(part.code, codes) for part in parts)
    return any(hit is not None and hit[1].means not in _OTHER_MEANING | kind.other_tests for hit in hits)


def _is_named(reading: Reading, parts: _Parts, fact: Fact) -> bool:
    tests = fact.tests
    if tests is None or not is_named(parts, tests.named) or is_named(parts, OTHER_SCALE):
        return False
    named = [part for part in parts if is_named((part,), tests.named)]
    if tests.of_others is not None:
        named = [part for part in named if not is_named((part,), tests.of_others)]
    if fact.kind.tests is None:
        named = [part for part in named if not _is_of_another(reading, part.code, fact)]
    return bool(named)


def _is_of_another(reading: Reading, code: Concept | None, fact: Fact) -> bool:
    """Return whether a code is that of a test which another fact of the policy is read with."""
    others = (one for one in reading.policy.facts.values() if one.name != fact.name)
    return any(find(code, codes) is not None for one in others for codes in sets_of(reading, one, Parameter.TESTS))


def _drugs(reading: Reading, fact: Fact) -> frozenset[str]:
    if FHIR_KINDS[fact.kind].of_ordered_drug:
        return frozenset({reading.policy.figures.product.drug})
    name = str(fact.parameters.get("drugs", ""))
    if not name:
        return frozenset()
    return frozenset(reading.drug_set(reading.policy.figures.lines.drugs if name == ALL else name).roles)


def placed(reading: Reading, fact: Fact, parts: _Parts, tests: tuple[CodeSet, ...]) -> tuple[bool, bool]:
    """Return whether a result is coded as a test of a fact, and whether it is of it: by its code, else its name."""
    kind = FHIR_KINDS[fact.kind]
    coded = any(_is_coded(parts, codes) for codes in tests)
    return coded, any(_has_code(parts, codes, kind) for codes in tests) if coded else _is_named(reading, parts, fact)


def _texts(given: tuple[str, Named]) -> Iterable[str | None]:
    return texts_of(given[1])


@known_to_policy(_texts)
def placed_by_code(reading: Reading, given: tuple[str, Named]) -> tuple[bool, bool]:
    """Do the same for a result without components, by the name of the fact and the code of the result."""
    fact = reading.policy.facts[given[0]]
    return placed(reading, fact, (Measurement(Concept(*given[1])),), sets_of(reading, fact, Parameter.TESTS))
