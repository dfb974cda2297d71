"""Feedback on cards: kept once, and joined to the cards that were sent when somebody asks for the report."""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from cds_service.storage.tables import CALLS, FEEDBACK
from hooks.feedback import Feedback

_UNKNOWN = "a card that is not on file"


@dataclass(frozen=True, slots=True)
class Count:
    """How often one type of card, on one order's policy, met with one outcome and reason."""

    topic: str
    policy: str
    outcome: str
    reason: str
    times: int
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SqlFeedback:
    """Keeps feedback and reports it."""

    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def keep(self, tenant: str, service: str, given: Iterable[Feedback]) -> int:
        """Keep what is new, and return how much of it was; the same feedback again changes nothing."""
        return sum(self._keep(tenant, service, one) for one in given)

    def _keep(self, tenant: str, service: str, one: Feedback) -> bool:
        row = {"id": one.identity(tenant, service), "tenant": tenant, "service": service, "received": self.now()}
        said = {"card": one.card, "outcome": one.outcome, "at": one.at, "reason": one.reason, "comment": one.comment}
        try:
            with self.engine.begin() as connection:
                connection.execute(insert(FEEDBACK), row | said | {"suggestions": "\n".join(one.suggestions)})
        except IntegrityError:
            return False
        return True

    def report(self) -> tuple[Count, ...]:
        """Count feedback by type of card, policy, outcome and reason; the most frequent first."""
        with self.engine.connect() as connection:
            rows = list(connection.execute(select(FEEDBACK)))
        cards = dict(self._cards({row.card for row in rows}))
        keys = [(*cards.get(row.card, (_UNKNOWN, "")), row.outcome, row.reason) for row in rows]
        comments: dict[tuple[str, ...], list[str]] = {}
        for key, row in zip(keys, rows, strict=True):
            comments.setdefault(key, []).extend([row.comment] if row.comment else [])
        counted = Counter(keys).most_common()
        return tuple(Count(*key, times, tuple(comments[key])) for key, times in counted)

    def _cards(self, wanted: set[str]) -> Iterator[tuple[str, tuple[str, str]]]:
        """Yield the type and the policy page of cards that were sent, by their uuid."""
        if not wanted:
            return
        with self.engine.connect() as connection:
            for (reply,) in connection.execute(select(CALLS.c.reply)):
                content: dict[str, Any] = orjson.loads(zlib.decompress(reply)) if reply else {}
                for card in content.get("cards", ()):
                    if card.get("uuid") in wanted:
                        yield card["uuid"], (card["source"]["topic"]["code"], _policy(card))


def _policy(card: dict[str, Any]) -> str:
    """Return the policy that a card links to; empty if it links to none."""
    links = (str(link["url"]) for link in card.get("links", ()))
    return next((url.rpartition("/policies/")[2].partition("?")[0] for url in links if "/policies/" in url), "")
