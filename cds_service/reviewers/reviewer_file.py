"""The operator's file of reviewers (TOML): name, person, role, and the hash of a password; never a password itself."""

import tomllib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import msgspec
from werkzeug.security import check_password_hash, generate_password_hash

_METHOD = "scrypt"
_NOBODY = generate_password_hash("nobody", method=_METHOD)
"""What the password of an unknown name is checked against: it takes as long as that of a known one."""
_LONGEST = 128
LONGEST_NAME = 60
"""Of both names of a person, so that they fit where a decision is kept."""


class ReviewerError(Exception):
    """The file cannot be used; the message says why."""


class Role(Enum):
    """What a reviewer may do: a medical director also what the operator keeps for one."""

    REVIEWER = "reviewer"
    DIRECTOR = "medical-director"


class Reviewer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reviewer."""

    name: str
    person: str
    role: Role
    password: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviewers: tuple[Reviewer, ...] = ()


@dataclass(frozen=True, slots=True)
class Reviewers:
    """The reviewers that there are."""

    known: dict[str, Reviewer]

    def signed_in(self, name: str, password: str) -> Reviewer | None:
        """Return a reviewer whose password it is; None for any other, in the same time."""
        found = self.known.get(name)
        holds = check_password_hash(found.password if found is not None else _NOBODY, password[:_LONGEST])
        return found if holds else None


def hashed_password(password: str) -> str:
    """Return the hash of a password, as it stands in the file."""
    return generate_password_hash(password[:_LONGEST], method=_METHOD)


def read_reviewers(file: str) -> Reviewers:
    """Read the file; raises ReviewerError."""
    try:
        found = msgspec.convert(tomllib.loads(Path(file).read_text(encoding="utf-8")), _File)
    except OSError as error:
        raise ReviewerError(f"setting reviewers_file: {file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ReviewerError(f"setting reviewers_file: {file}: {error}") from None
    for one in found.reviewers:
        if not one.name or not one.person or not one.password.startswith((f"{_METHOD}:", "pbkdf2:")):
            raise ReviewerError(f"setting reviewers_file: '{one.name}' needs name, person and the hash of a password")
        if max(len(one.name), len(one.person)) > LONGEST_NAME:
            raise ReviewerError(
                f"setting reviewers_file: '{one.name}': name and person have {LONGEST_NAME} letters at most"
            )
    known = {one.name: one for one in found.reviewers}
    if len(known) < len(found.reviewers):
        raise ReviewerError("setting reviewers_file: a name stands twice")
    return Reviewers(known)
