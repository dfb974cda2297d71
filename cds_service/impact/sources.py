"""Where charts come from: files of FHIR Bulk Data (newline-delimited JSON, plain or gzip), or Parquet.

FHIR Bulk Data Access 2.0: several files a type, one resource a line, in UTF-8.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

SPAN_BYTES = 64_000_000
"""How much of a plain file one task reads."""
LINES = ("*.ndjson", "*.jsonl", "*.ndjson.gz", "*.jsonl.gz", "*.json.gz")
_PARQUET = ("*.parquet",)
_RESOURCE = "resource"
_ROWS = 1_000
_DECIMALS = msgspec.json.Encoder(decimal_format="number")


class SourceError(Exception):
    """Charts cannot be had from there; the message says why."""


class Span(NamedTuple):
    """A part of a file, from a byte to another (-1: to its end), and the number of its first line, from 1."""

    file: str
    start: int = 0
    stop: int = -1
    first_line: int = 1


class Line(NamedTuple):
    """A line of a file: the text without its end, and its number."""

    text: bytes
    number: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of charts."""

    path: Path

    def files(self) -> tuple[Path, ...]:
        """Return its files of charts, whatever folders in it they are in; raises SourceError where there is none."""
        if not self.path.is_dir():
            raise SourceError(f"{self.path} is no folder")
        found = sorted({file for pattern in (*LINES, *_PARQUET) for file in self.path.rglob(pattern)})
        if not found:
            raise SourceError(f"{self.path} holds no *.ndjson, *.ndjson.gz or *.parquet")
        return tuple(found)

    def spans(self, size: int = SPAN_BYTES) -> Iterator[Span]:
        """Yield the parts that are read by one task each: large plain files in several."""
        for file in self.files():
            if is_packed(file) or file.stat().st_size <= size:
                yield Span(str(file))
            else:
                yield from _cut(file, size)


def is_packed(file: Path) -> bool:
    """Whether a file is larger than it looks, and is read from its beginning only."""
    return file.suffix in {".gz", ".parquet"}


def _cut(file: Path, size: int) -> Iterator[Span]:
    """Yield the parts of a plain file, each ending with the end of a line."""
    start, number = 0, 1
    with file.open("rb") as opened:
        while piece := opened.read(size):
            rest = opened.readline()
            stop = start + len(piece) + len(rest)
            yield Span(str(file), start, stop, number)
            start, number = stop, number + piece.count(b"\n") + rest.count(b"\n")


def lines_of(span: Span) -> Iterator[Line]:
    """Yield the lines of a part of a file that are not empty; raises SourceError for a file that cannot be read."""
    path = Path(span.file)
    try:
        yield from _rows(path) if path.suffix == ".parquet" else _texts(path, span)
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise SourceError(f"{span.file}: {error}") from None


def _texts(path: Path, span: Span) -> Iterator[Line]:
    number, left = span.first_line, span.stop - span.start
    with _opened(path) as opened:
        if span.start:
            opened.seek(span.start)
        for text in opened:
            if text.strip():
                yield Line(text.rstrip(b"\r\n"), number)
            number, left = number + 1, left - len(text)
            if span.stop >= 0 and left <= 0:
                return


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _rows(path: Path) -> Iterator[Line]:
    """Yield the resources of a Parquet file: the text of its column `resource`, or its columns as the members."""
    number = 0
    with pq.ParquetFile(path) as file:
        has_texts = _RESOURCE in file.schema_arrow.names
        for batch in file.iter_batches(_ROWS, columns=[_RESOURCE] if has_texts else None):
            for row in batch.to_pylist():
                number += 1
                yield Line(_text(row[_RESOURCE]) if has_texts else _DECIMALS.encode(_full(row)), number)


def _text(value: Any) -> bytes:
    """Return a resource in a column of its own: a text, or a struct."""
    if isinstance(value, str | bytes):
        return value if isinstance(value, bytes) else value.encode()
    return _DECIMALS.encode(_full(value))


def _full(value: Any) -> Any:
    """Return a value without members that hold nothing: a column is there for all rows, a member of JSON is not."""
    if isinstance(value, dict):
        inner = {name: _full(one) for name, one in value.items()}
        return {name: one for name, one in inner.items() if one not in (None, [], {})}
    return [_full(one) for one in value if one is not None] if isinstance(value, list) else value
