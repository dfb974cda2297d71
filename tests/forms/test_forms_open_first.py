"""A form in the order in which it is answered, and the answers put back into the order of the form."""

import random
from typing import Any

import pytest

from fhir_mappings.forms.form import forms_of
from fhir_mappings.questionnaires.open_first import folded, in_order_of, open_first, without_answer
from fhir_mappings.questionnaires.questionnaire import questionnaire
from fhir_mappings.wording import wording
from policies.catalogue import Catalogue

Json = dict[str, Any]


@pytest.fixture(scope="module", params=range(4))
def form(request: pytest.FixtureRequest, policies_on_file: Catalogue) -> Json:
    return questionnaire(forms_of(policies_on_file, "https://cds.example.org")[request.param], wording())


def named(items: list[Json]) -> list[str]:
    return [name for one in items for name in (one["linkId"], *named(one.get("item", [])))]


def questions(form: Json) -> list[str]:
    return [one["linkId"] for section in form["item"] for one in section.get("item", ()) if one["type"] != "display"]


def test_nothing_is_lost_and_what_is_open_stands_before_what_is_settled(form: Json) -> None:
    for seed in range(20):
        open_now = set(random.Random(seed).sample([one for one in questions(form) if ":" not in one], 3))
        arranged = open_first(form, open_now)
        assert sorted(named(arranged["item"])) == sorted(named(form["item"]))
        away = set(folded(arranged, open_now))
        assert not away & open_now
        for section in arranged["item"]:
            standing = [one["linkId"] in away for one in section.get("item", ()) if one["type"] != "display"]
            assert standing == sorted(standing)
        has_open = [any(one["linkId"] in open_now for one in each.get("item", ())) for each in arranged["item"]]
        clinical = has_open[:-1] if arranged["item"][-1]["linkId"] == "request:documentation" else has_open
        assert clinical == sorted(clinical, reverse=True)


def test_answers_are_put_back_into_the_order_of_the_form(form: Json) -> None:
    def answered(items: list[Json]) -> list[Json]:
        kept = [one for one in items if one["type"] != "display"]
        return [{"linkId": one["linkId"], "item": answered(one.get("item", []))} for one in kept]

    expected = answered(form["item"])
    shuffled = [one | {"item": random.Random(1).sample(one["item"], len(one["item"]))} for one in expected]
    random.Random(2).shuffle(shuffled)
    assert in_order_of(form, shuffled) == expected


def test_what_the_form_does_not_have_stays_where_it_came() -> None:
    form = {"item": [{"linkId": "a"}, {"linkId": "b"}]}
    came = [{"linkId": "b"}, {"linkId": "other"}, {"linkId": "a"}]
    assert in_order_of(form, came) == came


def test_what_must_be_answered_whatever_else_is_counts_as_open() -> None:
    items = [
        {"linkId": "a", "required": True},
        {"linkId": "b", "required": True, "enableWhen": []},
        {"linkId": "c"},
        {"linkId": "d", "required": True},
    ]
    assert list(without_answer({"item": [{"linkId": "s", "item": items}]}, {"d"})) == ["a"]
