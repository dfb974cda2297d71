"""What every test may use: the policies of the tests' world, and the real application on a pinned day."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request_finished
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine

from cds_service import wsgi
from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.logs import LOG
from policies.catalogue import Catalogue
from tests import databases, world
from tests.conformance.messages import faults_of
from tests.once import worked_out_once
from tests.validation.recording import (
    _what_leaves_is_recorded,
    pytest_configure,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from tests.world import TODAY, compose

__all__ = [
    "TODAY",
    "_what_leaves_is_recorded",
    "pytest_configure",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
]

# The same commit draws the same charts each time, so that a change is judged by what it changes. New ones are drawn by
# `make laws`. How fast a machine draws them says nothing of the service.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("drawn", derandomize=False, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


class CallingClient(FlaskClient):
    """Sends bytes as JSON, as every EHR does, unless a test names another type (an empty text: none)."""

    def open(self, *places: Any, **options: Any) -> Any:
        named = {name.lower() for name in dict(options.get("headers") or {})}
        if isinstance(options.get("data"), bytes | str) and "content-type" not in named:
            options.setdefault("content_type", "application/json")
        return super().open(*places, **options)


Flask.test_client_class = CallingClient


@pytest.fixture(scope="session")
def policies_on_file() -> Catalogue:
    """The policies of the tests' own world: nothing that is shipped changes them."""
    return world.policies()


OBJECTS_BEFORE_COLLECTION = 50_000
"""Ten thousand tests and the policies stay; a test makes fewer objects than that."""
ON_BOTH = frozenset({"audit", "coverage", "dtr", "forms", "prior_auth", "storage", "together"})
"""The folders whose tests run on each kind of database: what is kept, determined and answered, and calls at once."""
ON_BOTH_TOO = frozenset({"test_page_answers", "test_page_launch", "test_page_links", "test_page_plain"})
EACH_ROW_ON_BOTH = frozenset({"audit", "coverage", "storage", "together"})
"""Of these folders also each row of a table does; of the others the first row of each test shows the other database."""
STORING = frozenset({"application", "client", "container", "desk", "engine", "payer", "paying", "replicas"})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test of these folders run on each database, if it has one; `DATABASES` of a module names its own."""
    path = metafunc.definition.path
    has_store = STORING & set(metafunc.fixturenames) or hasattr(metafunc.module, "new_engine")
    if (path.parent.name in ON_BOTH or path.stem in ON_BOTH_TOO) and (has_store or path.parent.name == "storage"):
        kinds = getattr(metafunc.module, "DATABASES", databases.KINDS)
        if metafunc.definition.get_closest_marker("one_database") is not None:
            kinds = kinds[:1]
        metafunc.parametrize("database", kinds, indirect=True, scope="session")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Start half as many workers again as there are cores: a third of their time they wait for servers and browsers."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else max(1, (os.cpu_count() or 1) * 3 // 2)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a table let the first row run on PostgreSQL too, the others on SQLite alone; where the store counts, all.

    `make test-postgres` runs each row of each.
    """
    if os.environ.get("DATABASE_ROWS") == "each":
        return
    seen, stays, left_out = set[tuple[Path, str]](), list[pytest.Item](), list[pytest.Item]()
    for item in items:
        row: Any = getattr(item, "callspec", None)
        is_other = row is not None and row.params.get("database") == databases.POSTGRESQL
        test = (item.path, item.name.partition("[")[0])
        is_again = is_other and test in seen and item.path.parent.name not in EACH_ROW_ON_BOTH
        seen |= {test} if is_other else set()
        (left_out if is_again else stays).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = stays


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Keep the collector of garbage away while tests are found: what is made then stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Have the collector of garbage pass over what stays for the session, and come seldom: it took a twentieth."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION, 20, 20)


def pytest_unconfigure() -> None:
    databases.end()


@pytest.fixture(autouse=True, scope="session")
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The kind of database that a test runs on: SQLite, and PostgreSQL too where the folder's tests run on both."""
    kind: str = getattr(request, "param", databases.SQLITE)
    if kind == databases.POSTGRESQL and databases.programs() is None and not databases.is_required():
        pytest.skip("PostgreSQL is not installed here")
    with databases.on(kind):
        yield kind


@pytest.fixture(autouse=True)
def _databases_are_closed(database: str) -> Iterator[None]:
    yield
    databases.close()


@pytest.fixture(scope="session")
def _applications() -> dict[str, Flask]:
    return {}


@pytest.fixture(scope="session")
def _containers() -> dict[str, Container]:
    return {}


@pytest.fixture(scope="session")
def container(policies_on_file: Catalogue, database: str, _containers: dict[str, Container]) -> Container:
    if database not in _containers:
        settings = Settings(base_url="https://cds.example.org")
        _containers[database] = compose(settings, policies_on_file, TODAY, databases.new_engine(stays=True))
    return _containers[database]


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A database of its own, for a test that needs one."""
    opened = databases.new_engine()
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def application(container: Container, database: str, _applications: dict[str, Flask]) -> Flask:
    """The application of tests that need no settings of their own; making it takes longer than most calls."""
    if database not in _applications:
        _applications[database] = create_app(container)
    return _applications[database]


@pytest.fixture
def as_served() -> Iterator[Callable[[], Flask]]:
    """What makes the application as a server does: its thread and its log lines end with the test."""
    made: list[Flask] = []

    def create() -> Flask:
        made.append(wsgi.create())
        return made[-1]

    yield create
    for one in made:
        one.extensions[wsgi.SENDER].end()
    LOG.handlers.clear()


@pytest.fixture(scope="session", autouse=True)
def _what_stays_the_same_is_worked_out_once() -> Iterator[None]:
    with worked_out_once():
        yield


@pytest.fixture
def client(application: Flask) -> Iterator[FlaskClient]:
    with application.test_client() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _messages_are_held_to_their_schemas(request: pytest.FixtureRequest) -> Iterator[None]:
    """Look at every message of the services that leaves an application while a test runs.

    The schema of 2.2 knows no empty list of actions; a client can ask for one, as the certification kit wants it.
    """
    faults: list[str] = []
    set_aside = "$.systemActions: []" if request.node.get_closest_marker("empty_actions") is not None else "\0"

    def look(app: Flask, response: Response, **_: Any) -> None:
        found = faults_of(response) if app.name == "cds_service" else []
        faults.extend(one for one in found if set_aside not in one)

    with request_finished.connected_to(look):
        yield
    assert faults == []
