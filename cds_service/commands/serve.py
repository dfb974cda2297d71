"""Starting the server, and new policies on SIGHUP. Without registered clients it listens on loopback only."""

import multiprocessing
import os
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from typing import Any

import click
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.mp import MPServer
from sqlalchemy import Engine

from cds_service import logs
from cds_service.app.container import Container, from_environment
from cds_service.app.metrics import FIGURES_FOLDER
from cds_service.app.settings import SettingsError
from cds_service.app.settings_file import drafts_of, load
from cds_service.asgi import create_again
from cds_service.chain.entries import head
from cds_service.commands.main import loading
from cds_service.database.transactions import StoreError, reading
from cds_service.front.successive import CHANGE, Successive, hold_back, log_not_reloaded
from cds_service.http.addresses import is_loopback
from cds_service.storage.engine import StorageError
from cds_service.terminal.mendable import reported
from policies.files.problems import PolicyError

ALLOW_OPEN = "CDS_ALLOW_OPEN"
_OTHER_FILES = 200


class ServingError(Exception):
    """The server cannot be started as asked; the message says why."""


@dataclass(slots=True)
class Checked:
    """What was read and checked last: what a process that is forked from this one serves."""

    container: Container

    def front(self) -> Successive:
        """Return the front of a forked process; it has connections of its own."""
        return create_again(self.container)

    def read_again(self) -> bool:
        """Read settings and policies anew; what cannot be used is logged, and what is served stays."""
        try:
            container = from_environment(os.environ, Path.cwd())
        except (PolicyError, SettingsError, StorageError) as error:
            log_not_reloaded(error)
            return False
        if container.archive is not None:
            container.archive.engine.dispose()
        self.container = container
        logs.LOG.info("reloading", extra={"fields": {"policies": len(container.catalogue.all)}})
        return True


class ReloadingServer(MPServer):
    """A server that asks its processes on SIGHUP to change, once what they will serve is known to be sound."""

    def __init__(self, reads_again: Callable[[], bool], **options: Any) -> None:
        super().__init__("cds_service.asgi:create", **options)
        self._reads_again = reads_again
        self._one_at_once = Lock()
        hold_back()  # processes have it from here: one that only starts changes once it serves

    def signal_handler_reload(self, *_: object, **__: object) -> None:
        """Ask each process to change, or leave all as they are; none is replaced, so that no connection is lost.

        In a thread of its own: whatever fails there, the server can still be asked again, and stopped.
        """
        Thread(target=self._change, name="reload", daemon=True).start()

    def _change(self) -> None:
        with self._one_at_once:
            if self._reads_again():
                for worker in self.wrks:
                    os.kill(worker.inner.pid, CHANGE)


def serve(host: str, port: int, config: str | None, workers: int = 1) -> None:
    """Run the service in so many processes until it is stopped.

    Raises ServingError, SettingsError or PolicyError before it listens.
    """
    if config is not None:
        os.environ["CDS_CONFIG"] = config
    logs.start()
    check_free(host, port)
    if not load(os.environ, Path.cwd()).base_url:
        os.environ["CDS_BASE_URL"] = f"http://{_in_url(host)}:{port}"
    with loading():
        checked = from_environment(os.environ, Path.cwd())
    if checked.gate.is_open:
        check_open(host, os.environ.get(ALLOW_OPEN, ""))
    if checked.archive is not None:
        _log_head(checked.archive.engine)
        checked.archive.engine.dispose()
    _let_open_files(2 * checked.settings.max_connections + _OTHER_FILES)
    with _one_view_of_figures(workers):
        logs.LOG.info("starting", extra={"fields": {"host": host, "port": port, "workers": workers}})
        _run(host, port, workers, checked)


def _log_head(engine: Engine) -> None:
    """Have the log hold the head of the chain: what was written before it cannot be changed unseen."""
    try:
        with reading(engine) as connection:
            logs.LOG.info("chain", extra={"fields": {"head": str(head(connection))}})
    except StoreError as error:
        raise ServingError(f"the database failed: {error}") from None


def _run(host: str, port: int, workers: int, checked: Container) -> None:
    """Run the server: it reads heads within their deadline; what comes after them is the front's."""
    settings = checked.settings
    last = Checked(checked)
    server = ReloadingServer(
        last.read_again,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=round(settings.read_seconds * 1000)),
        websockets=False,
        backlog=settings.max_connections,
        backpressure=max(1, settings.max_connections // workers),
        factory=True,
        log_enabled=False,
    )
    server.serve(target_loader=_loader(last), wrap_loader=False)


def _loader(last: Checked) -> Callable[[], Successive] | None:
    """Return what makes the application of a process: of what was read here, where the process is forked from this one.

    Each process has its own connections; one that is spawned reads the policies itself.
    """
    return last.front if multiprocessing.get_start_method() == "fork" else None


@contextmanager
def _one_view_of_figures(workers: int) -> Iterator[None]:
    """Have several processes count in files of one folder, so that each tells the figures of all."""
    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="cds-figures-") as folder:
        os.environ[FIGURES_FOLDER] = folder
        multiprocessing.set_start_method("spawn", force=True)  # a process that is forked keeps counting by itself
        yield


def _let_open_files(wanted: int) -> None:
    """Raise the limit of open files to what so many connections need, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if most > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


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


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="The settings file (TOML).")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="How many processes serve.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of policies, tried as drafts instead of those of the settings.",
)
def run_serve(host: str, port: int, config: str | None, workers: int, folder: Path | None) -> None:
    """Run the service."""
    if folder is not None:
        os.environ.update(drafts_of(folder.resolve()))
    with reported(ServingError, SettingsError, PolicyError, StorageError):
        serve(host, port, config, workers)
