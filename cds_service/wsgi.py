"""What the server loads: the application, made from the environment."""

import gc
import os
from pathlib import Path

from flask import Flask

from cds_service import logs
from cds_service.app.container import from_environment
from cds_service.application import create_app
from cds_service.commands.purge import purged

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
