"""Access tokens of SMART Backend Services: kept as hashes, shared by all processes, forgotten when they expire."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, bindparam, insert, select

from cds_service.clients.fhir_access import Grant
from cds_service.database.rows import forget
from cds_service.database.transactions import reading, writing
from cds_service.storage.secret_hash import hashed
from cds_service.storage.tables import ACCESS_TOKENS

LIFE_SECONDS = 300
"""How long a token holds; SMART App Launch 2.2.0 asks for no more than five minutes."""

_BYTES = 32
_KEEP = insert(ACCESS_TOKENS)
_FIND = select(ACCESS_TOKENS).where(
    ACCESS_TOKENS.c.token == bindparam("hashed"), ACCESS_TOKENS.c.until > bindparam("now")
)


@dataclass(frozen=True, slots=True)
class SqlAccessTokens:
    """Gives tokens, and knows those that hold; `now` is the time of day, never the pinned one."""

    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def keep(self, token: str, client: str, scopes: Iterable[str]) -> None:
        """Keep that a token was given; expired ones are forgotten."""
        now = self.now()
        row = {"token": hashed(token), "client": client, "scopes": " ".join(scopes)}
        with writing(self.engine) as connection:
            forget(connection, ACCESS_TOKENS, now)
            connection.execute(_KEEP, row | {"until": now + timedelta(seconds=LIFE_SECONDS)})

    def find(self, token: str) -> Grant | None:
        """Return what a token stands for; None if it is none of ours, or has expired."""
        with reading(self.engine) as connection:
            row = connection.execute(_FIND, {"hashed": hashed(token), "now": self.now()}).first()
        return Grant(row.client, tuple(row.scopes.split())) if row is not None else None


def new_token() -> str:
    """Return a token that nobody can guess; it says nothing, and has no dot, so that it is never taken for a JWT."""
    return secrets.token_urlsafe(_BYTES)
