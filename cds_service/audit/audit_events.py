"""Reads as FHIR R4 AuditEvents: who read what, when, from where, and whether it was refused. No content is repeated.

Source: FHIR R4, AuditEvent; its code systems for types, subtypes, outcomes and roles of entities.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Engine, Row, select

from cds_service.audit.read_log import COMMAND_LINE
from cds_service.chain.seals import instant
from cds_service.database.transactions import reading
from cds_service.storage.tables import READS

Json = dict[str, Any]
_PAGE = 500
_TYPE = {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"}
_READ = {"system": "http://hl7.org/fhir/restful-interaction", "code": "read"}
_OBJECT = {"system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "2"}
_NETWORK_ADDRESS = "2"
_SUCCESS, _MINOR_FAILURE = "0", "4"
_FHIR_KINDS = frozenset({"QuestionnaireResponse", "Patient"})


def reads_since(engine: Engine, day: date | None, base_url: str) -> Iterator[Json]:
    """Yield the reads since a day (UTC), or all of them, the oldest first; raises StoreError."""
    first = datetime.combine(day, time(), UTC) if day is not None else datetime(1970, 1, 1, tzinfo=UTC)
    last = (first, "")
    page = select(READS).order_by(READS.c.at, READS.c.id).limit(_PAGE)
    while True:
        after = (READS.c.at > last[0]) | ((READS.c.at == last[0]) & (READS.c.id > last[1]))
        with reading(engine) as connection:
            found = connection.execute(page.where(after)).all()
        yield from (_event(one, base_url) for one in found)
        if len(found) < _PAGE:
            return
        last = (found[-1].at, found[-1].id)


def reads_of(engine: Engine, names: frozenset[str], base_url: str) -> Iterator[Json]:
    """Yield the reads of some things, by their ids, the oldest first; raises StoreError."""
    with reading(engine) as connection:
        rows = connection.execute(select(READS).where(READS.c.name.in_(names)).order_by(READS.c.at)).all()
    yield from (_event(one, base_url) for one in rows)


def _event(row: Row[Any], base_url: str) -> Json:
    return {
        "resourceType": "AuditEvent",
        "id": row.id,
        "type": _TYPE,
        "subtype": [_READ],
        "action": "R",
        "recorded": instant(row.at),
        "outcome": _MINOR_FAILURE if row.refused else _SUCCESS,
        "agent": [_agent(row)],
        "source": {"observer": {"display": base_url or COMMAND_LINE}},
        "entity": [_entity(row, base_url)],
    }


def _agent(row: Row[Any]) -> Json:
    who: Json = {"who": {"display": row.reader}, "requestor": True}
    return who | ({"network": {"address": row.address, "type": _NETWORK_ADDRESS}} if row.address else {})


def _entity(row: Row[Any], base_url: str) -> Json:
    """Return what was read: a FHIR resource by its reference, else by its id with us."""
    if row.kind in _FHIR_KINDS and row.name:
        return {"what": {"reference": f"{row.kind}/{row.name}"}, "type": _OBJECT}
    what = {"system": f"{base_url}/determination", "value": row.name} if row.name else None
    named = {"what": {"identifier": what}} if what is not None else {}
    return named | {"type": _OBJECT, "name": row.kind}
