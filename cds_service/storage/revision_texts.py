"""What is kept of a revision in one compressed text: its facts with their evidence, the report, and why it is there.

Rows from before it was one text hold each of them in a column of its own, in the clear or encrypted by itself.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from cds_service.encryption import payloads
from cds_service.encryption.common_texts import REVISIONS as REVISIONS_TEXT
from cds_service.encryption.payloads import Place, opened, opened_text
from cds_service.storage.tables import REVISIONS
from hooks.records.register_port import Record
from policies.evaluation.findings_codec import as_plain

Json = dict[str, Any]
COLUMN = "texts"
OF_ONE_TEXT = ("value_sets", "findings", "report", "cause")
"""The columns of their own that rows had before; they are empty in rows of one text."""


@dataclass(frozen=True, slots=True)
class RevisionTexts:
    """What a revision says: facts and report as they were kept, pins by name, and the key of why it is there."""

    value_sets: Json
    findings: Json
    report: Json
    cause: str


def place_of(column: str, determination: str, number: int) -> Place:
    """Return the place of a text of a revision."""
    return Place(REVISIONS, column, f"{determination}/{number}")


def packed(record: Record) -> bytes:
    """Return the one text of a record, compressed, a note by its key and figures; it needs no transaction."""
    said = {name: getattr(record, name) for name in OF_ONE_TEXT}
    return payloads.packed(orjson.dumps(said, as_plain, orjson.OPT_PASSTHROUGH_DATETIME), REVISIONS_TEXT)


def texts_of(connection: Connection, row: Any, tenant: str | None = None) -> RevisionTexts:
    """Return what a row of revisions says, of a tenant if it is known; raises UnreadableError, StoreError.

    The row has the determination and number, and all of the texts.
    """
    if row.texts is not None:
        place = place_of(COLUMN, row.determination, row.number)
        return RevisionTexts(**orjson.loads(opened(connection, place, row.texts, tenant)))

    def text(column: str) -> str:
        return opened_text(connection, place_of(column, row.determination, row.number), getattr(row, column), tenant)

    findings, report = orjson.loads(text("findings")), orjson.loads(text("report"))
    return RevisionTexts(orjson.loads(row.value_sets), findings, report, text("cause"))
