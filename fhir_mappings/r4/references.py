"""Whose resource is it (reading 19): references to the patient in all spellings, and to anything else of the call."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fhir_mappings.r4.elements import Reference


def local(reference: str) -> tuple[str, str] | None:
    """Return (type, id) of a relative or absolute literal reference; None for `#...`, `urn:...` and anything else."""
    path = reference.split("/_history/", 1)[0]
    if path.startswith(("#", "urn:")):
        return None
    steps = path.rstrip("/").split("/")
    return (steps[-2], steps[-1]) if len(steps) >= 2 and steps[-2] and steps[-1] else None


def named(reference: Reference | None) -> tuple[str, str] | None:
    """Return (type, id) of a reference as it was decoded; None where there is none, or one that is not literal."""
    return local(reference.reference or "") if reference is not None else None


def base(reference: str) -> str:
    """Return the server part of an absolute reference, as scheme://host:port/path; empty for a relative one."""
    if "://" not in reference:
        return ""
    try:
        parts = urlsplit(reference.split("/_history/", 1)[0].rstrip("/"))
    except ValueError:
        return reference
    path = "/".join(parts.path.split("/")[:-2])
    return server(f"{parts.scheme}://{parts.netloc}{path}")


def server(url: str) -> str:
    """Return a server's base URL in one spelling: lower-case scheme and host, no default port, no last slash.

    What is no URL stays as it is, and is like no server.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    default = {"https": 443, "http": 80}.get(parts.scheme)
    host = (parts.hostname or "") + (f":{port}" if port and port != default else "")
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """The patient of a call: the id, the server that it lives on (empty if unknown), and other names of the resource.

    A reference to the same id on another server is somebody else.
    """

    id: str
    server: str = ""
    urls: frozenset[str] = frozenset()
    _known: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def is_patient(self, reference: str | None) -> bool:
        """Whether a reference means this patient; no reference means nobody."""
        if not reference:
            return False
        found = self._known.get(reference)
        if found is None:
            found = self._known[reference] = self._decide(reference)
        return found

    def _decide(self, reference: str) -> bool:
        if reference in self.urls:
            return True
        if local(reference) != ("Patient", self.id):
            return False
        return self.is_home(reference)

    def is_home(self, reference: str) -> bool:
        """Whether a reference is to the patient's own server, as far as that is known."""
        home = base(reference)
        return not home or not self.server or home == server(self.server)
