"""Requests, updates and decisions that come at once: one is kept, and no later one rests on what is gone."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from cds_service.application import PRIOR_AUTH
from cds_service.prior_auth.grants import DecisionError
from cds_service.prior_auth.operations import PriorAuth
from cds_service.prior_auth.verdicts import Act, Verdict
from cds_service.requests_on_file.kept_requests import PENDED, REFUSED
from cds_service.requests_on_file.tables import REQUESTS
from tests.prior_auth.conftest import Payer
from tests.prior_auth.request_bundles import added, changed, following, items_of, request_of, response, reviews, sample

Json = dict[str, Any]
OPEN = "02"


def of(payer: Payer) -> PriorAuth:
    found: PriorAuth = payer.client.application.extensions[PRIOR_AUTH]
    return found


def states(engine: Engine) -> Counter[str]:
    with engine.connect() as connection:
        return Counter(connection.execute(select(REQUESTS.c.state)).scalars())


def meanwhile(payer: Payer, happens: Callable[[], object]) -> Callable[[Json], Json]:
    """Submit a request while something else happens: after it was judged, and before it is kept."""
    submission = of(payer).submission
    waiting = [happens]

    def now() -> datetime:
        if waiting:
            waiting.pop()()
        return submission.now()

    racing = replace(submission, now=now)
    return lambda request: dict(json.loads(racing.submit(json.dumps(request).encode(), "open").reply))


def otherwise(request: Json) -> Json:
    """The same Claim identifier on a Bundle that says something else."""
    return changed(request, created="2026-11-24T09:00:00Z")


def approved(payer: Payer, name: str) -> None:
    request = of(payer).store.find(name)
    assert request is not None
    of(payer).decisions.decide(request, Verdict(Act.APPROVE, "Rita Muster (rita)", 1))


def test_of_two_first_requests_with_one_identifier_one_is_kept(payer: Payer) -> None:
    request = request_of(sample(OPEN))
    answer = meanwhile(payer, lambda: payer.submit(request))(otherwise(request))
    assert response(answer)["outcome"] == "error"
    assert states(of(payer).store.engine) == {PENDED: 1, REFUSED: 1}
    assert reviews(payer.submit(request)) == {1: "A4"}


def test_the_same_request_twice_at_once_is_one_with_one_answer(payer: Payer) -> None:
    request = request_of(sample(OPEN))
    answer = meanwhile(payer, lambda: payer.submit(request))(request)
    assert answer == payer.submit(request)
    assert states(of(payer).store.engine) == {PENDED: 1}


def test_an_update_rests_on_the_one_that_came_meanwhile(payer: Payer) -> None:
    request = request_of(sample(OPEN))
    payer.submit(request)
    first, second = (following(request, *items_of(request), added(number), identifier=str(number)) for number in (2, 3))
    answer = meanwhile(payer, lambda: payer.submit(first))(second)
    assert reviews(answer) == {1: "A4", 2: "A4", 3: "A4"}
    assert states(of(payer).store.engine)[PENDED] == 1


def test_an_update_keeps_what_was_decided_meanwhile(payer: Payer) -> None:
    request = request_of(sample(OPEN))
    name = response(payer.submit(request))["id"]
    answer = meanwhile(payer, lambda: approved(payer, name))(following(request, *items_of(request), added(2)))
    assert reviews(answer) == {1: "A1", 2: "A4"}


def test_an_update_of_what_was_withdrawn_meanwhile_is_none(payer: Payer) -> None:
    request = request_of(sample(OPEN))
    payer.submit(request)
    withdrawal = following(request, identifier="gone")
    withdrawal["entry"][0]["resource"].pop("item", None)
    answer = meanwhile(payer, lambda: payer.submit(withdrawal))(following(request, *items_of(request), added(2)))
    assert response(answer)["outcome"] == "error"
    assert PENDED not in states(of(payer).store.engine)


# Two processes on one database, for real.


def at_once(*what: Callable[[], Any]) -> list[Any]:
    """Do several things at once, and return what came of each."""
    start = Barrier(len(what))

    def begun(one: Callable[[], Any]) -> Any:
        start.wait()
        return one()

    with ThreadPoolExecutor(len(what)) as pool:
        return list(pool.map(begun, what))


def sent(client: FlaskClient, request: Json) -> Json:
    reply = client.post("/fhir/pas/Claim/$submit", data=json.dumps(request))
    assert reply.status_code == 200, reply.get_data(as_text=True)
    return dict(reply.get_json())


def test_two_replicas_keep_one_of_two_first_requests(replicas: tuple[FlaskClient, FlaskClient]) -> None:
    one, two = replicas
    for number in range(4):
        request = request_of(sample(OPEN), f"at-once-{number}")
        other = otherwise(request)
        answers = at_once(lambda r=request: sent(one, r), lambda r=other: sent(two, r))
        assert sorted(response(each)["outcome"] for each in answers) == ["complete", "error"]
    engine = one.application.extensions[PRIOR_AUTH].store.engine
    assert states(engine) == {PENDED: 4, REFUSED: 4}


def test_two_replicas_give_one_number_for_one_member(replicas: tuple[FlaskClient, FlaskClient]) -> None:
    """Two requests that are met, of two Claims, for the same order: both are answered with one authorization."""
    first, second = (request_of(sample("01"), f"met-{number}") for number in "ab")
    answers = at_once(lambda: sent(replicas[0], first), lambda: sent(replicas[1], second))
    assert [reviews(one) for one in answers] == [{1: "A1"}, {1: "A1"}]
    numbers = {json.dumps(response(one)["item"][0]["adjudication"]) for one in answers}
    assert len(numbers) == 1


@pytest.mark.parametrize("patient", [OPEN, "06", "08"])
def test_two_reviewers_at_once_decide_once(replicas: tuple[FlaskClient, FlaskClient], patient: str) -> None:
    desks: list[PriorAuth] = [one.application.extensions[PRIOR_AUTH] for one in replicas]
    name = response(sent(replicas[0], request_of(sample(patient))))["id"]
    request = desks[0].store.find(name)
    assert request is not None
    denial = Verdict(Act.DENY, "Max (max)", 1, criterion="HER2", words="IHC is 1+.")

    def decided(which: PriorAuth, verdict: Verdict) -> str:
        try:
            which.decisions.decide(request, verdict)
        except DecisionError as error:
            return error.note.key
        return "kept"

    approval = Verdict(Act.APPROVE, "Rita (rita)", 1)
    told = at_once(lambda: decided(desks[0], approval), lambda: decided(desks[1], denial))
    assert sorted(told) == ["kept", "review.decided_already"]
    assert len(desks[0].store.answers(name)) == 2


# What was refused takes nobody's place.


def test_what_was_refused_once_is_refused_each_time(payer: Payer) -> None:
    request = request_of(sample(OPEN))
    payer.submit(request)
    for day in ("22", "23", "24"):
        assert response(payer.submit(changed(request, created=f"2026-11-{day}T09:00:00Z")))["outcome"] == "error"
    assert states(of(payer).store.engine) == {PENDED: 1, REFUSED: 3}
    assert reviews(payer.submit(following(request, *items_of(request), added(2)))) == {1: "A4", 2: "A4"}


def test_an_update_does_not_take_the_identifier_of_another_request(payer: Payer) -> None:
    request, other = request_of(sample(OPEN)), request_of(sample(OPEN), "222")
    payer.submit(request)
    payer.submit(other)
    update = following(request, *items_of(request), added(2))
    update["entry"][0]["resource"]["identifier"] = other["entry"][0]["resource"]["identifier"]
    assert response(payer.submit(update))["outcome"] == "error"
