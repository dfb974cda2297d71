"""Calls at once, through one replica and through two: every answer right, one id, one authorization, one form."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.database.transactions import StoreError, writing
from cds_service.register.register import SqlRegister
from cds_service.storage.engine import open_engine
from cds_service.storage.form_keys import FormKeys, Given, Kind
from cds_service.storage.tables import AUTHORIZATIONS, CALLS, DETERMINATIONS, RESPONSES, REVISIONS
from cds_service.storage.used_tokens import SqlUsedTokens
from hooks.records.register_port import DeterminationKey, MemberKey, NewAuthorization, RegisterError
from policies.catalogue import Catalogue
from policies.model.determination import Allowance
from tests.conftest import TODAY
from tests.databases import new_url
from tests.dtr.test_dtr_answered import ANSWERS, draft, filled
from tests.dtr.test_dtr_answered import signed as form_signed
from tests.storage.test_storage_determinations import MET, signed

Json = dict[str, Any]
PATIENT_SECONDS = 60
ROUNDS, AT_ONCE = 3, 8
MEMBER = MemberKey("m1", "m1", "north", "https://ehr.example.org/fhir", "p1")
KEY = DeterminationKey("north", "https://ehr.example.org/fhir", "p1", "Coverage/c1", "margetuximab", "initial", "x")
JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)


@pytest.fixture
def replica(policies_on_file: Catalogue, tmp_path: Path) -> Iterator[Callable[[], Container]]:
    """Make replicas: each with an engine of its own, on one database."""
    url, opened = new_url(tmp_path), []

    def make() -> Container:
        opened.append(open_engine(url, PATIENT_SECONDS))
        settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
        return compose(settings, policies_on_file, TODAY, opened[-1])

    yield make
    for one in opened:
        one.dispose()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do several things at once, as nearly as can be, and return what each gave."""
    barrier = Barrier(len(works))

    def begun(work: Callable[[], Any]) -> Any:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begun, works))


def counted(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        tables = (DETERMINATIONS, REVISIONS, AUTHORIZATIONS, CALLS)
        return [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables]


def of_patient(number: int, dose: str = "") -> Json:
    whose = {"alba-ficticia-01": f"alba-{number}", "MEMBER-01": f"MEMBER-{number}"}
    text = json.dumps(MET)
    for name, other in whose.items():
        text = text.replace(name, other)
    call: Json = json.loads(text)
    if dose:
        call["context"]["draftOrders"]["entry"][0]["resource"]["dosageInstruction"] = [{"text": dose}]
    return call


@pytest.mark.parametrize("replicas", [1, 2])
def test_equal_calls_at_once_get_one_id_and_one_authorization(replica: Callable[[], Container], replicas: int) -> None:
    made = [replica() for _ in range(replicas)]
    for number in range(ROUNDS):
        works = [partial(signed, made[each % replicas], of_patient(number)) for each in range(AT_ONCE)]
        told = at_once(*works)
        assert {one["pa-needed"] for one in told} == {"satisfied"}
        assert len({one["satisfied-pa-id"] for one in told}) == 1
        assert len({one["coverage-assertion-id"] for one in told}) == 1
    assert counted(made[0].archive.engine) == [ROUNDS, ROUNDS, ROUNDS, ROUNDS * AT_ONCE]  # type: ignore[union-attr]


@pytest.mark.parametrize("replicas", [1, 2])
def test_several_orders_of_one_member_at_once_share_one_authorization(
    replica: Callable[[], Container], replicas: int
) -> None:
    """Each is a question of its own, by its dose; what is authorized is the same."""
    made = [replica() for _ in range(replicas)]
    for number in range(ROUNDS):
        works = [partial(signed, made[each % replicas], of_patient(number, f"dose {each}")) for each in range(4)]
        told = at_once(*works)
        assert len({one["satisfied-pa-id"] for one in told}) == 1
        assert len({one["coverage-assertion-id"] for one in told}) == 4
    assert counted(made[0].archive.engine) == [4 * ROUNDS, 4 * ROUNDS, ROUNDS, 4 * ROUNDS]  # type: ignore[union-attr]


def test_the_same_form_sent_many_times_at_once_is_one(replica: Callable[[], Container]) -> None:
    made = [replica(), replica()]
    clients = [create_app(one).test_client for one in made]
    name = form_signed(clients[0]())["coverage-assertion-id"]
    answered = filled(draft(clients[0](), name), ANSWERS)
    works = [
        lambda one=clients[each % 2]: one().post("/fhir/QuestionnaireResponse", json=answered) for each in range(6)
    ]
    replies = at_once(*works)
    assert sorted(one.status_code for one in replies) == [200] * 5 + [201]
    assert len({one.get_json()["id"] for one in replies}) == 1
    with made[0].archive.engine.connect() as connection:  # type: ignore[union-attr]
        assert connection.execute(select(func.count()).select_from(RESPONSES)).scalar_one() == 1
        assert connection.execute(select(func.max(REVISIONS.c.number))).scalar_one() == 2


def test_a_token_or_a_key_used_at_two_replicas_at_once_serves_once(replica: Callable[[], Container]) -> None:
    engines = [replica().archive.engine, replica().archive.engine]  # type: ignore[union-attr]
    until = FormKeys(engines[0]).now() + timedelta(minutes=5)
    for number in range(ROUNDS):
        works = [partial(SqlUsedTokens(one).is_first, f"use {number}", until) for one in engines * 3]
        assert sorted(at_once(*works)) == [False] * 5 + [True]
        key = FormKeys(engines[0]).give(Given(Kind.LAUNCH, None), 5)
        keys = [partial(FormKeys(one).use, Kind.LAUNCH, key) for one in engines * 2]
        assert sum(one is not None for one in at_once(*keys)) == 1


def _kept(engine: Engine, number: str, start: date, end: date, **others: Any) -> None:
    """Put an authorization into the database, past all code."""
    with writing(engine) as connection:
        call = {"id": number, "hook": "order-sign", "hook_instance": "x", "today": TODAY, "request": b"", "reply": b""}
        connection.execute(insert(CALLS).values(call | {"received": FormKeys(engine).now()}))
        whose = {name: getattr(KEY, name) for name in ("tenant", "fhir_server", "patient", "policy", "request")}
        row = whose | {"number": number, "start": start, "end": end, "call": number, "member": "m1"} | others
        connection.execute(insert(AUTHORIZATIONS).values(row))


@pytest.mark.parametrize(
    ("start", "end", "others", "taken"),
    [
        (date(2026, 6, 30), date(2026, 7, 15), {}, False),
        (date(2026, 7, 1), date(2026, 7, 15), {}, True),
        (date(2026, 5, 1), date(2026, 5, 31), {}, True),
        (date(2026, 5, 1), date(2026, 6, 1), {}, False),
        (date(2026, 6, 10), date(2026, 6, 10), {}, False),
        (date(2026, 5, 1), date(2026, 9, 1), {}, False),
        (date(2026, 6, 10), date(2026, 6, 20), {"patient": "p2"}, False),
        (date(2026, 6, 10), date(2026, 6, 20), {"member": "m2"}, True),
        (date(2026, 6, 10), date(2026, 6, 20), {"policy": "elranatamab"}, True),
    ],
)
def test_the_database_itself_refuses_a_second_authorization_for_a_day(
    engine: Engine, start: date, end: date, others: Json, *, taken: bool
) -> None:
    _kept(engine, "PA1", JUNE, date(2026, 6, 30))
    if taken:
        _kept(engine, "PA2", start, end, **others)
        return
    with pytest.raises(StoreError, match="IntegrityError"):
        _kept(engine, "PA2", start, end, **others)


def test_nor_can_an_authorization_be_moved_onto_another(engine: Engine) -> None:
    _kept(engine, "PA1", JUNE, date(2026, 6, 30))
    _kept(engine, "PA2", JULY, date(2026, 7, 31))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(update(AUTHORIZATIONS).where(AUTHORIZATIONS.c.number == "PA2").values(start=JUNE))


def test_an_authorization_ends_before_the_next_begins_and_none_is_given_beside_one(engine: Engine) -> None:
    """What was worked out for the whole time is not told of a part of it."""
    _kept(engine, "PA1", JULY, date(2026, 7, 31))
    with SqlRegister(engine).answering("PA1", TODAY, "open") as session:
        session.hold([KEY])
        allowance = Allowance(10, "unit", 2, 2, "10 units")
        given = session.authorize(KEY, NewAuthorization(MEMBER, JUNE, date(2026, 11, 30), allowance))
        assert (given.start, given.end, given.allowance) == (JUNE, date(2026, 6, 30), None)
        assert session.authorize(KEY, NewAuthorization(MEMBER, JULY, date(2026, 12, 31), allowance)).number == "PA1"
        after = session.authorize(KEY, NewAuthorization(MEMBER, date(2026, 8, 1), date(2026, 12, 31), allowance))
        assert (after.end, after.allowance) == (date(2026, 12, 31), allowance)


def test_a_fault_within_a_session_keeps_nothing_of_it(engine: Engine) -> None:
    _kept(engine, "PA1", JUNE, date(2026, 6, 30))
    before = counted(engine)
    with (
        pytest.raises(RegisterError) as raised,
        SqlRegister(engine).session("order-sign", "x", TODAY, b"{}", "open") as session,
    ):
        session.connection.execute(insert(AUTHORIZATIONS).values(number="PA1"))
    assert raised.value.passing
    assert counted(engine) == before
