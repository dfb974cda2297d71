"""`cds-service purge`, and the purge at every start: what is older than `retention_days` is deleted."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from cds_service import logs
from cds_service.app.container import Container, from_environment
from cds_service.app.settings import SettingsError
from cds_service.storage.engine import StorageError
from cds_service.storage.retention import Purging


def purged(container: Container) -> dict[str, int]:
    """Delete what is older than the setting allows, if it is set; returns how many rows went, by table."""
    days, archive = container.settings.retention_days, container.archive
    if not days or archive is None:
        return {}
    gone = Purging(archive.engine, days).purge(datetime.now(UTC), container.today())
    logs.LOG.info("purged", extra={"fields": {"retention_days": days, **gone}})
    return gone


@click.command()
def purge() -> None:
    """Delete calls, determinations, answered forms and feedback older than `retention_days`."""
    try:
        container = from_environment(os.environ, Path.cwd())
    except (SettingsError, StorageError) as error:
        raise click.ClickException(str(error)) from None
    if not container.settings.retention_days:
        raise click.ClickException("retention_days is not set: everything is kept")
    gone = purged(container)
    for table, rows in gone.items():
        click.echo(f"{rows:>6}  {table}")
    if not gone:
        click.echo("Nothing is older than that.")
