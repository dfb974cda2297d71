"""The call of a determination, read again and decided anew with what a person answered."""

from dataclasses import dataclass, replace
from typing import Any

from cds_service.register.call_session import SqlSession
from cds_service.replay.stored_call_reader import Reread, reread
from cds_service.storage.archive import Kept
from fhir_mappings.coverage.coverage_information import Stamp, in_words
from fhir_mappings.coverage.coverages import own_coverage
from fhir_mappings.questionnaires.response_answers import Answers
from hooks.coverage_decision.determination_table import Decided
from hooks.protocol.client import Caller
from hooks.protocol.crd_versions import CRD_VERSIONS
from hooks.protocol.errors import CallError
from hooks.records.determinations import Sent, own_records
from hooks.request.occasion import Occasion
from hooks.response.service import Answering
from policies.model.dates import CallDay
from policies.model.notes import Note
from policies.model.own_record import NOTHING_HELD, OwnRecord

Json = dict[str, Any]
_UNREADABLE = Note("fault.call_unreadable")
_GONE = Note("fault.order_gone")
_OTHER_POLICY = Note("fault.other_policy")


class CallGoneError(Exception):
    """The call of a determination, or its order in it, is not there any more, or can no longer be read: `said`."""

    def __init__(self, said: Note) -> None:
        self.said = said
        super().__init__(said.key)


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """Whether a number may be given, the day of the answer, and the FHIR servers of the tenant; None in open mode."""

    may_authorize: bool
    today: CallDay
    own_servers: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """A call that is read again for an answered form: its tenant and version of CRD are those of the determination."""

    again: Reread
    kept: Kept
    occasion: Occasion

    def decided(self, answers: Answers, session: SqlSession) -> Decided:
        """Decide as of the day of the answer, with what was authorized for the member; raises CallGoneError."""
        decided = self._once(answers, NOTHING_HELD)
        own = own_records(self.occasion, (decided,), session).get(self.kept.order)
        return decided if own is None else self._once(answers, own)

    def _once(self, answers: Answers, own: OwnRecord) -> Decided:
        decided = self.again.decided(self.kept, answers.findings, own, self.occasion.today)
        if decided is None:
            raise CallGoneError(_GONE)
        now = decided.judgement.policy
        if now is None or now.id != self.kept.policy:
            # The member's line of business is another by now: answers to one policy's questions answer no other's.
            raise CallGoneError(_OTHER_POLICY)
        return decided

    def written(self, name: str, content: Json, sent: Sent) -> Json:
        """Return a response as it is kept: as it came, with the coverage information of now in place of an older."""
        determination, service, today = sent.decided.determination, self.again.service, self.occasion.today
        assert determination is not None  # noqa: S101 - what has no determination is not sent
        coverage = own_coverage(self.again.chart, service.payer.identifiers, today).reference
        stamp = Stamp(coverage, today, sent.assertion_id)
        ours = CRD_VERSIONS[self.kept.crd_version].written(in_words(determination, service.say), stamp)
        others = [one for one in content.get("extension", ()) if one.get("url") != ours["url"]]
        return content | {"id": name, "extension": [*others, ours]}


def call_again(service: Answering, kept: Kept, session: SqlSession, context: AnswerContext) -> AnsweredCall:
    """Read the call of a determination again; raises CallGoneError."""
    again = _reread(service, kept, session)
    payer = again.service.payer
    payer = replace(payer, automatic_approval=payer.automatic_approval and context.may_authorize)
    caller, version = Caller(kept.tenant, fhir_servers=context.own_servers), CRD_VERSIONS[kept.crd_version]
    return AnsweredCall(again, kept, Occasion(payer, again.call, caller, version, context.today, "cause.form"))


def _reread(service: Answering, kept: Kept, session: SqlSession) -> Reread:
    body = session.request(kept.call_id)
    try:
        if body is not None:
            return reread(service, body, kept.tenant, kept.today)
    except CallError:
        pass
    raise CallGoneError(_UNREADABLE)
