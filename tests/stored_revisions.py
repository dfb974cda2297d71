"""Rows of revisions as a test reads them, and as they were kept before their texts were one."""

import json
from typing import Any

from sqlalchemy import Engine, select, update

from cds_service.storage.revision_texts import OF_ONE_TEXT, texts_of
from cds_service.storage.tables import REVISIONS

Json = dict[str, Any]


def told(engine: Engine) -> list[Json]:
    """What each revision says, as JSON texts by the columns that rows had before; the cause is plain."""
    with engine.connect() as connection:
        read = [texts_of(connection, row) for row in connection.execute(select(REVISIONS)).all()]
    return [{name: _text(getattr(one, name)) for name in OF_ONE_TEXT} for one in read]


def keep_as_before(engine: Engine, **changed: str) -> None:
    """Keep the one revision on file as rows were kept before, some of its texts changed."""
    (kept,) = told(engine)
    with engine.begin() as connection:
        connection.execute(update(REVISIONS).values(**kept | {"texts": None} | changed))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
