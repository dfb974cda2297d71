"""Which version of CRD a call is answered in. Source: CRD 2.2.1, version negotiation (davinci-crd.requestedVersion)."""

from collections.abc import Mapping
from typing import Any

from hooks.protocol.crd_versions import CRD_VERSIONS, DEFAULT_VERSION, CrdVersion
from hooks.protocol.errors import Issue, VersionError

_REQUESTED = "davinci-crd.requestedVersion"


def requested_version(extension: Mapping[str, Any], registered: str = "") -> CrdVersion:
    """Return the version that a call asks for, else the one that its client is registered with, else the default.

    Raises VersionError for one that we do not speak.
    """
    asked = extension.get(_REQUESTED, registered or DEFAULT_VERSION.name)
    found = CRD_VERSIONS.get(asked) if isinstance(asked, str) else None
    if found is None:
        text = f"the version of CRD that is asked for is not spoken here; ask for one of: {', '.join(CRD_VERSIONS)}"
        raise VersionError([Issue(text, f"extension.'{_REQUESTED}'")])
    return found
