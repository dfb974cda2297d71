"""`cds-service purge`: what is older than `retention_days` is deleted, beside calls, by one process at a time."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic

import click

from cds_service import logs
from cds_service.app.container import Container, from_environment
from cds_service.app.settings import SettingsError
from cds_service.audit.purge_count import PurgeCount
from cds_service.database.leases import Lease
from cds_service.database.transactions import StoreError
from cds_service.storage.engine import StorageError, open_engine
from cds_service.storage.retention import READS_DAYS, Purging, give_way
from cds_service.storage.tables import LEASES

_MINUTES = 10
_RENEWED_SECONDS = 60
_SECONDS_OF_AN_HOUR = 3600
_COUNTING_SECONDS = 600.0


class BusyError(Exception):
    """Another process purges at this moment."""


@dataclass(slots=True)
class _Renewing:
    """Gives way to calls between two transactions, and holds the lease longer from time to time."""

    lease: Lease
    renewed: float = field(default_factory=monotonic)

    def __call__(self, seconds: float) -> None:
        give_way(seconds)
        if monotonic() - self.renewed > _RENEWED_SECONDS:
            self.lease.take()
            self.renewed = monotonic()


def purged(container: Container) -> dict[str, int]:
    """Delete what is older than the setting allows, if it is set; returns how many rows went, by table.

    Raises BusyError where another process does, StoreError where the database fails: what went until then has gone.
    """
    days, archive = container.settings.retention_days, container.archive
    if not days or archive is None:
        return {}
    lease = Lease(archive.engine, LEASES, "purge", _MINUTES)
    if not lease.take():
        raise BusyError("another process purges at this moment")
    try:
        purging = Purging(archive.engine, days, _Renewing(lease), tenants=container.settings.tenants)
        gone = purging.purge(datetime.now(UTC), container.today())
    finally:
        lease.give_back()
    logs.LOG.info("purged", extra={"fields": {"retention_days": days, **gone}})
    return gone


@click.command()
@click.option("--dry-run", is_flag=True, help="Count what would be deleted, and delete nothing.")
@click.option("--every", type=click.FloatRange(min=0, min_open=True), help="Go on, and purge every so many hours.")
def purge(every: float | None, *, dry_run: bool) -> None:
    """Delete calls, determinations, answered forms and feedback older than `retention_days`."""
    try:
        container = from_environment(os.environ, Path.cwd())
    except (SettingsError, StorageError) as error:
        raise click.ClickException(str(error)) from None
    if not container.settings.retention_days:
        raise click.ClickException("retention_days is not set: everything is kept")
    if dry_run:
        _count(container)
        return
    if every is None:
        _once(container)
        return
    logs.start()
    while True:
        _again(container)
        Event().wait(every * _SECONDS_OF_AN_HOUR)


def _once(container: Container) -> None:
    try:
        _show(purged(container))
    except (BusyError, StoreError) as error:
        raise click.ClickException(str(error)) from None


def _count(container: Container) -> None:
    """Say what a purge would delete; its statements look at whole tables, and no call waits for them."""
    settings = container.settings
    engine = open_engine(settings.database_url, _COUNTING_SECONDS)
    try:
        counting = PurgeCount(engine, settings.retention_days, READS_DAYS, settings.tenants)
        _show(counting.count(datetime.now(UTC), container.today()))
    except StoreError as error:
        raise click.ClickException(str(error)) from None
    finally:
        engine.dispose()


def _show(rows_by_table: dict[str, int]) -> None:
    for table, rows in rows_by_table.items():
        click.echo(f"{rows:>6}  {table}")
    if not rows_by_table:
        click.echo("Nothing is older than that.")


def _again(container: Container) -> None:
    """Purge; what fails is logged, and tried again the next time."""
    try:
        purged(container)
    except (BusyError, StoreError) as error:
        logs.LOG.warning("not purged", extra={"fields": {"why": str(error)}})
