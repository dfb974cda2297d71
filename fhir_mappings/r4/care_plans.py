"""The activities of a care plan that were carried out, at least in part: a regimen as oncology systems plan it.

Source: FHIR R4, CarePlan (status, intent, period), CarePlan.activity.detail; CarePlanActivityStatus.
"""

from collections.abc import Iterator

import msgspec

from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.clinical.records import Course
from fhir_mappings.clinical.values import Concept
from fhir_mappings.r4.elements import CodeableConcept, Period, decoded
from fhir_mappings.r4.resources import Resource

CARE_PLAN = "CarePlan"
_BEGUN = frozenset({"in-progress", "completed", "stopped", "on-hold"})
_UNTIL_THE_END = frozenset({"active", "completed"})
"""The statuses of a plan under which an activity without a status of its own, and the title, say what is done."""


class _Detail(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    status: str | None = None
    code: CodeableConcept | None = None
    product_codeable_concept: CodeableConcept | None = None
    description: str | None = None
    do_not_perform: bool = False
    scheduled_period: Period | None = None


class _Activity(msgspec.Struct, frozen=True, gc=False):
    detail: _Detail | None = None


def courses(plan: Resource) -> tuple[Course, ...]:
    """Return what was done by a care plan: its title, and its activities by when they began; none for other types."""
    if plan.resource_type != CARE_PLAN or plan.intent not in ("plan", "order"):
        return ()
    begun = span(plan.period.start) if plan.period is not None else None
    titles = [one for one in (plan.title, plan.description) if one and plan.status in _UNTIL_THE_END]
    inside = [one.detail for one in decoded(plan.activity, _Activity) if one.detail is not None]
    together, apart = list[Course](), list[Course]()
    for detail in inside:
        if _was_begun(detail, plan.status):
            own = span(detail.scheduled_period.start) if detail.scheduled_period is not None else None
            (apart if own is not None else together).append(_course(detail, own or begun))
    whole = Course(" + ".join(one.words for one in together if one.words), _concepts(together), begun)
    every = (*(Course(one, (), begun) for one in titles), whole, *apart)
    return tuple(one for one in every if one.words or one.concepts)


def _was_begun(detail: _Detail, status: str | None) -> bool:
    if detail.do_not_perform:
        return False
    return detail.status in _BEGUN if detail.status is not None else status in _UNTIL_THE_END


def _course(detail: _Detail, start: Span | None) -> Course:
    concepts = tuple(_named(detail))
    words = [word for one in concepts for word in one.words[:1]]
    return Course(" ".join((*words, detail.description or "")).strip(), concepts, start)


def _named(detail: _Detail) -> Iterator[Concept]:
    yield from (one for one in (detail.product_codeable_concept, detail.code) if one is not None)


def _concepts(found: list[Course]) -> tuple[Concept, ...]:
    return tuple(concept for one in found for concept in one.concepts)
