"""What is said of a group that is not met or open: the criteria that make it so, and no other."""

import pytest
from policy_trees import answers, both, either, flags, leaf, opposite, request, some

from fhir_mappings.wording import wording
from hooks.card_parts.brief_coverage import failing_words
from hooks.coverage_decision.explanations import Explanation
from policies.evaluation.ruling import evaluate
from policies.model.criteria import Node

A, B, C = leaf("a", node_id="a"), leaf("b", node_id="b"), leaf("c", node_id="c")
MET_A = {"a": True, "b": False}
BARRED = "that this is not so: says a"


@pytest.mark.parametrize(
    ("group", "values", "said"),
    [
        (opposite(either(A, B), name="g"), MET_A, f"Not met: {BARRED}."),
        (opposite(A, name="g"), MET_A, f"Not met: {BARRED}."),
        (opposite(both(A, opposite(B)), name="g"), MET_A, f"Not met: {BARRED}; says b."),
        (opposite(either(A, B), name="g"), {"a": False}, "Open: says b."),
        (opposite(opposite(A), name="g"), {"a": False}, "Not met: says a."),
        (both(either(A, B), C, name="g"), MET_A | {"c": False}, "Not met: says c."),
        (some(2, A, B, C, name="g"), MET_A | {"c": False}, "Not met: says b; says c."),
        (some(1, opposite(A), B, name="g"), MET_A, f"Not met: {BARRED}; says b."),
    ],
)
def test_a_group_names_what_makes_it_so(group: Node, values: dict[str, bool], said: str) -> None:
    ruling = evaluate(request(group), flags(group), answers(**values))
    (reason,) = (one for one in ruling.reasons if one.criterion is group)
    assert wording().words(Explanation(ruling).note(reason)) == said


@pytest.mark.parametrize(
    ("criteria", "values", "said"),
    [
        (opposite(either(A, B)), MET_A, [BARRED]),
        (both(either(A, B), C), MET_A | {"c": False}, ["says c"]),
        (both(opposite(A, name="g"), C), MET_A | {"c": True}, ["says g"]),
    ],
)
def test_a_card_names_the_topmost_criteria_that_fail(criteria: Node, values: dict[str, bool], said: list[str]) -> None:
    asked = request(criteria)
    ruling = evaluate(asked, flags(criteria), answers(**values))
    assert [wording().words(one) for one in failing_words(asked, ruling)] == said


def test_the_reason_says_of_a_criterion_that_must_not_be_that_it_is() -> None:
    ruling = evaluate(request(opposite(A)), flags(A), answers(a=True))
    (said,) = (wording().words(Explanation(ruling).against(one)) for one in ruling.failures)
    assert said.startswith(f"{BARRED} (")
