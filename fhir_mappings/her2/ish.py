"""The HER2 result by in situ hybridization: numbers by the payer's table, words as reported."""

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_mappings.dates import Span
from fhir_mappings.evidence import listed, shows
from fhir_mappings.her2.measures import Measure, of_value, quotient, result_of
from fhir_mappings.her2.settling import Outcome, Settled, settle
from fhir_mappings.her2.statements import statements
from fhir_mappings.her2.tests import CENTROMERES, COPIES, ISH, OVERALL, RATIO, Piece, pieces
from fhir_mappings.her2.words import UNSETTLED, said, scores_in, texts
from fhir_mappings.reading import Reading
from policies.findings import Evidence, Finding, Role
from policies.model import Fact
from policies.tables import Definition

KIND = "her2_ish"
_RATIO_UNITS = frozenset({"ratio", "{ratio}"})
_COPY_UNITS = frozenset({"{copies}/nucleus", "{copies}/{cell}", "{signals}/{cell}", "copies/nucleus", "copies/cell"})


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
    return Finding.known(settled.value, settled.evidence)


def ish_settled(reading: Reading) -> Settled | None:
    """Return what all ISH results come to; None without one, or if the policy does not ask for ISH."""
    fact = reading.policy.fact_of_kind(KIND)
    if fact is None:
        return None
    definition = reading.policy.figures.definitions[str(fact.parameters["definition"])]
    outcomes = (_outcome(reading, fact, definition, test) for test in _tests(reading, fact))
    return settle(one for one in outcomes if one is not None)


def _tests(reading: Reading, fact: Fact) -> Iterator[_Test]:
    """Group the ISH values into tests: by the panel that holds them, else by specimen and day."""
    groups: dict[object, list[Piece]] = {}
    panels = {
        member.reference: observation.reference
        for observation in reading.chart.observations
        for one in observation.has_member
        if (member := reading.chart.resolve(one)) is not None
    }
    for piece in pieces(reading, fact):
        if piece.method == ISH:
            own = piece.observation.reference
            groups.setdefault(panels.get(own) or _occasion(piece), []).append(piece)
    return (_Test(tuple(group)) for group in groups.values())


def _occasion(piece: Piece) -> object:
    """Return what tells one test from another; a result without a date is a test of its own."""
    if piece.when is None:
        return id(piece.observation)
    return piece.when.written, bytes(piece.observation.specimen)


def _measures(piece: Piece) -> str:
    """Return what a number measures: by its unit first (codes are misused), else by its code."""
    quantity = piece.value.value_quantity
    unit = (quantity.code or quantity.unit or "").lower() if quantity is not None else ""
    if unit in _RATIO_UNITS:
        return RATIO
    if unit in _COPY_UNITS:
        return CENTROMERES if piece.means == CENTROMERES else COPIES
    return piece.means if piece.means in (RATIO, COPIES, CENTROMERES) else ""


def _outcome(reading: Reading, fact: Fact, definition: Definition, test: _Test) -> Outcome | None:
    ratio, copies, centromeres = (test.number(means) for means in (RATIO, COPIES, CENTROMERES))
    if ratio is None and copies is not None and centromeres is not None:
        ratio = quotient(copies, centromeres)
    counted = "" if ratio is None and centromeres is not None else result_of(definition, ratio, copies)
    words = _words(reading, fact, test)
    kinds = {kind for kind in (counted, *words) if kind}
    evidence = tuple(_evidence(reading, piece) for piece in test.pieces)
    if test.doubled or len(kinds) > 1:
        return Outcome("", "", test.when, evidence, torn=True)
    kind = next(iter(kinds), "")
    return Outcome(kind, kind, test.when, evidence) if kind else None


def _words(reading: Reading, fact: Fact, test: _Test) -> frozenset[str]:
    """Return the words of a test; one that also says that there is no result, or gives an IHC score, says nothing."""
    found: set[str] = set()
    for piece in test.pieces:
        scored = any(scores_in(text) for text in texts(piece.value)) and not of_value(piece.value)
        words = said(piece.value, reading.codes_of(fact, "words"))
        if UNSETTLED not in words and not scored:
            found |= words
    return frozenset(found)


def _evidence(reading: Reading, piece: Piece, role: Role = Role.FOR) -> Evidence:
    return shows(
        piece.observation,
        reading.say(f"her2.{piece.means}_evidence", value=_written(piece)),
        piece.coding,
        role,
    )


def _written(piece: Piece) -> str:
    value = piece.value
    quantity = value.value_quantity
    if quantity is not None and quantity.value is not None:
        return f"{quantity.comparator or ''}{quantity.value}"
    if value.value_ratio is not None and value.value_ratio.numerator is not None:
        under = value.value_ratio.denominator.value if value.value_ratio.denominator else None
        return f"{value.value_ratio.numerator.value}:{under or 1}"
    return ", ".join(dict.fromkeys(texts(value))) or "?"


def _unproven(reading: Reading, fact: Fact) -> Finding:
    seen = (one for one in pieces(reading, fact) if one.method in (ISH, OVERALL))
    possible = (*(_evidence(reading, one, Role.POSSIBLE) for one in seen), *statements(reading, fact))
    return (
        Finding.unknown(reading.say("her2.supports", found=listed(possible)), possible)
        if possible
        else reading.silence()
    )
