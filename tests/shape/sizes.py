"""How long modules and functions are: lines of a file, and of a function from its `def` to its last statement."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.shape.entered import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = ("cds_service", "storage", "migrations")
"""A history: what was written once is not cut to size afterwards."""


def sources() -> Iterator[tuple[str, str]]:
    """Yield each module of the four packages by its name, with its text."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            if parts[:3] != MIGRATIONS:
                yield ".".join(parts), file.read_text("utf-8")


def long_modules(longest: int, texts: Iterator[tuple[str, str]]) -> Mapping[str, int]:
    """Return the modules with more lines than that, and how many they have."""
    return {name: lines for name, text in texts if (lines := len(text.splitlines())) > longest}


def long_functions(longest: int, texts: Iterator[tuple[str, str]]) -> Mapping[str, int]:
    """Return the functions with more lines than that, by module and name, and how many they have."""
    return {
        f"{name}.{node.name}": lines
        for name, text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := _lines(node)) > longest
    }


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
