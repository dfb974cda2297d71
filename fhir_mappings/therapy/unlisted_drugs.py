"""Treatments of which the drug is not known by a verified code: they are named, and decide nothing (reading 22).

What is known of them is a name in words, a code that nobody has verified, a class of cancer drugs (ATC L01 and L02, the
chemotherapy codes of HCPCS), or a cancer drug that the policy's table of lines does not hold. A record a cycle is one
course, not as many treatments as there are records.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from operator import attrgetter

import msgspec

from fhir_mappings.chart.concept_match import shown
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.clinical.dates import Span
from fhir_mappings.clinical.records import TreatmentRecord
from fhir_mappings.clinical.values import Concept
from fhir_mappings.disease.diagnoses import Tie
from fhir_mappings.text_forms.stated_routes import stated_route
from fhir_mappings.text_forms.words import plain
from fhir_mappings.therapy.products import Named
from fhir_mappings.therapy.treatments import Telling, belongs_to, tellings
from policies.building.facts import ALL
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Role
from policies.model.notes import Note
from policies.terminology.drugs import Drug, Drugs
from policies.terminology.routes import Fit

_ID: Callable[[Named], str] = attrgetter("drug.id")
_OF_CANCER = frozenset({"anticancer", "endocrine"})


class Hinted(msgspec.Struct, frozen=True):
    """A treatment that may be of cancer: the drugs of the table that it may be, none if of no known drug.

    `words` are those of its record, `start` and `end` when it was given, as far as the record says.
    """

    drugs: frozenset[str]
    evidence: Evidence
    words: str = ""
    start: Span | None = None
    end: Span | None = None


@once
def unlisted(reading: Reading) -> tuple[Hinted, ...]:
    """Return the treatments before the order that may be of cancer and count nowhere, without the policy's own drug."""
    own = reading.policy.figures.product.drug
    lines = frozenset(reading.drug_set(reading.policy.figures.lines.drugs).roles.keys() | {own})
    found: list[Hinted] = []
    for one in tellings(reading):
        # Most records are of drugs that the lines are drawn from: they count there, and are no hints.
        drugs = one.product.drugs
        if not drugs or not lines.issuperset(map(_ID, drugs)):
            found += _hints(reading, one, lines)
    return tuple([one for one in found if one.drugs != {own}])


def _hints(reading: Reading, telling: Telling, lines: frozenset[str]) -> Iterator[Hinted]:
    record, known = telling.record, telling.product.drugs
    if telling.product.is_another:
        return
    concepts = _concepts(record)
    if known:
        drugs = frozenset(one.drug.id for one in known if _is_another(one.drug, lines))
        if not drugs or all(belongs_to(reading, record, reading.drugs.by_id[one]) is Tie.OTHER for one in drugs):
            return
    else:
        drugs = telling.product.perhaps or _by_route(record, reading.drugs, concepts)
        if not drugs and not any(_is_of_cancer(one, reading.drugs) for one in concepts):
            return
        if drugs and not any(reading.drugs.by_id[one].part in {"", *_OF_CANCER} for one in drugs):
            return
    words = next((text for one in concepts if (text := shown(one))), record.kind)
    coding = next((one for concept in concepts for one in concept.coding if one.code), None)
    summary = Note("unlisted.evidence", words=words, status=record.status or "")
    evidence = shows(record, summary, coding, Role.POSSIBLE)
    if not evidence.date or evidence.date[:10] < reading.as_of.isoformat():
        yield Hinted(drugs, evidence, words, record.start or record.when, record.end)


def _concepts(record: TreatmentRecord) -> tuple[Concept, ...]:
    """Return all that a record says of its product; the display of a reference is a text."""
    product = record.product
    said = (product.concept, Concept(text=product.pointed) if product.pointed else None)
    return (*(one for one in said if one is not None), *product.ingredients)


def _is_another(drug: Drug, lines: frozenset[str]) -> bool:
    """Return whether a known drug is of cancer, and none that the policy's lines are drawn from."""
    return drug.part in _OF_CANCER and lines.isdisjoint({drug.id, *drug.contains})


def _by_route(record: TreatmentRecord, drugs: Drugs, concepts: tuple[Concept, ...]) -> frozenset[str]:
    """Return the drugs that a record may be of by its words, and by the route that it states."""
    found = frozenset(drug for one in concepts for drug in _may_be(one, drugs))
    stated = stated_route(record.product, drugs.words)
    return frozenset(one for one in found if drugs.fit(drugs.by_id[one], stated) is not Fit.OTHER)


def _may_be(concept: Concept, drugs: Drugs) -> Iterator[str]:
    for coding in concept.coding:
        system, code = coding.system or "", coding.code or ""
        doubtful = drugs.perhaps(system, code)
        yield from (one.drug.id for one in drugs.matches(system, code))
        yield from (doubtful.id,) if doubtful is not None else ()
    for text in concept.words:
        yield from drugs.spoken_of_in(text)


def _is_of_cancer(concept: Concept, drugs: Drugs) -> bool:
    known = drugs.unlisted
    coded = any(known.is_coded(coding.system or "", coding.code or "") for coding in concept.coding)
    return coded or any(known.is_spoken_of(text) for text in concept.words)


def hints_of(reading: Reading, drugs: frozenset[str] | None) -> tuple[Evidence, ...]:
    """Return what may be a treatment with one of some drugs; of any drug, known or not, if None."""
    found, asked = unlisted(reading), reading.drugs.holding(drugs) if drugs is not None else frozenset[str]()
    return tuple(one.evidence for one in found if drugs is None or not asked.isdisjoint(one.drugs))


class HintedCourse(msgspec.Struct, frozen=True):
    """The records of one product that lie no further apart than a gap: the first of them, and the last day on record.

    What is not dated is one course of its product.
    """

    first: Hinted
    last: date = date.max

    @property
    def drugs(self) -> frozenset[str]:
        """Return the drugs of the table that it may be of; none if of no known one."""
        return self.first.drugs

    @property
    def start(self) -> Span | None:
        """Return when it began, if that is known."""
        return self.first.start


@once
def hinted_courses(reading: Reading) -> tuple[HintedCourse, ...]:
    """Return the courses under no code that counts, by their first days; those without a date come last."""
    gap = timedelta(reading.policy.figures.lines.gap_days)
    running: dict[frozenset[str] | str, HintedCourse] = {}
    found: list[HintedCourse] = []
    for one in sorted(unlisted(reading), key=_by_start):
        product = one.drugs or plain(one.words)
        known, day, last = running.get(product), *_days(one)
        if known is not None and (day == date.max or day - known.last <= gap):
            running[product] = HintedCourse(known.first, max(known.last, last) if day != date.max else known.last)
        else:
            found += [known] if known is not None else []
            running[product] = HintedCourse(one, last)
    return tuple(sorted((*found, *running.values()), key=lambda course: _by_start(course.first)))


def _by_start(one: Hinted) -> tuple[date, str]:
    return _days(one)[0], one.evidence.reference


def _days(one: Hinted) -> tuple[date, date]:
    """Return the first and the last day that a record can mean; the end of all days without a date."""
    if one.start is None:
        return date.max, date.max
    return one.start.first, max(one.start.last, one.end.last if one.end is not None else one.start.last)


def hinted_for(reading: Reading, fact: Fact, drugs: Iterable[str]) -> tuple[Evidence, ...]:
    """Return the first record of each course that may be of some drugs; of any course, where a fact asks for all."""
    asked = frozenset(drugs)
    of_any = fact.parameters["drugs"] == ALL
    return tuple(one.first.evidence for one in hinted_courses(reading) if of_any or not asked.isdisjoint(one.drugs))
