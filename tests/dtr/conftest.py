"""Each module of these tests has a store of its own: a package is made by what was determined before."""

import pytest
from flask import Flask

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from tests import databases
from tests.world import TODAY, compose


@pytest.fixture(scope="module")
def container(policies_on_file: Catalogue, database: str) -> Container:
    """The service with an empty store, on the kind of database that the test runs on."""
    assert database in databases.KINDS
    settings = Settings(base_url="https://cds.example.org")
    return compose(settings, policies_on_file, TODAY, databases.new_engine(stays=True))


@pytest.fixture(scope="module")
def application(container: Container) -> Flask:
    return create_app(container)
