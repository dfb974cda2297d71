"""Which tokens were used: shared by all processes, and kept through a restart."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, bindparam, select

from cds_service.clients.client_assertions import UnnotedError
from cds_service.clients.token_uses import Use
from cds_service.database.prepared import Prepared
from cds_service.database.rows import insert_once
from cds_service.database.transactions import StoreError, reading, writing
from cds_service.storage.tables import USED_TOKENS

_KNOWN = Prepared(select(USED_TOKENS.c.use).where(USED_TOKENS.c.use == bindparam("sought")))


def is_first(connection: Connection, use: Use) -> bool:
    """Note a use within a transaction, and tell whether it is the first of it, in any process; raises StoreError."""
    return insert_once(connection, USED_TOKENS, {"use": use.name, "until": use.until})


@dataclass(frozen=True, slots=True)
class SqlUsedTokens:
    """Notes uses of tokens; those that have expired are swept with what else has."""

    engine: Engine

    def is_known(self, use: str) -> bool:
        """Whether a use, a hash, was noted in any process; raises UnnotedError."""
        try:
            with reading(self.engine) as connection:
                return _KNOWN.first(connection, {"sought": use}) is not None
        except StoreError:
            raise UnnotedError from None

    def is_first(self, use: str, until: datetime) -> bool:
        """Note a use, a hash, and tell whether it is the first of it, in any process; raises UnnotedError."""
        try:
            with writing(self.engine) as connection:
                return is_first(connection, Use(use, until))
        except StoreError:
            raise UnnotedError from None
