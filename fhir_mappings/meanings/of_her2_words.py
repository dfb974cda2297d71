"""What the words of possible evidence would mean for HER2: a score, or whether the gene is amplified."""

import re

from fhir_mappings.clinical.names import HYBRIDIZED, STAINED
from fhir_mappings.meanings.english import in_english
from fhir_mappings.meanings.of_words import Seen, is_clear
from fhir_mappings.text_forms.her2_names import names_her2
from fhir_mappings.text_forms.search_words import names
from fhir_mappings.text_forms.words import plain, turns
from policies.kinds.her2 import HER2_ISH
from policies.model.notes import Note

_SCORE = re.compile(
    r"(?:(?<![a-z0-9.])|(?<=\bih[cq]))([0-3]) ?\+(?!\+|[0-9])|\bscore(?: of| is|:|=)? ?([0-3])\b(?![.+/-])"
    r"|(?<![+.0-9])(?<!\+ )(\+{2,3})(?!\+| \+)"
)
_LISTED = re.compile(r", ?|; ?| / |(?<=[-+%])/ ?")
_NOT_AMPLIFIED = re.compile(
    r"\b(?:not|non|un|no)[- ]?(?:gene )?(?:amplified|amplificad[oa])\b|\b(?:no|sin|without)(?: evidence of| gene)? "
    r"(?:amplification|amplificacion)\b|\bnegativ[eoa]\b"
)
_AMPLIFIED = re.compile(r"\b(?:amplified|amplification|amplificad[oa]|amplificacion|positiv[eoa])\b")
_AMPLIFICATION = re.compile(r"amplifi")
_COPY_NUMBER = re.compile(r"\bcopy number(?: of)? ([0-9]+(?:\.[0-9]+)?)\b")
_AMPLIFIED_FROM = 6.0
"""Copies of the gene from which a person is asked whether it is amplified: the payer's row for a single probe."""
_NUMBER = re.compile(r"\b[0-9]+(?:\.[0-9]+)?\b")


def her2_score(seen: Seen) -> str | None:
    """Return the one score of the payer's scale that the words name; none where other markers stand beside it."""
    text = _without_other_markers(seen.text.removeprefix(plain(in_english(Note("her2.unscored", value="")))))
    score = {match[1] or match[2] or str(len(match[3])) for match in _SCORE.finditer(text)}
    word = next((f"{one}+" if one != "0" else "0" for one in score), "")
    clear = len(score) == 1 and is_clear(text) and not _names_other_markers(text)
    return word if clear and word in seen.fact.options else None


def _without_other_markers(text: str) -> str:
    """Return a list of markers without the parts that are of others; what names HER2 and another in one part stays."""
    parts = _LISTED.split(text)
    return ", ".join(one for one in parts if names_her2(one) or not _names_other_markers(one))


def _names_other_markers(text: str) -> bool:
    return turns(text, "markers")


def hybridization(seen: Seen) -> str | None:
    """Return positive or negative where the words say that the gene is amplified, or that it is not."""
    text = seen.text
    copies = _COPY_NUMBER.search(text)
    if copies is not None and names(HER2_ISH.name, text) and is_clear(text):
        return "positive" if float(copies[1]) >= _AMPLIFIED_FROM and "positive" in seen.fact.options else None
    of_probes = HYBRIDIZED.search(text) or _AMPLIFICATION.search(text)
    if not names(HER2_ISH.name, text) or not of_probes or STAINED.search(text) or _names_numbers(text):
        return None
    rest = _NOT_AMPLIFIED.sub(" ", text)
    denied, stated = rest != text, bool(_AMPLIFIED.search(rest))
    if denied is stated or not is_clear(rest):
        return None
    said = "negative" if denied else "positive"
    return said if said in seen.fact.options else None


def _names_numbers(text: str) -> bool:
    """Return whether a text has numbers of its own: the payer's rows read them, and nobody can confirm them unread."""
    return "ratio" in text and bool(_NUMBER.search(text))
