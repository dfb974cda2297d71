"""Subscriptions to the answers of prior authorization requests, and what is still to be sent to them."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pa_subscriptions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("senders", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("beat_seconds", sa.Integer(), nullable=False),
        sa.Column("next_beat", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resource", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pa_subscriptions")),
    )
    op.create_index(op.f("ix_pa_subscriptions_tenant"), "pa_subscriptions", ["tenant"], unique=False)
    op.create_table(
        "pa_notices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subscription", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["subscription"], ["pa_subscriptions.id"], name=op.f("fk_pa_notices_subscription")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pa_notices")),
    )
    op.create_index(op.f("ix_pa_notices_subscription"), "pa_notices", ["subscription"], unique=False)
    op.create_index(op.f("ix_pa_notices_next_try"), "pa_notices", ["next_try"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("pa_notices")
    op.drop_table("pa_subscriptions")
