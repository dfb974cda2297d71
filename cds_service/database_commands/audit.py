"""`cds-service audit`: whether what is on file is what was written, who read it, and one patient's record."""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click
import orjson

from cds_service.audit.audit_events import reads_since
from cds_service.audit.chain_check import ChainCheck
from cds_service.audit.patient_record import Patient, record_of
from cds_service.audit.read_log import COMMAND_LINE, Read, ReadLog
from cds_service.chain.entries import Head, entries, head
from cds_service.database.transactions import reading
from cds_service.database_commands.opened_database import opened
from fhir_mappings.wording import wording

_FAULTY = 1


@click.group()
def audit() -> None:
    """Check what is on file, and say who read it."""


@audit.command("head")
def run_head() -> None:
    """Print the head of the chain, to be noted outside of this machine: `audit verify --head` holds it against it."""
    with opened() as (engine, _), reading(engine) as connection:
        click.echo(str(head(connection)))


@audit.command("verify")
@click.option("--head", "heads", multiple=True, help="A head that was noted before; may be given several times.")
def run_verify(heads: tuple[str, ...]) -> None:
    """Name every row that was edited, added or deleted past the service; exit code 1 if there is one."""
    noted = [_head(one) for one in heads]
    with opened() as (engine, _):
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
    with opened() as (engine, settings):
        day = since.date() if since is not None else None
        _print(map(asdict, entries(engine)) if of_chain else reads_since(engine, day, settings.base_url))


@audit.command("record")
@click.option("--patient", required=True, help="The patient's id at the FHIR server.")
@click.option("--tenant", default="", help="Of this tenant only.")
@click.option("--fhir-server", default="", help="Of this FHIR server only.")
def run_record(patient: str, tenant: str, fhir_server: str) -> None:
    """Print everything on file of one patient, one JSON object a line; the export is noted as a read."""
    with opened(keyed=True) as (engine, settings):
        ReadLog(engine).keep(Read(COMMAND_LINE, "Patient", patient))
        found = record_of(engine, Patient(patient, tenant, fhir_server), settings.base_url)
        _print(map(wording().report, found))


def _print(rows: Iterable[dict[str, Any]]) -> None:
    for one in rows:
        click.echo(orjson.dumps(one).decode())
