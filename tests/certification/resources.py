"""Whether a resource is FHIR R4 as the models of fhir.resources read it."""

from typing import Any

from fhir.resources.R4B import get_fhir_model_class


def fhir_fault(resource: dict[str, Any]) -> str:
    """Return what keeps a resource from being read; nothing if it is as it should be."""
    kind = str(resource.get("resourceType"))
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except ValueError as error:
        return f"{kind} cannot be read: {error}"
    return ""
