"""`cds-service report`: what the payer learns from the use of the service."""

import csv
import os
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import click
import orjson

from cds_service.app.container import Container, from_environment
from cds_service.app.settings import SettingsError
from cds_service.app.unmapped_report import IsKnown, Unmapped
from cds_service.requests_on_file import figures
from cds_service.requests_on_file.store import PriorAuthStore
from cds_service.storage.engine import StorageError
from cds_service.storage.feedback import CriterionCount
from fhir_mappings.chart.site_codes import Agreement
from policies.catalogue import Catalogue
from policies.terminology.value_sets import CodeSet

_MONTH = 30


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


@report.command("unmapped")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="The first day; by default a month back.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="The last day; by default today.")
@click.option("--texts", is_flag=True, help="Show what the records say; that is from charts of patients.")
def unmapped(*, first: datetime | None, last: datetime | None, texts: bool) -> None:
    """Count the codes and texts that looked like a fact and could not decide; for an analyst who maps codes.

    Of each: how often it was seen, the fact, the code, and how often people confirmed and denied what it would mean.
    """
    container = _container()
    end = last.date() if last is not None else container.today()
    start = first.date() if first is not None else end - timedelta(days=_MONTH)
    known = _known(container.catalogue)
    counts = container.unmapped.report(start, end, known) if container.unmapped is not None else ()
    if not counts:
        click.echo(f"Nothing of {start} to {end} looked like a fact and could not decide.")
    for one in counts:
        what = f"{one.system}|{one.code}  {one.name}" if one.code else f"text, {one.name}"
        click.echo(f"{one.times:>6}  {one.fact}  {what}{_said(one)}")
        for text in one.texts if texts else ():
            click.echo(f"        - {text}")
    _as_mappings(container, counts)


def _as_mappings(container: Container, counts: Iterable[Unmapped]) -> None:
    """Print for each local code of a client a mapping to complete: what it means, who confirms it, and from when."""
    says, clients = Agreement(container.catalogue.terminology), container.settings.clients
    local = (one for one in counts if one.system and one.code and not says.is_standard(one.system))
    seen: dict[tuple[str, str, str], list[str]] = {}
    for one in local:
        for tenant in one.tenants:
            client = next((each.name for each in clients if tenant == each.owner), "")
            facts = seen.setdefault((client, one.system, one.code), [])
            facts.append(f"{one.fact}: {one.times}, as {one.name}")
    if seen:
        click.echo("\nTo complete and confirm, for the settings:")
    for (client, system, code), facts in seen.items():
        written = {"client": client, "system": system, "code": code}
        open_ = ("means_system", "means_code", "confirmed_by", "from")
        lines = [f"# {' '.join(one.split())}" for one in facts]
        lines += ["[[mappings]]", *(f"{name} = {_quoted(one)}" for name, one in written.items())]
        click.echo("\n" + "\n".join([*lines, *(f'{name} = ""' for name in open_)]))


def _quoted(text: str) -> str:
    """Return a text as TOML writes it; its escapes are those of JSON."""
    return orjson.dumps(text).decode()


def _said(one: Unmapped) -> str:
    return f"  (yes {one.yes}, no {one.no})" if one.yes or one.no else ""


def _known(catalogue: Catalogue) -> IsKnown:
    """Return what tells whether some value set or drug table on file has a code."""
    terminology = catalogue.terminology
    sets = (one for one in terminology.sets.values() if isinstance(one, CodeSet))
    codings = frozenset(coding for one in sets for coding in one.codings())
    tables = tuple(terminology.drug_tables.values())

    def is_known(system: str, code: str) -> bool:
        return (system, code) in codings or any(one.find(system, code) is not None for one in tables)

    return is_known


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


@report.command("pas")
@click.option("--year", type=int, help="The year of the requests; by default this one.")
@click.option("--metrics", is_flag=True, help="Each request as PASMetricData of Da Vinci PAS, without patient data.")
@click.option("--csv", "as_csv", is_flag=True, help="The yearly figures as CSV.")
def pas(*, year: int | None, metrics: bool, as_csv: bool) -> None:
    """Print the figures of prior authorization that the law asks for each year (CMS-0057-F), or metrics by request."""
    container = _container()
    if container.archive is None:
        raise click.ClickException("there is no store")
    when = year or container.today().year
    store = PriorAuthStore(container.archive.engine)
    found = figures.histories(store, when)
    readable, sealed = figures.opened(store, found)
    if sealed:
        click.echo(f"{sealed} of {len(found)} requests are sealed for ever (their keys were destroyed).", err=True)
    if metrics:
        payer_id = container.settings.payer.identifiers[0]
        payer = {"system": payer_id.system, "value": payer_id.value}
        click.echo(orjson.dumps(figures.metric_data(readable, payer), option=orjson.OPT_INDENT_2).decode())
        return
    rows = figures.yearly(found, when)
    if as_csv:
        writer = csv.DictWriter(sys.stdout, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
