"""The engine of a cluster: Apache Spark reads and sorts the charts, and judges them by the same functions.

The master is chosen by Spark's own settings. The executors need this package, and the folder of a draft under the same
path; the folder of the run is one that the driver and they all see. Charts may be wherever Spark can read.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql
from pyspark.sql.types import StructType
from pyspark.sql.window import Window

from cds_service.impact.comparison import Comparison
from cds_service.impact.line_reader import Row, Sorter
from cds_service.impact.progress import Progress
from cds_service.impact.row_table import as_table
from cds_service.impact.sources import LINES, Line, SourceError
from cds_service.impact.work_folder import WorkFolder, whole
from cds_service.impact_report.member_row import READ_ROW, WRITE_ROW, MemberRow
from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.members.policy_version import observation_codes

_TEXTS = "{" + ",".join(LINES) + "}"
_PARQUET = "*.parquet"
_ROWS = "bucket int, member string, name string, refers array<string>, raw binary, fault string, file string, line long"
_AT_ONCE = "500"
"""How many members, or lines, go to Python at a time."""
Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class SparkEngine:
    """Judges the charts that lie at a path or URL that Spark can read.

    Members are judged in so many `steps`: a run that was killed goes on with the first that is not done.
    """

    charts: str
    work: WorkFolder
    spark: SparkSession
    steps: int = 8

    def described(self) -> Iterator[str]:
        """Yield what tells these charts from others: the name, size and time of each file; raises SourceError."""
        found = self._listed("*").select("path", "length", "modificationTime").orderBy("path").collect()
        yield from (f"{one.path} {one.length} {one.modificationTime}" for one in found)

    def rows(self, compared: Comparison, progress: Progress) -> Iterator[MemberRow]:
        """Yield what came out for each member; raises SourceError."""
        self.spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", _AT_ONCE)
        size = max(1, self.spark.sparkContext.defaultParallelism)
        progress.begin("reading, sorting and judging", self.steps + 2)
        self._write("lines", partial(self._sorted_lines, compared, size * self.steps), progress)
        self._write("buckets", self._by_member, progress)
        outcomes = [f"outcomes/{number:02}" for number in range(self.steps)]
        for number, name in enumerate(outcomes):
            self._write(name, partial(self._judged, compared, number * size, (number + 1) * size), progress)
        for name in outcomes:
            yield from _outcomes(self.work.path / name)

    def _write(self, name: str, made: Callable[[], DataFrame], progress: Progress) -> None:
        """Write a part of the run, unless it is there."""
        target = self.work.part(name)
        if not target.exists():
            with whole(target) as folder:
                frame = made()
                by = ["bucket"] if "bucket" in frame.columns else []
                frame.write.partitionBy(*by).parquet(str(folder))
        progress.step()

    def _listed(self, pattern: str) -> DataFrame:
        return self._read("binaryFile", pattern)

    def _read(self, form: str, pattern: str) -> DataFrame:
        reader = self.spark.read.format(form).option("pathGlobFilter", pattern).option("recursiveFileLookup", "true")
        return reader.option("lineSep", "\n").load(self.charts)

    def _sorted_lines(self, compared: Comparison, buckets: int) -> DataFrame:
        return self._lines().mapInArrow(partial(sort_batches, compared=compared, buckets=buckets), _ROWS)

    def _lines(self) -> DataFrame:
        """Return all lines with their files and numbers."""
        found = [self._numbered(frame) for frame in (self._texts(), self._parquet()) if frame is not None]
        if not found:
            raise SourceError(f"{self.charts} holds no *.ndjson, *.ndjson.gz or *.parquet")
        return found[0] if len(found) == 1 else found[0].unionByName(found[1])

    def _texts(self) -> DataFrame | None:
        if self._listed(_TEXTS).isEmpty():
            return None
        return self._read("text", _TEXTS).select(sql.col("value").cast("binary").alias("text"), "_metadata")

    def _parquet(self) -> DataFrame | None:
        if self._listed(_PARQUET).isEmpty():
            return None
        frame = self._read("parquet", _PARQUET)
        text = _resource(frame.schema) if "resource" in frame.columns else "to_json(struct(*))"
        return frame.selectExpr(f"CAST({text} AS BINARY) AS text", "_metadata")

    def _numbered(self, frame: DataFrame) -> DataFrame:
        """Return lines with their numbers: those of a part of a file stand in order, and follow the parts before it.

        Spark numbers the rows that a task reads (`monotonically_increasing_id`), and plans the parts alike each time.
        """
        lines = frame.select(
            "text",
            sql.col("_metadata.file_path").alias("file"),
            sql.col("_metadata.file_block_start").alias("part"),
            sql.monotonically_increasing_id().alias("row"),
        )
        parts = lines.groupBy("file", "part").agg(sql.min("row").alias("first"), sql.count("*").alias("lines"))
        before = Window.partitionBy("file").orderBy("part").rowsBetween(Window.unboundedPreceding, -1)
        parts = parts.withColumn("before", sql.coalesce(sql.sum("lines").over(before), sql.lit(0))).drop("lines")
        joined = lines.join(sql.broadcast(parts), ["file", "part"])
        return joined.selectExpr("text", "file", "row - first + before + 1 AS line")

    def _by_member(self) -> DataFrame:
        """Return the rows by member, each with the Medications that its records name, and what those are mixed from."""
        self.spark.read.parquet(str(self.work.path / "lines")).createOrReplaceTempView("impact_lines")
        return self.spark.sql(_SORTED)

    def _judged(self, compared: Comparison, first: int, end: int) -> DataFrame:
        rows = self.spark.read.parquet(str(self.work.path / "buckets"))
        some = rows.where((sql.col("bucket") >= first) & (sql.col("bucket") < end))
        kept = sql.struct("name", "raw", "fault", "file", "line")
        members = some.groupBy("bucket", "member").agg(sql.collect_list(kept).alias("rows"))
        return members.mapInArrow(partial(judge_batches, compared=compared), "outcome string")


def sort_batches(batches: Batches, compared: Comparison, buckets: int) -> Batches:
    """Yield the rows of lines; a function of the module, which executors find by its name."""
    sorter = Sorter(wanted(observation_codes(compared.versions)), buckets)
    for batch in batches:
        yield from as_table(list(_rows_of(batch, sorter))).to_batches()


def judge_batches(batches: Batches, compared: Comparison) -> Batches:
    """Yield what comes out for each member of grouped rows, as JSON."""
    for batch in batches:
        texts = [WRITE_ROW(_member_row(one, compared)).decode() for one in batch.to_pylist()]
        yield pa.RecordBatch.from_pydict({"outcome": texts})


_SORTED = """
    WITH shared AS (SELECT name, refers, raw, fault, file, line FROM impact_lines WHERE member = '' AND fault = ''),
    wants AS (SELECT DISTINCT bucket, member, explode(refers) AS name FROM impact_lines WHERE member <> ''),
    first AS (SELECT bucket, member, shared.* FROM wants JOIN shared USING (name)),
    inner_wants AS (SELECT DISTINCT bucket, member, explode(refers) AS name FROM first),
    second AS (SELECT bucket, member, shared.* FROM inner_wants JOIN shared USING (name))
    SELECT bucket, member, name, refers, raw, fault, file, line FROM impact_lines WHERE member <> '' OR fault <> ''
    UNION ALL SELECT bucket, member, name, refers, raw, fault, file, line FROM first
    UNION ALL SELECT bucket, member, name, refers, raw, fault, file, line FROM second
"""


def _resource(schema: StructType) -> str:
    return "to_json(resource)" if schema["resource"].dataType.typeName() == "struct" else "resource"


def _rows_of(batch: pa.RecordBatch, sorter: Sorter) -> Iterator[Row]:
    lines = zip(*(batch.column(name).to_pylist() for name in ("file", "text", "line")), strict=True)
    for file, some in groupby(lines, key=lambda one: str(one[0])):
        kept = [Line(text.rstrip(b"\r"), number) for _, text, number in some if text and text.strip()]
        yield from sorter.rows(_path(file), kept)


def _path(file: str) -> str:
    """Return the name of a file as people write it: a path, where Spark says file:///a%20path."""
    return unquote(re.sub(r"^file:/+", "/", file)) if file.startswith("file:") else file


def _member_row(group: dict[str, object], compared: Comparison) -> MemberRow:
    rows: Iterable[dict[str, object]] = group["rows"]  # type: ignore[assignment]
    made = [Row(**{"bucket": 0, "member": group["member"], "refers": (), **one}) for one in rows]  # type: ignore[arg-type]
    return compared.member(str(group["member"]), made)


def _outcomes(folder: Path) -> Iterator[MemberRow]:
    for file in sorted(folder.glob("*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches():
            yield from map(READ_ROW, batch.column("outcome").to_pylist())


def opened() -> SparkSession:
    """Return the session that is there, or a new one by Spark's own settings; the workers run this very Python."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return SparkSession.builder.appName("cds-service impact").getOrCreate()
