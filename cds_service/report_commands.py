"""`cds-service report`: what the payer learns from the use of the service."""

import os
from pathlib import Path

import click

from cds_service.composition import from_environment
from cds_service.settings import SettingsError
from cds_service.storage.engine import StorageError


@click.group()
def report() -> None:
    """Report on what was sent and what became of it."""


@report.command("feedback")
@click.option("--comments", is_flag=True, help="Show what people wrote; it can hold what belongs to a patient.")
def feedback(*, comments: bool) -> None:
    """Say which cards were accepted or overridden, how often and why: by type of card, policy, outcome and reason."""
    try:
        container = from_environment(os.environ, Path.cwd())
    except (SettingsError, StorageError) as error:
        raise click.ClickException(str(error)) from None
    counts = container.feedback.report() if container.feedback is not None else ()
    if not counts:
        click.echo("No feedback is on file.")
    for one in counts:
        where = " ".join(part for part in (one.topic, one.policy) if part)
        why = f", reason {one.reason}" if one.reason else ""
        click.echo(f"{one.times:>6}  {one.outcome}  {where}{why}")
        for comment in one.comments if comments else ():
            click.echo(f"        - {comment}")
