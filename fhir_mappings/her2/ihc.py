"""The HER2 score by immunohistochemistry."""

from collections.abc import Iterable
from dataclasses import dataclass

from fhir_mappings.evidence import as_role, listed, shows
from fhir_mappings.her2.ish import ish_settled
from fhir_mappings.her2.settling import EQUIVOCAL, NEGATIVE, POSITIVE, Outcome, Settled, settle
from fhir_mappings.her2.statements import statements
from fhir_mappings.her2.tests import IHC, OVERALL, Piece, pieces
from fhir_mappings.her2.words import UNSETTLED, is_range, said, scores_in, texts
from fhir_mappings.matching import meanings
from fhir_mappings.reading import Reading
from policies.findings import Evidence, Finding, Role
from policies.model import Fact
from policies.tables import Definition

_SCORE_UNITS = frozenset({"{score}", "score"})
_EQUIVOCAL_SCORE = "2+"


@dataclass(frozen=True, slots=True)
class _Score:
    """What an IHC value states: its scores, and its words."""

    scores: frozenset[str]
    words: frozenset[str]


def her2_ihc(reading: Reading, fact: Fact) -> Finding:
    """Read the IHC score, wherever in the result it stands; a word without a score says less.

    A bare "negative" is negative, a bare "equivocal" is 2+; a bare "positive" supports and does not prove. A 3+
    beside a negative ISH is a conflict, and is asked here.
    """
    found = [
        (piece, _stated(reading, fact, piece)) for piece in pieces(reading, fact) if piece.method in (IHC, OVERALL)
    ]
    definition = reading.policy.figures.definitions[str(fact.parameters["definition"])]
    outcomes = [one for piece, score in found if (one := _outcome(reading, definition, piece, score)) is not None]
    settled = settle(outcomes)
    if settled is None:
        return _unproven(reading, fact, [piece for piece, _ in found])
    if settled.conflict:
        return _conflict(reading, "her2.conflict", settled.evidence)
    return _against_ish(reading, definition, settled)


def _against_ish(reading: Reading, definition: Definition, settled: Settled) -> Finding:
    other = ish_settled(reading)
    positive = definition.result_of_score(settled.value) == POSITIVE
    if positive and other is not None and other.value == NEGATIVE and not other.conflict:
        return _conflict(reading, "her2.ihc_against_ish", (*settled.evidence, *as_role(other.evidence, Role.AGAINST)))
    return Finding.known(settled.value, settled.evidence)


def _conflict(reading: Reading, key: str, evidence: tuple[Evidence, ...]) -> Finding:
    return Finding.conflicting(reading.say(key, found=listed(evidence)), evidence)


def _stated(reading: Reading, fact: Fact, piece: Piece) -> _Score:
    value = piece.value
    coded = meanings(value.value_codeable_concept, reading.codes_of(fact, "scores"))
    written: frozenset[str] = frozenset().union(*(scores_in(text) for text in texts(value)))
    return _Score(coded | written | _counted(piece), said(value, reading.codes_of(fact, "words")))


def _counted(piece: Piece) -> frozenset[str]:
    """Return the score of a bare number: an integer under an IHC code, or a quantity whose unit is a score."""
    number = piece.value.value_integer if piece.means == IHC else None
    quantity = piece.value.value_quantity
    if quantity is not None and quantity.value is not None and (quantity.code or quantity.unit) in _SCORE_UNITS:
        number = int(quantity.value) if quantity.value == int(quantity.value) and not quantity.comparator else None
    return (
        frozenset({str(number) if number == 0 else f"{number}+"})
        if number is not None and 0 <= number <= 3
        else frozenset()
    )


def _outcome(reading: Reading, definition: Definition, piece: Piece, score: _Score) -> Outcome | None:
    """Return what one value comes to; None if it states no score, and no word that the payer takes as a result."""
    if any(is_range(text) for text in texts(piece.value)):
        return None
    if not score.scores:
        return _of_words(reading, piece, score.words) if piece.method == IHC else None
    value = max(score.scores)
    kind = definition.result_of_score(value)
    torn = len(score.scores) > 1 or any(word != kind for word in score.words)
    return Outcome(kind, value, piece.when, (_evidence(reading, piece, "/".join(sorted(score.scores))),), torn)


def _of_words(reading: Reading, piece: Piece, words: frozenset[str]) -> Outcome | None:
    if words == {NEGATIVE}:
        return Outcome(NEGATIVE, NEGATIVE, piece.when, (_evidence(reading, piece, NEGATIVE),))
    if words == {EQUIVOCAL}:
        return Outcome(EQUIVOCAL, _EQUIVOCAL_SCORE, piece.when, (_evidence(reading, piece, EQUIVOCAL),))
    if {POSITIVE, NEGATIVE} <= words and UNSETTLED not in words:
        return Outcome(POSITIVE, "", piece.when, (_evidence(reading, piece, "/".join(sorted(words))),), torn=True)
    return None


def _evidence(reading: Reading, piece: Piece, value: str, role: Role = Role.FOR) -> Evidence:
    return shows(piece.observation, reading.say("her2.ihc_evidence", value=value), piece.coding, role)


def _unproven(reading: Reading, fact: Fact, seen: Iterable[Piece]) -> Finding:
    """Show what supports without proving: a bare positive, an overall status, a diagnosis that states HER2."""
    shown = tuple(
        shows(
            one.observation,
            reading.say("her2.unscored", value=next(iter(texts(one.value)), "?")),
            one.coding,
            Role.POSSIBLE,
        )
        for one in seen
    )
    possible = (*shown, *statements(reading, fact))
    return (
        Finding.unknown(reading.say("her2.supports", found=listed(possible)), possible)
        if possible
        else reading.silence()
    )
