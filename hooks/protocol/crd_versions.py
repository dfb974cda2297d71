"""The versions of CRD that we speak: one decision, written down in each of them.

What differs between the versions stands here and in the writers of coverage information, and nowhere else.
Sources: CRD 2.0.1 and CRD 2.2.1, coverage information and cards.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fhir_mappings.coverage.coverage_information import TEMP, Stamp, written_2_0, written_2_2
from hooks.protocol.errors import DEFAULT_VERSION, Issue, VersionError
from policies.model.determination import Determination

Json = dict[str, Any]
_REQUESTED = "davinci-crd.requestedVersion"
_CARD_TYPES = "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version: its name, its writer of coverage information, and the shapes that differ.

    `repeats` tells whether coverage information that already stands on an order is sent again, and whether an empty
    list of system actions is sent. `on_the_order` tells whether what is told of an appointment for an order stands on
    that order (ServiceRequest), else on the Appointment. `older_forms` tells whether forms go out as DTR
    2.0.1 has them: a task for one says by codes of CRD why it is there and what follows on it, and names the form
    without its version, since readers of 2.0 are known to take a name with a version for no URL.
    """

    name: str
    written: Callable[[Determination, Stamp], Json]
    topic_system: str
    associated: Callable[[str], Any]
    repeats: bool
    on_the_order: bool
    older_forms: bool


def _as_text(reference: str) -> str:
    return reference


def _as_reference(reference: str) -> Json:
    return {"reference": reference}


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "2.0": Dialect("2.0", written_2_0, TEMP, _as_text, repeats=True, on_the_order=False, older_forms=True),
        "2.2": Dialect(
            "2.2", written_2_2, _CARD_TYPES, _as_reference, repeats=False, on_the_order=True, older_forms=False
        ),
    }
)
"""The versions that we speak, as `davinci-crd.version` declares them."""


def dialect_of(extension: Mapping[str, Any], registered: str = "") -> Dialect:
    """Return the dialect that a call asks for, else the one that its client is registered with, else the default.

    Raises VersionError for one that we do not speak.
    """
    asked = extension.get(_REQUESTED, registered or DEFAULT_VERSION)
    found = DIALECTS.get(asked) if isinstance(asked, str) else None
    if found is None:
        text = f"the version of CRD that is asked for is not spoken here; ask for one of: {', '.join(DIALECTS)}"
        raise VersionError([Issue(text, f"extension.'{_REQUESTED}'")])
    return found
