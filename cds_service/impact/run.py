"""One run: which versions are compared, on which charts, by which engine; and what it leaves."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol

from cds_service.impact.bulk_export import bring, is_manifest
from cds_service.impact.comparison import Comparison
from cds_service.impact.progress import Progress
from cds_service.impact.sources import SourceError
from cds_service.impact.work_folder import WorkFolder, fingerprint
from cds_service.impact_report.member_row import MemberRow
from cds_service.impact_report.report_files import ReportFiles
from cds_service.impact_report.summary import Summary
from cds_service.impact_report.tally import Tally
from fhir_mappings.members import PolicyVersion
from fhir_mappings.members.policy_version import loaded
from policies.files.problems import UnknownVersionError
from policies.model.dates import OrderDate


class Engine(Protocol):
    """Judges charts under two versions."""

    def described(self) -> Iterator[str]:
        """Yield what tells its charts from others."""

    def rows(self, compared: Comparison, progress: Progress) -> Iterator[MemberRow]:
        """Yield what came out for each member."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked for: charts (a folder or an address), the engine by name, how many processes, and a token."""

    charts: str
    engine: str
    workers: int
    token: str = ""


ENGINES = {"local": "cds_service.impact.run:local", "spark": "cds_service.impact.run:spark"}
"""The engines by name, and who makes them: what one needs is not imported for the other."""


def local(charts: str, work: WorkFolder, workers: int) -> Engine:
    """Return the engine of this machine."""
    made: Engine = resolve_name("cds_service.impact.local_engine:LocalEngine")(charts, work, workers)
    return made


def spark(charts: str, work: WorkFolder, _: int) -> Engine:
    """Return the engine of Apache Spark, which has settings of its own; raises SourceError without PySpark."""
    try:
        session = resolve_name("cds_service.impact.spark_engine:opened")()
    except ModuleNotFoundError as error:
        raise SourceError(f"--engine spark needs {error.name}: pip install 'cds-service[spark]'") from None
    made: Engine = resolve_name("cds_service.impact.spark_engine:SparkEngine")(charts, work, session)
    return made


def compared(policy: str, start: date, draft: str) -> Comparison:
    """Return the version that begins on a day, and the one in force until then; both judge orders of that day.

    The new one is read from the folder of a draft, if there is one; raises PolicyError or UnknownVersionError.
    """
    after = PolicyVersion(policy, start, draft)
    after.load()
    before = loaded("").versions(policy).on(OrderDate(start - timedelta(days=1)))
    if before is None:
        raise UnknownVersionError(f"no version of {policy} is in force before {start}: nothing to compare with")
    return Comparison(PolicyVersion(policy, before.version), after, start)


def over_charts(asked: Asked, versions: Comparison, out: Path, write: Callable[[str], None]) -> Summary:
    """Judge charts and write the report; what a run that was killed did is not done again.

    Raises SourceError, WorkError or PolicyError.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    work, downloads = WorkFolder(out / "work"), WorkFolder(out / "downloads")
    charts = asked.charts
    if is_manifest(charts):
        downloads.begin(sha256(charts.encode()).hexdigest())
        bring(charts, downloads.path / "charts", asked.token)
        charts = str(downloads.path / "charts")
    engine: Engine = resolve_name(ENGINES[asked.engine])(charts, work, asked.workers)
    work.begin(fingerprint(versions, asked.engine, engine.described()))
    summary = Summary(versions.before, versions.after, versions.on, asked.charts, Tally())
    written(engine.rows(versions, Progress(write)), ReportFiles(out), summary)
    work.end()
    downloads.end()
    return summary


def written(rows: Iterable[MemberRow], files: ReportFiles, summary: Summary) -> Summary:
    """Count rows into a summary that is still empty, and write all files."""
    files.write(rows, summary.tally)
    files.summarize(summary.json)
    return summary
