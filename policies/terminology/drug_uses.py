"""What a drug is used for, and how a disease on file is distinguished: the table behind reading 10 of the payer.

A drug belongs to the diseases that it is used for, so that another disease makes only a shared drug doubtful.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policies.terminology.short_texts import remembered

_WORDS = re.compile(r"[a-z0-9][a-z0-9-]+")
_SUFFIX = re.compile(r"-[a-z]{4}$")
"""The four letters that a biological product bears behind its name."""
_SHORTEST_STEMMED = 7
SOLID_TUMORS = "solid-tumors"
"""Stands among the uses of a drug that is approved for solid tumors of any organ."""


@dataclass(frozen=True, slots=True)
class Disease:
    """A disease that drugs are used for: the beginnings of its ICD-10 codes, without dots, and words that name it."""

    id: str
    icd10: tuple[str, ...]
    words: tuple[str, ...]
    solid: bool = False


class Diseases:
    """The diseases of one drug table."""

    def __init__(self, diseases: Iterable[Disease] = ()) -> None:
        self.by_id: Mapping[str, Disease] = {one.id: one for one in diseases}
        self._words = {
            one.id: re.compile(rf"\b(?:{'|'.join(map(re.escape, one.words))})", re.IGNORECASE)
            for one in self.by_id.values()
        }
        # Records name the same diseases again and again, and each is looked for in every title.
        self.named_in = remembered()(self._named_in)

    def coded(self, codes: Iterable[str]) -> frozenset[str]:
        """Return the diseases that ICD-10 codes stand for."""
        given = [code.replace(".", "").upper() for code in codes]
        known = self.by_id.values()
        return frozenset([one.id for one in known for code in given if one.icd10 and code.startswith(one.icd10)])

    def _named_in(self, text: str) -> frozenset[str]:
        """Return the diseases that words name."""
        return frozenset([name for name, words in self._words.items() if words.search(text)])

    def is_used_for(self, uses: Iterable[str], disease: str) -> bool:
        """Return whether a drug with these uses is used for a disease; one for solid tumors is, for every solid one."""
        known = frozenset(uses)
        found = self.by_id.get(disease)
        return disease in known or (SOLID_TUMORS in known and found is not None and found.solid)


@dataclass(frozen=True, slots=True)
class DrugNames:
    """Drugs that are known by a name, or by the ending of one (the stem of an international nonproprietary name)."""

    names: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()
    not_endings: tuple[str, ...] = ()

    def is_named_in(self, text: str) -> bool:
        """Return whether a text names one of the drugs by its substance or brand."""
        return any(self._is_name(word) for word in _WORDS.findall(text.lower()))

    def _is_name(self, word: str) -> bool:
        stem = _SUFFIX.sub("", word)
        if word in self.names or stem in self.names:
            return True
        return len(stem) >= _SHORTEST_STEMMED and stem.endswith(self.endings) and not stem.endswith(self.not_endings)


@dataclass(frozen=True, slots=True)
class Unlisted(DrugNames):
    """How a cancer drug is known that the table does not hold: by name, by the ending of its name, by its class code.

    Such a drug is only ever proposed: nothing here says what it is used for. `codes` are pairs of a system's spelling
    and the beginning of a code, `classes` words that name a kind of treatment (CAR-T) and no drug.
    """

    codes: tuple[tuple[str, str], ...] = ()
    classes: frozenset[str] = frozenset()

    def is_spoken_of(self, text: str) -> bool:
        """Return whether a text names such a drug, or a kind of treatment that is of cancer."""
        return self.is_named_in(text) or not self.classes.isdisjoint(_WORDS.findall(text.lower()))

    def is_coded(self, system: str, code: str) -> bool:
        """Return whether a code stands in a class of cancer drugs."""
        return any(system == uri and code.upper().startswith(begins) for uri, begins in self.codes)
