"""One call in one transaction: what it reads on file, and what it keeps."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from cds_service.chain.entries import Seal
from cds_service.database.locks import hold
from cds_service.encryption import payloads
from cds_service.encryption.payloads import Place
from cds_service.register.answered_forms import AnsweredForm, AnsweredForms
from cds_service.register.authorizations import Authorizations, whose_request
from cds_service.register.questions import Questions
from cds_service.register.work import Work
from cds_service.storage import form_keys, statements
from cds_service.storage.archive import KeptForm
from cds_service.storage.form_keys import Given, Kind
from cds_service.storage.revision_texts import texts_of
from cds_service.storage.tables import CALLS
from hooks.records.register_port import DeterminationKey, MemberKey, NewAuthorization, OnFile, Record, Standing
from hooks.records.sent_cards import SentCard
from policies.model.criteria import RequestKind
from policies.model.dates import CallDay
from policies.model.determination import Allowance, Authorization
from policies.model.own_record import OwnRecord
from policies.model.truth import Truth


@dataclass(frozen=True, slots=True)
class SqlSession:
    """One call in one transaction.

    Whoever asks about the same patient, or for the same holder of authorizations, waits until it has ended, or it is
    begun anew: what is read here has not changed when it is written. `link_minutes` is how long a link to a form lasts.
    """

    work: Work
    call: str
    today: CallDay
    now: Callable[[], datetime]
    link_minutes: float

    @property
    def connection(self) -> Connection:
        """Return the connection of the transaction, for whoever writes by itself."""
        return self.work.begin_writing()

    @property
    def sealed(self) -> list[Seal]:
        """Return the rows so far that stand in the chain: who adds more to it appends them."""
        return self.work.sealed

    @property
    def authorizations(self) -> Authorizations:
        """Return the authorizations on file."""
        return Authorizations(self.work, self.call)

    @property
    def forms(self) -> AnsweredForms:
        """Return the answered forms on file."""
        return AnsweredForms(self.work)

    def hold(self, keys: Iterable[DeterminationKey]) -> None:
        """Take the locks of the patients that a call is about, in one order: no two calls wait for each other."""
        for name in sorted({("patient", key.tenant, key.fhir_server, key.patient) for key in keys}):
            hold(self.work.connection, *name)

    def hold_members(self, members: Iterable[tuple[MemberKey, str]]) -> None:
        """Take the locks of members and policies, in one order, and never before those of patients."""
        names = {("member", one, policy) for of, policy in members for one in (of.member, of.as_patient)}
        for name in sorted(names):
            hold(self.work.connection, *name)

    def live_authorization(self, of: MemberKey, policy: str, on: date, indication: str) -> Authorization | None:
        """Return the authorization that holds on a day; of several the one that holds longest."""
        begun = [one for one in self.authorizations.begun(of, policy, on) if one.is_for(indication)]
        return begun[-1] if begun and begun[-1].end >= on else None

    def own_record(self, of: MemberKey, policy: str, on: CallDay, indication: str) -> OwnRecord | None:
        """Return the newest authorization that has begun by a day, and when the newest that is over ended."""
        every = self.authorizations.begun(of, policy, on)
        begun = [one for one in every if one.is_for(indication)]
        if every and not begun:
            return OwnRecord(kind=RequestKind.INITIAL)
        over = [one.end for one in begun if one.end < on]
        return OwnRecord(begun[-1], max(over, default=None)) if begun else None

    def authorize(self, key: DeterminationKey, given: NewAuthorization) -> Authorization:
        """Give an authorization, or return the one that holds on its first day."""
        return self.authorizations.give(key, given)

    def raise_authorization(self, held: Authorization, end: date, allowance: Allowance | None) -> Authorization:
        """Let an authorization that holds allow more, or hold longer, under its number; whose it is, is held."""
        return self.authorizations.raise_to(held, end, allowance)

    def last_shown(self, key: DeterminationKey, topic: str) -> date | None:
        """Return when a card was last shown for whom an authorization would be given; None if it never was."""
        found = self.work.first(statements.LAST_SHOWN, key.columns | {"topic": topic})
        day: date | None = found.day if found is not None else None
        return day

    def show(self, key: DeterminationKey, topic: str) -> None:
        """Keep that a card is shown with this call."""
        row = {"topic": topic, "day": self.today, "call": self.call}
        self.work.add(statements.ADD_SHOWN, row | whose_request(key))

    def form_link(self, determination: str) -> str:
        """Return a new link to the form of a determination."""
        key, row = form_keys.new(Given(Kind.LINK, determination), self.now(), self.link_minutes)
        self.work.add(form_keys.ADD, row)
        return key

    def on_file(self, whose: DeterminationKey, of: MemberKey, on: CallDay, since: date) -> OnFile:
        """Return the authorizations that hold on a day, and what was determined since another and is not met."""
        rows = self.work.all(statements.DETERMINED_ON_FILE, whose.columns | {"since": since})
        newest = {one.policy: one for one in rows}
        standing = (self._standing(one) for one in newest.values())
        return OnFile(self.authorizations.on_file(of, on), tuple(one for one in standing if one is not None))

    def _standing(self, row: Any) -> Standing | None:
        """Return what was determined; None where every criterion was met, or none was judged."""
        report = texts_of(self.work.connection, row).report
        if report["ruling"] in {None, Truth.MET.value}:
            return None
        truths = {one["id"]: one["truth"] for one in report["criteria"]}
        return Standing(row.policy, row.request, row.policy_version, row.today, truths)

    def send(self, tenant: str, cards: Sequence[SentCard]) -> None:
        """Keep what the cards are about that are sent with this call."""
        about = {"tenant": tenant, "call": self.call}
        rows = (one.columns | about for one in cards)
        self.work.add(statements.ADD_SENT, *rows)

    def answered(self, key: DeterminationKey) -> tuple[str, bytes] | None:
        """Return the id and the text of the form that was answered last for a question."""
        return self.forms.newest(key)

    def responses(self, determination: str) -> tuple[KeptForm, ...]:
        """Return every form that was answered for a determination, the newest first; none comes before this is over."""
        return self.forms.of_determination(determination)

    def reply(self, response: str) -> bytes:
        """Return what was answered to a form on file."""
        return self.forms.reply(response)

    def keep_response(self, answered: AnsweredForm) -> None:
        """Keep an answered form, with the reply that is about to be sent."""
        self.forms.keep(answered)

    def request(self, call: str) -> bytes | None:
        """Return the body of a call on file, as it came; None if there is none."""
        self.work.write()
        body = self.connection.execute(statements.REQUEST, {"of_call": call}).scalar()
        return payloads.opened(self.connection, Place(CALLS, "request", call), body) if body is not None else None

    def determine(self, key: DeterminationKey, record: Record) -> str:
        """Keep a determination and return its id; unchanged content makes no new revision."""
        return Questions(self.work, self.call, self.today).determine(key, record)

    def fingerprint(self, plain: str) -> str:
        """Return the hash of what is said, as it is kept."""
        return self.work.fingerprint(plain)

    def finish(self, reply: bytes) -> None:
        """Keep the reply that is about to be sent."""
        self.work.end_call(self.call, reply)
