"""One draft for all tests of a run: its folder is copied and read once."""

from pathlib import Path

import pytest

from cds_service.impact.comparison import Comparison
from tests.impact import exports


@pytest.fixture(scope="session")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exports.draft(tmp_path_factory.mktemp("draft"))


@pytest.fixture(scope="session")
def compared(draft: Path) -> Comparison:
    return exports.comparison(draft)
