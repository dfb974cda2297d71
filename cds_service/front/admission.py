"""Who is let in by the head of a request alone, before its body is read."""

from collections.abc import Callable
from dataclasses import dataclass

from cds_service.clients.access import Visit
from cds_service.front.request_body import Head
from cds_service.http.threshold import Head as Seen
from cds_service.http.threshold import Threshold

_HOOKS, _FHIR = "/cds-services/", "/fhir"
_FOR_EVERYBODY = ("/metadata", "/.well-known/smart-configuration")


@dataclass(frozen=True, slots=True)
class Admission:
    """Checks host, page and media type, then the token as far as it can be checked without the body.

    Whether a token was used before is looked at with the body, and so is what an access token allows.
    """

    threshold: Threshold
    base_url: str
    caller: Callable[[Visit], str]
    reader: Callable[[Visit], str]

    def __call__(self, head: Head) -> str:
        """Return the name of who calls, empty where nobody is asked for; raises a CallError."""
        self.threshold.check(Seen(head.method, head.path, head.header))
        if head.method == "OPTIONS":
            return ""
        visit = Visit(head.header("Authorization"), head.method, self.base_url + head.path, b"", head.address)
        if head.path.startswith(_HOOKS):
            return self.caller(visit)
        if head.path.startswith(_FHIR) and not head.path.endswith(_FOR_EVERYBODY):
            return self.reader(visit)
        return ""
