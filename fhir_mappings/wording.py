"""The sentences that people read, one file a language.

What a payer may word (what a criterion says, what is asked) stands in the policy file. All else stands in
`texts/{language}.yaml`; the code names a sentence by its key and fills in the figures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one language."""

    language: str
    sentences: Mapping[str, str]

    def __call__(self, key: str, **figures: object) -> str:
        """Return a sentence with its figures; raises KeyError for an unknown key or a missing figure."""
        sentence = self.sentences[key]
        return sentence.format_map(figures) if "{" in sentence else sentence

    def count(self, key: str, number: int, **figures: object) -> str:
        """Return the sentence `key.one` or `key.many`, by the number, which it may also show as {n}."""
        return self(f"{key}.one" if number == 1 else f"{key}.many", n=number, **figures)


@cache
def wording(language: str = "en") -> Wording:
    """Read the sentences of a language; raises FileNotFoundError if there is no file for it."""
    text = files("fhir_mappings").joinpath("texts", f"{language}.yaml").read_text(encoding="utf-8")
    return Wording(language, yaml.load(text, Loader=yaml.CSafeLoader))
