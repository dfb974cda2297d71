"""Making evidence of resources."""

from collections.abc import Iterable

from fhir_mappings.clinical.concepts import Coding
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.r4.resources import Measured, Resource
from policies.model.notes import Evidence, Role, Said, Strength


def shows(
    resource: Resource,
    summary: Said,
    coding: Coding | None = None,
    role: Role = Role.FOR,
    strength: Strength = Strength.STRONG,
) -> Evidence:
    """Build evidence of a resource: what it shows, dated by the resource itself."""
    when = dated(resource)
    system, code = (coding.system or "", coding.code or "") if coding is not None else ("", "")
    return Evidence(resource.reference, summary, when.written if when else "", role, system, code, strength)


def as_role(evidence: Iterable[Evidence], role: Role) -> tuple[Evidence, ...]:
    """Return the same evidence in another role, say as merely possible."""
    return tuple([one if one.role is role else one._replace(role=role) for one in evidence])


def dated(resource: Resource) -> Span | None:
    """Return when a resource says that its matter was: effective or performed, else onset, else recorded or written."""
    for period in (resource.effective_period, resource.performed_period):
        if period is not None and (found := span(period.start)):
            return found
    for text in (
        resource.effective_date_time,
        resource.effective_instant,
        resource.performed_date_time,
        resource.when_handed_over,
        resource.onset_date_time,
        resource.recorded_date,
        resource.authored_on,
        resource.date,
        resource.started,
    ):
        if text and (found := span(text)):
            return found
    return None


def has_value(value: Measured) -> bool:
    """Whether a result, or a component, has a value or an interpretation."""
    told = (value.value_codeable_concept, value.value_string, value.value_integer, value.value_boolean)
    measured = (value.value_quantity, value.value_ratio, value.value_range)
    return any(one is not None for one in (*told, *measured)) or bool(value.interpretation)
