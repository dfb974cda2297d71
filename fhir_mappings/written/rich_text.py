"""What a reader sees of a note in Rich Text Format, as many EHRs keep their notes: its text, a line a paragraph.

What is hidden, deleted or struck out is no text; neither are tables of fonts, styles and pictures. Source: Microsoft,
Rich Text Format Specification 1.9.1, "RTF syntax", "Destinations", "Unicode RTF".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

_TOKEN = re.compile(r"\\([a-z]+)(-?[0-9]{1,9})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL)
_BEGINS = "{\\rtf"
_LINES = frozenset({"par", "line", "row", "sect", "page", "nestrow"})
_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "tab": " ",
        "cell": " ",
        "nestcell": " ",
        "emdash": "-",
        "endash": "-",
        "lquote": "'",
        "rquote": "'",
        "ldblquote": '"',
        "rdblquote": '"',
    }
)
_ESCAPED: Mapping[str, str] = MappingProxyType(
    {"~": " ", "_": "-", "-": "", "\\": "\\", "{": "{", "}": "}", "\n": "\n"}
)
_APART = frozenset(
    {"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "listtable", "listoverridetable", "themedata"}
    | {"revtbl", "rsidtbl", "filetbl", "xmlnstbl", "fldinst", "bkmkstart", "bkmkend"}
)
"""Destinations whose text is no text of the note."""
_UNSEEN = frozenset({"v", "deleted", "strike", "striked"})
"""What hides a text, or strikes it out, until it is turned off."""
_HIGH = 0x10000
_PAGE = "cp1252"
"""The code page of `\\ansi`."""


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds within a group: whether it is no text, what hides it, how many letters stand behind one by number."""

    apart: bool = False
    unseen: frozenset[str] = frozenset()
    behind: int = 1


class _Reader:
    """Reads the tokens of one note."""

    def __init__(self) -> None:
        self._open: list[_Group] = []
        self._now = _Group()
        self._skip = 0

    def read(self, text: str) -> Iterator[str]:
        """Yield the parts of the text that a reader sees."""
        for word, figure, byte, escaped, brace, letters in _TOKEN.findall(text):
            if brace:
                self._brace(brace)
            elif word:
                yield from self._seen(self._word(word, figure))
            elif byte:
                yield from self._letters(bytes((int(byte, 16),)).decode(_PAGE, "replace"))
            elif escaped == "*":
                self._now = replace(self._now, apart=True)
            elif escaped:
                yield from self._seen(_ESCAPED.get(escaped, ""))
            elif letters:
                yield from self._letters(letters)

    def _brace(self, brace: str) -> None:
        if brace == "{":
            self._open.append(self._now)
        elif self._open:
            self._now = self._open.pop()

    def _letters(self, letters: str) -> Iterator[str]:
        """Yield letters but for those that stand for a letter by number where that cannot be read."""
        skipped = min(self._skip, len(letters))
        self._skip -= skipped
        yield from self._seen(letters[skipped:])

    def _seen(self, text: str) -> Iterator[str]:
        if text and not self._now.apart and not self._now.unseen:
            yield text

    def _word(self, word: str, figure: str) -> str:
        """Follow a control word; returns the text that it stands for."""
        if word in _LINES:
            return "\n"
        if word == "u" and figure:
            self._skip = self._now.behind
            return _letter(int(figure) % _HIGH)
        if word in _UNSEEN:
            others = self._now.unseen - {word}
            self._now = replace(self._now, unseen=others if figure == "0" else others | {word})
        elif word in _APART:
            self._now = replace(self._now, apart=True)
        elif word == "plain":
            self._now = replace(self._now, unseen=frozenset())
        elif word == "uc":
            self._now = replace(self._now, behind=min(int(figure or 1), 9))
        return _SIGNS.get(word, "")


def _letter(number: int) -> str:
    """Return the letter of a number; a blank for half of a pair, and for what is no letter."""
    found = chr(number)
    return found if found.isprintable() else " "


def text_of(written: str) -> str:
    """Return the text of a note in Rich Text Format; empty for what is none."""
    return "".join(_Reader().read(written)) if written.lstrip("\ufeff \r\n").startswith(_BEGINS) else ""
