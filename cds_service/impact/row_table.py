"""Rows of lines as a table of Arrow, in which every engine carries them."""

from collections.abc import Sequence

import pyarrow as pa

from cds_service.impact.line_reader import Row

SCHEMA = pa.schema(
    [
        ("bucket", pa.int32()),
        ("member", pa.string()),
        ("name", pa.string()),
        ("refers", pa.list_(pa.string())),
        ("raw", pa.binary()),
        ("fault", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
    ]
)
"""A `Row` in Arrow."""


def as_table(rows: Sequence[Row]) -> pa.Table:
    """Return rows as a table."""
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    arrays = [pa.array(one, kind) for one, kind in zip(columns, SCHEMA.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
