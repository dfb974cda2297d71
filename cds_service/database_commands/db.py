"""`cds-service db`: at which migration the database stands, and bringing it up to date before a new release serves."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cds_service.app.settings import SettingsError
from cds_service.app.settings_file import load
from cds_service.storage.engine import StorageError, shown, status, upgrade
from cds_service.storage.schema import Standing

_NOT_CURRENT = 1


@contextmanager
def _database_url() -> Iterator[str]:
    """Hand out the URL of the settings' database; what is wrong with it becomes a message."""
    try:
        yield load(os.environ, Path.cwd()).database_url
    except (SettingsError, StorageError) as error:
        raise click.ClickException(str(error)) from None


@click.group()
def db() -> None:
    """Look after the database."""


@db.command("status")
def run_status() -> None:
    """Say at which migration the database stands; exit code 1 if some are still to be run."""
    with _database_url() as url:
        found = status(url)
        click.echo(f"{shown(url)}: {_at(found)}")
    if not found.is_current:
        click.echo(f"{len(found.waiting)} to be run: {', '.join(found.waiting)} (cds-service db upgrade)")
        sys.exit(_NOT_CURRENT)
    click.echo("up to date")


@db.command("upgrade")
def run_upgrade() -> None:
    """Bring the database up to date; a start does the same. Of several at once one does it, and the others wait."""
    with _database_url() as url:
        before = upgrade(url)
        click.echo(f"{shown(url)}: {_at(before)}")
    click.echo(f"run: {', '.join(before.waiting)}" if before.waiting else "nothing to be done")


def _at(found: Standing) -> str:
    return f"migration {found.at}" if found.at else "no tables yet"
