"""What is looked at before anything of a request is read: its Host, the page that sends it, its media type.

A browser is not trusted because it runs on this machine: any page that somebody opens there can make it call us.
Sources: OWASP, "Cross-Site Request Forgery Prevention" and "DNS rebinding"; W3C, "Fetch Metadata".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from cds_service.http.addresses import is_loopback
from hooks.protocol.errors import HostError, Issue, MediaError, OriginError

LOOPBACK_ORIGIN = r"^https?://(localhost|[a-z0-9.-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$"
"""The origins of pages on this machine, as a pattern."""
CALL_TYPES = frozenset({"application/json", "application/fhir+json"})
"""What a call is sent as; no page can send either to another site without being asked first (CORS)."""
_CALLS = ("/cds-services", "/fhir")
_WITH_DATA = (*_CALLS, "/determinations", "/oauth", "/metrics")
"""Addresses that programs call. The others are pages, which a person reaches by a link from anywhere."""
_HEALTH = ("/health/live", "/health/ready")
_FORMS = "/_search"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_FROM_US = frozenset({"", "same-origin", "none"})
"""Values of Sec-Fetch-Site that no page of another site has: no browser, our own page, or a person's own doing."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a threshold looks at: method and path, and a header by its name (empty if it is not there)."""

    method: str
    path: str
    header: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Lets requests in, or not.

    `hosts` are the names under which the service is reached, beside those of this machine; `own` is its own origin;
    `origins` are those whose pages may call ("*" for all); `loopback_pages` tells whether those of this machine may.
    """

    hosts: frozenset[str]
    own: str
    origins: frozenset[str]
    loopback_pages: bool

    @classmethod
    def of(
        cls, base_url: str, allowed_hosts: tuple[str, ...], origins: frozenset[str], *, is_open: bool
    ) -> "Threshold":
        """Return the threshold of a service at a base URL; while it is open, pages of this machine may call."""
        base = urlsplit(base_url)
        hosts = frozenset({base.hostname or "", *(one.lower() for one in allowed_hosts)})
        return cls(hosts, f"{base.scheme}://{base.netloc}".lower(), frozenset(one.lower() for one in origins), is_open)

    def check(self, head: Head) -> None:
        """Raise HostError, OriginError or MediaError for a request that is not let in."""
        if head.path in _HEALTH:
            return
        host = head.header("Host").lower()
        if not self._is_ours(host):
            raise HostError([Issue("this service does not answer for the host that the request names")])
        self._check_page(head, host)
        self._check_media(head)

    def allows(self, origin: str) -> bool:
        """Whether pages of an origin may call."""
        lower = origin.lower()
        if lower in self.origins or "*" in self.origins:
            return True
        return self.loopback_pages and re.match(LOOPBACK_ORIGIN, lower) is not None

    def _is_ours(self, host: str) -> bool:
        name = _host_of(f"//{host}")
        return bool(name) and (name in self.hosts or host in self.hosts or is_loopback(name))

    def _check_page(self, head: Head, host: str) -> None:
        """Refuse what a page of another site sends; a page of ours that a person opens by a link is let through."""
        origin = head.header("Origin")
        is_page = not head.path.startswith(_WITH_DATA)
        if is_page and head.method in _READS:
            return
        if origin and not self._may_call(origin.lower(), host):
            raise OriginError([Issue("pages of this origin may not call here; the operator can allow it")])
        if not origin and head.header("Sec-Fetch-Site").lower() not in _FROM_US:
            raise OriginError([Issue("a page of another site may not call here")])

    def _may_call(self, origin: str, host: str) -> bool:
        return origin == self.own or origin in {f"http://{host}", f"https://{host}"} or self.allows(origin)

    def _check_media(self, head: Head) -> None:
        if head.method != "POST" or not head.path.startswith(_CALLS) or head.path.endswith(_FORMS):
            return
        if head.header("Content-Type").partition(";")[0].strip().lower() not in CALL_TYPES:
            raise MediaError([Issue("send application/json or application/fhir+json")])


def _host_of(url: str) -> str:
    """Return the name of the host in a URL, in small letters; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
