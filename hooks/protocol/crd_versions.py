"""The versions of CRD that we speak: one decision, written down in each of them.

One record a version, with everything that differs: a new version is a record more, its writer of coverage information
beside the others (`fhir_mappings.coverage.coverage_information`), and the version of DTR that goes with it.
Sources: CRD 2.0.1 and CRD 2.2.1, coverage information, cards, and HTTP response codes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fhir_mappings.coverage.coverage_information import TEMP, Stamp, written_2_0, written_2_2
from policies.model.determination import Determination

Json = dict[str, Any]
_CARD_TYPES = "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"


@dataclass(frozen=True, slots=True)
class CrdVersion:
    """One version of CRD: its name in `davinci-crd.version`, its writer of coverage information, and what differs.

    written: a determination in the shape of its ext-coverage-information.
    topic_system: the code system of a card's topic.
    associated: a reference as `associatedResource` of a card has it.
    repeats: coverage information that already stands on an order is sent again, and so is an empty list of actions.
    on_the_order: what is determined for an appointment stands on the order behind it (ServiceRequest), else on the
        Appointment.
    older_forms: forms go out as DTR 2.0.1 has them: a task for one says by codes of CRD why it is there and what
        follows on it, and names the form without its version, since readers of 2.0 are known to take a name with a
        version for no URL.
    malformed_content: the HTTP status for a call whose JSON is sound and whose members or FHIR content are not.
    prefetch_expressions: its clients read the prefetch expressions of CDS Hooks 3.0.
    defects: by the defects of its guide that a client can ask to have avoided (`Caller.avoids`): coverage information
        as a validator takes it on a type of resource, or None where it takes none there.
    """

    name: str
    written: Callable[[Determination, Stamp], Json]
    topic_system: str
    associated: Callable[[str], Any]
    repeats: bool
    on_the_order: bool
    older_forms: bool
    malformed_content: int
    prefetch_expressions: bool
    defects: Mapping[str, Callable[[str, Json], Json | None]]


def _as_text(reference: str) -> str:
    return reference


def _as_reference(reference: str) -> Json:
    return {"reference": reference}


def _says(extension: Json, name: str, code: str) -> bool:
    return any(part["url"] == name and part.get("valueCode") == code for part in extension["extension"])


def _unless_not_covered(_: str, extension: Json) -> Json | None:
    """Write nothing of what is not covered: the rule crd-ci-q2 of 2.0.1 refuses it, being the wrong way round."""
    return None if _says(extension, "covered", "not-covered") else extension


def _without_purpose(_: str, extension: Json) -> Json:
    """Leave out that documents are for an authorization: the rule crd-ci-q4 of 2.2 refuses it where it is needed."""
    withpa = {"url": "doc-purpose", "valueCode": "withpa"}
    return extension | {"extension": [part for part in extension["extension"] if part != withpa]}


def _in_context(kind: str, extension: Json) -> Json | None:
    """Write nothing on a VisionPrescription, which the context of the extension leaves out in 2.0.1."""
    return None if kind == "VisionPrescription" else extension


CRD_2_0 = CrdVersion(
    name="2.0",
    written=written_2_0,
    topic_system=TEMP,
    associated=_as_text,
    repeats=True,
    on_the_order=False,
    older_forms=True,
    malformed_content=422,
    prefetch_expressions=False,
    defects=MappingProxyType({"crd-ci-q2": _unless_not_covered, "vision-prescription": _in_context}),
)
CRD_2_2 = CrdVersion(
    name="2.2",
    written=written_2_2,
    topic_system=_CARD_TYPES,
    associated=_as_reference,
    repeats=False,
    on_the_order=True,
    older_forms=False,
    malformed_content=400,
    prefetch_expressions=True,
    defects=MappingProxyType({"crd-ci-q4": _without_purpose}),
)
DEFAULT_VERSION = CRD_2_0
"""The version for a call that names none, and whose client is registered with none."""
CRD_VERSIONS: Mapping[str, CrdVersion] = MappingProxyType({one.name: one for one in (CRD_2_0, CRD_2_2)})
"""The versions that we speak, as `davinci-crd.version` declares them."""
