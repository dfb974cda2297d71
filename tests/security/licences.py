"""The licences of what the service is installed with, as each package itself names its own."""

import re
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "licences.md"
LOCK = ROOT / "requirements" / "runtime.txt"
_PINNED = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?==", re.MULTILINE)
_OF_CLASSIFIER = "License :: "
_HEAD = """# Licences of what is installed

What `requirements/runtime.txt` pins, with the licence that each package names in its own metadata. `make licences`
writes this page, and a test holds it against the lock. Tools of development and tests are not shipped. Terminologies,
standards and LHC-Forms stand in [NOTICE.md](../NOTICE.md).

"""


def pinned(lock: Path = LOCK) -> list[str]:
    return sorted(re.sub(r"[-_.]+", "-", one).lower() for one in _PINNED.findall(lock.read_text("utf-8")))


def licence(told: PackageMetadata) -> str:
    """Return the expression, else the classifiers, else the first line of the text that a package gives."""
    fields = told.get_all("License-Expression") or []
    classified = [one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or [] if _OF_CLASSIFIER in one]
    plain = [one.splitlines()[0] for one in told.get_all("License") or [] if one]
    return "; ".join(fields or classified or plain)


def page() -> str:
    names: dict[str, list[str]] = {}
    for name in pinned():
        names.setdefault(licence(metadata(name)), []).append(name)
    return _HEAD + "".join(f"- **{one}**: {', '.join(names[one])}\n" for one in sorted(names))
