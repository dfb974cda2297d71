"""The order-sign service: orders and chart in, system actions and cards out.

Sources: CDS Hooks 2.0; CRD 2.0.1 and 2.2.1, coverage information response type. One decision, written down in the
caller's form and version, and stored before it is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from fhir_mappings import strict_json
from fhir_mappings.chart import Chart, build, wanted
from fhir_mappings.coverages import own_coverage
from fhir_mappings.decoding import decode
from fhir_mappings.identity import PatientIdentity
from fhir_mappings.judging import Judge
from fhir_mappings.wording import Wording
from hooks.body import Limits, encoded, not_json
from hooks.call import Call, read_call
from hooks.deciding import Decided, Deciding, is_missing
from hooks.determining import Determining
from hooks.dialects import dialect_of
from hooks.payer import Payer
from hooks.register import Register, RegisterError
from hooks.replying import Replying
from policies.value_sets import Coding


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to a call as it is sent, and what may be logged of it: no value of a chart."""

    body: bytes
    hook_instance: str
    orders: int
    rulings: tuple[str, ...]
    stored: bool


@dataclass(frozen=True, slots=True)
class OrderSign:
    """The service, with everything that it needs handed in; `today` is asked once a call."""

    judge: Judge
    payer: Payer
    limits: Limits
    register: Register
    today: Callable[[], date]
    observation_codes: frozenset[Coding]
    hook: str = "order-sign"

    @property
    def say(self) -> Wording:
        """Return the sentences of this service's language."""
        return self.judge.say

    def answer(self, body: bytes) -> Reply:
        """Answer a call; raises a CallError for one that cannot be answered."""
        call, today = self.read(body), self.today()
        replying = Replying(self.payer, self.say, dialect_of(call.extension), call, today)
        chart = self.chart(call)
        decided = self.decide(call, chart, today)
        replying.check_coverage(decided)
        content, stored, decided = self._determined(replying, decided, chart, body)
        rulings = (one.judgement.ruling for one in decided)
        return Reply(
            content, call.hook_instance, len(decided), tuple(one.truth.value for one in rulings if one), stored
        )

    def read(self, body: bytes) -> Call:
        """Read the body of a call; raises a CallError that names every place that is wrong."""
        return read_call(body, self.hook, self.limits)

    def chart(self, call: Call) -> Chart:
        """Build the patient's chart from the prefetch and from what stands beside the orders."""
        named = [(f"prefetch.{key}", raw) for key, raw in call.prefetch.values.items()]
        named += [(one.place, one.raw) for one in call.bundled]
        entries = {f"prefetch.{key}": cut for key, cut in call.prefetch.entries.items()}
        try:
            decoded = decode(named, wanted(self.observation_codes), entries)
        except strict_json.JsonError as error:
            raise not_json(error) from None
        patients = (one for one in decoded.located if one.resource.resource_type == "Patient")
        urls = frozenset(one.url for one in patients if one.resource.id == call.patient and one.url)
        identity = PatientIdentity(call.patient, call.fhir_server, urls)
        return build(decoded.located, identity, self.observation_codes, decoded.unreadable)

    def decide(
        self, call: Call, chart: Chart, today: date, authorized: frozenset[str] = frozenset()
    ) -> tuple[Decided, ...]:
        """Judge every order and say what is told about it, as far as no live authorization is concerned.

        `authorized` are the policies for which an authorization has run, which makes a request a continuation.
        """
        deciding = Deciding(self.payer, self.say)
        found: list[Decided] = []
        for judgement in self.judge.judge(call.orders, chart, today, authorized=authorized):
            coverage = own_coverage(chart, self.payer.identifiers, judgement.as_of.day)
            told = None if is_missing(coverage) else deciding.determination(judgement, coverage)
            found.append(Decided(judgement, coverage, told))
        return tuple(found)

    def _determined(
        self, replying: Replying, decided: tuple[Decided, ...], chart: Chart, body: bytes
    ) -> tuple[bytes, bool, tuple[Decided, ...]]:
        """Return the reply, whether it was stored, and what was decided at last.

        If the store fails, the reply says that we failed. If it knows of an authorization that has run, what seemed a
        first request is judged again, as a continuation.
        """
        call = replying.call
        determining = Determining(self.payer, self.say, call)
        try:
            with self.register.session(self.hook, call.hook_instance, replying.today, body) as session:
                run_out = determining.run_out(decided, session)
                decided = self.decide(call, chart, replying.today, run_out) if run_out else decided
                reply = encoded(replying.reply(decided, determining.all(decided, session), session))
                session.finish(reply)
        except RegisterError:
            return encoded(replying.reply(decided, determining.failed(decided))), False, decided
        return reply, True, decided
