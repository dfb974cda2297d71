"""The HER2 score by immunohistochemistry."""

from collections.abc import Iterable
from dataclasses import replace

from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.her2.consensus import NEGATIVE, POSITIVE, Settled
from fhir_mappings.her2.ihc_results import METHODS, Stained, ihc_settled, score_evidence, stains
from fhir_mappings.her2.ish_results import ish_settled
from fhir_mappings.her2.reports import saying_less, saying_more, unproven
from fhir_mappings.her2.results import Piece, pieces, written
from fhir_mappings.her2.untested_evidence import beside
from fhir_mappings.text_forms.her2_names import may_be_positive
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note, together


def her2_ihc(reading: Reading, fact: Fact) -> Finding:
    """Read the IHC score, wherever in the result it stands; a word without a score says less.

    A bare "negative" is negative, a bare "equivocal" is 2+; a bare "positive" supports and does not prove, but it
    contradicts another result that is not positive. So does a text that is not understood and may be positive; any
    other, and one that is newer than a 3+, leaves the score unknown. A 3+ beside a negative ISH is a conflict.
    """
    settled = ihc_settled(reading)
    if settled is None:
        return _unproven(reading, fact, pieces(reading, fact))
    if settled.conflict:
        return _conflict("her2.conflict", settled.evidence)
    kind = reading.policy.figures.definitions[str(fact.parameters["definition"])].result_of_score(settled.value)
    doubts = [one for one in stains(reading, fact) if _is_doubt(one, kind, settled)]
    if not doubts:
        others = saying_less(reading, fact, settled) if kind == POSITIVE else saying_more(reading, fact, METHODS)
        return left_open(settled, others) if others else _against_ish(reading, fact, kind, settled)
    shown = tuple(score_evidence(one.piece, _written(reading, fact, one.piece)) for one in doubts)
    if kind != POSITIVE and any(_reaches_three(reading, fact, one) for one in doubts):
        return _conflict("her2.conflict", (*settled.evidence, *shown))
    return left_open(settled, shown)


def left_open(settled: Settled, beside_it: tuple[Evidence, ...]) -> Finding:
    """Return a result as unknown, with what leaves it open."""
    seen = as_role((*settled.evidence, *beside_it), Role.POSSIBLE)
    return Finding.unknown(Note("her2.unread_beside", found=seen), seen)


def _is_doubt(one: Stained, kind: str, settled: Settled) -> bool:
    """Whether a result that decides nothing leaves the score open.

    Beside a 3+ only if it may be newer, or if it is another part of the very record: words there may take it back.
    """
    if kind != POSITIVE:
        return one.may_be_positive or one.is_unread
    is_its_own = one.piece.observation.reference in {item.reference for item in settled.evidence}
    stated = one.answer.stated
    if is_its_own and one.outcome is None and (stated.numbers or NEGATIVE in stated.hybridized):
        return True  # an amplification in numbers, or one that is denied, which nothing under the code of a stain reads
    return one.is_unread and (is_its_own or not settled.is_as_new_as(one.piece.when))


def _reaches_three(reading: Reading, fact: Fact, one: Stained) -> bool:
    return one.may_be_positive or may_be_positive(_written(reading, fact, one.piece))


def _written(reading: Reading, fact: Fact, piece: Piece) -> str:
    return written(piece, reading.codes_of(fact, "words"))


def _against_ish(reading: Reading, fact: Fact, kind: str, settled: Settled) -> Finding:
    """Hold a score against the ISH: a 3+ is opposed by a negative one, but by one that is surely older (reading 4)."""
    other = ish_settled(reading)
    opposed = kind == POSITIVE and other is not None and NEGATIVE in other.kinds and other.value != POSITIVE
    if other is not None and opposed and not (other.value == NEGATIVE and settled.is_newer_than(other)):
        return _conflict("her2.ihc_against_ish", (*settled.evidence, *as_role(other.evidence, Role.AGAINST)))
    older = (*settled.older, *(other.evidence if other is not None and opposed else ()))
    note = Note("her2.ihc_negative", found=settled.evidence) if kind == NEGATIVE else ""
    found = with_older(Finding.known(settled.value, settled.evidence, note), older)
    return beside(reading, fact, kind, found) if kind == POSITIVE else found


def with_older(found: Finding, older: tuple[Evidence, ...]) -> Finding:
    """Return a finding with the older results that it stands against, as possible evidence."""
    if not older:
        return found
    shown = as_role(older, Role.POSSIBLE)
    note = together(found.note, Note("her2.older", found=shown))
    return replace(found, evidence=(*found.evidence, *shown), note=note)


def _conflict(key: str, evidence: tuple[Evidence, ...]) -> Finding:
    return Finding.conflicting(Note(key, found=evidence), evidence)


def _unproven(reading: Reading, fact: Fact, seen: Iterable[Piece]) -> Finding:
    """Show what supports without proving: a bare positive, an overall status, a diagnosis that states HER2."""
    shown = tuple(
        shows(one.observation, Note("her2.unscored", value=_written(reading, fact, one)), one.coding, Role.POSSIBLE)
        for one in seen
        if one.method in METHODS
    )
    return unproven(reading, fact, shown, METHODS)
