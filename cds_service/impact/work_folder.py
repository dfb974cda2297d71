"""The folder of a run: what is done in it is not done again, so that a run that was killed goes on.

Every file appears whole under its name, or not at all. A run over other charts, versions or days begins anew.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from cds_service.impact.comparison import Comparison
from fhir_mappings.members import PolicyVersion

_MARK = "run.sha256"
_UNFINISHED = ".unfinished"


class WorkError(Exception):
    """The folder cannot be worked in; the message says why."""


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """The folder of one run. It holds charts: it is for its owner only, and goes when the run has ended."""

    path: Path

    def begin(self, fingerprint: str) -> None:
        """Make the folder ready, without what another run left; raises WorkError for a folder that is not ours."""
        mark = self.path / _MARK
        if mark.is_file() and mark.read_text("utf-8") == fingerprint:
            return
        if mark.is_file():
            shutil.rmtree(self.path)
        elif self.path.is_dir() and any(self.path.iterdir()):
            raise WorkError(f"{self.path} holds something that is not of a run of this command")
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark.write_text(fingerprint, "utf-8")

    def end(self) -> None:
        """Delete the folder, if it is there."""
        if self.path.exists():
            shutil.rmtree(self.path)

    def part(self, name: str) -> Path:
        """Return a file of the run, in a folder that is there."""
        found = self.path / name
        found.parent.mkdir(mode=0o700, exist_ok=True)
        return found


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """Yield where to write a file or folder; it gets its name once it is whole."""
    unfinished = file.with_name(file.name + _UNFINISHED)
    if unfinished.is_dir():
        shutil.rmtree(unfinished)
    yield unfinished
    unfinished.replace(file)


def fingerprint(compared: Comparison, engine: str, charts: Iterable[str]) -> str:
    """Return the hash of all that the outcome depends on; `charts` tells what is judged, part by part."""
    hashed = sha256(f"{version('cds-service')}\0{compared!r}\0{engine}\0".encode())
    for one in compared.versions:
        for part in _policy_files(one):
            hashed.update(part)
    for text in charts:
        hashed.update(f"{text}\0".encode())
    return hashed.hexdigest()


def _policy_files(one: PolicyVersion) -> Iterator[bytes]:
    home = Path(one.folder or str(files("policies")))
    for folder in ("data", "value_sets"):
        for file in sorted((home / folder).rglob("*.yaml")):
            yield file.relative_to(home).as_posix().encode()
            yield sha256(file.read_bytes()).digest()
