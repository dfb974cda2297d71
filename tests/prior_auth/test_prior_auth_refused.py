"""What could not be taken, at the desk: found in its list, with the reason in the reader's language."""

import html
import json
from pathlib import Path
from typing import Any

import pytest

from cds_service.application import PRIOR_AUTH
from tests.databases import SQLITE
from tests.prior_auth.conftest import Making, Payer
from tests.prior_auth.request_bundles import changed, following, items_of, request_of, response, sample
from tests.prior_auth.test_prior_auth_desk import AGAINST, OPEN, decided, page, reviewers_file, signed_in

__all__ = ["reviewers_file"]
DATABASES = (SQLITE,)
"""What is shown does not depend on where it is kept."""
Json = dict[str, Any]
MARKUP = "<b>bold</b>"


@pytest.fixture(params=["en", "es"])
def desk(request: pytest.FixtureRequest, paying: Making, reviewers_file: Path) -> Payer:
    return paying(reviewers_file=str(reviewers_file), language=request.param)


def refused(payer: Payer, kind: str) -> str:
    """Send something that cannot be taken; return its id."""
    request = request_of(sample(OPEN))
    if kind == "foreign":
        request = json.loads(json.dumps(request).replace('"MMM"', '"OTHER"'))
    elif kind == "taken":
        payer.submit(request)
        request = changed(request, created="2026-11-24T09:00:00Z")
    elif kind == "nothing earlier":
        request = following(request, *items_of(request))
    elif kind == "denied before":
        request = request_of(sample(AGAINST))
        decided(signed_in(payer), response(payer.submit(request))["id"], "denied", criterion="HER2", words="IHC is 1+.")
        request = following(request, *items_of(request))
    elif kind == "another patient's order":
        for one in request["entry"]:
            if one["resource"]["resourceType"] == "MedicationRequest":
                one["resource"]["subject"] = {"reference": "Patient/somebody-else"}
    answer = response(payer.submit(request))
    assert answer["outcome"] == "error"
    return str(answer["id"])


SENTENCES = {
    "foreign": ("review.reject.79", "pas.foreign"),
    "taken": ("review.reject.33", "pas.claim_taken"),
    "nothing earlier": ("review.reject.AA", "pas.no_earlier"),
    "denied before": ("review.reject.33", "pas.denied_before"),
    "another patient's order": ("review.reject.33", ""),
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_what_could_not_be_taken_says_why_in_the_readers_language(desk: Payer, kind: str) -> None:
    name, client, say = refused(desk, kind), signed_in(desk), desk.container.order_sign.say
    shown = html.unescape(page(client, f"/review/{name}"))
    assert say("review.problems") in shown
    assert all(say(key) in shown for key in SENTENCES[kind] if key)
    problems = desk.client.application.extensions[PRIOR_AUTH].store.answers(name)[-1].said["problems"]
    assert problems
    assert all(one["place"] in shown and one["text"] in shown for one in problems)
    listed = page(client, "/review/decided?code=refused")
    assert name in listed
    assert say("review.state.refused") in listed
    assert name not in page(client, "/review/decided")
    assert name not in page(client)


def test_what_was_taken_shows_no_such_reason(desk: Payer) -> None:
    name = response(desk.submit(request_of(sample(OPEN))))["id"]
    assert desk.container.order_sign.say("review.problems") not in page(signed_in(desk), f"/review/{name}")


def test_a_decided_case_still_says_what_was_said_before(desk: Payer) -> None:
    """What the machine could not settle, and why a person denied, stand in the steps of the case."""
    request = request_of(sample(AGAINST))
    told = response(desk.submit(request))
    (before,) = [one["text"] for one in told["processNote"]]
    client, say = signed_in(desk), desk.container.order_sign.say
    decided(client, told["id"], "denied", criterion="HER2 immunohistochemistry 3+", words=f"IHC is 1+ {MARKUP}.")
    shown = page(client, f"/review/{told['id']}")
    steps = html.unescape(shown.partition(say("review.steps"))[2])
    assert say.uncited.read(before) in steps
    assert "IHC is 1+ <b>bold</b>." in steps
    assert MARKUP not in shown
