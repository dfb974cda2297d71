"""The engine of a cluster gives the rows of the local one: a small Spark, where Java and PySpark are.

CI demands both (`SPARK_TESTS=required`).
"""

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cds_service.impact.comparison import Comparison
from cds_service.impact.progress import Progress
from cds_service.impact.work_folder import WorkFolder
from tests.impact.exports import given, medication, members, packed, parquet_texts, patient, plain
from tests.impact.test_impact_local import DARATUMUMAB, run

IS_DEMANDED = os.environ.get("SPARK_TESTS") == "required"
IS_THERE = find_spec("pyspark") is not None and shutil.which("java") is not None
pytestmark = [
    pytest.mark.skipif(not (IS_DEMANDED or IS_THERE), reason="Java or PySpark is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark", "ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """A Spark of two threads in this process's own JVM, which listens on loopback only."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - where it is not installed the tests are left out

    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    made = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.memory", "512m")
        .getOrCreate()
    )
    yield made
    made.stop()


def test_spark_gives_the_rows_of_the_local_engine(tmp_path: Path, compared: Comparison, session: Any) -> None:
    from cds_service.impact.spark_engine import SparkEngine  # noqa: PLC0415 - see above

    charts = plain(
        tmp_path / "charts", [*members({"a": 1, "b": 2}), given("a", "dara"), medication("dara", DARATUMUMAB)]
    )
    packed(charts / "more and more", members({"c": 3}))
    parquet_texts(charts / "parquet", [patient("d")])
    with (charts / "Observation.ndjson").open("ab") as file:
        file.write(b'\n\r\nbroken\n{"resourceType":"Observation","subject":{"reference":"Patient/b"}\n\xff\n')
    expected = run(tmp_path / "one", charts, compared)
    work = WorkFolder(tmp_path / "work")
    work.begin("this")
    said: list[str] = []
    engine = SparkEngine(str(charts), work, session, steps=2)
    assert len(list(engine.described())) == len([file for file in charts.rglob("*") if file.is_file()])
    found = sorted(engine.rows(compared, Progress(said.append)), key=lambda one: one.member)
    assert found == expected
    assert [len(one.faults) for one in found] == [2, 0, 1, 0, 0]
    # What is there is not done again: the rows come from what was written.
    shutil.rmtree(charts)
    assert sorted(engine.rows(compared, Progress(said.append)), key=lambda one: one.member) == expected
