"""The policy: facts, criteria and the payer's figures, frozen. `policies.building` makes it from a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from policies.findings import Finding
from policies.kinds import Answer, Kind
from policies.tables import Figures


class RequestKind(Enum):
    """Whether a drug is asked for the first time or again (`docs/architecture.md`, "Initial or continuation")."""

    INITIAL = "initial"
    CONTINUATION = "continuation"


class Operator(Enum):
    """How a group joins its parts."""

    ALL = "all"
    ANY = "any"
    NOT = "not"
    AT_LEAST_OF = "at_least_of"


class Comparison(Enum):
    """How a test holds a fact against the policy's figure."""

    IS = "is"
    ONE_OF = "one_of"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


Operand = bool | str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One named thing that the policy asks about, with the question for a clinician when the chart cannot tell.

    `options` are the answers of a choice, `undecided` those of them that settle nothing; `notes` explain an answer.
    `silent` is the finding where nothing is said: unknown, but for the two kinds that the policy itself settles.
    """

    name: str
    what: str
    kind: Kind
    parameters: Mapping[str, object]
    ask: str
    options: tuple[str, ...]
    undecided: frozenset[str]
    notes: Mapping[str, str]
    silent: Finding

    @property
    def answer(self) -> Answer:
        """Return the type of the fact's value."""
        return self.kind.answer


@dataclass(frozen=True, slots=True)
class Leaf:
    """A criterion that tests one fact."""

    id: str
    says: str
    section: str
    fact: str
    comparison: Comparison
    operand: Operand


@dataclass(frozen=True, slots=True)
class Group:
    """A criterion that joins others; one without an id is not reported on its own. `needed` serves at_least_of only."""

    id: str
    says: str
    section: str
    operator: Operator
    parts: tuple["Node", ...]
    needed: int = 0


Node = Leaf | Group


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, in the policy's order."""
    yield node
    if isinstance(node, Group):
        for part in node.parts:
            yield from walk(part)


@dataclass(frozen=True, slots=True)
class Request:
    """The criteria for one kind of request; the gate stands before them and belongs to every request."""

    kind: RequestKind
    criteria: Group

    def nodes(self) -> Iterator[Node]:
        """Yield every node that bears an id, in the policy's order."""
        return (node for node in walk(self.criteria) if node.id)


@dataclass(frozen=True, slots=True)
class Policy:
    """One dated policy of the payer for one drug, in force from `version` until the next version begins.

    `value_sets` names each value set with the version that this policy is pinned to; `disease` is one of them.
    `after_days` is the age in days of the first dose from which a request is a continuation.
    """

    id: str
    version: date
    revision: int
    title: str
    disease: str
    value_sets: Mapping[str, str]
    facts: Mapping[str, Fact]
    requests: Mapping[RequestKind, Request]
    after_days: int
    figures: Figures

    def fact_of_kind(self, kind: str) -> Fact | None:
        """Return the first fact of a kind, for mappings that build on another fact; None if there is none."""
        return next((fact for fact in self.facts.values() if fact.kind.name == kind), None)
