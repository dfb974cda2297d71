"""Reports, documents and diagnoses that name a finding in words: possible evidence to be confirmed, never proof.

Reading 18: free text decides nothing. It is shown with the sentence that names the finding, so that a clinician can
confirm it at a glance.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.admission.test_words import facts_of_tests
from fhir_mappings.chart.concept_match import find, shown
from fhir_mappings.chart.document_records import documents, notes_of_documents
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.kept_records import is_named
from fhir_mappings.chart.policy_chart import Reading, known_to_policy, once
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.clinical.records import DiagnosisRecord, DocumentRecord, ResultRecord
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Coding, Concept, Measurement, Named, texts_of
from fhir_mappings.text_forms import search_words
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note, Said, Series, together
from policies.terminology.value_sets import CodeSet

_SENTENCE = re.compile(r"(?<=[.;])\s+|[\r\n]+")
_LONGEST = 100
_NOT_FINAL = frozenset({"preliminary", "partial"})
Names = re.Pattern[str] | Callable[[str], object]
"""What tells whether a sentence names a finding: a pattern that is found in it, or a function of it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What to look for: words or codes of a finding, perhaps in diagnoses too; `besides` are resources to pass over.

    `listed` are codes by which a diagnosis may list it. `kind` names further words, in every language that is searched
    (`text_forms.search_words`). Of several sentences the first is quoted that is not `against` what is looked for, if
    there is one.
    """

    names: Names | None = None
    kind: str = ""
    codes: CodeSet | None = None
    conditions: bool = False
    listed: CodeSet | None = None
    besides: frozenset[str] = frozenset()
    against: Callable[[str], bool] | None = None


def confirming(reading: Reading, note: Said, possible: tuple[Evidence, ...], look: Look) -> Finding:
    """Return the finding of what decides nothing: what was seen, and what reports and documents name.

    Without anything seen the chart does not say.
    """
    passed_over = look.besides | {seen.reference for seen in possible}
    found = tuple(one for one in mentions(reading, look) if one.reference not in passed_over)
    if not found:
        return Finding.unknown(note, possible) if note else reading.silence()
    words = Note("mention.note", found=found)
    return Finding.unknown(together(note, words), (*possible, *found))


def mentions(reading: Reading, look: Look) -> tuple[Evidence, ...]:
    """Return the documents, diagnoses and results that name what is looked for, each once, with the sentence."""
    return tuple(
        dict.fromkeys((*_in_documents(reading, look), *_in_conditions(reading, look), *_in_results(reading, look)))
    )


def quotable(reading: Reading) -> Iterator[tuple[DocumentRecord, tuple[str, ...]]]:
    """Yield the documents that may be quoted, each with all that it says in words, its notes among them."""
    for document in documents(reading):
        is_of_then = document.when is None or document.when.first <= reading.as_of
        if is_of_then and (_waits(document) or document.standing is Standing.HINTS):
            yield document, (*document.texts, *notes_of_documents(reading)[document.reference])


def _waits(document: DocumentRecord) -> bool:
    return document.kind == "DiagnosticReport" and document.status in _NOT_FINAL


def _in_documents(reading: Reading, look: Look) -> Iterator[Evidence]:
    for document, texts in quotable(reading):
        waits = _waits(document)
        coded = next((hit for one in document.conclusions if look.codes and (hit := find(one, look.codes))), None)
        if coded is not None and not waits:
            yield shows(document, coded[1].display, coded[0], Role.POSSIBLE)
        elif sentence := _sentence(texts, look):
            yield _not_final(document, sentence) if waits else _named(document, sentence)


def _not_final(document: DocumentRecord, sentence: str) -> Evidence:
    quoted = Note("mention.evidence", words=sentence)
    words = Note("doubtful.evidence", what=quoted, why=Series((Note(f"doubt.{Doubt.PRELIMINARY.value}"),)))
    return shows(document, words, role=Role.POSSIBLE)


def _in_conditions(reading: Reading, look: Look) -> Iterator[Evidence]:
    for condition in admitted(reading).diagnoses if look.conditions else ():
        if condition.standing not in (Standing.PROVES, Standing.HINTS):
            continue
        words = condition.code.words if condition.code is not None else ()
        coded = find(condition.code, look.listed) if look.listed is not None else None
        if coded is not None:
            yield shows(condition, shown(condition.code, coded[1].display), coded[0], Role.POSSIBLE)
        elif hit := _said_by_code(condition.code, look):
            yield shows(condition, named_so(condition.code, hit[1]), hit[0], Role.POSSIBLE)
        elif sentence := _sentence((*words, *condition.notes), look):
            yield _named(condition, sentence)


def _said_by_code(code: Concept | None, look: Look) -> tuple[Coding, str] | None:
    """Return a coding by which a diagnosis may say what is looked for though no value set has it, and what it says."""
    for coding in code.coding if code is not None and look.kind else ():
        if says := search_words.said_by_code(look.kind, coding.code or ""):
            return coding, says
    return None


def named_so(code: Concept | None, says: str) -> str:
    """Return a diagnosis by its own words and by what its code may say."""
    words = shown(code, says)
    return f"{words} ({says})" if words != says else says


def _in_results(reading: Reading, look: Look) -> Iterator[Evidence]:
    """Yield the results of tests that nobody asks for, which name it in their values or remarks."""
    for result in of_no_test(reading):
        words = _words(result.whole.concept) if result.whole.concept is not None else ()
        coded = find(result.whole.concept, look.codes) if look.codes is not None else None
        if coded is not None:
            yield shows(result, coded[1].display, coded[0], Role.POSSIBLE)
        elif sentence := _sentence((result.whole.text or "", *words, *result.notes), look):
            yield _named(result, sentence)


def _words(value: Concept) -> tuple[str, ...]:
    """Return what a value says in words, and its codes behind them: tumor registries say most by codes."""
    coded = (f"{one.display or ''} ({one.code})".strip() for one in value.coding if one.code)
    return (*value.words, *coded)


@once
def of_no_test(reading: Reading) -> tuple[ResultRecord, ...]:
    """Return the results that are of no test of the policy, by code or by name, and say something."""
    return tuple(
        [
            one
            for one in admitted(reading).results
            if one.standing is Standing.PROVES and not any(_is_of_test(reading, part.code) for part in one.parts)
        ]
    )


def _is_of_test(reading: Reading, code: Concept | None) -> bool:
    return code is not None and _is_code_of_test(reading, (code.coding, code.text))


@known_to_policy(texts_of)
def _is_code_of_test(reading: Reading, named: Named) -> bool:
    """Return whether a result, or a component of it, is of a test of the policy by code, or of some test by name."""
    code = Concept(*named)
    if is_named((Measurement(code),)):
        return True
    return any(find(code, reading.codes(name)) is not None for _, name in facts_of_tests(reading))


def _named(record: DocumentRecord | DiagnosisRecord | ResultRecord, sentence: str) -> Evidence:
    return shows(record, Note("mention.evidence", words=sentence), role=Role.POSSIBLE)


def _names_it(look: Look, sentence: str) -> bool:
    """Return whether a sentence names what is looked for."""
    by_kind = bool(look.kind) and search_words.names(look.kind, sentence)
    if by_kind or look.names is None:
        return by_kind
    return bool(look.names.search(sentence) if isinstance(look.names, re.Pattern) else look.names(sentence))


def _sentence(texts: tuple[str, ...], look: Look) -> str:
    """Return the sentence that names the finding, cut to a line; empty if none does."""
    parts = (part.strip(" .;") for text in texts for part in _SENTENCE.split(text))
    naming = [sentence for sentence in parts if sentence and _names_it(look, sentence)]
    clear = (sentence for sentence in naming if look.against is None or not look.against(sentence))
    found = next(clear, naming[0] if naming else "")
    return found if len(found) <= _LONGEST else f"{found[:_LONGEST].rstrip()} ..."
