"""Prior authorization requests, and the answers to them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pa_requests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("fhir_server", sa.Text(), nullable=False),
        sa.Column("patient", sa.String(length=64), nullable=False),
        sa.Column("claim", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("first", sa.String(length=36), nullable=False),
        sa.Column("replaces", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("submitted", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expedited", sa.Boolean(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("providers", sa.Text(), nullable=False),
        sa.Column("senders", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["replaces"], ["pa_requests.id"], name=op.f("fk_pa_requests_replaces")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pa_requests")),
        sa.UniqueConstraint("tenant", "content", name=op.f("uq_pa_requests_tenant_content")),
    )
    for columns in (["first"], ["replaces"], ["tenant", "claim"], ["state", "due"]):
        name = op.f(f"ix_pa_requests_{'_'.join(columns)}")
        op.create_index(name, "pa_requests", columns, unique=False)
    op.create_table(
        "pa_answers",
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["pa_requests.id"], name=op.f("fk_pa_answers_request_id")),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_pa_answers")),
    )
    op.create_index(op.f("ix_pa_answers_at"), "pa_answers", ["at"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("pa_answers")
    op.drop_table("pa_requests")
