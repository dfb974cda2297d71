"""The versions of DTR that we speak: what differs between them in a package.

Sources: DTR 2.0.1 and 2.2.0, dtr-qpackage-output-parameters. Which one is answered stands in docs/dtr.md, "Who gets
which shape": an address or a canonical under the base of 2.0.1 wins, then the profile of the body, then the version in
which the determination was reported. `/fhir` is the home of every canonical, and so names no version by itself.
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
    base, and so they stand there as well. `names_version`: its base is of this version alone. `bare`: one form without
    a remark comes as its Bundle, with nothing around it; 2.2.0 forbids that, and every client of 2.0.1 reads it.
    """

    version: str
    crd: CrdVersion
    base: str
    package: str
    outcome: str
    shape: Shape
    adaptive: AdaptiveShape
    root_operations: bool = False
    names_version: bool = False
    bare: bool = False


DTR_2_0 = DtrDialect(
    version="2.0.1",
    crd=CRD_2_0,
    base="/fhir/dtr/2.0.1",
    package="PackageBundle",
    outcome="operationOutcome",
    shape=SHAPE_2_0,
    adaptive=ADAPTIVE_2_0,
    root_operations=True,
    names_version=True,
    bare=True,
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


@dataclass(frozen=True, slots=True)
class Hints:
    """What a call says of its version: the forms that it names, its profiles, the CRD version of a determination."""

    canonicals: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    crd_version: str = ""


def dialect(of_address: DtrDialect, hints: Hints) -> DtrDialect:
    """Choose the version of an answer."""
    versions = {profile.rpartition("|")[2] for profile in hints.profiles}
    own = (one for one in DTR_VERSIONS if one.names_version)
    named = (one for one in own if one is of_address or _is_below(one, hints.canonicals))
    of_profile = (one for one in reversed(DTR_VERSIONS) if one.version in versions)
    of_determination = (one for one in DTR_VERSIONS if one.crd.name == hints.crd_version)
    return next(named, None) or next(of_profile, None) or next(of_determination, None) or of_address


def _is_below(one: DtrDialect, canonicals: Iterable[str]) -> bool:
    return any(f"{one.base}/Questionnaire/" in canonical for canonical in canonicals)


def at_home(canonical: str) -> str:
    """Return the canonical URL of a form as it is published: one under the base of a version means the same form."""
    for one in DTR_VERSIONS:
        if one.names_version:
            canonical = canonical.replace(f"{one.base}/Questionnaire/", f"{DTR_2_2.base}/Questionnaire/", 1)
    return canonical
