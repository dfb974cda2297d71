import pytest
from policy_trees import (
    MET,
    NOT_MET,
    UNKNOWN,
    answers,
    both,
    either,
    fact,
    flags,
    known,
    leaf,
    opposite,
    request,
    seen,
    some,
)

from policies.evaluation.ruling import Reason, evaluate
from policies.model.criteria import Comparison, Node
from policies.model.findings import Evidence, Finding, Origin, Range, Role, Strength
from policies.model.truth import Truth
from tests.words import said

A, B, C = (seen(f"Observation/{name}") for name in "abc")
WEAK = Evidence("MedicationRequest/1", "prescribed", strength=Strength.WEAK)


def asked(root: Node, findings: dict[str, Finding]) -> list[str]:
    return [question.fact.name for question in evaluate(request(root), flags(root), findings).questions]


def reason(root: Node, findings: dict[str, Finding], name: str) -> Reason:
    ruling = evaluate(request(root), flags(root), findings)
    return next(one for one in ruling.reasons if one.criterion.id == name)


def test_a_fact_without_a_finding_is_silent() -> None:
    assert evaluate(request(leaf("x")), {"x": fact("x")}, {}).truth is UNKNOWN


def test_silence_can_be_settled_by_the_policy_itself() -> None:
    living = fact("x", ask="", silent=Finding.known(False, origin=Origin.POLICY))
    ruling = evaluate(request(leaf("x", operand=False)), {"x": living}, {})
    assert ruling.truth is MET
    assert ruling.questions == ()


def test_a_finding_beats_the_policys_silence() -> None:
    living = fact("x", ask="", silent=Finding.known(False, origin=Origin.POLICY))
    assert evaluate(request(leaf("x", operand=False)), {"x": living}, {"x": known(True, A)}).truth is NOT_MET


def test_an_undeclared_fact_raises() -> None:
    with pytest.raises(KeyError):
        evaluate(request(leaf("x")), {}, {})


def test_a_finding_for_a_fact_that_nobody_asks_about_changes_nothing() -> None:
    root = leaf("x")
    assert evaluate(request(root), flags(root), answers(x=True, y=False)).truth is MET


def test_a_fact_of_several_criteria_is_asked_once_in_the_group_of_its_first() -> None:
    root = both(
        both(leaf("y", node_id="first-y"), name="one"), both(leaf("x"), leaf("y", node_id="next-y"), name="two")
    )
    questions = evaluate(request(root), flags(root), {}).questions
    assert [(one.fact.name, one.criterion.id) for one in questions] == [("y", "first-y"), ("x", "c-x")]


def test_a_fact_whose_first_criterion_is_decided_is_asked_where_it_is_still_needed() -> None:
    root = both(either(leaf("y", node_id="first-y"), leaf("x")), leaf("y", node_id="next-y"))
    questions = evaluate(request(root), flags(root), answers(x=True)).questions
    assert [(one.fact.name, one.criterion.id) for one in questions] == [("y", "next-y")]


def test_nothing_is_asked_in_a_branch_that_is_decided() -> None:
    root = both(either(leaf("a"), leaf("b")), leaf("c"))
    assert asked(root, answers(a=True)) == ["c"]
    assert asked(root, answers(c=False)) == []


def test_a_fact_used_both_ways_is_asked_and_its_answer_settles_the_ruling() -> None:
    """Each node is judged by its parts alone, so "x, or not x" is unknown until x is told."""
    root = either(leaf("x", node_id="x"), opposite(leaf("x", node_id="also-x")))
    assert evaluate(request(root), flags(root), {}).truth is UNKNOWN
    assert asked(root, {}) == ["x"]
    for answer in (True, False):
        assert evaluate(request(root), flags(root), answers(x=answer)).truth is MET
        assert asked(root, answers(x=answer)) == []


def test_a_question_carries_what_is_known_so_far() -> None:
    lines = fact("x", "count")
    finding = known(Range(2), A)
    ruling = evaluate(request(leaf("x", Comparison.AT_LEAST, 3)), {"x": lines}, {"x": finding})
    assert [(one.fact, one.finding) for one in ruling.questions] == [(lines, finding)]


def test_an_undecided_answer_is_asked_about_and_explained() -> None:
    choice = fact("x", "choice", notes={"grey": "grey settles nothing"})
    ruling = evaluate(request(leaf("x", operand="red")), {"x": choice}, {"x": known("grey", A)})
    assert ruling.truth is UNKNOWN
    assert len(ruling.questions) == 1
    assert ruling.reasons[0].note == "grey settles nothing"
    assert ruling.reasons[0].evidence == (A,)


@pytest.mark.parametrize(
    ("value", "note", "whole"),
    [
        ("red", "seen twice", "seen twice"),
        ("grey", "", "grey settles nothing"),
        ("grey", "seen twice", "grey settles nothing; seen twice"),
        ("red", "", ""),
    ],
)
def test_a_note_joins_the_policys_words_and_the_findings(value: str, note: str, whole: str) -> None:
    choice = fact("x", "choice", notes={"grey": "grey settles nothing"})
    finding = Finding.known(value, (A,), note)
    (reason,) = evaluate(request(leaf("x", operand="red")), {"x": choice}, {"x": finding}).reasons
    assert said(reason.note) == whole


def test_a_failed_criterion_in_any_keeps_its_note_while_the_group_is_open() -> None:
    root = either(leaf("ihc", operand="red"), leaf("ish"), name="her2")
    facts = {"ihc": fact("ihc", "choice", notes={"green": "the other test decides"}), "ish": fact("ish")}
    ruling = evaluate(request(root), facts, {"ihc": known("green", A)})
    assert [(one.truth, one.note) for one in ruling.reasons] == [
        (UNKNOWN, ""),
        (NOT_MET, "the other test decides"),
        (UNKNOWN, ""),
    ]
    assert ruling.reasons[0].evidence == ()


FOUND = {"a": known(True, A), "b": known(False, B), "c": known(True, C)}


@pytest.mark.parametrize(
    ("root", "truth", "evidence"),
    [
        (both(leaf("a"), leaf("c"), name="g"), MET, (A, C)),
        (both(leaf("a"), leaf("b"), name="g"), NOT_MET, (B,)),
        (both(leaf("a"), leaf("open"), name="g"), UNKNOWN, ()),
        (both(leaf("b"), leaf("open"), name="g"), NOT_MET, (B,)),
        (either(leaf("a"), leaf("b"), name="g"), MET, (A,)),
        (either(leaf("a"), leaf("c"), name="g"), MET, (A, C)),
        (either(leaf("b"), name="g"), NOT_MET, (B,)),
        (either(leaf("b"), leaf("open"), name="g"), UNKNOWN, ()),
        (opposite(leaf("a"), name="g"), NOT_MET, (A,)),
        (opposite(leaf("b"), name="g"), MET, (B,)),
        (opposite(leaf("open"), name="g"), UNKNOWN, ()),
        (opposite(both(leaf("a"), leaf("b")), name="g"), MET, (B,)),
        (opposite(either(leaf("a"), leaf("b")), name="g"), NOT_MET, (A,)),
        (some(2, leaf("a"), leaf("b"), leaf("c"), name="g"), MET, (A, C)),
        (some(3, leaf("a"), leaf("b"), leaf("c"), name="g"), NOT_MET, (B,)),
        (some(3, leaf("a"), leaf("open"), leaf("c"), name="g"), UNKNOWN, ()),
        (both(either(leaf("a"), leaf("b")), leaf("a", node_id="again"), name="g"), MET, (A,)),
    ],
)
def test_a_group_rests_on_the_evidence_of_the_parts_that_decided_it(
    root: Node, truth: Truth, evidence: tuple[Evidence, ...]
) -> None:
    found = reason(root, FOUND, "g")
    assert (found.truth, found.evidence) == (truth, evidence)


def test_evidence_that_is_merely_possible_stays_out_of_the_reason() -> None:
    maybe = seen("DocumentReference/1", Role.POSSIBLE)
    root = leaf("x")
    found = evaluate(request(root), flags(root), {"x": Finding.known(True, (A, maybe))})
    assert found.reasons[0].evidence == (A,)
    unknown = evaluate(request(root), flags(root), {"x": Finding.unknown("a note", (maybe,))})
    assert unknown.reasons[0].evidence == ()
    assert unknown.reasons[0].note == "a note"
    assert unknown.questions[0].finding.evidence == (maybe,)


def test_a_conflict_is_listed_at_its_first_criterion_with_both_sides() -> None:
    root = both(leaf("x", node_id="first"), leaf("x", node_id="second"))
    torn = Finding.conflicting("two sides", (A, seen("Observation/b", Role.AGAINST)))
    ruling = evaluate(request(root), flags(root), {"x": torn})
    assert [(one.criterion.id, one.finding) for one in ruling.conflicts] == [("first", torn)]
    assert ruling.reasons[0].evidence == torn.counted
    assert asked(root, {"x": torn}) == ["x"]


def test_a_conflict_is_listed_even_where_it_no_longer_matters() -> None:
    root = both(leaf("x"), leaf("y"))
    findings = {"x": Finding.conflicting("two sides", (A, B)), "y": known(False, C)}
    ruling = evaluate(request(root), flags(root), findings)
    assert ruling.truth is NOT_MET
    assert ruling.questions == ()
    assert [one.criterion.fact for one in ruling.conflicts] == ["x"]


def test_a_reason_is_strong_unless_something_it_rests_on_is_weak() -> None:
    root = both(leaf("a"), leaf("w"), either(leaf("a", node_id="a2"), leaf("b"), name="strong"), name="g")
    findings = FOUND | {"w": known(True, WEAK)}
    assert reason(root, findings, "c-a").strong
    assert not reason(root, findings, "c-w").strong
    assert not reason(root, findings, "g").strong
    assert reason(root, findings, "strong").strong


@pytest.mark.parametrize(
    ("root", "failures"),
    [
        (both(leaf("a"), leaf("c")), []),
        (both(leaf("a"), leaf("open")), []),
        (both(leaf("a"), leaf("b"), leaf("open")), ["c-b"]),
        (either(leaf("b"), leaf("b", node_id="again")), ["c-b", "again"]),
        (opposite(either(leaf("a"), leaf("b"))), ["c-a"]),
    ],
)
def test_failures_name_the_criteria_that_make_the_whole_not_met(root: Node, failures: list[str]) -> None:
    ruling = evaluate(request(root), flags(root), FOUND)
    assert [one.criterion.id for one in ruling.failures] == failures


def test_a_group_without_an_id_is_judged_and_not_reported() -> None:
    root = both(either(leaf("a"), leaf("b")), leaf("c"))
    ruling = evaluate(request(root), flags(root), FOUND)
    assert ruling.truth is MET
    assert [one.criterion.id for one in ruling.reasons] == ["c-a", "c-b", "c-c"]


def test_a_request_knows_its_named_nodes_how_deep_they_lie_and_the_first_test_of_each_fact() -> None:
    inner = both(leaf("x", node_id="inner"), either(leaf("y", node_id="deep"), name="deeper"), name="outer")
    asked = request(leaf("y", node_id="first"), either(inner, leaf("x", node_id="last")))
    assert [one.id for one in asked.named] == ["first", "outer", "inner", "deeper", "deep", "last"]
    assert asked.depths == (0, 0, 1, 1, 2, 0)
    assert [one.id for one in asked.first_uses] == ["first", "inner"]
    assert list(asked.nodes()) == list(asked.named)
