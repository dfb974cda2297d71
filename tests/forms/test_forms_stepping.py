"""The laws of adaptive forms: they end with the ruling that a whole form would give, and ask no more than they must."""

import pytest
from form_parts import FORM_IDS, candidates, form_named
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.forms.form import Form
from fhir_mappings.forms.next_step import Step, next_step
from policies.evaluation.ruling import evaluate
from policies.model.findings import Finding, Origin, Value
from policies.model.truth import Truth

EVERY_FORM = pytest.mark.parametrize("form_id", FORM_IDS)
Answers = dict[str, Finding]


def answer(value: Value) -> Finding:
    return Finding.known(value, origin=Origin.ANSWER)


def truth(form: Form, answers: Answers) -> Truth:
    return evaluate(form.policy.requests[form.request], form.policy.facts, answers).truth


def of_section(form: Form, link_id: str) -> list[str]:
    (found,) = [one for one in form.sections if one.link_id == link_id]
    return [fact.name for fact in found.facts]


def walk(form: Form, answers: Answers) -> tuple[Answers, list[Step]]:
    """Answer each section as it comes; returns what was answered, and the steps."""
    told: Answers = {}
    steps = [next_step(form, {}, told, ())]
    while not steps[-1].is_done:
        assert steps[-1].new, "nothing new comes, though everything that was asked is answered"
        told |= {name: answers[name] for section in steps[-1].new for name in of_section(form, section)}
        steps.append(next_step(form, {}, told, steps[-1].shown))
    return told, steps


@EVERY_FORM
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_ruling_at_the_end_is_that_of_all_answers(form_id: str, data: st.DataObject) -> None:
    form = form_named(form_id)
    answers = {
        name: answer(data.draw(st.sampled_from(candidates(fact)), label=name)) for name, fact in form.questions.items()
    }
    told, steps = walk(form, answers)
    assert truth(form, told) is truth(form, answers)
    for step in steps[:-1]:
        assert len(step.new) == 1
    earlier = {name: told[name] for section in steps[-1].before[:-1] for name in of_section(form, section)}
    assert truth(form, earlier) is Truth.UNKNOWN


@EVERY_FORM
def test_the_order_is_the_same_each_time_and_no_section_comes_twice(form_id: str) -> None:
    form = form_named(form_id)
    answers = {name: answer(candidates(fact)[0]) for name, fact in form.questions.items()}
    first, second = walk(form, answers)[1], walk(form, answers)[1]
    assert first == second
    assert len(set(first[-1].shown)) == len(first[-1].shown)


@EVERY_FORM
def test_what_is_known_from_the_chart_is_not_asked(form_id: str) -> None:
    form = form_named(form_id)
    known = {name: answer(candidates(fact)[0]) for name, fact in form.questions.items()}
    for name in form.questions:
        rest = {one: finding for one, finding in known.items() if one != name}
        step = next_step(form, rest, {}, ())
        assert step.open in {(), (name,)}


@EVERY_FORM
def test_an_open_question_without_an_answer_keeps_the_form_open(form_id: str) -> None:
    form = form_named(form_id)
    every = tuple(one.link_id for one in form.sections)
    step = next_step(form, {}, {}, every)
    assert (step.new, step.is_done) == ((), False)
    assert set(step.open) <= form.questions.keys()
