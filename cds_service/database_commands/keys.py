"""`cds-service keys`: the keys that charts are encrypted with, a tenant each."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Engine

from cds_service.app.store import ring_of
from cds_service.audit.clear_rows import ClearRows
from cds_service.database_commands.opened_database import opened
from cds_service.encryption import tenant_keys
from cds_service.encryption.operator_keys import KeyRing


@click.group()
def keys() -> None:
    """Look after the keys that charts are encrypted with."""


@keys.command("status")
def run_status() -> None:
    """List the keys of tenants: since when, and under which key of the operator, or destroyed."""
    with opened() as (engine, _):
        rows = tenant_keys.data_keys(engine)
    for row in rows:
        state = f"wrapped by {row.wrapped_by}" if row.destroyed is None else f"destroyed {row.destroyed:%Y-%m-%d}"
        click.echo(f"{row.tenant or '(payer)'}  {row.made:%Y-%m-%d}  {state}  {row.id}")
    if not rows:
        click.echo("No key: nothing is encrypted.")


@contextmanager
def _keyed() -> Iterator[tuple[Engine, KeyRing]]:
    """Open the database of the settings with the operator's keys, which must be set."""
    with opened(keyed=True) as (engine, settings):
        ring = ring_of(settings, os.environ)
        if ring is None:
            raise click.ClickException("no encryption key is set")
        yield engine, ring


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
    with opened() as (engine, _):
        gone = tenant_keys.destroy(engine, tenant)
    if not gone:
        raise click.ClickException("this tenant has no key")
    click.echo(f"{gone} keys destroyed; destroy the backups that hold them, too")
