"""The sentences: none is left over, none is missing, and each takes the figures that it is given."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import fhir_mappings
from fhir_mappings.wording import wording

HOUSE = Path(fhir_mappings.__file__).parent.parent
PACKAGES = ("fhir_mappings", "hooks", "cds_service", "policies")
COUNTED = (".one", ".many")
LANGUAGES = sorted(path.stem for path in (HOUSE / "fhir_mappings" / "texts").glob("*.yaml"))

ANY = r"[\w .-]+"
"""What may stand in the place of a figure in a key."""


@cache
def nodes() -> tuple[ast.AST, ...]:
    files = (path for package in PACKAGES for path in sorted((HOUSE / package).rglob("*.py")))
    return tuple(node for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def pattern(node: ast.expr) -> str:
    """The keys that an expression can mean, as a pattern; empty if it cannot be told, or could mean any key."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(str(one.value)) if isinstance(one, ast.Constant) else ANY for one in node.values]
        return "".join(parts) if parts[0].endswith(r"\.") else ""
    return ""


def spoken() -> Iterator[tuple[ast.Call, bool]]:
    """Every call that speaks a sentence, with whether it counts."""
    for node in nodes():
        if isinstance(node, ast.Call) and node.args:
            name = ast.unparse(node.func)
            counts = name == "say.count" or name.endswith(".say.count")
            if counts or name == "say" or name.endswith(".say"):
                yield node, counts


@cache
def in_templates() -> frozenset[str]:
    """The keys that pages speak, as patterns: a text alone, or one that something is joined to."""
    pages = sorted((HOUSE / "cds_service" / "templates").rglob("*.html"))
    found = (
        one
        for page in pages
        for one in re.findall(r"""say\(["']([^"']+)["'](\s*~)?""", page.read_text(encoding="utf-8"))
    )
    return frozenset(re.escape(key) + (ANY if joined else "") for key, joined in found)


def matching(keys: str) -> list[str]:
    return [key for key in wording().sentences if re.fullmatch(keys, key)]


def test_every_sentence_is_used_somewhere() -> None:
    written = {pattern(node) for node in nodes() if isinstance(node, ast.Constant | ast.JoinedStr)} - {""}
    written |= in_templates()
    plain = {re.sub(r"\\(.)", r"\1", one) for one in written}
    families = [one for one in written if ANY in one]

    def is_used(key: str) -> bool:
        stem = next((key.removesuffix(end) for end in COUNTED if key.endswith(end)), key)
        return bool({key, stem} & plain) or any(re.fullmatch(one, name) for one in families for name in (key, stem))

    assert [key for key in wording().sentences if not is_used(key)] == []


def test_every_sentence_that_is_spoken_exists() -> None:
    missing = [
        ast.unparse(call)
        for call, counts in spoken()
        if (keys := pattern(call.args[0])) and not all(matching(keys + end) for end in (COUNTED if counts else ("",)))
    ]
    assert missing == []
    assert [one for one in in_templates() if not matching(one + r"(?:\.one|\.many)?")] == []
    assert sum(1 for _ in spoken()) > len(PACKAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_sentences(language: str) -> None:
    assert wording(language).sentences.keys() == wording("en").sentences.keys()
