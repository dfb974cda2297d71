"""What the results of immunohistochemistry come to: scores, and the few words that the payer takes as a result."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from fhir_mappings.chart.concept_match import meanings
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading, once, once_for_each
from fhir_mappings.her2.answers import Answer, answered
from fhir_mappings.her2.consensus import EQUIVOCAL, NEGATIVE, POSITIVE, Outcome, Settled, settle
from fhir_mappings.her2.results import IHC, OVERALL, TORN, Piece, pieces
from fhir_mappings.text_forms.her2_names import stain_gainsaid
from fhir_mappings.text_forms.her2_statement import LOW, ULTRALOW, UNSETTLED
from policies.kinds.her2 import HER2_IHC
from policies.model.criteria import Fact
from policies.model.figures import Definition
from policies.model.findings import Evidence, Role
from policies.model.notes import Note

METHODS = frozenset({IHC, OVERALL, TORN})
_SCORE_UNITS = frozenset({"{score}", "score", "+", "{+}"})
_EQUIVOCAL_SCORE = "2+"
_LOW_SCORES = MappingProxyType({LOW: frozenset({"1+", "2+"}), ULTRALOW: frozenset({"0"})})
"""The scores that HER2-low and HER2-ultralow are said of."""

_LOW_SCORES_OF_NEGATIVE = frozenset({"0", "1+"})
"""What a remark may name beside a result without a score."""


@dataclass(frozen=True, slots=True)
class Stained:
    """One result of a stain, what it answers, and what that comes to; no outcome if it decides nothing."""

    piece: Piece
    answer: Answer
    outcome: Outcome | None

    @property
    def may_be_positive(self) -> bool:
        """Return whether it says "positive" without a score."""
        return self.outcome is None and not self.answer.unread and self.answer.words(IHC) == {POSITIVE}

    @property
    def is_unread(self) -> bool:
        """Return whether it has a value that was not understood, be it a text or a number."""
        if self.outcome is not None or self.piece.method != IHC:
            return False
        stated = self.answer.words(IHC) or self.answer.stated.mentions
        return self.answer.unread or (self.piece.value.has_value and not stated)


def stains(reading: Reading, fact: Fact) -> tuple[Stained, ...]:
    """Return the patient's own results of a stain, each read once."""
    return _stains(reading, fact.name)


@once_for_each
def _stains(reading: Reading, name: str) -> tuple[Stained, ...]:
    fact = reading.policy.facts[name]
    definition = reading.policy.figures.definitions[str(fact.parameters["definition"])]
    own = (one for one in pieces(reading, fact) if one.method in (IHC, OVERALL) and one.own)
    return tuple(_stained(reading, fact, definition, one) for one in own)


@once
def ihc_settled(reading: Reading) -> Settled | None:
    """Return what all results of the stain come to; None without one, or if the policy does not ask for IHC."""
    fact = reading.policy.fact_of_kind(HER2_IHC)
    if fact is None:
        return None
    return settle(one.outcome for one in stains(reading, fact) if one.outcome is not None)


def score_evidence(piece: Piece, value: str, role: Role = Role.FOR) -> Evidence:
    """Return a result as evidence of a score."""
    return shows(piece.observation, Note("her2.ihc_evidence", value=value), piece.coding, role)


def _stained(reading: Reading, fact: Fact, definition: Definition, piece: Piece) -> Stained:
    method = IHC if piece.method == IHC else ""
    sets = (reading.codes_of(fact, "words"), reading.codes_of(fact, "scores"))
    answer = answered(piece.value, method, "", sets)
    coded = meanings(piece.value.concept, sets[1])
    scores = coded | answer.stated.scores | _counted(piece)
    if stain_gainsaid(piece.observation.notes, scores or _LOW_SCORES_OF_NEGATIVE):
        answer = replace(answer, unread=True)
    outcome = None if answer.unread else _outcome(definition, piece, scores, answer)
    return Stained(piece, answer, outcome)


def _counted(piece: Piece) -> frozenset[str]:
    """Return the score of a bare number: an integer under an IHC code, or a quantity whose unit is a score."""
    number: Decimal | int | None = piece.value.integer if piece.means == IHC else None
    quantity = piece.value.quantity
    if quantity is not None and (quantity.code or quantity.unit) in _SCORE_UNITS and not quantity.comparator:
        number = quantity.value
    score = next((digit for digit in range(4) if number == digit), None)
    return frozenset() if score is None else frozenset({f"{score}+" if score else "0"})


def _outcome(definition: Definition, piece: Piece, scores: frozenset[str], answer: Answer) -> Outcome | None:
    """Return what one value comes to; None if it states no score, and no word that the payer takes as a result."""
    words = answer.words(IHC) | (answer.stated.said if piece.method == OVERALL else frozenset())
    if not scores:
        return _of_words(piece, words) if piece.method == IHC else None
    value = max(scores)
    kind = definition.result_of_score(value)
    torn = len(scores) > 1 or any(word != kind and value not in _LOW_SCORES.get(word, ()) for word in words)
    torn = torn or (kind == POSITIVE and NEGATIVE in answer.stated.hybridized)
    against = frozenset({NEGATIVE}) & (words | answer.stated.hybridized)
    evidence = (score_evidence(piece, "/".join(sorted(scores))),)
    return Outcome(kind, value, piece.when, evidence, torn, scores | against)


def _of_words(piece: Piece, words: Iterable[str]) -> Outcome | None:
    said = frozenset(words) - _LOW_SCORES.keys()
    if said == {NEGATIVE}:
        return Outcome(NEGATIVE, NEGATIVE, piece.when, (score_evidence(piece, NEGATIVE),))
    if said == {EQUIVOCAL}:
        return Outcome(EQUIVOCAL, _EQUIVOCAL_SCORE, piece.when, (score_evidence(piece, EQUIVOCAL),))
    if {POSITIVE, NEGATIVE} <= said and UNSETTLED not in said:
        evidence = (score_evidence(piece, "/".join(sorted(said))),)
        return Outcome(POSITIVE, "", piece.when, evidence, torn=True, says=frozenset({NEGATIVE}))
    return None
