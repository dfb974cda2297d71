"""Which version of CRD a call is answered in."""

from typing import Any

from hooks.errors import Issue, VersionError

SPOKEN = ("2.0",)
"""The versions that we speak, as `davinci-crd.version` declares them."""

DEFAULT = "2.0"
_REQUESTED = "davinci-crd.requestedVersion"


def version_of(extension: dict[str, Any]) -> str:
    """Return the version that a call asks for, else the default; raises VersionError for one that we do not speak."""
    asked = extension.get(_REQUESTED, DEFAULT)
    if asked not in SPOKEN:
        text = f"CRD version {asked!r} is not spoken here; ask for one of: {', '.join(SPOKEN)}"
        raise VersionError([Issue(text, f"extension.'{_REQUESTED}'")])
    return str(asked)
