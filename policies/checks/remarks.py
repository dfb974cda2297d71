"""What a check has to say of a policies folder: faults, which stop, and doubts, which are only suspicious."""

from collections.abc import Iterable
from dataclasses import dataclass

from policies.files.problems import Path, Problem
from policies.files.yaml_source import Source


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that a check found, with file, place, cause and mend; `stops` tells a fault from a doubt."""

    problem: Problem
    stops: bool

    def __str__(self) -> str:
        return str(self.problem) if self.stops else f"Warning: {self.problem}"


def fault(source: Source, path: Path, cause: str, mend: str) -> Remark:
    """Build a remark on what must be mended."""
    return Remark(source.problem(path, cause, mend), stops=True)


def doubt(source: Source, path: Path, cause: str, mend: str) -> Remark:
    """Build a remark on what is suspicious, and may be meant so."""
    return Remark(source.problem(path, cause, mend), stops=False)


def in_order(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Return remarks without doubles: faults first, then by file and line."""
    once = dict.fromkeys(remarks)
    return tuple(sorted(once, key=lambda one: (not one.stops, one.problem.file, one.problem.line, one.problem.column)))
