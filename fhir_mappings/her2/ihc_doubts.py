"""What in the text of an IHC result makes its score unsure, and which part of a text is about another test.

A score that is a range, denied, bounded or merely suspected is none (reading 2): it is shown and asked.
"""

import re
from collections.abc import Callable

from fhir_mappings.her2.memo import remembered
from fhir_mappings.her2.text_patterns import DENIAL, NAME, NEGATION, OTHER_MARKERS, UNSURE_WORD, scores_in

_UP_TO_HER2 = r"(?:(?!\b(?:her|erbb|erb-?b)[-\s]?2)[^.;,()0-9])*"
_OTHER_MARKER = rf"\b(?:{OTHER_MARKERS})\b"
_MARKERS = re.compile(rf"{_OTHER_MARKER}{_UP_TO_HER2}", re.IGNORECASE)
_HYBRIDIZATION = re.compile(
    rf"(?:\breflex\s+(?:to\s+)?)?\b(?:[FCSD]*ISH|in[-\s]+situ\s+hybridi[sz]ation)\b{_UP_TO_HER2}", re.IGNORECASE
)
_ASIDE = re.compile(
    r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b|\b[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{2,4}\b|\bsee\s+(?:note|report|comment)s?\b|"
    r"\bscale\s*(?:of|from|:)?\s*0\s*(?:-|\u2013|to)\s*3\s*\+?",
    re.IGNORECASE,
)
_OF_THREE = re.compile(r"(?:\bscore\s*(?:of|is|:|=)?\s*3\s*\+?|3\s*\+)\s*/\s*3(?![0-9])\s*\+?", re.IGNORECASE)
_ANOTHER_SCORE = re.compile(
    rf"(?:{_OTHER_MARKER}(?:{_UP_TO_HER2}[,(]?){{1,2}}|\bcontrols?\W+(?:\w+\W+){{0,2}})[0-3]\s*\+", re.IGNORECASE
)
_BOUND = r"less\s+than|more\s+than|greater\s+than|below|under|above|at\s+least|at\s+most|up\s+to|rather\s+than"
_RANGE_OR_BOUND = re.compile(
    r"[0-3]\s*\+?\s*(?:-|[\u2010-\u2015\u2212~/&,]|\.\.+|to|or|and|vs\.?|versus)\s*[0-3]\s*\+?|"
    rf"(?:[<>]=?|\b(?:no|not|never|without|{_BOUND}))\s*(?:(?:a|an|ihc|score|of)\s+){{0,3}}[0-3]\s*\+",
    re.IGNORECASE,
)
_RULED_OUT = re.compile(
    r"\b(?:rules?\s+out|r/o|exclud\w+|fail\w*|DCIS|in[-\s]+situ\s+(?:component|carcinoma|disease))", re.IGNORECASE
)
_CELLS = re.compile(
    r"(>=?|\u2265|\b(?:more|greater|over|at\s+least|above)(?:\s+than)?)?\s*\b([0-9]+(?:\.[0-9]+)?)\s*%", re.IGNORECASE
)
_FEW = 10
_TOP = "3+"


@remembered
def of_this_test(text: str) -> str:
    """Return the text without what it says of hybridization, of other markers, dates and remarks aside."""
    return _HYBRIDIZATION.sub(" ", of_her2(text))


@remembered
def of_her2(text: str) -> str:
    """Return the text without what it says of other markers, dates and remarks aside; a score of 3/3 is 3+."""
    return _OF_THREE.sub(" score 3+ ", _ASIDE.sub(" ", _MARKERS.sub(" ", text)))


@remembered
def is_unsure(text: str) -> bool:
    """Tell whether a text states no score for sure: a range (2-3+), one that is denied, bounded, suspected or old."""
    rest = NAME.sub(" ", of_this_test(text))
    if _RANGE_OR_BOUND.search(rest) or _ANOTHER_SCORE.search(text):
        return True
    scores = scores_in(rest, bare=False)
    return bool(scores) and (bool(UNSURE_WORD.search(rest)) or (_TOP in scores and _is_doubted(rest)))


def _is_doubted(rest: str) -> bool:
    """Tell whether a 3+ may be denied, or is seen in so few cells that the payer calls it less."""
    rest = NEGATION.sub(" ", rest)
    denied: tuple[Callable[[str], object], ...] = (DENIAL.search, _RULED_OUT.search)
    few = (float(match[2]) <= _FEW and not match[1] for match in _CELLS.finditer(rest))
    return any(finds(rest) for finds in denied) or any(few)
