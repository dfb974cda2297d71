"""The ordered drug in the chart: the courses in which it was given, and so whether the request is a continuation."""

from datetime import date, timedelta
from typing import NamedTuple

from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.clinical.dates import Span
from fhir_mappings.therapy.treatments import Treatment, treatments
from policies.model.criteria import RequestKind

_OPEN_ENDED = frozenset({"MedicationRequest", "MedicationStatement"})
"""The records that tell of a whole course; without an end, nothing says that it is over."""


class Course(NamedTuple):
    """Doses of the policy's drug without a long pause: the first, and the latest day that the last one can be of.

    `last` is None where a record of the course has no end.
    """

    first: Span
    last: date | None


@once
def own_records(reading: Reading) -> tuple[Treatment, ...]:
    """Return the records of the policy's own drug; they never count as earlier therapy."""
    drug = reading.policy.figures.product.drug
    return tuple(one for one in treatments(reading) if one.drug == drug)


@once
def courses(reading: Reading) -> tuple[Course, ...]:
    """Return the courses of the policy's drug up to the order, the oldest first, as far as the records are dated.

    A pause that is surely longer than the policy's days (`continuation_within_days`) ends a course; a policy without
    that figure knows one course only.
    """
    given = [(one.start, one) for one in own_records(reading) if one.given and one.start is not None]
    dated = sorted((pair for pair in given if pair[0].first <= reading.as_of), key=lambda pair: _placed(pair[0]))
    found: list[Course] = []
    for start, record in dated:
        end = _end(start, record)
        if found and not _is_apart(reading, found[-1], start.first):
            known = found[-1]
            later = max(known.last, end) if known.last is not None and end is not None else None
            found[-1] = Course(min(known.first, start, key=lambda one: (one.last, one.first)), later)
        else:
            found.append(Course(start, end))
    return tuple(found)


def _placed(start: Span) -> tuple[date, date]:
    return start.first, start.last


def _end(start: Span, record: Treatment) -> date | None:
    """Return the latest day that a record can mean; None where nothing says that its course is over."""
    if record.end is not None:
        return max(start.last, record.end.last)
    return None if record.record.kind in _OPEN_ENDED else start.last


def _is_apart(reading: Reading, course: Course, day: date) -> bool:
    """Whether a day lies more than the policy's days after the last dose of a course."""
    most = reading.policy.within_days
    return most is not None and course.last is not None and day - course.last > timedelta(days=most)


@once
def current_course(reading: Reading) -> Course | None:
    """Return the course that runs when the order is written; None if there is none, or the last one is over."""
    last = next(reversed(courses(reading)), None)
    return None if last is None or _is_apart(reading, last, reading.as_of) else last


@once
def earlier_course(reading: Reading) -> Course | None:
    """Return the last course that was over before the order, and before the course that runs; None if none was."""
    before = [one for one in courses(reading) if one is not current_course(reading)]
    return before[-1] if before else None


@once
def first_dose(reading: Reading) -> Span | None:
    """Return when the policy's drug was first given in the course that runs; None if none does, or it is not dated."""
    course = current_course(reading)
    return course.first if course is not None else None


def request_kind(reading: Reading) -> RequestKind:
    """Return initial or continuation (`docs/architecture.md`), unless the payer's own record has settled it.

    A continuation: the drug's first dose of all lies at least the policy's days before the order, on every day that it
    can mean, and the last one is recent enough that a course runs; or an authorization of ours is over, so that what it
    was given for was begun. With a chart that holds no dose, the last day of that authorization stands for the last
    dose. Only a pause that reaches up to the order makes a first request again, not one between two earlier courses.
    """
    own = reading.own
    if own.kind is not None:
        return own.kind
    if own.ended is not None and _goes_on(reading, own.ended):
        return RequestKind.CONTINUATION
    latest = reading.as_of - timedelta(days=reading.policy.after_days)
    begun = any(one.first.last <= latest for one in courses(reading))
    runs = current_course(reading) is not None
    return RequestKind.CONTINUATION if begun and runs else RequestKind.INITIAL


def _goes_on(reading: Reading, ended: date) -> bool:
    """Whether treatment under an authorization that is over goes on: its last dose is recent enough."""
    if courses(reading):
        return current_course(reading) is not None
    most, ordered = reading.policy.within_days, date.toordinal(reading.as_of)
    return most is None or ordered - ended.toordinal() <= most
