"""Where settings stand: one TOML file, and environment variables that win over it. An unknown setting stops the start.

The file is `cds-service.toml`, or what CDS_CONFIG names.
"""

import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cds_service.app.settings import Settings, SettingsError
from cds_service.app.settings_checks import check
from policies.model.dates import CallDay

_PREFIX = "CDS_"
_CONFIG = "CDS_CONFIG"
_DEFAULT_FILE = "cds-service.toml"
_NOT_SETTINGS = frozenset({_CONFIG, "CDS_TODAY", "CDS_ALLOW_OPEN", "CDS_ADMIN_TOKEN", "CDS_ENCRYPTION_KEYS"})
_TABLES = frozenset(
    {
        *("payer", "orders_without_policy", "clients", "member_directory", "claims", "mappings", "open_client"),
        *("review_provider", "letters", "lines_of_business"),
    }
)
_LISTS = frozenset({"open_fhir_servers", "cors_origins", "form_frame_origins", "form_languages", "allowed_hosts"})


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
    check(settings)
    return settings


def drafts_of(folder: Path) -> dict[str, str]:
    """Return what is set in the environment where a command names a folder: its policies are tried, as drafts."""
    return {"CDS_POLICIES_FOLDER": str(folder), "CDS_POLICIES_ARE_DRAFTS": "true"}


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


def clock(pinned: date | None, zone: str) -> Callable[[], CallDay]:
    """Return what is asked for the day of a call: the pinned one, else today in a time zone (empty: the host's)."""
    if pinned is not None:
        return lambda: CallDay(pinned)
    place = ZoneInfo(zone) if zone else None
    return lambda: CallDay(datetime.now(UTC).astimezone(place).date())


def pinned_today(environment: Mapping[str, str]) -> date | None:
    """Return the day that CDS_TODAY pins; None if it is not set; raises SettingsError if it is no date."""
    text = environment.get("CDS_TODAY", "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"CDS_TODAY is '{text}'; write it as YYYY-MM-DD") from None
