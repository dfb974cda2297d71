"""`cds-service audit`: whether what is on file is what was written, who read it, and one patient's record."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import orjson
from sqlalchemy import Engine

from cds_service.app.settings import Settings, SettingsError, load
from cds_service.app.store import open_store
from cds_service.audit.audit_events import reads_since
from cds_service.audit.chain_check import ChainCheck
from cds_service.audit.patient_record import Patient, record_of
from cds_service.audit.read_log import COMMAND_LINE, Read, ReadLog
from cds_service.chain.entries import Head, entries, head
from cds_service.database.transactions import StoreError, reading
from cds_service.storage.engine import StorageError, open_engine
from fhir_mappings.wording import wording

_FAULTY = 1
_SECONDS = 60.0
"""How long a statement of these commands may take: they look at whole tables, and no call waits for them."""


@contextmanager
def _opened(*, keyed: bool = False) -> Iterator[tuple[Engine, Settings]]:
    """Open the database of the settings, with its keys where charts are read; what is wrong becomes a message."""
    try:
        settings = load(os.environ, Path.cwd())
        url = settings.database_url
        engine = open_store(settings, os.environ, _SECONDS) if keyed else open_engine(url, _SECONDS)
        try:
            yield engine, settings
        finally:
            engine.dispose()
    except (SettingsError, StorageError) as error:
        raise click.ClickException(str(error)) from None
    except StoreError as error:
        raise click.ClickException(f"the database failed: {error}") from None


@click.group()
def audit() -> None:
    """Check what is on file, and say who read it."""


@audit.command("head")
def run_head() -> None:
    """Print the head of the chain, to be noted outside of this machine: `audit verify --head` holds it against it."""
    with _opened() as (engine, _), reading(engine) as connection:
        click.echo(str(head(connection)))


@audit.command("verify")
@click.option("--head", "heads", multiple=True, help="A head that was noted before; may be given several times.")
def run_verify(heads: tuple[str, ...]) -> None:
    """Name every row that was edited, added or deleted past the service; exit code 1 if there is one."""
    noted = [_head(one) for one in heads]
    with _opened() as (engine, _):
        found = ChainCheck(engine, noted).run()
    for fault in found.faults:
        click.echo(str(fault))
    counted = f"{found.entries} entries, {found.purged} of them of rows that were purged"
    click.echo(f"{counted}; head {found.head}; {len(found.faults)} faults")
    sys.exit(_FAULTY if found.faults else 0)


def _head(text: str) -> Head:
    number, colon, link = text.strip().partition(":")
    if not (colon and number.isdecimal()):
        raise click.UsageError("a head is written as `cds-service audit head` prints it, NUMBER:LINK")
    return Head(int(number), link)


@audit.command("export")
@click.option("--chain", "of_chain", is_flag=True, help="The entries of the chain instead of the reads.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Reads since a day (UTC) only.")
def run_export(*, of_chain: bool, since: datetime | None) -> None:
    """Print who read what, as FHIR AuditEvents, one a line (NDJSON); or the chain."""
    with _opened() as (engine, settings):
        day = since.date() if since is not None else None
        _print(map(asdict, entries(engine)) if of_chain else reads_since(engine, day, settings.base_url))


@audit.command("record")
@click.option("--patient", required=True, help="The patient's id at the FHIR server.")
@click.option("--tenant", default="", help="Of this tenant only.")
@click.option("--fhir-server", default="", help="Of this FHIR server only.")
def run_record(patient: str, tenant: str, fhir_server: str) -> None:
    """Print everything on file of one patient, one JSON object a line; the export is noted as a read."""
    with _opened(keyed=True) as (engine, settings):
        ReadLog(engine).keep(Read(COMMAND_LINE, "Patient", patient))
        found = record_of(engine, Patient(patient, tenant, fhir_server), settings.base_url)
        _print(map(wording().report, found))


def _print(rows: Iterable[dict[str, Any]]) -> None:
    for one in rows:
        click.echo(orjson.dumps(one).decode())
