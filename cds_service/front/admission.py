"""Who is let in by the head of a request alone, before its body is read; and the front, put together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cds_service.app.container import Container
from cds_service.clients.access import Visit
from cds_service.front.front import Front
from cds_service.front.places import Pace, Places
from cds_service.front.request_body import Bodies, Head
from cds_service.http.threshold import Head as Seen
from cds_service.http.threshold import Threshold

_HOOKS, _FHIR = "/cds-services/", "/fhir"
_FOR_EVERYBODY = ("/metadata", "/.well-known/smart-configuration")
_BODIES_AT_ONCE = 16
"""How many bodies of the largest size may be held while they are read; the others wait, or are refused."""


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


def front_of(container: Container, application: Any) -> Front:
    """Put the front of a service together, before a WSGI application."""
    settings, gate, metrics = container.settings, container.gate, container.metrics
    base_url = container.order_sign.payer.base_url
    limits = settings.limits()
    return Front(
        application,
        Admission(settings.threshold(base_url), base_url, gate.check, container.door.check),
        lambda method, status: metrics.requested(method, "none", status),
        Bodies(limits, settings.read_seconds, _BODIES_AT_ONCE * limits.max_bytes),
        Places(settings.worker_threads, settings.max_waiting, settings.time_budget_seconds),
        Pace(settings.calls_per_minute),
    )
