"""Whether the patient has the disease that the policy is for."""

import re
from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.concept_match import find, shown
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.disease.diagnoses import Diagnoses, Diagnosis, diagnoses
from fhir_mappings.disease.text_mentions import Look, confirming, named_so
from fhir_mappings.facts.fhir_kind import FhirKind, Newest
from fhir_mappings.facts.sides import by_role
from fhir_mappings.meanings.of_words import has_disease
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.phrases import Codes
from fhir_mappings.sketches import conditions
from fhir_mappings.text_forms import search_words
from policies.kinds.disease import DIAGNOSIS
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note, Said

_NOT_OWN = re.compile(
    r"\b(?:famil\w+|mother|father|sister|brother|aunt|relatives?|screening|risk|madre|padre|herman[ao]|t[ií]a|riesgo)\b",
    re.IGNORECASE,
)


def diagnosis(reading: Reading, fact: Fact) -> Finding:
    """Read the Conditions: a confirmed or unqualified one proves, a refuted one disproves if nothing speaks for it.

    History, unconfirmed diagnoses and disorders that merely suggest the disease leave it open (reading 6).
    """
    known = diagnoses(reading)
    if known.proven:
        return _proven(known)
    hints = tuple(_evidence((*known.considered, *known.over), Role.POSSIBLE)) + _suggesting(reading, fact)
    general = [one for one in known.refuted if one.member.general]
    if general and not hints:
        against = tuple(_evidence(general, Role.AGAINST))
        return Finding.no(against, Note("diagnosis.refuted", found=against))
    if hints:
        return Finding.unknown(Note("diagnosis.hints", found=hints), hints)
    partly = tuple(_evidence(known.refuted, Role.POSSIBLE))
    mentioned = (*_by_other_codes(reading), *_by_reasons(reading)) if not partly else ()
    note = Note("diagnosis.partly", found=partly) if partly else _unsaid(known)
    seen = Note("diagnosis.hints", found=mentioned) if mentioned else note
    return confirming(
        reading, seen, (*partly, *mentioned), Look(_names_of(reading), codes=reading.disease, conditions=True)
    )


def _by_other_codes(reading: Reading) -> Iterator[Evidence]:
    """Yield the diagnoses whose codes may speak of the disease: of another system, misspelled, unverified."""
    for condition in admitted(reading).diagnoses:
        for coding in condition.code.coding if condition.code is not None else ():
            if condition.standing in (Standing.PROVES, Standing.HINTS) and (says := _says(reading, coding.code or "")):
                yield shows(condition, named_so(condition.code, says), coding, Role.POSSIBLE)
                break


def _says(reading: Reading, code: str) -> str:
    """Return what a code may say of the disease under whichever address it comes; empty if it says nothing of it."""
    written = code.strip().upper().replace(".", "")
    member = next((one for one in reading.disease.members if one.code.replace(".", "") == written), None)
    return member.display if member is not None else search_words.said_by_code(reading.policy.disease, code)


def _by_reasons(reading: Reading) -> tuple[Evidence, ...]:
    """Return the newest treatments that give the disease as their reason, one for each code."""
    found: dict[str, Evidence] = {}
    for one in admitted(reading).treatments:
        for reason in one.reasons:
            hit = find(reason, reading.disease)
            if hit is not None and one.standing is not Standing.NOTHING:
                found[hit[1].code] = shows(
                    one, Note("diagnosis.reason", reason=shown(reason, hit[1].display)), hit[0], Role.POSSIBLE
                )
    return tuple(found.values())


def _names_of(reading: Reading) -> Callable[[str], bool]:
    """Return what finds whether a sentence names the disease, and not the risk of it or a relative who had it."""
    disease = reading.policy.disease
    named = re.compile(rf"\b{re.escape(reading.disease.title)}\b", re.IGNORECASE)

    def names(sentence: str) -> bool:
        spoken = search_words.is_searched(disease) and search_words.names(disease, sentence)
        return (spoken or bool(named.search(sentence))) and not _NOT_OWN.search(sentence)

    return names


def _unsaid(known: Diagnoses) -> Said:
    """Name the other cancers on file, so that an order for the wrong disease is seen; they prove nothing against it."""
    others = tuple(shows(one, shown(one.code)) for one in known.other_cancers if one.standing is Standing.PROVES)
    return Note("diagnosis.another", found=others) if others else ""


def _proven(known: Diagnoses) -> Finding:
    refuted = {(one.member.system, one.member.code) for one in known.refuted}
    proof = tuple(_evidence(known.proven, Role.FOR))
    if all((one.member.system, one.member.code) in refuted for one in known.proven):
        against = tuple(_evidence(known.refuted, Role.AGAINST))
        both = (*proof, *against)
        return Finding.conflicting(Note("diagnosis.conflict", found=both), both)
    return Finding.yes(proof)


def _evidence(found: Iterable[Diagnosis], role: Role) -> Iterable[Evidence]:
    return (shows(one.condition, shown(one.condition.code, one.member.display), one.coding, role) for one in found)


def _suggesting(reading: Reading, fact: Fact) -> tuple[Evidence, ...]:
    codes = reading.codes_of(fact, "suggests")
    hits = ((condition, find(condition.code, codes)) for condition in admitted(reading).diagnoses)
    return tuple(
        shows(condition, shown(condition.code, hit[1].display), hit[0], Role.POSSIBLE)
        for condition, hit in hits
        if hit is not None and condition.standing in (Standing.PROVES, Standing.HINTS)
    )


def _values(_: Codes, __: Fact) -> dict[str, str]:
    """Return nothing: the part that all logic shares has the codes of the disease."""
    return {}


RECORDS = (
    FhirKind(
        DIAGNOSIS,
        diagnosis,
        frozenset({"Condition"}),
        newest=Newest.DIAGNOSIS,
        means=has_disease,
        stands=by_role,
        logic=PopulationLogic(_values),
        draws=MappingProxyType({"condition": conditions.condition, "family history": conditions.family_history}),
    ),
)
