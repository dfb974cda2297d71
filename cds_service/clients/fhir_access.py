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
        found = self._granted(visit)
        if found is None:
            return self.gate.reader(visit)
        client, scopes = found
        if not allows(scopes, need):
            raise ForbiddenError([Issue(f"the access token lacks the scope system/{need.kind}.{need.letter}")])
        return Reader.of(client.caller)

    def check(self, visit: Visit) -> str:
        """Return the name of a client, by the head of its request; empty for an administrator, or in open mode.

        Raises UnauthorizedError.
        """
        found = self._granted(visit)
        return found[0].name if found is not None else self.gate.check(visit)

    def _granted(self, visit: Visit) -> tuple[Client, tuple[str, ...]] | None:
        """Return whose access token a visitor bears, and its scopes, or None; raises UnauthorizedError."""
        token, verifier = bearer(visit), self.gate.verifier
        clients = verifier.clients if verifier is not None else _NOBODY
        if self.grants is None or not clients or not token or "." in token or self.gate.is_admin(visit):
            return None
        grant = self.grants.find(token)
        client = clients.get(grant.client) if grant is not None else None
        if grant is None or client is None:
            raise UnauthorizedError([Issue("the access token is unknown or has expired")])
        return client, grant.scopes
