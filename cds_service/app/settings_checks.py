"""Whether settings can be used: what would let nothing in, wait for ever or say two things stops the start."""

from itertools import combinations
from zoneinfo import available_timezones

from cds_service.app.review_provider import ProviderSettingsError, check_provider
from cds_service.app.settings import OrdersWithoutPolicy, Settings, SettingsError, contact_of
from cds_service.clients.registered_clients import ClientError, clients_of
from cds_service.http.addresses import RefusedError, check_secure, is_origin
from fhir_mappings.wording import languages
from policies.model.determination import Covered, PaNeeded

_AT_LEAST_ONE = (
    *("max_body_bytes", "max_depth", "max_orders", "max_entries", "max_token_seconds"),
    *("form_link_minutes", "worker_threads", "max_connections"),
)
_LONGEST_BUDGET_SECONDS = 60
_LONGEST_READ_SECONDS = 300
_LONGEST_WARM_SECONDS = 300


def check(settings: Settings) -> None:
    """Raise SettingsError for the first setting that cannot be used."""
    if settings.base_url and not settings.base_url.startswith(("http://", "https://")):
        raise SettingsError("setting base_url: it must begin with http:// or https://")
    _check_languages(settings)
    _check_limits(settings)
    _check_form_page(settings)
    if settings.retention_days < 0:
        raise SettingsError("setting retention_days: it must not be negative; 0 keeps everything")
    _check_fetching(settings)
    _check_without_policy(settings.orders_without_policy)
    _check_lines(settings)
    contact_of(settings.payer.contact)
    _check_callers(settings)


def _check_languages(settings: Settings) -> None:
    if unknown := settings.letters.appeal_rights.keys() - set(languages()):
        raise SettingsError(f"setting letters.appeal_rights: '{min(unknown)}' is none of {', '.join(languages())}")
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


def _check_lines(settings: Settings) -> None:
    """Refuse lines of business that could not be told apart, or that no Coverage and no member could show."""
    lines = [one.line() for one in settings.lines_of_business]
    if "" in [one.name for one in lines] or len({one.name for one in lines}) < len(lines):
        raise SettingsError("setting lines_of_business: each has a name of its own")
    for one, other in combinations(lines, 2):
        for shared in sorted((one.types & other.types) | (one.classes & other.classes)):
            words = " ".join(shared)
            raise SettingsError(f"setting lines_of_business: '{words}' cannot mean {one.name} and {other.name}")


def _check_callers(settings: Settings) -> None:
    if settings.clock_leeway_seconds < 0:
        raise SettingsError("setting clock_leeway_seconds: it must not be negative")
    if settings.time_zone and settings.time_zone not in available_timezones():
        raise SettingsError(f"setting time_zone: '{settings.time_zone}' is no time zone such as America/Puerto_Rico")
    if settings.clients and not settings.base_url:
        raise SettingsError("setting base_url: tokens of clients are for this address; it must be set")
    for origin in settings.cors_origins:
        if origin != "*" and not origin.startswith(("http://", "https://")):
            raise SettingsError(f"setting cors_origins: '{origin}' must begin with http:// or https://")
    try:
        clients_of(settings.clients)
        check_provider(settings.review_provider, settings.base_url)
    except (ClientError, ProviderSettingsError) as error:
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
