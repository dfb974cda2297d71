"""What a stale page, a forged form, a slip of the keys or another tenant does not get at the desk, or past it."""

import html
import json
import re
import unicodedata
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cds_service.application import PRIOR_AUTH
from cds_service.certification.pas_full_request import rich
from cds_service.prior_auth.grants import DecisionError
from cds_service.prior_auth.operations import PriorAuth
from cds_service.prior_auth.verdicts import EXTENSION_DAYS, Act, Verdict
from fhir_mappings.prior_auth.bundles import BundleError
from tests.certification.resources import fhir_fault
from tests.databases import SQLITE
from tests.prior_auth.conftest import BASE, Making, Payer
from tests.prior_auth.request_bundles import (
    added,
    attachments,
    following,
    items_of,
    request_of,
    response,
    reviews,
    sample,
)
from tests.prior_auth.test_prior_auth_attacks import MARKUP
from tests.prior_auth.test_prior_auth_desk import AGAINST, OPEN, csrf, decided, page, posted, reviewers_file, signed_in
from tests.prior_auth.test_prior_auth_documents import MEMBER, WORDS, asked, document, kept, sent, tracking

__all__ = ["reviewers_file"]
DATABASES = (SQLITE,)
"""What two databases do with two writers at once is tested elsewhere."""
Json = dict[str, Any]
DENIAL = {"criterion": "HER2", "words": "IHC is 1+."}


@pytest.fixture
def desk(paying: Making, reviewers_file: Path) -> Payer:
    return paying(reviewers_file=str(reviewers_file))


def of(payer: Payer) -> PriorAuth:
    found: PriorAuth = payer.client.application.extensions[PRIOR_AUTH]
    return found


# A page that is older than the case.


@pytest.mark.parametrize("act", ["approved", "denied", "asked", "extended"])
def test_who_has_not_seen_what_came_does_not_decide(desk: Payer, act: str) -> None:
    request, name = asked(desk, "11526-1")
    number, seen = tracking(desk.submit(request)), str(len(kept(desk, name)))
    sent(desk.client, attachments(number, document(), member=MEMBER))
    shown = decided(signed_in(desk), name, act, 422, seen=seen, **DENIAL)
    assert WORDS in shown, "the page now shows it"
    assert reviews(desk.submit(request)) == {1: "A4"}
    decided(signed_in(desk), name, act, 303, seen=str(int(seen) + 1), **DENIAL)


def test_a_reviewer_who_asks_and_one_who_denies_at_once_do_not_cross(desk: Payer) -> None:
    request = request_of(sample(AGAINST))
    name = response(desk.submit(request))["id"]
    rita, max_ = signed_in(desk), signed_in(desk, "max")
    for one in (rita, max_):
        assert 'name="seen" value="1"' in page(one, f"/review/{name}")
    decided(rita, name, "asked", words="Which sample?", seen="1")
    assert "Which sample?" in decided(max_, name, "denied", 422, seen="1", **DENIAL)
    assert reviews(desk.submit(request)) == {1: "A4"}


# What stands in the form of a page from the beginning is nobody's word.


def fields(shown: str) -> Json:
    """Return what a browser sends of the first decision's form if nothing is typed: its texts and hidden fields."""
    form = re.search(r'<form method="post" action="[^"]*/decision">(.*?)</form>', shown, re.DOTALL)
    assert form is not None
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[1]))
    texts = re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>(.*?)</textarea>', form[1], re.DOTALL)
    return hidden | {name: html.unescape(words) for name, words in texts}


def test_open_questions_are_said_only_to_who_is_asked(desk: Payer) -> None:
    """They stood in the words for the provider, so that an approval came with them, and a denial had them as reason."""
    request, client = request_of(sample(OPEN)), signed_in(desk)
    name = response(desk.submit(request))["id"]
    told = fields(page(client, f"/review/{name}"))
    assert told["question"].strip()
    assert not told["words"]
    reply = posted(client, f"/review/{name}/decision", act="denied", criterion="HER2", **told)
    assert (reply.status_code, reviews(desk.submit(request))) == (422, {1: "A4"})
    assert posted(client, f"/review/{name}/decision", act="asked", **told).status_code == 303
    (first, *_) = told["question"].splitlines()
    assert any(first in one["text"] for one in response(desk.submit(request))["processNote"])
    told = fields(page(client, f"/review/{name}"))
    assert posted(client, f"/review/{name}/decision", act="approved", **told).status_code == 303
    answer = response(desk.submit(request))
    assert not any(first in one["text"] for one in answer.get("processNote", ()))


def test_a_denial_is_offered_what_is_not_met_before_what_is(desk: Payer) -> None:
    name = response(desk.submit(request_of(sample(AGAINST))))["id"]
    shown = page(signed_in(desk), f"/review/{name}")
    offered = re.search(r'<select name="criterion">(.*?)</select>', shown, re.DOTALL)
    assert offered is not None
    say = desk.container.order_sign.say
    marks = [one.split(": ")[0] for one in re.findall(r'<option value="[^"]+">([^<]+)</option>', offered[1])]
    order = [say(f"mark.{one}") for one in ("not-met", "unknown", "met")]
    assert marks == sorted(marks, key=order.index)
    assert set(marks) == set(order)


# The time, extended.


def test_the_time_is_extended_once(desk: Payer) -> None:
    request, client = request_of(sample(OPEN)), signed_in(desk)
    name = response(desk.submit(request))["id"]
    before = of(desk).store.find(name)
    decided(client, name, "extended")
    decided(client, name, "extended", 422)
    after = of(desk).store.find(name)
    assert before is not None
    assert after is not None
    assert after.due - before.due == timedelta(days=EXTENSION_DAYS)
    decided(client, name, "denied", **DENIAL)
    decided(client, name, "appealed")
    decided(client, name, "extended")


@pytest.mark.parametrize(("seconds", "is_kept"), [(-1, True), (0, True), (1, False)])
def test_what_is_over_is_not_extended(desk: Payer, seconds: int, is_kept: bool) -> None:
    name = response(desk.submit(request_of(sample(OPEN))))["id"]
    request = of(desk).store.find(name)
    assert request is not None
    at = request.due + timedelta(seconds=seconds)
    decisions = of(desk).decisions
    late = type(decisions)(**{one: getattr(decisions, one) for one in decisions.__slots__} | {"now": lambda: at})
    verdict = Verdict(Act.EXTEND, "Rita (rita)", 1)
    if is_kept:
        late.decide(request, verdict)
    else:
        with pytest.raises(DecisionError):
            late.decide(request, verdict)
    assert len(kept(desk, name)) == (2 if is_kept else 1)


# What is typed, or forged.


@pytest.mark.parametrize("reason", ["0V bad", "<b>", "x" * 9, "é", "0V;1"])
def test_a_reason_is_a_code(desk: Payer, reason: str) -> None:
    name = response(desk.submit(request_of(sample(AGAINST))))["id"]
    decided(signed_in(desk), name, "denied", 422, **DENIAL, reason=reason)


@pytest.mark.parametrize("words", ["a\x00b", "a\x0bb", "a\x1fb", "a\x7fb", "a\r\nb\tc", "\u202eb", "x" * 9000])
@pytest.mark.parametrize("act", ["asked", "denied"])
def test_whatever_is_typed_the_answer_is_fhir(desk: Payer, words: str, act: str) -> None:
    request = request_of(sample(AGAINST))
    name = response(desk.submit(request))["id"]
    decided(signed_in(desk), name, act, criterion="HER2", words=words)
    answer = desk.submit(request)
    assert not fhir_fault(response(answer))
    told = "".join(one["text"] for one in response(answer)["processNote"])
    assert [one for one in told if unicodedata.category(one) == "Cc" and one not in "\r\n\t"] == []


@pytest.mark.parametrize("state", ["replaced", "cancelled", "refused"])
@pytest.mark.parametrize("act", ["approved", "denied", "appealed", "asked"])
def test_what_is_not_the_reviewers_any_more_is_not_decided(desk: Payer, state: str, act: str) -> None:
    request = request_of(sample(OPEN))
    name = response(desk.submit(request))["id"]
    if state == "replaced":
        desk.submit(following(request, *items_of(request), added(2)))
    elif state == "cancelled":
        withdrawal = following(request, identifier="gone")
        withdrawal["entry"][0]["resource"].pop("item", None)
        name = response(desk.submit(withdrawal))["id"]
    else:
        foreign = json.loads(json.dumps(request_of(sample(AGAINST), "foreign")).replace('"MMM"', '"OTHER"'))
        name = response(desk.submit(foreign))["id"]
    told = {"csrf": csrf(signed_in(desk)), "sequence": "1", "act": act} | DENIAL
    client = signed_in(desk)
    assert posted(client, f"/review/{name}/decision", **told | {"csrf": csrf(client)}).status_code == 422


def test_a_director_step_is_not_gone_round_by_another_act_or_a_second_field(
    paying: Making, reviewers_file: Path
) -> None:
    payer = paying(reviewers_file=str(reviewers_file), denials_by_director=True)
    request = request_of(sample(AGAINST))
    name = response(payer.submit(request))["id"]
    client = signed_in(payer)
    for acts in (["denied"], ["asked", "denied"], ["denied", "asked"], ["DENIED"], [" denied "], ["denied\x00"]):
        fields = {"csrf": csrf(client), "sequence": "1", "act": acts, "role": "medical-director"} | DENIAL
        posted(client, f"/review/{name}/decision", **fields)
        assert reviews(payer.submit(request)) == {1: "A4"}, acts


# Other tenants.


def test_another_tenant_attaches_nothing_and_learns_nothing(desk: Payer) -> None:
    request, name = asked(desk, "11526-1")
    number = tracking(desk.submit(request))
    own = {"valueIdentifier": request["entry"][0]["resource"]["identifier"][0]}
    nothing = attachments("00000000-0000-4000-8000-000000000000.1", document(), member=MEMBER)
    theirs = [
        attachments(number, document(), member=MEMBER),
        attachments("", document(), member=MEMBER, TrackingId=own),
    ]
    said = set()
    for one in (nothing, *theirs):
        with pytest.raises(BundleError) as refused:
            of(desk).attaching.take(json.dumps(one).encode(), "another")
        said.add(str(refused.value))
    assert len(said) == 1, "a number of somebody else's is as unknown as one of nobody's"
    assert len(kept(desk, name)) == 2


# Markup in every place that a sender fills.

_BY_RULE = frozenset(
    {"resourceType", "reference", "system", "url", "status", "use", "type", "fullUrl", "id", "intent", "start", "end"}
    | {"created", "timestamp", "authoredOn", "birthDate", "valueDate", "recorded", "servicedDate", "timingDate"}
)
"""Members whose values say what a Bundle is: with anything else there it is refused, and kept nowhere."""


def marked(value: Any, name: str = "", inside: str = "") -> Any:
    """Return a value with markup in every text that is the sender's to choose."""
    if isinstance(value, list):
        return [marked(one, name, inside) for one in value]
    if isinstance(value, dict):
        return {key: marked(one, key, name) for key, one in value.items()}
    if not isinstance(value, str) or name in _BY_RULE or (name in {"code", "value"} and inside != "telecom"):
        return value
    return MARKUP


def test_markup_in_every_text_of_a_request_is_shown_and_never_run(desk: Payer) -> None:
    request = rich(request_of(sample(AGAINST)))
    plain = {"resourceType": "DocumentReference", "id": "d", "date": MARKUP, "type": {"text": MARKUP}}
    plain |= {"content": [{"attachment": {"title": MARKUP, "contentType": MARKUP, "data": MARKUP}}]}
    request["entry"] = [one | {"resource": marked(one["resource"])} for one in request["entry"]]
    request["entry"].append({"fullUrl": "https://ehr.example.org/fhir/DocumentReference/d", "resource": plain})
    answer = desk.submit(request)
    name, client = response(answer)["id"], signed_in(desk)
    paths = ["/review", f"/review/{name}", "/review/decided", "/review/decided?code=refused"]
    if response(answer)["outcome"] == "complete":
        decided(client, name, "denied", criterion=MARKUP, words=MARKUP, evidence=MARKUP)
        paths += [f"/review/{name}", "/review/decided?code=A3", f"/review/decided?words={MARKUP}"]
    for path in paths:
        shown = page(client, path)
        assert "<script>" not in shown, path
        assert "<img src=x" not in shown, path
    assert page(client, f"/review/{name}").count("&lt;script&gt;") > 1
    assert client.get(f"/review/{name}", base_url=BASE).headers["Content-Security-Policy"]
