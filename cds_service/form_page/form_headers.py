"""What guards the form page in a browser: headers, the cookie of a visit, and whether a post comes from our own page.

No other host is ever asked for anything. LHC-Forms writes style elements and attributes, hence 'unsafe-inline' for
styles; scripts run only as files of ours.
"""

from dataclasses import dataclass
from typing import Literal, TypedDict
from urllib.parse import urlsplit

from flask import Response, request

from cds_service.forms.errors import FormPageError

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


class CookieFlags(TypedDict):
    """The flags of a cookie."""

    httponly: bool
    secure: bool
    samesite: Literal["Lax", "None"]
    partitioned: bool


@dataclass(frozen=True, slots=True)
class Frames:
    """Which pages may show ours in a frame: those of the origins that the operator names, by default none."""

    origins: tuple[str, ...]
    base_url: str

    @property
    def cookie(self) -> CookieFlags:
        """Return the flags of a visit's cookie: in a frame of another site it is sent only with SameSite=None."""
        framed = bool(self.origins) and self._is_secure
        samesite: Literal["Lax", "None"] = "None" if framed else "Lax"
        return {"httponly": True, "secure": self._is_secure, "samesite": samesite, "partitioned": framed}

    def path(self, link: str) -> str:
        """Return the path of a form as the browser sees it: a visit is sent nowhere else."""
        return f"{urlsplit(self.base_url).path}/forms/{link}"

    @property
    def _is_secure(self) -> bool:
        return self.base_url.startswith("https://")

    def guard(self, answer: Response) -> Response:
        """Put the headers on an answer: nothing is cached, and no address with a link is given to anybody."""
        ancestors = " ".join(self.origins) or "'none'"
        answer.headers["Content-Security-Policy"] = _POLICY.format(ancestors=ancestors)
        if not self.origins:
            answer.headers["X-Frame-Options"] = "DENY"
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


def check_own_page(base_url: str) -> None:
    """Raise FormPageError unless a post comes from a page of ours: browsers name the origin of every post."""
    origin = urlsplit(request.headers.get("Origin", ""))
    ours = {urlsplit(base_url).netloc, request.host}
    if not origin.netloc or origin.netloc not in ours:
        raise FormPageError(403, "page.other_site")


def check_own_link() -> None:
    """Raise FormPageError for an address that a page of another site leads to, where opening it does something.

    Source: W3C, "Fetch Metadata": browsers say so with every request, also of a picture.
    """
    if request.headers.get("Sec-Fetch-Site", "").lower() in {"cross-site", "same-site"}:
        raise FormPageError(403, "page.other_site")
