"""A thousand calls of distinct patients, eight at a time in shuffled order: the same decisions as one by one."""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import orjson
import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.engine import MEMORY, open_engine
from cds_service.storage.tables import AUTHORIZATIONS, CALLS, DETERMINATIONS, REVISIONS
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_url
from tests.service.calls import every_hook
from tests.together.crowd import Sent, crowd
from tests.world import compose

MANY, AT_ONCE = 1_000, 8
RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|PA[0-9A-F]{12}")
OF_A_PATIENT = re.compile(r"-crowd(\d{4})\b")
PATIENT_SECONDS = 60
"""How long a call waits for the database here, however slow the machine is: not how soon it is decided is looked at."""
OFTEN_SECONDS = 1e-4
"""How often threads take turns: fifty times as often as usual, so that what can go wrong between them does."""


@pytest.fixture(autouse=True)
def _messages_are_held_to_their_schemas() -> None:
    """Every kind of message here is held to its schema elsewhere; a thousand times over would take minutes."""


@pytest.fixture
def _taking_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(OFTEN_SECONDS)
    yield
    sys.setswitchinterval(before)


@dataclass(frozen=True)
class Answered:
    """One answer: its status, what it says without what is random by design, and the ids that are."""

    status: int
    said: str
    ids: frozenset[str]

    @property
    def patients(self) -> set[int]:
        """Return the numbers of all patients of whom anything stands in the answer."""
        return {int(number) for number in OF_A_PATIENT.findall(self.said)}


@dataclass(frozen=True)
class Run:
    """All calls, answered by one service with a store of its own."""

    container: Container
    answers: dict[int, Answered]

    def kept(self) -> list[str]:
        """Return every determination on file, without what is random by design, in the order of the patients."""
        assert self.container.archive is not None
        with self.container.archive.engine.connect() as connection:
            names = list(connection.execute(select(DETERMINATIONS.c.id)).scalars())
        found = (self.container.archive.find(name, None) for name in names)
        return sorted(RANDOM.sub("*", _text(one)) for one in found)

    def counted(self) -> list[int]:
        """Return how many calls, determinations, revisions and authorizations are on file."""
        assert self.container.archive is not None
        tables = (CALLS, DETERMINATIONS, REVISIONS, AUTHORIZATIONS)
        with self.container.archive.engine.connect() as connection:
            return [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables]


@pytest.fixture
def service(policies_on_file: Catalogue) -> Iterator[Callable[[str], Container]]:
    """Make services by the address of their store; the stores are closed at the end."""
    opened: list[Engine] = []

    def make(url: str) -> Container:
        opened.append(open_engine(url, PATIENT_SECONDS))
        settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
        return compose(settings, policies_on_file, TODAY, opened[-1])

    yield make
    for one in opened:
        one.dispose()


def answered(app: Flask, sent: Sent) -> Answered:
    reply = app.test_client().post(f"/cds-services/{sent.pattern.service}", data=sent.body)
    content = orjson.loads(reply.data)
    content.get("extension", {}).get("cds-service.explain", {}).pop("ms", None)
    text = _text(content)
    return Answered(reply.status_code, RANDOM.sub("*", text), frozenset(RANDOM.findall(text)))


def _text(content: object) -> str:
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()


def run(container: Container, calls: list[Sent], at_once: int) -> Run:
    app = create_app(container)
    with ThreadPoolExecutor(at_once) as pool:
        return Run(container, dict(pool.map(lambda one: (one.number, answered(app, one)), calls)))


def otherwise(calls: list[Sent], alone: Run, together: Run) -> list[str]:
    """Return the calls that were answered otherwise together than alone."""
    told = ((one, alone.answers[one.number], together.answers[one.number]) for one in calls)
    return [
        one.pattern.name for one, first, second in told if (first.status, first.said) != (second.status, second.said)
    ]


def of_every_kind(calls: list[Sent], run: Run) -> None:
    """The crowd is as mixed as it should be: hooks, refusals, rulings, and what is told of an authorization."""
    assert {one.pattern.service.removesuffix("-crd") for one in calls} == set(every_hook())
    assert {one.status for one in run.answers.values()} == {200, 400, 412, 422}
    said = "".join(one.said for one in run.answers.values())
    assert set(re.findall(r'"ruling":"([a-z-]+)"', said)) == {"met", "unknown", "not-met"}
    assert set(re.findall(r'"url":"pa-needed","valueCode":"([a-z-]+)"', said)) == {
        "auth-needed",
        "satisfied",
        "conditional",
    }


@pytest.mark.usefixtures("_taking_turns_often")
def test_many_calls_at_once_are_decided_as_one_by_one(service: Callable[[str], Container], tmp_path: Path) -> None:
    calls = crowd(MANY, seed=7)
    alone = run(service(new_url(tmp_path, "alone")), sorted(calls, key=lambda one: one.number), 1)
    together = run(service(new_url(tmp_path, "together")), calls, AT_ONCE)
    of_every_kind(calls, alone)
    assert otherwise(calls, alone, together) == []
    assert [number for number, one in together.answers.items() if one.patients - {number}] == []
    assert [
        one for one, times in Counter(chain(*(one.ids for one in together.answers.values()))).items() if times > 1
    ] == []
    assert together.counted() == alone.counted()
    assert together.kept() == alone.kept()


@pytest.mark.usefixtures("_taking_turns_often")
def test_a_store_in_memory_takes_calls_at_once_too(service: Callable[[str], Container], tmp_path: Path) -> None:
    calls = crowd(100, seed=8)
    alone = run(service(new_url(tmp_path, "alone")), calls, 1)
    together = run(service(MEMORY), calls, AT_ONCE)
    assert otherwise(calls, alone, together) == []
    assert together.counted() == alone.counted()
