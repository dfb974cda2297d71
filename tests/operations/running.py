"""A service with a database in a file, in which one order was signed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import DETERMINATIONS
from tests import world
from tests.conftest import TODAY
from tests.world import compose


@contextmanager
def signed_with(file: Path, body: bytes) -> Iterator[str]:
    """Sign a call, and yield the id of its determination while the database is still open."""
    engine = open_engine(f"sqlite:///{file}")
    try:
        container = compose(Settings(base_url="https://cds.example.org"), world.shipped(), TODAY, engine)
        client = create_app(container).test_client()
        client.post("/cds-services/order-sign-crd", data=body, content_type="application/json")
        with engine.connect() as connection:
            yield str(connection.execute(select(DETERMINATIONS.c.id)).scalars().first())
    finally:
        engine.dispose()
