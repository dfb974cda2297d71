"""A docstring says what comes out ("Whether ...", "What ..."); none begins with "Tell"."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cds_service", "fhir_mappings", "hooks", "policies", "tests")


def odd_docstrings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            said = ast.get_docstring(node) or ""
            if said.split(maxsplit=1)[:1] in (["Tell"], ["Tells"]):
                yield said.splitlines()[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_docstring_begins_with_tell(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    assert [odd for file in files for odd in odd_docstrings(file.read_text("utf-8"))] == []


@pytest.mark.parametrize("word", ["Tell", "Tells"])
def test_an_odd_docstring_is_found(word: str) -> None:
    assert list(odd_docstrings(f'def f() -> bool:\n    """{word} whether it is."""\n')) == [f"{word} whether it is."]


def test_a_plain_docstring_is_not() -> None:
    assert list(odd_docstrings('def f() -> bool:\n    """Whether a note tells of it."""\n')) == []
