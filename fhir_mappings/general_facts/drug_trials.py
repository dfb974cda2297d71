"""Step therapy: a drug of a class that was tried and did not do.

A trial is one course of one drug. How long it ran, how long ago, at which dose, and why it ended are judged apart, each
met, not met or unknown; a course proves the trial only where all of them are met. That none does proves nothing: the
trial may be on no record. What each course lacks is said.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.concept_match import find, meanings, shown
from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.disease.diagnoses import Tie
from fhir_mappings.disease.text_mentions import confirming
from fhir_mappings.facts.fhir_kind import FhirKind
from fhir_mappings.general_facts.current_drug import OPEN_ENDED, TYPES, drug_class, look_for
from fhir_mappings.meanings.of_words import Seen, drug_was_given
from fhir_mappings.population.drug_logic import TREATMENTS
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.record_logic import DID_NOT_DO, is_plain_trial, trial_values
from fhir_mappings.therapy.treatments import Treatment, treatments
from fhir_mappings.therapy.unlisted_drugs import hints_of
from policies.kinds.trials import DRUG_TRIAL
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note, Said, Series, together
from policies.model.truth import Truth, all_of

_GAP_DAYS = 60
"""Records of a drug that lie further apart are two courses: a month's supply, and as long again to fetch the next."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked of a trial: how it stands, and what is said of it; nothing where it is met."""

    truth: Truth
    says: Said = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """One course of one drug of the class, with its records and how each part of the trial stands."""

    records: tuple[Treatment, ...]
    parts: tuple[Part, ...]

    @property
    def drug(self) -> str:
        """Return the drug that was tried, by its name in the drug table."""
        return self.records[0].drug

    @property
    def truth(self) -> Truth:
        """Return whether it is all that is asked for."""
        return all_of(one.truth for one in self.parts)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Return its records as evidence."""
        return tuple(one.evidence for one in self.records)


def drug_trial(reading: Reading, fact: Fact) -> Finding:
    """Return yes for a course that is a trial in all its parts, or a contraindication; else what each course lacks."""
    known = trials(reading, fact)
    met = [one for one in known if one.truth is Truth.MET]
    if met:
        shown_ = tuple(item for one in met for item in one.evidence)
        return Finding.yes(shown_, Note("trial.met", drug=met[0].records[0].name, found=shown_))
    barred = tuple(_contraindications(reading, fact))
    if barred:
        return Finding.yes(barred, Note("trial.contraindicated", found=barred))
    seen = as_role((item for one in known for item in one.evidence), Role.POSSIBLE)
    hinted = hints_of(reading, frozenset(drug_class(reading, fact)))
    return confirming(reading, lacking(known, hinted), (*seen, *hinted), look_for(reading, fact))


def lacking(known: Iterable[Trial], hinted: tuple[Evidence, ...]) -> Said:
    """Return what is said where no course is a trial: what each lacks, and what may be a drug of the class."""
    courses = tuple(_said(one) for one in known)
    short = Note("trial.short", courses=Series(courses, "; ")) if courses else ""
    return together(short, Note("trial.hinted", found=hinted) if hinted else "")


def trials(reading: Reading, fact: Fact) -> tuple[Trial, ...]:
    """Return every course of a drug of the class, held against what the fact asks of a trial."""
    return tuple(
        Trial(course, tuple(_parts(reading, fact, course)))
        for drug in drug_class(reading, fact)
        for course in _courses(reading, drug)
    )


def _courses(reading: Reading, drug: str) -> Iterator[tuple[Treatment, ...]]:
    """Yield the courses of a drug before the order: records no further apart than a gap; undated ones alone."""
    known = [one for one in treatments(reading) if one.drug == drug and one.belongs is not Tie.OTHER]
    before = [one for one in known if one.start is not None and one.start.first < reading.as_of]
    course: list[Treatment] = []
    last = date.min
    for one in sorted(before, key=lambda one: (one.first_day, one.record.reference)):
        if course and (one.first_day - last).days > _GAP_DAYS:
            yield tuple(course)
            course = []
        course.append(one)
        last = max(last, one.first_day, one.end.last if one.end is not None else one.first_day)
    if course:
        yield tuple(course)
    yield from ((one,) for one in known if one.start is None)


def _parts(reading: Reading, fact: Fact, course: Sequence[Treatment]) -> Iterator[Part]:
    """Yield how each part of a trial stands; that the drug was given at all is one of them."""
    if not any(one.given and one.belongs is Tie.OWN for one in course):
        yield Part(Truth.UNKNOWN, Note("trial.other_use") if any(one.given for one in course) else "")
    yield from _length(reading, fact, course)
    yield from _recency(reading, fact, course)
    yield from _dose(fact, course)
    yield _ending(reading, fact, course)


def _length(reading: Reading, fact: Fact, course: Sequence[Treatment]) -> Iterator[Part]:
    wanted = fact.parameters.get("at_least_days")
    if not isinstance(wanted, int):
        return
    given = [one for one in course if one.given and one.start is not None]
    if not given:
        yield Part(Truth.UNKNOWN, Note("trial.days_open"))
        return
    starts, ends = [one.start for one in given if one.start is not None], [_end(reading, one) for one in given]
    surely = (max(first for first, _ in ends) - min(one.last for one in starts)).days
    at_most = (max(last for _, last in ends) - min(one.first for one in starts)).days
    if surely >= wanted:
        yield Part(Truth.MET)
    elif at_most < wanted and not any(_is_open(one) for one in given):
        yield Part(Truth.NOT_MET, Note("trial.days_short", days=at_most, wanted=wanted))
    else:
        yield Part(Truth.UNKNOWN, Note("trial.days_open"))


def _is_open(one: Treatment) -> bool:
    """Return whether a record tells of a whole course, and not when it ended."""
    return one.end is None and one.record.kind in OPEN_ENDED


def _end(reading: Reading, one: Treatment) -> tuple[date, date]:
    """Return the first and the last day that the end of a record can mean: no later than the order."""
    end = one.end or one.start
    running = one.end is None and one.record.kind == "MedicationStatement" and one.record.status == "active"
    if running or end is None:
        return reading.as_of, reading.as_of
    return min(end.first, reading.as_of), min(end.last, reading.as_of)


def _recency(reading: Reading, fact: Fact, course: Sequence[Treatment]) -> Iterator[Part]:
    """Hold the end of a course against the look-back."""
    limit = fact.parameters.get("within_days")
    if not isinstance(limit, int):
        return
    ends = [_end(reading, one) for one in course if one.start is not None]
    if not ends:
        yield Part(Truth.UNKNOWN, Note("trial.within_open"))
        return
    day: date = reading.as_of
    nearest = (day - max(last for _, last in ends)).days
    farthest = (day - max(first for first, _ in ends)).days
    if farthest <= limit:
        yield Part(Truth.MET)
    elif nearest > limit:
        yield Part(Truth.NOT_MET, Note("trial.within_no", days=limit))
    else:
        yield Part(Truth.UNKNOWN, Note("trial.within_open"))


def _dose(fact: Fact, course: Sequence[Treatment]) -> Iterator[Part]:
    """Hold the highest daily dose of a course against that of the policy."""
    wanted = fact.parameters.get("at_least_mg_a_day")
    if not isinstance(wanted, int | Decimal):
        return
    doses = [dose for one in course if one.given and (dose := one.record.daily_mg) is not None]
    if not doses:
        yield Part(Truth.UNKNOWN, Note("trial.dose_open"))
    elif max(doses) >= wanted:
        yield Part(Truth.MET)
    else:
        yield Part(Truth.NOT_MET, Note("trial.dose_no", dose=f"{max(doses):f}", wanted=f"{Decimal(wanted):f}"))


def _ending(reading: Reading, fact: Fact, course: Sequence[Treatment]) -> Part:
    """Read the coded reasons for which a course was stopped; one that says otherwise, or goes on, leaves it open."""
    codes = reading.codes_of(fact, "reasons")
    endings = [
        (one, found) for one in course for reason in one.record.status_reasons if (found := meanings(reason, codes))
    ]
    if any(not found <= DID_NOT_DO for _, found in endings):
        return Part(Truth.UNKNOWN, Note("trial.reason_other"))
    running = [one for one in course if _is_open(one) and one.record.status == "active"]
    if endings and not any(_goes_on(reading, one, endings) for one in running):
        return Part(Truth.MET)
    return Part(Truth.UNKNOWN, Note("trial.running" if running else "trial.reason_open"))


def _goes_on(reading: Reading, one: Treatment, endings: Sequence[tuple[Treatment, frozenset[str]]]) -> bool:
    """Return whether a record that runs may have begun after the last of the records that say why a course ended."""
    ended = max(_end(reading, stopped)[1] for stopped, _ in endings)
    return one.start is None or one.start.last > ended


def _contraindications(reading: Reading, fact: Fact) -> Iterator[Evidence]:
    """Yield the diagnoses on record for which no drug of the class can be tried."""
    if "contraindications" not in fact.parameters:
        return
    codes = reading.codes_of(fact, "contraindications")
    for one in admitted(reading).diagnoses:
        hit = find(one.code, codes)
        if hit is not None and one.standing is Standing.PROVES and not one.is_over:
            yield shows(one, shown(one.code, hit[1].display), hit[0])


def _said(trial: Trial) -> Note:
    first = trial.records[0]
    days = [part.written for one in trial.records for part in (one.start, one.end) if part is not None]
    period = " - ".join(dict.fromkeys((min(days), max(days)))) if days else Note("undated")
    parts = tuple(one.says for one in trial.parts if one.says)
    return Note("trial.course", drug=first.name, period=period, parts=Series(parts))


def may_be_trial(seen: Seen) -> bool | None:
    """Return yes for a record of a course that falls short in nothing, though not all of it is on record."""
    known = trials(seen.reading, seen.fact)
    own = [one for one in known if seen.item.reference in {item.reference for item in one.evidence}]
    if own:
        return True if any(one.truth is not Truth.NOT_MET for one in own) else None
    return drug_was_given(seen)


RECORDS = (
    FhirKind(
        DRUG_TRIAL,
        drug_trial,
        TYPES | {"Medication", "Condition"},
        means=may_be_trial,
        logic=PopulationLogic(trial_values, TREATMENTS, serves=is_plain_trial),
    ),
)
