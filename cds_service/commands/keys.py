"""`cds-service keys`: the keys that charts are encrypted with, a tenant each."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import Engine

from cds_service.app.settings import SettingsError, load
from cds_service.app.store import open_store, ring_of
from cds_service.audit.clear_rows import ClearRows
from cds_service.database.transactions import StoreError
from cds_service.encryption import tenant_keys
from cds_service.encryption.operator_keys import EncryptionKeyError, KeyRing
from cds_service.storage.engine import StorageError, open_engine

_SECONDS = 60.0


@contextmanager
def _told() -> Iterator[None]:
    """Turn what an operator can mend into a message."""
    try:
        yield
    except (SettingsError, StorageError, EncryptionKeyError) as error:
        raise click.ClickException(str(error)) from None
    except StoreError as error:
        raise click.ClickException(f"the database failed: {error}") from None


@contextmanager
def _opened() -> Iterator[Engine]:
    """Open the database of the settings without its keys."""
    with _told():
        engine = open_engine(load(os.environ, Path.cwd()).database_url, _SECONDS)
        try:
            yield engine
        finally:
            engine.dispose()


@click.group()
def keys() -> None:
    """Look after the keys that charts are encrypted with."""


@keys.command("status")
def run_status() -> None:
    """List the keys of tenants: since when, and under which key of the operator, or destroyed."""
    with _opened() as engine:
        rows = tenant_keys.data_keys(engine)
    for row in rows:
        state = f"wrapped by {row.wrapped_by}" if row.destroyed is None else f"destroyed {row.destroyed:%Y-%m-%d}"
        click.echo(f"{row.tenant}  {row.made:%Y-%m-%d}  {state}  {row.id}")
    if not rows:
        click.echo("No key: nothing is encrypted.")


@contextmanager
def _keyed() -> Iterator[tuple[Engine, KeyRing]]:
    """Open the database of the settings with the operator's keys, which must be set."""
    with _told():
        settings = load(os.environ, Path.cwd())
        ring = ring_of(settings, os.environ)
        if ring is None:
            raise click.ClickException("no encryption key is set")
        engine = open_store(settings, os.environ, _SECONDS)
        try:
            yield engine, ring
        finally:
            engine.dispose()


@keys.command("rotate")
def run_rotate() -> None:
    """Wrap all keys by the operator's first key, and give each tenant a new one for what comes."""
    with _keyed() as (engine, ring):
        done = tenant_keys.rotate(engine, ring)
    click.echo(f"{done.wrapped} keys wrapped by {ring.current}; {done.renewed} tenants have a new key")


@keys.command("encrypt")
def run_encrypt() -> None:
    """Encrypt rows from before the first key; it may be stopped, and goes on where it was when it is run again."""
    with _keyed() as (engine, _):
        done = ClearRows(engine).encrypt()
    for table, rows in done.items():
        click.echo(f"{rows:>6}  {table}")
    if not done:
        click.echo("Nothing is kept in the clear.")


@keys.command("destroy")
@click.option("--tenant", required=True, help="The tenant whose charts shall never be read again.")
@click.confirmation_option(prompt="What this tenant sent can never be read again. Destroy its keys?")
def run_destroy(tenant: str) -> None:
    """Destroy the keys of a tenant; the chain still verifies."""
    with _opened() as engine:
        gone = tenant_keys.destroy(engine, tenant)
    if not gone:
        raise click.ClickException("this tenant has no key")
    click.echo(f"{gone} keys destroyed; destroy the backups that hold them, too")
