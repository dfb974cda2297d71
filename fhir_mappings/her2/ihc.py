"""The HER2 score by immunohistochemistry."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from fhir_mappings.chart.concept_match import meanings
from fhir_mappings.chart.evidence import as_role, listed, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.her2.consensus import EQUIVOCAL, NEGATIVE, POSITIVE, Outcome, Settled, settle
from fhir_mappings.her2.contrary_evidence import beside
from fhir_mappings.her2.ihc_doubts import is_unsure, of_her2, of_this_test
from fhir_mappings.her2.ish import ish_settled
from fhir_mappings.her2.reports import unproven
from fhir_mappings.her2.results import IHC, OVERALL, TORN, Piece, pieces, written
from fhir_mappings.her2.text_patterns import UNSETTLED, said, scores_in, texts
from policies.model.figures import Definition
from policies.model.findings import Evidence, Finding, Role
from policies.model.policy import Fact

_SCORE_UNITS = frozenset({"{score}", "score", "+", "{+}"})
_EQUIVOCAL_SCORE = "2+"
_LOW = re.compile(r"\b(?:ultra-?)?low\b", re.IGNORECASE)
"""HER2-low and ultralow: less than positive."""
_METHODS = frozenset({IHC, OVERALL, TORN})


@dataclass(frozen=True, slots=True)
class _Score:
    """What an IHC value states: its scores, its words, and whether something in it speaks against a 3+."""

    scores: frozenset[str]
    words: frozenset[str]
    against: bool = False


def her2_ihc(reading: Reading, fact: Fact) -> Finding:
    """Read the IHC score, wherever in the result it stands; a word without a score says less.

    A bare "negative" is negative, a bare "equivocal" is 2+; a bare "positive" supports and does not prove, but it
    contradicts another result that is not positive. A 3+ beside a negative ISH is a conflict, and is asked here.
    """
    seen = [piece for piece in pieces(reading, fact) if piece.method in _METHODS]
    found = [(piece, _stated(reading, fact, piece)) for piece in seen if piece.method != TORN and piece.own]
    definition = reading.policy.figures.definitions[str(fact.parameters["definition"])]
    outcomes = [one for piece, score in found if (one := _outcome(reading, definition, piece, score)) is not None]
    settled = settle(outcomes)
    vague = [piece for piece, score in found if _is_vague(piece, score)]
    if settled is None:
        return _unproven(reading, fact, seen)
    if settled.conflict:
        return _conflict(reading, "her2.conflict", settled.evidence)
    if vague and definition.result_of_score(settled.value) != POSITIVE:
        words = reading.codes_of(fact, "words")
        shown = (_evidence(reading, piece, written(piece, words)) for piece in vague)
        return _conflict(reading, "her2.conflict", (*settled.evidence, *shown))
    return _against_ish(reading, fact, definition, settled)


def _is_vague(piece: Piece, score: _Score) -> bool:
    """Tell whether a result may be positive: a range that reaches 3+, or a bare "positive"."""
    return piece.method == IHC and (_is_unsure(piece) or (not score.scores and score.words == {POSITIVE}))


def _is_unsure(piece: Piece) -> bool:
    return any(is_unsure(text) for text in texts(piece.value))


def _against_ish(reading: Reading, fact: Fact, definition: Definition, settled: Settled) -> Finding:
    other = reading.once(ish_settled)
    kind = definition.result_of_score(settled.value)
    if kind == POSITIVE and other is not None and NEGATIVE in other.kinds:
        return _conflict(reading, "her2.ihc_against_ish", (*settled.evidence, *as_role(other.evidence, Role.AGAINST)))
    note = reading.say("her2.ihc_negative", found=listed(settled.evidence)) if kind == NEGATIVE else ""
    found = Finding.known(settled.value, settled.evidence, note)
    return beside(reading, fact, kind, found) if kind == POSITIVE else found


def _conflict(reading: Reading, key: str, evidence: tuple[Evidence, ...]) -> Finding:
    return Finding.conflicting(reading.say(key, found=listed(evidence)), evidence)


def _stated(reading: Reading, fact: Fact, piece: Piece) -> _Score:
    value = piece.value
    coded = meanings(value.value_codeable_concept, reading.codes_of(fact, "scores"))
    bare = piece.method == IHC
    written: frozenset[str] = frozenset().union(*(scores_in(text, bare=bare) for text in texts(value)))
    words = reading.codes_of(fact, "words")
    against = NEGATIVE in said(value, words, of_her2) or any(_LOW.search(of_this_test(text)) for text in texts(value))
    return _Score(coded | written | _counted(piece), said(value, words, of_this_test), against)


def _counted(piece: Piece) -> frozenset[str]:
    """Return the score of a bare number: an integer under an IHC code, or a quantity whose unit is a score."""
    number: Decimal | int | None = piece.value.value_integer if piece.means == IHC else None
    quantity = piece.value.value_quantity
    if quantity is not None and (quantity.code or quantity.unit) in _SCORE_UNITS and not quantity.comparator:
        number = quantity.value
    score = next((digit for digit in range(4) if number == digit), None)
    return frozenset() if score is None else frozenset({f"{score}+" if score else "0"})


def _outcome(reading: Reading, definition: Definition, piece: Piece, score: _Score) -> Outcome | None:
    """Return what one value comes to; None if it states no score, and no word that the payer takes as a result."""
    if _is_unsure(piece):
        return None
    if not score.scores:
        return _of_words(reading, piece, score.words) if piece.method == IHC else None
    value = max(score.scores)
    kind = definition.result_of_score(value)
    torn = len(score.scores) > 1 or any(word != kind for word in score.words) or (kind == POSITIVE and score.against)
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
            reading.say("her2.unscored", value=written(one, reading.codes_of(fact, "words"))),
            one.coding,
            Role.POSSIBLE,
        )
        for one in seen
    )
    return unproven(reading, fact, shown, _METHODS)
