"""What every test may use: the real catalogue, and the real application on a pinned day."""

from collections.abc import Iterator
from datetime import date

import pytest
from flask.testing import FlaskClient

from cds_service.composition import Container, compose
from cds_service.settings import Settings
from cds_service.storage.engine import MEMORY, open_engine
from cds_service.web.app import create_app
from policies import catalogue
from policies.catalogue import Catalogue
from tests.conformance.messages import held

TODAY = date(2026, 11, 25)


@pytest.fixture(scope="session")
def policies_on_file() -> Catalogue:
    return catalogue.load()


@pytest.fixture(scope="session")
def container(policies_on_file: Catalogue) -> Container:
    settings = Settings(base_url="https://cds.example.org")
    return compose(settings, policies_on_file, TODAY, open_engine(MEMORY))


@pytest.fixture
def client(container: Container) -> Iterator[FlaskClient]:
    app = create_app(container)
    app.after_request(held)
    with app.test_client() as opened:
        yield opened
