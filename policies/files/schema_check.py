"""Holding a file against its JSON Schema, and saying what is wrong in words that its author understands."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from policies.files.problems import Path, PolicyError, Problem
from policies.files.schema import Schema
from policies.files.yaml_source import Source

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


def check(source: Source, schema: str) -> None:
    """Raise PolicyError with every fault that the schema (`policy`, `value-set`, `drugs`, `systems`) finds."""
    report(problem for _, problem in faults(source, _schema(schema), source.content))


def report(problems: Iterable[Problem]) -> None:
    """Raise PolicyError with these problems, if there are any: once each, in the order of the file."""
    once = dict.fromkeys(problems)  # the schema reports each missing key on its own, and each time names them all
    if once:
        raise PolicyError(sorted(once, key=lambda problem: (problem.line, problem.column)))


_AFTER_COMMA = "write a decimal with a point, say 6.5; a text with a comma is put in quotes"
"""What is said of a word of digits: it is what stands behind a comma."""


def faults(source: Source, schema: Schema, content: Any) -> Iterator[tuple[Path, Problem]]:
    """Yield what a schema finds in a content, with the path of each fault; `source` tells where a path stands."""
    for error in schema.faults(content):
        yield from ((tuple(error.absolute_path), problem) for problem in _problems(source, error))


@cache
def _schema(name: str) -> Schema:
    return Schema.of(json.loads(files("policies").joinpath("schema", f"{name}.schema.json").read_bytes()))


def _problems(source: Source, error: "ValidationError") -> Iterable[Problem]:
    path = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        path = (*path, str(error.instance))
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        schema: Any = error.schema
        words = list(schema.get("properties", {}))
        for key in error.instance.keys() - set(words):
            cause = f"'{key}' is not a word of this file"
            yield source.problem((*path, key), cause, _AFTER_COMMA if str(key).isdecimal() else _offer(key, words))
        return
    cause, mend = _SAYINGS.get(str(error.validator), _in_general)(error)
    yield source.problem(path, cause, mend)


def _offer(key: str, words: list[str]) -> str:
    close = get_close_matches(key, words, n=1)
    return f"did you mean '{close[0]}'?" if close else f"use one of: {', '.join(words)}"


def _in_general(error: "ValidationError") -> tuple[str, str]:
    return str(error.message), "see docs/policy-language.md"


def _required(error: "ValidationError") -> tuple[str, str]:
    needed: Any = error.validator_value
    given: Any = error.instance
    missing = [name for name in needed if name not in given]
    return f"{_quoted(missing)} missing here", "add what is missing"


def _type(error: "ValidationError") -> tuple[str, str]:
    allowed: Any = error.validator_value
    types = [allowed] if isinstance(allowed, str) else list(allowed)
    wanted = " or ".join(_TYPES[name] for name in types)
    if types == ["object"] and isinstance(error.instance, str):
        return f"{_shown(error.instance)} is not {wanted}", _mend_block(error)
    return f"{_shown(error.instance)} is not {wanted}", _mend_type(error.instance, types, wanted)


def _mend_block(error: "ValidationError") -> str:
    """Return how a text is written that stands where a block is wanted: after the first word that the block needs."""
    schema: Any = error.schema
    word = next(iter(schema.get("required", ())), "")
    return f"write {{{word}: {error.instance}}}" if word else f"write {_TYPES['object']} here"


def _mend_type(instance: Any, types: list[str], wanted: str) -> str:
    if "string" in types and isinstance(instance, bool):
        return "put the word in quotes"
    if "string" in types and isinstance(instance, int | Decimal):
        return f'put it in quotes: "{instance}"'
    return f"write {wanted} here"


def _pattern(error: "ValidationError") -> tuple[str, str]:
    examples: Any = error.schema.get("examples", ()) if isinstance(error.schema, dict) else ()
    return (
        f"{_shown(error.instance)} is not written as it should be",
        f"write it like {' or '.join(examples)}" if examples else f"write it like the pattern {error.validator_value}",
    )


def _enum(error: "ValidationError") -> tuple[str, str]:
    allowed: Any = error.validator_value
    words = [str(word) for word in allowed]
    return f"{_shown(error.instance)} is not allowed here", _offer(str(error.instance), words)


def _one_of(error: "ValidationError") -> tuple[str, str]:
    choices: Any = error.validator_value
    words = [f"'{name}'" for choice in choices for name in choice.get("required", ())]
    return f"This needs exactly one of {' and '.join(words)}", "keep one, or add the one that is missing"


def _least(error: "ValidationError") -> tuple[str, str]:
    return f"{_shown(error.instance)} is too small", f"the least that may stand here is {error.validator_value}"


def _above(error: "ValidationError") -> tuple[str, str]:
    return f"{_shown(error.instance)} is too small", f"write a number above {error.validator_value}"


def _empty(error: "ValidationError") -> tuple[str, str]:
    given: Any = error.instance
    needed: Any = error.validator_value
    if isinstance(given, str):
        return "This text is empty", "write something here, or delete the word"
    return f"{len(given)} is too few here", f"at least {needed} must stand here"


def _twice(error: "ValidationError") -> tuple[str, str]:
    given: Any = error.instance
    doubled = sorted({_shown(one) for one in given if given.count(one) > 1})
    return f"{', '.join(doubled)} stands twice in this list", "keep one of the two"


_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "string": "a text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "array": "a list",
        "object": "a block of words with values",
    }
)
_SAYINGS: Mapping[str, Callable[["ValidationError"], tuple[str, str]]] = MappingProxyType(
    {
        "required": _required,
        "type": _type,
        "pattern": _pattern,
        "enum": _enum,
        "oneOf": _one_of,
        "minimum": _least,
        "exclusiveMinimum": _above,
        "minLength": _empty,
        "minItems": _empty,
        "minProperties": _empty,
        "uniqueItems": _twice,
    }
)


_WRITTEN: Mapping[object, str] = MappingProxyType({None: "nothing", True: "true", False: "false"})


def _shown(instance: Any) -> str:
    text = _WRITTEN[instance] if instance is None or isinstance(instance, bool) else str(instance)
    return f"'{text}'" if len(text) <= 40 else f"'{text[:37]}...'"


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) + (" is" if len(names) == 1 else " are")
