"""The command line: `cds-service --help` lists the commands."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from cds_service.app.container import Container, from_environment
from cds_service.app.settings import SettingsError
from cds_service.commands import demo
from cds_service.commands import serve as serving
from cds_service.commands.audit import audit
from cds_service.commands.client import jwt
from cds_service.commands.conformance import conformance
from cds_service.commands.db import db
from cds_service.commands.evaluate import EvaluationError, Evaluator
from cds_service.commands.impact import impact
from cds_service.commands.keys import keys
from cds_service.commands.policy import policy
from cds_service.commands.purge import purge
from cds_service.commands.report import report
from cds_service.commands.reviewer import reviewer
from cds_service.commands.text_report import as_text
from cds_service.commands.trial_client import call, client
from cds_service.replay.replay import ReplayError, replay
from cds_service.storage.engine import StorageError
from hooks.request.body import encoded
from policies.files.problems import PolicyError

BAD_INPUT = 2
_MENDABLE = (SettingsError, EvaluationError, PolicyError, ReplayError, StorageError, serving.ServingError)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what a user can mend into a message and exit code 2."""
    try:
        yield
    except _MENDABLE as error:
        click.echo(str(error), err=True)
        sys.exit(BAD_INPUT)


def _container(*, store: bool, policies_folder: Path | None = None) -> Container:
    own = {"CDS_POLICIES_FOLDER": str(policies_folder)} if policies_folder is not None else {}
    return from_environment({**os.environ, **own}, Path.cwd(), store=store)


_FOLDER = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of policies, instead of those of the settings: so a draft is tried.",
)


@click.group()
@click.version_option(package_name="cds-service")
def main() -> None:
    """Judge drug orders by the payer's policies, with the reason for every answer."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="The settings file (TOML).")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="How many processes serve.")
def serve(host: str, port: int, config: str | None, workers: int) -> None:
    """Run the service."""
    with _told():
        serving.serve(host, port, config, workers)


@main.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--chart", type=click.Path(path_type=Path), help="A FHIR Bundle of one patient, instead of FILES.")
@click.option("--order", help="With --chart: what is ordered, as 'SYSTEM|CODE'.")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="With --chart: the date of the order.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_FOLDER
def evaluate(
    files: tuple[Path, ...],
    chart: Path | None,
    order: str | None,
    on: datetime | None,
    form: str,
    folder: Path | None,
) -> None:
    """Judge the orders of hook calls (FILES), or one order by a chart, without a server."""
    if bool(files) == (chart is not None) or (chart is None) != (order is None):
        raise click.UsageError("give FILES, or --chart with --order")
    if on is not None and chart is None:
        raise click.UsageError("--date belongs to --chart; a hook call has its own dates")
    with _told():
        evaluator = Evaluator(_container(store=False, policies_folder=folder).order_sign)
        if chart is not None:
            system, code = _system_and_code(order or "")
            reports = [evaluator.chart(chart, system, code, on.date() if on else None)]
        else:
            reports = [evaluator.call(file) for file in files]
    click.echo(encoded(reports).decode() if form == "json" else "\n\n".join(as_text(one) for one in reports))


def _system_and_code(order: str) -> tuple[str, str]:
    system, bar, code = order.rpartition("|")
    if not (system and bar and code):
        raise click.UsageError(
            "--order is written as 'SYSTEM|CODE', say 'http://www.nlm.nih.gov/research/umls/rxnorm|2473851'"
        )
    return system, code


@main.command("replay")
@click.argument("name", metavar="ID")
@click.option("--revision", type=click.IntRange(1), help="The number of the revision; by default the newest.")
def run_replay(name: str, revision: int | None) -> None:
    """Work out a determination again from the facts that were kept, and read its chart once more."""
    with _told():
        container = _container(store=True)
        found = replay(container.archive, container.order_sign, name, revision)
    kept = found.kept
    click.echo(f"{kept.determination}, revision {kept.number}: {kept.policy} {kept.policy_version}, {kept.request}")
    click.echo(f"  facts -> ruling: {found.ruling}, {'as kept' if found.same else 'NOT as kept'}")
    for difference in found.differences or ("the same",):
        click.echo(f"  chart -> facts:  {difference}")
    sys.exit(not found.same)


@main.command("demo")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--exit", "leave", is_flag=True, help="End after the samples instead of serving on.")
@click.option("--full", envvar="DEMO_FULL", is_flag=True, help="Print every answer, not a screen of them.")
def run_demo(host: str, port: int, *, leave: bool, full: bool) -> None:
    """Start the service, sign the sample orders and show the answers."""
    with _told():
        sys.exit(demo.run(host, port, leave=leave, full=full))


main.add_command(policy)
main.add_command(jwt)
main.add_command(report)
main.add_command(purge)
main.add_command(conformance)
main.add_command(db)
main.add_command(audit)
main.add_command(keys)
main.add_command(reviewer)
main.add_command(impact)
main.add_command(client)
main.add_command(call)
