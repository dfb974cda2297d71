"""Which HER2 results a chart holds, and by which method each was made."""

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_mappings.dates import Span
from fhir_mappings.evidence import dated
from fhir_mappings.her2.words import texts
from fhir_mappings.matching import find, meanings, shown
from fhir_mappings.observed import counts
from fhir_mappings.reading import Reading
from fhir_mappings.resources import Coding, Measured, Resource
from policies.model import Fact

IHC, ISH, OVERALL = "ihc", "ish", "overall"
TORN = "torn"
"""The method of a result whose code names one and whose method element names another."""
RATIO, COPIES, CENTROMERES = "ratio", "copies", "cep17"
_OF_ISH = frozenset({ISH, RATIO, COPIES, CENTROMERES})
REFUSED = frozenset({"not tissue", "mutation", "quantity"})

UNREAD = "?"
"""What is shown for a value that cannot be read, or is not there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A HER2 value: the whole result, or one of its components; `means` is what its code says that it measures."""

    means: str
    method: str
    value: Measured
    coding: Coding
    observation: Resource

    @property
    def when(self) -> Span | None:
        """Return the date of the result."""
        return dated(self.observation)


def pieces(reading: Reading, fact: Fact) -> Iterator[Piece]:
    """Yield every HER2 value that counts; serum markers, mutations and quantities are not tissue status (reading 5)."""
    tests = reading.codes_of(fact, "tests")
    methods = reading.codes_of(fact, "methods")
    for observation in reading.chart.observations:
        if not counts(reading, observation):
            continue
        stated = meanings(observation.method, methods)
        for value in (observation, *observation.component):
            hit = find(value.code, tests)
            if hit is not None and hit[1].means not in REFUSED:
                means = hit[1].means
                yield Piece(means, _method(means, stated), value, hit[0], observation)


def method_of(means: str) -> str:
    """Return the method of a test by what its code says that it measures; overall if the code does not tell."""
    return ISH if means in _OF_ISH else IHC if means == IHC else OVERALL


def _method(means: str, stated: frozenset[str]) -> str:
    """Return the method of a value: by its code, else by the method element; torn if the two contradict each other."""
    coded = method_of(means)
    claimed = next(iter(stated)) if len(stated) == 1 else ""
    if coded == OVERALL:
        return claimed or OVERALL
    return TORN if claimed and coded != claimed else coded


def written(piece: Piece) -> str:
    """Return a value as a person reads it; a question mark if there is none that we can read."""
    value = piece.value
    quantity = value.value_quantity
    if quantity is not None and quantity.value is not None:
        unit = "" if "{" in (quantity.unit or "") else quantity.unit or ""
        return f"{quantity.comparator or ''}{quantity.value} {unit}".strip()
    if value.value_ratio is not None and value.value_ratio.numerator is not None:
        under = value.value_ratio.denominator.value if value.value_ratio.denominator else None
        return f"{value.value_ratio.numerator.value}:{under or 1}"
    if value.value_integer is not None:
        return str(value.value_integer)
    return ", ".join(dict.fromkeys(texts(value))) or shown(value.value_codeable_concept) or UNREAD
