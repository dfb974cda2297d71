"""Authorizations on file: which holds, which has begun, and giving one with a number that nobody can guess."""

import secrets
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, select

from cds_service.register.work import Work
from cds_service.storage import statements
from cds_service.storage.tables import AUTHORIZATIONS
from hooks.records.register_port import DeterminationKey, MemberKey, NewAuthorization
from policies.evaluation.findings_codec import said_from_plain, said_to_plain
from policies.model.determination import Allowance, Authorization


@dataclass(frozen=True, slots=True)
class Authorizations:
    """Those on file, as one call of the given id finds and gives them."""

    work: Work
    call: str

    def begun(self, of: MemberKey, policy: str, on: date) -> list[Authorization]:
        """Return those that have begun by a day, running or over; the one that holds longest comes last."""
        sought = self._names(of) | {"policy": policy, "on": on}
        return list(map(_authorization, self.work.all(statements.BEGUN_AUTHORIZATIONS, sought)))

    def on_file(self, of: MemberKey, on: date) -> dict[tuple[str, str], Authorization]:
        """Return those that hold on a day, by policy and disease: of several the one that holds longest."""
        held = self.work.all(statements.AUTHORIZATIONS_ON_FILE, self._names(of) | {"on": on})
        return {(one.policy, one.indication or ""): _authorization(one) for one in held}

    def give(self, key: DeterminationKey, given: NewAuthorization) -> Authorization:
        """Give one; it ends before the next that was given begins.

        One that holds on its first day is returned in its stead: two never hold on one day. Where it ends earlier than
        asked for, what was worked out for the whole time is not known to be right, and nothing is said of a quantity.
        """
        end, allowance = given.end, given.allowance
        plain = given.member.member
        member = self.work.member_name(plain)
        sought = {"member": member, "plain_member": plain, "policy": key.policy, "on": given.start, "until": end}
        sought |= {"for_indication": given.indication}
        beside = self.work.first(statements.AUTHORIZATION_BESIDE, sought)
        if beside is not None and beside.start <= given.start:
            return _authorization(beside)
        if beside is not None:
            end, allowance = beside.start - timedelta(days=1), None
        number = f"PA{secrets.token_hex(6).upper()}"
        kept = _allowance_text(allowance) if allowance is not None else None
        row = {"number": number, "start": given.start, "end": end, "call": self.call, "allowance": kept}
        row |= {"indication": given.indication or None}
        whose = whose_request(key) | {"member": member, "fhir_server": given.member.fhir_server}
        self.work.add_sealed(AUTHORIZATIONS, row | whose)
        return Authorization(number, given.start, end, allowance, given.indication)

    def raise_to(self, held: Authorization, end: date, allowance: Allowance | None) -> Authorization:
        """Let one on file hold until a later day, or allow another amount: under its number, which stays the only one.

        It ends before the next that was given begins; then nothing is said of a quantity, as in `give`.
        """
        row = self.work.all(statements.AUTHORIZATION_ROW, {"of_number": held.number})[0]._asdict()
        sought = {"member": row["member"], "plain_member": row["member"], "policy": row["policy"]}
        sought |= {"on": held.end + timedelta(days=1), "until": end, "for_indication": held.indication}
        beside = self.work.first(statements.AUTHORIZATION_BESIDE, sought) if end > held.end else None
        if beside is not None:
            end, allowance = beside.start - timedelta(days=1), None
        kept = _allowance_text(allowance) if allowance is not None else None
        given = {"of_number": held.number, "new_end": end, "new_allowance": kept}
        after = row | {"end": end, "allowance": kept}
        self.work.change_sealed(statements.RAISE_AUTHORIZATION, given, AUTHORIZATIONS, after)
        return replace(held, end=end, allowance=allowance)

    def _names(self, of: MemberKey) -> dict[str, str]:
        """Return by what a member is found: its hashes as they are kept, and as they were before the first key."""
        plain = {"plain_member": of.member, "plain_as_patient": of.as_patient}
        kept = {"member": self.work.member_name(of.member), "as_patient": self.work.member_name(of.as_patient)}
        return of.columns | plain | kept


def numbered(connection: Connection, number: str) -> Authorization | None:
    """Return an authorization by its number; None if there is none."""
    row = connection.execute(select(AUTHORIZATIONS).where(AUTHORIZATIONS.c.number == number)).first()
    return _authorization(row) if row is not None else None


def whose_request(key: DeterminationKey) -> dict[str, str]:
    """Return for which request an authorization is given, and a card is shown: not for which dose."""
    return {name: getattr(key, name) for name in statements.OF_REQUEST}


def _authorization(row: Any) -> Authorization:
    return Authorization(row.number, row.start, row.end, _allowance(row.allowance), row.indication or "")


def _allowance_text(allowance: Allowance) -> str:
    words = {"unit": said_to_plain(allowance.unit), "words": said_to_plain(allowance.words)}
    counts = {"units": allowance.units, "doses": allowance.doses, "vials": allowance.vials}
    return orjson.dumps(counts | words).decode()


def _allowance(kept: str | None) -> Allowance | None:
    if kept is None:
        return None
    read = orjson.loads(kept)
    return Allowance(**read | {name: said_from_plain(read[name]) for name in ("unit", "words")})
