"""The clinical and verification status of a Condition: its codes against each other, and against their own words.

Source: FHIR R4, Condition; code systems condition-clinical and condition-ver-status.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from fhir_mappings.r4.resources import CodeableConcept

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "active": r"active|activ[oa]",
        "inactive": r"inactive|inactiv[oa]",
        "resolved": r"resolved|resuelt[oa]",
        "remission": r"remission|remisi[oó]n",
        "relapse": r"relapse|reca[ií]da",
        "recurrence": r"recurrence|recurrencia|recidiva",
        "confirmed": r"confirmed|confirmad[oa]",
        "unconfirmed": r"unconfirmed|not confirmed|no confirmad[oa]",
        "refuted": r"refuted|ruled out|refutad[oa]|descartad[oa]",
        "provisional": r"provisional|suspected|possible|sospech\w+",
        "differential": r"differential|diferencial",
        "entered-in-error": r"(?:entered[ -]in[ -])?error",
    }
)
_NAMED = re.compile(
    "|".join(f"(?P<n{at}>\\b(?:{words})\\b)" for at, words in enumerate(_WORDS.values())), re.IGNORECASE
)
_KEYS = tuple(_WORDS)
STATUSES = frozenset(_WORDS)
"""The codes of both that FHIR defines, in lower case."""
_CLINICAL = frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"})
_NOT_CONFIRMED = re.compile(r"\b(?:not|no)\s+confirm", re.IGNORECASE)


def disagrees(status: CodeableConcept | None) -> bool:
    """Return whether the codings of a status differ, or its words name another status than its code."""
    if status is None:
        return False
    codes = {coding.code.lower() for coding in status.coding if coding.code} & _WORDS.keys()
    named = {name for word in status.words for name in _named(word)}
    return len(codes) > 1 or bool(codes and named - codes)


def is_unclear(status: CodeableConcept | None) -> bool:
    """Return whether a clinical status is there without a code that FHIR knows: by text only, or by a local code."""
    return status is not None and not any((coding.code or "").lower() in _CLINICAL for coding in status.coding)


def _named(word: str) -> set[str]:
    if _NOT_CONFIRMED.search(word):
        return {"unconfirmed"}
    return {_KEYS[int(match.lastgroup[1:])] for match in _NAMED.finditer(word) if match.lastgroup}
