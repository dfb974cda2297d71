"""What every test may use: the real catalogue, and the real application on a pinned day."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask, Response, request_finished
from flask.testing import FlaskClient
from sqlalchemy import Engine

from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.engine import MEMORY, open_engine
from policies import catalogue
from policies.catalogue import Catalogue
from tests.conformance.messages import faults_of

TODAY = date(2026, 11, 25)


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
    return catalogue.load()


@pytest.fixture(scope="session")
def container(policies_on_file: Catalogue) -> Container:
    settings = Settings(base_url="https://cds.example.org")
    return compose(settings, policies_on_file, TODAY, open_engine(MEMORY))


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A database in memory, for a test that needs a store of its own."""
    opened = open_engine(MEMORY)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def application(container: Container) -> Flask:
    """The application of tests that need no settings of their own; making it takes longer than most calls."""
    return create_app(container)


@pytest.fixture
def client(application: Flask) -> Iterator[FlaskClient]:
    with application.test_client() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _messages_are_held_to_their_schemas() -> Iterator[None]:
    """Look at every message of the services that leaves an application while a test runs."""
    faults: list[str] = []

    def look(app: Flask, response: Response, **_: Any) -> None:
        faults.extend(faults_of(response) if app.name == "cds_service" else [])

    with request_finished.connected_to(look):
        yield
    assert faults == []
