"""A purge, and what else works beside calls, goes on when it was kept waiting, and says what went when it gives up."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from cds_service.application import create_app
from cds_service.audit.clear_rows import ClearRows
from cds_service.commands.main import main
from cds_service.database.patience import Patience
from cds_service.database.transactions import StoreError, reading, writing
from cds_service.database_commands.purge import purged
from cds_service.retention.purge import Purging, UnfinishedError
from policies.catalogue import Catalogue
from tests.storage.test_storage_purging import DAYS, NOW, TODAY, aged, copied, rows, service

SECONDS = 0.1
"""How long a transaction waits for the database here."""


@dataclass
class Waits:
    """Time that goes by only where somebody waits; `at` is what happens at a wait, by its number.

    Only waits while `counts` says so have a number: on a busy machine a transaction takes longer than it may, and is
    waited for though nobody holds anything.
    """

    at: dict[int, Callable[[], None]] = field(default_factory=dict)
    counts: Callable[[], bool] = lambda: True
    seconds: list[float] = field(default_factory=list)
    clock: float = 0.0

    def pause(self, seconds: float) -> None:
        self.clock += seconds
        if self.counts():
            self.seconds.append(seconds)
            self.at.get(len(self.seconds), lambda: None)()

    def patience(self, seconds: float = 60.0) -> Patience:
        return Patience(seconds, self.pause, lambda: self.clock)


@dataclass
class Busy:
    """Another process, which can hold what every purge needs."""

    other: Engine
    held: ExitStack = field(default_factory=ExitStack)
    is_held: bool = False

    def hold(self) -> None:
        if self.is_held:
            return
        connection = self.held.enter_context(writing(self.other))
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE calls, determinations, revisions, leases IN ACCESS EXCLUSIVE MODE"))
        self.is_held = True

    def let_go(self) -> None:
        self.held.close()
        self.is_held = False


@pytest.fixture
def busy(other: Engine) -> Iterator[Busy]:
    made = Busy(other)
    with made.held:
        yield made


def aged_rows(policies: Catalogue, other: Engine, number: int) -> None:
    copied(create_app(service(policies, other)).test_client(), other, number)
    aged(other, DAYS + 1)


def test_a_purge_that_was_kept_waiting_goes_on(
    policies_on_file: Catalogue, store: Engine, other: Engine, busy: Busy
) -> None:
    aged_rows(policies_on_file, other, 150)
    batches = list[int]()

    def between(_: float) -> None:
        if not batches:
            busy.hold()
        batches.append(1)

    waits = Waits({7: busy.let_go}, counts=lambda: busy.is_held)
    gone = Purging(store, DAYS, between, patience=waits.patience(inf)).purge(NOW, TODAY)
    assert gone["determinations"] == gone["calls"] == 150
    assert rows(other) == {}
    assert len(waits.seconds) == 7
    assert waits.seconds[6] > waits.seconds[0] * 16  # each wait is longer than the one before it


def test_a_purge_that_gives_up_says_what_went(
    policies_on_file: Catalogue, store: Engine, other: Engine, busy: Busy
) -> None:
    aged_rows(policies_on_file, other, 150)
    waits = Waits(counts=lambda: busy.is_held)

    def between(_: float) -> None:
        busy.hold()

    with pytest.raises(UnfinishedError) as raised:
        Purging(store, DAYS, between, patience=waits.patience(60)).purge(NOW, TODAY)
    assert raised.value.gone["determinations"] == 100
    assert 30 < sum(waits.seconds) <= 60
    busy.let_go()
    assert (
        Purging(store, DAYS, lambda _: None, patience=Waits().patience(inf)).purge(NOW, TODAY)["determinations"] == 50
    )


def test_what_waiting_cannot_help_is_not_waited_for(other: Engine) -> None:
    waits = Waits()

    def asked() -> None:
        with reading(other) as connection:
            connection.execute(text("SELECT * FROM no_such_table"))

    with pytest.raises(StoreError):
        waits.patience().tried(asked)
    assert waits.seconds == []


def test_a_purge_waits_for_its_lease_and_ends_though_it_cannot_be_given_back(
    policies_on_file: Catalogue, store: Engine, other: Engine, busy: Busy
) -> None:
    aged_rows(policies_on_file, other, 2)
    busy.hold()
    gone = purged(service(policies_on_file, store), Waits({3: busy.let_go}, lambda: busy.is_held).patience(inf))
    assert gone["determinations"] == 2
    busy.hold()
    with pytest.raises(StoreError, match=r"Error|turn"):
        purged(service(policies_on_file, store), Waits().patience())
    busy.let_go()


def test_encryption_of_what_is_clear_goes_on_too(
    policies_on_file: Catalogue, store: Engine, other: Engine, busy: Busy
) -> None:
    aged_rows(policies_on_file, other, 2)
    busy.hold()
    waits = Waits({5: busy.let_go}, lambda: busy.is_held)
    ClearRows(store, patience=waits.patience(inf)).encrypt()
    assert len(waits.seconds) == 5


def test_the_command_says_that_it_gave_up(
    policies_on_file: Catalogue, address: str, other: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What went is printed though not all did, and the exit code says that it is not all."""
    monkeypatch.chdir(tmp_path)
    aged_rows(policies_on_file, other, 150)
    with writing(other) as connection:
        connection.execute(text("ALTER TABLE calls RENAME TO elsewhere"))
    done = CliRunner().invoke(main, ["purge"], env={"CDS_RETENTION_DAYS": "90", "CDS_DATABASE_URL": address})
    assert done.exit_code == 1
    assert "the next purge goes on" in done.output
    assert " 1  determinations" not in done.output
