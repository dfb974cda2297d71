"""What a policy asks: its facts, the criteria that test them, and the requests that they make up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property

from policies.files.problems import Path
from policies.model.fact_kinds import Answer, Kind, Parameter, ResultWords
from policies.model.findings import Finding
from policies.model.safety import Proposal
from policies.terminology.scales import Scale


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
    ABOVE = "above"
    BELOW = "below"
    BETWEEN = "between"


Limits = tuple[int | Decimal, int | Decimal]
"""The least and the greatest number of a test; both of them do."""
Operand = bool | str | int | Decimal | tuple[str, ...] | Limits


PRESUMED = "presumed"
"""Stands under `absent` where a policy takes what no record shows for absent, by a source that it names."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One named thing that the policy asks about, with the question for a clinician when the chart cannot tell.

    `options` are the answers of a choice, `undecided` those of them that settle nothing; `notes` explain an answer.
    `proposes` is the test that is offered where another fact calls for it.
    `silent` is the finding where nothing is said: unknown, but for the kinds that need no question. `named` are the
    words by which its results are named, where the value sets of its tests say them and not its kind; `searched` those
    of its value sets by which any record may speak of it. `scale` is that of its tests, where its answer is measured.
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
    proposes: Proposal | None = None
    named: ResultWords | None = None
    searched: tuple[str, ...] = ()
    scale: Scale | None = None

    @property
    def answer(self) -> Answer:
        """Return the type of the fact's value."""
        return self.kind.answer

    @property
    def tests(self) -> ResultWords | None:
        """Return the words by which its results are named, of its kind or its value sets; None if there are none."""
        return self.kind.tests or self.named

    @property
    def presumed_by(self) -> str:
        """Return the source by which what no record shows is taken for absent; empty where it is not."""
        return str(self.parameters["source"]) if self.parameters.get("absent") == PRESUMED else ""

    @property
    def unit(self) -> str:
        """Return the unit of a measured number, as UCUM writes it; empty for any other fact."""
        return str(self.parameters.get("unit", "")) if self.answer is Answer.MEASURE else ""

    @property
    def measured_in(self) -> str:
        """Return the unit in which results of its tests are read: the one given, else that of their scale."""
        if self.kind.parameters.get("unit") is Parameter.UNIT:
            return str(self.parameters.get("unit", ""))
        return self.scale.unit if self.scale is not None else ""


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


def named_parts(group: Group) -> Iterator[Node]:
    """Yield the nearest nodes below a group that bear an id."""
    for part in group.parts:
        if part.id:
            yield part
        elif isinstance(part, Group):
            yield from named_parts(part)


def _depths(node: Node, depth: int) -> Iterator[int]:
    if node.id:
        yield depth
    for part in node.parts if isinstance(node, Group) else ():
        yield from _depths(part, depth + bool(node.id))


@dataclass(frozen=True)
class Request:
    """The criteria for one kind of request; the gate stands before them and belongs to every request.

    What follows from the tree alone is worked out once a policy, not once a decision: hence no slots. `places` are
    those of its parts in the policy's file.
    """

    kind: RequestKind
    criteria: Group
    places: tuple[Path, ...] = field(default=(), compare=False)

    def nodes(self) -> Iterator[Node]:
        """Yield every node that bears an id, in the policy's order."""
        return iter(self.named)

    @cached_property
    def named(self) -> tuple[Node, ...]:
        """Return every node that bears an id, in the policy's order."""
        return tuple(node for node in walk(self.criteria) if node.id)

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """Return how deep each named node lies below others that bear an id."""
        return tuple(_depths(self.criteria, 0))

    @cached_property
    def first_uses(self) -> tuple[Leaf, ...]:
        """Return for each fact the first test of it, in the policy's order."""
        found: dict[str, Leaf] = {}
        for node in walk(self.criteria):
            if isinstance(node, Leaf):
                found.setdefault(node.fact, node)
        return tuple(found.values())
