"""The versions of DTR that we speak: what differs between them in a package.

Sources: DTR 2.0.1 and 2.2.0, dtr-qpackage-output-parameters. Which one is answered: that of the determination that the
call names, else that of the profile in the body, else that of the address.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from fhir_mappings.questionnaires.adaptive_questionnaire import ADAPTIVE_2_0, ADAPTIVE_2_2, AdaptiveShape
from fhir_mappings.questionnaires.draft_response import SHAPE_2_0, SHAPE_2_2, Shape


@dataclass(frozen=True, slots=True)
class DtrDialect:
    """One version: the path of its base, the names of its output parameters, and the shapes of its drafts.

    `root_operations`: its guide lists the operations at the root of the base, and so they stand there as well.
    """

    version: str
    base: str
    package: str
    outcome: str
    shape: Shape
    adaptive: AdaptiveShape
    root_operations: bool = False


DTR_2_0 = DtrDialect(
    "2.0.1", "/fhir/dtr/2.0.1", "PackageBundle", "operationOutcome", SHAPE_2_0, ADAPTIVE_2_0, root_operations=True
)
DTR_2_2 = DtrDialect("2.2.0", "/fhir", "packagebundle", "outcome", SHAPE_2_2, ADAPTIVE_2_2)
_OF_CRD = {"2.0": DTR_2_0, "2.2": DTR_2_2}


def dialect(of_address: DtrDialect, profiles: Iterable[str], crd_version: str = "") -> DtrDialect:
    """Choose the version of an answer; `crd_version` is that of the determination, if one is named."""
    if crd_version in _OF_CRD:
        return _OF_CRD[crd_version]
    versions = {profile.rpartition("|")[2] for profile in profiles}
    named = next((one for one in (DTR_2_0, DTR_2_2) if one.version in versions), None)
    return named or of_address
