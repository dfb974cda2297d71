"""Which test a result is of: whether its words name another test, method or person than its code (reading 21)."""

from collections.abc import Mapping

from fhir_mappings.admission.diagnosis_doubts import primary_sites
from fhir_mappings.chart.concept_match import meanings
from fhir_mappings.chart.policy_chart import Reading, known_to_policy, once_a_policy
from fhir_mappings.clinical.anatomy import sites_in
from fhir_mappings.clinical.names import HYBRIDIZED, NOT_TISSUE, OTHER_MARKER, OTHER_SCALE, STAINED
from fhir_mappings.clinical.values import Concept, Named, texts_of
from fhir_mappings.text_forms.denials import is_no_result, is_of_another_day, names_person
from policies.kinds.registry import KINDS
from policies.model.criteria import Fact
from policies.model.fact_kinds import Parameter
from policies.terminology.value_sets import CodeSet

_OVERALL = "overall"


@known_to_policy(texts_of)
def is_belied(reading: Reading, code: Named) -> bool:
    """Return whether a test's words speak of somebody else or of no result, or name another test than its code."""
    concept = Concept(*code)
    return any(names_person(word) or is_no_result(word) for word in concept.words) or _names_other_test(
        reading, concept
    )


def _names_other_test(reading: Reading, concept: Concept) -> bool:
    """Return whether a test's code means two things, or its words name another test than its code."""
    # One code means one test; only beside another code do the tests of other policies matter.
    tests = _tests(reading) if len(concept.coding) > 1 else _pinned_tests(reading)
    sets = {name: found for name, codes in tests.items() if (found := meanings(concept, codes))}
    if len(sets) > 1 or [found for found in sets.values() if len(found - {_OVERALL}) > 1]:
        return True
    words = " ".join(concept.words)
    if not sets or not words:
        return False
    facts = [fact for fact, name in facts_of_tests(reading) if name in sets]
    own = [its for fact in facts if (its := fact.tests) is not None]
    is_of_no_day = is_of_another_day(words) and any(fact.kind.of_today for fact in facts)
    if is_of_no_day or any(one.expected is not None and not one.expected.search(words) for one in own):
        return True
    means = frozenset[str]().union(*sets.values())
    if _is_of_other_method(means, words) or _is_of_other_site(reading, means, words):
        return True
    named = any(one.named.search(words) for one in own)
    other = OTHER_SCALE if any(one.scale for one in own) else OTHER_MARKER
    karnofsky = {"karnofsky"} in sets.values()
    if named or karnofsky:
        return False
    foreign = any(one.named.search(words) for one in _DISTINCT if one not in own)
    return foreign or bool(other.search(words))


_DISTINCT = tuple(kind.tests for kind in KINDS.values() if kind.tests is not None and kind.tests.distinct)


def _is_of_other_site(reading: Reading, means: frozenset[str], words: str) -> bool:
    """Return whether the words of a HER2 test name an organ, and not that of the disease."""
    sites = sites_in(words) if means and means <= _OF_TUMOR else frozenset[str]()
    return bool(sites) and sites.isdisjoint(primary_sites(reading))


_OF_TUMOR = frozenset({"ihc", "ish", "ratio", "copies", "cep17", "counts"})


def _is_of_other_method(means: frozenset[str], words: str) -> bool:
    """Return whether the words of a HER2 test name another method than its code, or another material."""
    if means == {"ihc"}:
        wrong = HYBRIDIZED.search(words) and not STAINED.search(words)
    elif means and means <= {"ish", "ratio", "copies", "cep17", "counts"}:
        wrong = STAINED.search(words) and not HYBRIDIZED.search(words)
    else:
        return False
    return bool(wrong or NOT_TISSUE.search(words))


@once_a_policy
def facts_of_tests(reading: Reading) -> tuple[tuple[Fact, str], ...]:
    """Return the facts of a policy that rest on tests, each with the name of a value set of those tests."""
    return tuple(
        (fact, str(fact.parameters[name]))
        for fact in reading.policy.facts.values()
        for name, parameter in fact.kind.parameters.items()
        if parameter is Parameter.TESTS and name in fact.parameters
    )


@once_a_policy
def _tests(reading: Reading) -> Mapping[str, CodeSet]:
    """Return the value sets of tests by name: those that the policy pins, and what other policies know."""
    return {**reading.terminology.tests, **_pinned_tests(reading)}


@once_a_policy
def _pinned_tests(reading: Reading) -> Mapping[str, CodeSet]:
    return {name: reading.codes(name) for _, name in facts_of_tests(reading)}
