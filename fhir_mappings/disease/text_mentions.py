"""Reports, documents and diagnoses that name a finding in words: possible evidence to be confirmed, never proof.

Reading 18: free text decides nothing. It is shown with the sentence that names the finding, so that a clinician can
confirm it at a glance.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fhir_mappings.chart.admission import admitted
from fhir_mappings.chart.concept_match import find
from fhir_mappings.chart.evidence import listed, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.disease.diagnoses import verification
from fhir_mappings.r4.annotations import annotations, titles
from fhir_mappings.r4.resources import Resource
from fhir_mappings.r4.status_rules import Standing, standing
from policies.model.findings import Evidence, Finding, Role
from policies.terminology.value_sets import CodeSet

_SENTENCE = re.compile(r"(?<=[.;])\s+|[\r\n]+")
_LONGEST = 100
Names = re.Pattern[str] | Callable[[str], object]
"""What tells whether a sentence names a finding: a pattern that is found in it, or a function of it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What to look for: words or codes of a finding, perhaps in diagnoses too; `besides` are resources to pass over."""

    names: Names
    codes: CodeSet | None = None
    conditions: bool = False
    besides: frozenset[str] = frozenset()


def confirming(reading: Reading, note: str, possible: tuple[Evidence, ...], look: Look) -> Finding:
    """Return the finding of what decides nothing: what was seen, and what reports and documents name.

    Without anything seen the chart does not say.
    """
    passed_over = look.besides | {seen.reference for seen in possible}
    named = (*_in_documents(reading, look), *_in_conditions(reading, look))
    told = tuple(one for one in dict.fromkeys(named) if one.reference not in passed_over)
    if not told:
        return Finding.unknown(note, possible) if note else reading.silence()
    words = reading.say("mention.note", found=listed(told))
    return Finding.unknown(f"{note} {words}".strip(), (*possible, *told))


def _in_documents(reading: Reading, look: Look) -> Iterator[Evidence]:
    for document in reading.chart.documents:
        if standing(document.resource_type, document.status) is not Standing.HINTS:
            continue
        coded = next((hit for one in document.conclusion_code if look.codes and (hit := find(one, look.codes))), None)
        if coded is not None:
            yield shows(document, coded[1].display, coded[0], Role.POSSIBLE)
        elif sentence := _sentence(_texts(document), look.names):
            yield _named(reading, document, sentence)


def _texts(document: Resource) -> tuple[str, ...]:
    concluded = tuple(word for one in document.conclusion_code for word in one.words)
    named = document.code.words if document.code is not None else ()
    return (document.conclusion or "", document.description or "", *concluded, *titles(document.content), *named)


def _in_conditions(reading: Reading, look: Look) -> Iterator[Evidence]:
    for condition in reading.once(admitted).conditions if look.conditions else ():
        if verification(condition) not in (Standing.PROVES, Standing.HINTS):
            continue
        words = condition.code.words if condition.code is not None else ()
        if sentence := _sentence((*words, *annotations(condition.note)), look.names):
            yield _named(reading, condition, sentence)


def _named(reading: Reading, resource: Resource, sentence: str) -> Evidence:
    return shows(resource, reading.say("mention.evidence", words=sentence), role=Role.POSSIBLE)


def _sentence(texts: tuple[str, ...], names: Names) -> str:
    """Return the first sentence that names the finding, cut to a line; empty if none does."""
    tells = names.search if isinstance(names, re.Pattern) else names
    for sentence in (part.strip(" .;") for text in texts for part in _SENTENCE.split(text)):
        if sentence and tells(sentence):
            return sentence if len(sentence) <= _LONGEST else f"{sentence[:_LONGEST].rstrip()} ..."
    return ""
