"""Which tokens were used: shared by all processes, and kept through a restart."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine, bindparam, delete, insert
from sqlalchemy.exc import IntegrityError

from cds_service.storage.tables import USED_TOKENS

_FORGET = delete(USED_TOKENS).where(USED_TOKENS.c.until < bindparam("now"))
_NOTE = insert(USED_TOKENS)


@dataclass(frozen=True, slots=True)
class SqlUsedTokens:
    """Notes uses of tokens; those that have expired are forgotten."""

    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def is_first(self, use: str, until: datetime) -> bool:
        """Note a use, a hash, and tell whether it is the first of it."""
        try:
            with self.engine.begin() as connection:
                connection.execute(_FORGET, {"now": self.now()})
                connection.execute(_NOTE, {"use": use, "until": until})
        except IntegrityError:
            return False
        return True
