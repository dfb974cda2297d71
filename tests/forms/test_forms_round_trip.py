"""The round trip: a form is answered, the answers become facts, and the facts go through the same evaluation."""

from typing import Any

import pytest
from form_parts import (
    DOCUMENT,
    FORM_IDS,
    Json,
    as_json,
    candidates,
    documents,
    favourable,
    form_named,
    leaves,
    read,
    response,
    ruling,
    value_for,
)
from hypothesis import given, settings
from hypothesis import strategies as some

from fhir_mappings.forms.form import Form
from policies.evaluation.ruling import Reason
from policies.model.findings import Origin, Strength
from policies.model.truth import Truth
from tests.words import said

QUESTIONS = [(name, question) for name in FORM_IDS for question in form_named(name).questions]
REQUIRED = [(name, question) for name, question in QUESTIONS if question in form_named(name).required]
HER2_NEGATIVE = {
    "resourceType": "Observation",
    "id": "ish1",
    "status": "final",
    "subject": {"reference": "Patient/p1"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "85318-4"}]},
    "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260385009"}]},
    "effectiveDateTime": "2026-10-01",
}
ECOG_3 = {
    "resourceType": "Observation",
    "id": "ecog1",
    "status": "final",
    "subject": {"reference": "Patient/p1"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "89247-1"}]},
    "valueInteger": 3,
    "effectiveDateTime": "2026-11-10",
}


def reasons(found: Any) -> dict[str, Reason]:
    return {reason.criterion.id: reason for reason in found.reasons}


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_favourable_answers_to_an_empty_chart_meet_every_criterion(form_id: str) -> None:
    """What no form can say, whether we authorized the drug before, stands beside the diagnosis and is not needed."""
    form = form_named(form_id)
    found = ruling(form, response(form, favourable(form)))
    assert found.truth is Truth.MET
    needed = [reason.truth for reason in found.reasons if not reason.criterion.id.endswith(".authorization")]
    assert set(needed) == {Truth.MET}
    assert found.questions == ()


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_without_an_answer_everything_is_asked_in_the_order_of_the_form(form_id: str) -> None:
    form = form_named(form_id)
    found = ruling(form, response(form, {}))
    assert found.truth is Truth.UNKNOWN
    assert [question.fact.name for question in found.questions] == list(form.questions)


@pytest.mark.parametrize(("form_id", "name"), REQUIRED)
def test_one_unfavourable_answer_fails_its_criterion_and_no_other(form_id: str, name: str) -> None:
    form = form_named(form_id)
    against = {name: as_json(form, value_for(form, form.questions[name], Truth.NOT_MET))}
    found = ruling(form, response(form, favourable(form) | against))
    assert found.truth is Truth.NOT_MET
    (failure,) = found.failures
    assert failure.criterion.fact == name
    assert "Answered in the form on 2026-11-20" in said(failure.note)
    assert [one.reference for one in failure.evidence] == ["QuestionnaireResponse/qr1"]


@pytest.mark.parametrize(
    ("ihc", "ish", "truth"),
    [
        ("3+", None, Truth.MET),
        ("3+", "negative", Truth.MET),
        ("2+", "positive", Truth.MET),
        (None, "positive", Truth.MET),
        ("2+", None, Truth.UNKNOWN),
        ("1+", "equivocal", Truth.UNKNOWN),
        (None, "negative", Truth.UNKNOWN),
        ("2+", "negative", Truth.NOT_MET),
        ("negative", "negative", Truth.NOT_MET),
    ],
)
def test_one_her2_test_is_enough_and_both_are_needed_to_fail(ihc: str | None, ish: str | None, truth: Truth) -> None:
    form = form_named("margetuximab-initial")
    given = {name: one for name, one in favourable(form).items() if not name.startswith("her2")}
    tests = {"her2_ihc_score": ihc, "her2_ish_result": ish}
    given |= {name: as_json(form, value) for name, value in tests.items() if value is not None}
    content = response(form, given)
    found = ruling(form, content)
    assert (found.truth, reasons(found)["her2-positive"].truth) == (truth, truth)
    assert read(content).open == ()


@pytest.mark.parametrize(("form_id", "name"), QUESTIONS)
def test_what_is_left_out_is_asked_again_and_nothing_else(form_id: str, name: str) -> None:
    form = form_named(form_id)
    given = {key: value for key, value in favourable(form).items() if key != name}
    found = ruling(form, response(form, given, status="in-progress"))
    optional = name not in form.required
    stood_in_for = optional and name.startswith("her2")
    assert [question.fact.name for question in found.questions] == ([] if stood_in_for else [name])
    assert read(response(form, given)).open == (() if optional else (name,))


@pytest.mark.parametrize("form_id", [name for name in FORM_IDS if documents(form_named(name))])
def test_a_document_says_yes_by_itself_and_is_strong_evidence(form_id: str) -> None:
    form = form_named(form_id)
    facts = {fact.name for fact in documents(form)}
    given = {name: value for name, value in favourable(form).items() if name not in facts}
    found = ruling(form, response(form, given | {f"{name}:attachment": DOCUMENT for name in facts}))
    assert found.truth is Truth.MET
    attached = [one for one in found.reasons if getattr(one.criterion, "fact", "") in facts]
    assert len(attached) == len(facts)
    for reason in attached:
        assert reason.strong
        assert "document attached, note.pdf" in said(reason.note)


def test_a_persons_word_is_weak_evidence_and_marked_as_an_answer() -> None:
    form = form_named("elranatamab-initial")
    for finding in read(response(form, favourable(form))).findings.values():
        assert finding.origin is Origin.ANSWER
        assert [one.strength for one in finding.evidence] == [Strength.WEAK]
        assert finding.evidence[0].date == "2026-11-20"


def test_an_answer_wins_over_the_chart_and_is_marked_as_the_persons() -> None:
    form = form_named("elranatamab-initial")
    without = {name: value for name, value in favourable(form).items() if name != "ecog"}
    by_chart = ruling(form, response(form, without), ECOG_3)
    assert reasons(by_chart)["ecog"].truth is Truth.NOT_MET
    by_person = ruling(form, response(form, without | {"ecog": {"valueInteger": 1}}), ECOG_3)
    assert by_person.truth is Truth.MET
    reason = reasons(by_person)["ecog"]
    otherwise = "The chart says otherwise: ECOG 3, 2026-11-10, Observation/ecog1."
    assert said(reason.note) == f"Answered in the form on 2026-11-20: 1. {otherwise}"
    assert [(one.reference, said(one.summary)) for one in reason.evidence] == [
        ("QuestionnaireResponse/qr1", "Answered: 1")
    ]


def test_an_unfavourable_answer_wins_over_a_favourable_chart() -> None:
    form = form_named("elranatamab-initial")
    chart = ECOG_3 | {"valueInteger": 0}
    found = ruling(form, response(form, favourable(form) | {"ecog": {"valueInteger": 4}}), chart)
    assert found.truth is Truth.NOT_MET


def test_an_answer_settles_a_conflict_of_the_chart() -> None:
    form = form_named("margetuximab-initial")
    positive = HER2_NEGATIVE | {
        "id": "ish2",
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "10828004"}]},
    }
    given = {name: value for name, value in favourable(form).items() if not name.startswith("her2")}
    before = ruling(form, response(form, given), HER2_NEGATIVE, positive)
    assert [one.criterion.fact for one in before.conflicts] == ["her2_ish_result"]
    answered = given | {"her2_ish_result": as_json(form, "positive")}
    after = ruling(form, response(form, answered), HER2_NEGATIVE, positive)
    assert (after.truth, after.questions) == (Truth.MET, ())
    assert [one.criterion.fact for one in after.conflicts] == ["her2_ish_result"]


def test_a_policys_note_on_an_option_stands_beside_the_answer() -> None:
    form = form_named("margetuximab-initial")
    found = ruling(form, response(form, {"her2_ihc_score": as_json(form, "2+")}))
    assert said(reasons(found)["her2-positive.ihc"].note) == (
        "equivocal: ISH decides; Answered in the form on 2026-11-20: 2+."
    )


@some.composite
def complete(draw: some.DrawFn) -> tuple[Form, dict[str, Any]]:
    form = form_named(draw(some.sampled_from(FORM_IDS)))
    values = {name: draw(some.sampled_from(candidates(fact))) for name, fact in form.questions.items()}
    return form, values


@given(complete())
@settings(deadline=None, max_examples=150)
def test_a_complete_set_of_valid_answers_decides(answered: tuple[Form, dict[str, Any]]) -> None:
    form, values = answered
    found = ruling(form, response(form, {name: as_json(form, value) for name, value in values.items()}))
    if not any(values[name] in fact.undecided for name, fact in form.questions.items()):
        assert found.truth is not Truth.UNKNOWN
        assert found.questions == ()
    assert read_back(form, values) == values


def read_back(form: Form, values: dict[str, Any]) -> dict[str, Any]:
    content = response(form, {name: as_json(form, value) for name, value in values.items()})
    return {name: finding.value for name, finding in read(content).findings.items()}


@given(some.data())
@settings(deadline=None, max_examples=60)
def test_a_further_answer_never_changes_a_decided_ruling(data: some.DataObject) -> None:
    form, values = data.draw(complete())
    names = data.draw(some.permutations(list(values)))
    truths: list[Truth] = []
    for count in range(len(names) + 1):
        given: dict[str, Json] = {name: as_json(form, values[name]) for name in names[:count]}
        truths.append(ruling(form, response(form, given)).truth)
    decided = [truth for truth in truths if truth is not Truth.UNKNOWN]
    assert decided == truths[len(truths) - len(decided) :]
    assert len(set(decided)) <= 1


def test_every_question_is_tested_by_a_criterion() -> None:
    for form in map(form_named, FORM_IDS):
        assert form.questions.keys() <= {leaf.fact for leaf in leaves(form)}
