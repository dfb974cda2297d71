"""The words by which a record may speak of a fact: of its kind's record, or of a disease in `search_words.yaml`."""

import re
from functools import cache

import msgspec

from fhir_mappings.text_forms.sheets import read_sheet
from fhir_mappings.text_forms.words import plain
from policies.kinds.registry import KINDS
from policies.terminology.short_texts import remembered

_QUOTED = re.compile(r'"(.*)"', re.DOTALL)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    known: dict[str, list[str]] = read_sheet("search_words")
    known |= {kind.name: list(kind.searched) for kind in KINDS.values() if kind.searched}
    return {name: re.compile("|".join(_pattern(one) for one in words)) for name, words in known.items()}


def _pattern(word: str) -> str:
    whole = word.endswith("|")
    return rf"(?<![a-z0-9])(?:{word.rstrip('|')})" + (r"(?![a-z0-9])" if whole else "")


class _Codes(msgspec.Struct, frozen=True):
    codes: str
    says: str


@cache
def _codes() -> dict[str, tuple[tuple[re.Pattern[str], str], ...]]:
    known = msgspec.convert(read_sheet("search_codes"), dict[str, tuple[_Codes, ...]])
    return {name: tuple((re.compile(one.codes), one.says) for one in rows) for name, rows in known.items()}


def said_by_code(name: str, code: str) -> str:
    """Return what a code may say of a disease though no value set has it; empty if nothing is known of it."""
    written = code.strip().upper()
    return next((says for pattern, says in _codes().get(name, ()) if pattern.fullmatch(written)), "")


def is_searched(name: str) -> bool:
    """Return whether there are words for a kind of fact, or a disease."""
    return name in _patterns()


@remembered()
def names(name: str, text: str) -> bool:
    """Return whether a text has a word for a kind of fact, or a disease; raises KeyError if there are none for it."""
    return _patterns()[name].search(plain(text)) is not None


def is_spoken(text: str) -> bool:
    """Return whether a text has a word for any kind of fact, or for any disease."""
    return _any().search(plain(text)) is not None


@cache
def _any() -> re.Pattern[str]:
    return re.compile("|".join(dict.fromkeys(one.pattern for one in _patterns().values())))


def bare(summary: str) -> str:
    """Return the words of a record that a sentence of ours quotes; the whole sentence if it quotes none."""
    quoted = _QUOTED.search(summary)
    return quoted[1] if quoted is not None else summary
