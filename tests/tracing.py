"""Which tests are traced for coverage: the first rows of each table, on one database.

The other rows go the same ways, and tracing takes as long again as running. Tracing is switched where it changes from
one test to the next, and that takes some milliseconds: of each module the traced tests come first.
"""

from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage

from tests.databases import POSTGRESQL, SQLITE

ROWS = 3
"""Of so many rows of a table is traced which lines they run."""
MARK = "untraced"
"""How a module says that its tests are not traced, since others run the same lines in less time."""
_IS_TRACED = pytest.StashKey[bool]()
_PAUSED = pytest.StashKey[Coverage]()
_Rows = Counter[tuple[Path, str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Decide which tests are traced, and have those of a module and a database that are run one after the other."""
    rows: _Rows = Counter()
    places: dict[Path, int] = {}
    for item in items:
        places.setdefault(item.path, len(places))
        item.stash[_IS_TRACED] = _goes_its_own_way(item, rows)
    items.sort(key=lambda one: (places[one.path], _database(one) == POSTGRESQL, not one.stash[_IS_TRACED]))


def _goes_its_own_way(item: pytest.Item, rows: _Rows) -> bool:
    """Whether a test is among the first rows of its table; of PostgreSQL's in a module the first that it runs is."""
    again = _database(item) == POSTGRESQL
    name = item.path, POSTGRESQL if again else getattr(item, "originalname", item.name)
    rows[name] += 1
    return rows[name] <= (1 if again else ROWS) and item.get_closest_marker(MARK) is None


def _database(item: pytest.Item) -> str:
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return str(parameters.get("database", SQLITE))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Trace a test with its fixtures, or do not."""
    _switch(item.config.stash, traced=item.stash[_IS_TRACED])
    return (yield)


def _switch(stash: pytest.Stash, *, traced: bool) -> None:
    """Go on tracing, or pause; nothing where nothing is traced at all."""
    if traced and _PAUSED in stash:
        stash[_PAUSED].start()
        del stash[_PAUSED]
    elif not traced and _PAUSED not in stash and (running := Coverage.current()) is not None:
        running.stop()
        stash[_PAUSED] = running
