"""What the status of a resource says: the one table of which statuses count, per type.

Figures: the payer's readings 4, 6 and 11 (docs/readings.md). Whatever is not in the table counts as nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType

from fhir_mappings.clinical.standing import Standing


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


def standing(kind: str, status: str | None) -> Standing:
    """Look a status up; an unlisted one, and an absent one but for a Condition's, says nothing."""
    if kind == "Condition" and status is None:
        status = "(none)"
    return STANDING.get((kind, status or ""), Standing.NOTHING)
