"""The disease of the policy in the chart: its diagnoses, what only hints at it, and other cancers that confuse matters.

Readings 6, 7 and 9 of the payer (docs/readings.md).
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from fhir_mappings.admission.evidence import admitted, linked
from fhir_mappings.chart.concept_match import find
from fhir_mappings.chart.policy_chart import Reading, known_to_policy, once
from fhir_mappings.clinical.anatomy import plain, sites_in
from fhir_mappings.clinical.doubts import TURNED
from fhir_mappings.clinical.records import DiagnosisRecord, Link
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Coding, Concept, Named, texts_of
from fhir_mappings.text_forms import search_words
from fhir_mappings.text_forms.denials import denial
from policies.kinds.disease import DIAGNOSIS, DISEASE_EXTENT
from policies.kinds.her2 import HER2_IHC
from policies.model.fact_kinds import Kind
from policies.terminology.value_sets import CodeSet, Member

_ICD10, _SNOMED = "ICD10CM", "SNOMED"
ANOTHER_CANCER = "another cancer"
"""What a code means that hints at the disease by its place and is a cancer of another kind."""
PRIMARY_CODE = re.compile(r"C(?!77|78|79|44|7B)[0-9][0-9A-Z]", re.IGNORECASE)
CANCER_WORD = re.compile(
    r"carcinoma|malignan|cancer|lymphoma|leuk[a]?emia|melanoma|sarcoma|myeloma|glioma", re.IGNORECASE
)
HISTORY_CODE = re.compile(r"Z85(?!\.?828)", re.IGNORECASE)
_SECONDARY_CODE = re.compile(r"C(?:77|78|79|7B)", re.IGNORECASE)
_SECONDARY_WORD = re.compile(r"secondary|metasta", re.IGNORECASE)
NOT_A_PRIMARY = re.compile(
    r"secondary|metasta|history|screening|risk|suspected|in situ|benign|hereditary|syndrome|basal cell|fear of|"
    r"smou?ldering|indolent|asymptomatic|carcinomatosis",
    re.IGNORECASE,
)
_OTHER_REASON = re.compile(r"(?!Z|R|C77|C78|C79|C7B)[A-Z]", re.IGNORECASE)
_OF_TREATMENT = re.compile(
    r"therap|treat|chemo|adjuvant|palliat|induction|maintenance|regimen|procedure", re.IGNORECASE
)
OTHER_NAMES = ((DISEASE_EXTENT, "recurrent"), (HER2_IHC, "supports"))
"""Facts whose value sets name the disease of the policy in other words."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A diagnosis whose code is in a value set."""

    condition: DiagnosisRecord
    coding: Coding
    member: Member


@dataclass(slots=True)
class Diagnoses:
    """The patient's own diagnoses of the disease, by what they say of it, and other cancers on file."""

    proven: list[Diagnosis] = field(default_factory=list)
    over: list[Diagnosis] = field(default_factory=list)
    considered: list[Diagnosis] = field(default_factory=list)
    refuted: list[Diagnosis] = field(default_factory=list)
    other_cancers: list[DiagnosisRecord] = field(default_factory=list)


class Tie(Enum):
    """Whether a finding belongs to the disease of the policy."""

    OWN = "own"
    OTHER = "other"
    OPEN = "open"


@once
def diagnoses(reading: Reading) -> Diagnoses:
    """Sort the diagnoses on file by what they say of the policy's disease."""
    found = Diagnoses()
    for condition in admitted(reading).diagnoses:
        hit = find(condition.code, reading.disease)
        if hit is not None:
            _sort(found, Diagnosis(condition, *hit))
        elif condition.standing in (Standing.PROVES, Standing.HINTS) and is_other_cancer(reading, condition.code):
            found.other_cancers.append(condition)
    # Another cancer makes a finding less sure: one that is doubted itself may be there all the same.
    turned = (one for one in admitted(reading).on_file.diagnoses if one.doubts and one.doubts <= TURNED)
    found.other_cancers += [one for one in turned if is_other_cancer(reading, one.code)]
    return found


def _sort(found: Diagnoses, diagnosis: Diagnosis) -> None:
    match diagnosis.condition.standing:
        case Standing.PROVES:
            (found.over if diagnosis.condition.is_over else found.proven).append(diagnosis)
        case Standing.REFUTES:
            found.refuted.append(diagnosis)
        case Standing.HINTS:
            found.considered.append(diagnosis)
        case _:
            pass


def is_other_cancer(reading: Reading, concept: Concept | None) -> bool:
    """Whether a concept is a primary cancer of another kind, or a history of one.

    Text may say so, since it only makes us ask. A code of the same ICD-10 category is a form of the same disease.
    """
    return concept is not None and _is_other_cancer(reading, (concept.coding, concept.text))


@known_to_policy(texts_of)
def _is_other_cancer(reading: Reading, named: Named) -> bool:
    concept = Concept(*named)
    if find(concept, reading.disease) is not None or _names_disease(reading, concept):
        return False
    if _relates(reading, concept, DISEASE_EXTENT, "secondary"):
        return False
    hint = _hint(reading, concept)
    if hint is not None:
        return hint.means == ANOTHER_CANCER
    codes = icd10_codes(reading, concept)
    if codes:
        own = _icd10_categories(reading.disease)
        foreign = [code for code in codes if code[:3].upper() not in own]
        return any(PRIMARY_CODE.match(code) or HISTORY_CODE.match(code) for code in foreign)
    words = " ".join(concept.words)
    return bool(CANCER_WORD.search(words)) and not NOT_A_PRIMARY.search(words) and not _says_disease(reading, words)


def icd10_codes(reading: Reading, concept: Concept) -> tuple[str, ...]:
    """Return the ICD-10 codes of a concept, under whichever address its system comes."""
    return _codes_of(reading, concept, _ICD10)


def _codes_of(reading: Reading, concept: Concept, system: str) -> tuple[str, ...]:
    known = reading.terminology.systems[system]
    addresses = (known.uri, *known.also)
    return tuple([coding.code for coding in concept.coding if coding.code and coding.system in addresses])


@lru_cache(maxsize=64)
def _icd10_categories(codes: CodeSet) -> frozenset[str]:
    """Return the ICD-10 categories of a value set; worked out once for each value set on file."""
    return frozenset(member.code[:3] for member in codes.members if member.system.name == _ICD10)


def _says_disease(reading: Reading, words: str) -> bool:
    """Whether words name the disease, and no other organ or kind: no proof, and no other cancer."""
    if reading.disease.title.lower() in words.lower():
        return True
    name, primary = reading.policy.disease, sites_in(reading.disease.title)
    spoken = search_words.is_searched(name) and search_words.names(name, words)
    return spoken and sites_in(words) <= primary and not denial("another_kind").search(plain(words))


def _names_disease(reading: Reading, concept: Concept) -> bool:
    """Whether a concept is the disease by another name: its recurrence, or its HER2 status."""
    return any(_relates(reading, concept, *related) for related in OTHER_NAMES)


def _hint(reading: Reading, concept: Concept) -> Member | None:
    """Return what a concept hints at the disease by: history of it, a forerunner, metastasis to its organ."""
    return _member(reading, concept, DIAGNOSIS, "suggests")


def _relates(reading: Reading, concept: Concept, kind: Kind, parameter: str) -> bool:
    return _member(reading, concept, kind, parameter) is not None


def _member(reading: Reading, concept: Concept, kind: Kind, parameter: str) -> Member | None:
    fact = reading.policy.fact_of_kind(kind)
    hit = find(concept, reading.codes_of(fact, parameter)) if fact is not None else None
    return hit[1] if hit is not None else None


def tie_of_reasons(reading: Reading, reasons: tuple[Concept, ...]) -> Tie | None:
    """Read whose a treatment is from its coded reasons; None if they do not say (chemotherapy, say)."""
    if any(find(reason, reading.disease) is not None or _names_disease(reading, reason) for reason in reasons):
        return Tie.OWN
    others = [reason for reason in reasons if is_other_cancer(reading, reason)]
    if any(reason.coding for reason in others):
        return Tie.OTHER
    return Tie.OPEN if others or any(_may_be_other(reading, reason) for reason in reasons) else None


def _may_be_other(reading: Reading, reason: Concept) -> bool:
    """Whether a reason is coded as something that is not the disease, a metastasis, or the treatment itself."""
    if _is_secondary(reading, reason) or _relates(reading, reason, DISEASE_EXTENT, "secondary"):
        return False
    if _is_intent(reading, reason):
        return False
    if any(_OTHER_REASON.match(code) for code in icd10_codes(reading, reason)):
        return True
    return bool(_codes_of(reading, reason, _SNOMED)) and not _OF_TREATMENT.search(" ".join(reason.words))


def _is_intent(reading: Reading, reason: Concept) -> bool:
    """Whether a reason is the coded setting of a treatment (adjuvant, say), which says nothing of whose it is."""
    name = reading.policy.figures.lines.intents
    return bool(name) and find(reason, reading.codes(name)) is not None


def _is_secondary(reading: Reading, concept: Concept) -> bool:
    """Whether a concept is a metastasis: it belongs to some primary cancer and does not say to which."""
    coded = any(_SECONDARY_CODE.match(code) for code in icd10_codes(reading, concept))
    return coded or bool(_SECONDARY_WORD.search(" ".join(concept.words)))


def tie(reading: Reading, named: tuple[Link, ...]) -> Tie:
    """Which cancer a finding belongs to: by the Condition it names, else by whether one cancer is on file or several.

    A Condition that is named and cannot be found leaves it open.
    """
    of_named = named_tie(reading, named)
    known = diagnoses(reading)
    return of_named or (Tie.OWN if (known.proven or known.over) and not known.other_cancers else Tie.OPEN)


def named_tie(reading: Reading, named: tuple[Link, ...]) -> Tie | None:
    """Read what the Conditions say that a finding names; None if it names none, or just a metastasis."""
    ties = [_tie_of(reading, one) for one in named]
    return next((clear for clear in (Tie.OWN, Tie.OTHER, Tie.OPEN) if clear in ties), None)


def _tie_of(reading: Reading, named: Link) -> Tie | None:
    """Read what one link says; None if it is to no Condition, or to a metastasis."""
    target = linked(reading, named)
    if target is None:
        return Tie.OPEN if named.may_be_diagnosis else None
    if target.kind != "Condition":
        return None
    code = target.code or Concept()
    if target.doubts:
        return Tie.OPEN
    if find(code, reading.disease) is not None or _names_disease(reading, code):
        return Tie.OWN if target.standing is Standing.PROVES else Tie.OPEN
    if _hint(reading, code) is not None or _says_disease(reading, " ".join(code.words)):
        return Tie.OPEN
    return None if _is_secondary(reading, code) else Tie.OTHER
