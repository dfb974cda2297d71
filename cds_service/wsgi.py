"""What the server loads: the application, made from the environment."""

import gc
import os
from pathlib import Path

from flask import Flask

from cds_service import logs
from cds_service.composition import from_environment
from cds_service.purging_command import purged
from cds_service.web.app import create_app

_GC_THRESHOLDS = (50_000, 20, 100)


def create() -> Flask:
    """Return the application; raises SettingsError or PolicyError.

    The policies live as long as the process, so that the garbage collector is told to leave them alone.
    """
    logs.start()
    container = from_environment(os.environ, Path.cwd())
    container.gate.warm()
    purged(container)
    app = create_app(container)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    return app
