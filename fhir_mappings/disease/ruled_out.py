"""Reports and notes that a suspected metastasis was none: they prove nothing, and leave one of that organ open.

A tissue that was benign, or lesions that are said to be no metastases, speak against what was found there before; that
nothing is seen any more after treatment does not.
"""

import re

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.anatomy import plain, sites_in
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.disease.text_mentions import Look, mentions, of_no_test
from policies.model.findings import Evidence

_TISSUE = re.compile(
    r"\b(?:biops\w+|bx|fna|needle|cytolog\w+|citolog\w+|patholog\w+|patolog\w+|aspirat\w+|core|wedge)\b"
)
_BENIGN = re.compile(
    r"\b(?:benign\w*|h?emangiom\w*|adenoma|granulom\w*|(?:simple )?cysts?|quistes?|steatosis|fibrosis|hyperplasia)\b"
    r"|\b(?:no|sin|without|negative for|negativ[oa] (?:para|por))(?: evidence of| evidencia de)? "
    r"(?:malignan\w+|malignidad|carcinoma|cancer|metasta\w+|tumou?r cells|neoplas\w+)"
)
_NO_METASTASIS = re.compile(
    r"\b(?:not|rather than|instead of|no (?:es|son)|no corresponden? a)(?: a| an| de)? (?:metasta\w+|mets?)\b"
)
_MAY_BE = re.compile(
    r"benign|emangiom|adenom|granulom|cyst|quist|steatos|fibros|plasia|malign|carcinom|cancer|metast|m\u00e9tast"
    r"|met\u00e1st|\bmets?\b|tumou?r|neoplas",
    re.IGNORECASE,
)
"""A part of every sentence that could say so: most have none, and need not be read."""
_OPEN = re.compile(
    r"\b(?:cannot|can't|not|unable|repeat|pending|insufficient|non-?diagnostic|pendiente)\b(?! metasta| a metasta)"
)


def ruled_out(reading: Reading, words: str, began: Span | None) -> tuple[Evidence, ...]:
    """Return what says of the organ in some words, not before a day, that nothing malignant was found there."""
    sites = sites_in(words)
    if not sites or not (reading.chart.documents or of_no_test(reading)):
        return ()

    def says_so(sentence: str) -> bool:
        """Return whether a sentence says it of this organ."""
        if _MAY_BE.search(sentence) is None:
            return False
        return not sites.isdisjoint(sites_in(sentence)) and is_benign(sentence)

    found: list[Evidence] = []
    for one in mentions(reading, Look(says_so)):
        when = span(one.date)
        if when is not None and when.first <= reading.as_of and (began is None or not when.surely_before(began)):
            found.append(one)
    return tuple(found)


def is_benign(sentence: str) -> bool:
    """Return whether a sentence says that a tissue was benign, or that what was seen is no metastasis."""
    line = plain(sentence)
    if _NO_METASTASIS.search(line):
        return True
    return bool(_TISSUE.search(line) and _BENIGN.search(line)) and _OPEN.search(line) is None
