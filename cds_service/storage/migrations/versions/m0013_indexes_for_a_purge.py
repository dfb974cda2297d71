"""An index for every column that refers to another table, and by which rows age: a purge looks for both."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INDEXES = (
    ("determinations", "supersedes"),
    ("revisions", "call"),
    ("authorizations", "call"),
    ("form_keys", "determination"),
    ("feedback", "received"),
)


def upgrade() -> None:
    """Make the indexes."""
    for table, column in _INDEXES:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    """Drop the indexes."""
    for table, column in _INDEXES:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
