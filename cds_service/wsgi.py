"""What the server loads: the application, made from the environment."""

import gc
import os
from pathlib import Path

from flask import Flask

from cds_service import logs
from cds_service.app.container import Container, from_environment
from cds_service.application import PRIOR_AUTH, create_app
from cds_service.notifications import sender

GC_THRESHOLDS = (50_000, 20, 100)
SENDER = "notifications"
"""Where an application that serves holds what sends its notifications."""


def create() -> Flask:
    """Return the application, for any WSGI server; raises SettingsError or PolicyError.

    Such a server has to read bodies to their end before it takes a worker (docs/deployment.md); ours does.
    """
    return made(from_environment(os.environ, Path.cwd()))


def made(container: Container) -> Flask:
    """Return the application of a process that serves.

    The policies live for long, so that the garbage collector is made to leave them alone; those that were served before
    are collected now, or at the next change where a call still uses them.
    """
    logs.start()
    container.gate.warm()
    app = create_app(container)
    if PRIOR_AUTH in app.extensions:
        app.extensions[SENDER] = sender.start(app.extensions[PRIOR_AUTH].sending, app)
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return app
