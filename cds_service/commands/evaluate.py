"""Judging without a server: files of hook calls, or a plain chart with an order."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
import msgspec

from cds_service.app.container import Container, from_environment
from cds_service.app.settings import SettingsError
from cds_service.app.settings_file import drafts_of
from cds_service.replay.replay import ReplayError, replay
from cds_service.storage.engine import StorageError
from cds_service.terminal.mendable import reported
from cds_service.terminal.text_report import as_text
from fhir_mappings.chart.assembly import build
from fhir_mappings.chart.chart import Chart, Located
from fhir_mappings.chart.completeness import lacks_of
from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.chart.resource_decoder import Decoded, decode
from fhir_mappings.chart.site_codes import SiteCodes
from fhir_mappings.coverage.coverages import own_coverage
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4 import strict_json
from fhir_mappings.r4.references import PatientIdentity
from fhir_mappings.r4.resources import Resource
from hooks.coverage_decision.determination_table import Decided
from hooks.discovery import for_call
from hooks.protocol.client import Caller
from hooks.protocol.errors import CallError
from hooks.report.order_report import order_report
from hooks.request.body import encoded, not_json, taken_apart
from hooks.response.service import Answering
from policies.files.problems import PolicyError

Json = dict[str, Any]


class EvaluationError(Exception):
    """A file that cannot be judged; the message says which, and why."""


_MENDABLE = (SettingsError, EvaluationError, PolicyError, ReplayError, StorageError)


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Judges files with the service's own parts, by the site codes of a registered client.

    `tenant` is whose they are; where it is empty, those of the one whose FHIR server (`own_servers`) a call names.
    """

    service: Answering
    own_servers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tenant: str = ""

    def call(self, file: Path) -> Json:
        """Judge the orders of a call of any hook that we know; raises EvaluationError if the file is none."""
        body = _bytes(file)
        service = for_call(self.service, body)
        try:
            call = service.read(body)
            call = call.of_site(self._site_codes(call.fhir_server))
            chart = service.chart(call)
        except CallError as error:
            raise EvaluationError(f"{file}: {error}") from None
        return self._report(str(file), service.decide(call, chart, service.today()), chart)

    def chart(self, file: Path, system: str, code: str, on: date | None) -> Json:
        """Judge one order, made of a code, by a chart: a FHIR Bundle of one patient; raises EvaluationError."""
        chart = self._chart(file)
        today = self.service.today()
        order = _order(system, code, on or today).of_site(self._site_codes())
        payer = self.service.payer
        coverage = own_coverage(chart, payer.identifiers, today, payer.members)
        judgement = self.service.judge.judge((order,), chart, today, line=payer.line_of(coverage))[0]
        determination = self.service.table.determination(judgement, coverage)
        return self._report(str(file), (Decided(judgement, coverage, determination),), chart)

    def _site_codes(self, server: str = "") -> SiteCodes:
        own = self.own_servers.items()
        callers = (Caller(name, fhir_servers=servers) for name, servers in own if server and servers)
        named = (one.tenant for one in callers if one.speaks_for(server))
        return self.service.site_codes.on(self.tenant or next(named, ""), self.service.today())

    def _chart(self, file: Path) -> Chart:
        body, looked_for = _bytes(file), wanted(self.service.charts.observation_codes)
        try:
            taken_apart(body, self.service.limits)
            decoded = decode([("chart", body)], looked_for.of_site(self._site_codes()))
        except CallError as error:
            raise EvaluationError(f"{file}: {error}") from None
        except strict_json.JsonError as error:
            raise EvaluationError(f"{file}: {not_json(error)}") from None
        identity = _patient(file, decoded)
        chart = build(decoded.located, identity, looked_for, decoded.unreadable)
        return replace(chart, lacks=tuple(dict.fromkeys(lacks_of(body, None))))

    def _report(self, file: str, decided: tuple[Decided, ...], chart: Chart) -> Json:
        return {
            "file": file,
            "orders": [self.service.say.report(order_report(one)) for one in decided],
            "unreadable": [{"reference": one.reference, "reason": one.reason} for one in chart.unreadable],
            "other_patients": list(chart.foreign),
        }


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise EvaluationError(f"{file}: cannot be read: {error.strerror}") from None


def _patient(file: Path, decoded: Decoded) -> PatientIdentity:
    patients: dict[str, list[Located]] = {}
    for one in decoded.located:
        if one.resource.resource_type == "Patient":
            patients.setdefault(one.resource.id or "", []).append(one)
    if len(patients) != 1:
        raise EvaluationError(f"{file}: a chart is a Bundle with one Patient; this one has {len(patients)}")
    name, found = next(iter(patients.items()))
    return PatientIdentity(name, urls=frozenset(one.url for one in found if one.url))


def _order(system: str, code: str, on: date) -> Order:
    """Make a draft order of a code."""
    raw = msgspec.json.encode(
        {
            "resourceType": "MedicationRequest",
            "id": "order",
            "status": "draft",
            "intent": "order",
            "authoredOn": on.isoformat(),
            "medicationCodeableConcept": {"coding": [{"system": system, "code": code}]},
        }
    )
    return Order(msgspec.json.decode(raw, type=Resource), msgspec.Raw(raw))


def _container(*, store: bool, policies_folder: Path | None = None) -> Container:
    own = drafts_of(policies_folder) if policies_folder is not None else {}
    return from_environment({**os.environ, **own}, Path.cwd(), store=store)


@dataclass(frozen=True, slots=True)
class _Judge:
    """By which policies, in which client's name and for which line of business is judged: those of the settings."""

    folder: Path | None
    client: str | None
    line: str | None

    def evaluator(self) -> Evaluator:
        """Return what judges files; raises EvaluationError for a client or a line of business that is not known."""
        found = _container(store=False, policies_folder=self.folder)
        settings = found.settings
        owners = {one.name: one.owner for one in settings.clients}
        if self.client is not None and self.client not in owners:
            known = ", ".join(owners) or "none"
            raise EvaluationError(f"there is no client '{self.client}'; the settings name: {known}")
        service = found.order_sign if self.line is None else _of_line(found, self.line)
        return Evaluator(service, settings.own_servers or {}, owners.get(self.client or "", ""))


def _of_line(container: Container, line: str) -> Answering:
    """Return the service as it judges members of one line of business; raises EvaluationError for one unknown."""
    payer = container.order_sign.payer
    known = {one.name for one in payer.lines.lines} | {
        name for one in container.catalogue.all for name in one.holds_for
    }
    if line not in known:
        names = ", ".join(sorted(known)) or "none"
        raise EvaluationError(f"there is no line of business '{line}'; the settings and policies name: {names}")
    return replace(container.order_sign, payer=replace(payer, lines=replace(payer.lines, always=line)))


def _naming_a_judge(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say by what is judged."""

    @click.option("--client", help="Judge in the name of this registered client: by its site codes ([[mappings]]).")
    @click.option(
        "--folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="A folder of policies, instead of those of the settings: so a draft is tried.",
    )
    @click.option("--line-of-business", "line", help="Judge as a member of this line, whatever the coverage shows.")
    @wraps(command)
    def judging(*, client: str | None, folder: Path | None, line: str | None, **given: Any) -> None:
        command(judge=_Judge(folder, client, line), **given)

    return judging


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--chart", type=click.Path(path_type=Path), help="A FHIR Bundle of one patient, instead of FILES.")
@click.option("--order", help="With --chart: what is ordered, as 'SYSTEM|CODE'.")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="With --chart: the date of the order.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_naming_a_judge
def evaluate(
    files: tuple[Path, ...], chart: Path | None, order: str | None, on: datetime | None, form: str, judge: _Judge
) -> None:
    """Judge the orders of hook calls (FILES), or one order by a chart, without a server."""
    if bool(files) == (chart is not None) or (chart is None) != (order is None):
        raise click.UsageError("give FILES, or --chart with --order")
    if on is not None and chart is None:
        raise click.UsageError("--date belongs to --chart; a hook call has its own dates")
    with reported(*_MENDABLE):
        evaluator = judge.evaluator()
        if chart is not None:
            system, code = _system_and_code(order or "")
            reports = [evaluator.chart(chart, system, code, on.date() if on else None)]
        else:
            reports = [evaluator.call(file) for file in files]
    click.echo(encoded(reports).decode() if form == "json" else "\n\n".join(as_text(one) for one in reports))


def _system_and_code(order: str) -> tuple[str, str]:
    system, bar, code = order.rpartition("|")
    if not (system and bar and code):
        raise click.UsageError(
            "--order is written as 'SYSTEM|CODE', say 'http://www.nlm.nih.gov/research/umls/rxnorm|2473851'"
        )
    return system, code


@click.command("replay")
@click.argument("name", metavar="ID")
@click.option("--revision", type=click.IntRange(1), help="The number of the revision; by default the newest.")
def run_replay(name: str, revision: int | None) -> None:
    """Work out a determination again from the facts that were kept, and read its chart once more."""
    with reported(*_MENDABLE):
        container = _container(store=True)
        found = replay(container.archive, container.order_sign, name, revision)
    kept = found.kept
    click.echo(f"{kept.determination}, revision {kept.number}: {kept.policy} {kept.policy_version}, {kept.request}")
    click.echo(f"  facts -> ruling: {found.ruling}, {'as kept' if found.same else 'NOT as kept'}")
    for difference in found.differences or ("the same",):
        click.echo(f"  chart -> facts:  {difference}")
    sys.exit(not found.same)
