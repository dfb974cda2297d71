"""FHIR R4 resources as the mappings read them.

One struct serves every resource type: a field that a type does not have stays empty. Elements whose shape differs from
type to type are kept as raw JSON and decoded where they are used. Everything not named here is skipped by the decoder.
"""

import msgspec

from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.r4.elements import CodeableConcept, Measured, Meta, Period, Reference, Stage, _Part


class Entry(_Part, frozen=True, gc=False):
    """Bundle.entry."""

    full_url: str | None = None
    resource: "Resource | None" = None


class Resource(Measured, frozen=True, gc=False):
    """Any resource."""

    resource_type: str = ""
    id: str | None = None
    meta: Meta | None = None
    status: str | None = None
    intent: str | None = None
    do_not_perform: bool = False

    subject: Reference | None = None
    patient: Reference | None = None
    beneficiary: Reference | None = None

    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    occurrence_date_time: str | None = None
    onset_date_time: str | None = None
    onset_period: Period | None = None
    recorded_date: str | None = None
    recorded: str | None = None
    asserted_date: str | None = None
    date_asserted: str | None = None
    date_recorded: str | None = None
    abatement_date_time: str | None = None
    authored_on: str | None = None
    when_handed_over: str | None = None
    date: str | None = None
    started: str | None = None
    issued: str | None = None
    conclusion: str | None = None
    description: str | None = None
    title: str | None = None
    actuality: str | None = None
    period: Period | None = None

    method: CodeableConcept | None = None
    component: tuple[Measured, ...] = ()
    has_member: tuple[Reference, ...] = ()
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    stage: tuple[Stage, ...] = ()
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    vaccine_code: CodeableConcept | None = None
    is_subpotent: bool = False
    report_origin: CodeableConcept | None = None
    gender: str | None = None
    birth_date: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    payor: tuple[Reference, ...] = ()
    conclusion_code: tuple[CodeableConcept, ...] = ()

    contained: tuple["Resource", ...] = ()
    entry: tuple[Entry, ...] = ()

    narrative: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="text")

    # Elements whose shape differs between resource types.
    identifier: msgspec.Raw = msgspec.Raw()
    name: msgspec.Raw = msgspec.Raw()
    subscriber_id: msgspec.Raw = msgspec.Raw()
    dependent: msgspec.Raw = msgspec.Raw()
    extension: msgspec.Raw = msgspec.Raw()
    focus: msgspec.Raw = msgspec.Raw()
    specimen: msgspec.Raw = msgspec.Raw()
    reason_code: msgspec.Raw = msgspec.Raw()
    reason_reference: msgspec.Raw = msgspec.Raw()
    status_reason: msgspec.Raw = msgspec.Raw()
    status_reason_codeable_concept: msgspec.Raw = msgspec.Raw()
    dosage: msgspec.Raw = msgspec.Raw()
    quantity: msgspec.Raw = msgspec.Raw()
    dosage_instruction: msgspec.Raw = msgspec.Raw()
    note: msgspec.Raw = msgspec.Raw()
    category: msgspec.Raw = msgspec.Raw()
    event: msgspec.Raw = msgspec.Raw()
    activity: msgspec.Raw = msgspec.Raw()
    content: msgspec.Raw = msgspec.Raw()
    presented_form: msgspec.Raw = msgspec.Raw()
    body_site: msgspec.Raw = msgspec.Raw()
    type: msgspec.Raw = msgspec.Raw()
    class_: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="class")
    collection: msgspec.Raw = msgspec.Raw()
    result: msgspec.Raw = msgspec.Raw()
    abatement_age: msgspec.Raw = msgspec.Raw()
    abatement_boolean: msgspec.Raw = msgspec.Raw()
    abatement_period: msgspec.Raw = msgspec.Raw()
    abatement_range: msgspec.Raw = msgspec.Raw()
    abatement_string: msgspec.Raw = msgspec.Raw()
    ingredient: msgspec.Raw = msgspec.Raw()
    form: msgspec.Raw = msgspec.Raw()

    @property
    def reference(self) -> str:
        """Return Type/id, as evidence names a resource; `Type/?` for one that bears no id."""
        return f"{self.resource_type}/{self.id or '?'}"

    @property
    def when(self) -> Span | None:
        """Return when its matter was: effective or performed, else onset, else recorded or written."""
        for period in (self.effective_period, self.performed_period, self.onset_period):
            if period is not None and (found := span(period.start)):
                return found
        for text in (
            self.effective_date_time,
            self.effective_instant,
            self.performed_date_time,
            self.occurrence_date_time,
            self.when_handed_over,
            self.onset_date_time,
            self.recorded_date,
            self.authored_on,
            self.date,
            self.started,
        ):
            if text and (found := span(text)):
                return found
        return None


class ContainedResource(Resource, frozen=True, gc=False):
    """A resource that stands inside another; `within` names that one as Type/id."""

    within: str = ""

    @property
    def reference(self) -> str:
        """Return Type/id of the whole, with the fragment that FHIR gives a contained resource."""
        return f"{self.within}#{self.id or '?'}"


def contained_in(whole: Resource, inner: Resource) -> ContainedResource:
    """Return a contained resource that knows what it stands in: whose it is and when, unless it says so itself."""
    members = {name: getattr(inner, name) for name in inner.__struct_fields__}
    members["subject"] = inner.subject or whole.subject
    if not any((inner.effective_date_time, inner.effective_period, inner.effective_instant)):
        members["effective_date_time"] = whole.effective_date_time
        members["effective_period"] = whole.effective_period
    members["issued"] = inner.issued or whole.issued
    return ContainedResource(**members, within=whole.reference)


class Header(_Part, frozen=True, gc=False):
    """The least that names a resource, for one that cannot be read in full."""

    resource_type: str = ""
    id: str | None = None
