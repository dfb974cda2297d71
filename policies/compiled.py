"""A policies folder in compiled form: what was built of its files, as long as these and the program are the same.

Thousands of policies are read in half a minute, and their compiled form in a second or two. Beside the objects it holds
the hash of everything that they were built from: every file of the folder, and the code that checks and builds. Where
anything differs nothing of it is used, and the files are read and checked as without it.

It is written by `cds-service policy compile`, and holds values of this package's model only: nothing else is loaded
from it (the standard library, pickle, "Restricting Globals"). Whoever can write it can write the policies.
"""

import io
import pickle
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, NamedTuple

from policies.files.problems import PolicyError, Problem
from policies.kinds.registry import KINDS
from policies.model.fact_kinds import Kind
from policies.model.policy import Policy
from policies.terminology.drug_uses import Diseases
from policies.terminology.drugs import Drugs
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import CodeSet

FILE = "policies.compiled"
_HEAD = 64
"""Bytes before the objects: the hash of what they were built from, and that of themselves."""
_MEND = "delete it, or write it anew: cds-service policy compile"
_PARTS = ("data", "value_sets")
_OWN = FilePath(__file__).parent
_ROOMS = ("policies.model.", "policies.terminology.")
_VALUES = frozenset(
    {
        ("builtins", "frozenset"), ("builtins", "set"), ("datetime", "date"), ("decimal", "Decimal"),
        ("re", "_compile"), (__name__, "Built"), (__name__, "unchanging"),
    }
)  # fmt: skip
"""What a model is made of beside its own classes."""


_BUILT_OF: Mapping[type, Callable[[Any], Iterable[Any]]] = MappingProxyType(
    {
        Drugs: lambda one: (
            one.version,
            tuple(one.by_id.values()),
            one.diseases,
            one.unlisted,
            one.others,
            one.regimens,
        ),
        Diseases: lambda one: (tuple(one.by_id.values()),),
        CodeSet: lambda one: (one.name, one.version, one.title, one.says, one.members, one.words),
    }
)
"""What values are built of that are no dataclasses."""


class Built(NamedTuple):
    """What is built of a folder, or of several; `proofs` are hashes of what else was tried with it, by its name."""

    terminology: Terminology
    policies: tuple[Policy, ...]
    superseded: tuple[Policy, ...]
    proofs: Mapping[str, str]


def stamp(homes: Iterable[FilePath]) -> bytes:
    """Return the hash of everything that policies are built from: the files of folders, and the code that does it."""
    found = sha256()
    for home in homes:
        for part in _PARTS:
            found.update(hash_of(home / part, "*.yaml"))
    found.update(hash_of(_OWN, "*.py", "*.json"))
    # Without code systems of its own a folder lies over the value sets of the program.
    found.update(hash_of(_OWN / "value_sets", "*.yaml"))
    return found.digest()


def hash_of(home: FilePath, *endings: str) -> bytes:
    """Return the hash of all files below a folder that end so: of their names in it, and of what they hold."""
    found = sha256()
    for file in sorted(one for ending in endings for one in home.rglob(ending) if one.is_file()):
        found.update(f"{file.relative_to(home).as_posix()}\0".encode())
        found.update(sha256(file.read_bytes()).digest())
    return found.digest()


def read(home: FilePath, of: Callable[[], bytes]) -> Built | None:
    """Return what stands compiled in a folder; None if nothing does, or it is of other files or of another program.

    `of` works out the hash of what there is now. Raises PolicyError for a file that holds anything else than policies.
    """
    try:
        text = (home / FILE).read_bytes()
    except OSError:
        return None
    kept = memoryview(text)[_HEAD:]
    if text[:_HEAD] != of() + sha256(kept).digest():
        return None
    try:
        found = _Reading(io.BytesIO(kept)).load()
    except pickle.UnpicklingError as error:
        raise PolicyError([Problem(FILE, 1, 1, (), f"This is no compiled form of policies: {error}", _MEND)]) from None
    if not isinstance(found, Built):
        raise PolicyError([Problem(FILE, 1, 1, (), "This is no compiled form of policies", _MEND)])
    return found


def write(home: FilePath, of: bytes, built: Built) -> None:
    """Keep what was built in a folder, as a whole or not at all; `of` is the hash of what it was built from."""
    opened = io.BytesIO()
    _Writing(opened, protocol=5).dump(built)
    kept = opened.getvalue()
    beside = home / f"{FILE}.new"
    beside.write_bytes(of + sha256(kept).digest() + kept)
    beside.replace(home / FILE)


def unchanging(content: dict[Any, Any]) -> Mapping[Any, Any]:
    """Return a mapping that nobody can change."""
    return MappingProxyType(content)


class _Writing(pickle.Pickler):
    """Writes values by what they are built from, so that they are built, and checked, anew; a kind by its name."""

    def persistent_id(self, value: Any) -> str | None:
        """Return the name of a kind, of which there is one record."""
        return value.name if isinstance(value, Kind) else None

    def reducer_override(self, value: Any) -> Any:
        """Return what builds a value anew."""
        if isinstance(value, MappingProxyType):
            return unchanging, (dict(value),)
        parts = _BUILT_OF.get(type(value))
        if parts is not None:
            return type(value), tuple(parts(value))
        if is_dataclass(value) and not isinstance(value, type):
            return type(value), tuple(getattr(value, one.name) for one in fields(value) if one.init)
        return NotImplemented


class _Reading(pickle.Unpickler):
    """Reads what `_Writing` wrote, and nothing else."""

    def persistent_load(self, name: Any) -> Kind:
        """Return a kind by its name."""
        return KINDS[str(name)]

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of the model, or one of the few values that it is made of; raises UnpicklingError.

        A dotted name leads through what a module imports to anything else, and what a module imports is not its own.
        """
        if (module, name) in _VALUES:
            return super().find_class(module, name)
        if f"{module}.".startswith(_ROOMS) and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a policy")
