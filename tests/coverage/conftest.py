"""The three services that lead to the states: as it is, with automatic approval, and with a store that fails."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from cds_service.composition import compose
from cds_service.settings import PayerSettings, Settings
from cds_service.storage.engine import MEMORY, open_engine
from cds_service.web.app import create_app
from policies.catalogue import Catalogue
from tests.conftest import TODAY

CONTACT = "https://payer.example.org/help"


def client_of(policies: Catalogue, engine: Engine, **settings: Any) -> FlaskClient:
    made = Settings(base_url="https://cds.example.org", payer=PayerSettings(contact=CONTACT), **settings)
    return create_app(compose(made, policies, TODAY, engine)).test_client()


@pytest.fixture(scope="package")
def services(policies_on_file: Catalogue) -> Iterator[dict[str, FlaskClient]]:
    engines = {name: open_engine(MEMORY) for name in ("plain", "approving", "broken")}
    with engines["broken"].begin() as connection:
        connection.execute(text("drop table revisions"))
    yield {
        name: client_of(policies_on_file, engine, automatic_approval=name != "plain")
        for name, engine in engines.items()
    }
    for engine in engines.values():
        engine.dispose()
