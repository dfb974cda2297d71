"""From claims to records of a giving: each line of a claim that was paid or is billed becomes one (reading 23).

A claim proves that a drug was given, and nothing else. What was denied, cancelled, taken back, drafted, or asked for
before it was given, is no record. Sources: FHIR R4, Claim and ExplanationOfBenefit; CARIN IG for Blue Button (denials).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from fhir_mappings.clinical.dates import span
from fhir_mappings.r4.claims import Adjudication, Claim, Detail, Line
from fhir_mappings.r4.elements import CodeableConcept, Period, Reference
from fhir_mappings.r4.references import local
from fhir_mappings.r4.resources import Resource

_TYPES = frozenset({"institutional", "professional", "pharmacy"})
_OUTCOMES = frozenset({"complete", "partial"})
_DENIED = frozenset({"denied", "denialreason", "rejected", "reversed", "void"})
"""Codes of an adjudication by which it denies (CARIN: payer adjudication status, adjudication discriminator)."""
_PAID = frozenset({"benefit", "payment", "paidtoprovider", "paidtopatient", "paidbypatient", "eligible", "paid"})
_BORNE = _PAID | {"deductible", "copay", "coinsurance", "memberliability", "priorpayerpaid", "unallocdeduct"}
"""Sums that somebody pays: a line of which each is nothing was paid by nobody."""
_NOT_RENDERED = re.compile(
    r"\b(?:not|never) (?:render|furnish|provid|perform|given|administer)\w*|\bno (?:prestad|rendid|realizad)\w*",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:den(?:y|ied|ial)|reject\w*|void\w*|revers\w*|cancel\w*|deneg\w*|rechaz\w*)\b", re.IGNORECASE
)
_DISCARDED = frozenset({"JW"})
"""Modifiers of HCPCS on a line that says what was thrown away, and not what was given."""
_REPLACED = frozenset({"prior", "replaces", "replaced"})
_REPLACING = frozenset({"replacedby"})


@dataclass(frozen=True, slots=True)
class Billed:
    """A resource that is a claim, with the parts of it that are read here."""

    resource: Resource
    claim: Claim

    @property
    def name(self) -> str:
        """Return what tells the claim from others: Type/id; one without an id is known by itself alone."""
        return self.resource.reference if self.resource.id else f"?{id(self.resource)}"


def records_of(claims: Iterable[Billed]) -> Iterator[Resource]:
    """Yield the records of what was given by the patient's claims, each once.

    A record bears the type, the id and the status of its claim, so that evidence names the claim.
    """
    known = _once(claims)
    void = {one.name for one in known if not _counts(one)} | set(_named_by_others(known))
    standing = [one for one in known if one.name not in void]
    lines = [(one, line) for one in standing for line in (*one.claim.item, *one.claim.add_item)]
    back = {_matter(one, line) for one, line in lines if _is_negative(line)}
    for one, line in lines:
        if _is_given(line) and _matter(one, line) not in back:
            yield from _records(one, line)
    for one in standing:
        yield from _procedures(one)


def _once(claims: Iterable[Billed]) -> tuple[Billed, ...]:
    """Return claims without those that came twice; two contents under one id are both kept."""
    found: dict[str, list[Billed]] = {}
    for one in claims:
        known = found.setdefault(one.name, [])
        if one not in known:
            known.append(one)
    return tuple(one for known in found.values() for one in known)


def _counts(one: Billed) -> bool:
    """Return whether a claim is of something that was given, and stands."""
    claim = one.claim
    is_billed = one.resource.status == "active" and claim.use == "claim" and bool(_TYPES & _codes(claim.type))
    if one.resource.resource_type == "ExplanationOfBenefit" and claim.outcome not in _OUTCOMES:
        return False
    remarks = (claim.disposition or "", *(one.text or "" for one in claim.process_note))
    is_refused = any(_DENIAL.search(one) or _NOT_RENDERED.search(one) for one in remarks)
    return is_billed and not _is_denied(claim.adjudication) and not is_refused


def _named_by_others(known: tuple[Billed, ...]) -> Iterator[str]:
    """Yield the claims that another replaces, that were replaced, or of which the payer's answer is no."""
    for one in known:
        answered = _reference(one.claim.claim)
        if answered and not _counts(one):
            yield answered
        for related in one.claim.related:
            codes = _codes(related.relationship)
            if codes & _REPLACING:
                yield one.name
            elif codes & _REPLACED and one.resource.status == "active":
                yield _reference(related.claim)
        if answered and any(not _is_given(line) for line in one.claim.item):
            # The payer's answer goes by line: what it paid stands there, and the rest is not taken from the bill.
            yield answered


def _reference(reference: Reference | None) -> str:
    pair = local(reference.reference) if reference is not None and reference.reference else None
    return "/".join(pair) if pair is not None else ""


def _is_given(line: Line) -> bool:
    """Return whether a line says that something was given: some of it, not thrown away, and not denied."""
    discarded = any(code.upper() in _DISCARDED for one in line.modifier for code in one.codes)
    return not discarded and not _is_none(line) and not _is_denied(line.adjudication)


def _is_none(line: Line | Detail) -> bool:
    amount = line.quantity.value if line.quantity is not None else None
    return (amount is not None and amount <= 0) or (isinstance(line, Line) and _is_negative(line))


def _is_negative(line: Line) -> bool:
    """Return whether a line takes another back: billing systems write what is reversed as less than nothing."""
    amounts = (line.quantity.value if line.quantity else None, line.net.value if line.net else None)
    return any(one is not None and one < 0 for one in amounts)


def _matter(one: Billed, line: Line) -> tuple[frozenset[str], str]:
    """Return what a line is of: its codes, and its day."""
    period = _period(one, line)
    return frozenset(_codes(line.product_or_service)), (period.start or "") if period is not None else ""


def _is_denied(adjudications: tuple[Adjudication, ...]) -> bool:
    """Return whether something was denied; a reason of what was reduced, beside a sum that was paid, is no denial."""
    if any(_says_denied(one.reason) for one in adjudications):
        return True
    if any(_is_paid(one) for one in adjudications):
        return False
    return any(_says_denied(one.category) for one in adjudications) or _is_borne_by_nobody(adjudications)


def _is_borne_by_nobody(adjudications: tuple[Adjudication, ...]) -> bool:
    """Return whether the plan's benefit is nothing, and the patient bears nothing either: what is denied reads so."""
    borne = [one for one in adjudications if _BORNE & _codes(one.category) and one.amount is not None]
    benefits = [one for one in borne if {"benefit", "payment", "paidtoprovider"} & _codes(one.category)]
    return bool(benefits) and not any(one.amount and one.amount.value and one.amount.value > 0 for one in borne)


def _says_denied(concept: CodeableConcept | None) -> bool:
    if concept is None:
        return False
    return bool(_DENIED & _codes(concept)) or any(_DENIAL.search(word) for word in concept.words)


def _is_paid(one: Adjudication) -> bool:
    paid = one.amount is not None and one.amount.value is not None and one.amount.value > 0
    return paid and bool(_PAID & _codes(one.category))


def _codes(concept: CodeableConcept | None) -> frozenset[str]:
    return frozenset(code.lower() for code in concept.codes) if concept is not None else frozenset()


def _records(one: Billed, line: Line) -> Iterator[Resource]:
    """Yield the records of a line: one, or one for each product in it, each with the line's own code as well."""
    own = line.product_or_service or CodeableConcept()
    inner = [concept for detail in line.detail for concept in _products(detail)]
    period, reasons = _period(one, line), _reasons(one.claim, line)
    if line.detail and not inner:
        return
    for concept in inner or [CodeableConcept()]:
        yield _record(one, _both(own, concept), period, reasons)


def _products(detail: Detail) -> Iterator[CodeableConcept]:
    if _is_none(detail) or _is_denied(detail.adjudication):
        return
    if detail.product_or_service is not None:
        yield detail.product_or_service
    for inner in detail.sub_detail:
        yield from _products(inner)


def _both(own: CodeableConcept, inner: CodeableConcept) -> CodeableConcept:
    """Return a concept with the codes and the words of both."""
    texts = [text for text in (own.text, inner.text) if text]
    return CodeableConcept(coding=(*own.coding, *inner.coding), text="; ".join(texts) or None)


def _procedures(one: Billed) -> Iterator[Resource]:
    for done in one.claim.procedure:
        if done.procedure_codeable_concept is not None:
            day = Period(start=done.date, end=done.date) if done.date else one.claim.billable_period
            yield _record(one, done.procedure_codeable_concept, day, _reasons(one.claim, Line()))


def _reasons(claim: Claim, line: Line) -> tuple[CodeableConcept, ...]:
    """Return what a line was billed for: the diagnoses that it points to, else all of the claim."""
    pointed = set(line.diagnosis_sequence)
    chosen = [one for one in claim.diagnosis if not pointed or one.sequence in pointed]
    return tuple(one.diagnosis_codeable_concept for one in chosen if one.diagnosis_codeable_concept is not None)


def _period(one: Billed, line: Line) -> Period | None:
    """Return when a line was given: its own day or period, else the period of the claim."""
    if line.serviced_date:
        return Period(start=line.serviced_date, end=line.serviced_date)
    return line.serviced_period or one.claim.billable_period


def _record(
    one: Billed, product: CodeableConcept, period: Period | None, reasons: tuple[CodeableConcept, ...]
) -> Resource:
    is_day = period is not None and span(period.start) == span(period.end)
    return Resource(
        resource_type=one.resource.resource_type,
        id=one.resource.id,
        status=one.resource.status,
        patient=one.resource.patient,
        subject=one.resource.subject,
        issued=one.claim.created,
        medication_codeable_concept=product,
        effective_date_time=period.start if is_day and period is not None else None,
        effective_period=None if is_day else period,
        reason_code=_written(reasons),
        narrative=one.resource.narrative,
    )


def _written(concepts: tuple[CodeableConcept, ...]) -> msgspec.Raw:
    """Return concepts as the JSON of an element `reasonCode`; empty if there are none."""
    plain = [
        {
            "coding": [{"system": it.system, "code": it.code, "display": it.display} for it in one.coding],
            "text": one.text,
        }
        for one in concepts
    ]
    return msgspec.Raw(msgspec.json.encode(plain)) if plain else msgspec.Raw()
