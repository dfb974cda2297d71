"""Holding a case against the policy that it tests: criteria, facts and answers must be the policy's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from policies.building.draft import Draft
from policies.choice import Versions
from policies.files.problems import Path
from policies.model.criteria import Fact
from policies.model.fact_kinds import Answer
from policies.model.findings import Finding, Interval, Origin, Range, Value
from policies.testcases.casebook import JUDGED


@dataclass(frozen=True, slots=True)
class Known:
    """The criteria and facts of all versions of a policy, and the first line of business of the newest."""

    criteria: frozenset[str]
    facts: Mapping[str, Fact]
    line: str = ""

    @classmethod
    def of(cls, versions: Versions) -> "Known":
        """Collect them from the versions of a policy."""
        requests = (request for policy in versions.policies for request in policy.requests.values())
        criteria = frozenset(node.id for request in requests for node in request.nodes())
        facts = {name: fact for policy in versions.policies for name, fact in policy.facts.items()}
        return cls(criteria, facts, next(iter(versions.policies[-1].holds_for), ""))


def check_expected(draft: Draft, known: Known, path: Path, expected: Mapping[str, Any]) -> None:
    """Note as faults what a case expects of criteria and facts that the policy does not have."""
    for key in ("criteria", "evidence", "notes", "unsaid"):
        for name in expected.get(key, {}):
            _check_name(draft, (*path, key, name), name, known.criteria, "criterion")
    for index, name in enumerate(expected.get("weak", ())):
        _check_name(draft, (*path, "weak", index), name, known.criteria, "criterion")
    for key in ("asks", "conflicts"):
        for index, name in enumerate(expected.get(key, ())):
            _check_name(draft, (*path, key, index), name, known.facts, "fact")
    if "possible" in expected and "lines" not in expected:
        draft.fault((*path, "possible"), "'possible' stands without 'lines'", "give the whole table under 'lines'")
    if expected.get("outcome", JUDGED) == JUDGED and "ruling" not in expected:
        draft.fault(path, "'ruling' is missing here", "write met, not-met or unknown")


def _check_name(draft: Draft, path: Path, name: str, known: Iterable[str], what: str) -> bool:
    names = sorted(known)
    if name in names:
        return True
    close = get_close_matches(name, names, n=1)
    mend = f"did you mean '{close[0]}'?" if close else f"use one of: {', '.join(names)}"
    draft.fault(path, f"'{name}' is no {what} of this policy", mend)
    return False


def answer(draft: Draft, known: Known, path: Path, value: Any) -> Finding | None:
    """Return a person's answer as a finding; None, with the fault noted, if the question is not like that."""
    name = str(path[-1])
    if not _check_name(draft, path, name, known.facts, "fact"):
        return None
    fact = known.facts[name]
    found = _value(fact, value)
    if found is None:
        draft.fault(path, f"'{value}' is no answer to '{name}'", _wanted(fact))
        return None
    return Finding.known(found, origin=Origin.ANSWER)


def _value(fact: Fact, value: Any) -> Value | None:
    match fact.answer:
        case Answer.YES_NO:
            return value if isinstance(value, bool) else None
        case Answer.NUMBER:
            whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            return Range.exactly(value) if whole else None
        case Answer.MEASURE:
            measured = isinstance(value, int | Decimal) and not isinstance(value, bool)
            return Interval.exactly(Decimal(value), fact.unit) if measured else None
        case Answer.CHOICE:
            return str(value) if str(value) in fact.options else None


def _wanted(fact: Fact) -> str:
    match fact.answer:
        case Answer.YES_NO:
            return "answer yes or no"
        case Answer.NUMBER:
            return "answer with a whole number"
        case Answer.MEASURE:
            return f"answer with a number in {fact.unit}"
        case Answer.CHOICE:
            return f"use one of: {', '.join(fact.options)}"
