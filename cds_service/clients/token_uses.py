"""Uses of tokens: what names one, and what remembers them until they expire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from cds_service.clients.registered_clients import Client

_MOST_SOUND = 1000
Addressed = tuple[str, tuple[str, ...]]
"""A token, and the addresses that it may be for."""


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


@dataclass(frozen=True, slots=True)
class SoundTokens:
    """Tokens that were found sound by the head of a request, until its body comes: each is checked once for both.

    Checking a signature takes longer than most else of a call.
    """

    _found: dict[Addressed, tuple[Client, Mapping[str, Any]]] = field(default_factory=dict)

    def keep(self, of: Addressed, client: Client, claims: Mapping[str, Any]) -> None:
        """Keep who signed a token, and its claims."""
        if len(self._found) >= _MOST_SOUND:
            self._found.clear()  # bodies that never came
        self._found[of] = client, claims

    def take(self, of: Addressed, leeway_seconds: int) -> tuple[Client, Mapping[str, Any]] | None:
        """Return what was kept of a token, once; None where nothing was, or it has expired since."""
        found = self._found.pop(of, None)
        is_over = found is not None and int(found[1]["exp"]) <= datetime.now(UTC).timestamp() - leeway_seconds
        return None if is_over else found
