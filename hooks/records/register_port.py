"""What the protocol asks of a store: determinations with ids that last, and authorizations.

The store itself is handed in (`cds_service.storage`). What was answered is stored before it is sent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, Protocol

from hooks.records.sent_cards import SentCard
from policies.model.dates import CallDay
from policies.model.determination import Allowance, Authorization
from policies.model.own_record import OwnRecord

Json = dict[str, Any]
TRIES = 3
"""How often a session is begun at most where its fault may pass at once."""


class RegisterError(Exception):
    """The store could not be reached or written; nothing of the session was kept.

    `passing`: the same session, begun anew at once, may well succeed (two calls had come to the same row).
    """

    def __init__(self, text: str, *, passing: bool = False) -> None:
        super().__init__(text)
        self.passing = passing


@dataclass(frozen=True, slots=True)
class DeterminationKey:
    """Which question a determination answers: another value of any of these is another determination.

    `product` is the drug with its dose and timing, and with its reason by a policy for several diseases; the id of the
    draft order is no part of it, since clients use ids again.
    """

    tenant: str
    fhir_server: str
    patient: str
    coverage: str
    policy: str
    request: str
    product: str

    @property
    def columns(self) -> dict[str, str]:
        """Return its parts by name, in their order."""
        return dict(zip(self.__slots__, _PARTS(self), strict=True))


_PARTS: Callable[[DeterminationKey], tuple[str, ...]] = attrgetter(*DeterminationKey.__slots__)


@dataclass(frozen=True, slots=True)
class MemberKey:
    """Whose authorizations are meant: the member, as a hash of what tells one member from every other.

    `as_patient` is the same for the patient of one server: authorizations that were given when no number of the plan
    was known hang on it. `tenant`, `fhir_server` and `patient` are the sender's own names for a member whom no number
    tells; `patient` is empty where one does.
    """

    member: str
    as_patient: str
    tenant: str
    fhir_server: str
    patient: str

    @property
    def columns(self) -> dict[str, str]:
        """Return its parts by name, in their order."""
        return dict(zip(self.__slots__, _PARTS_OF_MEMBER(self), strict=True))


_PARTS_OF_MEMBER: Callable[[MemberKey], tuple[str, ...]] = attrgetter(*MemberKey.__slots__)


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of one order: the report, and what a ruling can be worked out from again, in no language.

    `cause` is the key of what says why there is a revision (an order signed, a form answered).
    """

    order: str
    as_of: date
    policy_version: str
    value_sets: Json
    findings: Json
    report: Json
    cause: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest determination by a policy: for which kind of request and version, of which day.

    `truths` are those of its criteria in words, by their ids.
    """

    policy: str
    request: str
    version: str
    day: date
    truths: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OnFile:
    """What is on file for a patient: the authorizations that hold, and the requests that were not settled.

    Authorizations are distinguished by their policy and, of one for several diseases, by the disease.
    """

    authorizations: Mapping[tuple[str, str], Authorization]
    standing: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class NewAuthorization:
    """An authorization to be given to a member; `allowance` is how much it allows, if that is known.

    `indication` is the disease of a policy for several for which it is given.
    """

    member: MemberKey
    start: date
    end: date
    allowance: Allowance | None
    indication: str = ""


class Session(Protocol):
    """One call being answered; everything is kept when it ends well, and nothing if it does not."""

    def hold(self, keys: Iterable[DeterminationKey]) -> None:
        """Let nobody else read or write about the patients of questions until the call ends."""

    def hold_members(self, members: Iterable[tuple[MemberKey, str]]) -> None:
        """Let nobody else authorize for these members and policies until the call ends; patients are held before."""

    def live_authorization(self, of: MemberKey, policy: str, on: date, indication: str) -> Authorization | None:
        """Return the authorization that holds on a day for a member, a policy and a disease of it, whoever asked."""

    def own_record(self, of: MemberKey, policy: str, on: CallDay, indication: str) -> OwnRecord | None:
        """Return what was authorized for a member, a policy and a disease of it up to the day of a call.

        Where it was for other diseases only, the request for this one is a first one. None if nothing was.
        """

    def authorize(self, key: DeterminationKey, given: "NewAuthorization") -> Authorization:
        """Give an authorization, with a new number, for the request of a determination."""

    def answered(self, key: DeterminationKey) -> tuple[str, bytes] | None:
        """Return the id and the text of the form that was answered last for a question; None if none was."""

    def determine(self, key: DeterminationKey, record: Record) -> str:
        """Keep a determination and return its assertion id: a new revision if its content changed, else the same."""

    def last_shown(self, key: DeterminationKey, topic: str) -> date | None:
        """Return when a card of a topic was last shown for tenant, server, patient, policy and request."""

    def show(self, key: DeterminationKey, topic: str) -> None:
        """Keep that a card of a topic is shown with this call."""

    def form_link(self, determination: str) -> str:
        """Return a new link to the form of a determination, as it stands at the end of an address; it expires."""

    def on_file(self, whose: DeterminationKey, of: MemberKey, on: CallDay, since: date) -> OnFile:
        """Return what is on file for a member, and for a patient of a tenant and server.

        Of each policy and disease of it the member's authorization that holds on a day, the longest one; and the newest
        determination by the policy for the patient, if that is of a day or later and not met.
        """

    def send(self, tenant: str, cards: Sequence[SentCard]) -> None:
        """Keep which cards are sent to a tenant with this call, so that feedback on them can be distinguished."""

    def finish(self, reply: bytes) -> None:
        """Keep the reply that is about to be sent."""


class NoRegister:
    """A store that keeps nothing and says so: for judging files, where nothing is answered."""

    def session(
        self,
        hook: str,
        hook_instance: str,
        today: CallDay,
        body: bytes,
        tenant: str,
        *,
        waits: bool = True,  # noqa: ARG002 - as in Register
    ) -> AbstractContextManager[Session]:
        """Raise RegisterError."""
        raise RegisterError(
            f"there is no store for a call of {hook} ({hook_instance}, {today}, {tenant}, {len(body)} bytes)"
        )


class Register(Protocol):
    """The store."""

    def session(
        self, hook: str, hook_instance: str, today: CallDay, body: bytes, tenant: str, *, waits: bool = True
    ) -> AbstractContextManager[Session]:
        """Begin a call of a tenant.

        One that does not wait for others may have to be begun anew, if another call came to the same rows first.
        Raises RegisterError on entering, on leaving, or from the session if the store fails.
        """
