"""Earlier treatment that notes and reports name in words: each regimen is proposed as a line, and none counts.

Reading 22 of the payer: an oncologic history stands in the notes of many charts and nowhere else. A part of a text that
names cancer drugs of the policy's table is quoted; what denies, plans, doubts or is of somebody else is left out.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import msgspec

from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.clinical.dates import Span
from fhir_mappings.clinical.records import Course, DocumentRecord
from fhir_mappings.disease.text_mentions import quotable
from fhir_mappings.text_forms.words import plain, turns
from fhir_mappings.text_forms.written_days import first_day
from fhir_mappings.therapy.line_table import names
from fhir_mappings.therapy.lines import lines
from fhir_mappings.therapy.unlisted_drugs import unlisted
from policies.model.findings import Evidence, Role
from policies.model.notes import Note

_PARTS = re.compile(
    r"(?<=[.;])\s+|[\r\n]+|\s*(?:->|\u2192)\s*|[,;]?\s+(?=(?:then|followed by|luego|seguid[oa] (?:de|por))\b)"
    r"|[,;]?\s+(?=(?:[1-9] ?(?:L|st|nd|rd|th)|(?:first|second|third|fourth|fifth)[- ]line)\b)"
    r"|[,;]?\s+(?=(?:line|linea|línea) [1-9]\b)",
    re.IGNORECASE,
)
"""Where one regimen of a history ends and the next begins."""
_LISTED = re.compile(r"[,;]\s+(?:(?:and|y)\s+)?|(?<=[0-9)])\s+(?:and|y)\s+(?=[A-Za-z])")
"""Where the next regimen of a list may begin."""
_NOT_AGAINST = re.compile(
    r"\bno (?:response|longer|further)\b|\bnot tolerated\b|\bnon-?respon\w+|\bsin (?:respuesta|toxicidad)\b"
    r"|\b(?:without|no) (?:progression|toxicity|evidence)\b|\bno tolerad[oa]\b|\bneg(?:ative|ativo|ativa)?\b"
)
"""What is said of a treatment that was given."""
_PLANNED = re.compile(
    r"^[-* ]*(?:(?:assessment|impression|evaluacion)(?: and | ?[&/] ?))?(?:plan|recommendations?|recomendaciones)\b"
)
_HEADING = re.compile(r":\s*$")
_ADVANCED = re.compile(r"\bmetasta|\badvanced\b|\bavanzad|\brecurren|\bstage iv\b|\bestadio iv\b|\bpalliat|\bpaliativ")
_EARLY = re.compile(r"\badjuvan|\badyuvan|\bneo-?ad[jy]uvan|\bpreoperat")
_PLAN = re.compile(
    r"\b(?:treatment|therapy|chemotherapy|care|oncology) plans?\b|\bplan de tratamiento\b", re.IGNORECASE
)
_LONGEST = 160
_NO_LINE = "conditioning"
"""The role of drugs that make no line of their own."""


class InWords(msgspec.Struct, frozen=True):
    """A regimen in words: its drugs, when it began as far as that is said, and for which disease; with its quotation.

    `for_advanced` is None where neither words nor date tell.
    """

    drugs: frozenset[str]
    start: Span | None
    for_advanced: bool | None
    evidence: Evidence


@once
def regimens_in_words(reading: Reading) -> tuple[InWords, ...]:
    """Return the regimens that notes and reports name, the fullest of those that share drugs, in the order of texts."""
    roles = reading.drug_set(reading.policy.figures.lines.drugs).roles
    counted = frozenset([drug for drug, role in roles.items() if role != _NO_LINE])
    found: dict[frozenset[str], InWords] = {}
    for mentioned in (one for document, texts in quotable(reading) for one in _courses_in(reading, document, texts)):
        drugs = mentioned.drugs & counted
        if drugs and reading.policy.figures.product.drug not in mentioned.drugs:
            found.setdefault(drugs, msgspec.structs.replace(mentioned, drugs=drugs))
    every = tuple(found.values())
    return tuple(one for one in every if not any(_is_part(reading, one, other) for other in every))


def _is_part(reading: Reading, one: InWords, whole: InWords) -> bool:
    """Return whether a regimen is a shorter name of another one: a part of its drugs, and not begun apart from it."""
    return one.drugs < whole.drugs and not _are_apart(reading, one.start, whole.start, whole.start)


def _are_apart(reading: Reading, start: Span | None, first: Span | None, last: Span | None) -> bool:
    """Return whether a start lies surely more than a gap before, or after, the days of something."""
    gap = timedelta(reading.policy.figures.lines.gap_days)
    if start is None or first is None or last is None:
        return False
    return start.last + gap < first.first or last.last + gap < start.first


def _courses_in(reading: Reading, document: DocumentRecord, texts: tuple[str, ...]) -> Iterator[InWords]:
    """Yield the regimens that a document names: of a care plan what was done by it, else the parts of its texts."""
    if document.courses:
        for course in document.courses:
            words = _PLAN.sub(" ", course.words)
            if drugs := reading.drugs.spoken_of_in(words) | _coded(reading, course):
                named = course.words or " + ".join(names(reading, sorted(drugs)))
                if not is_against(words) and (course.start is None or course.start.first <= reading.as_of):
                    yield InWords(drugs, course.start, _setting(words), _quoted(document, named))
        return
    for part in (one for text in texts for whole in _parts(text) for one in _listed(reading, whole)):
        drugs = reading.drugs.spoken_of_in(part)
        if drugs and not is_against(part):
            start = first_day(part, reading.as_of.year)
            yield InWords(drugs, start.span if start and start.sure else None, _setting(part), _quoted(document, part))


def _coded(reading: Reading, course: Course) -> frozenset[str]:
    every = (coding for concept in course.concepts for coding in concept.coding)
    found = (reading.drugs.find(one.system or "", one.code or "") for one in every)
    return frozenset(one.drug.id for one in found if one is not None)


def _quoted(document: DocumentRecord, part: str) -> Evidence:
    words = part if len(part) <= _LONGEST else f"{part[:_LONGEST].rstrip()} ..."
    return shows(document, Note("mention.evidence", words=words), role=Role.POSSIBLE)


@once
def further_in_words(reading: Reading) -> tuple[InWords, ...]:
    """Return the regimens of notes that no record holds: no line, certain or possible, and no hint."""
    found = lines(reading)
    known = {one.drug for one in found.possible} | {drug for hint in unlisted(reading) for drug in hint.drugs}
    further = list[InWords]()
    for one in regimens_in_words(reading):
        near = (line for line in found.certain if not _are_apart(reading, one.start, line.start, line.last))
        if not one.drugs <= known.union(*(line.drugs for line in near)):
            further.append(one)
    return tuple(further)


def is_against(text: str) -> bool:
    """Return whether words name a drug and do not say that it was given: denied, doubted, planned, of somebody else."""
    rest = _NOT_AGAINST.sub(" ", plain(text))
    return turns(rest, "denials", "doubts", "states", "people", "plans")


def _parts(text: str) -> Iterator[str]:
    """Yield the parts of a text, without those under a heading of what is planned."""
    planned = False
    for line in text.splitlines():
        if not line.strip() or _HEADING.search(line):
            planned = False
        planned = planned or bool(_PLANNED.search(plain(line)))
        if not planned:
            yield from (part for one in _PARTS.split(line) if (part := one.strip(" .;,-*")))


def _listed(reading: Reading, part: str) -> Iterator[str]:
    """Yield the regimens of a list; what names no drug, or did not begin apart from the one before, belongs to that."""
    window = timedelta(reading.policy.figures.lines.window_days)
    found: list[str] = []
    for piece in _LISTED.split(part):
        before, start = (first_day(one, reading.as_of.year) for one in (found[-1] if found else "", piece))
        is_apart = before is not None and start is not None and abs(start.span.first - before.span.first) > window
        if found and not (is_apart and reading.drugs.spoken_of_in(piece)):
            found[-1] = f"{found[-1]}, {piece}"
        else:
            found.append(piece)
    yield from found


def _setting(part: str) -> bool | None:
    words = plain(part)
    early, advanced = bool(_EARLY.search(words)), bool(_ADVANCED.search(words))
    return None if early is advanced else advanced
