"""What follows what is served: at a signal that came too early, and without keeping what was served before."""

import asyncio
import gc
import signal
import weakref
from collections.abc import Iterator
from threading import Event, get_ident
from typing import Any

import pytest

from cds_service import asgi
from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.front.successive import CHANGE, Served, Successive, hold_back
from cds_service.wsgi import made
from policies.catalogue import Catalogue
from policies.terminology.short_texts import remembered
from tests import world
from tests.conftest import TODAY

SECONDS = 10


@pytest.fixture(autouse=True)
def process() -> Iterator[None]:
    """Leave the process as it was: its signals, and what its garbage collector is told."""
    handled, thresholds = signal.getsignal(CHANGE), gc.get_threshold()
    yield
    signal.signal(CHANGE, handled)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {CHANGE})
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_a_signal_that_came_before_a_process_was_ready_is_not_lost() -> None:
    read, changed = Event(), Event()

    async def nothing(*_: Any) -> None: ...

    def following() -> Served:
        read.set()
        return Served(nothing, lambda: None)

    hold_back()
    signal.pthread_kill(get_ident(), CHANGE)  # other threads of the test run do not hold it back
    served = Successive(Served(nothing, changed.set), following)
    assert not read.is_set()
    served.change_at()
    assert read.wait(SECONDS)
    assert changed.wait(SECONDS)
    asyncio.run(served({}, None, None))


def container(policies: Catalogue) -> Container:
    return compose(Settings(base_url="https://cds.example.org"), policies, TODAY, world.store())


def test_what_is_not_served_any_more_does_not_stay_in_memory(policies_on_file: Catalogue) -> None:
    before = weakref.ref(made(container(policies_on_file)))
    assert before() is not None
    made(container(policies_on_file))
    assert before() is None


def test_what_was_made_of_texts_goes_with_what_is_not_served(policies_on_file: Catalogue) -> None:
    class Table:
        """What texts are held against, as a drug table."""

    @remembered()
    def read(table: Table, text: str) -> str:
        return text if table else ""

    def asked() -> "weakref.ref[Table]":
        table = Table()
        assert read(table, "a drug") == "a drug"
        return weakref.ref(table)

    table = asked()
    assert table() is not None
    served = container(policies_on_file)
    asgi._leave(served, made(served))
    assert table() is None
