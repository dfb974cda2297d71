"""Authorizations are the member's: each knows whose it is, whatever hospital asked for it.

Of authorizations that were given before nobody kept the member number: they hang on the patient of their server (or of
their tenant, where a call named no server), as a call without a member number does today, and are still found so.
"""

import json
from hashlib import sha256
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and fill it in for what is there."""
    with op.batch_alter_table("authorizations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("member", sa.String(length=64), nullable=True))
    _fill()
    with op.batch_alter_table("authorizations", schema=None) as batch_op:
        batch_op.alter_column("member", existing_type=sa.String(length=64), nullable=False)
        batch_op.create_index(batch_op.f("ix_authorizations_member_policy"), ["member", "policy"], unique=False)


def _fill() -> None:
    names = ("number", "tenant", "fhir_server", "patient", "member")
    table = sa.table("authorizations", *(sa.column(name) for name in names))
    connection = op.get_bind()
    rows = connection.execute(sa.select(table.c.number, table.c.tenant, table.c.fhir_server, table.c.patient)).all()
    for number, tenant, server, patient in rows:
        filled = sa.update(table).where(table.c.number == number).values(member=_member(tenant, server, patient))
        connection.execute(filled)


def _member(tenant: str, server: str, patient: str) -> str:
    """Return the hash of the patient of a server, as it was worked out when this migration was written."""
    place = _place(server) if server else f"tenant {tenant}"
    text = json.dumps(["patient", place, patient], ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _place(server: str) -> str:
    try:
        parts = urlsplit(server)
    except ValueError:
        return server
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path}"


def downgrade() -> None:
    """Take the column away."""
    with op.batch_alter_table("authorizations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_authorizations_member_policy"))
        batch_op.drop_column("member")
