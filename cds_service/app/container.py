"""The composition root: everything is made here, once, and handed to who needs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from cds_service.app.claims_source import SourceError, claims_of
from cds_service.app.member_directory_file import DirectoryError, read_directory
from cds_service.app.metrics import Metrics
from cds_service.app.published import Imprint, Published, Publishing, logic_folders, policies_of, published
from cds_service.app.settings import Settings, SettingsError
from cds_service.app.settings_file import clock, load, pinned_today
from cds_service.app.store import open_store
from cds_service.app.unmapped_report import SqlUnmapped
from cds_service.audit.read_log import ReadLog
from cds_service.clients.access import Gate
from cds_service.clients.client_assertions import Verifier
from cds_service.clients.fhir_access import Door
from cds_service.clients.key_sets import KeySets, over_http
from cds_service.clients.registered_clients import clients_of
from cds_service.clients.site_mappings import MappingError, site_table
from cds_service.clients.token_uses import NothingUsed
from cds_service.register.register import SqlRegister
from cds_service.storage.access_tokens import SqlAccessTokens
from cds_service.storage.archive import Archive
from cds_service.storage.feedback import SqlFeedback
from cds_service.storage.form_errors import SqlFormErrors
from cds_service.storage.used_tokens import SqlUsedTokens
from fhir_mappings.chart.site_codes import SiteTable
from fhir_mappings.coverage.member_directory import Directory
from fhir_mappings.findings.gathered import wanted_codings
from fhir_mappings.judgement.judge import Judge
from fhir_mappings.publication.artifacts import Artifacts
from fhir_mappings.questionnaires.published import Shelf
from fhir_mappings.wording import wording
from hooks.coverage_decision.determination_table import DeterminationTable
from hooks.definitions.order_sign import ORDER_SIGN
from hooks.definitions.prefetch_templates import templates
from hooks.discovery import Services, services
from hooks.ehr_data.chart_assembly import ChartAssembly
from hooks.ehr_data.client_forms import FindsForms
from hooks.ehr_data.fetch_port import NoFetcher
from hooks.ehr_data.payer_claims import Claims
from hooks.protocol.client import ANYONE
from hooks.protocol.payer import Payer
from hooks.records.register_port import NoRegister
from hooks.response.service import Answering
from policies.catalogue import Catalogue, uncollected
from policies.model.dates import CallDay

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Container:
    """What the application and the command line work with."""

    settings: Settings
    catalogue: Catalogue
    order_sign: Answering
    services: Services
    today: Callable[[], CallDay]
    gate: Gate
    artifacts: Mapping[str, Artifacts]
    metrics: Metrics
    shelf: Callable[[], Shelf]
    forms_are_proven: bool = False
    archive: Archive | None = None
    access_tokens: SqlAccessTokens | None = None
    feedback: SqlFeedback | None = None
    form_errors: SqlFormErrors | None = None
    unmapped: SqlUnmapped | None = None
    reads: ReadLog | None = None

    @property
    def door(self) -> Door:
        """Return what says who is let in under the FHIR bases."""
        return Door(self.gate, self.access_tokens)


def compose(
    settings: Settings,
    policies: Catalogue,
    pinned: date | None = None,
    engine: Engine | None = None,
    admin_token: str = "",
    publishing: Publishing = published,
) -> Container:
    """Put everything together; `pinned` is the day of every decision, else the clock is asked at each call.

    Without an engine nothing is stored and nothing is fetched: enough for judging files, and for nothing else. Raises
    SettingsError for a directory of members, claims, or a mapping of a site's code, that cannot be used.
    """
    today = clock(pinned, settings.time_zone)
    payer = replace(settings.as_payer(), members=_members(settings))
    _check_lines(payer, policies)
    issued = publishing(policies, _imprint(settings, payer))
    order_sign = _answering(settings, policies, payer, engine, today, issued.shelf)
    offered = services(order_sign, policies, clinical=settings.prefetch_clinical, claims=settings.claims.prefetch)
    gate = Gate(_verifier(settings, engine), admin_token, settings.open_client.of(ANYONE))
    metrics, forms = Metrics.made(), issued.shelf
    container = Container(
        settings, policies, order_sign, offered, today, gate, issued.artifacts, metrics, forms, issued.is_proven
    )
    return container if engine is None else _with_store(container, engine)


def _check_lines(payer: Payer, policies: Catalogue) -> None:
    """Raise SettingsError for a line of business of a policy or of a member that the settings do not name.

    A slip there would have orders judged as if no policy were for them. Where the settings name none, none is known of
    a member, and such policies are not chosen.
    """
    names = [one.name for one in payer.lines.lines]
    users = {name: f"policy {one.id} of {one.version}" for one in policies.all for name in one.holds_for if names}
    members = payer.members.members if payer.members is not None else ()
    users |= {one.line_of_business: "a member of the directory" for one in members if one.line_of_business}
    for name, user in users.items():
        if name not in names:
            raise SettingsError(f"setting lines_of_business: it lacks '{name}', which {user} names")


def _with_store(container: Container, engine: Engine) -> Container:
    """Return the container with what reads and writes the database beside the register."""
    return replace(
        container,
        archive=Archive(engine),
        access_tokens=SqlAccessTokens(engine),
        feedback=SqlFeedback(engine),
        form_errors=SqlFormErrors(engine),
        unmapped=SqlUnmapped(engine, container.order_sign.say),
        reads=ReadLog(engine),
    )


def _answering(
    settings: Settings,
    policies: Catalogue,
    payer: Payer,
    engine: Engine | None,
    today: Callable[[], CallDay],
    shelf: Callable[[], Shelf],
) -> Answering:
    """Return what answers order-sign; the other services are made after it."""
    return Answering(
        judge=Judge(policies),
        payer=payer,
        table=DeterminationTable(payer),
        say=wording(settings.language),
        limits=settings.limits(),
        register=NoRegister() if engine is None else SqlRegister(engine, settings.form_link_minutes),
        today=today,
        charts=_charts(settings, policies, payer.base_url),
        claims=_claims(settings),
        fetcher=settings.fetcher() if engine is not None else NoFetcher(),
        hook=ORDER_SIGN,
        warmth=settings.warmth(),
        forms=_forms(shelf),
        site_codes=_site_codes(settings, policies),
    )


def _charts(settings: Settings, policies: Catalogue, base: str) -> ChartAssembly:
    """Return what puts charts together: of Observations what the policies look for, by the searches of discovery."""
    searched = templates(policies, claims=settings.claims.prefetch, base=base)
    return ChartAssembly(wanted_codings(policies.all, policies.terminology), searched)


def _forms(shelf: Callable[[], Shelf]) -> FindsForms:
    """Return what finds a form by its canonical URL, in the one version of DTR or in the older one."""
    in_version = cache(lambda older: shelf().in_version(older=older))
    return lambda canonical, *, older: in_version(older).named(canonical)


def _imprint(settings: Settings, payer: Payer) -> Imprint:
    others = (one for one in settings.form_languages if one != settings.language)
    return Imprint(payer.base_url, payer.name, (settings.language, *others))


def _members(settings: Settings) -> Directory | None:
    try:
        return read_directory(settings.member_directory)
    except DirectoryError as error:
        raise SettingsError(str(error)) from None


def _site_codes(settings: Settings, policies: Catalogue) -> SiteTable:
    try:
        return site_table(settings.mappings, settings.clients, policies)
    except MappingError as error:
        raise SettingsError(str(error)) from None


def _claims(settings: Settings) -> Claims:
    try:
        return claims_of(settings.claims, settings.max_body_bytes, settings.database_seconds)
    except SourceError as error:
        raise SettingsError(str(error)) from None


def _verifier(settings: Settings, engine: Engine | None) -> Verifier | None:
    """Return what checks tokens; None in open mode. Without an engine it only explains tokens."""
    if not settings.clients:
        return None
    clients = {one.iss: one for one in clients_of(settings.clients)}
    used = SqlUsedTokens(engine) if engine is not None else NothingUsed()
    made = Verifier(clients, KeySets(over_http), used, settings.jti_replay, settings.clock_leeway_seconds)
    return replace(made, longest_seconds=settings.max_token_seconds)


def from_environment(
    environment: Mapping[str, str], folder: Path, *, store: bool = True, signed: bool = True
) -> Container:
    """Compose from the settings of a folder and the environment; without a store nothing is opened or written.

    Unless what is `signed` counts, the policies are those on file as they are. Raises SettingsError, PolicyError or
    StorageError.
    """
    settings = load(environment, folder)
    engine = open_store(settings, environment, settings.database_seconds) if store else None
    admin_token = environment.get("CDS_ADMIN_TOKEN", "")
    with uncollected():
        policies = policies_of(settings, signed=signed)
        publishing = partial(published, logic_folders=logic_folders(settings))
        return compose(settings, policies, pinned_today(environment), engine, admin_token, publishing)


def reopened(container: Container, environment: Mapping[str, str]) -> Container:
    """Compose again for another process: policies and what is published stay, connections are its own.

    Raises StorageError.
    """
    settings = container.settings
    engine = open_store(settings, environment, settings.database_seconds)
    issued = Published(container.shelf, container.artifacts, container.forms_are_proven)
    admin_token = environment.get("CDS_ADMIN_TOKEN", "")
    return compose(settings, container.catalogue, pinned_today(environment), engine, admin_token, lambda *_: issued)
