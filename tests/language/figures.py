"""Holding each call that names a sentence against the sentence: it gives the figures that are shown, and no others.

A key that is no constant is looked for where the call stands: in its function, else among the keys that its module
names and speaks nowhere. Each of them must get its figures from one of the calls there, and each call fit one of them.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

_FIGURE = re.compile(r"\{(\w+)\}")
_ANY = r"[\w.-]+"


@dataclass(frozen=True)
class Texts:
    """The sentences of a language, by their stems: what is counted stands under one."""

    sentences: Mapping[str, str]

    @cached_property
    def figures(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for key, text in self.sentences.items():
            counted = key.endswith((".one", ".many")) and not key.startswith("mark.")
            stem = key.rpartition(".")[0] if counted else key
            found[stem] = found.get(stem, frozenset()) | set(_FIGURE.findall(text)) | ({"n"} if counted else set())
        return found

    def matching(self, pattern: str) -> frozenset[str]:
        return frozenset(key for key in self.figures if re.fullmatch(pattern, key))


@dataclass(frozen=True)
class Spoken:
    """A call that names a sentence: where, by which expression, with which figures; None for figures of a mapping."""

    module: str
    inside: ast.AST
    whole: ast.Module
    call: ast.Call
    figures: frozenset[str] | None

    @property
    def place(self) -> str:
        return f"{self.module}:{self.call.lineno} {ast.unparse(self.call.args[0])}"

    @property
    def is_note(self) -> bool:
        return ast.unparse(self.call.func) == "Note"


def spoken(module: str, source: str) -> Iterator[Spoken]:
    """Every call of `Note`, `say` and `say.count` in a module."""
    whole = ast.parse(source)
    functions = [node for node in ast.walk(whole) if isinstance(node, ast.FunctionDef)]
    inside = {id(node): one for one in functions for node in ast.walk(one)}
    for node in ast.walk(whole):
        if isinstance(node, ast.Call) and node.args and _speaks(ast.unparse(node.func)):
            given = {one.arg for one in node.keywords} | ({"n"} if ast.unparse(node.func).endswith("count") else set())
            named = frozenset(one for one in given if one is not None)
            yield Spoken(module, inside.get(id(node), whole), whole, node, None if None in given else named)


def _speaks(name: str) -> bool:
    return name == "Note" or name.rpartition(".")[2] == "say" or name.endswith("say.count")


def faults(texts: Texts, calls: list[Spoken]) -> Iterator[str]:
    """What is wrong with the calls of one module."""
    keys = {one.place: _keys(texts, one, calls) for one in calls}
    for one in calls:
        if not keys[one.place]:
            yield f"{one.place}: there is no such sentence"
        elif one.figures is not None and not _fits(texts, one, keys[one.place], calls):
            yield f"{one.place}: {sorted(one.figures)} fit none of {sorted(keys[one.place])}"
    notes = [one for one in calls if one.is_note and one.figures is not None]
    for key in sorted({key for one in notes for key in keys[one.place]}):
        if not any(key in keys[one.place] and texts.figures[key] == one.figures for one in notes):
            yield f"{key} gets its figures from none of the calls in {notes[0].module}"


def _fits(texts: Texts, one: Spoken, keys: frozenset[str], calls: list[Spoken]) -> bool:
    """Whether a call gives just what a sentence shows; one that is spoken at once, for several, what they all show."""
    if one.is_note or len(keys) == 1:
        return any(texts.figures[key] == one.figures for key in keys)
    given, known = one.figures or frozenset(), keys | _loose(texts, one.whole, calls)
    shown = frozenset().union(*(texts.figures[key] for key in keys))
    return shown <= given <= shown.union(*(texts.figures[key] for key in known))


def _keys(texts: Texts, one: Spoken, calls: list[Spoken]) -> frozenset[str]:
    named = _named(texts, one.call.args[0])
    if named is not None:
        return named
    return _loose(texts, one.inside, calls) or _loose(texts, one.whole, calls)


def _loose(texts: Texts, scope: ast.AST, calls: list[Spoken]) -> frozenset[str]:
    """The keys that a function or a module names without speaking them there."""
    there = {id(node) for each in calls for node in ast.walk(each.call.args[0])}
    loose = (node for node in ast.walk(scope) if id(node) not in there)
    return frozenset(key for node in loose for key in _named(texts, node) or ())


def _named(texts: Texts, node: ast.AST) -> frozenset[str] | None:
    """The sentences that an expression names; None if it can be told only by what it holds."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return texts.matching(re.escape(node.value))
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(str(one.value)) if isinstance(one, ast.Constant) else _ANY for one in node.values]
        return texts.matching("".join(parts)) if parts[0].endswith(r"\.") else frozenset()
    if isinstance(node, ast.IfExp):
        either = _named(texts, node.body), _named(texts, node.orelse)
        return frozenset().union(*(one for one in either if one is not None))
    return None
