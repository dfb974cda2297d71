"""The answer to a search for forms, and what our FHIR base can do. Source: FHIR R4, Bundle and CapabilityStatement."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from fhir_mappings.forms.published import PARAMETERS, Published
from fhir_mappings.questionnaires import STANDARD_FORM

JSON = "application/fhir+json"
_PACKAGE = "http://hl7.org/fhir/us/davinci-dtr/OperationDefinition/questionnaire-package"
_TYPES = {"_id": "token", "url": "uri", "version": "token"}

Json = dict[str, Any]


def searchset(found: Iterable[Published], own_url: str) -> Json:
    """Write the forms that were found; `own_url` tells which parameters were used. Versions share their fullUrl."""
    entries = [{"fullUrl": one.form.url, "resource": one.resource, "search": {"mode": "match"}} for one in found]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries),
        "link": [{"relation": "self", "url": own_url}],
        **({"entry": entries} if entries else {}),
    }


def capabilities(base: str, payer: str, day: date, release: str) -> Json:
    """State what can be done here: read forms, search for them, and have them as packages.

    Raises ValidationError (pydantic) if ill-formed.
    """
    stated = {
        "resourceType": "CapabilityStatement",
        "url": f"{base}/fhir/metadata",
        "version": release,
        "name": "CoverageService",
        "title": f"Coverage service of {payer}",
        "status": "active",
        "date": day.isoformat(),
        "publisher": payer,
        "kind": "instance",
        "software": {"name": "cds-service", "version": release},
        "implementation": {"description": f"Coverage service of {payer}", "url": f"{base}/fhir"},
        "fhirVersion": "4.0.1",
        "format": [JSON, "json"],
        "rest": [{"mode": "server", "resource": [_questionnaires()]}],
    }
    CapabilityStatement.model_validate(stated)
    return stated


def _questionnaires() -> Json:
    return {
        "type": "Questionnaire",
        "supportedProfile": [STANDARD_FORM],
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": [{"name": name, "type": _TYPES[name]} for name in PARAMETERS],
        "operation": [{"name": "questionnaire-package", "definition": _PACKAGE}],
    }
