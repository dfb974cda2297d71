"""The truth tables over all findings: what a criterion can be, and what can never matter."""

import pytest
from workbench_files import ELRANATAMAB, MARGETUXIMAB, made

from policies.checks import reachability
from policies.checks.reachability import Reach
from policies.model.criteria import Group, Node, RequestKind, walk
from policies.model.truth import Truth

ALL = frozenset(Truth)
COUNT = "- {id: prior-therapies.count, says: At least <at_least> earlier therapies, fact: prior_lines, at_least: 4}"
CURRENT = "A current ECOG performance status of 0 to <at_most:figure>"
ECOG = f"- {{id: ecog, says: {CURRENT}, section: A.iii, fact: ecog, at_most: 2}}"


def node_of(name: str, node_id: str, kind: RequestKind = RequestKind.INITIAL) -> tuple[Reach, Node]:
    policy, _ = made(name)
    return Reach(policy), next(node for node in walk(policy.requests[kind].criteria) if node.id == node_id)


@pytest.mark.parametrize(
    ("name", "node_id", "truths"),
    [
        (ELRANATAMAB, "ecog", ALL),
        (ELRANATAMAB, "prior-therapies", ALL),
        (MARGETUXIMAB, "her2-positive", ALL),
        (MARGETUXIMAB, "order.patient-living", ALL - {Truth.UNKNOWN}),
    ],
)
def test_a_criterion_has_the_truths_of_its_findings(name: str, node_id: str, truths: frozenset[Truth]) -> None:
    known, node = node_of(name, node_id)
    assert known.truths(node) == truths


def test_what_the_policy_settles_itself_is_always_met() -> None:
    known, node = node_of(ELRANATAMAB, "continuation.duration", RequestKind.CONTINUATION)
    assert known.truths(node) == {Truth.MET}


def idle(text: str) -> list[str]:
    policy, _ = made(ELRANATAMAB, (ECOG, f"{ECOG}\n    {text}"))
    nodes = walk(policy.requests[RequestKind.INITIAL].criteria)
    return [part.id for one in nodes if isinstance(one, Group) and one.id == "g" for part in Reach(policy).idle(one)]


def lines(node_id: str, test: str) -> str:
    return f"{{id: {node_id}, says: Lines, section: A, fact: prior_lines, {test}}}"


def group(operator: str, *parts: str) -> str:
    return f"- {{id: g, says: Group, section: A, {operator}: {', '.join(parts)}}}"


MANY, SOME, FEW = lines("many", "at_least: 6"), lines("some", "at_least: 2"), lines("few", "at_most: 1")
OTHER = "{id: o, says: ECOG, section: A, fact: ecog, at_most: 1}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (group("all", f"[{MANY}, {SOME}]"), ["some"]),
        (group("any", f"[{MANY}, {SOME}]"), ["many"]),
        (group("all", f"[{MANY}, {OTHER}]"), []),
        (group("any", f"[{SOME}, {FEW}]"), []),
        (group("at_least_of", f"{{needed: 1, of: [{MANY}, {SOME}]}}"), ["many"]),
        (group("at_least_of", f"{{needed: 2, of: [{MANY}, {SOME}, {OTHER}]}}"), []),
        (group("not", SOME), []),
        (group("all", f"[{MANY}, {{any: [{SOME}, {OTHER}]}}]"), [""]),
    ],
)
def test_a_part_that_the_others_always_settle_is_idle(text: str, expected: list[str]) -> None:
    assert idle(text) == expected


def test_too_many_trials_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachability, "MOST_TRIALS", 1)
    assert idle(group("all", f"[{MANY}, {SOME}]")) == []
    known, node = node_of(MARGETUXIMAB, "order.patient-living")
    assert known.truths(node) == ALL
