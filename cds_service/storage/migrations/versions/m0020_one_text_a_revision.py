"""The texts of a revision are one, compressed; rows from before stay as they are, and as the chain knows them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; it is empty in rows from before."""
    op.add_column("revisions", sa.Column("texts", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take the column away: rows that were written since lose their texts."""
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.drop_column("texts")
