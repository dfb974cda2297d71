"""What stands beside a settled result and says otherwise without proving anything (readings 2 and 4).

An overall status without a method, or a diagnosis that states HER2, decides nothing; a clinician wants to see it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.her2.answers import answered
from fhir_mappings.her2.consensus import EQUIVOCAL, NEGATIVE, POSITIVE
from fhir_mappings.her2.results import OVERALL, pieces, written
from fhir_mappings.her2.supporting_evidence import statements
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note, together
from policies.model.policy import Fact

_OPPOSITE: Mapping[str, frozenset[str]] = MappingProxyType(
    {POSITIVE: frozenset({NEGATIVE, "low"}), NEGATIVE: frozenset({POSITIVE}), EQUIVOCAL: frozenset()}
)


def beside(reading: Reading, fact: Fact, kind: str, found: Finding) -> Finding:
    """Return a known finding of this kind with what speaks against it, as possible evidence; its value stands."""
    against = (*_overall(reading, fact, kind), *statements(reading, fact, _OPPOSITE[kind]))
    if not against:
        return found
    note = together(found.note, Note("her2.beside", found=against))
    return replace(found, evidence=(*found.evidence, *against), note=note)


def _overall(reading: Reading, fact: Fact, kind: str) -> Iterator[Evidence]:
    words = reading.codes_of(fact, "words")
    for piece in pieces(reading, fact):
        if piece.method == OVERALL and answered(piece.value, "", "", (words,)).words("") & _OPPOSITE[kind]:
            summary = Note("her2.overall_evidence", value=written(piece, words))
            yield shows(piece.observation, summary, piece.coding, Role.POSSIBLE)
