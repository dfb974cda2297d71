"""The services that lead to the states: as it is, with automatic approval, with a store that fails, by its operator."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from cds_service.app.settings import OrdersWithoutPolicy, PayerSettings, Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from policies.model.determination import Covered, PaNeeded
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.world import compose

CONTACT = "https://payer.example.org/help"
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "approving": {"automatic_approval": True},
    "broken": {"automatic_approval": True},
    "generous": {
        "orders_without_policy": OrdersWithoutPolicy(Covered.COVERED, PaNeeded.NO_AUTH, "No policy: covered.")
    },
    "closed": {"orders_without_policy": OrdersWithoutPolicy(Covered.NOT_COVERED, None, "No policy: not a benefit.")},
}
"""The settings of each service, by the word for it in the table."""


def client_of(policies: Catalogue, engine: Engine, **settings: Any) -> FlaskClient:
    made = Settings(base_url="https://cds.example.org", payer=PayerSettings(contact=CONTACT), **settings)
    return create_app(compose(made, policies, TODAY, engine)).test_client()


@pytest.fixture(scope="package")
def services(policies_on_file: Catalogue) -> Iterator[dict[str, FlaskClient]]:
    engines = {name: new_engine() for name in SETTINGS}
    with engines["broken"].begin() as connection:
        connection.execute(text("drop table revisions"))
    yield {name: client_of(policies_on_file, engine, **SETTINGS[name]) for name, engine in engines.items()}
    for engine in engines.values():
        engine.dispose()
