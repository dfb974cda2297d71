"""The server of processes that take over new policies on SIGHUP, without losing a call."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from granian.server.mp import MPServer

from cds_service.app.container import Container, from_environment
from cds_service.app.settings import SettingsError
from cds_service.asgi import create_again
from cds_service.front.front import Front
from cds_service.logs import LOG
from cds_service.storage.engine import StorageError
from policies.files.problems import PolicyError


@dataclass(slots=True)
class Checked:
    """What was read and checked last: what a process that is forked from this one serves."""

    container: Container

    def front(self) -> Front:
        """Return the front of a forked process; it has connections of its own."""
        return create_again(self.container)

    def read_again(self) -> bool:
        """Read settings and policies anew; what cannot be used is logged, and what is served stays."""
        try:
            container = from_environment(os.environ, Path.cwd())
        except (PolicyError, SettingsError, StorageError) as error:
            LOG.error("not reloaded, the policies are those of before", extra={"fields": {"cause": str(error)}})
            return False
        if container.archive is not None:
            container.archive.engine.dispose()
        self.container = container
        LOG.info("reloading", extra={"fields": {"policies": len(container.catalogue.all)}})
        return True


class ReloadingServer(MPServer):
    """A server whose processes are replaced on SIGHUP, once what they will serve is known to be sound.

    A new process listens before an old one is stopped, and an old one ends its calls first.
    """

    def __init__(self, reads_again: Callable[[], bool], **options: Any) -> None:
        super().__init__("cds_service.asgi:create", **options)
        self._reads_again = reads_again

    def signal_handler_reload(self, *given: Any, **named: Any) -> None:
        """Replace the processes, or leave them."""
        if self._reads_again():
            self.reload_signal = True
            self.main_loop_interrupt.set()
