"""Any response to any form of ours, of any status, date and determination, again and at once: no answer is lost.

Beside the drafts and windows of `test_dtr_any_order`: responses without a status, from the future, stopped, amended,
meant for another determination, with numbers that cannot be, with documents, and ten at once.
"""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any, ClassVar

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from cds_service.app.container import Container
from cds_service.application import create_app
from fhir_mappings.forms.form import Form, attachment_id, is_document, lines_id
from fhir_mappings.questionnaires.adaptive_response import answers_in
from fhir_mappings.questionnaires.carried_answers import needless_of, plain
from policies.model.fact_kinds import Answer
from tests.dtr.adaptive_parts import BASES, Json, items, package, posted, signed, stepped
from tests.dtr.test_dtr_any_order import filled, values
from tests.dtr.test_dtr_round_trip import call, form_named

REFUSED = [None, "", "draft", "final", "COMPLETED", 7, [], {"code": "completed"}]
AHEAD = ["2099-01-01", "2099-01-01T08:00:00Z", "2031"]
IMPOSSIBLE = [
    *({"valueInteger": one} for one in (-1, -7, 100, 4711, 2**31, 10**12)),
    {"valueDecimal": 2.5},
    {"valueString": "4711"},
]
TYPED = "VRd from 2019 to 2020, then daratumumab; see the attached list"
FORMS = ["margetuximab-initial", "elranatamab-continuation", "elranatamab-initial"]


class AnyResponse(RuleBasedStateMachine):
    """Two determinations of two patients; whatever is pulled for either is answered and sent, and sent wrongly."""

    application: ClassVar[Flask]
    container: ClassVar[Container]
    form: ClassVar[Form]
    form_id: ClassVar[str]
    base: ClassVar[str]
    drafts = Bundle("drafts")

    @initialize()
    def sign(self) -> None:
        self.client = self.application.test_client()
        made = call(self.form, "2.2" if self.base == BASES[0] else "2.0")
        self.names = tuple(signed(self.client, self.base, deepcopy(made)) for _ in range(2))
        self.standing: dict[str, set[str]] = {name: set() for name in self.names}

    @rule(target=drafts, which=st.sampled_from([0, 1]), ending=st.sampled_from(["", "-adaptive", "-adaptive"]))
    def pull(self, which: int, ending: str) -> Json:
        draft = package(self.client, self.base, self.names[which], f"{self.form_id}{ending}")[1]
        return stepped(self.client, self.base, draft) if ending else draft

    @rule(target=drafts, draft=drafts, data=st.data())
    def step(self, draft: Json, data: st.DataObject) -> Json:
        if not draft["questionnaire"].startswith("#"):
            return draft
        reply = posted(self.client, self.base, filled(self.form, draft, data.draw(values(self.form))))
        assert reply.status_code in {200, 400, 422}, reply.text
        if reply.status_code != 200:
            return draft
        if reply.get_json()["status"] == "completed":
            self.check_whole(reply.get_json())
        return dict(reply.get_json())

    @rule(draft=drafts, data=st.data(), status=st.sampled_from(["in-progress", "completed", "amended"]))
    def send(self, draft: Json, data: st.DataObject, status: str) -> None:
        self.sent(filled(self.form, draft, data.draw(values(self.form))) | {"status": status})

    @rule(draft=drafts, data=st.data(), status=st.sampled_from(REFUSED))
    def send_without_a_status(self, draft: Json, data: st.DataObject, status: Any) -> None:
        content = filled(self.form, draft, data.draw(values(self.form))) | {"status": status}
        if status is None:
            del content["status"]
        self.refused(content)

    @rule(draft=drafts, data=st.data(), authored=st.sampled_from(AHEAD))
    def send_from_the_future(self, draft: Json, data: st.DataObject, authored: str) -> None:
        content = filled(self.form, draft, data.draw(values(self.form)))
        self.refused(content | {"status": "completed", "authored": authored})

    @rule(draft=drafts)
    def send_as_of_the_other_patient(self, draft: Json) -> None:
        """The identifier of the one determination, the subject of the other."""
        other = next(one for one in self.names if one != draft["identifier"]["value"])
        self.refused(draft | {"status": "in-progress", "identifier": draft["identifier"] | {"value": other}})

    @rule(draft=drafts, data=st.data(), impossible=st.sampled_from(IMPOSSIBLE))
    def send_a_number_that_cannot_be(self, draft: Json, data: st.DataObject, impossible: Json) -> None:
        """It is refused by its place, and its value is not repeated."""
        counts = [name for name, fact in self.form.questions.items() if fact.answer is Answer.NUMBER]
        shown = [one for one in items(draft) if one["linkId"] in counts]
        if not shown:
            return
        wrong = data.draw(st.sampled_from(range(len(shown))))
        content = deepcopy(draft) | {"status": "in-progress"}
        name = shown[wrong]["linkId"]
        next(one for one in items(content) if one["linkId"] == name)["answer"] = [impossible]
        self.refused(content, name, str(next(iter(impossible.values()))))

    @rule(draft=drafts, data=st.data())
    def attach_and_type(self, draft: Json, data: st.DataObject) -> None:
        """What a person typed or attached is there at the next pull of the static form, and in every later step."""
        content = deepcopy(draft) | {"status": "in-progress"}
        given = _documents(self.form, content)
        if not given:
            return
        reply = self.client.post(f"{self.base}/QuestionnaireResponse", json=content)
        if reply.status_code not in {200, 201}:
            return
        self.noted(draft["identifier"]["value"])
        name = draft["identifier"]["value"]
        again = answers_in(package(self.client, self.base, name, self.form_id)[1]["item"])
        kept = self.kept(name)
        for one in given & kept.keys():
            assert plain(again[one]) == plain(kept[one]), one

    @rule(draft=drafts, data=st.data())
    def ten_at_once(self, draft: Json, data: st.DataObject) -> None:
        content = filled(self.form, draft, data.draw(values(self.form))) | {"status": "in-progress"}
        with ThreadPoolExecutor(10) as pool:
            replies = list(pool.map(self._posted, [content] * 10))
        codes = sorted({one[0] for one in replies})
        assert codes in ([200], [201], [200, 201], [422]), codes
        if codes != [422]:
            assert len({one[1] for one in replies}) == 1
            assert [one[0] for one in replies].count(201) <= 1
            self.noted(draft["identifier"]["value"])

    @rule(draft=drafts, status=st.sampled_from(["stopped", "entered-in-error"]))
    def take_back(self, draft: Json, status: str) -> None:
        """It decides nothing, and takes back what the same response had said: nothing of another."""
        name = draft["identifier"]["value"]
        reply = self.client.post(f"{self.base}/QuestionnaireResponse", json=draft | {"status": status})
        assert reply.status_code in {200, 201, 422}, reply.text
        self.standing[name] = set(self.kept(name))

    @invariant()
    def nothing_is_lost(self) -> None:
        for name in getattr(self, "names", ()):
            kept = self.kept(name)
            assert self.standing[name] - kept.keys() <= set(needless_of(self.form, kept))

    def sent(self, content: Json) -> None:
        reply = self.client.post(f"{self.base}/QuestionnaireResponse", json=content)
        assert reply.status_code in {200, 201, 422}, reply.text
        if reply.status_code != 422 and content["status"] in {"completed", "amended"}:
            self.check_whole(reply.get_json())
        self.noted(content["identifier"]["value"])

    def refused(self, content: Json, place: str = "", value: str = "") -> None:
        """Check that a response is refused at both addresses, and nothing of it kept."""
        before = [self.files(name) for name in self.names]
        reply = self.client.post(f"{self.base}/QuestionnaireResponse", json=content)
        assert reply.status_code == 422, reply.text
        step = posted(self.client, self.base, content)
        assert step.status_code in {400, 422}, step.text
        assert [self.files(name) for name in self.names] == before
        for one in (reply, step):
            assert place in one.text
            assert len(value) < 3 or value not in one.text

    def noted(self, name: str) -> None:
        self.standing[name] |= self.kept(name).keys() & self.form.questions.keys()

    def files(self, name: str) -> list[str]:
        assert self.container.archive is not None
        return [one.id for one in self.container.archive.responses(name)]

    def kept(self, name: str) -> dict[str, list[Json]]:
        assert self.container.archive is not None
        found = self.container.archive.responses(name)
        return answers_in(orjson.loads(found[0].text).get("item", ())) if found else {}

    def check_whole(self, response: Json) -> None:
        """Check that what is completed answers whatever its form requires and shows."""
        if not response["questionnaire"].startswith("#"):
            return
        given = answers_in(response["item"])
        required = {one["linkId"] for one in items(response["contained"][0]) if one.get("required")}
        assert required - given.keys() <= set(needless_of(self.form, given))

    def _posted(self, content: Json) -> tuple[int, bytes]:
        client: FlaskClient = self.application.test_client()
        reply = client.post(f"{self.base}/QuestionnaireResponse", json=content)
        return reply.status_code, reply.data


def _documents(form: Form, content: Json) -> set[str]:
    """Attach a document and type a table of lines where a response has a place for them; return the places."""
    note = {"valueAttachment": {"contentType": "text/plain", "data": "SGVsbG8=", "title": "note"}}
    found: set[str] = set()
    for fact in form.questions.values():
        for name, answer in ((attachment_id(fact), note), (lines_id(fact), {"valueString": TYPED})):
            place = next((one for one in items(content) if one["linkId"] == name), None)
            if place is not None and (is_document(fact) or name == lines_id(fact)):
                place["answer"] = [answer]
                found.add(name)
    return found


@pytest.mark.requirement("dtr22.spec-33")
@pytest.mark.parametrize(
    ("form_id", "base"), [(form, base) for form in FORMS for base in BASES[: 2 - (form != FORMS[0])]]
)
def test_whatever_is_sent_of_whatever_status_no_answer_is_lost(container: Container, form_id: str, base: str) -> None:
    class OfOneForm(AnyResponse):
        pass

    OfOneForm.application, OfOneForm.container = create_app(container), container
    OfOneForm.form, OfOneForm.form_id, OfOneForm.base = form_named(container, form_id), form_id, base
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run = settings(max_examples=8, stateful_step_count=12, deadline=None, derandomize=True, suppress_health_check=slow)
    run_state_machine_as_test(OfOneForm, settings=run)
