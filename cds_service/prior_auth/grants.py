"""How much an approval allows, and how little a changed one may: days and units that leave the service possible.

Less is a denial by another name: without a criterion, a reason, and a medical director where the operator wants one.
What goes beyond an authorization of the member that holds is given under its number: that one then holds longer, or
allows more, and never less, for order-sign answers with it until its last day.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from cds_service.register.call_session import SqlSession
from cds_service.storage.archive import Kept
from fhir_mappings.clinical.dates import span
from fhir_mappings.dosing.sheet import DosingSheet
from fhir_mappings.prior_auth.json_values import text
from hooks.records.register_port import DeterminationKey, MemberKey, NewAuthorization
from policies.catalogue import Catalogue
from policies.evaluation.findings_codec import from_plain
from policies.model.dates import CallDay, last_day
from policies.model.determination import Allowance, Authorization
from policies.model.notes import Note
from policies.model.policy import Policy

Json = dict[str, Any]

UNITS = frozenset({"", "un", "unit", "units", "{unit}", "{units}", "1"})
DOSES = frozenset({"dose", "doses", "{dose}", "{doses}", "vs"})
_VIALS = frozenset({"vial", "vials", "{vial}", "{vials}"})

MOST_UNITS = 1_000_000
"""More than so many are a slip of the keys."""
TIME_TO_GIVE = timedelta(days=14)
"""By when a first dose can be had, from the day on which it is authorized and asked for; no source sets it."""
_MONTHS = 6
"""How long an approval lasts where no policy says so."""


class DecisionError(Exception):
    """A decision that cannot be taken; the note says why."""

    def __init__(self, note: Note) -> None:
        self.note = note
        super().__init__(note.key)


@dataclass(frozen=True, slots=True)
class Approval:
    """What is approved of an item: the days and the quantity that it asks for, or what a reviewer changed of them.

    `end` is the last day and `units` the billing units of a changed approval, as far as it sets them.
    """

    days: tuple[str, str]
    asked: Json
    is_changed: bool
    end: date | None = None
    units: int | None = None

    def of(self, whole: Allowance | None) -> Allowance | None:
        """Return how much is approved of `whole`, what the days come to: what a reviewer set, else what was asked."""
        if self.units is None or whole is None:
            return allowed(whole, self.asked)
        return _counted(whole, self.units)

    def is_within(self, allowance: Allowance | None) -> bool:
        """Whether no more is approved than is allowed."""
        if self.units is None:
            return is_allowed(self.asked, allowance)
        return allowance is not None and self.units <= allowance.units

    @property
    def last_asked(self) -> date | None:
        """Return the last day that is asked for; None where it is not named, or cannot be read."""
        last = span(self.days[1]) if self.days[1] else None
        return last.last if last is not None else None


@dataclass(frozen=True, slots=True)
class Basis:
    """What an approval rests on: how its item was judged, by whom it would be held, and its dose as it was read.

    `kept` is None where nothing was determined, `dosing` also where the call is lost.
    """

    about: Json
    kept: Kept | None
    dosing: DosingSheet | None

    def allowance(self, first: date, last: date) -> Allowance | None:
        """Return how much these days come to by the policy's dose; None where that is not known."""
        return self.dosing.allowance(first, last) if self.dosing is not None else None


@dataclass(frozen=True, slots=True)
class Grants:
    """Gives authorizations by the policies of `catalogue`."""

    catalogue: Catalogue

    def given(self, approval: Approval, basis: Basis, first: CallDay, register: SqlSession | None) -> Authorization:
        """Authorize an item from a day on; raises DecisionError for what would be a denial, or for less than was asked.

        Of what no policy is about there is a number, and nothing that order-sign would find.
        """
        policy = self.policy_of(basis.kept)
        end = approval.end or last_day(first, policy.figures.authorization_months if policy else _MONTHS)
        if approval.is_changed:
            dose = units_of_a_dose(basis.kept.report) if basis.kept is not None else None
            slip = too_little(approval.end, approval.units, least_end(approval.days, first), dose)
            if slip is not None:
                raise DecisionError(slip)
        if register is None or basis.kept is None or policy is None:
            given = Authorization(f"PA{secrets.token_hex(6).upper()}", first, end)
        else:
            indication = policy.indication_in(from_plain(basis.kept.findings))
            given = _registered(approval, basis, (first, end), indication, register)
        asked = approval.last_asked
        if not approval.is_changed and asked is not None and asked > given.end:
            raise DecisionError(Note("review.asked_longer", asked=asked, end=given.end))
        return given

    def policy_of(self, kept: Kept | None) -> Policy | None:
        """Return the policy by which an item was judged; None where none did."""
        version = date.fromisoformat(kept.policy_version) if kept is not None and kept.policy_version else None
        filed = self.catalogue.as_judged(kept.policy, version, kept.policy_revision) if kept and version else None
        return filed.chosen_by(from_plain(kept.findings)) if filed is not None and kept is not None else None


def _registered(
    approval: Approval, basis: Basis, days: tuple[CallDay, date], indication: str, register: SqlSession
) -> Authorization:
    """Authorize an item in the register: by a new number, or by more under the one that holds for the member."""
    first, end = days
    member, key = MemberKey(**basis.about["member"]), DeterminationKey(**basis.about["key"])
    held = register.live_authorization(member, key.policy, first, indication)
    if held is None:
        allowance = approval.of(basis.allowance(first, end))
        return register.authorize(key, NewAuthorization(member, first, end, allowance, indication))
    end = _end_beyond(approval, held, end)
    _check_not_less(approval, held)
    if end == held.end and approval.is_within(held.allowance):
        return held
    return register.raise_authorization(held, end, _allowance_beyond(approval, basis, held, end))


def _end_beyond(approval: Approval, held: Authorization, end: date) -> date:
    """Return until when an authorization that holds is to hold; raises DecisionError for a day before its last."""
    if approval.end is not None and approval.end < held.end:
        raise DecisionError(Note("review.holds_longer", number=held.number, end=held.end))
    asked = approval.last_asked
    is_beyond = approval.end is not None or (not approval.is_changed and asked is not None and asked > held.end)
    return max(end, held.end) if is_beyond else held.end


def _allowance_beyond(approval: Approval, basis: Basis, held: Authorization, end: date) -> Allowance | None:
    """Return how much an authorization that holds is to allow, for all its days; never less than it does.

    None where that is not known: then nothing is said of a quantity.
    """
    allowance = approval.of(basis.allowance(held.start, end))
    before = held.allowance
    return before if before is not None and allowance is not None and allowance.units < before.units else allowance


def _check_not_less(approval: Approval, held: Authorization) -> None:
    """Raise DecisionError for units that a reviewer sets below those that are authorized."""
    if approval.units is not None and held.allowance is not None and approval.units < held.allowance.units:
        raise DecisionError(Note("review.holds_more", number=held.number, units=held.allowance.units))


def least_end(asked: tuple[str, str], today: date) -> date:
    """Return the earliest last day of an approval that begins today, for a service on days as written.

    The service can be begun: two weeks from its first day on, or all of its days where they are fewer. Days that are
    not named, cannot be read or are over leave it open when it begins.
    """
    first, last = (span(one) if one else None for one in asked)
    begins = max(today, first.first) if first is not None else today
    is_ahead = last is not None and last.last >= begins
    return min(begins + TIME_TO_GIVE, last.last) if last is not None and is_ahead else begins + TIME_TO_GIVE


def too_little(end: date | None, units: int | None, least: date, dose: int | None) -> Note | None:
    """Return why nothing could be given under a changed approval; None where something can."""
    if end is not None and end < least:
        return Note("review.too_short", least=least)
    return Note("review.too_few", dose=dose) if units is not None and dose is not None and units < dose else None


def units_of_a_dose(report: Mapping[str, Any]) -> int | None:
    """Return the billing units of one dose by the report of a determination; None where they are not known."""
    quantity = (report.get("dosing") or {}).get("quantity") or {}
    units, doses = quantity.get("units"), quantity.get("doses")
    return -(-int(units) // int(doses)) if units and doses else None


def unit_of(quantity: Mapping[str, Any]) -> str:
    """Return the unit of a quantity as it is compared: its code, else its words, in small letters."""
    return (text(quantity.get("code")) or text(quantity.get("unit"))).lower()


def is_order_itself(quantity: Mapping[str, Any]) -> bool:
    """Whether a quantity asks for what is ordered, and for no amount: none is named, or one of nothing (as in X12)."""
    return not quantity or (quantity.get("value") == 1 and unit_of(quantity) in UNITS)


def is_allowed(quantity: Mapping[str, Any], allowance: Allowance | None) -> bool:
    """Whether a quantity is no more than is allowed; one of nothing named is the order itself (as in X12)."""
    value, unit = quantity.get("value"), unit_of(quantity)
    if is_order_itself(quantity):
        return True
    if allowance is None or not isinstance(value, int | Decimal):
        return False
    most = allowance.units if unit in UNITS else allowance.doses if unit in DOSES else None
    most = allowance.vials if unit in _VIALS else most
    return most is not None and value <= most


def allowed(whole: Allowance | None, quantity: Mapping[str, Any]) -> Allowance | None:
    """Return how much an approval allows of `whole`, what its days come to by the policy's dose, if it is this much.

    None where that is not known, or comes to no dose: then nothing is said of a quantity at the next signing.
    """
    if whole is None or is_order_itself(quantity):
        return whole
    units = _units(whole, quantity)
    return _counted(whole, units) if units is not None else None


def _counted(whole: Allowance, units: int) -> Allowance | None:
    """Return so many units of `whole` as an allowance; None where they come to no dose."""
    doses = units * whole.doses // whole.units
    if not doses:
        return None
    return replace(
        whole, units=units, doses=doses, vials=whole.vials * doses // whole.doses, words=Note("review.as_decided")
    )


def _units(whole: Allowance, quantity: Mapping[str, Any]) -> int | None:
    value, unit = quantity.get("value"), unit_of(quantity)
    if not isinstance(value, int | Decimal) or value != int(value):
        return None
    if unit in UNITS:
        return int(value)
    return int(value) * whole.units // whole.doses if unit in DOSES else None
