"""Any responses to one form, in any order, twice, old ones and new ones: no answer is lost, none is completed half."""

from copy import deepcopy
from datetime import date
from typing import Any, ClassVar

import orjson
import pytest
from flask.testing import FlaskClient
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.forms.form import Form
from fhir_mappings.questionnaires.adaptive_response import answers_in
from fhir_mappings.questionnaires.carried_answers import needless_of
from policies.model.fact_kinds import Answer
from policies.model.findings import Range
from tests.databases import new_engine
from tests.dtr.adaptive_parts import FAVOURABLE, Json, answered, items, package, posted, signed, stepped
from tests.dtr.test_dtr_round_trip import call, candidates, form_named
from tests.world import compose, examples

BASE = "/fhir"
FORM = "margetuximab-initial"


def values(form: Form) -> st.SearchStrategy[Json]:
    """Some answers, favorable ones more often than others."""

    def one(name: str) -> st.SearchStrategy[Any]:
        every = [value.at_least if isinstance(value, Range) else value for value in candidates(form.questions[name])]
        usual = [FAVOURABLE[name]] * 3 if name in FAVOURABLE else []
        return st.sampled_from([*usual, *every])

    return st.fixed_dictionaries({name: st.one_of(one(name), one(name), st.none()) for name in form.questions}).map(
        lambda drawn: {name: value for name, value in drawn.items() if value is not None}
    )


def filled(form: Form, draft: Json, given: Json) -> Json:
    """Answer what is asked in the type of its question; of a choice the code is enough."""
    made = answered(draft, given)
    measured = {name for name, fact in form.questions.items() if fact.answer is Answer.MEASURE}
    for one in items(made):
        for answer in one.get("answer", ()):
            answer.get("valueCoding", {}).pop("display", None)
            if "valueInteger" in answer and one["linkId"] in measured:
                answer["valueDecimal"] = answer.pop("valueInteger")
    return made


class Responses(RuleBasedStateMachine):
    """Two windows on one determination: drafts are pulled, answered, sent, and sent again."""

    client: ClassVar[FlaskClient]
    container: ClassVar[Container]
    form: ClassVar[Form]
    form_id: ClassVar[str]
    order: ClassVar[Json | None] = None
    drafts = Bundle("drafts")

    @initialize(target=drafts)
    def sign(self) -> Json:
        self.name = signed(self.client, BASE, self.order)
        self.said: set[str] = set()
        return stepped(self.client, BASE, package(self.client, BASE, self.name, f"{self.form_id}-adaptive")[1])

    @rule(target=drafts, ending=st.sampled_from(["", "-adaptive"]))
    def pull(self, ending: str) -> Json:
        return package(self.client, BASE, self.name, f"{self.form_id}{ending}")[1]

    @rule(target=drafts, draft=drafts, data=st.data())
    def step(self, draft: Json, data: st.DataObject) -> Json:
        """Answer some of what is open, and have the next questions; the old response can be sent again later."""
        if not draft["questionnaire"].startswith("#"):
            return draft
        reply = posted(self.client, BASE, filled(self.form, draft, data.draw(values(self.form))))
        assert reply.status_code in {200, 400, 422}, reply.text
        content = dict(reply.get_json())
        if reply.status_code != 200:
            return draft
        if content["status"] == "completed":
            self.check_whole(content["contained"][0], content)
        return content

    @rule(draft=drafts, data=st.data(), status=st.sampled_from(["in-progress", "completed"]))
    def send(self, draft: Json, data: st.DataObject, status: str) -> None:
        content = filled(self.form, draft, data.draw(values(self.form))) | {"status": status}
        before = self.kept()
        reply = self.client.post(f"{BASE}/QuestionnaireResponse", json=content)
        assert reply.status_code in {200, 201, 422}, reply.text
        if reply.status_code == 422:
            assert self.kept() == before
        elif status == "completed" and draft["questionnaire"].startswith("#"):
            self.check_whole(reply.get_json()["contained"][0], reply.get_json())

    @rule(draft=drafts)
    def send_again(self, draft: Json) -> None:
        """The same content twice is one response, and says no more the second time."""
        first = self.client.post(f"{BASE}/QuestionnaireResponse", json=draft)
        before = self.kept()
        second = self.client.post(f"{BASE}/QuestionnaireResponse", json=deepcopy(draft))
        if first.status_code in {200, 201}:
            assert (second.status_code, second.get_json()) == (200, first.get_json())
        assert self.kept() == before

    @invariant()
    def nothing_is_lost(self) -> None:
        if not hasattr(self, "name"):
            return
        kept = self.kept()
        needless = set(needless_of(self.form, kept))
        assert self.said - kept.keys() <= needless
        self.said |= kept.keys() & self.form.questions.keys()

    def kept(self) -> dict[str, list[Json]]:
        assert self.container.archive is not None
        found = self.container.archive.responses(self.name)
        return answers_in(orjson.loads(found[0].text).get("item", ())) if found else {}

    def check_whole(self, form: Json, response: Json) -> None:
        """Check that what is completed answers whatever its form requires and shows."""
        given = answers_in(response["item"])
        needless = set(needless_of(self.form, given))
        required = {one["linkId"] for one in items(form) if one.get("required")}
        assert required - given.keys() <= needless


@pytest.mark.requirement("dtr22.spec-33")
def test_whatever_is_sent_in_whatever_order_no_answer_is_lost(container: Container) -> None:
    run_any(Responses, container, FORM)


@pytest.mark.one_database
@pytest.mark.parametrize("form_id", ["infliximab-initial", "semaglutide-initial"])
def test_nor_by_a_policy_of_several_indications(form_id: str) -> None:
    """The indication is a question like others; it decides which of the others are needed, and may be corrected."""
    day = date(2026, 12, 10)
    with_examples = compose(Settings(base_url="https://cds.example.org"), examples(), day, new_engine())

    class OfIndications(Responses):
        order = written_on(day, call(form_named(with_examples, form_id), "2.2"))

    run_any(OfIndications, with_examples, form_id)


def written_on(day: date, made: Json) -> Json:
    for entry in made["context"]["draftOrders"]["entry"]:
        entry["resource"]["authoredOn"] = day.isoformat()
    return made


def run_any(machine: type[Responses], container: Container, form_id: str) -> None:
    machine.client = create_app(container).test_client()
    machine.container, machine.form, machine.form_id = container, form_named(container, form_id), form_id
    run = settings(max_examples=20, stateful_step_count=12, deadline=None, derandomize=True)
    run_state_machine_as_test(machine, settings=run)
