"""The HER2 result by in situ hybridization.

A negative stain alone is negative: the payer's document says "negative if a single test (or both) shows it", and no
laboratory adds a hybridization to 0 or 1+ (reading 1). Whatever on file may say otherwise keeps the ISH open.
"""

import re

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.concept_match import find
from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.her2.consensus import NEGATIVE, POSITIVE, Settled
from fhir_mappings.her2.ihc import left_open, with_older
from fhir_mappings.her2.ihc_results import ihc_settled, stains
from fhir_mappings.her2.ish_results import ish_evidence, ish_settled, ish_tests
from fhir_mappings.her2.reports import saying_less, unproven
from fhir_mappings.her2.results import IHC, ISH, OVERALL, TORN, method_of, pieces
from fhir_mappings.her2.untested_evidence import beside
from fhir_mappings.text_forms.her2_names import names_her2
from policies.kinds.her2 import HER2_IHC
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note

NEGATIVE_ALONE = "her2.negative_alone"
"""The note of a result that nobody made: that the stain alone is negative."""
_METHODS = frozenset({ISH, OVERALL, TORN})
_TYPED = re.compile(r"([A-Z][A-Za-z]+)[/?]")
_TELLING = frozenset({"Observation", "DiagnosticReport", "DocumentReference"})


def her2_ish(reading: Reading, fact: Fact) -> Finding:
    """Read the ISH result: ratio and copies by the payer's rows, else the word as the laboratory reported it.

    A number that contradicts its own word, and results that contradict each other, are conflicts. A test that is not
    understood, and may be newer, leaves the result unknown. Without any trace of a test a negative stain is enough.
    """
    settled = ish_settled(reading)
    if settled is None:
        open_ = _unproven(reading, fact)
        return _negative_by_stain(reading, fact, open_)
    if settled.conflict:
        return Finding.conflicting(Note("her2.conflict", found=settled.evidence), settled.evidence)
    if unread := _unread(reading, fact, settled):
        seen = as_role((*settled.evidence, *unread), Role.POSSIBLE)
        return Finding.unknown(Note("her2.unread_beside", found=seen), seen)
    if settled.value == POSITIVE and (others := saying_less(reading, fact, settled)):
        return left_open(settled, others)
    note = Note("her2.ish_negative", found=settled.evidence) if settled.value == NEGATIVE else ""
    found = with_older(Finding.known(settled.value, settled.evidence, note), settled.older)
    return beside(reading, fact, settled.value, found)


def _unread(reading: Reading, fact: Fact, settled: Settled) -> tuple[Evidence, ...]:
    """Return the values of tests that are not understood: beside a positive one only if they may be newer."""
    tests = (one for one in ish_tests(reading, fact) if one.is_unread)
    open_ = (one for one in tests if settled.value != POSITIVE or not settled.is_as_new_as(one.when))
    return tuple(ish_evidence(reading, fact, value.piece) for test in open_ for value in test.values)


def _unproven(reading: Reading, fact: Fact) -> Finding:
    seen = (one for one in pieces(reading, fact) if one.method in _METHODS)
    shown = tuple(ish_evidence(reading, fact, one, Role.POSSIBLE) for one in seen)
    return unproven(reading, fact, shown, _METHODS)


def _negative_by_stain(reading: Reading, fact: Fact, unproven: Finding) -> Finding:
    """Return what a negative stain makes of an ISH that nobody speaks of; else the finding as it is.

    `unproven` is what the chart holds of an ISH without proof: with any evidence in it the ISH stays open.
    """
    settled = ihc_settled(reading)
    stain = reading.policy.fact_of_kind(HER2_IHC)
    if settled is None or settled.conflict or stain is None or unproven.evidence or _may_lack(reading):
        return unproven
    if settled.kinds != {NEGATIVE} or _is_spoken_of(reading, fact, stain):
        return unproven
    return Finding.known(NEGATIVE, settled.evidence, Note(NEGATIVE_ALONE, found=settled.evidence))


def _may_lack(reading: Reading) -> bool:
    """Whether a result or a report could not be read or had, so that it may be of HER2."""
    return any(not (typed := _TYPED.match(one.reference)) or typed[1] in _TELLING for one in reading.chart.unreadable)


def _is_spoken_of(reading: Reading, fact: Fact, stain: Fact) -> bool:
    """Whether some result may say otherwise: an ISH of any status, a text that names one, or an unread stain."""
    tests = reading.codes_of(fact, "tests")
    for observation in admitted(reading).on_file.results:
        for value in observation.parts:
            hit = find(value.code, tests)
            words = value.code.words if value is observation.whole and value.code is not None else ()
            if method_of(hit[1].means) != IHC if hit is not None else any(names_her2(word) for word in words):
                return True
    return any(
        one.is_unread or one.may_be_positive or one.outcome is None or ISH in one.answer.stated.mentions
        for one in stains(reading, stain)
    )
