"""What a member's prior authorization requests are found by, a row each: an inquiry searched all requests before."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
_PAGE = 1_000


def upgrade() -> None:
    """Make the table, and fill it in for the requests that are there."""
    op.create_table(
        "pa_members",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["pa_requests.id"], name=op.f("fk_pa_members_request_id")),
        sa.PrimaryKeyConstraint("name", "request_id", name=op.f("pk_pa_members")),
    )
    op.create_index(op.f("ix_pa_members_request_id"), "pa_members", ["request_id"], unique=False)
    _fill()


def _fill() -> None:
    requests = sa.table("pa_requests", sa.column("id"), sa.column("members"))
    members = sa.table("pa_members", sa.column("name"), sa.column("request_id"))
    connection, last = op.get_bind(), ""
    page = sa.select(requests).order_by(requests.c.id).limit(_PAGE)
    while rows := connection.execute(page.where(requests.c.id > last)).all():
        added = [{"name": name, "request_id": one.id} for one in rows for name in sorted(set(one.members.split()))]
        if added:
            connection.execute(sa.insert(members), added)
        last = rows[-1].id


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("pa_members")
