"""Determinations know when they were told again without a new revision."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of earlier days nothing is known."""
    with op.batch_alter_table("determinations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_again", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take the column away."""
    with op.batch_alter_table("determinations", schema=None) as batch_op:
        batch_op.drop_column("told_again")
