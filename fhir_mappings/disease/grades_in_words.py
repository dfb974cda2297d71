"""Grades of performance that remarks and reports name in words: they prove nothing, and may leave a result open."""

import re
from collections.abc import Collection, Iterator

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.disease.text_mentions import Look, mentions
from fhir_mappings.text_forms.words import plain, turns
from policies.evaluation.comparison import judge
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Range
from policies.model.notes import Note

_NAMED = re.compile(
    r"\b(?:ecog|zubrod|who|oms|ps|performance status|estado funcional|score|grade|grado)\b[^0-9]{0,20}?"
    r"([0-5])\b(?![./%-]?[0-9])"
)


_IN_BED = re.compile(
    r"\b(?:bed[- ]?(?:bound|ridden|fast)\b|confined to (?:a |the )?bed|(?:mostly|mainly) in bed"
    r"|en cama|encamad[oa]|postrad[oa])"
)
_OF_BED = frozenset({3, 4})
"""The grades of those who are in bed for more than half of the day (ECOG)."""


def named_grades(text: str) -> frozenset[int]:
    """Return the grades that a text names behind the name of the scale."""
    return frozenset(int(one) for one in _NAMED.findall(plain(text)))


def gainsays(text: str, grades: frozenset[int]) -> bool:
    """Return whether a remark beside a result names another grade than these, or tells of a patient in bed."""
    bare = plain(text)
    in_bed = _IN_BED.search(bare) is not None and not turns(text, "denials")
    return bool(named_grades(text) - grades) or (in_bed and not grades & _OF_BED)


def newer_in_words(reading: Reading, look: Look, than: Collection[Span]) -> Iterator[tuple[Evidence, frozenset[int]]]:
    """Yield what names grades in words and is surely newer than all of these days, with the grades.

    What denies them, is of the past or of somebody else is passed over.
    """
    for one in mentions(reading, look):
        when = span(one.date)
        if when is None or when.first > reading.as_of or not all(day.surely_before(when) for day in than):
            continue
        words = str(one.summary.figures.get("words", "")) if isinstance(one.summary, Note) else one.summary
        if isinstance(words, str) and not turns(words, "denials", "times", "people", "limits"):
            yield one, named_grades(words)


def rules_otherwise(reading: Reading, fact: Fact, found: Finding, grade: int) -> bool:
    """Return whether a test of the policy on the grade would come out otherwise for another one."""
    other = Finding.known(Range.exactly(grade), found.evidence)
    return any(judge(one, fact, found) is not judge(one, fact, other) for one in reading.policy.tests_on(fact))
