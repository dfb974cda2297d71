"""`[claims]`: the payer's own claims in a table or view of a database, a row a claim; it is only read.

Columns: `member_number` as the plan's number is compared (capitals, no spaces), `birth_date`, and `resource`, the Claim
or ExplanationOfBenefit as JSON.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Engine, Text, cast, column, create_engine, select, table
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.sql.expression import TableClause

from cds_service.app.claims_source import SourceError
from cds_service.database.postgresql import postgresql_engine
from fhir_mappings.r4.claims import CLAIMS
from hooks.ehr_data.payer_claims import NOT_READ, TOO_LARGE, ClaimsError, Who

_MEMBER, _BORN, _RESOURCE = "member_number", "birth_date", "resource"
_MOST = 10_000
"""How many claims of a member are read at most."""
_Object = dict[str, msgspec.Raw]


class _Head(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: Any = None


@dataclass(frozen=True, slots=True)
class ClaimsTable:
    """A table of claims, asked for one member at a time."""

    engine: Engine
    table: TableClause
    max_bytes: int
    most: int = _MOST

    def of(self, who: Who) -> Sequence[_Object]:
        """Return the claims of a member that bear the member's date of birth; raises ClaimsError."""
        # As text: what a driver decodes has lost the digits of its decimals, and what is beyond its floats.
        resource = cast(self.table.c[_RESOURCE], Text)
        asked = select(self.table.c[_BORN], resource).where(self.table.c[_MEMBER] == who.number)
        try:
            with self.engine.connect() as connection:
                rows = connection.execute(asked.limit(self.most + 1)).all()
            if len(rows) > self.most:
                raise ClaimsError(f"{NOT_READ}: there are more than {self.most}")
            return self._claims(text for born, text in rows if str(born)[:10] == who.born.isoformat())
        except (SQLAlchemyError, msgspec.MsgspecError):
            raise ClaimsError(NOT_READ) from None

    def _claims(self, resources: Iterable[str | None]) -> tuple[_Object, ...]:
        """Return what is a claim; an empty cell is none that can be read."""
        texts = [one or "" for one in resources]
        if sum(map(len, texts)) > self.max_bytes:
            raise ClaimsError(TOO_LARGE)
        heads = [(msgspec.json.decode(text, type=_Head), text) for text in texts]
        return tuple(msgspec.json.decode(text, type=_Object) for head, text in heads if head.resource_type in CLAIMS)


def claims_table(database: str, name: str, max_bytes: int, seconds: float) -> ClaimsTable:
    """Return a table of claims; `seconds` limits each wait. Raises SourceError for one that cannot be read."""
    schema, _, bare = name.rpartition(".")
    found = table(bare, column(_MEMBER), column(_BORN), column(_RESOURCE), schema=schema or None)
    try:
        engine = _engine(make_url(database), seconds)
        with engine.connect() as connection:
            connection.execute(select(found).limit(0))
    except ArgumentError:
        raise SourceError("setting claims.database: this is no database URL") from None
    except SQLAlchemyError:
        columns = f"{_MEMBER}, {_BORN} and {_RESOURCE}"
        raise SourceError(f"setting claims.table: {name} with {columns} cannot be read in claims.database") from None
    return ClaimsTable(engine, found, max_bytes)


def _engine(url: URL, seconds: float) -> Engine:
    """Return an engine that writes nothing: a file of SQLite is opened to be read."""
    match url.get_backend_name():
        case "postgresql" | "postgres":
            return postgresql_engine(url, seconds, only_reads=True)
        case "sqlite" if url.database:
            read_only = url.set(database=f"file:{url.database}", query={"mode": "ro", "uri": "true"})
            return create_engine(read_only, connect_args={"timeout": seconds})
        case other:
            raise SourceError(f"setting claims.database: {other} is not PostgreSQL or a file of SQLite")
