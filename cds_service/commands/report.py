"""`cds-service report`: what the payer learns from the use of the service."""

import os
from collections.abc import Iterable
from pathlib import Path

import click

from cds_service.app.container import Container, from_environment
from cds_service.app.settings import SettingsError
from cds_service.storage.engine import StorageError
from cds_service.storage.feedback import CriterionCount


@click.group()
def report() -> None:
    """Report on what was sent and what became of it."""


def _container() -> Container:
    """Open the store of this folder's settings; raises ClickException if it cannot be had."""
    try:
        return from_environment(os.environ, Path.cwd())
    except (SettingsError, StorageError) as error:
        raise click.ClickException(str(error)) from None


@report.command("feedback")
@click.option("--comments", is_flag=True, help="Show what people wrote; it can hold what belongs to a patient.")
def feedback(*, comments: bool) -> None:
    """Say which cards were accepted or overridden, how often and why; and which criterion was, of those they raised."""
    kept = _container().feedback
    counts = kept.report() if kept is not None else ()
    if kept is None or not counts:
        click.echo("No feedback is on file.")
        return
    for one in counts:
        where = " ".join(part for part in (one.topic, one.policy) if part)
        click.echo(f"{one.times:>6}  {one.outcome}  {where}{_why(one.reason)}")
        for comment in one.comments if comments else ():
            click.echo(f"        - {comment}")
    _by_criterion(kept.overridden())


def _by_criterion(counts: Iterable[CriterionCount]) -> None:
    """Print which criteria were overridden, each with the number of all cards that raised it."""
    for index, one in enumerate(counts):
        if index == 0:
            click.echo("\nCriteria on overridden cards, of the cards that raised them:")
        where = f"{one.policy} {one.version} {one.criterion}"
        click.echo(f"{one.times:>6}  of {one.raised}  {where}{_why(one.reason)}")


def _why(reason: str) -> str:
    return f", reason {reason}" if reason else ""


@report.command("form-errors")
@click.option("--texts", is_flag=True, help="Show what was said; an app can have put in what belongs to a patient.")
def form_errors(*, texts: bool) -> None:
    """Say which errors DTR apps met with our forms, how often: by form, severity and code."""
    container = _container()
    counts = container.form_errors.report() if container.form_errors is not None else ()
    if not counts:
        click.echo("No error of a form is on file.")
    for one in counts:
        click.echo(f"{one.times:>6}  {one.severity} {one.code}  {one.questionnaire}")
        for text in one.texts if texts else ():
            click.echo(f"        - {text}")
