"""What the tests of prior authorization share: the service with automatic approval, on a store of its own."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import DETERMINATIONS, METADATA, PRIOR_AUTH_REQUESTS
from policies.catalogue import Catalogue
from tests import databases
from tests.conftest import TODAY
from tests.databases import new_engine, new_url
from tests.world import compose

Json = dict[str, Any]
BASE = "https://cds.example.org"
PATIENT_SECONDS = 60
"""How long a call waits for the database here, however slow the machine is."""


@dataclass(frozen=True)
class Payer:
    """A running service, and what an EHR sends to it."""

    container: Container
    client: FlaskClient

    def submit(self, request: Json, status: int = 200) -> Json:
        reply = self.client.post("/fhir/pas/Claim/$submit", data=json.dumps(request))
        assert reply.status_code == status, reply.get_data(as_text=True)
        return dict(json.loads(reply.data))

    def sign(self, call: Json) -> dict[str, Any]:
        """Sign an order, and return the coverage information on it, by the names of its parts."""
        reply = self.client.post("/cds-services/order-sign-crd", data=json.dumps(call))
        (action, *_) = json.loads(reply.data)["systemActions"]
        found = [one for one in action["resource"]["extension"] if one["url"].endswith("ext-coverage-information")]
        return {part["url"]: next(v for k, v in part.items() if k != "url") for part in found[0]["extension"]}

    def determination(self, name: str) -> Json:
        return dict(self.client.get(f"/determinations/{name}").get_json())


Making = Callable[..., Payer]


@pytest.fixture(scope="session")
def _payers() -> Iterator[dict[str, Payer]]:
    made: dict[str, Payer] = {}
    yield made
    for one in made.values():
        if one.container.archive is not None:
            one.container.archive.engine.dispose()


@pytest.fixture
def paying(policies_on_file: Catalogue, _payers: dict[str, Payer]) -> Making:
    """Return what makes a service by its settings: once a session, with an empty store for each test."""

    def made(**settings: Any) -> Payer:
        name = repr((databases.kind(), sorted(settings.items())))
        if name not in _payers:
            told = Settings(base_url=BASE, **({"automatic_approval": True} | settings))
            container = compose(told, policies_on_file, TODAY, new_engine(stays=True))
            _payers[name] = Payer(container, create_app(container).test_client())
        found = _payers[name]
        assert found.container.archive is not None
        with found.container.archive.engine.begin() as connection:
            connection.execute(PRIOR_AUTH_REQUESTS.update().values(replaces=None))
            connection.execute(DETERMINATIONS.update().values(supersedes=None))
            for table in reversed(METADATA.sorted_tables):
                connection.execute(table.delete())
        return found

    return made


@pytest.fixture
def payer(paying: Making) -> Payer:
    return paying()


@pytest.fixture
def replicas(policies_on_file: Catalogue, tmp_path: Path) -> Iterator[tuple[FlaskClient, FlaskClient]]:
    """Two processes on one database."""
    url = new_url(tmp_path)
    engines = open_engine(url, PATIENT_SECONDS), open_engine(url, PATIENT_SECONDS)
    settings = Settings(base_url=BASE, automatic_approval=True)
    one, two = (create_app(compose(settings, policies_on_file, TODAY, each)).test_client() for each in engines)
    yield one, two
    for each in engines:
        each.dispose()
