"""The files of this room: forms, words and spellings as data, each with its language in it."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import yaml

_PIECES = "pieces"
_PIECE = re.compile(r"<([a-z]+)>")


class Words(msgspec.Struct, frozen=True):
    """A group of a table of words: whole words, and patterns as they stand; with examples that a test reads."""

    says: str
    whole: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    finds: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()

    def pattern(self, pieces: dict[str, str]) -> re.Pattern[str]:
        """Return what finds any of them; raises re.error for a word that is none, KeyError for an unknown piece."""
        whole = (rf"\b(?:{'|'.join(self.whole)})\b",) if self.whole else ()
        return re.compile(_PIECE.sub(lambda hit: pieces[hit[1]], "|".join((*whole, *self.parts))))


def read_sheet(name: str) -> Any:
    """Return the content of a file by its name without the ending; raises FileNotFoundError, yaml.YAMLError."""
    text = files("fhir_mappings").joinpath("text_forms", f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


@cache
def word_groups(name: str) -> dict[str, Words]:
    """Return the groups of a table of words by name; raises msgspec.ValidationError if it is not well formed."""
    return msgspec.convert({key: one for key, one in _sheet(name).items() if key != _PIECES}, dict[str, Words])


@cache
def word_pattern(name: str, group: str) -> re.Pattern[str]:
    """Return what finds a word of a group of a table; raises KeyError for a group that there is not."""
    return word_groups(name)[group].pattern(_sheet(name).get(_PIECES, {}))


@cache
def _sheet(name: str) -> dict[str, Any]:
    return dict(read_sheet(name))
