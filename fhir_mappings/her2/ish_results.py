"""What the results of in situ hybridization come to: numbers by the payer's table, words as reported."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType

from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading, once, once_for_each
from fhir_mappings.clinical.dates import Span
from fhir_mappings.clinical.values import Measurement
from fhir_mappings.her2.answers import Answer, answered, texts
from fhir_mappings.her2.consensus import NEGATIVE, POSITIVE, Outcome, Settled, settle
from fhir_mappings.her2.ish_tests import occasions
from fhir_mappings.her2.measures import UNKNOWN, Measure, counted_in, measure, of_value, quotient, result_of
from fhir_mappings.her2.results import COUNTS, ISH, Piece, pieces, written
from fhir_mappings.her2.units import CENTROMERES, COPIES, RATIO, unit_says
from fhir_mappings.text_forms.her2_names import counts_cells, probes_gainsaid
from fhir_mappings.text_forms.her2_statement import UNSETTLED
from policies.kinds.her2 import HER2_ISH
from policies.model.criteria import Fact
from policies.model.figures import Definition
from policies.model.findings import Evidence, Role
from policies.model.notes import Note

_OF_TWO_PROBES = frozenset({RATIO, CENTROMERES, COUNTS})
_MEASURED = frozenset({RATIO, COPIES, CENTROMERES})
_TOLERANCE = Decimal("0.1")
"""How far a reported ratio may lie from the quotient of the reported averages: rounding and the choice of cells."""
_FEWEST_CELLS = 20
"""So many cells must be counted for a result of a single probe (the payer's definition; reading 5)."""
_MOST = MappingProxyType({RATIO: Decimal(20), COPIES: Decimal(60), CENTROMERES: Decimal(60)})
"""No average of cells is more: such a number is a total, lacks its point, or is of something else."""
_UNTOLD = frozenset({"?"})
_NONE = Measure(Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class _Value:
    """One value of an ISH test, and what its codes and texts answer."""

    piece: Piece
    answer: Answer

    @property
    def measures(self) -> str:
        """Return what its number measures: by its unit (codes are misused), else by its code; empty if unclear."""
        return _measures(self.piece)

    def numbers(self) -> Iterator[tuple[str, Measure]]:
        """Yield its numbers: that of the value, else those of its texts."""
        number = of_value(self.piece.value)
        if self.measures and number is not None:
            yield self.measures, number
        for means, sign, plain in self.answer.stated.numbers:
            if (stated := measure(plain, sign)) is not None:
                yield means, stated

    @property
    def is_unread(self) -> bool:
        """Return whether it has a text that is not understood, and that is no plain number either."""
        number = self.measures and of_value(self.piece.value) is not None
        return self.piece.value.is_hidden or (self.answer.unread and not number)


@dataclass(frozen=True)
class IshTest:
    """One ISH test: the values that were reported together."""

    values: tuple[_Value, ...]

    @property
    def when(self) -> Span | None:
        """Return the date of the test."""
        return self.values[0].piece.when

    @cached_property
    def numbers(self) -> frozenset[tuple[str, Measure]]:
        """Return what was measured, each with its number."""
        return frozenset(number for value in self.values for number in value.numbers())

    def number(self, means: str) -> Measure | None:
        """Return the measured number of a kind; None if there is none, or if two differ."""
        found = {number for name, number in self.numbers if name == means}
        return found.pop() if len(found) == 1 else None

    @property
    def doubled(self) -> bool:
        """Whether one test gives two different numbers for the same thing."""
        return len(self.numbers) > len({means for means, _ in self.numbers})

    @property
    def has_two_probes(self) -> bool:
        """Whether it has something of a second probe, be it unreadable."""
        return any(one.piece.means in _OF_TWO_PROBES or one.answer.stated.two_probes for one in self.values)

    @property
    def is_unread(self) -> bool:
        """Whether some text or number of it is not understood: then the whole test proves nothing."""
        return any(one.is_unread for one in self.values) or any(
            number.low is not None and number.low > _MOST.get(means, _MOST[COPIES]) for means, number in self.numbers
        )

    @property
    def is_too_small(self) -> bool:
        """Whether it is of a single probe, and says that fewer cells were counted than that needs."""
        if self.has_two_probes or self.number(RATIO) is not None or self.number(CENTROMERES) is not None:
            return False
        observations = {id(one.piece.observation): one.piece.observation for one in self.values}.values()
        parts = (part for observation in observations for part in observation.parts[1:])
        counted = [number for part in parts if (number := _cells(part)) is not None]
        counted += [one.answer.stated.cells for one in self.values if one.answer.stated.cells is not None]
        return any(number < _FEWEST_CELLS for number in counted)


def ish_tests(reading: Reading, fact: Fact) -> tuple[IshTest, ...]:
    """Return the patient's own tests, each read once."""
    return _tests(reading, fact.name)


@once_for_each
def _tests(reading: Reading, name: str) -> tuple[IshTest, ...]:
    fact = reading.policy.facts[name]
    words = (reading.codes_of(fact, "words"),)
    own = (piece for piece in pieces(reading, fact) if piece.method == ISH and piece.own)
    return tuple(
        IshTest(tuple(_Value(piece, answered(piece.value, ISH, _named(piece), words)) for piece in test))
        for test in occasions(reading, own)
    )


def _named(piece: Piece) -> str:
    """Return what a bare number in a text measures: only what the code names."""
    return piece.means if piece.means in _MEASURED else ""


@once
def ish_settled(reading: Reading) -> Settled | None:
    """Return what all ISH results come to; None without one, or if the policy does not ask for ISH."""
    fact = reading.policy.fact_of_kind(HER2_ISH)
    if fact is None:
        return None
    definition = reading.policy.figures.definitions[str(fact.parameters["definition"])]
    outcomes = (_outcome(reading, fact, definition, test) for test in ish_tests(reading, fact))
    return settle(one for one in outcomes if one is not None)


def _measures(piece: Piece) -> str:
    quantity = counted_in(piece.value)
    says = unit_says(quantity) if quantity is not None else ""
    if says == COPIES:
        return piece.means if piece.means in (CENTROMERES, COUNTS) else COPIES
    return says or (piece.means if says == "" and piece.means in _MEASURED else "")


def _cells(part: Measurement) -> int | None:
    """Return the number of cells that a component says were counted; by its name, since codes of it vary."""
    words = part.code.words if part.code is not None else ()
    quantity = counted_in(part)
    if quantity is None or quantity.value is None or not any(counts_cells(word) for word in words):
        return None
    return int(quantity.value)


def _outcome(reading: Reading, fact: Fact, definition: Definition, test: IshTest) -> Outcome | None:
    counted = _counted(definition, test)
    words = _words(test)
    kinds = {kind for kind in (*counted, *words) if kind}
    if test.is_unread or test.is_too_small or not (kinds or test.doubled) or _is_gainsaid(test, kinds):
        return None
    evidence = tuple(ish_evidence(reading, fact, one.piece) for one in test.values if _is_read(one.piece))
    if test.doubled or len(kinds) > 1 or _is_belied(definition, test, words):
        results = _results_stated(definition, test, kinds)
        return Outcome(NEGATIVE if NEGATIVE in kinds else "", "", test.when, evidence, torn=True, says=results)
    kind = next(iter(kinds), "")
    return Outcome(kind, kind, test.when, evidence)


def _is_gainsaid(test: IshTest, kinds: set[str]) -> bool:
    """Return whether a remark beside a value says the opposite of what the test comes to."""
    notes = {note for value in test.values for note in value.piece.observation.notes}
    return any(probes_gainsaid(notes, kind) for kind in kinds)


def _results_stated(definition: Definition, test: IshTest, kinds: set[str]) -> frozenset[str]:
    """Return all that a test says which contradicts itself: its words, and what each of its ratios alone comes to."""
    ratios = (number for means, number in test.numbers if means == RATIO)
    return frozenset(kinds | {result_of(definition, ratio, _NONE) for ratio in ratios} - {""})


def _counted(definition: Definition, test: IshTest) -> frozenset[str]:
    """Return what the numbers come to; two results if the reported ratio is not the quotient of the averages.

    Copies are a single probe's only if the test has nothing of a second one.
    """
    ratio, copies, centromeres = (test.number(means) for means in (RATIO, COPIES, CENTROMERES))
    derived = quotient(copies, centromeres) if copies is not None and centromeres is not None else None
    if ratio is None and (test.has_two_probes or centromeres is not None):
        return frozenset({result_of(definition, derived or UNKNOWN, copies)})
    found = {result_of(definition, ratio, copies)}
    if ratio is not None and derived is not None and not ratio.near(derived, _TOLERANCE):
        found.add(result_of(definition, derived, copies))
    return frozenset(found)


def _is_belied(definition: Definition, test: IshTest, words: frozenset[str]) -> bool:
    """Whether a low ratio speaks against a positive word: with no word of many copies it would be negative."""
    ratio = test.number(RATIO)
    alone = ratio is not None and test.number(COPIES) is None
    return alone and POSITIVE in words and result_of(definition, ratio, _NONE) == NEGATIVE


def _words(test: IshTest) -> frozenset[str]:
    """Return the words of a test; one that also says that there is no result says nothing.

    What is said of the centromere count (polysomy, say) is not said of HER2.
    """
    found: set[str] = set()
    for one in test.values:
        words = one.answer.words(ISH)
        if UNSETTLED not in words and one.piece.means != CENTROMERES:
            found |= words
    return frozenset(found)


def ish_evidence(reading: Reading, fact: Fact, piece: Piece, role: Role = Role.FOR) -> Evidence:
    """Return a value as evidence, named by what it measures."""
    key = f"her2.{_measures(piece) or piece.means}_evidence"
    value = written(piece, reading.codes_of(fact, "words"))
    sites = piece.observation.sites - _UNTOLD
    place = next(iter(sites)) if len(sites) == 1 else ""
    return shows(piece.observation, Note(key, value=value), piece.coding, role)._replace(place=place)


def _is_read(piece: Piece) -> bool:
    return not piece.value.is_absent or bool(texts(piece.value)) or of_value(piece.value) is not None
