"""The SMART launch of the form page: from the record system to the form of one order of the patient in context.

EHR launch with PKCE, as a public client. Only record systems that are registered with a `smart_client_id` are asked.
The state is bound to the browser by a cookie, and serves once. What comes with the token says whose chart is open;
nothing is fetched, and no token is kept.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from itertools import islice
from urllib.parse import urlencode

from cds_service.clients.registered_clients import Client
from cds_service.fetching.allowed_servers import Allowed, permitted
from cds_service.forms.errors import FormPageError
from cds_service.forms.smart_authorization import RecordSystem, SmartError, Token
from cds_service.http.addresses import RefusedError, base_of
from cds_service.logs import LOG
from cds_service.storage.archive import Archive, Kept, Sought
from cds_service.storage.form_keys import FormKeys, Given, Kind
from cds_service.storage.secret_hash import hashed
from fhir_mappings.forms.form import Form
from hooks.protocol.client import Caller

LAUNCH_MINUTES = 10
"""How long a launch may take, in minutes."""
_BYTES = 48
_MOST_OPEN = 10
"""How many open forms of a patient are offered."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A launch under way: where to send the browser, and the value of the cookie that binds it."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Launching:
    """Launches the page; `forms` are ours, by canonical URL with version, `callback` is our redirect address."""

    clients: tuple[Client, ...]
    keys: FormKeys
    archive: Archive
    forms: Mapping[str, Form]
    callback: str

    def begin(self, iss: str, launch: str) -> Begun:
        """Begin a launch that a record system asked for; raises FormPageError."""
        caller, system = self._registered(iss)
        try:
            endpoints = system.endpoints()
        except SmartError as error:
            raise _failed(error) from None
        verifier, cookie = secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES)
        kept = {"iss": system.iss, "endpoint": endpoints.token_endpoint, "verifier": verifier, "cookie": hashed(cookie)}
        state = self.keys.give(Given(Kind.LAUNCH, None, kept), LAUNCH_MINUTES)
        asked = {
            "response_type": "code",
            "client_id": caller.smart_client_id,
            "redirect_uri": self.callback,
            "scope": "launch",
            "state": state,
            "aud": iss,
            "launch": launch,
            "code_challenge": _challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in endpoints.authorization_endpoint else "?"
        return Begun(f"{endpoints.authorization_endpoint}{joint}{urlencode(asked)}", cookie)

    def finish(self, state: str, code: str, cookie: str) -> tuple[Kept, ...]:
        """End a launch, and return the determinations that it may be about, mostly one; raises FormPageError."""
        found = self.keys.use(Kind.LAUNCH, state) if state else None
        if found is None or not compare_digest(found.context["cookie"], hashed(cookie)):
            raise FormPageError(400, "page.launch_stale")
        caller, system = self._registered(found.context["iss"])
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "client_id": caller.smart_client_id,
            "code_verifier": found.context["verifier"],
        }
        try:
            token = system.token(found.context["endpoint"], fields)
        except SmartError as error:
            raise _failed(error) from None
        if token.names_something:
            return (self._determination(token, caller, system),)
        return self._open(token, caller, system)

    def _registered(self, iss: str) -> tuple[Caller, RecordSystem]:
        """Return the client that a record system is registered with; raises FormPageError."""
        for client in self.clients:
            if not client.caller.smart_client_id:
                continue
            try:
                return client.caller, RecordSystem(permitted(iss, Allowed(client.fhir_servers)).base.url)
            except RefusedError:
                continue
        raise FormPageError(403, "page.launch_unknown")

    def _determination(self, token: Token, caller: Caller, system: RecordSystem) -> Kept:
        """Return the determination that a launch is about: of this client, server and patient."""
        found = self._fitting(self._named(token, caller.tenant), token, caller, system)
        first = next(found, None)
        if first is None:
            raise FormPageError(404, "page.launch_other")
        return first

    def _open(self, token: Token, caller: Caller, system: RecordSystem) -> tuple[Kept, ...]:
        """Return the determinations of the patient whose forms have an open question, newest first.

        A plain launch names a patient and nothing else (SMART App Launch 2.2, "Launch context").
        """
        names = self.archive.of_patient(token.patient, caller.tenant) if token.patient else ()
        fitting = self._fitting(names, token, caller, system)
        found = tuple(islice((one for one in fitting if one.report["questions"]), _MOST_OPEN))
        if not found:
            raise FormPageError(404, "page.launch_none")
        return found

    def _fitting(self, names: Iterable[str], token: Token, caller: Caller, system: RecordSystem) -> Iterator[Kept]:
        """Yield the determinations of these that are of this client, server and patient, and have a form."""
        for name in names:
            kept = self.archive.revision(name)
            if kept is None or kept.tenant != caller.tenant or kept.patient != token.patient or not kept.policy_version:
                continue
            if _is_of(kept, system.iss, caller.fhir_servers or ()):
                yield kept

    def _named(self, token: Token, tenant: str) -> Iterator[str]:
        """Yield the determinations that a launch may be about: the one named, else those for its coverage and form."""
        if token.determination:
            yield token.determination
            return
        coverage = token.reference("Coverage")
        for form in (self.forms[one] for one in token.canonicals if one in self.forms):
            sought = Sought(token.patient, coverage, form.policy.id, form.request.value)
            yield from self.archive.newest(sought, tenant)


def _is_of(kept: Kept, iss: str, servers: tuple[str, ...]) -> bool:
    """Whether a determination is about a patient of a server: ids of patients differ from server to server."""
    if not kept.fhir_server:
        return len(servers) == 1
    try:
        return base_of(kept.fhir_server) == base_of(iss)
    except RefusedError:
        return False


def _challenge_of(verifier: str) -> str:
    """Return the challenge of a verifier (RFC 7636); few services are launched so, and load the library."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415

    return str(create_s256_code_challenge(verifier))  # type: ignore[no-untyped-call]


def _failed(error: SmartError) -> FormPageError:
    LOG.error("launch", extra={"fields": {"fault": str(error)}})
    return FormPageError(502, "page.launch_failed")
