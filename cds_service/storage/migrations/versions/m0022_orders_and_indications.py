"""A determination names every order it was given for; an authorization the disease it was given for.

Of a policy for several diseases two authorizations of one member may hold on one day, for two of its diseases. What
was given before names no disease, and holds for each.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_NAME = "ex_authorizations_one_a_day"
_EVENTS = {"insert": "INSERT", "update": "UPDATE"}
_HOLDER = ("member", "policy")
_DISEASE = "COALESCE({}indication, '')"


def upgrade() -> None:
    """Add the columns, and let the database forbid two authorizations a day for one disease."""
    op.add_column("determinations", sa.Column("orders", sa.Text(), nullable=True))
    op.add_column("authorizations", sa.Column("indication", sa.Text(), nullable=True))
    _forbid(by_disease=True)


def downgrade() -> None:
    """Take the columns away; fails where a member holds authorizations for two diseases on one day."""
    _forbid(by_disease=False)
    with op.batch_alter_table("authorizations", schema=None) as batch_op:
        batch_op.drop_column("indication")
    with op.batch_alter_table("determinations", schema=None) as batch_op:
        batch_op.drop_column("orders")


def _forbid(*, by_disease: bool) -> None:
    """Replace what forbids two authorizations of one holder on one day."""
    if op.get_bind().dialect.name == "sqlite":
        for name, event in _EVENTS.items():
            op.execute(f"DROP TRIGGER {_NAME}_{name}")
            op.execute(_trigger(name, event, by_disease=by_disease))
        return
    op.execute(f"ALTER TABLE authorizations DROP CONSTRAINT {_NAME}")
    same = [f'"{name}" WITH =' for name in _HOLDER]
    same += [f"({_DISEASE.format('')}) WITH ="] if by_disease else []
    days = "daterange(start, \"end\", '[]') WITH &&"
    op.execute(
        f"ALTER TABLE authorizations ADD CONSTRAINT {_NAME} EXCLUDE USING gist ({', '.join(same)}, {days})"
        " WHERE (superseded_by IS NULL)"
    )


def _trigger(name: str, event: str, *, by_disease: bool) -> str:
    """Return the trigger that refuses a row whose days another of the same holder has."""
    same = [f'one."{column}" = NEW."{column}"' for column in _HOLDER]
    same += [f"{_DISEASE.format('one.')} = {_DISEASE.format('NEW.')}"] if by_disease else []
    return f"""
        CREATE TRIGGER {_NAME}_{name} BEFORE {event} ON authorizations
        WHEN NEW.superseded_by IS NULL AND EXISTS (
            SELECT 1 FROM authorizations AS one WHERE {" AND ".join(same)} AND one.superseded_by IS NULL
            AND one.number <> NEW.number AND one.start <= NEW."end" AND one."end" >= NEW.start
        )
        BEGIN SELECT RAISE(ABORT, '{_NAME}'); END
    """  # noqa: S608 - of names that stand above
