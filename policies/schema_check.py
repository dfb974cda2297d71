"""Holding a file against its JSON Schema, and saying what is wrong in words that its author understands."""

import json
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from policies.problems import PolicyError, Problem
from policies.yaml_source import Source


def check(source: Source, schema: str) -> None:
    """Raise PolicyError with every fault that the schema (`policy`, `value-set`, `drugs`, `systems`) finds."""
    problems = [
        problem for error in _validator(schema).iter_errors(source.content) for problem in _problems(source, error)
    ]
    if problems:
        raise PolicyError(sorted(problems, key=lambda problem: (problem.line, problem.column)))


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads(files("policies").joinpath("schema", f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _problems(source: Source, error: ValidationError) -> Iterable[Problem]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        schema: Any = error.schema
        words = list(schema.get("properties", {}))
        for key in error.instance.keys() - set(words):
            yield source.problem((*path, key), f"'{key}' is not a word of this file", _offer(key, words))
        return
    cause, mend = _SAYINGS.get(str(error.validator), _in_general)(error)
    yield source.problem(path, cause, mend)


def _offer(key: str, words: list[str]) -> str:
    close = get_close_matches(key, words, n=1)
    return f"did you mean '{close[0]}'?" if close else f"use one of: {', '.join(words)}"


def _in_general(error: ValidationError) -> tuple[str, str]:
    return str(error.message), "see docs/policy-language.md"


def _required(error: ValidationError) -> tuple[str, str]:
    needed: Any = error.validator_value
    missing = [name for name in needed if name not in error.instance]
    return f"{_quoted(missing)} missing here", "add what is missing"


def _type(error: ValidationError) -> tuple[str, str]:
    allowed: Any = error.validator_value
    wanted = allowed if isinstance(allowed, str) else " or ".join(allowed)
    return f"{_shown(error.instance)} is not a {wanted}", _mend_type(error.instance, wanted)


def _mend_type(instance: Any, wanted: str) -> str:
    if "string" in wanted and isinstance(instance, int):
        return f'put it in quotes: "{instance}"'
    return f"write a {wanted} here"


def _pattern(error: ValidationError) -> tuple[str, str]:
    return (
        f"{_shown(error.instance)} is not written as it should be",
        f"write it like the pattern {error.validator_value}",
    )


def _enum(error: ValidationError) -> tuple[str, str]:
    allowed: Any = error.validator_value
    words = [str(word) for word in allowed]
    return f"{_shown(error.instance)} is not allowed here", _offer(str(error.instance), words)


_SAYINGS: Mapping[str, Callable[[ValidationError], tuple[str, str]]] = MappingProxyType(
    {"required": _required, "type": _type, "pattern": _pattern, "enum": _enum}
)


def _shown(instance: Any) -> str:
    text = str(instance)
    return f"'{text}'" if len(text) <= 40 else f"'{text[:37]}...'"


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) + (" is" if len(names) == 1 else " are")
