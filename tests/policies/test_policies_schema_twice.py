"""The compiled schema lets nothing pass that the one in Python finds fault with: files on file, and changes to them."""

import json
from copy import deepcopy
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from policies.files.schema import Schema
from policies.files.yaml_source import read
from policies.terminology import ucum
from policies.terminology.units import KNOWN
from policies.testcases import case_schema
from policies.workspace.workspace import own_folder

FILES = {
    "policy": "examples/data/denosumab/2026-11-30.yaml",
    "systems": "value_sets/systems.yaml",
    "value-set": "value_sets/body-height-tests.2026-11-30.yaml",
    "drugs": "examples/value_sets/drugs.2026-12-01.yaml",
    "reference": "references/mcode-plasma-cell-disorders.yaml",
    "cases": "cases/elranatamab-sets.yaml",
    "equivalents": "cases/equivalents.yaml",
}
ODD = [None, True, 0, -1, 10**40, "", "x", "2026-01-01\n", "٣", "é" * 300, [], ["a", "a"], [1, 1], {}, {"x": 1}]
ODD += [Decimal(text) for text in ("2.0", "0.0", "-1.5", "1.", "0.1", "123456789012345678901234567890.5")]
Place = tuple[str | int, ...]


@cache
def schema(name: str) -> Schema:
    if name == "cases":
        return case_schema.grammar()
    return Schema.of(json.loads(files("policies").joinpath("schema", f"{name}.schema.json").read_bytes()))


@cache
def content(name: str) -> Any:
    return read(own_folder() / FILES[name], name).content


@cache
def places(name: str) -> list[Place]:
    return list(read(own_folder() / FILES[name], name).places)[1:]


def changed(name: str, where: Place, odd: Any) -> Any:
    """A file with something else at a place."""
    made = inner = deepcopy(content(name))
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = odd
    return made


@pytest.mark.parametrize("name", FILES)
def test_what_is_on_file_passes_both(name: str) -> None:
    assert schema(name).compiled.is_valid(content(name))
    assert list(schema(name).faults(content(name))) == []


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_what_one_finds_the_other_finds(name: str, data: st.DataObject) -> None:
    given_ = changed(name, data.draw(st.sampled_from(places(name))), data.draw(st.sampled_from(ODD)))
    found = {one.json_path for one in Draft202012Validator(schema(name).contents).iter_errors(given_)}
    assert {one.json_path for one in schema(name).faults(given_)} == found


@pytest.mark.parametrize(
    ("odd", "is_whole"), [(2, True), (Decimal("2.0"), False), (Decimal("2.5"), False), ("2", False)]
)
def test_a_whole_number_is_written_as_one(odd: Any, is_whole: bool) -> None:
    assert (list(Schema.of({"items": {"type": "integer"}}).faults([{"a": []}, odd][1:])) == []) is is_whole


@pytest.mark.parametrize("unit", sorted(KNOWN))
def test_the_units_that_are_known_without_looking_are_of_ucum(unit: str) -> None:
    assert ucum.size(unit) is not None


@pytest.mark.parametrize("broken", [{"type": "text"}, {"$defs": {"a": {"required": "b"}}}, {"properties": {"a": 1}}])
def test_what_is_no_schema_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        Schema.of(broken)
