"""A disk of its own, in memory, that can be full: it is made as small as what it holds. Only root can mount one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep

_SIZE_BYTES = 4 << 30
_PAUSE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system of its own, mounted on a folder."""

    folder: Path

    @contextmanager
    def full(self, left: int = 0) -> Iterator[None]:
        """Leave so many bytes free until the end, none or what fills up in the middle of something."""
        while not self._sized(shutil.disk_usage(self.folder).used + left):  # more was written in between
            sleep(_PAUSE_SECONDS)
        try:
            yield
        finally:
            self._sized(_SIZE_BYTES)

    def _sized(self, size: int) -> bool:
        command = ["mount", "-o", f"remount,size={size}", str(self.folder)]
        return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0


@contextmanager
def mounted() -> Iterator[Disk | None]:
    """Mount a disk until the end; None where that is not allowed, and the folder of it is not there."""
    if os.geteuid() != 0:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE_BYTES}", "tmpfs", folder], check=True)
        Path(folder).chmod(0o755)
        try:
            yield Disk(Path(folder))
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
