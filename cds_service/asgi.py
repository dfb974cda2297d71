"""What `cds-service serve` loads: the front, with the application behind it."""

import os
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask

from cds_service.app.container import Container, from_environment, reopened
from cds_service.app.settings import SettingsError
from cds_service.front.admission import Admission
from cds_service.front.front import Front
from cds_service.front.places import Pace, Places
from cds_service.front.request_body import Bodies
from cds_service.front.successive import Served, Successive
from cds_service.logs import LOG
from cds_service.storage.engine import StorageError
from cds_service.wsgi import SENDER, made
from policies.files.problems import PolicyError

_BODIES_AT_ONCE = 16
"""How many bodies of the largest size may be held while they are read; the others wait, or are refused."""


def create() -> Successive:
    """Return the front of the service, which changes at a signal; raises SettingsError or PolicyError.

    From here on the process takes connections: what was sent before waits, since the socket is open from the start.
    """
    return _listening(from_environment(os.environ, Path.cwd()))


def create_again(checked: Container) -> Successive:
    """Return the front of a service that another process has put together and checked; raises as `create` does."""
    return _listening(reopened(checked, os.environ))


def _listening(container: Container) -> Successive:
    served = Successive(_served(container), _read_again).change_at()
    LOG.info("listening", extra={"fields": {"process": os.getpid()}})
    return served


def _read_again() -> Served:
    try:
        return _served(from_environment(os.environ, Path.cwd()))
    except (PolicyError, SettingsError, StorageError) as error:
        raise ValueError(str(error)) from error


def _served(container: Container) -> Served:
    application = made(container)
    return Served(front_of(container, application), partial(_leave, container, application))


def _leave(container: Container, application: Flask) -> None:
    """End what an application does by itself; connections that a call still uses are closed with it."""
    if SENDER in application.extensions:
        application.extensions[SENDER].end()
    if container.archive is not None:
        container.archive.engine.dispose()


def front_of(container: Container, application: Any) -> Front:
    """Put the front of a service together, before a WSGI application."""
    settings, gate, metrics = container.settings, container.gate, container.metrics
    base_url = container.order_sign.payer.base_url
    limits = settings.limits()
    return Front(
        application,
        Admission(settings.threshold(base_url), base_url, gate.check, container.door.check),
        lambda method, status: metrics.requested(method, "none", status),
        Bodies(limits, settings.read_seconds, _BODIES_AT_ONCE * limits.max_bytes),
        Places(settings.worker_threads, settings.max_waiting, settings.time_budget_seconds),
        Pace(settings.calls_per_minute),
    )
