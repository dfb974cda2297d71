"""The tables of a database: brought up to date by one process, indexed for a purge, refused where they are not ours."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from click.testing import CliRunner
from sqlalchemy import Column, Engine, PrimaryKeyConstraint, Table, UniqueConstraint, text

from cds_service.commands.main import main
from cds_service.database.leases import Lease
from cds_service.database.locks import hold, number_of, try_to_hold
from cds_service.database.transactions import reading, writing
from cds_service.storage import engine as storage
from cds_service.storage.engine import StorageError, open_engine
from cds_service.storage.tables import LEASES, METADATA
from tests import databases
from tests.databases import new_url

NEWEST = "0022"


def empty_url(folder: Path) -> str:
    """Return the URL of a database without any table."""
    return databases.empty(folder)


def indexed(table: Table) -> Iterator[str]:
    """Yield the first column of every index of a table, of whatever kind."""
    yield from (next(iter(one.columns)).name for one in table.indexes)
    keys = (one for one in table.constraints if isinstance(one, PrimaryKeyConstraint | UniqueConstraint))
    yield from (next(iter(one.columns)).name for one in keys)


def test_every_column_that_refers_or_ages_has_an_index() -> None:
    lacking = [
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        for column in table.columns
        if _is_looked_for(column) and column.name not in set(indexed(table))
    ]
    assert lacking == []


def _is_looked_for(column: Column[object]) -> bool:
    return (
        bool(column.foreign_keys)
        or column.name == "received"
        or (column.name == "until" and column.table.name != "leases")
    )


def test_processes_that_start_together_all_live(tmp_path: Path) -> None:
    url, barrier = empty_url(tmp_path), Barrier(4)

    def started() -> str:
        barrier.wait()
        engine = open_engine(url, 30)
        with engine.connect() as connection:
            found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
        engine.dispose()
        return found

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: started(), range(4))) == [NEWEST] * 4


def test_a_database_of_a_newer_release_is_refused_in_words(tmp_path: Path) -> None:
    url = new_url(tmp_path)
    _set_version(url, "0999")
    with pytest.raises(StorageError, match="0999, which this release does not know: it was written by a newer one"):
        open_engine(url)


def _set_version(url: str, version: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))
    engine.dispose()


def test_tables_of_our_names_that_are_not_ours_are_refused(tmp_path: Path) -> None:
    url = new_url(tmp_path)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    engine.dispose()
    with pytest.raises(StorageError, match="tables of our names"):
        open_engine(url)


@pytest.mark.parametrize("url", ["mysql://db.example.org/x", "oracle://x", "redis://x"])
def test_a_database_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(StorageError, match="is not known here; write sqlite:///FILE or postgresql://"):
        open_engine(url)


def test_a_file_that_is_no_database_and_a_server_that_is_not_there_are_told_without_a_password(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_bytes(b"certainly no database" * 100)
    with pytest.raises(StorageError, match="file is not a database"):
        open_engine(f"sqlite:///{tmp_path / 'x.sqlite'}")
    with pytest.raises(StorageError) as raised:
        open_engine(f"postgresql://somebody:secret@/x?host={tmp_path}")
    assert "secret" not in str(raised.value)
    assert "cannot be used" in str(raised.value)


def test_the_commands_tell_where_a_database_stands_and_bring_it_up_to_date(tmp_path: Path) -> None:
    url = empty_url(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        found = CliRunner().invoke(main, ["db", *arguments], env={"CDS_DATABASE_URL": url})
        return found.exit_code, found.output

    code, said = run("status")
    assert (code, "no tables yet" in said, "to be run: 0001," in said) == (1, True, True)
    assert "run: 0001, " in run("upgrade")[1]
    assert "nothing to be done" in run("upgrade")[1]
    assert run("status")[0] == 0
    assert f"migration {NEWEST}" in run("status")[1]
    _set_version(url, "0999")
    code, said = run("status")
    assert (code, "newer" in said) == (1, True)
    assert storage.shown("postgresql://u:secret@h/x") == "postgresql://u:***@h/x"


def test_a_task_has_one_holder_until_its_time_is_over(engine: Engine) -> None:
    first, second = (Lease(engine, LEASES, "purge", 10) for _ in range(2))
    assert [first.take(), second.take(), first.take()] == [True, False, True]
    first.give_back()
    assert second.take()
    late = Lease(engine, LEASES, "purge", 10, now=lambda: second.now() + timedelta(minutes=11))
    assert late.take()
    second.give_back()
    assert not first.take()


def test_a_lock_is_one_by_its_parts(engine: Engine) -> None:
    assert number_of(("a", "bc")) != number_of(("ab", "c"))
    assert -(2**63) <= number_of(("patient",)) < 2**63
    if engine.dialect.name == "sqlite":
        return
    with writing(engine) as one, reading(engine) as two:
        hold(one, "patient", "p1")
        assert not try_to_hold(two, "patient", "p1")
        assert try_to_hold(two, "patient", "p2")
