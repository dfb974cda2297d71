"""Settings: one TOML file, and environment variables that win over it. An unknown setting stops the start.

Names and defaults are told in `cds-service.sample.toml`; the file is `cds-service.toml`, or what CDS_CONFIG names.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from cds_service.app.claims_source import ClaimsSettings
from cds_service.app.member_directory_file import DirectorySettings
from cds_service.clients.client_assertions import Replay
from cds_service.clients.registered_clients import ClientError, ClientSettings, clients_of
from cds_service.clients.site_mappings import MappingSettings
from cds_service.fetching.allowed_servers import Allowed
from cds_service.fetching.early_results import BriefMemory
from cds_service.fetching.fetcher import EhrFetcher
from cds_service.http.addresses import RefusedError, check_secure, is_origin
from cds_service.http.threshold import Threshold
from cds_service.register.register import LINK_MINUTES
from cds_service.storage.engine import SECONDS
from fhir_mappings.wording import languages
from hooks.ehr_data.early_fetch import COLD, Warmth
from hooks.protocol.client import Switches
from hooks.protocol.payer import CardDetail, Delivery, Payer, WithoutPolicy
from hooks.request.body import Limits
from policies.model.determination import Contact, Covered, PaNeeded

_PREFIX = "CDS_"
_CONFIG = "CDS_CONFIG"
_DEFAULT_FILE = "cds-service.toml"
_NOT_SETTINGS = frozenset({_CONFIG, "CDS_TODAY", "CDS_ALLOW_OPEN", "CDS_ADMIN_TOKEN", "CDS_ENCRYPTION_KEYS"})
_TABLES = frozenset(
    {"payer", "orders_without_policy", "clients", "member_directory", "claims", "mappings", "open_client"}
)
_LISTS = frozenset({"open_fhir_servers", "cors_origins", "form_frame_origins", "form_languages", "allowed_hosts"})
_AT_LEAST_ONE = (
    *("max_body_bytes", "max_depth", "max_orders", "max_entries", "max_token_seconds"),
    *("form_link_minutes", "worker_threads", "max_connections"),
)
_LONGEST_BUDGET_SECONDS = 60
_LONGEST_READ_SECONDS = 300
_LONGEST_WARM_SECONDS = 300
_DEFAULT_BASE_URL = "http://127.0.0.1:8000"
_TELECOM = (("tel:", "phone"), ("mailto:", "email"), ("https://", "url"), ("http://", "url"))


class SettingsError(Exception):
    """The settings cannot be used as they are; the message says which one, and why."""


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of settings; an unknown name is an error."""


class Identifier(_Strict, frozen=True):
    """An identifier by which the payer is known on a Coverage."""

    system: str
    value: str


class PayerSettings(_Strict, frozen=True):
    """`[payer]`: name, identifiers, and where to ask (a tel:, mailto: or https: address)."""

    name: str = "MMM"
    identifiers: tuple[Identifier, ...] = (Identifier("https://payer.example.org/identifier", "MMM"),)
    contact: str = ""


class OrdersWithoutPolicy(_Strict, frozen=True):
    """`[orders_without_policy]`: what is said of an order that no policy covers.

    `pa_needed` is conditional unless set; where `covered` is not-covered it must not be set.
    """

    covered: Covered = Covered.CONDITIONAL
    pa_needed: PaNeeded | None = None
    reason: str = "No drug policy of ours applies here. Please ask the plan about coverage."

    def told(self) -> WithoutPolicy:
        """Return what is told of such an order."""
        default = None if self.covered is Covered.NOT_COVERED else PaNeeded.CONDITIONAL
        return WithoutPolicy(self.covered, self.pa_needed or default, self.reason)


class Settings(_Strict, frozen=True):
    """All settings; `base_url` is where clients reach this service, by default the address that it listens on."""

    base_url: str = ""
    database_url: str = "sqlite:///cds-service.sqlite"
    database_seconds: float = SECONDS
    encryption_keys_file: str = ""
    policies_folder: str = ""
    automatic_approval: bool = False
    pas_administrative_denials: bool = False
    reviewers_file: str = ""
    denials_by_director: bool = False
    default_delivery: Delivery = Delivery.AUTO
    card_detail: CardDetail = CardDetail.SHORT
    language: str = "en"
    form_languages: tuple[str, ...] = ()
    max_body_bytes: int = 20_000_000
    max_depth: int = 64
    prefetch_clinical: bool = True
    open_fhir_servers: tuple[str, ...] = ()
    time_budget_seconds: float = 4
    warm_seconds: float = 0
    payer: PayerSettings = PayerSettings()
    orders_without_policy: OrdersWithoutPolicy = OrdersWithoutPolicy()
    clients: tuple[ClientSettings, ...] = ()
    open_client: Switches = Switches()
    mappings: tuple[MappingSettings, ...] = ()
    jti_replay: Replay = Replay.BODY
    clock_leeway_seconds: int = 60
    cors_origins: tuple[str, ...] = ()
    member_directory: DirectorySettings = DirectorySettings()
    claims: ClaimsSettings = ClaimsSettings()
    form_link_minutes: int = LINK_MINUTES
    form_frame_origins: tuple[str, ...] = ()
    retention_days: int = 0
    max_orders: int = 100
    max_entries: int = 50_000
    max_token_seconds: int = 3600
    allowed_hosts: tuple[str, ...] = ()
    worker_threads: int = 32
    max_waiting: int = 32
    max_connections: int = 2000
    read_seconds: float = 10
    calls_per_minute: int = 0

    def limits(self) -> Limits:
        """Return the limits of a call."""
        return Limits(self.max_body_bytes, self.max_depth, self.max_orders, self.max_entries)

    def threshold(self, base_url: str) -> Threshold:
        """Return what lets requests in, for a service that is reached at a base URL."""
        return Threshold.of(base_url, self.allowed_hosts, self.page_origins, is_open=not self.clients)

    @property
    def own_servers(self) -> dict[str, tuple[str, ...]] | None:
        """Return the FHIR servers of each tenant's clients; None in open mode, where nobody has one of its own."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.clients:
            found[one.owner] = (*found.get(one.owner, ()), *one.fhir_servers)
        return found if self.clients else None

    @property
    def tenants(self) -> frozenset[str] | None:
        """Return the tenants of the registered clients; None in open mode, where every one is known."""
        return frozenset(one.owner for one in self.clients) if self.clients else None

    @property
    def notification_endpoints(self) -> dict[str, tuple[str, ...]] | None:
        """Return where each tenant's clients may have notifications sent; None in open mode."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.clients:
            found[one.owner] = (*found.get(one.owner, ()), *one.notification_endpoints)
        return found if self.clients else None

    @property
    def page_origins(self) -> frozenset[str]:
        """Return the origins whose pages may call: those of the operator, and those of each client."""
        return frozenset(self.cors_origins).union(*(one.origins for one in self.clients))

    def fetcher(self) -> EhrFetcher:
        """Return what fetches for the calls of an open service: from this machine and from the servers named."""
        return EhrFetcher(Allowed(self.open_fhir_servers, loopback=True), self.time_budget_seconds, self.limits())

    def warmth(self) -> Warmth:
        """Return what holds for signings what early hooks fetched: nothing, unless it is asked for."""
        return BriefMemory(self.warm_seconds) if self.warm_seconds else COLD

    def as_payer(self) -> Payer:
        """Return the payer; raises SettingsError for a contact that is no address."""
        return Payer(
            name=self.payer.name,
            identifiers=frozenset((one.system, one.value) for one in self.payer.identifiers),
            contact=_contact(self.payer.contact),
            without_policy=self.orders_without_policy.told(),
            delivery=self.default_delivery,
            base_url=(self.base_url or _DEFAULT_BASE_URL).rstrip("/"),
            automatic_approval=self.automatic_approval,
            card_detail=self.card_detail,
            form_languages=self.form_languages,
        )


def load(environment: Mapping[str, str], folder: Path) -> Settings:
    """Read the file of a folder, or the one that CDS_CONFIG names, and the environment; raises SettingsError."""
    values = _file(environment, folder)
    for name, text in environment.items():
        if name.startswith(_PREFIX) and name not in _NOT_SETTINGS:
            values[name.removeprefix(_PREFIX).lower()] = _plain(name, text)
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_in_words(str(error))) from None
    _check(settings)
    return settings


def _file(environment: Mapping[str, str], folder: Path) -> dict[str, Any]:
    named = environment.get(_CONFIG)
    path = Path(named) if named else folder / _DEFAULT_FILE
    if not named and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {path} is not TOML: {error}") from None


def _plain(name: str, text: str) -> str | list[str]:
    """Return a plain setting of the environment, a list with commas; a table can only stand in the file."""
    field = name.removeprefix(_PREFIX).lower()
    plain = {one.name for one in msgspec.structs.fields(Settings)} - _TABLES
    if field not in plain:
        known = ", ".join(sorted(_PREFIX + one.upper() for one in plain) + sorted(_NOT_SETTINGS))
        raise SettingsError(f"{name} is no setting of this service; there are: {known}")
    return [one.strip() for one in text.split(",") if one.strip()] if field in _LISTS else text


def _in_words(message: str) -> str:
    where = message.partition(" - at `$.")[2].rstrip("`")
    what = message.partition(" - at ")[0]
    return f"setting {where}: {what}" if where else f"settings: {what}"


def _check(settings: Settings) -> None:
    if settings.base_url and not settings.base_url.startswith(("http://", "https://")):
        raise SettingsError("setting base_url: it must begin with http:// or https://")
    _check_languages(settings)
    _check_limits(settings)
    _check_form_page(settings)
    if settings.retention_days < 0:
        raise SettingsError("setting retention_days: it must not be negative; 0 keeps everything")
    _check_fetching(settings)
    _check_without_policy(settings.orders_without_policy)
    _contact(settings.payer.contact)
    _check_callers(settings)


def _check_languages(settings: Settings) -> None:
    for name in (settings.language, *settings.form_languages):
        if name not in languages():
            raise SettingsError(f"settings language and form_languages: '{name}' is none of {', '.join(languages())}")


def _check_limits(settings: Settings) -> None:
    """Refuse numbers and times that would let nothing in, or let a call wait for longer than it may take."""
    for name in _AT_LEAST_ONE:
        if getattr(settings, name) < 1:
            raise SettingsError(f"setting {name}: it must be at least 1")
    for name in ("max_waiting", "calls_per_minute"):
        if getattr(settings, name) < 0:
            raise SettingsError(f"setting {name}: it must not be negative")
    longest = {"read_seconds": _LONGEST_READ_SECONDS, "database_seconds": _LONGEST_BUDGET_SECONDS}
    for name, most in longest.items():
        if not 0 < getattr(settings, name) <= most:
            raise SettingsError(f"setting {name}: it must be above 0, and at most {most}")


def _check_without_policy(without: OrdersWithoutPolicy) -> None:
    if without.pa_needed is not None and without.covered is Covered.NOT_COVERED:
        raise SettingsError("setting orders_without_policy.pa_needed: leave it out where covered is not-covered")
    if without.covered is Covered.INDETERMINATE:
        raise SettingsError("setting orders_without_policy.covered: it must say something that is known")
    if without.pa_needed in (PaNeeded.SATISFIED, PaNeeded.INDETERMINATE):
        raise SettingsError("setting orders_without_policy.pa_needed: choose auth-needed, no-auth or conditional")
    if not without.reason:
        raise SettingsError("setting orders_without_policy.reason: it must say something")


def _check_callers(settings: Settings) -> None:
    if settings.clock_leeway_seconds < 0:
        raise SettingsError("setting clock_leeway_seconds: it must not be negative")
    if settings.clients and not settings.base_url:
        raise SettingsError("setting base_url: tokens of clients are for this address; it must be set")
    for origin in settings.cors_origins:
        if origin != "*" and not origin.startswith(("http://", "https://")):
            raise SettingsError(f"setting cors_origins: '{origin}' must begin with http:// or https://")
    try:
        clients_of(settings.clients)
    except ClientError as error:
        raise SettingsError(str(error)) from None


def _check_form_page(settings: Settings) -> None:
    for origin in settings.form_frame_origins:
        if not is_origin(origin):
            raise SettingsError(f"setting form_frame_origins: '{origin}' is no origin such as https://ehr.example.org")


def _check_fetching(settings: Settings) -> None:
    if not 0 < settings.time_budget_seconds <= _LONGEST_BUDGET_SECONDS:
        raise SettingsError(f"setting time_budget_seconds: it must be above 0, and at most {_LONGEST_BUDGET_SECONDS}")
    if not 0 <= settings.warm_seconds <= _LONGEST_WARM_SECONDS:
        raise SettingsError(f"setting warm_seconds: it must be from 0 (off) to {_LONGEST_WARM_SECONDS}")
    for url in settings.open_fhir_servers:
        try:
            check_secure(url)
        except RefusedError as error:
            raise SettingsError(f"setting open_fhir_servers: {url}: {error}") from None


def _contact(address: str) -> Contact | None:
    if not address:
        return None
    system = next((system for prefix, system in _TELECOM if address.startswith(prefix)), "")
    if not system:
        raise SettingsError("setting payer.contact: write a tel:, mailto: or https: address")
    return Contact(system, address if system == "url" else address.partition(":")[2])


def pinned_today(environment: Mapping[str, str]) -> date | None:
    """Return the day that CDS_TODAY pins; None if it is not set; raises SettingsError if it is no date."""
    text = environment.get("CDS_TODAY", "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"CDS_TODAY is '{text}'; write it as YYYY-MM-DD") from None
