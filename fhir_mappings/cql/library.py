"""FHIR out: the logic of a policy as a Library, with CQL and ELM side by side.

Sources: FHIR R4, Library; SDC, sdc-library; Da Vinci DTR 2.2.0, spec-92 to spec-99, oper-13. It depends on the value
sets that its data requirements name; the codes that it compares stand in the logic itself, so that it runs alone.
"""

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from fhir.resources.R4B.library import Library

from fhir_mappings.cql.data_requirements import NeededSet, requirements, value_sets_of
from fhir_mappings.cql.shipped import Logic
from fhir_mappings.publication.value_sets import canonical
from fhir_mappings.publication.versions import SEMVER, semantic

Json = dict[str, Any]
_ALGORITHM = "http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm"
_TYPE = "http://terminology.hl7.org/CodeSystem/library-type"


def library_url(logic: Logic, base: str) -> str:
    """Return the canonical URL of a policy's library, without its version; `base` is our own base URL.

    It ends in the library's name in CQL: engines take the name from there.
    """
    return f"{base}/fhir/Library/{logic.name}"


_SEMANTIC = {"system": "http://hl7.org/fhir/version-algorithm", "code": SEMVER}


def library(logic: Logic, base: str) -> Json:
    """Write the logic of a policy as a Library; raises ValidationError (pydantic) if it would be no valid resource."""
    policy = logic.policy
    day, document = policy.version.isoformat(), policy.figures.document
    resource = {
        "resourceType": "Library",
        "id": logic.name,
        "meta": {"versionId": f"{day}.{policy.revision}"},
        "extension": [{"url": _ALGORITHM, "valueCoding": _SEMANTIC}],
        "url": library_url(logic, base),
        "version": semantic(policy.version),
        "name": logic.name,
        "title": policy.title,
        "status": "draft" if policy.is_draft else "active",
        "type": {"coding": [{"system": _TYPE, "code": "logic-library", "display": "Logic Library"}]},
        "subjectCodeableConcept": {"coding": [{"system": "http://hl7.org/fhir/resource-types", "code": "Patient"}]},
        "date": day,
        "publisher": document.payer,
        **_related(logic, base),
        "dataRequirement": requirements(logic, base),
        "content": [_content("text/cql", logic.cql), _content("application/elm+json", logic.elm)],
    }
    Library.model_validate(resource)
    return resource


def _related(logic: Logic, base: str) -> Json:
    """Return the value sets that a library needs; nothing where it needs none (R4: no list is empty)."""
    needed = [_needs(one, base) for one in value_sets_of(logic)]
    return {"relatedArtifact": needed} if needed else {}


def libraries(logics: Iterable[Logic], base: str) -> tuple[Json, ...]:
    """Write a Library for each policy that has logic."""
    return tuple(library(one, base) for one in logics)


def former_names(logics: Iterable[Logic]) -> dict[str, str]:
    """Return the ids under which libraries were published before, the ids of policies, each with the one of now."""
    return {one.policy.id: one.name for one in logics}


def _needs(one: NeededSet, base: str) -> Json:
    named = canonical(base, one.name, one.version)
    return {"type": "depends-on", "display": one.title, "url": named.partition("|")[0], "resource": named}


def _content(kind: str, text: str) -> Json:
    return {"contentType": kind, "data": b64encode(text.encode()).decode()}
