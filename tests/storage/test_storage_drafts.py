"""A call is worked out without the lock of SQLite's one writer; who was overtaken begins anew, and waits then."""

from typing import Any

import pytest
from sqlalchemy import Engine, event

from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.database.transactions import writing
from cds_service.register.register import SqlRegister
from hooks.records.register_port import DeterminationKey, RegisterError
from policies.catalogue import Catalogue
from tests import databases
from tests.conftest import TODAY
from tests.storage.test_storage_determinations import MET, signed

DATABASES = (databases.SQLITE,)
"""PostgreSQL lets in many writers: nobody waits there but for calls about the same patient."""
SECONDS = OTHER_SECONDS = 0.2
KEY = DeterminationKey("north", "https://ehr.example.org/fhir", "p1", "Coverage/c1", "margetuximab", "initial", "x")


@pytest.fixture
def service(store: Engine, policies_on_file: Catalogue) -> Container:
    return compose(
        Settings(base_url="https://cds.example.org", automatic_approval=True), policies_on_file, TODAY, store
    )


def begin(store: Engine, *, waits: bool) -> Any:
    return SqlRegister(store).session("order-sign", "x", TODAY, b"{}", "open", waits=waits)


def test_others_write_while_a_call_is_worked_out(store: Engine, other: Engine) -> None:
    with begin(store, waits=False) as session:
        session.answered(KEY)
        with begin(other, waits=True) as another:
            another.show(KEY, "another")
        session.show(KEY, "own")
    with begin(store, waits=False) as session:
        assert session.last_shown(KEY, "own") == session.last_shown(KEY, "another") == TODAY


def test_what_was_read_and_has_changed_is_read_anew(store: Engine, other: Engine) -> None:
    overtaken = begin(store, waits=False)
    session = overtaken.__enter__()
    assert session.last_shown(KEY, "card") is None
    with begin(other, waits=True) as another:
        another.show(KEY, "card")
    session.show(KEY, "card of its own")
    with pytest.raises(RegisterError) as raised:
        overtaken.__exit__(None, None, None)
    assert raised.value.passing
    with begin(store, waits=True) as session:
        assert session.last_shown(KEY, "card") == TODAY
        assert session.last_shown(KEY, "card of its own") is None


def test_who_waits_is_not_overtaken(store: Engine, other: Engine) -> None:
    with begin(store, waits=True) as session:
        with pytest.raises(RegisterError), begin(other, waits=True):
            pass
        assert session.last_shown(KEY, "card") is None


def test_a_call_that_is_overtaken_begins_anew_once_and_is_right(
    service: Container, store: Engine, other: Engine
) -> None:
    """Whenever it takes a connection somebody changes what it reads: its second try has the lock before it reads."""
    first, taken = signed(service, MET), list[int]()

    def intrude(*_: object) -> None:
        taken.append(len(taken))
        with writing(other) as another:
            another.exec_driver_sql(f"UPDATE determinations SET told_again = '2020-01-1{len(taken)}'")

    event.listen(store, "checkout", intrude)
    told = signed(service, MET)
    event.remove(store, "checkout", intrude)
    assert taken == [0, 1, 2]
    assert told == first


def test_a_new_call_is_written_once_with_its_reply(service: Container, store: Engine) -> None:
    ran: list[str] = []
    event.listen(store, "checkout", lambda driver, *_: driver.set_trace_callback(ran.append))
    signed(service, MET)
    of_call = ran[: ran.index("COMMIT")]
    kinds = [one.split()[0] for one in of_call]
    assert "UPDATE" not in kinds
    written = kinds.index("INSERT")
    assert of_call.index("BEGIN IMMEDIATE") < written
    # What was read is read again before. At the end it is asked whether another process has begun to encrypt, and for
    # the last entry of the chain, just before the next one.
    assert kinds[written:].count("SELECT") == 2


def test_what_a_draft_asks_twice_it_reads_once_and_again_when_it_writes(store: Engine) -> None:
    asked: list[str] = []

    @event.listens_for(store, "checkout")
    def trace(driver: Any, *_: object) -> None:
        driver.set_trace_callback(asked.append)

    def times() -> int:
        return sum("shown_cards" in one and one.startswith("SELECT") for one in asked)

    with begin(store, waits=False) as session:
        assert session.last_shown(KEY, "card") is session.last_shown(KEY, "card") is None
        assert times() == 1
        session.show(KEY, "card")
        assert session.last_shown(KEY, "card") == TODAY, "its own row is seen"
        assert times() == 3, "once in the draft, once when it begins to write, once for what it wrote"
    store.dispose()
