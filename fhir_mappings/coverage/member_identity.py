"""Which member of the plan a Coverage is of, whatever hospital sends it.

The member number (an identifier of type MB, HL7 table 0203) names the member. A subscriber id names a family: with the
dependent's number, or the beneficiary's date of birth, it names one person of it. Else nobody but the sender can tell
the person from another, and the patient of its server stands for the member (reading 24).
"""

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import msgspec

from fhir_mappings.coverage.member_directory import Member
from fhir_mappings.r4.resources import Resource

MemberIdentity = tuple[str, ...]
"""What tells a member from every other: the kind of the number first. Empty where no number tells."""

NOBODY: MemberIdentity = ()
_MEMBER_NUMBER = "MB"
_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"


class _Coding(msgspec.Struct, frozen=True, gc=False):
    system: Any = None
    code: Any = None


class _Type(msgspec.Struct, frozen=True, gc=False):
    coding: tuple[_Coding, ...] = ()


class _Identifier(msgspec.Struct, frozen=True, gc=False):
    type: _Type = _Type()
    value: Any = None


_IDENTIFIERS = msgspec.json.Decoder(tuple[msgspec.Raw, ...])
_IDENTIFIER = msgspec.json.Decoder(_Identifier)


def member_identity(coverage: Resource, patient: Resource | None, known: Member | None = None) -> MemberIdentity:
    """Return the member that a Coverage with its beneficiary is; NOBODY if no number of the plan tells.

    `known` is the payer's own record of the member, where there is one: it has a number even if the Coverage has none.
    Several member numbers that differ name nobody.
    """
    numbers = set(_member_numbers(coverage))
    if len(numbers) == 1:
        return "member", numbers.pop()
    subscriber = _text(coverage.subscriber_id)
    if not subscriber:
        return ("subscriber", _plain(known.number), "born", known.birth_date.isoformat()) if known else NOBODY
    dependent = _text(coverage.dependent)
    if dependent:
        return "subscriber", subscriber, "dependent", dependent
    born = _born(patient)
    return ("subscriber", subscriber, "born", born) if born else NOBODY


def patient_identity(server: str, tenant: str, patient: str) -> MemberIdentity:
    """Return who a patient is where no number of the plan tells: of a server, or of a tenant that names no server."""
    return "patient", _place(server.rstrip("/")) if server else f"tenant {tenant}", patient


def _place(server: str) -> str:
    """Return a server as it is compared: scheme and host in either case; what is no URL stands as it came."""
    try:
        parts = urlsplit(server)
    except ValueError:
        return server
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path}"


def _member_numbers(coverage: Resource) -> Iterator[str]:
    raw = bytes(coverage.identifier)
    if not raw.strip().startswith(b"["):
        return
    for one in _IDENTIFIERS.decode(raw):
        try:
            found = _IDENTIFIER.decode(one)
        except msgspec.ValidationError:
            continue
        typed = any(it.code == _MEMBER_NUMBER and it.system in {None, _TYPES} for it in found.type.coding)
        value = _plain(found.value) if isinstance(found.value, str) else ""
        if typed and value:
            yield value


def _plain(number: str) -> str:
    """Return a number as it is compared: hospitals write one number with and without spaces, in either case."""
    return "".join(number.split()).upper()


def _text(raw: msgspec.Raw) -> str:
    found = msgspec.json.decode(raw) if bytes(raw) else ""
    return _plain(found) if isinstance(found, str) else ""


def _born(patient: Resource | None) -> str:
    """Return a date of birth that is given to the day; else empty, since it would not tell two people apart."""
    try:
        return date.fromisoformat((patient.birth_date if patient is not None else "") or "").isoformat()
    except ValueError:
        return ""
