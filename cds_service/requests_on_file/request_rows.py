"""Rows of prior authorization requests and answers, read: what holds a chart opened, instants with their zone."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, select

from cds_service.encryption.payloads import Place, opened, opened_text
from cds_service.encryption.tenant_keys import UnreadableError
from cds_service.logs import LOG
from cds_service.requests_on_file.kept_requests import KeptAnswer, Request, in_utc
from cds_service.requests_on_file.tables import ANSWERS, REQUESTS

LISTS = ("members", "providers", "senders")
"""Hashes of what tenants have in common."""
HASHES = ("claim", "content")
"""Hashes of what is a tenant's own."""
PLAIN = (
    *("id", "tenant", "fhir_server", "patient", "claim", "content", "first", "replaces", "kind", "state"),
    *("submitted", "due", "expedited", "last_day"),
)


def request_in(connection: Connection, row: RowMapping) -> Request:
    """Return a request; raises UnreadableError, StoreError."""
    plain = {name: row[name] for name in PLAIN} | {name: frozenset(row[name].split()) for name in LISTS}
    plain |= {name: in_utc(row[name]) for name in ("submitted", "due")}
    name, tenant = row["id"], row["tenant"]
    return Request(
        **plain,
        bundle=opened(connection, Place(REQUESTS, "request", name), row["request"], tenant),
        about=orjson.loads(opened_text(connection, Place(REQUESTS, "about", name), row["about"], tenant)),
    )


def readable_in(connection: Connection, row: RowMapping) -> Request | None:
    """Return a request; None where its key was destroyed, so that those of other tenants are still decided."""
    try:
        return request_in(connection, row)
    except UnreadableError:
        LOG.warning("a request cannot be decrypted", extra={"fields": {"request": row["id"]}})
        return None


def answers_in(connection: Connection, request: str) -> tuple[KeptAnswer, ...]:
    """Return the answers to a request, the first coming first; raises UnreadableError, StoreError."""
    rows = select(ANSWERS).where(ANSWERS.c.request_id == request).order_by(ANSWERS.c.number)
    return tuple(_answer(connection, dict(one)) for one in connection.execute(rows).mappings().all())


def _answer(connection: Connection, row: Mapping[str, Any]) -> KeptAnswer:
    name = f"{row['request_id']}/{row['number']}"

    def text(column: str) -> Any:
        return orjson.loads(opened_text(connection, Place(ANSWERS, column, name), row[column], row["tenant"]))

    return KeptAnswer(
        number=row["number"],
        at=in_utc(row["at"]),
        act=row["act"],
        person=row["person"],
        codes=tuple(row["codes"].split()),
        items=tuple(text("items")),
        said=text("said"),
        reply=opened(connection, Place(ANSWERS, "reply", name), row["reply"], row["tenant"]),
    )
