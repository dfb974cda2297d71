"""Authorizations say how much they allow."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; authorizations given before say nothing of a quantity."""
    with op.batch_alter_table("authorizations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("allowance", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take the column away."""
    with op.batch_alter_table("authorizations", schema=None) as batch_op:
        batch_op.drop_column("allowance")
