"""Settings: what one TOML file and the environment can say, and what the service makes of it.

Names and defaults stand in `cds-service.sample.toml`.
"""

import msgspec

from cds_service.app.claims_source import ClaimsSettings
from cds_service.app.member_directory_file import DirectorySettings
from cds_service.app.review_provider import ReviewProvider
from cds_service.clients.client_assertions import Replay
from cds_service.clients.registered_clients import ClientSettings
from cds_service.clients.site_mappings import MappingSettings
from cds_service.fetching.allowed_servers import Allowed
from cds_service.fetching.early_results import BriefMemory
from cds_service.fetching.fetcher import EhrFetcher
from cds_service.http.threshold import Threshold
from cds_service.register.register import LINK_MINUTES
from cds_service.storage.engine import SECONDS
from fhir_mappings.coverage.business_lines import BusinessLine, BusinessLines
from hooks.ehr_data.early_fetch import COLD, Warmth
from hooks.protocol.client import Switches
from hooks.protocol.payer import CardDetail, Delivery, Payer, WithoutPolicy
from hooks.request.body import Limits
from policies.model.determination import Contact, Covered, PaNeeded

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

    def answer(self) -> WithoutPolicy:
        """Return what is determined for such an order."""
        default = None if self.covered is Covered.NOT_COVERED else PaNeeded.CONDITIONAL
        return WithoutPolicy(self.covered, self.pa_needed or default, self.reason)


class Kind(_Strict, frozen=True):
    """A code of Coverage.type."""

    system: str
    code: str


class PlanClass(_Strict, frozen=True):
    """A class of a Coverage: the code of its type (`plan`, `group`), and its value."""

    type: str
    value: str


class LineSettings(_Strict, frozen=True):
    """`[[lines_of_business]]`: a line of business, as policies name it, and by what a Coverage shows it."""

    name: str
    types: tuple[Kind, ...] = ()
    classes: tuple[PlanClass, ...] = ()

    def line(self) -> BusinessLine:
        """Return the line."""
        types = frozenset((one.system, one.code) for one in self.types)
        return BusinessLine(self.name, types, frozenset((one.type, one.value) for one in self.classes))


class LetterSettings(_Strict, frozen=True):
    """`[letters]`: the right to appeal in the operator's words, by language; a denial has no notice without them."""

    appeal_rights: dict[str, str] = msgspec.field(default_factory=dict)


class Settings(_Strict, frozen=True):
    """All settings; `base_url` is where clients reach this service, by default the address that it listens on."""

    base_url: str = ""
    database_url: str = "sqlite:///cds-service.sqlite"
    database_seconds: float = SECONDS
    encryption_keys_file: str = ""
    policies_folder: str = ""
    draft_policies_folder: str = ""
    policies_beside: bool = False
    policies_are_drafts: bool = False
    automatic_approval: bool = False
    pas_administrative_denials: bool = False
    reviewers_file: str = ""
    review_provider: ReviewProvider = ReviewProvider()
    letters: LetterSettings = LetterSettings()
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
    lines_of_business: tuple[LineSettings, ...] = ()
    clients: tuple[ClientSettings, ...] = ()
    open_client: Switches = Switches()
    mappings: tuple[MappingSettings, ...] = ()
    jti_replay: Replay = Replay.BODY
    clock_leeway_seconds: int = 60
    time_zone: str = ""
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
            contact=contact_of(self.payer.contact),
            without_policy=self.orders_without_policy.answer(),
            delivery=self.default_delivery,
            base_url=(self.base_url or _DEFAULT_BASE_URL).rstrip("/"),
            automatic_approval=self.automatic_approval,
            card_detail=self.card_detail,
            form_languages=self.form_languages,
            lines=BusinessLines(tuple(one.line() for one in self.lines_of_business)),
        )


def contact_of(address: str) -> Contact | None:
    """Return where to ask; None where nothing is set. Raises SettingsError for what is no address."""
    if not address:
        return None
    system = next((system for prefix, system in _TELECOM if address.startswith(prefix)), "")
    if not system:
        raise SettingsError("setting payer.contact: write a tel:, mailto: or https: address")
    return Contact(system, address if system == "url" else address.partition(":")[2])
