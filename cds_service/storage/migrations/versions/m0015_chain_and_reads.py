"""The chain over what is determined, answered and authorized, and the record of who read it.

What is there already is taken into the chain as it stands: from here on a change of it shows.
"""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from cds_service.chain.seals import NO_LINK, link_of, row_hash

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
_ADDED = "added"
_KEYS = {
    "determinations": ("id",),
    "revisions": ("determination", "number"),
    "responses": ("id",),
    "authorizations": ("number",),
}


def upgrade() -> None:
    """Make the tables, and take in what is there."""
    chain = op.create_table(
        "chain",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("row", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.Column("purged_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_chain")),
    )
    op.create_index(op.f("ix_chain_purged_by"), "chain", ["purged_by"], unique=False)
    op.create_index(op.f("ix_chain_kind_row"), "chain", ["kind", "row"], unique=False)
    op.create_table(
        "reads",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reads")),
    )
    op.create_index(op.f("ix_reads_at"), "reads", ["at"], unique=False)
    op.create_index(op.f("ix_reads_name"), "reads", ["name"], unique=False)
    _take_in(chain)


def _take_in(chain: sa.Table) -> None:
    connection, number, previous, at = op.get_bind(), 0, NO_LINK, datetime.now(UTC)
    entries: list[dict[str, Any]] = []
    for name, row in _rows(connection):
        number, salt = number + 1, secrets.token_hex(16)
        told = (_ADDED, name, "/".join(str(row[one]) for one in _KEYS[name]), row_hash(salt, name, row))
        previous = link_of(previous, number, told, at)
        shown = dict(zip(("act", "kind", "row", "content"), told, strict=True))
        entries.append(shown | {"number": number, "salt": salt, "at": at, "link": previous})
        if len(entries) == _AT_ONCE:
            connection.execute(sa.insert(chain), entries)
            entries.clear()
    if entries:
        connection.execute(sa.insert(chain), entries)


def _rows(connection: sa.Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each row with the name of its table, a page at a time: bodies of forms can be long."""
    for name, keys in _KEYS.items():
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        key = tuple(table.c[one] for one in keys)
        page, first = sa.select(table).order_by(*key).limit(_AT_ONCE), True
        found: list[dict[str, Any]] = []
        while first or len(found) == _AT_ONCE:
            after = page if first else page.where(sa.tuple_(*key) > tuple(found[-1][one] for one in keys))
            found, first = [dict(one) for one in connection.execute(after).mappings()], False
            yield from ((name, one) for one in found)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("reads")
    op.drop_table("chain")
