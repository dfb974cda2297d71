"""Two authorizations for one holder never hold on one day: the database itself forbids it.

PostgreSQL has an exclusion constraint for it, SQLite two triggers. Of those that were given twice before, all but the
first are marked with the number of the one that counts; none is taken back, and none changes its days.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_HOLDER = ("member", "policy")
_NAME = "ex_authorizations_one_a_day"
_EVENTS = {"insert": "INSERT", "update": "UPDATE"}


def upgrade() -> None:
    """Mark what was given twice, and forbid it."""
    with op.batch_alter_table("authorizations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("superseded_by", sa.String(length=32), nullable=True))
    _mark_doubles()
    if op.get_bind().dialect.name == "sqlite":
        for name, event in _EVENTS.items():
            op.execute(_trigger(name, event))
        return
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    same = ", ".join(f'"{name}" WITH =' for name in _HOLDER)
    days = "daterange(start, \"end\", '[]') WITH &&"
    op.execute(
        f"ALTER TABLE authorizations ADD CONSTRAINT {_NAME} EXCLUDE USING gist ({same}, {days})"
        " WHERE (superseded_by IS NULL)"
    )


def _mark_doubles() -> None:
    """Mark, in the order of their days, each that overlaps one before it which counts."""
    table = sa.table(
        "authorizations", *(sa.column(name) for name in (*_HOLDER, "number", "start", "end", "superseded_by"))
    )
    connection = op.get_bind()
    counts: dict[tuple[str, ...], sa.Row[tuple[str, ...]]] = {}
    for row in connection.execute(
        sa.select(table).order_by(*(table.c[name] for name in (*_HOLDER, "start", "number")))
    ):
        holder = tuple(str(getattr(row, name)) for name in _HOLDER)
        before = counts.get(holder)
        if before is None or str(before.end) < str(row.start):
            counts[holder] = row
            continue
        marked = sa.update(table).where(table.c.number == row.number)
        connection.execute(marked.values(superseded_by=before.number))


def _trigger(name: str, event: str) -> str:
    """Return the trigger that refuses a row whose days another of the same holder has."""
    same = " AND ".join(f'one."{column}" = NEW."{column}"' for column in _HOLDER)
    return f"""
        CREATE TRIGGER {_NAME}_{name} BEFORE {event} ON authorizations
        WHEN NEW.superseded_by IS NULL AND EXISTS (
            SELECT 1 FROM authorizations AS one WHERE {same} AND one.superseded_by IS NULL
            AND one.number <> NEW.number AND one.start <= NEW."end" AND one."end" >= NEW.start
        )
        BEGIN SELECT RAISE(ABORT, '{_NAME}'); END
    """  # noqa: S608 - of names that stand above


def downgrade() -> None:
    """Allow it again."""
    if op.get_bind().dialect.name == "sqlite":
        for name in _EVENTS:
            op.execute(f"DROP TRIGGER {_NAME}_{name}")
    else:
        op.execute(f"ALTER TABLE authorizations DROP CONSTRAINT {_NAME}")
    with op.batch_alter_table("authorizations", schema=None) as batch_op:
        batch_op.drop_column("superseded_by")
