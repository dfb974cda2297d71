"""A FHIR server on this machine, for every test that wants one."""

from collections.abc import Iterator

import pytest

from tests.fetching.loopback_ehr import Ehr, running


@pytest.fixture
def ehr() -> Iterator[Ehr]:
    with running() as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Ehr]:
    with running() as server:
        yield server
