"""The answers that all tests here look at, asked for once."""

from collections.abc import Iterator

import pytest
import responses
from msgspec import convert

from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from tests.certification.calls import HOOKS, ISSUER, KEYS, Exchange, asked
from tests.clients.signing import BASE, key_set
from tests.conftest import TODAY
from tests.world import compose, store


@pytest.fixture(scope="package")
def answers(policies_on_file: Catalogue) -> Iterator[dict[str, list[Exchange]]]:
    """Return the answers by hook: of the service as it is, to the certification tests as a registered client."""
    client = {"name": "certification", "iss": ISSUER, "jku": KEYS}
    settings = convert({"base_url": BASE, "clients": [client]}, Settings)
    with responses.RequestsMock() as net:
        net.get(KEYS, body=key_set())
        app = create_app(compose(settings, policies_on_file, TODAY, store()))
        yield {hook: asked(app.test_client(), hook) for hook in HOOKS}
