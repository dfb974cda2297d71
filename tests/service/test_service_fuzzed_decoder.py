"""What `make fuzz` feeds bytes to is there: its fuzzer is installed for it alone, so that nothing else imports it."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

FUZZER = "atheris"
TARGET = Path(__file__).parents[1] / "fuzzing" / "decoder.py"
NAMED = sorted(
    (str(one.module), name.name)
    for one in ast.walk(ast.parse(TARGET.read_text("utf-8")))
    if isinstance(one, ast.ImportFrom)
    for name in one.names
)


@pytest.mark.parametrize(("module", "name"), NAMED)
def test_what_it_imports_is_there(module: str, name: str) -> None:
    found = import_module(module)
    assert hasattr(found, name) or import_module(f"{module}.{name}")


def test_it_is_ours_that_is_fed() -> None:
    assert {module.partition(".")[0] for module, _ in NAMED} >= {"fhir_mappings", "hooks"}
    assert FUZZER not in {module for module, _ in NAMED}
