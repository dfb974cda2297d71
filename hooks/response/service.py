"""The service of a hook: what it asks about and the chart in, system actions and cards out.

Sources: CDS Hooks 2.0; CRD 2.0.1 and 2.2.1, coverage information response type. One decision for every hook, written
down in the caller's form and version, and stored before it is sent. What differs from hook to hook stands in its
description (`hooks.definitions`). `Answering.answer` goes as a call goes: read, complete, judge, determine, respond,
store.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.site_codes import SiteTable
from fhir_mappings.coverage.coverages import own_coverage
from fhir_mappings.judgement.judge import Judge
from fhir_mappings.wording import Wording, wording
from hooks.coverage_decision.determination_table import Decided, DeterminationTable, is_missing, without_documents
from hooks.coverage_decision.unreachable_data import with_unreached
from hooks.definitions.hook import Hook
from hooks.ehr_data.chart_assembly import ChartAssembly
from hooks.ehr_data.client_forms import FindsForms, Forms, ask, no_form
from hooks.ehr_data.early_fetch import COLD, WarmBudget, Warmth
from hooks.ehr_data.fetch_port import NOTHING, Budget, Fetched, Fetcher, Gap, NoFetcher
from hooks.ehr_data.form_answers import TakesForms, responses_of, take_none
from hooks.ehr_data.gaps import of_coverage
from hooks.ehr_data.payer_claims import Claims, NoClaims, held_of
from hooks.protocol.client import ANYONE, Caller, as_asked
from hooks.protocol.errors import Issue, MissingDataError, reported_in
from hooks.protocol.payer import Payer
from hooks.protocol.requested_version import requested_version
from hooks.records.determinations import (
    NamedAnswers,
    Sent,
    determined,
    earlier_answers,
    failed,
    none_named,
    own_records,
    questions,
)
from hooks.records.register_port import TRIES, NoRegister, Register, RegisterError, Session
from hooks.records.stored_call import kept
from hooks.request.body import Limits, encoded
from hooks.request.call import Call, read_call
from hooks.request.occasion import Occasion
from hooks.response.explain_block import Clock, explained
from hooks.response.response import Answers, Judged, Material, OnVisit, Written, check_coverage, forms_to_send, reply
from hooks.response.usage_figures import Reply, reported
from policies.model.dates import CallDay
from policies.model.findings import Finding
from policies.model.own_record import NOTHING_HELD, OwnRecord

_NONE: Mapping[str, bytes] = MappingProxyType({})
_NO_ANSWERS: Mapping[str, Finding] = MappingProxyType({})
_NO_RECORDS: Mapping[str, OwnRecord] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Answering:
    """The service, with everything that it needs handed in; `today` is asked once a call.

    `forms` finds a Questionnaire by its canonical URL with its version; `take_form` takes an answered form that a call
    brings, or that is in the client's record system.
    """

    judge: Judge
    payer: Payer
    table: DeterminationTable
    say: Wording
    limits: Limits
    register: Register
    today: Callable[[], CallDay]
    charts: ChartAssembly
    fetcher: Fetcher
    hook: Hook
    warmth: Warmth = COLD
    forms: FindsForms = no_form
    claims: Claims = field(default_factory=NoClaims)
    site_codes: SiteTable = field(default_factory=SiteTable)
    take_form: TakesForms = take_none
    speaks: Callable[[str], Wording] = wording

    def without_store(self) -> "Answering":
        """Return the service as it answers while nothing can be noted: it keeps nothing, and fetches nothing."""
        return replace(self, register=NoRegister(), fetcher=NoFetcher(), take_form=take_none)

    def answer(self, body: bytes, caller: Caller = ANYONE) -> Reply:
        """Answer a call, in the caller's language; raises a CallError for one that cannot be answered."""
        return reported(*self.answered(body, caller))

    def answered(self, body: bytes, caller: Caller = ANYONE) -> tuple[Occasion, Written, Fetched]:
        """Answer a call, with all that was decided for it, which holds what the chart says; raises as `answer` does."""
        if caller.language and caller.language != self.say.language:
            return replace(self, say=self.speaks(caller.language)).answered(body, caller)
        budget, clock = self.fetcher.begin(caller), Clock()
        occasion, ordered = self._occasion(body, caller, budget)
        clock.step("read")
        with reported_in(occasion.version.name):
            material = self._completed(occasion, budget)
            for one in responses_of(occasion.call, material.fetched):
                self.take_form(one, occasion.tenant, occasion.call.fhir_server, occasion.call.patient)
            clock.step("chart")
            decided = self.judged(material)
            check_coverage(occasion, decided, material.fetched, self.say)
        clock.step("decide")
        there, asked = ask(occasion.call, budget, forms_to_send(occasion, decided, self.say))
        fetched = ordered + material.fetched + asked
        judged = Judged(material, decided, Forms(self.forms, there), fetched, kept(body, occasion.call, fetched))
        return occasion, self._stored(judged, clock), fetched

    # Read.

    def _occasion(self, body: bytes, caller: Caller, budget: Budget) -> tuple[Occasion, Fetched]:
        """Read a call; what its context only names (orders, an encounter), and nobody sent, is asked of its server."""
        call, fetched = self._read(body, caller.version), NOTHING
        lacking = call.asked.lacking if call.fhir_server or call.asked.absent else ()
        if lacking:
            with budget.source(call.fhir_server, call.token) as source:
                fetched = source.get([Gap(reference, reference) for reference in lacking])
            call = self._with_orders(call, body, fetched, caller.version)
        today, version = self.today(), requested_version(call.extension, caller.version)
        call = call.of_site(self.site_codes.on(caller.tenant, today))
        answered = as_asked(caller, call.extension)
        return Occasion(self.payer, call, answered, version, today, f"cause.{call.hook}"), fetched

    def read(self, body: bytes, fetched: Fetched = NOTHING, version: str = "") -> Call:
        """Read the body of a call; raises a CallError that names every place that is wrong.

        `fetched` can hold the orders that the context names and that did not come along.
        """
        return self._with_orders(self._read(body, version), body, fetched, version)

    def _with_orders(self, call: Call, body: bytes, fetched: Fetched, version: str) -> Call:
        """Return a call with the orders that were fetched for it; raises MissingDataError if one is still lacking."""
        had = {name: one for name, one in fetched.bodies if name in call.asked.lacking}
        call = self._read(body, version, had) if had else call
        if call.asked.absent:
            text = "this order did not come in the prefetch, and cannot be had from here; an answer stands on the order"
            raise MissingDataError(Issue(f"{place}: {text}", place) for place in call.asked.absent.values())
        return call

    def _read(self, body: bytes, version: str, fetched: Mapping[str, bytes] = _NONE) -> Call:
        return read_call(body, self.hook.name, self.hook.read, self.limits, version, fetched)

    # Complete.

    def chart(self, call: Call, fetched: Fetched = NOTHING) -> Chart:
        """Build the patient's chart from the call and from what was fetched for it before; nothing is fetched."""
        return self.charts.of(call, fetched)

    def _completed(self, occasion: Occasion, budget: Budget) -> Material:
        """Build the chart, and ask the client's FHIR server for what the call lacks, as far as a policy may need it."""
        call = occasion.call
        draft = self.charts.draft(call)
        gaps = draft.gaps if draft.gaps and self._matters(call, draft.chart) else of_coverage(draft.gaps)
        if not gaps:
            return self.with_claims(Material(occasion, self.charts.undisturbed(draft), NOTHING))
        warm = WarmBudget(budget, self.warmth, call, occasion.caller, self.hook.is_warmed, self.hook.warms)
        chart, fetched = self.charts.completed(draft, gaps, warm)
        return self.with_claims(Material(occasion, chart, fetched))

    def _matters(self, call: Call, chart: Chart) -> bool:
        """Whether a policy may judge any order of a call, so that clinical data is needed at all."""
        return any(self.judge.may_judge(order, chart) for order in call.orders)

    def with_claims(self, material: Material) -> Material:
        """Return the chart with the payer's own claims of the member, where they can matter; they are kept, too."""
        occasion, chart = material.occasion, material.chart
        call = occasion.call
        if isinstance(self.claims, NoClaims) or not self._matters(call, chart):
            return material
        coverage = own_coverage(chart, self.payer.identifiers, occasion.today, self.payer.members)
        held = held_of(self.claims, call.patient, chart, coverage)
        if held is NOTHING:
            return material
        whole = material.fetched + held
        return Material(occasion, self.charts.of(call, whole), whole)

    # Judge.

    def decide(
        self,
        call: Call,
        chart: Chart,
        today: CallDay,
        own: Mapping[str, OwnRecord] = _NO_RECORDS,
        answers: Mapping[str, Finding] = _NO_ANSWERS,
        signed: CallDay | None = None,
    ) -> tuple[Decided, ...]:
        """Judge and determine every order, as far as no live authorization is concerned.

        `own` is what was authorized before, by the reference of the order; `answers` are what a person said, by the
        name of the fact. `signed` is the day on which the call came, where it is answered on another, as by a form: an
        order keeps its date, and the coverage is that of today.
        """
        found: list[Decided] = []
        coverage = own_coverage(chart, self.payer.identifiers, today, self.payer.members)
        day, line = signed or today, self.payer.line_of(coverage)
        judged = self.judge.judge(call.orders, chart, day, answers, own, line)
        for judgement in (one for one in judged if call.asked.answers(one.order)):
            determination = None if is_missing(coverage) else self.table.determination(judgement, coverage)
            if determination is not None and not self.hook.asks_for_documents:
                determination = without_documents(determination)
            found.append(Decided(judgement, coverage, determination))
        return tuple(found)

    def judged(
        self,
        material: Material,
        own: Mapping[str, OwnRecord] = _NO_RECORDS,
        answers: Mapping[str, Finding] = _NO_ANSWERS,
    ) -> tuple[Decided, ...]:
        """Judge the orders of a call; what could not be had in time is said in place of a determination."""
        occasion, chart = material.occasion, material.chart
        decided = self.decide(occasion.call, chart, occasion.today, own, answers)
        return with_unreached(decided, chart, material.fetched, self.table)

    def judged_by_records(
        self, material: Material, decided: tuple[Decided, ...], session: Session, named: NamedAnswers = none_named
    ) -> tuple[Decided, ...]:
        """Judge anew with what the store knows: authorizations of the member, and what a person answered before.

        An authorization may make a continuation of what seemed a first request. `named` finds the answers of forms
        that a request itself names, where none were given to its own. Raises RegisterError.
        """
        own = own_records(material.occasion, decided, session)
        decided = self.judged(material, own) if own else decided
        return tuple(
            self._judged_by_answers(
                material, one, own, earlier_answers(material.occasion, one, self.say, session) or named(one)
            )
            for one in decided
        )

    def _judged_by_answers(
        self, material: Material, decided: Decided, own: Mapping[str, OwnRecord], answers: Mapping[str, Finding]
    ) -> Decided:
        """Judge one order anew with what a person answered; the kind of request stays."""
        if not answers:
            return decided
        judgement = decided.judgement
        name = judgement.order.reference
        settled = {**own, name: replace(own.get(name, NOTHING_HELD), kind=judgement.request)}
        found = self.judged(material, settled, answers)
        return next(one for one in found if one.judgement.order.reference == name)

    # Determine, respond, store.

    def _stored(self, judged: Judged, clock: Clock) -> Written:
        """Return the reply once it is stored with what was determined.

        What may pass at once is tried again, and nobody comes between then. The reply says it if the store fails.
        """
        for tries_left in reversed(range(TRIES)):
            try:
                return self._in_session(judged, clock, waits=tries_left < TRIES - 1)
            except RegisterError as error:
                if not (error.passing and tries_left):
                    break
        return self._responded(judged, judged.decided, failed(judged.decided, self.table), None, clock)

    def _in_session(self, judged: Judged, clock: Clock, *, waits: bool) -> Written:
        """Determine, respond and store, all of it or nothing; raises RegisterError."""
        occasion = judged.material.occasion
        about = self.hook.name, occasion.call.hook_instance, occasion.today, judged.kept, occasion.tenant
        with self.register.session(*about, waits=waits) as session:
            session.hold(questions(occasion, judged.decided))
            decided = self.judged_by_records(judged.material, judged.decided, session)
            sent = determined(occasion, decided, self.table, session)
            clock.step("determine")
            written = self._responded(judged, decided, sent, session, clock)
            session.finish(written.text)
        return written

    def _responded(
        self,
        judged: Judged,
        decided: tuple[Decided, ...],
        sent: tuple[Sent, ...],
        session: Session | None,
        clock: Clock,
    ) -> Written:
        """Write the reply; without a session nothing is stored. Raises RegisterError."""
        occasion, chart = judged.material.occasion, judged.material.chart
        final = {one.decided.judgement.order.reference: one.decided for one in sent}
        decided = tuple(final.get(one.judgement.order.reference, one) for one in decided)
        is_visit = self.hook.is_visit and not chart.is_deceased
        visit = OnVisit(self.judge.catalogue, judged.material.fetched) if is_visit else None
        content = reply(occasion, Answers(decided, sent, judged.forms, visit), self.say, session)
        if occasion.caller.explain:
            content = explained(content, occasion, decided, judged.fetched, clock.steps, self.say)
        return Written(content, encoded(content), decided, stored=session is not None)
