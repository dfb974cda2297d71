"""The HER2 result by in situ hybridization: numbers by the payer's table, words as reported."""

from dataclasses import dataclass
from decimal import Decimal

from fhir_mappings.chart.evidence import listed, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.her2.consensus import NEGATIVE, Outcome, Settled, settle
from fhir_mappings.her2.contrary_evidence import beside
from fhir_mappings.her2.ish_tests import occasions
from fhir_mappings.her2.measures import UNKNOWN, Measure, counted_in, measure, of_value, quotient, result_of
from fhir_mappings.her2.reports import unproven
from fhir_mappings.her2.results import COUNTS, ISH, OVERALL, TORN, Piece, pieces, written
from fhir_mappings.her2.text_patterns import UNSETTLED, ratios_in, said, scores_in, texts
from fhir_mappings.her2.units import CENTROMERES, COPIES, RATIO, unit_says
from fhir_mappings.r4.dates import Span
from policies.model.figures import Definition
from policies.model.findings import Evidence, Finding, Role
from policies.model.policy import Fact

KIND = "her2_ish"
_METHODS = frozenset({ISH, OVERALL, TORN})
_OF_TWO_PROBES = frozenset({RATIO, CENTROMERES, COUNTS})
_TOLERANCE = Decimal("0.1")
"""How far a reported ratio may lie from the quotient of the reported averages: rounding and the choice of cells."""


@dataclass(frozen=True, slots=True)
class _Test:
    """One ISH test: the pieces that were reported together."""

    pieces: tuple[Piece, ...]

    @property
    def when(self) -> Span | None:
        return self.pieces[0].when

    def number(self, means: str) -> Measure | None:
        """Return the measured number of a kind; None if there is none, or if two differ."""
        found = {number for piece in self.pieces if _measures(piece) == means and (number := of_value(piece.value))}
        return found.pop() if len(found) == 1 else None

    @property
    def doubled(self) -> bool:
        """Tell whether one test gives two different numbers for the same thing."""
        given = [
            (means, number)
            for piece in self.pieces
            if (means := _measures(piece)) and (number := of_value(piece.value))
        ]
        return len(set(given)) > len({means for means, _ in given})


def her2_ish(reading: Reading, fact: Fact) -> Finding:
    """Read the ISH result: ratio and copies by the payer's rows, else the word as the laboratory reported it.

    A number that contradicts its own word, and results that contradict each other, are conflicts.
    """
    settled = reading.once(ish_settled)
    if settled is None:
        return _unproven(reading, fact)
    if settled.conflict:
        return Finding.conflicting(reading.say("her2.conflict", found=listed(settled.evidence)), settled.evidence)
    note = reading.say("her2.ish_negative", found=listed(settled.evidence)) if settled.value == NEGATIVE else ""
    return beside(reading, fact, settled.value, Finding.known(settled.value, settled.evidence, note))


def ish_settled(reading: Reading) -> Settled | None:
    """Return what all ISH results come to; None without one, or if the policy does not ask for ISH."""
    fact = reading.policy.fact_of_kind(KIND)
    if fact is None:
        return None
    definition = reading.policy.figures.definitions[str(fact.parameters["definition"])]
    found = (piece for piece in pieces(reading, fact) if piece.method == ISH and piece.own)
    outcomes = (_outcome(reading, fact, definition, _Test(test)) for test in occasions(reading, found))
    return settle(one for one in outcomes if one is not None)


def _measures(piece: Piece) -> str:
    """Return what a number measures: by its unit first (codes are misused), else by its code; no other unit will do."""
    quantity = counted_in(piece.value)
    says = unit_says(quantity) if quantity is not None else ""
    if says == COPIES:
        return piece.means if piece.means in (CENTROMERES, COUNTS) else COPIES
    return says or (piece.means if says == "" and piece.means in (RATIO, COPIES, CENTROMERES) else "")


def _outcome(reading: Reading, fact: Fact, definition: Definition, test: _Test) -> Outcome | None:
    counted = _counted(definition, test)
    words = _words(reading, fact, test)
    kinds = {kind for kind in (*counted, *words) if kind}
    evidence = tuple(_evidence(reading, fact, piece) for piece in test.pieces if _is_read(piece))
    if test.doubled or len(kinds) > 1 or _belied(definition, test, kinds):
        return Outcome(NEGATIVE if NEGATIVE in kinds else "", "", test.when, evidence, torn=True)
    kind = next(iter(kinds), "")
    return Outcome(kind, kind, test.when, evidence) if kind else None


def _counted(definition: Definition, test: _Test) -> frozenset[str]:
    """Return what the numbers come to; two results if the reported ratio is not the quotient of the averages.

    Copies are a single probe's only if the test has nothing of a second one, be it unreadable.
    """
    ratio, copies, centromeres = (test.number(means) for means in (RATIO, COPIES, CENTROMERES))
    derived = quotient(copies, centromeres) if copies is not None and centromeres is not None else None
    if ratio is None and any(piece.means in _OF_TWO_PROBES for piece in test.pieces):
        return frozenset({result_of(definition, derived or UNKNOWN, copies)})
    found = {result_of(definition, ratio, copies)}
    if ratio is not None and derived is not None and not ratio.near(derived, _TOLERANCE):
        found.add(result_of(definition, derived, copies))
    return frozenset(found)


def _belied(definition: Definition, test: _Test, kinds: set[str]) -> bool:
    """Tell whether a ratio in the text of a test speaks against the test's result."""
    named = {one for piece in test.pieces for text in texts(piece.value) for one in ratios_in(text)}
    copies = test.number(COPIES)
    told = {result_of(definition, measure(Decimal(number), comparator), copies) for comparator, number in named}
    return bool(kinds) and bool({kind for kind in told if kind} - kinds)


def _words(reading: Reading, fact: Fact, test: _Test) -> frozenset[str]:
    """Return the words of a test; one that also says that there is no result, or gives an IHC score, says nothing.

    What is said of the centromere count (polysomy, say) is not said of HER2.
    """
    found: set[str] = set()
    for piece in test.pieces:
        scored = any(scores_in(text) for text in texts(piece.value)) and not _measures(piece)
        words = said(piece.value, reading.codes_of(fact, "words"))
        if UNSETTLED not in words and not scored and piece.means != CENTROMERES:
            found |= words
    return frozenset(found)


def _evidence(reading: Reading, fact: Fact, piece: Piece, role: Role = Role.FOR) -> Evidence:
    key = f"her2.{_measures(piece) or piece.means}_evidence"
    value = written(piece, reading.codes_of(fact, "words"))
    return shows(piece.observation, reading.say(key, value=value), piece.coding, role)


def _is_read(piece: Piece) -> bool:
    return piece.value.data_absent_reason is None or bool(texts(piece.value)) or of_value(piece.value) is not None


def _unproven(reading: Reading, fact: Fact) -> Finding:
    seen = (one for one in pieces(reading, fact) if one.method in _METHODS)
    shown = tuple(_evidence(reading, fact, one, Role.POSSIBLE) for one in seen)
    return unproven(reading, fact, shown, _METHODS)
