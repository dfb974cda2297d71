"""The counts with their names: what is written as JSON, as CSV and on the page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.impact_report.tally import SIDES, Tally
from fhir_mappings.members import PolicyVersion
from policies.model.criteria import RequestKind, walk
from policies.model.policy import Policy
from policies.model.truth import Truth

Json = dict[str, Any]
TRUTHS = (Truth.MET.value, Truth.UNKNOWN.value, Truth.NOT_MET.value)


@dataclass(frozen=True, slots=True)
class Summary:
    """A tally read by two versions of a policy.

    `charts` says what was judged; `on` is the day of the order, None where each order has its own.
    """

    before: PolicyVersion
    after: PolicyVersion
    on: date | None
    charts: str
    tally: Tally

    @property
    def json(self) -> Json:
        """Return everything as values that JSON can hold."""
        tally = self.tally
        return {
            "policy": self._policy(),
            "date": self.on.isoformat() if self.on is not None else None,
            "charts": self.charts,
            "members": {
                "all": tally.members,
                "judged": tally.judged,
                "changed": tally.changed,
                "not-whole": tally.not_whole,
            },
            "faults": {"all": tally.faults, "of-nobody": tally.stray_faults},
            "rulings": list(self.rulings()),
            "transitions": list(self.transitions()),
            "criteria": list(self.criteria()),
            "questions": list(self.questions()),
        }

    def _policy(self) -> Json:
        before, after = self._policies
        return {
            "id": after.id,
            "title": after.title,
            "before": {"version": before.version.isoformat(), "revision": before.revision},
            "after": {"version": after.version.isoformat(), "revision": after.revision},
        }

    @property
    def _policies(self) -> tuple[Policy, Policy]:
        return self.before.load(), self.after.load()

    def rulings(self) -> Iterator[Json]:
        """Yield how many members there are of each kind of request and ruling, before and after."""
        for kind in RequestKind:
            for truth in TRUTHS:
                counts = {side: self.tally.rulings[side, kind.value, truth] for side in SIDES}
                if any(counts.values()):
                    yield {"request": kind.value, "ruling": truth, **counts}

    def transitions(self) -> Iterator[Json]:
        """Yield how many members go from each ruling to each, with examples of those where a criterion differs."""
        for before in TRUTHS:
            for after in TRUTHS:
                members = self.tally.transitions[before, after]
                if members:
                    shown = self.tally.examples.get((before, after), ())
                    examples = [{"member": name, "criteria": list(moved)} for name, moved in shown]
                    yield {"before": before, "after": after, "members": members, "examples": examples}

    def criteria(self) -> Iterator[Json]:
        """Yield the truths of each criterion, before and after, and how many members go from one truth to another."""
        for name, says in self._criteria().items():
            truths = {side: {truth: self.tally.criteria[side, name, truth] for truth in TRUTHS} for side in SIDES}
            moves = [
                {"before": before, "after": after, "members": members}
                for (criterion, before, after), members in sorted(self.tally.moves.items())
                if criterion == name
            ]
            yield {"id": name, "says": says, **truths, "changes": moves}

    def questions(self) -> Iterator[Json]:
        """Yield for how many members each point is open and matters, before and after."""
        for name, what in self._facts().items():
            counts = {side: self.tally.questions[side, name] for side in SIDES}
            if any(counts.values()):
                yield {"fact": name, "what": what, **counts}

    def _criteria(self) -> Mapping[str, str]:
        """Return what each criterion that was judged says, by its id: in the words of the newer version that has it."""
        seen = {name for _, name, _ in self.tally.criteria}
        nodes = (
            node for policy in self._policies for request in policy.requests.values() for node in walk(request.criteria)
        )
        return {node.id: node.says for node in nodes if node.id in seen}

    def _facts(self) -> Mapping[str, str]:
        return {name: fact.what for policy in self._policies for name, fact in policy.facts.items()}
