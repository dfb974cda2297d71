"""Who is let in under a FHIR base: a registered client by its access token, by its own signature, or an administrator.

Source: SMART App Launch 2.2.0, "Backend Services". A token that a client signs for the very address that it calls,
as for CDS Hooks, proves the same key, and is taken as well. While nobody is registered, everybody on this machine is
let in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from cds_service.clients.access import Gate, Reader, Visit, bearer
from cds_service.clients.registered_clients import Client
from cds_service.clients.scopes import Need, allows
from hooks.protocol.errors import ForbiddenError, Issue, UnauthorizedError

_NOBODY: Mapping[str, Client] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token stands for: a client, by its issuer, and the scopes that it was given."""

    client: str
    scopes: tuple[str, ...]


class Grants(Protocol):
    """Knows the access tokens that were given and still hold."""

    def find(self, token: str) -> Grant | None:
        """Return what a token stands for; None if it is none of ours, or has expired."""


@dataclass(frozen=True, slots=True)
class Door:
    """Decides who is let in; without a store there are no access tokens."""

    gate: Gate
    grants: Grants | None = None

    def reader(self, visit: Visit, need: Need) -> Reader:
        """Return whose determinations a visitor may see; raises UnauthorizedError, or ForbiddenError for the scope."""
        token, verifier = bearer(visit), self.gate.verifier
        clients = verifier.clients if verifier is not None else _NOBODY
        if self.grants is None or not clients or not token or "." in token or self.gate.is_admin(visit):
            return self.gate.reader(visit)
        grant = self.grants.find(token)
        client = clients.get(grant.client) if grant is not None else None
        if grant is None or client is None:
            raise UnauthorizedError([Issue("the access token is unknown or has expired")])
        if not allows(grant.scopes, need):
            raise ForbiddenError([Issue(f"the access token lacks the scope system/{need.kind}.{need.letter}")])
        return Reader(client.caller.tenant)
