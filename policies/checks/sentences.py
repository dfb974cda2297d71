"""Figures that stand in a sentence as well: such a sentence would not follow when the figure is changed."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from policies.building.texts import NUMBERS, PLACEHOLDER, sentences
from policies.checks.remarks import Remark, doubt
from policies.files.yaml_source import Source

_WORDS = frozenset({"says", "ask", "what", "notes", "when"})
"""The words whose sentences speak of the figures beside them."""

_NUMBER = re.compile(r"(?<![\w.])(?:\d+(?:\.\d+)?|" + "|".join(NUMBERS[2:]) + r")(?![\w.]*\d)\+?(?!\w)", re.IGNORECASE)
_SPELLED: Mapping[str, int] = {word: number for number, word in enumerate(NUMBERS)}


def check(source: Source) -> Iterator[Remark]:
    """Yield a warning for each sentence that repeats a figure beside it, or one of a test below it.

    "One" is never reported: it is not always a figure.
    """
    for sentence in sentences(source):
        if _WORDS.isdisjoint(sentence.path[-2:]):
            continue
        named = {_key(figure): name for name, figure in sentence.near.items() if _key(figure) is not None}
        for found in _NUMBER.finditer(PLACEHOLDER.sub(" ", sentence.text)):
            name = named.get(_key(_read(found[0])))
            if name is not None:
                cause = f"'{found[0]}' is the figure '{name}', and would not follow when that is changed"
                written = name.capitalize() if found[0][0].isupper() else name
                yield doubt(source, sentence.path, cause, f"write <{written}> in its place")


def _read(text: str) -> Any:
    word = text.lower()
    return _SPELLED.get(word, text)


def _key(figure: Any) -> str | None:
    """Return what two ways of writing a figure have in common; None for what is no figure."""
    text = str(figure)
    if isinstance(figure, list) or not any(sign.isdigit() for sign in text):
        return None
    try:
        return str(Decimal(text).normalize())
    except ArithmeticError:
        return text
