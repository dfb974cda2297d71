"""What speaks of a HER2 status without proving anything, for or against it (readings 2, 4 and 5).

Diagnoses that state it, copies of the gene, and an overall status without a method. Beside a settled result they are
shown; without one they are asked about.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.concept_match import find, shown
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.kept_records import names_gene
from fhir_mappings.chart.policy_chart import Reading, once_for_each
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.clinical.names import GENE
from fhir_mappings.clinical.records import DiagnosisRecord, ResultRecord
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Measurement
from fhir_mappings.her2.answers import answered
from fhir_mappings.her2.consensus import EQUIVOCAL, NEGATIVE, POSITIVE
from fhir_mappings.her2.results import OVERALL, pieces, written
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note, Series, together

_SYMBOL = "ERBB2"
_WITHDRAWN = frozenset({"cancelled", "entered-in-error"})
_COPIED = re.compile(
    r"copy[ _-]?number|\bcnv\b|amplif|duplicat|^82155-3$|^SO:000(?:1019|1742|1743)$",
    re.IGNORECASE,
)
"""What speaks of copies: in words, or by a code that bears none (LOINC, Sequence Ontology)."""
NOT_POSITIVE = frozenset({NEGATIVE, "low"})
"""What a diagnosis may state that speaks against a positive result."""
_OPPOSITE: Mapping[str, frozenset[str]] = MappingProxyType(
    {POSITIVE: NOT_POSITIVE, NEGATIVE: frozenset({POSITIVE}), EQUIVOCAL: frozenset()}
)


def copy_numbers(reading: Reading, fact: Fact) -> tuple[Evidence, ...]:
    """Return the results that speak of copies of the gene, as possible evidence, in the words that stand there.

    A gene that is only mutated is none of them: it says nothing of the tissue's HER2 status. One that is not final, or
    is no evidence for another reason, is shown with the reason.
    """
    tests = reading.codes_of(fact, "tests")
    return tuple(
        shows(one, _result_in_words(one, words), role=Role.POSSIBLE)
        for one in admitted(reading).on_file.results
        if one.status not in _WITHDRAWN
        and names_gene(part.concept for part in one.parts)
        and all(find(part.code, tests) is None for part in one.parts)
        and _speaks_of_copies(words := tuple(_words(one)))
    )


def _speaks_of_copies(words: tuple[str | Note, ...]) -> bool:
    """Return whether a result counts copies, or its words speak of them."""
    return any(isinstance(part, Note) or _COPIED.search(part) for part in words)


def _result_in_words(result: ResultRecord, words: tuple[str | Note, ...]) -> Note:
    """Return the words of a result, and why it is no evidence where there is more to say than that it is no test."""
    genomic = Note("her2.genomic", words=Series(words, "; "))
    doubts = set(result.doubts)
    if result.standing is not Standing.PROVES:
        doubts.add(Doubt.PRELIMINARY)
    why = tuple([Note(f"doubt.{doubt.value}") for doubt in Doubt if doubt in doubts])
    return Note("doubtful.evidence", what=genomic, why=Series(why)) if why else genomic


def _words(result: ResultRecord) -> Iterator[str | Note]:
    for part in result.parts:
        name = shown(part.code)
        number = part.quantity.value if part.quantity is not None else part.integer
        if number is not None and _COPIED.search(name):
            yield Note("her2.copy_number", number=str(number))
        elif words := _written(part):
            yield words


def _written(part: Measurement) -> str:
    """Return a value in words, the gene by its symbol where only its number in the list of genes is given."""
    value = part.concept
    words = part.text or shown(value)
    is_gene = value is not None and any(GENE.fullmatch(code) for code in value.codes)
    return f"{words} ({_SYMBOL})" if is_gene and _SYMBOL not in words else words


def statements(reading: Reading, fact: Fact, meaning: frozenset[str] | None = None) -> tuple[Evidence, ...]:
    """Return the diagnoses and findings that state a HER2 status, or one of these, as possible evidence."""
    stated = _stated(reading, str(fact.parameters["supports"]))
    return tuple([one for means, one in stated if meaning is None or means in meaning])


@once_for_each
def _stated(reading: Reading, name: str) -> tuple[tuple[str, Evidence], ...]:
    """Return what diagnoses, and findings that have no value, state by a code of a value set, with what it means."""
    found: list[tuple[str, Evidence]] = []
    codes = reading.codes(name)
    findings = (one for one in admitted(reading).results if len(one.parts) == 1 and not one.parts[0].has_value)
    records: Iterable[DiagnosisRecord | ResultRecord] = chain(admitted(reading).diagnoses, findings)
    for record in records:
        hit = find(record.code, codes)
        if hit is not None and record.standing is Standing.PROVES:
            seen = shows(record, shown(record.code, hit[1].display), hit[0], Role.POSSIBLE)
            found.append((hit[1].means or "", seen))
    return tuple(found)


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
