"""Reports and notes that a suspected metastasis was none: they prove nothing, and leave one of that organ open.

A tissue that was benign, or lesions that are said to be no metastases, speak against what was found there before; that
nothing is seen any more after treatment does not.
"""

import re

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.anatomy import plain, sites_in
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.disease.text_mentions import Look, mentions, of_no_test
from fhir_mappings.text_forms.sheets import word_pattern
from policies.model.findings import Evidence

_MAY_BE = re.compile(
    r"benign|emangiom|adenom|granulom|cyst|quist|steatos|fibros|plasia|malign|carcinom|cancer|metast|m\u00e9tast"
    r"|met\u00e1st|\bmets?\b|tumou?r|neoplas",
    re.IGNORECASE,
)
"""A part of every sentence that could say so: most have none, and need not be read."""


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
    if _words("no_metastasis").search(line):
        return True
    return bool(_words("tissue").search(line) and _words("benign").search(line)) and not _words("not_settled").search(
        line
    )


def _words(group: str) -> re.Pattern[str]:
    return word_pattern("course_words", group)
