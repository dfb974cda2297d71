"""`cds-service purge`: what is older than `retention_days` is deleted, beside calls, by one process at a time."""

import os
from contextlib import suppress
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
from cds_service.database.patience import Patience
from cds_service.database.transactions import StoreError
from cds_service.retention.purge import READS_DAYS, Purging, UnfinishedError, give_way
from cds_service.storage.engine import StorageError, open_engine
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
    patience: Patience
    renewed: float = field(default_factory=monotonic)

    def __call__(self, seconds: float) -> None:
        give_way(seconds)
        if monotonic() - self.renewed > _RENEWED_SECONDS:
            _taken(self.lease, self.patience)
            self.renewed = monotonic()


def _taken(lease: Lease, patience: Patience) -> None:
    """Take the lease, or hold it longer; raises BusyError where another process has it, StoreError."""
    if not patience.tried(lease.take):
        raise BusyError("another process purges at this moment")


def purged(container: Container, patience: Patience | None = None) -> dict[str, int]:
    """Delete what is older than the setting allows, if it is set; returns how many rows went, by table.

    Raises BusyError where another process does, StoreError where the database fails for longer than there is patience:
    what went until then has gone.
    """
    days, archive = container.settings.retention_days, container.archive
    if not days or archive is None:
        return {}
    lease, waits = Lease(archive.engine, LEASES, "purge", _MINUTES), patience or Patience()
    _taken(lease, waits)
    try:
        between = _Renewing(lease, waits)
        purging = Purging(archive.engine, days, between, tenants=container.settings.tenants, patience=waits)
        gone = purging.purge(datetime.now(UTC), container.today())
    finally:
        with suppress(StoreError):  # it is in the log; the lease ends by itself, and what is raised says more
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
        _show_all(purged(container))
    except UnfinishedError as error:
        _show(error.gone)
        text = f"the database failed for too long ({error}): what is listed above has gone, the next purge goes on"
        raise click.ClickException(text) from None
    except (BusyError, StoreError) as error:
        raise click.ClickException(str(error)) from None


def _count(container: Container) -> None:
    """Say what a purge would delete; its statements look at whole tables, and no call waits for them."""
    settings = container.settings
    engine = open_engine(settings.database_url, _COUNTING_SECONDS)
    try:
        counting = PurgeCount(engine, settings.retention_days, READS_DAYS, settings.tenants)
        _show_all(counting.count(datetime.now(UTC), container.today()))
    except StoreError as error:
        raise click.ClickException(str(error)) from None
    finally:
        engine.dispose()


def _show_all(rows_by_table: dict[str, int]) -> None:
    _show(rows_by_table)
    if not rows_by_table:
        click.echo("Nothing is older than that.")


def _show(rows_by_table: dict[str, int]) -> None:
    for table, rows in rows_by_table.items():
        click.echo(f"{rows:>6}  {table}")


def _again(container: Container) -> None:
    """Purge; what fails is logged, and tried again the next time."""
    try:
        purged(container)
    except UnfinishedError as error:
        logs.LOG.warning("purged in part", extra={"fields": {"why": str(error), **error.gone}})
    except (BusyError, StoreError) as error:
        logs.LOG.warning("not purged", extra={"fields": {"why": str(error)}})
