"""Uses of tokens: what names one, and what remembers them until they expire."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a token: a hash that names it, and until when it has to be remembered."""

    name: str
    until: datetime


class UsedTokens(Protocol):
    """Remembers tokens until they expire."""

    def is_known(self, use: str) -> bool:
        """Whether a use, a hash, was noted; raises UnnotedError (`client_assertions`)."""

    def is_first(self, use: str, until: datetime) -> bool:
        """Note a use, a hash, and tell whether it is the first of it; raises UnnotedError (`client_assertions`)."""


class NothingUsed:
    """Remembers nothing, and lets nothing through: for explaining tokens, which never notes a use."""

    def is_known(self, _use: str) -> bool:
        """Whether a use was noted: never known to be new, here."""
        return True

    def is_first(self, _use: str, _until: datetime) -> bool:
        """Whether a use is the first: never, here."""
        return False
