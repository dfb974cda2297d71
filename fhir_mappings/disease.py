"""The disease of the policy in the chart: its diagnoses, what only hints at it, and other cancers that confuse matters.

Readings 6, 7 and 9 of the payer (docs/readings.md).
"""

import re
from dataclasses import dataclass, field
from enum import Enum

from fhir_mappings.matching import find
from fhir_mappings.reading import Reading
from fhir_mappings.resources import CodeableConcept, Coding, Reference, Resource, extensions
from fhir_mappings.standing import Standing, standing
from policies.value_sets import Member

RELATED_PRIMARY = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-related-primary-cancer-condition"
_ICD10 = "icd-10-cm"
_PRIMARY_CODE = re.compile(r"C(?!77|78|79|44|7B)[0-9][0-9A-Z]", re.IGNORECASE)
_CANCER_WORD = re.compile(
    r"carcinoma|malignan|cancer|lymphoma|leuk[a]?emia|melanoma|sarcoma|myeloma|glioma", re.IGNORECASE
)
_NOT_A_PRIMARY = re.compile(
    r"secondary|metasta|history|screening|risk|suspected|in situ|benign|hereditary|syndrome|basal cell|fear of",
    re.IGNORECASE,
)
_OVER = frozenset({"resolved", "inactive"})
_KNOWN_VERIFICATION = frozenset(
    {"confirmed", "refuted", "unconfirmed", "provisional", "differential", "entered-in-error"}
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A Condition whose code is in a value set."""

    condition: Resource
    coding: Coding
    member: Member


@dataclass(slots=True)
class Diagnoses:
    """The patient's own diagnoses of the disease, by what they say of it, and other cancers on file."""

    proven: list[Diagnosis] = field(default_factory=list)
    over: list[Diagnosis] = field(default_factory=list)
    considered: list[Diagnosis] = field(default_factory=list)
    refuted: list[Diagnosis] = field(default_factory=list)
    other_cancers: list[Resource] = field(default_factory=list)


class Tie(Enum):
    """Whether a finding belongs to the disease of the policy."""

    OWN = "own"
    OTHER = "other"
    OPEN = "open"


def word(concept: CodeableConcept | None) -> str | None:
    """Return the code of a status concept in lower case; None if there is no concept, '?' if it has no code."""
    if concept is None:
        return None
    return next((coding.code.lower() for coding in concept.coding if coding.code), "?")


def verification(condition: Resource) -> Standing:
    """Tell what a Condition's verificationStatus says; an unreadable one is no more than a hint."""
    code = word(condition.verification_status)
    if code is not None and code not in _KNOWN_VERIFICATION:
        return Standing.HINTS
    return standing("Condition", code)


def is_over(condition: Resource) -> bool:
    """Tell whether a Condition is marked as resolved, inactive or abated: history, not a present diagnosis."""
    return word(condition.clinical_status) in _OVER or condition.abatement_date_time is not None


def diagnoses(reading: Reading) -> Diagnoses:
    """Sort the chart's Conditions by what they say of the policy's disease."""
    found = Diagnoses()
    for condition in reading.chart.conditions:
        hit = find(condition.code, reading.disease)
        if hit is not None:
            _sort(found, Diagnosis(condition, *hit))
        elif _is_other_cancer(condition):
            found.other_cancers.append(condition)
    return found


def _sort(found: Diagnoses, diagnosis: Diagnosis) -> None:
    match verification(diagnosis.condition):
        case Standing.PROVES:
            (found.over if is_over(diagnosis.condition) else found.proven).append(diagnosis)
        case Standing.REFUTES:
            found.refuted.append(diagnosis)
        case Standing.HINTS:
            found.considered.append(diagnosis)
        case _:
            pass


def _is_other_cancer(condition: Resource) -> bool:
    """Tell whether a Condition is a primary cancer of another kind; text may say so, since it only makes us ask."""
    if condition.code is None or verification(condition) in (Standing.NOTHING, Standing.REFUTES):
        return False
    codes = [coding for coding in condition.code.coding if _ICD10 in (coding.system or "")]
    if codes:
        return any(_PRIMARY_CODE.match(coding.code or "") for coding in codes)
    words = " ".join(condition.code.words)
    return bool(_CANCER_WORD.search(words)) and not _NOT_A_PRIMARY.search(words)


def tie(reading: Reading, named: tuple[Reference, ...]) -> Tie:
    """Tell whose a finding is: by the Condition that it names, else by there being one cancer on file, or several."""
    known = reading.once(diagnoses)
    own = {id(diagnosis.condition) for diagnosis in (*known.proven, *known.over)}
    targets = [target for one in named if (target := reading.chart.resolve(one)) is not None]
    conditions = [target for target in targets if target.resource_type == "Condition"]
    if any(id(condition) in own for condition in conditions):
        return Tie.OWN
    if conditions:
        return Tie.OTHER
    return Tie.OWN if own and not known.other_cancers else Tie.OPEN


def primary_of(condition: Resource) -> tuple[Reference, ...]:
    """Return the primary cancer that a secondary one names (mCODE)."""
    found = extensions(condition.extension, RELATED_PRIMARY)
    return tuple(one.value_reference for one in found if one.value_reference is not None)
