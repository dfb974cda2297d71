"""A closed grammar as data: what words there are, and the statements that they make up.

A text is cut into words of known kinds, the longest first; one that is not known, and the text states nothing. Signs
that separate cut the words into statements, and each must be of a known form, from its first word to its last.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import msgspec

from fhir_mappings.text_forms.sheets import read_sheet
from fhir_mappings.text_forms.words import plain

_PIECE = re.compile(r"[a-z][a-z0-9_]*|[?*+|()]")
_SIGN = re.compile(r"[?*+|()]")
_MACRO = re.compile(r"<([a-z0-9_]+)>")
_BLANK = re.compile(r"[ ]*")
_LONGEST = 600
"""Texts of more letters are reports: they are not read as one result."""
LEGEND = "legend"
"""The word that stands for a whole legend."""
_NUMBERED = frozenset({"score", "number"})
_BEGINS = "(?:^|(?<=comma )|(?<=stop )|(?<=line )|(?<=open )|(?<=dash ))"
_ENDS = "(?=$|comma |stop |line |close )"
SEPARATORS = frozenset({"comma", "stop", "line", "dash", "open", "close"})


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: its kind, as it is written in plain letters, and the number in it, if it is one."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of a text that is of a known form; `form` names it."""

    form: str
    tokens: tuple[Token, ...]

    def has(self, *kinds: str) -> bool:
        """Return whether some word of it is of one of these kinds."""
        return any(one.kind in kinds for one in self.tokens)

    def of(self, *kinds: str) -> tuple[str, ...]:
        """Return its words of these kinds, as they are written."""
        return tuple(one.text for one in self.tokens if one.kind in kinds)


class Example(msgspec.Struct, frozen=True):
    """A text, and what it proves and shows: under which code it stands, and what it comes to."""

    text: str
    reads: str
    under: str = ""


class Form(msgspec.Struct, frozen=True):
    """A form of statement: its words by kind, in order, and examples that must be of it."""

    name: str
    says: str
    words: str
    examples: tuple[Example, ...]


class Sheet(msgspec.Struct, frozen=True):
    """A grammar as its file has it; what is `apart` is a word, though the next one is written close to it."""

    title: str
    says: str
    parts: dict[str, str]
    words: dict[str, tuple[str, ...]]
    groups: dict[str, str]
    legends: tuple[str, ...]
    forms: tuple[Form, ...]
    nothing: tuple[Example, ...]
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grammar:
    """A grammar ready to read with."""

    sheet: Sheet
    words: tuple[tuple[str, re.Pattern[str]], ...]
    forms: tuple[tuple[str, re.Pattern[str]], ...]
    legends: tuple[re.Pattern[str], ...]
    apart: tuple[re.Pattern[str], ...]

    def statements(self, text: str) -> tuple[Statement, ...] | None:
        """Return the statements of a text; None if it is not understood, or has nothing in it."""
        tokens = self._tokens(plain(text)) if len(text) <= _LONGEST else None
        if not tokens or not _is_balanced(tokens):
            return None
        found: list[Statement] = []
        for part in _parts(self._without_legends(tokens)):
            form = self._form(part, after_heading=bool(found) and found[-1].form == "heading")
            if form is None:
                return None
            found.append(Statement(form, part))
        return tuple(found)

    def kinds(self, text: str) -> tuple[str, ...] | None:
        """Return the kinds of the words of a text; None if one is not known."""
        tokens = self._tokens(plain(text))
        return None if tokens is None else tuple(one.kind for one in tokens)

    def names(self, text: str, kinds: frozenset[str]) -> bool:
        """Return whether a text, understood or not, has a word of one of these kinds somewhere."""
        line = plain(text)
        return any(pattern.search(line) for kind, pattern in self.words if kind in kinds)

    def _tokens(self, text: str) -> tuple[Token, ...] | None:
        for pattern in self.apart:
            text = pattern.sub(r"\g<0> ", text)
        found: list[Token] = []
        at = 0
        while at < len(text):
            hits = ((kind, hit) for kind, pattern in self.words if (hit := pattern.match(text, at)))
            best = max(hits, key=lambda one: one[1].end(), default=None)
            if best is None or best[1].end() == at:
                return None
            found.append(Token(best[0], best[1][0]))
            blank = _BLANK.match(text, best[1].end())
            at = blank.end() if blank else best[1].end()
        return tuple(found)

    def _without_legends(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """Return the words without a whole legend: what each score or limit means is no result."""
        line = _written(tokens)
        for legend in self.legends:
            if (hit := legend.search(line)) is not None:
                first, last = line[: hit.start("all")].count(" "), line[: hit.end("all")].count(" ")
                return (*tokens[:first], Token(LEGEND, ""), *tokens[last:])
        return tokens

    def _form(self, part: tuple[Token, ...], *, after_heading: bool) -> str | None:
        """Return the form of a part; a sign that leads in may stand at its start if only a heading goes before."""
        words = part[1:] if after_heading and part[0].kind == "link" and len(part) > 1 else part
        line = _written(words)
        return next((name for name, pattern in self.forms if pattern.fullmatch(line)), None)


def _written(tokens: tuple[Token, ...]) -> str:
    return "".join(f"{_symbol(one)} " for one in tokens)


def _symbol(token: Token) -> str:
    """Return how a word stands in the pattern of a form: its kind, a number from 0 to 9 with the number itself."""
    if token.kind in _NUMBERED and re.fullmatch(r"[0-9]\+?|\+{1,3}", token.text):
        digit = token.text[0] if token.text[0] != "+" else str(len(token.text))
        return f"{token.kind}{digit}"
    return token.kind


def _parts(tokens: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    """Yield the words between separators; signs side by side are one, but a dash that nothing follows is a word."""
    part: list[Token] = []
    for at, token in enumerate(tokens):
        dangling = token.kind == "dash" and (at in (0, len(tokens) - 1) or tokens[at + 1].kind in SEPARATORS)
        if token.kind not in SEPARATORS or dangling:
            part.append(token)
        elif part:
            yield tuple(part)
            part = []
    if part:
        yield tuple(part)


def _is_balanced(tokens: tuple[Token, ...]) -> bool:
    """Return whether brackets open and close one after the other, none within another and none of them empty."""
    depth, before = 0, ""
    for token in tokens:
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if depth not in (0, 1) or (before == "open" and token.kind == "close"):
            return False
        before = token.kind
    return depth == 0


@cache
def grammar(name: str) -> Grammar:
    """Read a grammar by the name of its file; raises msgspec.ValidationError or re.error if it is not well formed."""
    sheet = msgspec.convert(read_sheet(name), Sheet)
    words = tuple((kind, _of_word(sheet, one)) for kind, spellings in sheet.words.items() for one in spellings)
    forms = tuple((form.name, re.compile(_of_kinds(sheet, form.words))) for form in sheet.forms)
    legends = tuple(re.compile(f"{_BEGINS}(?P<all>{_of_kinds(sheet, one)}){_ENDS}") for one in sheet.legends)
    return Grammar(sheet, words, forms, legends, tuple(map(re.compile, sheet.apart)))


def _of_word(sheet: Sheet, spelling: str) -> re.Pattern[str]:
    """Return the pattern of a word; one that begins or ends with a letter or a digit is a whole word."""
    spelled = _spelled(sheet, spelling)
    return re.compile(rf"(?:(?<![a-z0-9])|(?![a-z0-9]))(?:{spelled})(?:(?![a-z0-9])|(?<![a-z0-9]))")


def _spelled(sheet: Sheet, spelling: str) -> str:
    """Return a spelling with its named parts written out."""
    return _MACRO.sub(lambda hit: f"(?:{_spelled(sheet, sheet.parts[hit[1]])})", spelling)


def _of_kinds(sheet: Sheet, words: str) -> str:
    """Return the pattern of a form over the kinds of words; raises KeyError for a kind that there is not."""
    return "".join(_of_kind(sheet, one) for one in _PIECE.findall(words))


def _of_kind(sheet: Sheet, piece: str) -> str:
    if _SIGN.fullmatch(piece):
        return piece
    if piece in sheet.groups:
        return f"(?:{_of_kinds(sheet, sheet.groups[piece])})"
    if piece in _NUMBERED:
        return f"(?:{piece}[0-9]? )"
    if piece != LEGEND and not {piece, piece.rstrip("0123456789")} & sheet.words.keys():
        raise KeyError(piece)
    return f"(?:{piece} )"
