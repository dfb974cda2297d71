"""What `cds-service serve` loads: the front, with the application behind it."""

import os
from pathlib import Path

from cds_service.app.container import from_environment
from cds_service.front.admission import front_of
from cds_service.front.front import Front
from cds_service.wsgi import made


def create() -> Front:
    """Return the front of the service; raises SettingsError or PolicyError."""
    container = from_environment(os.environ, Path.cwd())
    return front_of(container, made(container))
