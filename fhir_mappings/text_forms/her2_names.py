"""What a text of HER2 names, be it understood or not: the marker, a method, a score, a word that bears on a result."""

from functools import lru_cache

from fhir_mappings.text_forms.grammar import grammar
from fhir_mappings.text_forms.her2_statement import IHC, ISH

_OF_MATTER = frozenset(
    [
        "ihc",
        "ish",
        "score",
        "three_of_three",
        "zero_to_one",
        "span",
        "plus",
        "positive",
        "negative",
        "equivocal",
        "low",
        "ultralow",
        "amplified",
        "unamplified",
        "overexpressed",
        "not_overexpressed",
        "amplification",
        "expression",
        "present",
        "absent",
        "none_of",
        "no_result",
        "reflex",
        "ratio",
        "her2_copies",
        "cep_copies",
        "share",
        "weak",
        "unstained",
    ]
)
"""The words that say something of a HER2 result."""
_OF_SCORE = frozenset({"marker", "ihc", "score_label", "test", "gene", "the", "dash", "comma"})
_MAY_BE_POSITIVE = frozenset({"score", "span", "three_of_three", "positive", "amplified", "overexpressed"})


def speaks_of_her2(text: str) -> bool:
    """Return whether a text, understood or not, has a word that says something of a HER2 result."""
    return grammar("her2").names(text, _OF_MATTER)


def names_her2(text: str) -> bool:
    """Return whether a text, understood or not, names HER2."""
    return grammar("her2").names(text, frozenset({"marker"}))


def counts_cells(text: str) -> bool:
    """Return whether a text names the number of cells that were counted."""
    return grammar("her2").names(text, frozenset({"cells_counted"}))


@lru_cache(maxsize=4096)
def speaks_of_method(text: str, method: str) -> bool:
    """Return whether a text, understood or not, names the one method and not the other."""
    named = [one for one in (IHC, ISH) if grammar("her2").names(text, frozenset({one}))]
    return named == [method]


def may_be_positive(text: str) -> bool:
    """Return whether a text that is not understood has a mark or a word that may mean a positive result."""
    return grammar("her2").names(text, _MAY_BE_POSITIVE)


def names_a_score(text: str) -> bool:
    """Return whether a text is nothing but the name of a HER2 score."""
    kinds = grammar("her2").kinds(text)
    return kinds is not None and "score_label" in kinds and frozenset(kinds) <= _OF_SCORE
