"""Starting the server. Without registered clients the service is open, and listens on loopback only."""

import os
import socket
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces

from cds_service import logs
from cds_service.app.container import from_environment
from cds_service.http.addresses import is_loopback

ALLOW_OPEN = "CDS_ALLOW_OPEN"


class ServingError(Exception):
    """The server cannot be started as asked; the message says why."""


def serve(host: str, port: int, config: str | None) -> None:
    """Run the service until it is stopped; raises ServingError, SettingsError or PolicyError before it listens."""
    if config is not None:
        os.environ["CDS_CONFIG"] = config
    logs.start()
    check_free(host, port)
    checked = from_environment(os.environ, Path.cwd())
    if checked.gate.is_open:
        check_open(host, os.environ.get(ALLOW_OPEN, ""))
    if checked.archive is not None:
        checked.archive.engine.dispose()
    if not checked.settings.base_url:
        os.environ["CDS_BASE_URL"] = f"http://{_in_url(host)}:{port}"
    server = Granian(
        "cds_service.wsgi:create",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        log_enabled=False,
        blocking_threads=2,
    )
    logs.LOG.info("listening", extra={"fields": {"host": host, "port": port}})
    server.serve()


def check_open(host: str, allowed: str) -> None:
    """Refuse to be open beyond loopback, unless it was asked for; then warn, at each start."""
    if is_loopback(host):
        return
    if allowed != "1":
        text = f"no client is registered, so that the service is open: it listens on loopback only, not on {host}"
        raise ServingError(f"{text}. To allow it all the same, set {ALLOW_OPEN}=1")
    logs.LOG.warning("open to everybody who can reach it: no client is registered", extra={"fields": {"host": host}})


def check_free(host: str, port: int) -> None:
    """Raise ServingError if a port cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServingError(f"cannot listen on {host}:{port}: {error.strerror}") from None


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
