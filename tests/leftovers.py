"""Removes the PostgreSQL servers of test sessions that were killed: they live in memory, and would fill it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import time

PREFIX = "cds-pg-"
OWNER = "owner"
"""The file of a server's folder that holds the process id of the session that started it."""
_PID = "postmaster.pid"
_SURELY_DEAD_SECONDS = 3600
"""A folder without an owner and without a server may be one that is being made, unless nothing happened for so long."""


def own(home: Path) -> None:
    """Note in the folder of a server that it goes with this process."""
    (home / OWNER).write_text(str(os.getpid()))


def remove_leftovers(folder: Path, program: Path) -> None:
    """Stop the servers of a folder whose sessions have ended, and delete what they kept; `program` is their pg_ctl."""
    for home in _left(folder):
        if _is_alive(home / "data" / _PID):
            stopped = [str(program), "-D", str(home / "data"), "-m", "immediate", "-w", "stop"]
            as_owner = (
                ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
            )
            subprocess.run([*as_owner, *stopped], check=False, capture_output=True, cwd="/")
        shutil.rmtree(home, ignore_errors=True)


def _left(folder: Path) -> Iterator[Path]:
    for home in folder.glob(f"{PREFIX}*"):
        owner, server = home / OWNER, home / "data" / _PID
        if owner.is_file():
            if not _is_alive(owner):
                yield home
        elif not _is_alive(server) and _seconds_since(home) > _SURELY_DEAD_SECONDS:
            yield home


def _is_alive(file: Path) -> bool:
    """Whether the process runs whose id stands in the first line of a file; one that does not say so may run."""
    try:
        process = int(file.read_text().splitlines()[0])
    except FileNotFoundError:
        return False
    except (IndexError, ValueError):
        return True
    return Path(f"/proc/{process}").exists()


def _seconds_since(home: Path) -> float:
    """Return how long ago something came into the folder of a server, or went."""
    changed = (one.stat().st_mtime for one in (home, home / "data") if one.exists())
    return time() - max(changed, default=0.0)
