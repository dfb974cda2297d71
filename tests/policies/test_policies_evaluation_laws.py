"""Laws of the evaluation, on trees and findings drawn at random."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from policy_trees import (
    MIXED,
    MIXED_FACTS,
    NOT_MET,
    QUICK,
    UNDECIDED,
    UNKNOWN,
    answers,
    both,
    distinct_trees,
    filled,
    flags,
    is_open,
    known,
    leaf,
    leaves,
    mixed_trees,
    request,
    some_findings,
    values_of,
)

from policies.evaluation.causes import deciding
from policies.evaluation.ruling import Ruling, evaluate, whole
from policies.model.criteria import Group, Leaf, Node, named_parts, walk
from policies.model.findings import Finding, State
from policies.model.truth import Truth


def ruled(root: Node, findings: dict[str, Finding]) -> Ruling:
    return evaluate(request(root), MIXED_FACTS, findings)


def truths(ruling: Ruling) -> dict[str, Truth]:
    return {reason.criterion.id: reason.truth for reason in ruling.reasons}


def truth_of(root: Node, **values: bool) -> Truth:
    return evaluate(request(root), flags(root), answers(**values)).truth


@QUICK
@given(mixed_trees(), some_findings(), st.data())
def test_filling_what_is_unknown_changes_no_decided_node(
    root: Node, findings: dict[str, Finding], data: st.DataObject
) -> None:
    before, after = ruled(root, findings), ruled(root, data.draw(filled(findings)))
    for name, truth in truths(before).items():
        assert truth is UNKNOWN or truths(after)[name] is truth
    assert before.truth in (UNKNOWN, after.truth)


@QUICK
@given(mixed_trees(), some_findings())
def test_a_known_failure_beats_unknowns(root: Node, findings: dict[str, Finding]) -> None:
    whole = request(root, leaf("failed", node_id="failed"))
    facts = MIXED_FACTS | flags(both(leaf("failed")))
    ruling = evaluate(whole, facts, findings | answers(failed=False))
    assert ruling.truth is NOT_MET
    assert ruling.questions == ()


@QUICK
@given(mixed_trees(), some_findings())
def test_the_ruling_is_unknown_exactly_when_questions_are_open(root: Node, findings: dict[str, Finding]) -> None:
    ruling = ruled(root, findings)
    assert (ruling.truth is UNKNOWN) == bool(ruling.questions)


@QUICK
@given(mixed_trees(), some_findings())
def test_a_question_is_only_asked_about_what_is_not_yet_settled(root: Node, findings: dict[str, Finding]) -> None:
    for question in ruled(root, findings).questions:
        assert is_open(findings, question.fact.name)


@QUICK
@given(mixed_trees(), some_findings(), st.data())
def test_answering_every_question_settles_the_ruling(
    root: Node, findings: dict[str, Finding], data: st.DataObject
) -> None:
    asked = [question.fact.name for question in ruled(root, findings).questions]
    settling = {name: values_of(MIXED[name]).filter(lambda value: value != UNDECIDED) for name in asked}
    decided = {name: known(data.draw(values)) for name, values in settling.items()}
    assert ruled(root, findings | decided).truth is not UNKNOWN


@QUICK
@given(mixed_trees(), some_findings())
def test_questions_stand_in_the_policys_order_each_once_at_its_first_open_criterion(
    root: Node, findings: dict[str, Finding]
) -> None:
    ruling = ruled(root, findings)
    asked = [question.criterion.id for question in ruling.questions]
    order = [node.id for node in walk(root)]
    assert asked == sorted(asked, key=order.index)
    names = [question.fact.name for question in ruling.questions]
    assert len(names) == len(set(names))
    for question in ruling.questions:
        assert question.criterion.fact == question.fact.name
        assert truths(ruling)[question.criterion.id] is UNKNOWN


@QUICK
@given(mixed_trees(), some_findings())
def test_a_conflict_counts_as_unknown_and_is_listed(root: Node, findings: dict[str, Finding]) -> None:
    ruling = ruled(root, findings)
    silent = {name: one for name, one in findings.items() if one.state is not State.CONFLICTING}
    assert truths(ruling) == truths(ruled(root, silent))
    used = list(dict.fromkeys(one.fact for one in leaves(root)))
    torn = [name for name in used if name in findings and findings[name].state is State.CONFLICTING]
    assert [conflict.criterion.fact for conflict in ruling.conflicts] == torn
    assert all(conflict.finding is findings[conflict.criterion.fact] for conflict in ruling.conflicts)


@QUICK
@given(mixed_trees(), some_findings())
def test_every_node_has_its_reason_in_the_policys_order(root: Node, findings: dict[str, Finding]) -> None:
    assert [reason.criterion for reason in ruled(root, findings).reasons] == list(walk(root))


@QUICK
@given(mixed_trees(), some_findings())
def test_an_open_group_rests_on_nothing_and_no_evidence_is_merely_possible(
    root: Node, findings: dict[str, Finding]
) -> None:
    for reason in ruled(root, findings).reasons:
        assert all(item.counts for item in reason.evidence)
        assert reason.criterion in leaves(root) or reason.truth is not UNKNOWN or reason.evidence == ()


@QUICK
@given(mixed_trees(), some_findings())
def test_failures_are_there_exactly_when_the_ruling_is_not_met(root: Node, findings: dict[str, Finding]) -> None:
    ruling = ruled(root, findings)
    assert bool(ruling.failures) == (ruling.truth is NOT_MET)
    assert all(reason.truth is not UNKNOWN for reason in ruling.failures)


@QUICK
@given(distinct_trees(), st.data())
def test_every_question_can_still_change_the_ruling_and_nothing_else_can(root: Node, data: st.DataObject) -> None:
    names = [one.fact for one in leaves(root)]
    given_ones = data.draw(st.dictionaries(st.sampled_from(names), st.booleans()))
    asked = {one.fact.name for one in evaluate(request(root), flags(root), answers(**given_ones)).questions}
    open_ones = [name for name in names if name not in given_ones]
    for name in open_ones:
        others = [other for other in open_ones if other != name]
        worlds = (
            given_ones | dict(zip(others, world, strict=True)) for world in product((True, False), repeat=len(others))
        )
        can_change = any(
            truth_of(root, **world, **{name: True}) is not truth_of(root, **world, **{name: False}) for world in worlds
        )
        assert can_change == (name in asked)


@QUICK
@given(distinct_trees(), st.data())
def test_the_ruling_is_known_exactly_when_every_completion_agrees(root: Node, data: st.DataObject) -> None:
    names = [one.fact for one in leaves(root)]
    given_ones = data.draw(st.dictionaries(st.sampled_from(names), st.booleans()))
    open_ones = [name for name in names if name not in given_ones]
    worlds = product((True, False), repeat=len(open_ones))
    possible = {truth_of(root, **given_ones, **dict(zip(open_ones, world, strict=True))) for world in worlds}
    assert truth_of(root, **given_ones) is (possible.pop() if len(possible) == 1 else UNKNOWN)


def partly_named(root: Node, named: frozenset[int]) -> Node:
    """Take the ids of all groups but some, which is how a policy file writes groups that are not reported."""
    counter = iter(range(1_000))

    def walked(node: Node) -> Node:
        number = next(counter)
        if isinstance(node, Leaf):
            return node
        name = node.id if number in named else ""
        return Group(name, node.says, "A", node.operator, tuple(map(walked, node.parts)), node.needed)

    return walked(root)


def with_truths(node: Node, given: dict[str, Truth], top: str = "") -> Truth:
    """The truth of a node where the nearest named criteria below it have these truths."""
    if isinstance(node, Leaf) or (node.id and node.id != top):
        return given[node.id]
    return whole(node, [with_truths(part, given) for part in node.parts])


@QUICK
@given(mixed_trees(), some_findings(), st.frozensets(st.integers(0, 12)))
def test_the_criteria_that_are_blamed_are_those_whose_change_could_change_the_group(
    root: Node, findings: dict[str, Finding], named: frozenset[int]
) -> None:
    """With each `not`, `any`, `all` and `at_least_of`, nested and with or without an id."""
    ruling = ruled(partly_named(root, named), findings)
    given_truths = truths(ruling)
    for group in (reason.criterion for reason in ruling.reasons if isinstance(reason.criterion, Group)):
        nearest = {node.id: given_truths[node.id] for node in named_parts(group)}
        blamed = [node.id for node in deciding(group, given_truths)]
        truth = given_truths[group.id]
        assert blamed
        assert set(blamed) <= nearest.keys()
        for name in blamed:
            assert could_change(group, nearest, name, blamed), f"{name} changes nothing"
        for changed in product(Truth, repeat=len(nearest.keys() - set(blamed))):
            others = dict(zip(sorted(nearest.keys() - set(blamed)), changed, strict=True))
            assert truth is UNKNOWN or with_truths(group, nearest | others, group.id) is truth, "others decide it too"


def could_change(group: Group, nearest: dict[str, Truth], name: str, blamed: list[str]) -> bool:
    """Whether another truth of one criterion changes the group, whatever the others that are blamed with it are."""
    rest = [one for one in blamed if one != name]
    cases = ([*zip(rest, some, strict=True)] for some in product(Truth, repeat=len(rest)))
    return any(
        len({with_truths(group, nearest | dict(case) | {name: one}, group.id) for one in Truth}) > 1 for case in cases
    )
