"""Reading a YAML file so that every value can be traced to its line.

Stricter than YAML: a key that stands twice is a fault (YAML would silently drop the first). Dates stay text, and
numbers with a point become Decimal, so that 6.0 is shown as 6.0.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path as FilePath
from types import MappingProxyType

import yaml

from policies.files.problems import Path, PolicyError, Problem

Plain = dict[str, "Plain"] | list["Plain"] | str | int | Decimal | bool | None
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
"""What has more digits counts nothing, and stays text."""
_DECIMAL = re.compile(r"[-+]?([0-9]*\.[0-9]+|[0-9]+\.)")


@dataclass(frozen=True, slots=True)
class Source:
    """A YAML file as plain values; `name` is how messages call it."""

    name: str
    content: Plain
    places: dict[Path, tuple[int, int]] = field(repr=False)

    def problem(self, path: Path, cause: str, mend: str) -> Problem:
        """Build a problem at a path, or at the nearest place above it that stands in the file."""
        shown = path
        while shown and shown not in self.places:
            shown = shown[:-1]
        line, column = self.places.get(shown, (1, 1))
        return Problem(self.name, line, column, path, cause, mend)


def read(file: FilePath, name: str) -> Source:
    """Read a YAML file; raises PolicyError if it cannot be read, is no UTF-8 or YAML, is empty, or has a key twice."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        cause = f"This is not UTF-8: the byte at offset {error.start} cannot be read"
        raise PolicyError([Problem(name, 1, 1, (), cause, "save the file as UTF-8")]) from error
    except OSError as error:
        cause = f"This cannot be read: {error.strerror}"
        raise PolicyError([Problem(name, 1, 1, (), cause, "make it a file that this service may read")]) from error
    return parse(text, name)


def parse(text: str, name: str) -> Source:
    """Read YAML text as `read` does."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise PolicyError([_syntax_problem(error, name)]) from error
    if root is None:
        raise PolicyError([Problem(name, 1, 1, (), "The file is empty", "write a policy in it, or delete it")])
    reader = _Reader(name)
    content = reader.plain(root, ())
    if reader.problems:
        raise PolicyError(reader.problems)
    return Source(name, content, reader.places)


def _syntax_problem(error: yaml.YAMLError, name: str) -> Problem:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    cause = error.problem if isinstance(error, yaml.MarkedYAMLError) else "it holds a character that no text has"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Problem(name, line, column, (), f"This is not YAML: {cause}", "check indentation and quotes")


class _Reader:
    """Turns YAML nodes into plain values and remembers where each stands."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.places: dict[Path, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self._open: list[yaml.Node] = []

    def plain(self, node: yaml.Node, path: Path) -> Plain:
        place = (node.start_mark.line + 1, node.start_mark.column + 1)
        self.places.setdefault(path, place)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if any(node is one for one in self._open):
            cause, mend = "This stands for what it is a part of", "write out what is meant"
            self.problems.append(Problem(self._name, *place, path, cause, mend))
            return None
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            return [self.plain(item, (*path, index)) for index, item in enumerate(node.value)]
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key in found:
                cause, mend = f"'{key}' stands twice", "keep one of the two"
                self.problems.append(Problem(self._name, *place, (*path, key), cause, mend))
            self.places[*path, key] = place
            found[key] = self.plain(value_node, (*path, key))
        return found


def _scalar(node: yaml.Node) -> Plain:
    return _PLAIN.get(node.tag, str)(str(node.value))


def _number(text: str) -> Plain:
    """Read a number as people write it; what only YAML calls a number (1:30, 0x1F, .inf) stays text."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


_PLAIN: Mapping[str, Callable[[str], Plain]] = MappingProxyType(
    {
        "tag:yaml.org,2002:int": _number,
        "tag:yaml.org,2002:float": _number,
        "tag:yaml.org,2002:bool": lambda word: word.lower() in {"yes", "true", "on"},
        "tag:yaml.org,2002:null": lambda _: None,
    }
)
