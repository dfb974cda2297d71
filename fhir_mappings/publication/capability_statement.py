"""FHIR out: what a FHIR base of ours can do, as its CapabilityStatement says it.

Sources: FHIR R4, CapabilityStatement; DTR 2.2.0 and 2.0.1, CapabilityStatement dtr-payer-service; SMART App
Launch 2.2.0, "Conformance": where tokens are had is stated by the well-known document, since the older
extension asks for an address of authorization, and there is none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from fhir_mappings.publication.artifacts import PARAMETERS
from fhir_mappings.publication.searchset import JSON

_GUIDE = "http://hl7.org/fhir/us/davinci-dtr"
_PAYER = f"{_GUIDE}/CapabilityStatement/dtr-payer-service"
_TYPES = {"_id": "token", "url": "uri", "version": "token", "name": "string"}
_OPERATIONS = {
    "questionnaire-package": f"{_GUIDE}/OperationDefinition/questionnaire-package",
    "next-question": "http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-next-question",
    "log-questionnaire-errors": f"{_GUIDE}/OperationDefinition/log-questionnaire-errors",
    "expand": "http://hl7.org/fhir/OperationDefinition/ValueSet-expand",
}
_SECURITY = "http://terminology.hl7.org/CodeSystem/restful-security-service"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Served:
    """What is served of one resource type: interactions (FHIR's codes), operations by name, and profiles."""

    kind: str
    interactions: tuple[str, ...]
    operations: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()

    @property
    def is_searched(self) -> bool:
        """Whether resources of this type can be searched for."""
        return "search-type" in self.interactions


@dataclass(frozen=True, slots=True)
class BaseFacts:
    """One base: its address, the version of DTR that it speaks, and whether operations stand at its root as well.

    `token_url` is where clients get their tokens; empty while no client is registered.
    """

    url: str
    dtr: str
    payer: str
    release: str
    day: date
    root_operations: bool
    token_url: str
    origins: bool


def capabilities(base: BaseFacts, served: tuple[Served, ...]) -> Json:
    """State what can be done at a base; raises ValidationError (pydantic) if ill-formed."""
    title = f"Coverage service of {base.payer}, DTR {base.dtr}"
    return stated(base, "CoverageService", title, f"{_PAYER}|{base.dtr}", _rest(base, served))


def stated(base: BaseFacts, name: str, title: str, follows: str, rest: Json) -> Json:
    """Return the statement of a base, which follows a guide; raises ValidationError (pydantic) if ill-formed."""
    whole = {
        "resourceType": "CapabilityStatement",
        "url": f"{base.url}/metadata",
        "version": base.release,
        "name": name,
        "title": title,
        "status": "active",
        "date": base.day.isoformat(),
        "publisher": base.payer,
        "kind": "instance",
        "instantiates": [follows],
        "software": {"name": "cds-service", "version": base.release},
        "implementation": {"description": title, "url": base.url},
        "fhirVersion": "4.0.1",
        "format": ["json", JSON],
        "rest": [rest],
    }
    CapabilityStatement.model_validate(whole)
    return whole


def _rest(base: BaseFacts, served: tuple[Served, ...]) -> Json:
    named = [name for one in served for name in one.operations] if base.root_operations else []
    return {
        "mode": "server",
        "security": security(base),
        "resource": [_resource(one) for one in served],
        **({"operation": list(_operations(named))} if named else {}),
    }


def security(base: BaseFacts) -> Json:
    """Return who is let in at a base, and how."""
    if not base.token_url:
        return {"cors": base.origins, "description": "Open, to this machine only: no client is registered."}
    coding = {"system": _SECURITY, "code": "SMART-on-FHIR"}
    says = f"SMART Backend Services: a token of a registered client, with the scope for what is asked: {base.token_url}"
    return {"cors": base.origins, "service": [{"coding": [coding]}], "description": says}


def _resource(one: Served) -> Json:
    names = PARAMETERS if one.is_searched else ()
    parts = {
        "supportedProfile": list(one.profiles),
        "interaction": [{"code": code} for code in one.interactions],
        "searchParam": [{"name": name, "type": _TYPES[name]} for name in names],
        "operation": list(_operations(one.operations)),
    }
    return {"type": one.kind} | {name: part for name, part in parts.items() if part}


def _operations(names: tuple[str, ...] | list[str]) -> Iterator[Json]:
    for name in names:
        yield {"name": name, "definition": _OPERATIONS[name]}
