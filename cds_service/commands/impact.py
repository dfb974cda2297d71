"""`cds-service impact`: what a new version of a policy does to members."""

import os
from datetime import datetime
from pathlib import Path

import click

from cds_service.app.container import from_environment
from cds_service.app.settings import SettingsError
from cds_service.database.transactions import StoreError
from cds_service.impact.run import ENGINES, Asked, compared, over_charts, written
from cds_service.impact.sources import SourceError
from cds_service.impact.stored_calls import StoredCalls
from cds_service.impact.work_folder import WorkError
from cds_service.impact_report.report_files import ReportFiles
from cds_service.impact_report.summary import Summary
from cds_service.impact_report.tally import Tally
from cds_service.storage.engine import StorageError
from fhir_mappings.members import PolicyVersion
from policies.files.problems import PolicyError, UnknownVersionError

TOKEN = "CDS_BULK_TOKEN"  # noqa: S105 - the name of a variable
_DAY = click.DateTime(["%Y-%m-%d"])
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_MENDABLE = (PolicyError, UnknownVersionError, SourceError, WorkError, SettingsError, StorageError, StoreError)


@click.command()
@click.option("--policy", "policy_id", required=True, metavar="ID", help="The policy.")
@click.option("--from", "start", type=_DAY, required=True, help="The day from which the new version holds.")
@click.option("--draft", type=_FOLDER, help="A copy of the whole policies folder that holds the new version.")
@click.option(
    "--charts", metavar="FOLDER_OR_URL", help="NDJSON by type, plain or gzip, or Parquet; or an export's manifest."
)
@click.option(
    "--calls", "period", type=_DAY, nargs=2, help="Instead of --charts: the stored calls of FIRST to LAST day."
)
@click.option("--engine", type=click.Choice(sorted(ENGINES)), default="local", show_default=True)
@click.option("--workers", type=click.IntRange(1, 512), default=os.cpu_count, help="Processes of the local engine.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Where the report goes; by default impact-ID-DATE."
)
def impact(  # noqa: PLR0913 - one for each option
    *,
    policy_id: str,
    start: datetime,
    draft: Path | None,
    charts: str | None,
    period: tuple[datetime, datetime] | None,
    engine: str,
    workers: int,
    out: Path | None,
) -> None:
    """Judge members by the version of a policy in force and by a new one, and report who changes and why.

    A run that was killed goes on where it was. The report names members by reference, and no other data of theirs.
    """
    if (charts is None) == (period is None):
        raise click.UsageError("give either --charts or --calls")
    folder = out or Path(f"impact-{policy_id}-{start.date()}")
    try:
        versions = compared(policy_id, start.date(), str(draft.resolve()) if draft else "")
        if charts is not None:
            asked = Asked(charts, engine, workers, os.environ.get(TOKEN, ""))
            summary = over_charts(asked, versions, folder, lambda line: click.echo(line, err=True))
        else:
            summary = _over_calls(versions.versions, period or (start, start), folder)
    except _MENDABLE as error:
        raise click.ClickException(str(error)) from None
    _show(summary, folder)


def _over_calls(versions: tuple[PolicyVersion, PolicyVersion], period: tuple[datetime, datetime], out: Path) -> Summary:
    first, last = (one.date() for one in period)
    container = from_environment(os.environ, Path.cwd())
    if container.archive is None:
        raise SourceError("no call is stored")
    rows = StoredCalls(container.archive, container.order_sign, first, last).rows(*versions)
    summary = Summary(*versions, None, f"stored calls of {first} to {last}", Tally())
    return written(rows, ReportFiles(out), summary)


def _show(summary: Summary, folder: Path) -> None:
    tally = summary.tally
    click.echo(
        f"{tally.judged} of {tally.members} judged, {tally.changed} with another ruling, {tally.not_whole} not whole"
    )
    for (before, after), members in sorted(tally.transitions.items()):
        click.echo(f"{members:>9}  {before} -> {after}")
    if tally.faults:
        click.echo(
            f"{tally.faults} lines could not be read (faults.csv); {tally.stray_faults} do not say whose they are"
        )
    click.echo(f"written: {folder / 'impact.html'}")
