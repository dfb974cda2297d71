"""Texts in the letters of the grammars (lower case, no accents), and the words that turn a result round."""

import re
import unicodedata
from functools import cache
from types import MappingProxyType

from fhir_mappings.text_forms.sheets import read_sheet
from policies.terminology.short_texts import remembered

_SIGNS = MappingProxyType(
    str.maketrans(
        {
            **dict.fromkeys("\u00a0\u2007\u2009\u202f\t", " "),
            **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
            **dict.fromkeys("\r\u2028\u2029", "\n"),
            "\u2265": ">=",
            "\u2264": "<=",
            "\u2019": "'",
            "\u00e1": "a",
            "\u00e9": "e",
            "\u00ed": "i",
            "\u00f3": "o",
            "\u00fa": "u",
            "\u00fc": "u",
        }
    )
)
"""The letters and signs that say the same as a plainer one. Any other letter stays, and no known word has it."""
_LINE_BREAK = re.compile(r"\\\.br\\", re.IGNORECASE)
"""How HL7 version 2 writes a new line (chapter 2, escape sequences)."""
_BLANKS = re.compile(r" +")
_LINES = re.compile(r" ?\n[ \n]*")


@remembered()
def plain(text: str) -> str:
    """Return a text in plain letters; blanks and empty lines are one each, and none at the ends."""
    lower = unicodedata.normalize("NFC", _LINE_BREAK.sub("\n", text)).lower().translate(dict(_SIGNS))
    return _LINES.sub("\n", _BLANKS.sub(" ", lower)).strip(" \n")


@cache
def _pattern(*groups: str) -> re.Pattern[str]:
    known: dict[str, list[str]] = read_sheet("turning_words")
    words = "|".join(word for name in groups or known for word in known[name])
    return re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])")


@remembered()
def turns(text: str, *groups: str) -> bool:
    """Return whether a text has a word that denies, doubts, dates back, orders or limits, or another marker.

    With `groups` only those of the file's groups are looked for.
    """
    return _pattern(*groups).search(plain(text)) is not None
