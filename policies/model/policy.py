"""The policy: facts, criteria and the payer's figures, frozen. `policies.building` makes it from a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from policies.model.criteria import Fact, Leaf, Request, RequestKind
from policies.model.dosing import Dosing
from policies.model.fact_kinds import Kind
from policies.model.figures import Figures, LineRules
from policies.model.findings import Finding


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
    an order is judged by the one that is chosen (`chosen_by`), which is a policy too and knows the `whole` it is of;
    `chosen` is the word of that indication.

    `holds_for` are the lines of business that it is for; none: all of them. One that `is_draft` is tried, and in force
    nowhere: nothing is authorized by it.
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
    chosen: str = ""
    whole: "Policy | None" = field(default=None, repr=False, compare=False)
    is_draft: bool = False
    holds_for: tuple[str, ...] = ()

    @cached_property
    def worked_out(self) -> dict[object, Any]:
        """Return what readers keep of what they worked out of the policy alone; it is theirs, and goes with it."""
        return {}

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
    def judges_several(self) -> bool:
        """Whether it is a policy for several diseases, or one of them is chosen of it."""
        return self.indications is not None or self.whole is not None

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

    def indication_in(self, findings: Mapping[str, Finding]) -> str:
        """Return the word of the disease that it judges by; of one that it does not cover the option that names it.

        Empty where none is chosen, and where it covers one disease only.
        """
        if self.indications is None:
            return self.chosen
        found = findings.get(self.indications.fact)
        return found.value if found is not None and isinstance(found.value, str) else ""

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
        named = replace(self, disease=one.disease, requests=one.requests, figures=figures, chosen=one.word)
        return replace(named, indications=None, whole=self)

    def tests_on(self, fact: Fact) -> tuple[Leaf, ...]:
        """Return the criteria that test a fact and bear an id, in the order of the requests."""
        return self._tests.get(fact.name, ())

    @cached_property
    def _tests(self) -> Mapping[str, tuple[Leaf, ...]]:
        found: dict[str, tuple[Leaf, ...]] = {}
        for node in (node for request in self.requests.values() for node in request.named):
            if isinstance(node, Leaf):
                found[node.fact] = (*found.get(node.fact, ()), node)
        return found

    def as_draft(self, titled: Callable[[str], str]) -> "Policy":
        """Return the policy as a draft, whose title says so wherever it stands."""
        return replace(self, is_draft=True, title=titled(self.title))

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
