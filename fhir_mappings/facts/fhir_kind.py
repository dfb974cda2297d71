"""The FHIR half of a kind of fact: one record of how it is read, proposed, asked of an EHR, and drawn for a case."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from fhir_mappings.chart.policy_chart import Reader, Reading
from fhir_mappings.meanings.of_words import Seen
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.sketches.names import Names
from fhir_mappings.sketches.parts import Json
from fhir_mappings.sketches.sheet import Sheet
from policies.model.criteria import Fact
from policies.model.fact_kinds import Kind
from policies.model.findings import Finding, Side, Value
from policies.testcases.casebook import Entry

Draw = Callable[[Entry, Names, Sheet], list[Json]]
"""Draws a line of a case as FHIR resources."""


class Newest(Enum):
    """Of which records of a kind the newest speaks, so that one that cannot be read leaves the fact open."""

    RESULT = "Observation"
    DIAGNOSIS = "Condition"


@dataclass(frozen=True, slots=True)
class TextForms:
    """Where the texts of its results are tried: `under` is the test in the examples of a grammar, `test` means it."""

    under: str
    test: str


@dataclass(frozen=True, slots=True)
class FhirKind:
    """How FHIR holds a kind of fact; the other half, in the language of policies, is `kind`.

    `settled_by` are the types of resource that bear on it. What a result of its value sets means that is of another
    kind's test stands in `other_tests`; the parameter whose codes are all the values of its results, in `values`. Its
    records are those of the ordered drug if it is `of_ordered_drug`, else those of its parameters.

    `means` says what the words of possible evidence would mean for a fact; None if nothing is proposed. `stands` yields
    the sides of a contradiction, of which a person chooses one. A value with a note of `inferred` is drawn from another
    test, and is no answer to the question itself. Without `logic` a form is not filled in with it. `draws` has a
    drawing for each word of the kind in cases.
    """

    kind: Kind
    reader: Reader
    settled_by: frozenset[str]
    newest: Newest | None = None
    other_tests: frozenset[str] = frozenset()
    values: str = ""
    of_ordered_drug: bool = False
    texts: TextForms | None = None
    means: Callable[[Seen], Value | None] | None = None
    stands: Callable[[Reading, Fact, Finding], Iterator[Side]] | None = None
    inferred: frozenset[str] = frozenset()
    logic: PopulationLogic | None = None
    draws: Mapping[str, Draw] = field(default_factory=dict)
