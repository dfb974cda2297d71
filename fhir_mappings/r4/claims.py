"""The parts of a Claim and of an ExplanationOfBenefit (FHIR R4) that are read: what was billed, when, the outcome.

One struct serves both types. Everything not named here is skipped by the decoder.
"""

from decimal import Decimal

import msgspec

from fhir_mappings.clinical.values import Quantity
from fhir_mappings.r4.elements import CodeableConcept, Period, Reference

CLAIMS = frozenset({"Claim", "ExplanationOfBenefit"})
"""The types of resource that say what was billed."""


class _Part(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A piece of a claim; unknown members are skipped."""


class Amount(_Part, frozen=True, gc=False):
    """Money, of which only the number is read."""

    value: Decimal | None = None


class Adjudication(_Part, frozen=True, gc=False):
    """ExplanationOfBenefit.adjudication and item.adjudication: what was decided, and why."""

    category: CodeableConcept | None = None
    reason: CodeableConcept | None = None
    amount: Amount | None = None


class Detail(_Part, frozen=True, gc=False):
    """Claim.item.detail and its subDetail: a product within a line, the NDC of a drug that is billed by HCPCS say."""

    product_or_service: CodeableConcept | None = None
    quantity: Quantity | None = None
    adjudication: tuple[Adjudication, ...] = ()
    sub_detail: tuple["Detail", ...] = ()


class Line(_Part, frozen=True, gc=False):
    """Claim.item or ExplanationOfBenefit.addItem: one product or service on one day, or in one period."""

    product_or_service: CodeableConcept | None = None
    modifier: tuple[CodeableConcept, ...] = ()
    serviced_date: str | None = None
    serviced_period: Period | None = None
    quantity: Quantity | None = None
    net: Amount | None = None
    diagnosis_sequence: tuple[int, ...] = ()
    adjudication: tuple[Adjudication, ...] = ()
    detail: tuple[Detail, ...] = ()


class Diagnosis(_Part, frozen=True, gc=False):
    """Claim.diagnosis: what the lines were billed for; the lines point to it by its number."""

    sequence: int | None = None
    diagnosis_codeable_concept: CodeableConcept | None = None


class Done(_Part, frozen=True, gc=False):
    """Claim.procedure: a procedure of the stay that is billed."""

    date: str | None = None
    procedure_codeable_concept: CodeableConcept | None = None


class ProcessNote(_Part, frozen=True, gc=False):
    """ExplanationOfBenefit.processNote: what the payer remarks of its processing."""

    text: str | None = None


class Related(_Part, frozen=True, gc=False):
    """Claim.related: another claim, the one that this replaces say."""

    claim: Reference | None = None
    relationship: CodeableConcept | None = None


class Claim(_Part, frozen=True, gc=False):
    """A Claim, or an ExplanationOfBenefit: what the payer made of one (`claim` names it)."""

    use: str | None = None
    outcome: str | None = None
    type: CodeableConcept | None = None
    created: str | None = None
    disposition: str | None = None
    billable_period: Period | None = None
    claim: Reference | None = None
    process_note: tuple[ProcessNote, ...] = ()
    related: tuple[Related, ...] = ()
    diagnosis: tuple[Diagnosis, ...] = ()
    procedure: tuple[Done, ...] = ()
    item: tuple[Line, ...] = ()
    add_item: tuple[Line, ...] = ()
    adjudication: tuple[Adjudication, ...] = ()
