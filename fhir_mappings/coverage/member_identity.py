"""Which member of the plan a Coverage is of, whatever hospital sends it.

The member number (an identifier of type MB, HL7 table 0203) names the member. A subscriber id names a family: with the
dependent's number, or the beneficiary's date of birth, it names one person of it. Else nobody but the sender can tell
the person from another, and the patient of its server stands for the member (reading 24).
"""

from datetime import date
from urllib.parse import urlsplit

from fhir_mappings.coverage.member_directory import Member
from fhir_mappings.insurance.coverage_record import CoverageRecord

MemberIdentity = tuple[str, ...]
"""What tells a member from every other: the kind of the number first. Empty where no number tells."""

NOBODY: MemberIdentity = ()


def member_identity(coverage: CoverageRecord, born: str, known: Member | None = None) -> MemberIdentity:
    """Return the member that a Coverage is of; NOBODY if no number of the plan tells.

    `born` is the date of birth of its beneficiary, as written. `known` is the payer's own record of the member, where
    there is one: it has a number even if the Coverage has none. Several member numbers that differ name nobody.
    """
    numbers = {number for one in coverage.member_numbers if (number := _plain(one))}
    if len(numbers) == 1:
        return "member", numbers.pop()
    subscriber = _plain(coverage.subscriber)
    if not subscriber:
        return ("subscriber", _plain(known.number), "born", known.birth_date.isoformat()) if known else NOBODY
    dependent = _plain(coverage.dependent)
    if dependent:
        return "subscriber", subscriber, "dependent", dependent
    day = _to_the_day(born)
    return ("subscriber", subscriber, "born", day) if day else NOBODY


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


def _plain(number: str) -> str:
    """Return a number as it is compared: hospitals write one number with and without spaces, in either case."""
    return "".join(number.split()).upper()


def _to_the_day(born: str) -> str:
    """Return a date of birth that is given to the day; else empty, since it would not tell two people apart."""
    try:
        return date.fromisoformat(born).isoformat()
    except ValueError:
        return ""
