"""What a killed test session leaves behind goes with the next one; what somebody may still use stays."""

import os
import subprocess
from pathlib import Path

import pytest

from tests import databases
from tests.leftovers import OWNER, own, remove_leftovers

DATABASES = (databases.SQLITE,)
PROGRAM = Path("/bin/false")


def ended() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen(["/bin/true"]) as process:
        process.wait()
    return process.pid


def folder_of(home: Path, *, owner: int | None, server: int | None, age_seconds: int = 0) -> Path:
    made = home / "cds-pg-test"
    (made / "data").mkdir(parents=True)
    if owner is not None:
        (made / OWNER).write_text(str(owner))
    if server is not None:
        (made / "data" / "postmaster.pid").write_text(f"{server}\n/somewhere\n")
    for one in (made / "data", made):
        then = one.stat().st_mtime - age_seconds
        os.utime(one, (then, then))
    return made


@pytest.mark.parametrize("server", [None, ended()], ids=["no server", "a server that ended"])
def test_a_folder_whose_session_has_ended_is_removed(tmp_path: Path, server: int | None) -> None:
    made = folder_of(tmp_path, owner=ended(), server=server)
    remove_leftovers(tmp_path, PROGRAM)
    assert not made.exists()


@pytest.mark.parametrize("server", [None, ended(), os.getpid()], ids=["no server", "a server that ended", "a server"])
def test_a_folder_whose_session_runs_stays(tmp_path: Path, server: int | None) -> None:
    made = folder_of(tmp_path, owner=None, server=server, age_seconds=7200)
    own(made)
    remove_leftovers(tmp_path, PROGRAM)
    assert made.exists()


@pytest.mark.parametrize(("age_seconds", "stays"), [(0, True), (3500, True), (3700, False)])
def test_a_folder_of_nobody_without_a_server_is_removed_after_an_hour(
    tmp_path: Path, age_seconds: int, stays: bool
) -> None:
    made = folder_of(tmp_path, owner=None, server=ended(), age_seconds=age_seconds)
    remove_leftovers(tmp_path, PROGRAM)
    assert made.exists() == stays


def test_a_folder_of_nobody_with_a_server_stays(tmp_path: Path) -> None:
    made = folder_of(tmp_path, owner=None, server=os.getpid(), age_seconds=7200)
    remove_leftovers(tmp_path, PROGRAM)
    assert made.exists()


def test_nothing_else_is_touched(tmp_path: Path) -> None:
    other = tmp_path / "of-somebody-else"
    other.mkdir()
    remove_leftovers(tmp_path, PROGRAM)
    assert other.exists()
