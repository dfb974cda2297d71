"""The form of a policy for several diseases: the disease is the first question, and what follows hangs on it."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fhir_mappings.forms.form import Form, form_of
from fhir_mappings.forms.next_step import next_step
from fhir_mappings.forms.relevance import conditions, section_conditions
from fhir_mappings.questionnaires.questionnaire import questionnaire
from fhir_mappings.wording import wording
from policies import catalogue
from policies.model.criteria import RequestKind
from policies.model.findings import Finding, Interval, Origin, Range

EXAMPLES = Path(__file__).resolve().parents[2] / "policies" / "examples"
BASE = "https://payer.example.org"
DIABETES, WEIGHT = "Type 2 diabetes", "Weight management"

Json = dict[str, Any]


@cache
def form(name: str = "semaglutide", kind: RequestKind = RequestKind.INITIAL) -> Form:
    return form_of(catalogue.load(EXAMPLES).versions(name).policies[-1], kind, BASE)


def answered(**values: object) -> dict[str, Finding]:
    return {name: Finding.known(value, origin=Origin.ANSWER) for name, value in values.items()}  # type: ignore[arg-type]


def step(**values: object) -> tuple[str, ...]:
    """The sections that are asked next, after these answers."""
    return next_step(form(), {}, answered(**values), ()).new


def test_the_disease_is_the_first_question_of_the_form() -> None:
    assert next(iter(form().questions)) == "indication"
    assert "indication" in form().required


def test_one_form_asks_for_every_indication_whichever_is_judged() -> None:
    policy = catalogue.load(EXAMPLES).versions("semaglutide").policies[-1]
    of_one = form_of(policy.for_indication(DIABETES), RequestKind.INITIAL, BASE)
    assert (of_one.canonical, of_one.questions.keys()) == (form().canonical, form().questions.keys())


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("hba1c", (DIABETES,)),
        ("metformin", (DIABETES,)),
        ("bmi", (WEIGHT,)),
        ("program", (WEIGHT,)),
        ("age", (DIABETES, WEIGHT)),
    ],
)
def test_what_only_some_diseases_need_waits_for_the_disease(name: str, options: tuple[str, ...]) -> None:
    found = conditions(form())[name]
    assert (found.question, found.options) == ("indication", options)
    assert not found.holds(None)
    assert [found.holds(one) for one in options] == [True] * len(options)
    assert not found.holds("another disease")


def test_what_every_disease_needs_waits_for_nothing() -> None:
    assert {"indication", "thyroid_cancer", "other_glp1"}.isdisjoint(section_conditions(form()))
    known = conditions(form())
    assert all(known[one].question != "indication" for one in ("thyroid_cancer", "other_glp1") if one in known)


def test_the_sections_of_a_disease_are_written_as_enabled_by_it() -> None:
    written = questionnaire(form(), wording())
    sections = {one["linkId"]: one for one in written["item"]}
    assert sections["diabetes.hba1c"]["enableWhen"] == [
        {
            "question": "indication",
            "operator": "=",
            "answerCoding": {"system": f"{BASE}/fhir/CodeSystem/answers", "code": DIABETES, "display": DIABETES},
        }
    ]
    assert "enableWhen" not in sections["thyroid"]


def test_an_adaptive_form_asks_for_the_disease_and_then_for_what_it_needs() -> None:
    assert step() == ("criterion:indication",)
    before = {"indication": WEIGHT, "thyroid_cancer": False, "other_glp1": False, "age": Range.exactly(40)}
    asked = {step(**before)[0], step(**before, bmi=Interval.exactly(Decimal(34), "kg/m2"))[0]}  # type: ignore[arg-type]
    assert asked <= {"weight.bmi", "weight.program"}


def test_nothing_more_is_asked_for_a_disease_that_is_not_covered() -> None:
    assert step(indication="another disease") == ()


@pytest.mark.parametrize("name", ["infliximab", "pembrolizumab", "semaglutide", "mepolizumab", "teclistamab"])
@pytest.mark.parametrize("kind", list(RequestKind))
def test_every_example_makes_a_valid_form(name: str, kind: RequestKind) -> None:
    written = questionnaire(form(name, kind), wording())
    ids = [one["linkId"] for section in written["item"] for one in (section, *section.get("item", ()))]
    assert len(ids) == len(set(ids))
