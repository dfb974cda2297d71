"""The engine of one machine: DuckDB sorts lines into buckets of members, and a pool of processes judges the buckets.

Of a file only some lines, of all buckets only one are in the memory of a process; DuckDB puts on disk what is too much.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from cds_service.impact.comparison import Comparison
from cds_service.impact.line_reader import Row, Sorter
from cds_service.impact.progress import Progress
from cds_service.impact.row_table import SCHEMA, as_table
from cds_service.impact.sources import Folder, Span, is_packed, lines_of
from cds_service.impact.work_folder import WorkFolder, whole
from cds_service.impact_report.member_row import READ_ROW, WRITE_ROW, MemberRow
from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.members.policy_version import observation_codes

_BUCKET_BYTES = 24_000_000
"""About how much text of charts is in a bucket."""
_MOST_BUCKETS = 4_096
_PACKED = 10
"""How much larger than its file a packed text is taken to be."""
_LINES_AT_ONCE = 5_000
_MEMORY = "400MB"

SORTED = """
    WITH wants AS (SELECT DISTINCT bucket, member, unnest(refers) AS name FROM lines WHERE member <> ''),
    shared AS (SELECT * FROM lines WHERE member = '' AND fault = ''),
    first AS (
        SELECT wants.bucket, wants.member, shared.* EXCLUDE (bucket, member) FROM wants JOIN shared USING (name)
    ),
    inner_wants AS (SELECT DISTINCT bucket, member, unnest(refers) AS name FROM first),
    second AS (
        SELECT inner_wants.bucket, inner_wants.member, shared.* EXCLUDE (bucket, member)
        FROM inner_wants JOIN shared USING (name)
    )
    SELECT * FROM lines WHERE member <> '' OR fault <> ''
    UNION ALL BY NAME SELECT * FROM first
    UNION ALL BY NAME SELECT * FROM second
"""
"""Rows by member: each with the Medications that its records name, and with what those are mixed from."""


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Judges the charts of a folder with so many processes; `work` is the folder of the run."""

    charts: str
    work: WorkFolder
    workers: int

    @property
    def folder(self) -> Folder:
        """Return the folder of the charts."""
        return Folder(Path(self.charts))

    def described(self) -> Iterator[str]:
        """Yield what tells these charts from others: the name, size and time of each file; raises SourceError."""
        for file in self.folder.files():
            found = file.stat()
            yield f"{file} {found.st_size} {found.st_mtime_ns}"

    def rows(self, compared: Comparison, progress: Progress) -> Iterator[MemberRow]:
        """Yield what came out for each member, bucket by bucket; raises SourceError or PolicyError."""
        buckets = self._buckets()
        with _pool(self.workers) as pool:
            self._read(pool, compared, buckets, progress)
            self._sort(progress)
            outcomes = self._judge(pool, compared, buckets, progress)
        for file in outcomes:
            with file.open("rb") as opened:
                yield from map(READ_ROW, opened)

    def _buckets(self) -> int:
        size = sum(file.stat().st_size * (_PACKED if is_packed(file) else 1) for file in self.folder.files())
        return min(_MOST_BUCKETS, max(size // _BUCKET_BYTES + 1, 2 * self.workers))

    def _read(self, pool: ProcessPoolExecutor, compared: Comparison, buckets: int, progress: Progress) -> None:
        spans = list(self.folder.spans())
        targets = [self.work.part(f"lines/{number:06}.parquet") for number in range(len(spans))]
        tasks = [
            pool.submit(read_span, span, target, compared, buckets)
            for span, target in zip(spans, targets, strict=True)
            if not target.exists()
        ]
        progress.begin("reading", len(spans), len(spans) - len(tasks))
        for task in as_completed(tasks):
            task.result()
            progress.step()

    def _sort(self, progress: Progress) -> None:
        target = self.work.part("buckets")
        progress.begin("sorting", 1, int(target.exists()))
        if not target.exists():
            sort_lines(self.work.path / "lines", target, self.workers)
            progress.step()

    def _judge(
        self, pool: ProcessPoolExecutor, compared: Comparison, buckets: int, progress: Progress
    ) -> Sequence[Path]:
        targets = [self.work.part(f"outcomes/{number:06}.ndjson") for number in range(buckets)]
        tasks = [
            pool.submit(judge_bucket, self.work.path / "buckets" / f"bucket={number}", target, compared)
            for number, target in enumerate(targets)
            if not target.exists()
        ]
        progress.begin("judging", buckets, buckets - len(tasks))
        for task in as_completed(tasks):
            progress.step(task.result())
        return targets


def _pool(workers: int) -> ProcessPoolExecutor:
    """Return a pool of processes that begin empty: what a fork would copy is not needed."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def read_span(span: Span, target: Path, compared: Comparison, buckets: int) -> None:
    """Write the rows of a part of a file as Parquet, some thousand lines at a time; raises SourceError, PolicyError."""
    sorter = Sorter(wanted(observation_codes(compared.versions)), buckets)
    lines = lines_of(span)
    with whole(target) as file, pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        while some := list(islice(lines, _LINES_AT_ONCE)):
            writer.write_table(as_table(list(sorter.rows(span.file, some))))


def sort_lines(lines: Path, target: Path, threads: int) -> None:
    """Write all lines as Parquet, a folder a bucket."""
    with whole(target) as folder, duckdb.connect() as database:
        spilled = target.with_name("spilled")
        for setting in (f"memory_limit = '{_MEMORY}'", f"threads = {threads}", "preserve_insertion_order = false"):
            database.execute(f"SET {setting}")
        database.execute("SET temp_directory = ?", [str(spilled)])
        database.from_parquet(str(lines / "*.parquet")).create_view("lines")
        database.from_query(SORTED).to_parquet(str(folder), partition_by=["bucket"], compression="zstd")


def judge_bucket(bucket: Path, target: Path, compared: Comparison) -> int:
    """Write what comes out for the members of a bucket, a line each, and return how many there are."""
    judged = 0
    with whole(target) as file, file.open("wb") as opened:
        for row in compared.rows(_bucket_rows(bucket)):
            opened.write(WRITE_ROW(row) + b"\n")
            judged += 1
    return judged


def _bucket_rows(bucket: Path) -> Iterator[Row]:
    for file in sorted(bucket.glob("*.parquet")):
        table = pq.read_table(file, partitioning=None)
        names = [name for name in Row._fields if name != "bucket"]
        for batch in table.select(names).to_batches():
            for values in zip(*(batch.column(name).to_pylist() for name in names), strict=True):
                yield Row(0, *values)
