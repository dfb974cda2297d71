"""What a SMART launch asks of the record system, and what it answers. Nothing else is asked for with the token.

Source: SMART App Launch 2.2, "Launch App: EHR Launch", "Obtain authorization code", "Obtain access token" and
"Discover .well-known/smart-configuration"; CDS Hooks 2.0, "Link" (appContext comes with the token).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

import msgspec

from cds_service.http.addresses import RefusedError, check_secure, connect_to
from cds_service.http.deadline import session_until
from cds_service.http.http_client import OutgoingError, fetch, post_form
from fhir_mappings.r4.references import local

_WELL_KNOWN = ".well-known/smart-configuration"
_SECONDS = 5.0
_MOST_BYTES = 200_000
_S256 = "S256"


class SmartError(Exception):
    """The record system cannot be asked, or answers with what cannot be used; the message holds nothing of it."""


class Endpoints(msgspec.Struct, frozen=True):
    """Where the record system authorizes; `methods` are the ways of PKCE that it names, maybe none."""

    authorization_endpoint: str
    token_endpoint: str
    methods: tuple[str, ...] = msgspec.field(name="code_challenge_methods_supported", default=())


class _Context(msgspec.Struct, frozen=True):
    """One entry of fhirContext."""

    reference: str = ""
    canonical: str = ""


class Token(msgspec.Struct, frozen=True, rename="camel"):
    """What comes with an access token. The token itself is not read: nothing is fetched with it."""

    patient: str = ""
    app_context: str = ""
    fhir_context: tuple[_Context, ...] = ()

    @property
    def determination(self) -> str:
        """Return the id of the determination that the link of our card named; empty if there is none."""
        try:
            return msgspec.json.decode(self.app_context, type=_AppContext).determination
        except msgspec.MsgspecError:
            return ""

    def reference(self, kind: str) -> str:
        """Return the first reference of a type in the context; empty if there is none."""
        named = (local(one.reference) for one in self.fhir_context)
        return next(("/".join(one) for one in named if one is not None and one[0] == kind), "")

    @property
    def names_something(self) -> bool:
        """Whether it says which determination or form is meant, beside the patient."""
        return bool(self.determination or self.canonicals)

    @property
    def canonicals(self) -> tuple[str, ...]:
        """Return the canonical URLs in the context."""
        return tuple(one.canonical for one in self.fhir_context if one.canonical)


class _AppContext(msgspec.Struct, frozen=True):
    determination: str = ""


@dataclass(frozen=True, slots=True)
class RecordSystem:
    """A record system by the base URL of its FHIR server, which is registered."""

    iss: str

    def endpoints(self) -> Endpoints:
        """Ask where it authorizes; raises SmartError."""
        url = f"{self.iss}/{_WELL_KNOWN}"
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        try:
            until = monotonic() + _SECONDS
            with session_until(until, connect_to(url)) as http:
                found = fetch(http, url, headers, until, _MOST_BYTES).body
            endpoints = msgspec.json.decode(found, type=Endpoints)
        except (OutgoingError, RefusedError, msgspec.MsgspecError) as error:
            raise SmartError(f"discovery: {type(error).__name__}") from None
        for one in (endpoints.authorization_endpoint, endpoints.token_endpoint):
            self._check(one)
        if endpoints.methods and _S256 not in endpoints.methods:
            raise SmartError("discovery: no PKCE by S256")
        return endpoints

    def token(self, endpoint: str, fields: Mapping[str, str]) -> Token:
        """Exchange a code for what comes with a token; raises SmartError."""
        try:
            until = monotonic() + _SECONDS
            with session_until(until, connect_to(endpoint)) as http:
                found = post_form(http, endpoint, fields, until, _MOST_BYTES)
            return msgspec.json.decode(found, type=Token)
        except (OutgoingError, RefusedError, msgspec.MsgspecError) as error:
            raise SmartError(f"token: {type(error).__name__}") from None

    def _check(self, url: str) -> None:
        """Raise SmartError for an endpoint that is not used: http on this machine is for a server that is there."""
        try:
            check_secure(url, query=True)
        except RefusedError:
            raise SmartError("discovery: an endpoint that is not used") from None
        if url.startswith("http://") and not self.iss.startswith("http://"):
            raise SmartError("discovery: an endpoint on this machine")
