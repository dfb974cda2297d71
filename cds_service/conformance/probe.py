"""Asks a server everything that the checks look at; nothing is judged here."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from cds_service.conformance.calls import Subject, call, knows
from cds_service.conformance.exchanges import (
    SPOKEN,
    Answer,
    Exchange,
    Seen,
    declared,
    is_text,
    services_of,
)
from cds_service.conformance.further_calls import further_calls
from cds_service.conformance.token_signer import Signer
from cds_service.http.http_client import Session, exchange

Json = dict[str, Any]
UNKNOWN_VERSION = "9.9"


@dataclass(frozen=True, slots=True)
class Server:
    """A server: its base URL, the session to reach it, and how it is shown who calls.

    `token` is a token for all addresses; `signer` signs one for each.
    """

    http: Session
    base: str
    token: str = ""
    signer: Signer | None = None

    def ask(self, path: str, body: bytes | None = None, token: str | None = None) -> Exchange:
        """Get a path, or post a body to it, with the right token or another; raises OutgoingError without an answer."""
        url = f"{self.base}/{path}"
        if token is None:
            token = self.signer.token(url) if self.signer else self.token
        status, media_type, content = exchange(self.http, url, body, token)
        try:
            read = json.loads(content)
        except ValueError:
            read = None
        return Exchange(status, media_type, read)

    def call(self, service: Json, sent: Json) -> Exchange:
        """Call a service."""
        return self.ask(f"cds-services/{service['id']}", json.dumps(sent).encode())


def look(server: Server, subject: Subject) -> Seen:
    """Ask for discovery, call each service in each version that it declares, with faults, and what was determined."""
    discovery = server.ask("cds-services")
    seen = Seen(discovery, (), {})
    services = [one for one in services_of(discovery) if is_text(one.get("id")) and knows(str(one.get("hook")))]
    answers = tuple(one for service in services for one in _answers(server, service, subject))
    primary = next((one for one in answers if one.hook == "order-sign"), answers[0] if answers else None)
    broken = {**dict(_broken(server, primary)), **dict(_refusable(server, primary))} if primary else {}
    further = {
        name: Answer(earlier.service, earlier.version, sent, server.call(earlier.service, sent))
        for name, earlier, sent in further_calls(answers)
    }
    return replace(seen, answers=answers, broken=broken, further=further)


def _answers(server: Server, service: Json, subject: Subject) -> Iterator[Answer]:
    """Call a service in each version that it declares, and once as a client that knows no CRD: cards are for it."""
    versions: list[str | None] = [*declared(service)]
    for version in versions or [None]:
        sent = call(str(service["hook"]), version, subject)
        yield Answer(service, version or SPOKEN[0], sent, server.call(service, sent))
    plain = {key: value for key, value in call(str(service["hook"]), None, subject).items() if key != "extension"}
    yield Answer(service, SPOKEN[0], plain, server.call(service, plain))


def _broken(server: Server, whole: Answer) -> Iterator[tuple[str, Exchange]]:
    """Yield the answers to calls with one fault each, by what was wrong."""
    sent, service = whole.call, whole.service
    for name, body in (("not JSON", b'{"hook": '), ("no body", b""), ("a list", b"[]")):
        yield name, server.ask(f"cds-services/{service['id']}", body)
    for name in ("hook", "hookInstance", "context"):
        yield f"no {name}", server.call(service, {key: value for key, value in sent.items() if key != name})
    yield "another hook", server.call(service, sent | {"hook": "patient-view"})
    yield "an unknown service", server.call({"id": "no-such-service"}, sent)
    yield "no coverage sent", server.call(service, sent | {"prefetch": {}})
    yield "no coverage there", server.call(service, sent | {"prefetch": sent["prefetch"] | {"coverage": None}})
    more = {"somethingElse": {"deep": [1]}}
    odd = sent | more | {"context": sent["context"] | more, "prefetch": sent["prefetch"] | {"unknown": None}}
    yield "unknown members", server.call(service, odd)
    if declared(service):
        asked = sent["extension"] | {"davinci-crd.requestedVersion": UNKNOWN_VERSION}
        yield "an unknown version", server.call(service, sent | {"extension": asked})
    nonsense = {"max-cards": -1, "coverage-info": 7}
    for name, options in (("an unknown option", {"no-such-option": True}), ("nonsense in an option", nonsense)):
        configured = sent["extension"] | {"davinci-crd.configuration": options}
        yield name, server.call(service, sent | {"extension": configured})
    plain = {key: value for key, value in sent["extension"].items() if key != "davinci-crd.configuration"}
    without = {key: value for key, value in sent.items() if key != "extension"}
    yield "no configuration", server.call(service, without | ({"extension": plain} if plain else {}))


def _refusable(server: Server, whole: Answer) -> Iterator[tuple[str, Exchange]]:
    """Yield the answers to calls that must not be let in, by what was wrong; only where we sign."""
    path, sent = f"cds-services/{whole.service['id']}", json.dumps(whole.call).encode()
    if server.signer:
        for name, token in server.signer.bad(f"{server.base}/{path}"):
            yield name, server.ask(path, sent, token)
