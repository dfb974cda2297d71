"""The policy: facts, criteria and the payer's figures, frozen. `policies.building` makes it from a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cached_property

from policies.files.problems import Path
from policies.model.dosing import Dosing
from policies.model.fact_kinds import Answer, Kind, ResultWords
from policies.model.figures import Figures, LineRules
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


@dataclass(frozen=True)
class Indication:
    """One of several diseases that a policy covers: by which diagnoses, with which criteria and figures.

    `word` is its name in the file, `title` its option of the fact that chooses it. Figures that are None are those of
    the whole document.
    """

    word: str
    title: str
    disease: str
    requests: Mapping[RequestKind, Request]
    months: int | None = None
    dosing: Dosing | None = None
    lines: LineRules | None = None


@dataclass(frozen=True)
class Indications:
    """What a policy for several diseases says of each: those it covers, by their options, and those it does not.

    `fact` is the one that chooses. `undecided` stands where none is chosen: what every request must meet. `uncovered`
    are the value sets of diseases that the document names as not covered, by their options; `others` the option for
    any other disease.
    """

    fact: str
    covered: Mapping[str, Indication]
    undecided: Indication
    uncovered: Mapping[str, str]
    others: str


@dataclass(frozen=True)
class Policy:
    """One dated policy of the payer for one drug, in force from `version` until the next version begins.

    `value_sets` names each value set with the version that this policy is pinned to; `disease` is one of them.
    `after_days` is the age in days of the first dose from which a request is a continuation; `within_days` how many
    days after the last dose it still is one (None: for ever). From `renewal_days` before its end an authorization may
    be renewed.

    A policy for several diseases has `indications`. As it stands on file its requests hold the criteria of all of them;
    an order is judged by the one that is chosen (`chosen_by`), which is a policy too and knows the `whole` it is of.
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
    within_days: int | None = None
    renewal_days: int = 0
    indications: Indications | None = None
    whole: "Policy | None" = field(default=None, repr=False, compare=False)

    @property
    def filed(self) -> "Policy":
        """Return the policy as it stands on file, whose requests hold the criteria of every indication."""
        return self.whole or self

    @property
    def diseases(self) -> tuple[str, ...]:
        """Return the value sets of the diagnoses that it covers: several as long as none is chosen."""
        several = self.indications
        found = (one.disease for one in several.covered.values()) if several is not None else (self.disease,)
        return tuple(dict.fromkeys(found))

    @property
    def views(self) -> tuple["Policy", ...]:
        """Return what orders are judged by: the policy for each of its indications, or the policy itself."""
        return tuple(self._chosen[name] for name in self.indications.covered) if self.indications else (self,)

    def chosen_by(self, findings: Mapping[str, Finding]) -> "Policy":
        """Return what a request is judged by: the policy for the indication that findings choose.

        Where they choose none, what every request must meet; without several indications the policy itself.
        """
        if self.indications is None:
            return self
        found = findings.get(self.indications.fact)
        name = found.value if found is not None and isinstance(found.value, str) else ""
        return self._chosen.get(name) or self._chosen[""]

    def for_indication(self, title: str) -> "Policy":
        """Return the policy for one indication, by its option; raises KeyError for one that it does not cover."""
        return self._chosen[title]

    @cached_property
    def _chosen(self) -> Mapping[str, "Policy"]:
        """Return the policy for each indication, by its option, and under no name the one where none is chosen."""
        several = self.indications
        if several is None:
            return {}
        found = {name: self._for(one) for name, one in several.covered.items()}
        undecided = replace(self._for(several.undecided), indications=several)
        return {**found, "": replace(undecided, figures=replace(undecided.figures, dosing=None))}

    def _for(self, one: Indication) -> "Policy":
        figures = replace(
            self.figures,
            authorization_months=one.months or self.figures.authorization_months,
            dosing=one.dosing or self.figures.dosing,
            lines=one.lines or self.figures.lines,
        )
        return replace(self, disease=one.disease, requests=one.requests, figures=figures, indications=None, whole=self)

    def fact_of_kind(self, kind: Kind) -> Fact | None:
        """Return the first fact of a kind, for mappings that build on another fact; None if there is none."""
        return self._by_kind.get(kind)

    @cached_property
    def _by_kind(self) -> Mapping[Kind, Fact]:
        """Return the first fact of each kind; worked out once a policy, since the mappings ask all the time."""
        found: dict[Kind, Fact] = {}
        for fact in self.facts.values():
            found.setdefault(fact.kind, fact)
        return found
