"""The service of a hook: what it asks about and the chart in, system actions and cards out.

Sources: CDS Hooks 2.0; CRD 2.0.1 and 2.2.1, coverage information response type. One decision for every hook, written
down in the caller's form and version, and stored before it is sent. What differs from hook to hook stands in its
description (`hooks.descriptions`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from fhir_mappings.chart.chart import Chart
from fhir_mappings.coverage.coverages import own_coverage
from fhir_mappings.judgement.judge import Judge
from fhir_mappings.wording import Wording
from hooks.cards.card_builder import Frame
from hooks.cards.visit_cards import Visiting
from hooks.coverage_decision.determination_table import Decided, Deciding, is_missing, without_documents
from hooks.coverage_decision.unreachable_data import Unreached
from hooks.definitions.hook import Hook
from hooks.ehr_data.chart_assembly import Charting
from hooks.ehr_data.client_forms import FindsForms, Forms, ask, no_form
from hooks.ehr_data.early_fetch import COLD, WarmBudget, Warmth
from hooks.ehr_data.fetch_port import NOTHING, Budget, Fetched, Fetcher, Gap, NoFetcher, Step
from hooks.ehr_data.payer_claims import Claims, NoClaims, held_of
from hooks.protocol.client import ANYONE, Caller
from hooks.protocol.errors import Issue, MissingDataError, told_in
from hooks.protocol.payer import Payer
from hooks.protocol.requested_version import requested_version
from hooks.records.determinations import Determining, Sent
from hooks.records.register_port import TRIES, NoRegister, Register, RegisterError, Session
from hooks.records.stored_call import kept
from hooks.request.body import Limits, encoded
from hooks.request.call import Call, read_call
from hooks.response.explain_block import Clock, Explained
from hooks.response.response import Replying
from hooks.response.usage_figures import Figures, figures
from policies.model.dates import CallDay
from policies.model.findings import Finding
from policies.model.own_record import NOTHING_HELD, OwnRecord
from policies.terminology.value_sets import Coding

_NONE: Mapping[str, bytes] = MappingProxyType({})
_NO_ANSWERS: Mapping[str, Finding] = MappingProxyType({})
_NO_RECORDS: Mapping[str, OwnRecord] = MappingProxyType({})

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to a call as it is sent, and what may be logged of it: no value of a chart.

    `steps` are what was asked of the client's FHIR server; their names hold the patient's id.
    """

    body: bytes
    hook_instance: str
    orders: int
    rulings: tuple[str, ...]
    stored: bool
    figures: Figures
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Answering:
    """The service, with everything that it needs handed in; `today` is asked once a call.

    `forms` finds a Questionnaire by its canonical URL with its version.
    """

    judge: Judge
    payer: Payer
    limits: Limits
    register: Register
    today: Callable[[], CallDay]
    observation_codes: frozenset[Coding]
    searches: Mapping[str, str]
    fetcher: Fetcher
    hook: Hook
    warmth: Warmth = COLD
    forms: FindsForms = no_form
    claims: Claims = field(default_factory=NoClaims)

    @property
    def say(self) -> Wording:
        """Return the sentences of this service's language."""
        return self.judge.say

    def without_store(self) -> "Answering":
        """Return the service as it answers while nothing can be noted: it keeps nothing, and fetches nothing."""
        return replace(self, register=NoRegister(), fetcher=NoFetcher())

    def answer(self, body: bytes, caller: Caller = ANYONE) -> Reply:
        """Answer a call; raises a CallError for one that cannot be answered."""
        budget, clock = self.fetcher.begin(caller), Clock()
        call, ordered = self._completed(body, caller, budget)
        today = self.today()
        replying = Replying(
            self.payer, self.say, requested_version(call.extension, caller.version), call, today, caller
        )
        clock.step("read")
        with told_in(replying.dialect.name):
            warm = WarmBudget(budget, self.warmth, call, caller, self.hook.is_warmed, self.hook.warms)
            chart, fetched = self._charting.completed(call, warm, lambda chart: self._matters(call, chart))
            chart, fetched = self._with_claims(call, chart, fetched, today)
            clock.step("chart")
            unreached = Unreached(Deciding(self.payer, self.say), chart, fetched)
            decided = unreached.told(self.decide(call, chart, today))
            replying.check_coverage(decided, fetched)
        clock.step("decide")
        there, asked = ask(call, budget, replying.forms_to_send(decided))
        visiting = self._visiting(call, today, fetched) if self.hook.is_visit and not chart.is_deceased else None
        replying = replace(replying, forms=Forms(self.forms, there), visiting=visiting)
        fetched = ordered + fetched + asked
        explained = Explained(call, fetched, clock, self.say, caller.explain)
        again = _Again(self, call, unreached, today, kept(body, call, fetched))
        reply, stored, decided = self._determined(replying, decided, again, explained)
        rulings = tuple(one.judgement.ruling.truth.value for one in decided if one.judgement.ruling)
        counted = figures(replying.dialect.name, decided, reply.content, fetched)
        return Reply(reply.text, call.hook_instance, len(decided), rulings, stored, counted, fetched.steps)

    def _visiting(self, call: Call, today: CallDay, fetched: Fetched) -> Callable[[Frame, Session | None], Visiting]:
        return lambda frame, session: Visiting(frame, call, today, session, self.judge.catalogue, fetched)

    def _completed(self, body: bytes, caller: Caller, budget: Budget) -> tuple[Call, Fetched]:
        """Read a call; the orders that its context only names, and nobody sent, are asked of its FHIR server."""
        call = self._read(body, caller.version)
        if not call.asked.absent:
            return call, NOTHING
        with budget.source(call.fhir_server, call.token) as source:
            fetched = source.get([Gap(reference, reference) for reference in call.asked.absent])
        return self._with(call, body, fetched, caller.version), fetched

    def read(self, body: bytes, fetched: Fetched = NOTHING, version: str = "") -> Call:
        """Read the body of a call; raises a CallError that names every place that is wrong.

        `fetched` can hold the orders that the context names and that did not come along.
        """
        return self._with(self._read(body, version), body, fetched, version)

    def _with(self, call: Call, body: bytes, fetched: Fetched, version: str) -> Call:
        """Return a call with the orders that were fetched for it; raises MissingDataError if one is still lacking."""
        had = {name: one for name, one in fetched.bodies if name in call.asked.absent}
        call = self._read(body, version, had) if had else call
        if call.asked.absent:
            text = "this order did not come in the prefetch, and cannot be had from here; an answer stands on the order"
            raise MissingDataError(Issue(f"{place}: {text}", place) for place in call.asked.absent.values())
        return call

    def _read(self, body: bytes, version: str, fetched: Mapping[str, bytes] = _NONE) -> Call:
        return read_call(body, self.hook.name, self.hook.read, self.limits, version, fetched)

    def _matters(self, call: Call, chart: Chart) -> bool:
        """Tell whether a policy may judge any order of a call, so that clinical data is needed at all."""
        return any(self.judge.may_judge(order, chart) for order in call.orders)

    def _with_claims(self, call: Call, chart: Chart, fetched: Fetched, today: CallDay) -> tuple[Chart, Fetched]:
        """Return a chart with the payer's own claims of the member, where they can matter; they are kept, too."""
        if not self._matters(call, chart):
            return chart, fetched
        coverage = own_coverage(chart, self.payer.identifiers, today, self.payer.members)
        held = held_of(self.claims, call.patient, chart, coverage)
        if held is NOTHING:
            return chart, fetched
        whole = fetched + held
        return self._charting.of(call, whole), whole

    @property
    def _charting(self) -> Charting:
        return Charting(self.observation_codes, self.searches)

    def chart(self, call: Call, fetched: Fetched = NOTHING) -> Chart:
        """Build the patient's chart from the call and from what was fetched for it before; nothing is fetched."""
        return self._charting.of(call, fetched)

    def decide(
        self,
        call: Call,
        chart: Chart,
        today: CallDay,
        own: Mapping[str, OwnRecord] = _NO_RECORDS,
        answers: Mapping[str, Finding] = _NO_ANSWERS,
        signed: CallDay | None = None,
    ) -> tuple[Decided, ...]:
        """Judge every order and say what is told about it, as far as no live authorization is concerned.

        `own` is what was authorized before, by the id of the policy; `answers` are what a person said, by the name of
        the fact. `signed` is the day on which the call came, where it is answered on another, as by a form: an order
        keeps its date, and the coverage is that of today.
        """
        deciding = Deciding(self.payer, self.say)
        found: list[Decided] = []
        for judgement in self.judge.judge(call.orders, chart, signed or today, answers, own):
            if not call.asked.answers(judgement.order):
                continue
            coverage = own_coverage(chart, self.payer.identifiers, today, self.payer.members)
            told = None if is_missing(coverage) else deciding.determination(judgement, coverage)
            if told is not None and not self.hook.asks_for_documents:
                told = without_documents(told)
            found.append(Decided(judgement, coverage, told))
        return tuple(found)

    def _determined(
        self, replying: Replying, decided: tuple[Decided, ...], again: "_Again", explained: Explained
    ) -> tuple["_Written", bool, tuple[Decided, ...]]:
        """Return the reply, whether it was stored, and what was decided at last.

        If the store fails, the reply says that we failed; what may pass at once is tried again first. If it knows of an
        authorization of the member, the orders are judged again with it: it may make a continuation of what seemed a
        first request.
        """
        tenant, version = replying.caller.tenant, replying.dialect.name
        determining = Determining(self.payer, self.say, replying.call, tenant, version, replying.today)
        for tries_left in reversed(range(TRIES)):
            try:
                reply, found = self._stored(replying, determining, decided, again, explained)
            except RegisterError as error:
                if error.passing and tries_left:
                    continue
                break
            return reply, True, found
        failed = determining.failed(decided)
        reply = _Written.of(explained.added(replying.reply(decided, failed), decided))
        return reply, False, _last(decided, failed)

    def _stored(
        self,
        replying: Replying,
        determining: Determining,
        decided: tuple[Decided, ...],
        again: "_Again",
        explained: Explained,
    ) -> tuple["_Written", tuple[Decided, ...]]:
        """Return the reply, and what was decided at last, once both are stored; raises RegisterError."""
        call = replying.call
        with self.register.session(self.hook.name, call.hook_instance, replying.today, again.kept) as session:
            session.hold(determining.asked(decided))
            again = replace(again, own=determining.own_records(decided, session))
            decided = again.decided() if again.own else decided
            sent = replace(determining, rejudge=again.rejudged).all(decided, session)
            explained.clock.step("determine")
            decided = _last(decided, sent)
            reply = _Written.of(explained.added(replying.reply(decided, sent, session), decided))
            session.finish(reply.text)
        return reply, decided


def _last(decided: tuple[Decided, ...], sent: tuple[Sent, ...]) -> tuple[Decided, ...]:
    """Return what was decided at last: of an order that a person has answered about, with the answers."""
    final = {one.decided.judgement.order.reference: one.decided for one in sent}
    return tuple(final.get(one.judgement.order.reference, one) for one in decided)


@dataclass(frozen=True, slots=True)
class _Written:
    """A reply, and as it is sent."""

    content: Json
    text: bytes

    @classmethod
    def of(cls, content: Json) -> "_Written":
        """Write a reply."""
        return cls(content, encoded(content))


@dataclass(frozen=True, slots=True)
class _Again:
    """What is needed to decide a call once more, now or later: `kept` is the call as it is stored."""

    answering: Answering
    call: Call
    unreached: Unreached
    today: CallDay
    kept: bytes
    own: Mapping[str, OwnRecord] = field(default_factory=dict)

    def decided(self, answers: Mapping[str, Finding] = _NO_ANSWERS) -> tuple[Decided, ...]:
        """Decide anew where authorizations of ours are known, or a person has answered."""
        chart = self.unreached.chart
        return self.unreached.told(self.answering.decide(self.call, chart, self.today, self.own, answers))

    def rejudged(self, decided: Decided, answers: Mapping[str, Finding]) -> Decided:
        """Decide one order anew with what a person answered; the kind of request stays."""
        judgement = decided.judgement
        record = self.own.get(judgement.concerns, NOTHING_HELD)
        settled = {**self.own, judgement.concerns: replace(record, kind=judgement.request)}
        found = replace(self, own=settled).decided(answers)
        return next(one for one in found if one.judgement.order.reference == judgement.order.reference)
