"""What tests of a busy store share: the database of this process, and the same one as another process has it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cds_service.storage.engine import open_engine
from tests.databases import new_url

PATIENT_SECONDS = 5.0


@contextmanager
def opened(address: str, seconds: float) -> Iterator[Engine]:
    """A database whose transactions wait so many seconds; closed at the end."""
    engine = open_engine(address, seconds)
    yield engine
    engine.dispose()


@pytest.fixture
def address(tmp_path: Path) -> str:
    return new_url(tmp_path)


@pytest.fixture
def store(address: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database of its own; `SECONDS` of the module, if it says so, is how long a transaction waits for it."""
    with opened(address, getattr(request.module, "SECONDS", PATIENT_SECONDS)) as engine:
        yield engine


@pytest.fixture
def other(address: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Another process on the same database, as far as the database can tell; `OTHER_SECONDS` is how long that waits."""
    with opened(address, getattr(request.module, "OTHER_SECONDS", PATIENT_SECONDS)) as engine:
        yield engine
