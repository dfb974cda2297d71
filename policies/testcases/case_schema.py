"""The grammar of cases: `schema/cases.schema.json`, and beside its verbs those of every kind of fact."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from policies.files.schema import Schema
from policies.kinds.registry import KINDS


@cache
def grammar() -> Schema:
    """Return what holds a file of cases against the grammar."""
    return Schema.of(schema())


def schema() -> dict[str, Any]:
    """Return the grammar as JSON Schema (2020-12). A line is closed by the definition of its verb."""
    text = files("policies").joinpath("schema", "cases.schema.json").read_text(encoding="utf-8")
    whole: dict[str, Any] = json.loads(text)
    definitions = whole["$defs"]
    of_kinds = {word.verb: word.schema for kind in KINDS.values() for word in kind.case_words}
    definitions |= {verb.replace(" ", "-"): one for verb, one in of_kinds.items()}
    verbs = [*of_kinds, *definitions["no-verb"]["properties"]]
    closed = [{"if": {"required": [verb]}, "then": {"$ref": f"#/$defs/{verb.replace(' ', '-')}"}} for verb in verbs]
    without = {"not": {"anyOf": [{"required": [verb]} for verb in verbs]}}
    definitions["entry"]["allOf"] = [*closed, {"if": without, "then": {"$ref": "#/$defs/no-verb"}}]
    definitions["no-verb"]["properties"] = dict.fromkeys(verbs, True)
    return whole


VERBS: tuple[str, ...] = tuple(schema()["$defs"]["no-verb"]["properties"])
"""What a line of a sketch can be about; each has its further words in the grammar."""
RANKS: Mapping[str, int] = MappingProxyType({verb: rank for rank, verb in enumerate(VERBS)})
"""Which verb goes before another on one line."""
