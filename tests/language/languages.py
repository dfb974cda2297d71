"""A language that nobody speaks, with every sentence of English in it, and what shows that a text holds English."""

import json
import re
from functools import cache
from typing import Any

from fhir_mappings.wording import Wording, wording

_FIGURE = re.compile(r"\{\w+\}")
_SHORTEST = 14


@cache
def made_up() -> Wording:
    """Each sentence is its key and its figures, in brackets that no other text has."""
    sentences = wording().sentences
    return Wording("xx", {key: f"⟦{key} {' '.join(_FIGURE.findall(text))}⟧" for key, text in sentences.items()})


@cache
def pieces() -> frozenset[str]:
    """What only English sentences of ours hold: the longer pieces between their figures."""
    every = (piece.strip(" .,:;()\"'?") for text in wording().sentences.values() for piece in _FIGURE.split(text))
    return frozenset(piece for piece in every if len(piece) >= _SHORTEST and " " in piece)


def english_in(content: Any) -> list[str]:
    """The pieces of our English sentences that a text, or JSON, holds."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return sorted(piece for piece in pieces() if piece in text)
