"""Cards that are shown once an authorization: when they were."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "shown_cards",
        sa.Column("call", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("fhir_server", sa.Text(), nullable=False),
        sa.Column("patient", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name=op.f("fk_shown_cards_call")),
        sa.PrimaryKeyConstraint("call", "policy", "topic", name=op.f("pk_shown_cards")),
    )
    with op.batch_alter_table("shown_cards", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_shown_cards_tenant_patient_policy"), ["tenant", "patient", "policy"], unique=False
        )


def downgrade() -> None:
    """Drop the table."""
    with op.batch_alter_table("shown_cards", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shown_cards_tenant_patient_policy"))

    op.drop_table("shown_cards")
