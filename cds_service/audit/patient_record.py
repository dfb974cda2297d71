"""Everything on file about one patient, for who is entitled to it: one JSON object a line, each with its table.

Notes stand in it as they are kept: who shows it puts them into words (`Wording.report`).

A call is found by what rests on it: one that led to no determination, card or authorization names its patient in its
body alone, and is not.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Table, or_, select

from cds_service.audit.audit_events import reads_of
from cds_service.chain.entries import key_of
from cds_service.chain.seals import instant
from cds_service.database.transactions import reading
from cds_service.encryption.payloads import Place, opened, opened_text
from cds_service.storage.archive import caused
from cds_service.storage.revision_texts import COLUMN, RevisionTexts, texts_of
from cds_service.storage.tables import (
    AUTHORIZATIONS,
    CALLS,
    DETERMINATIONS,
    FEEDBACK,
    NOTICES,
    PRIOR_AUTH_ANSWERS,
    PRIOR_AUTH_REQUESTS,
    RESPONSES,
    REVISIONS,
    SENT_CARDS,
    SHOWN_CARDS,
)

Json = dict[str, Any]
_PACKED = frozenset({"request", "reply", "response"})
_TEXTS = frozenset({"allowance", "items", "said", "about"})


@dataclass(frozen=True, slots=True)
class Patient:
    """Whose record is meant: the id at a FHIR server; without a tenant or server, that of every one."""

    id: str
    tenant: str = ""
    fhir_server: str = ""


def record_of(engine: Engine, whose: Patient, base_url: str) -> Iterator[Json]:
    """Yield what is on file, and who read it; raises StoreError."""
    with reading(engine) as connection:
        kept = list(_kept(connection, whose))
    yield from kept
    names = frozenset(str(one["id"]) for one in kept if one["table"] in {"determinations", "responses"})
    yield from ({"table": "reads", "event": one} for one in reads_of(engine, names, base_url))


def _kept(connection: Connection, whose: Patient) -> Iterator[Json]:
    named = select(DETERMINATIONS.c.id).where(*_whose(DETERMINATIONS, whose))
    members = select(AUTHORIZATIONS.c.member).where(*_whose(AUTHORIZATIONS, whose))
    authorized = or_(AUTHORIZATIONS.c.member.in_(members), AUTHORIZATIONS.c.call.in_(_calls(whose)))
    of_calls = CALLS.c.id.in_(_calls(whose))
    cards = select(SENT_CARDS.c.uuid).where(SENT_CARDS.c.call.in_(_calls(whose)))
    yield from _rows(connection, DETERMINATIONS, *_whose(DETERMINATIONS, whose))
    yield from _rows(connection, REVISIONS, REVISIONS.c.determination.in_(named))
    yield from _rows(connection, RESPONSES, RESPONSES.c.determination.in_(named))
    yield from _rows(connection, AUTHORIZATIONS, authorized)
    yield from _rows(connection, CALLS, of_calls)
    yield from _rows(connection, SENT_CARDS, SENT_CARDS.c.call.in_(_calls(whose)))
    yield from _rows(connection, SHOWN_CARDS, *_whose(SHOWN_CARDS, whose))
    requested = select(PRIOR_AUTH_REQUESTS.c.id).where(*_whose(PRIOR_AUTH_REQUESTS, whose))
    yield from _rows(connection, PRIOR_AUTH_REQUESTS, *_whose(PRIOR_AUTH_REQUESTS, whose))
    yield from _rows(connection, PRIOR_AUTH_ANSWERS, PRIOR_AUTH_ANSWERS.c.request_id.in_(requested))
    yield from _rows(connection, NOTICES, NOTICES.c.request_id.in_(requested))
    yield from _rows(connection, FEEDBACK, FEEDBACK.c.card.in_(cards))


def _whose(table: Table, whose: Patient) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a row is of a patient."""
    yield table.c.patient == whose.id
    if whose.tenant:
        yield table.c.tenant == whose.tenant
    if whose.fhir_server:
        yield table.c.fhir_server == whose.fhir_server


def _calls(whose: Patient) -> Any:
    """Return the ids of the calls that something of a patient rests on."""
    named = select(DETERMINATIONS.c.id).where(*_whose(DETERMINATIONS, whose))
    judged = select(REVISIONS.c.call).where(REVISIONS.c.determination.in_(named))
    given = select(AUTHORIZATIONS.c.call).where(*_whose(AUTHORIZATIONS, whose))
    return judged.union(given, select(SHOWN_CARDS.c.call).where(*_whose(SHOWN_CARDS, whose)))


def _rows(connection: Connection, table: Table, *which: ColumnElement[bool]) -> Iterator[Json]:
    rows = select(table).where(*which).order_by(*table.primary_key.columns)
    for row in connection.execute(rows).all():
        kept = {str(name): value for name, value in row._asdict().items()}
        texts = _revision_json(texts_of(connection, row)) if table is REVISIONS else {}
        places = {name: Place(table, name, key_of(table, kept)) for name in kept.keys() - {COLUMN, *texts}}
        shown = {name: _shown(connection, places[name], value) for name, value in kept.items() if name in places}
        yield {"table": table.name} | shown | texts


def _revision_json(texts: RevisionTexts) -> Json:
    return asdict(texts) | {"cause": caused(texts.cause)}


def _shown(connection: Connection, place: Place, value: Any) -> object:
    """Return a value as JSON can hold it: what is packed, encrypted, or a JSON text, as what it says."""
    if value is None:
        return None
    if place.column in _PACKED and isinstance(value, bytes):
        return orjson.loads(opened(connection, place, value)) if value else None
    if place.column in _TEXTS and isinstance(value, str):
        return orjson.loads(opened_text(connection, place, value))
    if place.column == "comment":
        return opened_text(connection, place, value)
    if isinstance(value, datetime):
        return instant(value)
    return value.isoformat() if isinstance(value, date) else value
