"""Which test shows what: the markers in the test files, read from their syntax and not by running them."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_IDLE = frozenset({"skip", "skipif", "xfail"})
_MARKABLE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Mark:
    """An id on a test: the marker's name, the id, the file (from the project's folder) and the test.

    `test` is empty for a mark on a whole module. `fault` says what is wrong with the mark itself.
    """

    marker: str
    id: str
    file: str
    test: str = ""
    fault: str = ""

    @property
    def place(self) -> str:
        """Return where the mark stands."""
        return f"{self.file}::{self.test}" if self.test else self.file


def collect(folder: Path, root: Path, markers: Iterable[str]) -> tuple[Mark, ...]:
    """Return the marks in all Python files below a folder, file by file."""
    names = frozenset(markers)
    found: list[Mark] = []
    for path in sorted(folder.rglob("*.py")):
        found += marks_of(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix(), names)
    return tuple(found)


def marks_of(text: str, file: str, markers: frozenset[str]) -> Iterator[Mark]:
    """Yield the marks in the text of one file."""
    tree = ast.parse(text, file)
    groups = [(_listed(node), "") for node in tree.body if _is_module_mark(node)]
    groups += [(node.decorator_list, node.name) for node in ast.walk(tree) if isinstance(node, _MARKABLE)]
    for marks, test in groups:
        yield from _read(marks, file, test, markers)
    read = {id(_called(mark)) for marks, _ in groups for mark in marks}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _name(node) in markers and id(node) not in read:
            yield Mark(
                node.attr, "", f"{file}:{node.lineno}", fault="it stands where it is not read: mark a test or a module"
            )


def _is_module_mark(node: ast.stmt) -> bool:
    names = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(name, ast.Name) and name.id == "pytestmark" for name in names)


def _listed(node: ast.stmt) -> list[ast.expr]:
    value = node.value if isinstance(node, ast.Assign) else None
    return list(value.elts) if isinstance(value, ast.List | ast.Tuple) else [value] if value else []


def _read(marks: Iterable[ast.expr], file: str, test: str, markers: frozenset[str]) -> Iterator[Mark]:
    read = [(_name(one), one) for one in marks]
    idle = next((name for name, _ in read if name in _IDLE), None)
    fault = f"the test may be left out ({idle})" if idle else ""
    if not test.lower().startswith("test") and test:
        fault = "it is no test"
    for name, mark in read:
        if name in markers:
            yield from _ids(str(name), mark, file, test, fault)


def _ids(name: str, mark: ast.expr, file: str, test: str, fault: str) -> Iterator[Mark]:
    given = mark.args if isinstance(mark, ast.Call) else []
    if not given:
        yield Mark(name, "", file, test, "it names no id")
    for one in given:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield Mark(name, one.value, file, test, fault)
        else:
            yield Mark(name, "", file, test, "an id must be written out as text")


def _name(mark: ast.expr) -> str | None:
    """Return the name of `pytest.mark.name` or `pytest.mark.name(...)`, None for anything else."""
    inner = _called(mark)
    if not (isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Attribute)):
        return None
    return inner.attr if inner.value.attr == "mark" else None


def _called(mark: ast.expr) -> ast.expr:
    return mark.func if isinstance(mark, ast.Call) else mark
