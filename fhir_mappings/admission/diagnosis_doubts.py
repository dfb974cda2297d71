"""What is wrong with a diagnosis on file: its status, its words, a code beside its code, its body site (reading 21)."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from fhir_mappings.chart.concept_match import find
from fhir_mappings.chart.policy_chart import Reading, known_to_policy, once_a_policy
from fhir_mappings.clinical.anatomy import plain, sites_in, sites_of
from fhir_mappings.clinical.disease_words import names_disease, names_no_more, names_other_kind
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.clinical.values import Coding, Concept, texts_of
from fhir_mappings.r4.elements import concepts
from fhir_mappings.r4.resources import Resource
from fhir_mappings.r4.status_rules import disagrees, is_unclear
from fhir_mappings.text_forms.denials import is_no_diagnosis, retracts, speaks_of_another, takes_back, unsettles_spread
from fhir_mappings.written.narratives import remarks
from policies.kinds.disease import DIAGNOSIS, DISEASE_EXTENT
from policies.model.fact_kinds import Parameter
from policies.terminology.short_texts import remembered
from policies.terminology.value_sets import CodeSet

_ICD10 = "icd-10-cm"
_SETS = 256
"""How many value sets are remembered; a policy has a few."""
_COMPATIBLE = ("C77", "C78", "C79", "C7B", "Z17", "Z19")
"""The categories of ICD-10-CM that say more of a cancer beside its code: where it spread to, receptors, response."""
_BENIGN = ("D0", "D1", "D2", "D3", "D4", "R", "Z03", "Z08", "Z12", "Z80")
"""The categories of ICD-10-CM that are no cancer: benign or in situ, a symptom, a search, a family history."""


def of_condition(reading: Reading, condition: Resource) -> Iterator[Doubt]:
    """Yield what is wrong with a Condition, by any of the diagnoses that it can prove."""
    status, verified, code = condition.clinical_status, condition.verification_status, condition.code
    for one in (status, verified):
        if one is not None and _is_at_odds(one.coding, one.text):
            yield Doubt.STATUS
    if is_unclear(status):
        yield Doubt.STATUS
    if code is None:
        return
    if condition.category and _is_no_diagnosis(bytes(condition.category)):
        yield Doubt.CONTRADICTED
    if (condition.note or condition.narrative) and _is_spread_denied(reading, condition, code):
        yield Doubt.CONTRADICTED
    yield from _of_code(reading, (code.coding, code.text, bytes(condition.body_site)))


@remembered(texts=lambda codings, text: texts_of((codings, text)))
def _is_at_odds(codings: tuple[Coding, ...], text: str | None) -> bool:
    """Return whether the codings of a status differ, or its words name another one."""
    return disagrees(Concept(codings, text))


@remembered()
def _is_no_diagnosis(category: bytes) -> bool:
    """Return whether the category of a Condition, as JSON, says that it is of somebody else, or only considered."""
    named = (word for one in concepts(msgspec.Raw(category)) for word in (*one.words, *one.codes))
    return any(is_no_diagnosis(word.replace("-", " ")) for word in named)


_Coded = tuple[tuple[Coding, ...], str | None, bytes]
"""The codings and the text of a diagnosis, and its body site as JSON."""


def _texts(said: _Coded) -> Iterable[str | bytes | None]:
    return (said[2], *texts_of(said[:2]))


@known_to_policy(_texts)
def _of_code(reading: Reading, said: _Coded) -> frozenset[Doubt]:
    """Return what is wrong with a diagnosis by its codes, its words, and its body site."""
    code, found = Concept(*said[:2]), set[Doubt]()
    if _is_stage_taken_back(reading, code):
        found.add(Doubt.CONTRADICTED)
    for codes, primary in _meant(reading):
        hit = find(code, codes)
        if hit is not None and (_belied(code, hit[1].display, primary, codes) or _torn(reading, code, codes)):
            found.add(Doubt.CONTRADICTED)
        if hit is not None and _is_elsewhere(msgspec.Raw(said[2]), sites_in(hit[1].display), primary):
            found.add(Doubt.SITE)
    return frozenset(found)


def _is_spread_denied(reading: Reading, condition: Resource, code: Concept) -> bool:
    """Return whether a diagnosis is of where the disease spread to, and a remark beside it says that it did not."""
    extent = reading.policy.fact_of_kind(DISEASE_EXTENT)
    if extent is None or find(code, reading.codes_of(extent, "secondary")) is None:
        return False
    return any(map(unsettles_spread, remarks(condition)))


@once_a_policy
def _stages(reading: Reading) -> tuple[CodeSet, ...]:
    extent = reading.policy.fact_of_kind(DISEASE_EXTENT)
    return tuple(reading.codes_of(extent, name) for name in ("stages", "stage_tests")) if extent is not None else ()


def _is_stage_taken_back(reading: Reading, code: Concept) -> bool:
    """Return whether a diagnosis is a finding of a stage by its code, and its words take that back."""
    hit = next((found for one in _stages(reading) if (found := find(code, one)) is not None), None)
    words = (word for word in code.words if hit is not None and plain(word) != plain(hit[1].display))
    return any(takes_back(word) or retracts(word) for word in words)


@once_a_policy
def _meant(reading: Reading) -> tuple[tuple[CodeSet, frozenset[str]], ...]:
    """Return the value sets by which a Condition can prove, each with the sites of the disease itself."""
    others = (
        reading.codes_of(fact, name)
        for fact in reading.policy.facts.values()
        for name, parameter in fact.kind.parameters.items()
        if parameter is Parameter.DIAGNOSES and name in fact.parameters
    )
    return tuple((codes, primary_sites(reading)) for codes in (reading.disease, *others))


def primary_sites(reading: Reading) -> frozenset[str]:
    """Return the organs that the disease of the policy begins in, by its title."""
    return sites_in(reading.disease.title)


def _belied(code: Concept, title: str, primary: frozenset[str], codes: CodeSet) -> bool:
    """Return whether the words of a diagnosis take it back, or name something else than its code."""
    words = [word for word in code.words if plain(word) != plain(title)]
    return any(_is_turned(word, title, primary, codes) for word in words)


@remembered()
def _is_turned(word: str, title: str, primary: frozenset[str], codes: CodeSet) -> bool:
    is_named = names_disease(word, codes.named)
    if takes_back(word, sites_in(codes.title) if is_named else frozenset()):
        return True
    if codes.named and names_other_kind(word, f"{title} {codes.title}"):
        return True
    if codes.named and not sites_in(codes.title):
        return not is_named and not names_no_more(word, title)
    is_plain = is_named and not sites_in(word)
    return not is_plain and speaks_of_another(word, sites_in(title), primary, title)


def _torn(reading: Reading, code: Concept, codes: CodeSet) -> bool:
    """Return whether the codings of one diagnosis mean different things: a code beside the disease that denies it."""
    icd10 = [coding.code.upper() for coding in code.coding if coding.code and _ICD10 in (coding.system or "")]
    if codes is not reading.disease:
        named = _icd10(codes)
        return any(one.startswith(_BENIGN) and one not in named for one in icd10)
    hints = reading.policy.fact_of_kind(DIAGNOSIS)
    if hints is not None and find(code, reading.codes_of(hints, "suggests")) is not None:
        return True
    own = _categories(codes)
    return any(one[:3] not in own and not one.startswith(_COMPATIBLE) for one in icd10)


@lru_cache(maxsize=_SETS)
def _icd10(codes: CodeSet) -> frozenset[str]:
    """Return the codes of ICD-10-CM of a value set; worked out once, since every diagnosis is held against it."""
    return frozenset(member.code.upper() for member in codes.members if _ICD10 in member.system.uri)


@lru_cache(maxsize=_SETS)
def _categories(codes: CodeSet) -> frozenset[str]:
    """Return the categories of ICD-10-CM of a value set, once as well."""
    return frozenset(member.code[:3] for member in codes.members if _ICD10 in member.system.uri)


def _is_elsewhere(site: msgspec.Raw, own: frozenset[str], primary: frozenset[str]) -> bool:
    named = sites_of(word for one in concepts(site) for word in one.words)
    return bool(named) and not named & (own or primary)
