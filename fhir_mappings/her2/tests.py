"""Which HER2 results a chart holds, and by which method each was made."""

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_mappings.dates import Span
from fhir_mappings.evidence import dated
from fhir_mappings.matching import find, meanings
from fhir_mappings.observed import counts
from fhir_mappings.reading import Reading
from fhir_mappings.resources import Coding, Measured, Resource
from policies.model import Fact

IHC, ISH, OVERALL = "ihc", "ish", "overall"
RATIO, COPIES, CENTROMERES = "ratio", "copies", "cep17"
_OF_ISH = frozenset({ISH, RATIO, COPIES, CENTROMERES})
_REFUSED = frozenset({"not tissue", "mutation", "quantity"})


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
            if hit is not None and hit[1].means not in _REFUSED:
                means = hit[1].means
                yield Piece(means, _method(means, stated), value, hit[0], observation)


def _method(means: str, stated: frozenset[str]) -> str:
    """Return the method of a value: by its code, else by the method element; empty if the two contradict each other."""
    coded = ISH if means in _OF_ISH else IHC if means == IHC else ""
    claimed = next(iter(stated)) if len(stated) == 1 else ""
    if coded and claimed and coded != claimed:
        return ""
    return coded or claimed or OVERALL
