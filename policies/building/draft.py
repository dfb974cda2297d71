"""A policy file on its way to a policy, with the faults found so far."""

from dataclasses import dataclass, field
from typing import Any

from policies.files.problems import Path, Problem
from policies.files.yaml_source import Source
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import CodeSet


@dataclass(frozen=True, slots=True)
class Draft:
    """What the builders share: the checked file, the terminology, and the list that faults are added to."""

    source: Source
    terminology: Terminology
    problems: list[Problem] = field(default_factory=list)

    @property
    def content(self) -> dict[str, Any]:
        """Return the file's top level; the schema has made sure that it is a mapping."""
        content: Any = self.source.content
        return dict(content)

    def codes(self, name: str) -> CodeSet | None:
        """Return a value set of codes in the version that the file pins; None if it pins no such set."""
        pinned = self.terminology.sets.get((name, self.content["value_sets"].get(name, "")))
        return pinned if isinstance(pinned, CodeSet) else None

    def check_codes(self, path: Path, name: str) -> None:
        """Note a fault if a name at a path is no pinned value set of codes."""
        if self.codes(name) is None:
            self.fault(path, f"'{name}' is no pinned value set of codes", "pin it under 'value_sets'")

    def fault(self, path: Path, cause: str, mend: str) -> None:
        """Note a fault at a path of the file."""
        self.problems.append(self.source.problem(path, cause, mend))
