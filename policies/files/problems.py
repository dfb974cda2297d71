"""What is wrong with a policy file, said so that its author can mend it.

PolicyError             a file that cannot be used; carries every problem found, not just the first
UnknownVersionError     a lookup for a policy or value set version that is not on file
"""

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]

UNFINISHED = "TODO"
"""The word by which a text says that it is still to be written."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: the file, the line and column (from 1), the place within it, the cause, and how to mend it."""

    file: str
    line: int
    column: int
    path: Path
    cause: str
    mend: str

    def __str__(self) -> str:
        where = f" ({place(self.path)})" if self.path else ""
        return f"{self.file}:{self.line}:{self.column}{where}: {self.cause}\n    To mend it: {self.mend}"


class PolicyError(Exception):
    """The policies cannot be used as they are; `problems` holds one entry a fault."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UnknownVersionError(LookupError):
    """A policy or a value set is asked for in a version that is not on file."""


def place(path: Path) -> str:
    """Write a path through a document as people do: initial.all[1].any[0]."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
