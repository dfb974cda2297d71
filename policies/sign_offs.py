"""Versions of a folder's policies that somebody signed off: only these are in force in a service.

A folder without the file has none to sign: its policies are in force as they are. What is signed is the text of a
policy's file and of every value set of the folder that it pins; where any of it is changed, the version is signed no
longer. `cds-service policy publish` writes the file.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path as FilePath
from typing import NamedTuple

from policies.files.problems import UNFINISHED, PolicyError, Problem
from policies.files.yaml_source import read
from policies.model.policy import Policy
from policies.terminology.registry import DRUG_TABLE

FILE = "published.yaml"
_HEAD = (
    "# Signed off by `cds-service policy publish`: these versions are in force, and others of this folder are drafts.\n"
)
_BESIDE = re.compile(r"^beside: *\"?([0-9-]+)", re.MULTILINE)


class SignOff(NamedTuple):
    """That somebody signed off a version of a policy on a day; `of` is the hash of what it was."""

    policy: str
    version: str
    revision: str
    by: str
    on: str
    of: str


def sign_offs(home: FilePath) -> tuple[SignOff, ...] | None:
    """Return what was signed off in a folder; None where it has no such file. Raises PolicyError for an odd one."""
    file = home / FILE
    if not file.exists():
        return None
    content = read(file, FILE).content
    rows = content if isinstance(content, list) else [content]
    known = [row for row in rows if isinstance(row, dict) and row.keys() == {*SignOff._fields}]
    if len(known) < len(rows):
        cause = "This is no list of versions that were signed off"
        raise PolicyError([Problem(FILE, 1, 1, (), cause, "delete it, and sign off anew: policy publish")])
    return tuple(SignOff(**{name: str(one) for name, one in row.items()}) for row in known)


def is_signed(home: FilePath, policy: Policy, known: tuple[SignOff, ...]) -> bool:
    """Return whether a version was signed off as it stands in the folder now."""
    named = policy.id, policy.version.isoformat(), str(policy.revision)
    own = [one for one in known if (one.policy, one.version, one.revision) == named]
    return bool(own) and any(one.of == hash_of(home, policy) for one in own)


def sign_off(home: FilePath, policy: Policy, by: str, on: date) -> SignOff:
    """Add a version of a policy to what was signed off in a folder, and return what was added."""
    named = policy.id, policy.version.isoformat(), str(policy.revision)
    signed = SignOff(*named, by, on.isoformat(), hash_of(home, policy))
    file = home / FILE
    before = file.read_text(encoding="utf-8") if file.exists() else _HEAD
    # JSON is YAML too, and quotes whatever a name may hold.
    file.write_text(f"{before}- {json.dumps(signed._asdict(), ensure_ascii=False)}\n", encoding="utf-8")
    return signed


def hash_of(home: FilePath, policy: Policy) -> str:
    """Return the hash of a policy's file and of the value sets of the folder that it pins."""
    found = sha256()
    for file in _files(home, policy):
        found.update(f"{file.relative_to(home).as_posix()}\0".encode())
        found.update(sha256(file.read_bytes()).digest())
    return found.hexdigest()


def unfinished(home: FilePath, policy: Policy) -> tuple[str, ...]:
    """Return each line, with its place, of what would be signed that says that it is still to be written."""
    return tuple(
        f"{file.relative_to(home).as_posix()}:{number}: This is still to be written: {line.strip()}"
        for file in _files(home, policy)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED in line
    )


def _files(home: FilePath, policy: Policy) -> Iterator[FilePath]:
    yield home / "data" / policy.id / f"{policy.version}.yaml"
    for name, version in sorted(policy.value_sets.items()):
        yield from _versions(home / "value_sets", name, version)


def _versions(sets: FilePath, name: str, version: str) -> Iterator[FilePath]:
    """Yield the file of a value set, where the folder has it; of a drug table those that it lies over, too."""
    file = sets / f"{name}.{version}.yaml"
    if not file.exists():
        return
    yield file
    below = _BESIDE.search(file.read_text(encoding="utf-8")) if name == DRUG_TABLE else None
    if below is not None and below[1] != version:
        yield from _versions(sets, name, below[1])
