"""A prior authorization request and its answers as they are kept, and the names by which they are found."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import orjson

Json = dict[str, Any]
PENDED, DECIDED, REFUSED, CANCELLED, REPLACED = "pended", "decided", "refused", "cancelled", "replaced"


def name_of(*parts: str) -> str:
    """Return what a member, a provider or a sender is found by: a hash, so that the table holds no number of theirs."""
    return sha256(orjson.dumps(parts)).hexdigest()


def sender_name(system: str, value: str) -> str:
    """Return what an organization that sends is found by."""
    return name_of("sender", system, value)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is kept; `bundle` is its text, `about` what each item was judged by, by its sequence."""

    id: str
    tenant: str
    fhir_server: str
    patient: str
    claim: str
    content: str
    first: str
    replaces: str | None
    kind: str
    state: str
    submitted: datetime
    due: datetime
    expedited: bool
    last_day: date | None
    members: frozenset[str]
    providers: frozenset[str]
    senders: frozenset[str]
    bundle: bytes
    about: Json


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it is kept: which one, when, by whom, what is decided, what was said, and the Bundle."""

    number: int
    at: datetime
    act: str
    person: str
    codes: tuple[str, ...]
    items: tuple[Json, ...]
    said: Json
    reply: bytes


def by_due(requests: Iterable[Request]) -> tuple[Request, ...]:
    """Return requests in the order in which they have to be decided; of two due at once the older comes first."""
    return tuple(sorted(requests, key=lambda one: (one.due, one.submitted, one.id)))


def in_utc(at: datetime) -> datetime:
    """Return an instant with its zone: SQLite gives it back without."""
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
