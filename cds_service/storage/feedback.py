"""Feedback on cards: kept once, and joined to the cards that were sent to the same tenant."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Row, and_, bindparam, func, select

from cds_service.database.rows import insert_once, is_there
from cds_service.database.transactions import reading, writing
from cds_service.encryption.payloads import Place, fingerprint, opened_text, sealed_text
from cds_service.storage.tables import FEEDBACK, SENT_CARDS
from hooks.feedback import Feedback

UNKNOWN = "a card that is not on file"
_JOINED = select(
    FEEDBACK.c.id,
    FEEDBACK.c.outcome,
    FEEDBACK.c.reason,
    FEEDBACK.c.comment,
    SENT_CARDS.c.topic,
    SENT_CARDS.c.policy,
    SENT_CARDS.c.policy_version,
    SENT_CARDS.c.criteria,
).join_from(
    FEEDBACK,
    SENT_CARDS,
    and_(SENT_CARDS.c.uuid == FEEDBACK.c.card, SENT_CARDS.c.tenant == FEEDBACK.c.tenant),
    isouter=True,
)
"""All feedback with what its card is about; a tenant's feedback on another tenant's card finds none."""
_TOPIC = select(SENT_CARDS.c.topic).where(
    SENT_CARDS.c.uuid == bindparam("card"), SENT_CARDS.c.tenant == bindparam("of")
)
_RAISED = (
    select(SENT_CARDS.c.policy, SENT_CARDS.c.policy_version, SENT_CARDS.c.criteria, func.count().label("cards"))
    .where(SENT_CARDS.c.criteria != "")
    .group_by(SENT_CARDS.c.policy, SENT_CARDS.c.policy_version, SENT_CARDS.c.criteria)
)


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
class CriterionCount:
    """How often a card was overridden for one reason that raised a criterion; `raised` is by how many cards it was."""

    policy: str
    version: str
    criterion: str
    reason: str
    times: int
    raised: int


@dataclass(frozen=True, slots=True)
class KeptFeedback:
    """Feedback that is new: its outcome, and the topic of its card (UNKNOWN for one that is not on file)."""

    outcome: str
    topic: str


@dataclass(frozen=True, slots=True)
class SqlFeedback:
    """Keeps feedback and reports it."""

    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def keep(self, tenant: str, service: str, given: Iterable[Feedback]) -> tuple[KeptFeedback, ...]:
        """Keep what is new, and return it; the same feedback again changes nothing."""
        kept = (self._keep(tenant, service, one) for one in given)
        return tuple(one for one in kept if one is not None)

    def _keep(self, tenant: str, service: str, one: Feedback) -> KeptFeedback | None:
        plain, row = one.identity(tenant, service), {"tenant": tenant, "service": service, "received": self.now()}
        said = {"card": one.card, "outcome": one.outcome, "at": one.at, "reason": one.reason, "comment": one.comment}
        said["suggestions"] = "\n".join(one.suggestions)
        with writing(self.engine) as connection:
            name = fingerprint(connection, tenant, plain)
            is_kept = name != plain and is_there(connection, FEEDBACK, plain)
            said["comment"] = sealed_text(connection, _comment_of(name), tenant, one.comment) if one.comment else ""
            if is_kept or not insert_once(connection, FEEDBACK, row | said | {"id": name}):
                return None
            topic = connection.execute(_TOPIC, {"card": one.card, "of": tenant}).scalar()
        return KeptFeedback(one.outcome, topic or UNKNOWN)

    def report(self) -> tuple[Count, ...]:
        """Count feedback by type of card, policy, outcome and reason; the most frequent first."""
        rows = self._rows(_JOINED)
        comments_of = self._comments(rows)
        keys = [(row.topic or UNKNOWN, row.policy or "", row.outcome, row.reason) for row in rows]
        comments: dict[tuple[str, ...], list[str]] = {}
        for key, row in zip(keys, rows, strict=True):
            comments.setdefault(key, []).extend([comments_of[row.id]] if row.comment else [])
        counted = Counter(keys).most_common()
        return tuple(Count(*key, times, tuple(comments[key])) for key, times in counted)

    def overridden(self) -> tuple[CriterionCount, ...]:
        """Count overridden cards by each criterion that they raised, and by reason; the most frequent first."""
        raised = Counter[tuple[str, ...]]()
        for row in self._rows(_RAISED):
            raised.update(dict.fromkeys(_criteria(row), row.cards))
        rows = (row for row in self._rows(_JOINED) if row.outcome == "overridden" and row.criteria)
        counted = Counter((key, row.reason) for row in rows for key in _criteria(row)).most_common()
        return tuple(CriterionCount(*key, reason, times, raised[key]) for (key, reason), times in counted)

    def _comments(self, rows: Sequence[Row[Any]]) -> Mapping[str, str]:
        with reading(self.engine) as connection:
            return {row.id: opened_text(connection, _comment_of(row.id), row.comment) for row in rows}

    def _rows(self, statement: Any) -> Sequence[Row[Any]]:
        with reading(self.engine) as connection:
            return connection.execute(statement).all()


def _comment_of(name: str) -> Place:
    return Place(FEEDBACK, "comment", name)


def _criteria(row: Row[Any]) -> Iterator[tuple[str, str, str]]:
    """Yield policy, version and criterion for each criterion of a row."""
    return ((row.policy, row.policy_version, one) for one in row.criteria.split("\n"))
