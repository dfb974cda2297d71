"""Rows from before the first key, encrypted: in small transactions, each of which stands when the next one fails.

A row that stands in the chain is held against its last entry first: one that was edited past the service is left as it
is, so that the chain still names it. Of a call the tenant is known by what was determined, given or sent with it; one
of which nothing names a tenant is left as it is.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, desc, func, select, tuple_, update

from cds_service.chain import entries as chain
from cds_service.chain.entries import CHAIN, CHANGED, Seal, is_one_of, key_column, key_of
from cds_service.chain.seals import row_hash
from cds_service.database.patience import Patience
from cds_service.database.transactions import reading, writing
from cds_service.encryption.payloads import Place, fingerprint, is_clear, is_plain, resealed
from cds_service.encryption.tenant_keys import PAYER
from cds_service.storage.tables import (
    AUTHORIZATIONS,
    CALLS,
    DETERMINATIONS,
    FEEDBACK,
    FORM_ERRORS,
    PRIOR_AUTH_ANSWERS,
    PRIOR_AUTH_MEMBERS,
    PRIOR_AUTH_REQUESTS,
    RESPONSES,
    REVISIONS,
    SEALED,
    SENT_CARDS,
    SUBSCRIPTIONS,
)

_BATCH = 50
_COLUMNS: Mapping[Table, Sequence[str]] = {
    CALLS: ("request", "reply"),
    REVISIONS: ("texts", "findings", "report", "cause"),
    RESPONSES: ("response", "reply"),
    FEEDBACK: ("comment",),
    FORM_ERRORS: ("issues",),
    PRIOR_AUTH_REQUESTS: ("request", "about"),
    PRIOR_AUTH_ANSWERS: ("items", "said", "reply"),
    SUBSCRIPTIONS: ("resource",),
}
_HASHES: Mapping[Table, Sequence[str]] = {
    REVISIONS: ("content",),
    RESPONSES: ("content",),
    PRIOR_AUTH_REQUESTS: ("claim", "content"),
}
"""The columns with hashes of what is a tenant's own."""
_SHARED_HASHES: Mapping[Table, Sequence[str]] = {
    AUTHORIZATIONS: ("member",),
    PRIOR_AUTH_REQUESTS: ("members", "providers", "senders"),
    PRIOR_AUTH_MEMBERS: ("name",),
    SUBSCRIPTIONS: ("senders",),
}
"""The columns with hashes of what tenants have in common, a line each."""
_TENANTS_OF_CALLS = (
    select(REVISIONS.c.call, DETERMINATIONS.c.tenant).join_from(REVISIONS, DETERMINATIONS),
    select(AUTHORIZATIONS.c.call, AUTHORIZATIONS.c.tenant),
    select(SENT_CARDS.c.call, SENT_CARDS.c.tenant),
)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClearRows:
    """Encrypts what is kept in the clear; `between` is called after each transaction, of `batch` rows at most."""

    engine: Engine
    between: Callable[[], None] = lambda: None
    batch: int = _BATCH
    patience: Patience = field(default_factory=Patience)

    def encrypt(self) -> dict[str, int]:
        """Encrypt all of it; returns how many rows were, by table, and how many were left. Raises StoreError."""
        counted: Counter[str] = Counter()
        for table in dict.fromkeys((*_COLUMNS, *_HASHES, *_SHARED_HASHES)):
            for keys in self._pages(table, _COLUMNS.get(table, ())):
                counted += self.patience.tried(partial(self._batch, table, keys))
                self.between()
        return dict(counted)

    def _batch(self, table: Table, keys: Sequence[str]) -> Counter[str]:
        with writing(self.engine) as connection:
            return _encrypted(connection, table, keys)

    def _pages(self, table: Table, columns: Sequence[str]) -> Iterator[Sequence[str]]:
        """Yield the names of rows that hold something in the clear, a batch at a time, in the order of their names."""
        key = tuple_(*table.primary_key.columns)
        hashes = [*_HASHES.get(table, ()), *_SHARED_HASHES.get(table, ())]
        begins = [func.substr(table.c[one], 1, 2).label(f"begins_{one}") for one in (*columns, *hashes)]
        page = select(*table.primary_key.columns, *begins).order_by(*table.primary_key.columns).limit(self.batch)
        rest = page
        while True:
            rows = self.patience.tried(partial(self._rows, rest))
            found = [
                key_of(table, dict(one))
                for one in rows
                if any(is_clear(one[f"begins_{name}"]) for name in columns)
                or any(is_plain(one[f"begins_{name}"]) for name in hashes)
            ]
            if found:
                yield found
            if len(rows) < self.batch:
                return
            rest = page.where(key > tuple(rows[-1][one.name] for one in table.primary_key.columns))

    def _rows(self, page: Select[Any]) -> Sequence[Row]:
        with reading(self.engine) as connection:
            return [dict(one) for one in connection.execute(page).mappings()]


def _encrypted(connection: Connection, table: Table, keys: Sequence[str]) -> Counter[str]:
    sought = select(table).where(is_one_of(table, keys)).order_by(key_column(table)).with_for_update(key_share=True)
    rows = [dict(one) for one in connection.execute(sought).mappings()]
    tenants = _tenants(connection, table, rows)
    seals, counted = [], Counter[str]()
    for row in rows:
        name = key_of(table, row)
        if name not in tenants or not _is_as_sealed(connection, table, row):
            counted[f"{table.name} left in the clear"] += 1
            continue
        kept = {
            one: resealed(connection, Place(table, one, name), tenants[name], row[one])
            for one in _COLUMNS.get(table, ())
            if is_clear(row[one])
        } | _keyed(connection, table, tenants[name], row)
        connection.execute(update(table).where(is_one_of(table, [name])).values(kept))
        seals.append(Seal(CHANGED, table, row | kept))
        counted[table.name] += 1
    if table in SEALED:
        chain.append(connection, seals, datetime.now(UTC))
    return counted


def _keyed(connection: Connection, table: Table, tenant: str, row: Row) -> dict[str, str]:
    """Return the hashes of a row that are kept as they are, under the tenant's key, or the payer's."""
    own = {one: (tenant, row[one].split()) for one in _HASHES.get(table, ())}
    shared = {one: (PAYER, row[one].split()) for one in _SHARED_HASHES.get(table, ())}
    return {
        column: "\n".join(sorted(fingerprint(connection, whose, one) for one in hashes))
        for column, (whose, hashes) in (own | shared).items()
        if is_plain(row[column])
    }


def _tenants(connection: Connection, table: Table, rows: Sequence[Row]) -> dict[str, str]:
    """Return whose rows these are, by their names."""
    if "tenant" in table.c:
        return {key_of(table, one): one["tenant"] for one in rows}
    if table is PRIOR_AUTH_MEMBERS:
        return dict.fromkeys((key_of(table, one) for one in rows), PAYER)
    if table is CALLS:
        names = [one["id"] for one in rows]
        asked = (one.where(one.selected_columns.call.in_(names)) for one in _TENANTS_OF_CALLS)
        return {found.call: found.tenant for one in asked for found in connection.execute(one)}
    questions = {one["determination"] for one in rows}
    of = select(DETERMINATIONS.c.id, DETERMINATIONS.c.tenant).where(DETERMINATIONS.c.id.in_(questions))
    whose = {one.id: one.tenant for one in connection.execute(of)}
    return {key_of(table, one): whose[one["determination"]] for one in rows}


def _is_as_sealed(connection: Connection, table: Table, row: Row) -> bool:
    """Whether a row is what its last entry of the chain says; tables that do not stand there are taken as they are."""
    if table not in SEALED:
        return True
    of_row = (CHAIN.c.kind == table.name, CHAIN.c.row == key_of(table, row), CHAIN.c.purged_by.is_(None))
    last = connection.execute(select(CHAIN).where(*of_row).order_by(desc(CHAIN.c.number)).limit(1)).first()
    return last is not None and row_hash(last.salt, table.name, row) == last.content
