"""Laws of clicks: a yes rules as the value that a person types, a no changes no truth, nothing is counted twice."""

from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from fhir_mappings.judgement.answer_overlay import laid_over
from policies.evaluation.comparison import judge
from policies.evaluation.ruling import evaluate
from policies.model.findings import Evidence, Finding, Origin, Proposal, Range, Role, State, Strength, Value
from policies.model.truth import Truth
from tests.forms.form_parts import candidates, form_named, leaves

FORMS = ("margetuximab-initial", "elranatamab-initial", "margetuximab-continuation", "elranatamab-continuation")
COUNTED = "prior_regimens"


def shown(name: str, strength: Strength = Strength.STRONG) -> Evidence:
    return Evidence(f"Observation/{name}", name, "2026-10-01", Role.POSSIBLE, strength=strength)


def proposal(name: str, means: Value, counts: tuple[str, ...] = (), answer: bool | None = None) -> Proposal:
    return Proposal((shown(name),), name, means, "?", counts=counts, answer=answer)


def clicks(*some: Proposal) -> Finding:
    """What a response says by clicks alone."""
    source = Evidence("QuestionnaireResponse/r", "Answered: yes", role=Role.POSSIBLE)
    return Finding(State.UNKNOWN, evidence=(source,), origin=Origin.ANSWER, proposals=some)


def typed(value: Value) -> Finding:
    evidence = Evidence("QuestionnaireResponse/r", "Answered", strength=Strength.WEAK)
    return Finding.known(value, (evidence,), "Answered.", Origin.ANSWER)


def chart(*some: Proposal, proven: int = 0) -> Finding:
    if not proven:
        return Finding(State.UNKNOWN, evidence=tuple(one.evidence[0] for one in some), note="Open.", proposals=some)
    counted = tuple(shown(f"line{at}")._replace(role=Role.FOR) for at in range(proven))
    return Finding(State.KNOWN, Range(proven), counted, "Proven.", proposals=some)


@pytest.mark.parametrize("form_id", FORMS)
def test_a_yes_rules_as_the_value_that_a_person_types(form_id: str) -> None:
    form = form_named(form_id)
    request, facts = form.policy.requests[form.request], form.policy.facts
    for name, fact in form.questions.items():
        for value in candidates(fact) if fact.kind.name != COUNTED else ():
            one = proposal("o1", value)
            by_click = laid_over(clicks(one.answered(True)), chart(one))
            by_word = laid_over(typed(value), chart(one))
            assert by_click.value == by_word.value
            rulings = [evaluate(request, facts, {name: found}) for found in (by_click, by_word)]
            assert [one.truth for one in rulings[0].reasons] == [one.truth for one in rulings[1].reasons]
            assert rulings[0].truth is rulings[1].truth
            assert all(item.strength is Strength.STRONG for item in by_click.counted)


@seed(20261130)
@settings(max_examples=150, deadline=None)
@given(proven=st.integers(0, 5), answers=st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=5))
def test_lines_that_are_confirmed_count_once_each_and_prove_no_upper_end(proven: int, answers: list[Any]) -> None:
    open_ = [proposal(f"p{at}", Range(1), ("prior_lines",)) for at in range(len(answers))]
    said = [one.answered(answer) for one, answer in zip(open_, answers, strict=True) if answer is not None]
    before = chart(*open_, proven=proven)
    after = laid_over(clicks(*said), before) if said else before
    expected = proven + answers.count(True)
    found = after.value.at_least if isinstance(after.value, Range) else 0
    assert found == expected
    assert not isinstance(after.value, Range) or after.value.at_most is None
    assert {one.id: one.answer for one in after.proposals} == {
        one.id: answer for one, answer in zip(open_, answers, strict=True)
    }
    if said:
        again = laid_over(clicks(*said), after)
        assert (again.value, again.state) == (after.value, after.state)
    form = form_named("elranatamab-initial")
    leaf, fact = next(one for one in leaves(form) if one.fact == "prior_lines"), form.policy.facts["prior_lines"]
    by_word = judge(leaf, fact, typed(Range.exactly(expected)))
    assert judge(leaf, fact, after) is (Truth.MET if by_word is Truth.MET else Truth.UNKNOWN)


@seed(20261130)
@settings(max_examples=150, deadline=None)
@given(proven=st.integers(0, 4), number=st.integers(1, 4), first=st.booleans())
def test_a_later_click_stands(proven: int, number: int, first: bool) -> None:
    open_ = [proposal(f"p{at}", Range(1), ("prior_lines",)) for at in range(number)]
    start = chart(*open_, proven=proven)
    once = laid_over(clicks(*(one.answered(first) for one in open_)), start)
    twice = laid_over(clicks(*(one.answered(not first) for one in open_)), once)
    at_once = laid_over(clicks(*(one.answered(not first) for one in open_)), start)
    assert twice.value == at_once.value


@pytest.mark.parametrize("form_id", FORMS)
def test_a_no_changes_no_truth(form_id: str) -> None:
    form = form_named(form_id)
    request, facts = form.policy.requests[form.request], form.policy.facts
    for name, fact in form.questions.items():
        means: Value = Range(1) if fact.kind.name == COUNTED else candidates(fact)[0]
        one = proposal("o1", means, (name,) if fact.kind.name == COUNTED else ())
        before = chart(one)
        after = laid_over(clicks(one.answered(False)), before)
        assert (after.state, after.value, after.proposed) == (State.UNKNOWN, None, ())
        rulings = [evaluate(request, facts, {name: found}) for found in (before, after)]
        assert [each.truth for each in rulings[0].reasons] == [each.truth for each in rulings[1].reasons]


def test_a_yes_against_what_the_chart_proves_by_then_is_listed_with_both() -> None:
    one = proposal("o1", "3+").answered(True)
    proven = Finding.known("1+", (shown("o2")._replace(role=Role.FOR),))
    found = laid_over(clicks(one), proven)
    assert (found.value, [item.reference for item in found.overruled]) == ("3+", ["Observation/o2"])


def test_a_yes_to_what_is_in_no_chart_any_more_still_counts_for_a_value_and_not_for_a_line() -> None:
    value = laid_over(clicks(proposal("o1", True).answered(True)), chart())
    assert value.value is True
    line = laid_over(clicks(proposal("p", Range(1), ("prior_lines",)).answered(True)), chart(proven=2))
    assert line.value == Range(2)


def test_a_number_beside_clicks_is_as_strong_as_they_are_where_it_says_the_same() -> None:
    one = proposal("p", Range(1), ("prior_lines",))
    both = Finding(
        State.KNOWN, Range.exactly(3), typed(Range.exactly(3)).evidence, "", Origin.ANSWER, (), (one.answered(True),)
    )
    found = laid_over(both, chart(one, proven=2))
    assert found.value == Range.exactly(3)
    assert all(item.strength is Strength.STRONG for item in found.counted)
