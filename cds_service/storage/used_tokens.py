"""Which tokens were used: shared by all processes, and kept through a restart."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine

from cds_service.clients.client_assertions import UnnotedError
from cds_service.database.rows import forget, insert_once
from cds_service.database.transactions import StoreError, writing
from cds_service.storage.tables import USED_TOKENS


@dataclass(frozen=True, slots=True)
class SqlUsedTokens:
    """Notes uses of tokens; those that have expired are forgotten."""

    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def is_first(self, use: str, until: datetime) -> bool:
        """Note a use, a hash, and tell whether it is the first of it, in any process; raises UnnotedError."""
        try:
            with writing(self.engine) as connection:
                forget(connection, USED_TOKENS, self.now())
                return insert_once(connection, USED_TOKENS, {"use": use, "until": until})
        except StoreError:
            raise UnnotedError from None
