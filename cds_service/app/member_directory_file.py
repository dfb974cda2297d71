"""`[member_directory]`: the payer's own record of its members, a TOML file that the settings name."""

import tomllib
from datetime import date
from pathlib import Path

import msgspec

from fhir_mappings.coverage.member_directory import Directory, Member


class DirectoryError(Exception):
    """The directory cannot be used; the message says why, and names no member."""


class DirectorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[member_directory]`: the file, and whether coverages that differ are proposed to be corrected.

    Without a file there is no directory, and every Coverage counts as it came.
    """

    file: str = ""
    update_coverage: bool = False


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: str
    family: str
    birth_date: date
    given: str = ""
    start: date | None = None
    end: date | None = None
    line_of_business: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    members: tuple[_Entry, ...]


def read_directory(settings: DirectorySettings) -> Directory | None:
    """Read the directory; None if there is none. Raises DirectoryError."""
    if not settings.file:
        return None
    place = f"setting member_directory.file: {settings.file}"
    try:
        values = tomllib.loads(Path(settings.file).read_text(encoding="utf-8"))
        entries = msgspec.convert(values, _File).members
        members = tuple(Member(**msgspec.structs.asdict(one)) for one in entries)
    except OSError as error:
        raise DirectoryError(f"{place} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DirectoryError(f"{place} is not TOML: {error}") from None
    except (msgspec.ValidationError, ValueError) as error:
        raise DirectoryError(f"{place}: {error}") from None
    return Directory(members, settings.update_coverage)
