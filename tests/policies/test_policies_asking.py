"""Which group of open questions is asked first."""

from policies.catalogue import Catalogue
from policies.evaluation.next_questions import fewest_answers, next_group
from policies.model.criteria import RequestKind
from policies.model.findings import Finding, Origin, Range
from policies.model.policy import Policy


def initial(policies: Catalogue) -> Policy:
    (policy,) = policies.versions("margetuximab").policies
    return policy


def answer(value: bool | str | Range) -> Finding:
    return Finding.known(value, origin=Origin.ANSWER)


def test_one_failing_answer_settles_what_every_way_needs(policies_on_file: Catalogue) -> None:
    policy = initial(policies_on_file)
    request = policy.requests[RequestKind.INITIAL]
    assert fewest_answers(request, policy.facts, {}, ["breast_cancer"]) == 1
    assert fewest_answers(request, policy.facts, {}, ["her2_ihc_score"]) == float("inf")
    assert fewest_answers(request, policy.facts, {}, ["her2_ihc_score", "her2_ish_result"]) == 2


def test_what_is_known_already_counts(policies_on_file: Catalogue) -> None:
    policy = initial(policies_on_file)
    request, known = policy.requests[RequestKind.INITIAL], {"her2_ihc_score": answer("2+")}
    assert fewest_answers(request, policy.facts, known, ["her2_ish_result"]) == 1


def test_the_group_that_settles_with_fewest_answers_comes_first_then_the_shorter_then_the_earlier(
    policies_on_file: Catalogue,
) -> None:
    policy = initial(policies_on_file)
    request = policy.requests[RequestKind.INITIAL]
    her2 = frozenset({"her2_ihc_score", "her2_ish_result"})
    two, one = frozenset({"breast_cancer", "disease_extent"}), frozenset({"combination_partner"})
    assert next_group(request, policy.facts, {}, [her2, two]) == two
    assert next_group(request, policy.facts, {}, [two, one]) == one
    assert next_group(request, policy.facts, {}, [frozenset({"disease_extent"}), one]) == {"disease_extent"}
    assert next_group(request, policy.facts, {}, [frozenset(), her2]) == her2
    assert next_group(request, policy.facts, {}, [frozenset()]) is None


def test_numbers_are_tried_on_both_sides_of_the_figure(policies_on_file: Catalogue) -> None:
    policy = initial(policies_on_file)
    request = policy.requests[RequestKind.INITIAL]
    rest = {
        "breast_cancer": answer(value=True),
        "disease_extent": answer("metastatic"),
        "her2_ihc_score": answer("3+"),
        "prior_anti_her2_therapies_metastatic": answer(Range.exactly(1)),
        "prior_lines_advanced": answer(Range.exactly(3)),
        "combination_partner": answer("vinorelbine"),
    }
    assert fewest_answers(request, policy.facts, rest, ["prior_anti_her2_therapies"]) == 1
