"""The versions of DTR that we speak: what differs between them in a package.

Sources: DTR 2.0.1 and 2.2.0, dtr-qpackage-output-parameters. Which one is answered: that of the determination that the
call names, else that of the profile in the body, else that of the address.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from fhir_mappings.questionnaires.adaptive_questionnaire import ADAPTIVE_2_0, ADAPTIVE_2_2, AdaptiveShape
from fhir_mappings.questionnaires.draft_response import SHAPE_2_0, SHAPE_2_2, Shape
from hooks.protocol.crd_versions import CRD_2_0, CRD_2_2, CrdVersion


@dataclass(frozen=True, slots=True)
class DtrDialect:
    """One version: the path of its base, the names of its output parameters, and the shapes of its drafts.

    `crd` is the version of CRD that it goes with. `root_operations`: its guide lists the operations at the root of the
    base, and so they stand there as well.
    """

    version: str
    crd: CrdVersion
    base: str
    package: str
    outcome: str
    shape: Shape
    adaptive: AdaptiveShape
    root_operations: bool = False


DTR_2_0 = DtrDialect(
    version="2.0.1",
    crd=CRD_2_0,
    base="/fhir/dtr/2.0.1",
    package="PackageBundle",
    outcome="operationOutcome",
    shape=SHAPE_2_0,
    adaptive=ADAPTIVE_2_0,
    root_operations=True,
)
DTR_2_2 = DtrDialect(
    version="2.2.0",
    crd=CRD_2_2,
    base="/fhir",
    package="packagebundle",
    outcome="outcome",
    shape=SHAPE_2_2,
    adaptive=ADAPTIVE_2_2,
)
DTR_VERSIONS = (DTR_2_2, DTR_2_0)
"""The versions that we speak, the newest first."""


def dialect(of_address: DtrDialect, profiles: Iterable[str], crd_version: str = "") -> DtrDialect:
    """Choose the version of an answer; `crd_version` is that of the determination, if one is named."""
    versions = {profile.rpartition("|")[2] for profile in profiles}
    of_determination = (one for one in DTR_VERSIONS if one.crd.name == crd_version)
    named = (one for one in reversed(DTR_VERSIONS) if one.version in versions)
    return next(of_determination, None) or next(named, None) or of_address
