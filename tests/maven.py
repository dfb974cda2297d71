"""Java programs of the tests, and what Maven brings for them."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory


class NotBroughtError(Exception):
    """Maven cannot bring what a project needs: no network, or no mirror of what it names."""


def programs() -> bool:
    """Whether Java and Maven are on this machine."""
    return shutil.which("java") is not None and shutil.which("mvn") is not None


def class_path(project: Path) -> str:
    """Have Maven bring what a project needs, and return where it lies; raises NotBroughtError."""
    with TemporaryDirectory() as folder:
        told = Path(folder) / "classpath"
        goal = ["mvn", "--quiet", "--batch-mode", "dependency:build-classpath", f"-Dmdep.outputFile={told}"]
        if subprocess.run(goal, cwd=project, check=False, stdout=subprocess.DEVNULL).returncode != 0:
            raise NotBroughtError(str(project))
        return told.read_text(encoding="utf-8").strip()
