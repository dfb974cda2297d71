"""Reasoning looks into no FHIR resource: import contracts name its rooms, and nothing in them asks for `.resource`."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = "reasoning meets the clinical record, and no FHIR resource"
RESOURCE = "resource"


def rooms() -> list[str]:
    """The rooms that the contract names."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return [
        room
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["name"] == CONTRACT
        for room in contract["source_modules"]
    ]


def looks(source: str) -> Iterator[int]:
    """Yield the lines on which a module asks a value for its resource."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == RESOURCE:
            yield node.lineno


def test_no_room_of_reasoning_asks_for_a_resource() -> None:
    files = [file for room in rooms() for file in sorted((ROOT / room.replace(".", "/")).rglob("*.py"))]
    assert len(files) > len(rooms())
    found = {file.relative_to(ROOT).as_posix(): [*looks(file.read_text("utf-8"))] for file in files}
    assert {file: lines for file, lines in found.items() if lines} == {}


def test_a_look_into_a_resource_is_found() -> None:
    assert list(looks("a = 1\nb = order.resource.status\nc = order.status\n")) == [2]
