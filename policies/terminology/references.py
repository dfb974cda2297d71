"""Public sets of codes, by which the coverage of value sets is measured; nothing here decides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from policies.files import schema_check
from policies.files.problems import Path, PolicyError, Problem
from policies.files.yaml_source import Source, read
from policies.terminology.value_sets import CodeSystem

Code = tuple[str, str]
"""A code system by its short name, and a code."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A public set: its codes, the value sets that should hold them, and why some are left out of these."""

    source: Source
    title: str
    made_by: str
    covers: tuple[str, ...]
    codes: frozenset[Code]
    left_out: Mapping[Code, str]


def load(folder: FilePath, systems: Mapping[str, CodeSystem]) -> tuple[Reference, ...]:
    """Read the public sets of a folder, none if there is no such folder; raises PolicyError with every fault."""
    found: list[Reference] = []
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            found.append(_reference(read(file, f"{folder.name}/{file.name}"), systems))
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    return tuple(found)


def _reference(source: Source, systems: Mapping[str, CodeSystem]) -> Reference:
    schema_check.check(source, "reference")
    content: Any = source.content
    wrong = tuple(_unknown_systems(source, content, systems))
    if wrong:
        raise PolicyError(wrong)
    codes = frozenset((system, code) for system, row in content["codes"].items() for code in row)
    left_out = {(row["system"], code): row["reason"] for row in content.get("left_out", ()) for code in row["codes"]}
    return Reference(source, content["title"], content["source"], tuple(content["covers"]), codes, left_out)


def _unknown_systems(source: Source, content: Any, systems: Mapping[str, CodeSystem]) -> Iterator[Problem]:
    named: list[tuple[Path, str]] = [(("codes", name), name) for name in content["codes"]]
    named += [(("left_out", at, "system"), row["system"]) for at, row in enumerate(content.get("left_out", ()))]
    for path, name in named:
        if name not in systems:
            yield source.problem(
                path, f"'{name}' is no code system of systems.yaml", f"name one of: {', '.join(systems)}"
            )
