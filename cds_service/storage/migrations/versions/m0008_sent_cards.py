"""What each card that was sent is about, so that feedback on it can be joined to policy and criteria."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sent_cards",
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("call", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.String(length=10), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name=op.f("fk_sent_cards_call_calls")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_sent_cards")),
    )
    with op.batch_alter_table("sent_cards", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sent_cards_call"), ["call"], unique=False)


def downgrade() -> None:
    """Drop the table."""
    with op.batch_alter_table("sent_cards", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sent_cards_call"))

    op.drop_table("sent_cards")
