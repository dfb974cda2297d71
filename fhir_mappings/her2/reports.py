"""Reports that name a HER2 test, in code or words: whatever they say, they are possible evidence and never decide."""

import re
from collections.abc import Callable

from fhir_mappings.chart.concept_match import find, shown
from fhir_mappings.chart.document_records import documents
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import span
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.disease.text_mentions import Look, confirming, mentions
from fhir_mappings.her2.consensus import POSITIVE, Settled
from fhir_mappings.her2.results import IHC, ISH, REFUSED, method_of
from fhir_mappings.her2.untested_evidence import NOT_POSITIVE, copy_numbers, statements
from fhir_mappings.text_forms.her2_names import may_say_less, may_say_more
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note

_POSITIVE = frozenset({POSITIVE})
_HER2 = re.compile(r"\b(?:c-?)?(?:her|erb-?b)[-\s]?2", re.IGNORECASE)
_STAINED = re.compile(r"\bIHC\b|immuno|(?<![0-9])[0-3]\s*\+", re.IGNORECASE)
_HYBRIDIZED = re.compile(r"\b[FCSD]*ISH\b|hybridi[sz]|amplif|\bratio\b|\bcopies\b", re.IGNORECASE)


def unproven(reading: Reading, fact: Fact, seen: tuple[Evidence, ...], methods: frozenset[str]) -> Finding:
    """Return the finding where no result decides: what was seen, and reports, diagnoses and words that name HER2."""
    copied = copy_numbers(reading, fact) if ISH in methods else ()
    concluded = _concluded(reading, fact)
    possible = (*seen, *copied, *reports(reading, fact, methods), *statements(reading, fact), *concluded)
    note = Note("her2.supports", found=possible) if possible else ""
    return confirming(reading, note, possible, Look(_names(methods), besides=_refused(reading, fact)))


def _names(methods: frozenset[str]) -> Callable[[str], bool]:
    """Return what finds whether a sentence names HER2, and not the other test alone."""
    other = _HYBRIDIZED if IHC in methods else _STAINED
    own = _STAINED if IHC in methods else _HYBRIDIZED
    return lambda sentence: bool(_HER2.search(sentence)) and bool(own.search(sentence) or not other.search(sentence))


def saying_less(reading: Reading, fact: Fact, settled: Settled) -> tuple[Evidence, ...]:
    """Return the newer reports, documents, diagnoses and results by which HER2 is not positive (readings 4 and 20)."""
    refused = _refused(reading, fact)
    named = mentions(reading, Look(may_say_less, conditions=True))
    stated = statements(reading, fact, NOT_POSITIVE)
    coded = _concluded(reading, fact, NOT_POSITIVE)
    reports = (one for one in dict.fromkeys((*stated, *coded, *named)) if one.reference not in refused)
    dated = ((one, span(one.date)) for one in reports)
    known = ((one, when) for one, when in dated if when is not None and when.first <= reading.as_of)
    return tuple(one for one, when in known if not settled.is_as_new_as(when))


def saying_more(reading: Reading, fact: Fact, methods: frozenset[str]) -> tuple[Evidence, ...]:
    """Return the reports, documents and diagnoses by which HER2 may be more than a result that is not positive.

    Reading 1: a negative stain is negative unless anything on file may say otherwise, a mention too.
    """
    names, refused = _names(methods), _refused(reading, fact)
    reports = mentions(reading, Look(lambda sentence: names(sentence) and may_say_more(sentence), conditions=True))
    coded = _concluded(reading, fact, _POSITIVE)
    return tuple(one for one in dict.fromkeys((*coded, *reports)) if one.reference not in refused)


def _concluded(reading: Reading, fact: Fact, meaning: frozenset[str] | None = None) -> tuple[Evidence, ...]:
    """Return the reports whose coded conclusion states a HER2 status, or one of these, as possible evidence."""
    found: list[Evidence] = []
    for document in documents(reading):
        for concept in document.conclusions if document.standing is Standing.HINTS else ():
            hit = find(concept, reading.codes_of(fact, "supports"))
            if hit is not None and (meaning is None or hit[1].means in meaning):
                found.append(shows(document, shown(concept, hit[1].display), hit[0], Role.POSSIBLE))
    return tuple(found)


def _refused(reading: Reading, fact: Fact) -> frozenset[str]:
    """Return the reports whose code says that they are not about the HER2 status of tissue."""
    tests = reading.codes_of(fact, "tests")
    hits = ((document.reference, find(document.code, tests)) for document in documents(reading))
    return frozenset(name for name, hit in hits if hit is not None and hit[1].means in REFUSED)


def reports(reading: Reading, fact: Fact, methods: frozenset[str]) -> tuple[Evidence, ...]:
    """Return the reports and documents of a HER2 test by one of these methods, as possible evidence."""
    tests = reading.codes_of(fact, "tests")
    hits = (
        (document, hit)
        for document in documents(reading)
        if document.standing is Standing.HINTS and (hit := find(document.code, tests)) is not None
    )
    return tuple(
        shows(document, Note("her2.report", name=shown(document.code, hit[1].display)), hit[0], Role.POSSIBLE)
        for document, hit in hits
        if hit[1].means not in REFUSED and method_of(hit[1].means) in methods
    )
