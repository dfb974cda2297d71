"""One commit for several calls at once: each is kept as if it had committed alone, or learns that it is not."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert, select
from sqlalchemy.exc import OperationalError

from cds_service.database.sqlite import WRITERS
from cds_service.database.transactions import StoreError, reading, writing
from cds_service.database.writers import Writers
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import USED_TOKENS
from tests import databases

DATABASES = (databases.SQLITE,)
"""PostgreSQL lets in many writers, and groups their commits itself."""
SECONDS = 5
UNTIL = datetime(2026, 11, 25, tzinfo=UTC)
Body = Callable[[Connection], None]


@pytest.fixture
def commits(store: Engine) -> list[str]:
    """The commits of the store since its tables were made."""
    told: list[str] = []
    event.listen(store, "commit", lambda _: told.append("commit"))
    return told


def add(name: str) -> Body:
    def adding(connection: Connection) -> None:
        connection.execute(insert(USED_TOKENS).values(use=name, until=UNTIL))

    return adding


def write(store: Engine, *bodies: Body, shares: bool = True) -> None:
    with writing(store, shares=shares) as connection:
        for body in bodies:
            body(connection)


def kept(store: Engine) -> list[str]:
    with reading(store) as connection:
        return sorted(connection.execute(select(USED_TOKENS.c.use)).scalars())


def waiting(store: Engine) -> int:
    writers: Writers = store.get_execution_options()[WRITERS]
    return len(writers._queue)


def behind_one(store: Engine, first: Body, *others: Callable[[], Any]) -> list[Future[None]]:
    """Have others come up, in order, while the first one is in its transaction; then it ends."""
    inside, go_on = Event(), Event()

    def held(_: Connection) -> None:
        inside.set()
        assert go_on.wait(SECONDS)

    with ThreadPoolExecutor(len(others) + 1) as pool:
        told = [pool.submit(write, store, first, held)]
        assert inside.wait(SECONDS)
        for number, one in enumerate(others, 1):
            told.append(pool.submit(one))
            while waiting(store) < number:
                pass
        go_on.set()
    return told


def fail(error: BaseException) -> Body:
    def failing(_: Connection) -> None:
        raise error

    return failing


def test_calls_that_wait_for_each_other_share_a_commit(store: Engine, commits: list[str]) -> None:
    others = [lambda one=one: write(store, add(one)) for one in "bcdef"]
    for one in behind_one(store, add("a"), *others):
        one.result()
    assert kept(store) == list("abcdef")
    assert commits == ["commit"]


def test_a_call_alone_commits_at_once(store: Engine, commits: list[str]) -> None:
    write(store, add("a"))
    write(store, add("b"))
    assert commits == ["commit"] * 2


def test_so_many_share_one_and_no_more(store: Engine, commits: list[str]) -> None:
    names = [f"{number:02}" for number in range(20)]
    for one in behind_one(store, add("first"), *[lambda one=one: write(store, add(one)) for one in names]):
        one.result()
    assert kept(store) == [*names, "first"]
    assert len(commits) == 2


def test_what_may_be_long_is_not_waited_for(store: Engine, commits: list[str]) -> None:
    others = [lambda: write(store, add("b"), shares=False), lambda: write(store, add("c"))]
    for one in behind_one(store, add("a"), *others):
        one.result()
    assert kept(store) == ["a", "b", "c"]
    assert len(commits) == 3


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_call_that_fails_by_itself_takes_back_its_own_only(store: Engine, place: int) -> None:
    bodies = [[add("b")], [add("c")], [add("d")]]
    bodies[place].append(fail(ValueError("its own")))
    first, *told = behind_one(store, add("a"), *[lambda one=one: write(store, *one) for one in bodies])
    first.result()
    for number, one in enumerate(told):
        assert isinstance(one.exception(), ValueError if number == place else type(None))
    assert kept(store) == [name for name in "abcd" if name != "bcd"[place]]


@pytest.mark.parametrize(
    "error",
    [SystemExit, KeyboardInterrupt, GeneratorExit, MemoryError, StoreError("of another connection", passing=True)],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_whatever_ends_a_call_the_others_are_kept_and_the_turn_goes_on(
    store: Engine, place: int, error: BaseException | type[BaseException]
) -> None:
    ends = error if isinstance(error, BaseException) else error("ended")
    bodies = [[add("b")], [add("c")], [add("d")]]
    bodies[place].append(fail(ends))
    first, *told = behind_one(store, add("a"), *[lambda one=one: write(store, *one) for one in bodies])
    assert first.exception() is None
    assert [one.exception() is None for one in told] == [number != place for number in range(3)]
    write(store, add("e"))
    assert kept(store) == [name for name in "abcde" if name != "bcd"[place]]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_fault_of_the_database_takes_back_all_and_says_so_to_all(store: Engine, place: int) -> None:
    error = OperationalError("", {}, Exception("disk I/O error"))
    bodies = [[add("b")], [add("c")], [add("d")]]
    bodies[place].append(fail(error))
    first, *told = behind_one(store, add("a"), *[lambda one=one: write(store, *one) for one in bodies])
    assert is_passing(first.exception())
    failed = [one.exception() for one in told]
    assert all(is_passing(one) for one in failed[:place])
    assert isinstance(failed[place], StoreError)
    assert failed[place + 1 :] == [None] * (2 - place)
    assert kept(store) == list("bcd"[place + 1 :])


def test_a_commit_that_fails_has_kept_nothing_of_anybody(store: Engine) -> None:
    def refuse(_: object) -> None:
        raise OperationalError("", {}, Exception("database or disk is full"))

    event.listen(store, "commit", refuse)
    told = [one.exception() for one in behind_one(store, add("a"), lambda: write(store, add("b")))]
    event.remove(store, "commit", refuse)
    assert all(isinstance(one, StoreError) for one in told)
    assert kept(store) == []
    write(store, add("c"))
    assert kept(store) == ["c"]


@pytest.mark.parametrize("place", [0, 1])
def test_what_the_database_took_back_by_itself_is_no_commit(store: Engine, place: int) -> None:
    """SQLite rolls back where its disk is full: what comes after would be kept row by row, and seem to be committed."""

    def end(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")

    bodies = [[add("b")], [add("c")]]
    bodies[place].append(end)
    first, *told = behind_one(store, add("a"), *[lambda one=one: write(store, *one) for one in bodies])
    assert is_passing(first.exception())
    assert is_passing(told[place].exception())
    assert kept(store) == (["c"] if place == 0 else [])


def test_who_waited_in_vain_stands_in_nobody_s_way(tmp_path: Path) -> None:
    store = open_engine(f"sqlite:///{tmp_path / 'short.sqlite'}", 0.05)
    inside, go_on = Event(), Event()

    def held(_: Connection) -> None:
        inside.set()
        assert go_on.wait(SECONDS)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(write, store, add("a"), held)
        assert inside.wait(SECONDS)
        second = pool.submit(write, store, add("b"))
        assert isinstance(second.exception(), StoreError)
        go_on.set()
        first.result()
    write(store, add("c"))
    assert kept(store) == ["a", "c"]
    store.dispose()


def is_passing(error: BaseException | None) -> bool:
    return isinstance(error, StoreError) and error.passing
