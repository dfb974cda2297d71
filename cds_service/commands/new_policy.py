"""The commands that begin a policy, and that sign it off: `cds-service policy new`, `policy publish`."""

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from cds_service.app.settings import SettingsError
from cds_service.app.settings_file import pinned_today
from fhir_mappings.cases.policy_test import report, try_policy
from policies import sign_offs
from policies.checks import policy_check
from policies.files.problems import UNFINISHED, PolicyError, UnknownVersionError
from policies.model.policy import Policy
from policies.mutations import equivalents
from policies.skeleton.new_policy import begin
from policies.skeleton.on_file import SkeletonError, Wanted
from policies.workspace.workspace import lay_out

LINES, GENERAL = "lines", "general"
"""The sorts of a new policy: of oncology, which counts lines of therapy, or any other."""


@click.command("new")
@click.argument("policy_id", metavar="ID")
@click.option("--drug", required=True, help="The drug, by its name in the drug table.")
@click.option(
    "--disease",
    "diseases",
    multiple=True,
    help="The value set of the diagnoses, once for each disease; by default that of a policy alike.",
)
@click.option("--line-drugs", default="", help="The value set of the drugs that make a line; by default one with it.")
@click.option(
    "--sort", type=click.Choice((LINES, GENERAL)), help="Of oncology, which counts lines of therapy; or any other."
)
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of policies, instead of the one of this service.",
)
def begin_policy(
    *, policy_id: str, drug: str, diseases: tuple[str, ...], line_drugs: str, sort: str | None, folder: Path | None
) -> None:
    """Write the skeleton of a new policy, dated today, and first cases; nothing is overwritten.

    At a terminal it asks what sort of policy it is; without one it is of oncology, unless --sort says otherwise or
    several diseases are named.
    """
    counts_lines = (sort or _sort(diseases)) == LINES
    try:
        today = pinned_today(os.environ) or datetime.now().astimezone().date()
        first, *further = diseases or ("",)
        wanted = Wanted(policy_id, drug, today, first, line_drugs, counts_lines, tuple(further))
        written = begin(lay_out(folder), wanted)
    except (PolicyError, SkeletonError, SettingsError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    for file in written:
        click.echo(f"written: {file}")
    click.echo("Next: cds-service policy check" + (f" --folder {folder}" if folder else ""))


def _sort(diseases: tuple[str, ...]) -> str:
    """Return the sort of a policy of which none was named."""
    if len(diseases) > 1:
        return GENERAL
    asked = sys.stdin.isatty()
    return str(click.prompt("What sort of policy?", type=click.Choice((LINES, GENERAL)))) if asked else LINES


@click.command("publish")
@click.argument("policy_id", metavar="ID")
@click.option("--by", required=True, help="Who signs it off.")
@click.option(
    "--folder",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of policies, as `policies_folder` names it.",
)
def publish_policy(*, policy_id: str, by: str, folder: Path) -> None:
    """Sign off the newest version of a policy: a service with this folder puts it in force, and nothing unsigned.

    It must be sound, and pass its cases and their small changes. Where its file, or a value set that it pins, is
    changed later, it is a draft again.
    """
    try:
        newest, lacks = _newest(policy_id, folder)
        today = pinned_today(os.environ) or datetime.now().astimezone().date()
    except (PolicyError, SettingsError, UnknownVersionError) as error:
        lacks = str(error)
    if lacks:
        click.echo(lacks, err=True)
        sys.exit(1)
    signed = sign_offs.sign_off(folder, newest, by, today)
    click.echo(f"signed off: {signed.policy} of {signed.version}, revision {signed.revision}, by {signed.by}")
    click.echo("Next: restart the service, or send it SIGHUP")


def _newest(policy_id: str, folder: Path) -> tuple[Policy, str]:
    """Return the newest version of a policy, and why it cannot be signed off; raises PolicyError for a faulty folder.

    Raises UnknownVersionError if there is no such policy.
    """
    desk = lay_out(folder)
    newest = desk.newest(policy_id)
    found = policy_check.check(folder)
    if not found.sound:
        return newest, policy_check.report(found)
    tested = try_policy(desk, policy_id, equivalents.load(desk.folder))
    if not tested.passed:
        return newest, report(tested)
    places = sign_offs.unfinished(folder, newest)
    return newest, "\n".join((*places, f"To mend it: write it, and take out '{UNFINISHED}'")) if places else ""
