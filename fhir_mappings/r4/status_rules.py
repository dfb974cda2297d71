"""What the status of a resource says: the one table of which statuses count, per type.

Figures: the payer's readings 4, 6 and 11 (docs/readings.md). Whatever is not in the table counts as nothing.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Concept
from fhir_mappings.r4.resources import Resource


def _table(drawing: str) -> Mapping[tuple[str, str], Standing]:
    rows = (line.split() for line in drawing.strip().splitlines())
    return MappingProxyType({(kind, status): Standing[word] for kind, status, word in rows})


STANDING = _table(
    """
    MedicationAdministration  in-progress   PROVES
    MedicationAdministration  completed     PROVES
    MedicationAdministration  stopped       PROVES
    MedicationAdministration  on-hold       PROBABLE
    MedicationAdministration  unknown       PROBABLE
    MedicationDispense        completed     PROVES
    MedicationDispense        in-progress   PROBABLE
    MedicationDispense        stopped       PROBABLE
    MedicationDispense        unknown       PROBABLE
    MedicationStatement       active        PROVES
    MedicationStatement       completed     PROVES
    MedicationStatement       stopped       PROVES
    MedicationStatement       on-hold       PROBABLE
    MedicationStatement       unknown       PROBABLE
    MedicationRequest         completed     WEAKLY
    MedicationRequest         active        PROBABLE
    MedicationRequest         on-hold       PROBABLE
    MedicationRequest         stopped       PROBABLE
    Procedure                 completed     PROVES
    Procedure                 in-progress   PROBABLE
    Procedure                 stopped       PROBABLE
    Immunization              completed     PROVES
    Claim                     active        PROVES
    ExplanationOfBenefit      active        PROVES
    Observation               final         PROVES
    Observation               amended       PROVES
    Observation               corrected     PROVES
    DiagnosticReport          final         HINTS
    DiagnosticReport          amended       HINTS
    DiagnosticReport          corrected     HINTS
    DiagnosticReport          appended      HINTS
    DocumentReference         current       HINTS
    ImagingStudy              available     HINTS
    CarePlan                  active        HINTS
    CarePlan                  completed     HINTS
    CarePlan                  on-hold       HINTS
    CarePlan                  revoked       HINTS
    Condition                 confirmed     PROVES
    Condition                 (none)        PROVES
    Condition                 refuted       REFUTES
    Condition                 unconfirmed   HINTS
    Condition                 provisional   HINTS
    Condition                 differential  HINTS
    """
)
"""(resource type, status) to what it says; for a Condition the status is its verificationStatus."""

NOT_ORDERS = frozenset({"proposal", "plan", "option"})
"""Intents of a request that asks nobody to do anything yet: whatever its status, nothing was given."""
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "active": r"active|activ[oa]",
        "inactive": r"inactive|inactiv[oa]",
        "resolved": r"resolved|resuelt[oa]",
        "remission": r"remission|remisi[oó]n",
        "relapse": r"relapse|reca[ií]da",
        "recurrence": r"recurrence|recurrencia|recidiva",
        "confirmed": r"confirmed|confirmad[oa]",
        "unconfirmed": r"unconfirmed|not confirmed|no confirmad[oa]",
        "refuted": r"refuted|rule[sd]?[ -]?out|r/o|refutad[oa]|descarta(?:d[oa]|r)",
        "provisional": r"provisional|suspected|possible|sospech\w+",
        "differential": r"differential|diferencial",
        "entered-in-error": r"(?:entered[ -]in[ -])?error",
    }
)
_NAMED = re.compile(
    "|".join(f"(?P<n{at}>\\b(?:{words})\\b)" for at, words in enumerate(_WORDS.values())), re.IGNORECASE
)
_KEYS = tuple(_WORDS)
STATUSES = frozenset(_WORDS)
"""The codes of both that FHIR defines, in lower case."""
_CLINICAL = frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"})
_NOT_CONFIRMED = re.compile(r"\b(?:not|no)\s+confirm", re.IGNORECASE)
_NO_END = frozenset({b"", b"false", b"null"})
_OVER = frozenset({"resolved", "inactive"})
_KNOWN_VERIFICATION = frozenset(
    {"confirmed", "refuted", "unconfirmed", "provisional", "differential", "entered-in-error"}
)


def standing(kind: str, status: str | None) -> Standing:
    """Look a status up; an unlisted one, and an absent one but for a Condition's, says nothing."""
    if kind == "Condition" and status is None:
        status = "(none)"
    return STANDING.get((kind, status or ""), Standing.NOTHING)


def standing_of(resource: Resource) -> Standing:
    """Return what the status of a resource makes of it; of a Condition that is its verification status."""
    if resource.resource_type == "Condition":
        return verification(resource)
    return standing(resource.resource_type, resource.status)


def word(concept: Concept | None) -> str | None:
    """Return the code of a status concept in lower case; None if there is no concept, '?' if it has no code.

    A code that FHIR defines goes before a local one, wherever it stands.
    """
    if concept is None:
        return None
    codes = [code.lower() for code in concept.codes]
    for code in codes:
        if code in STATUSES:
            return code
    return codes[0] if codes else "?"


def verification(condition: Resource) -> Standing:
    """Read what a Condition's verificationStatus says; an unreadable one is no more than a hint."""
    code = word(condition.verification_status)
    if code is not None and code not in _KNOWN_VERIFICATION:
        return Standing.HINTS
    return standing("Condition", code)


def is_over(condition: Resource, status: str | None) -> bool:
    """Whether a Condition is marked as resolved, inactive or abated: history, not a present diagnosis.

    `status` is the word of its clinical status.
    """
    ended = (
        condition.abatement_age,
        condition.abatement_boolean,
        condition.abatement_period,
        condition.abatement_range,
        condition.abatement_string,
    )
    said = not _NO_END.issuperset(map(bytes, ended))
    return status in _OVER or condition.abatement_date_time is not None or said


def disagrees(status: Concept | None) -> bool:
    """Return whether the codings of a status differ, or its words name another status than its code."""
    if status is None:
        return False
    codes = {coding.code.lower() for coding in status.coding if coding.code} & _WORDS.keys()
    named = {name for word in status.words for name in _named(word)}
    return len(codes) > 1 or bool(codes and named - codes)


def is_unclear(status: Concept | None) -> bool:
    """Return whether a clinical status is there without a code that FHIR knows: by text only, or by a local code."""
    return status is not None and not any((coding.code or "").lower() in _CLINICAL for coding in status.coding)


def _named(word: str) -> set[str]:
    if _NOT_CONFIRMED.search(word):
        return {"unconfirmed"}
    return {_KEYS[int(match.lastgroup[1:])] for match in _NAMED.finditer(word) if match.lastgroup}
