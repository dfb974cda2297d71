"""The order-sign service: orders and chart in, system actions and cards out.

Sources: CDS Hooks 2.0; CRD 2.0.1, coverage information response type. One decision, written down in the caller's form.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from fhir_mappings import strict_json
from fhir_mappings.chart import Chart, build, wanted
from fhir_mappings.coverage_information import Stamp, annotated, written
from fhir_mappings.coverages import CoverageState, OwnCoverage, own_coverage
from fhir_mappings.decoding import decode
from fhir_mappings.identity import PatientIdentity
from fhir_mappings.judging import Judge, Judgement
from fhir_mappings.wording import Wording
from hooks.assertion_ids import AssertionIds
from hooks.body import Limits, not_json
from hooks.call import Call, read_call
from hooks.cards import Cards, is_missing
from hooks.deciding import Deciding
from hooks.errors import CoverageError, Issue, MissingDataError
from hooks.payer import Delivery, Payer
from hooks.versions import version_of
from policies.determination import Determination
from policies.value_sets import Coding

Json = dict[str, Any]
COVERAGE_KEY = "coverage"


@dataclass(frozen=True, slots=True)
class Decided:
    """One order of a call: the judgement, the coverage it is about, and what is told (None: nothing is determined)."""

    judgement: Judgement
    coverage: OwnCoverage
    determination: Determination | None


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to a call, and what may be logged of it: no value of a chart."""

    content: Json
    hook_instance: str
    orders: int
    rulings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderSign:
    """The service, with everything that it needs handed in; `today` is asked once a call."""

    judge: Judge
    payer: Payer
    limits: Limits
    ids: AssertionIds
    today: Callable[[], date]
    observation_codes: frozenset[Coding]
    hook: str = "order-sign"

    @property
    def say(self) -> Wording:
        """Return the sentences of this service's language."""
        return self.judge.say

    def answer(self, body: bytes) -> Reply:
        """Answer a call; raises a CallError for one that cannot be answered."""
        call = self.read(body)
        version_of(call.extension)
        today = self.today()
        decided = self.decide(call, self.chart(call), today)
        rulings = tuple(one.judgement.ruling.truth.value for one in decided if one.judgement.ruling)
        return Reply(self._reply(call, decided, today), call.hook_instance, len(decided), rulings)

    def read(self, body: bytes) -> Call:
        """Read the body of a call; raises a CallError that names every place that is wrong."""
        return read_call(body, self.hook, self.limits)

    def chart(self, call: Call) -> Chart:
        """Build the patient's chart from the prefetch and from what stands beside the orders."""
        named = [(f"prefetch.{key}", raw) for key, raw in call.prefetch.items()]
        named += [(one.place, one.raw) for one in call.bundled]
        try:
            decoded = decode(named, wanted(self.observation_codes))
        except strict_json.JsonError as error:
            raise not_json(error) from None
        mine = (one.resource.resource_type == "Patient" and one.resource.id == call.patient for one in decoded.located)
        urls = frozenset(one.url for one, own in zip(decoded.located, mine, strict=True) if own and one.url)
        identity = PatientIdentity(call.patient, call.fhir_server, urls)
        return build(decoded.located, identity, self.observation_codes, decoded.unreadable)

    def decide(self, call: Call, chart: Chart, today: date) -> tuple[Decided, ...]:
        """Judge every order and say what is told about it."""
        deciding = Deciding(self.payer, self.say)
        found: list[Decided] = []
        for judgement in self.judge.judge(call.orders, chart, today):
            coverage = own_coverage(chart, self.payer.identifiers, judgement.as_of.day)
            told = None if is_missing(coverage) else deciding.determination(judgement, coverage)
            found.append(Decided(judgement, coverage, told))
        return tuple(found)

    def _reply(self, call: Call, decided: tuple[Decided, ...], today: date) -> Json:
        delivery = self.payer.delivery.for_call(speaks_crd=call.speaks_crd)
        missing = next((one.coverage for one in decided if is_missing(one.coverage)), None)
        if missing is not None and delivery is Delivery.CRD:
            raise self._coverage_error(call, missing)
        actions = [] if delivery is Delivery.CARDS else self._actions(call, decided, today)
        cards = [] if delivery is Delivery.CRD else self._cards(decided, missing)
        return {"cards": cards, "systemActions": actions}

    def _coverage_error(self, call: Call, coverage: OwnCoverage) -> CoverageError | MissingDataError:
        text = self.say(f"card.coverage.detail.{coverage.state.value}", payer=self.payer.name)
        issue = Issue(text, f"prefetch.{COVERAGE_KEY}")
        absent = coverage.state is CoverageState.NONE and COVERAGE_KEY not in call.prefetch
        return MissingDataError([issue]) if absent else CoverageError([issue])

    def _actions(self, call: Call, decided: tuple[Decided, ...], today: date) -> list[Json]:
        return [
            self._action(call, one.judgement, one.coverage.reference, one.determination, today)
            for one in decided
            if one.determination is not None
        ]

    def _action(
        self, call: Call, judgement: Judgement, coverage: str, determination: Determination, today: date
    ) -> Json:
        stamp = Stamp(coverage, today, self.ids.of(call, judgement, coverage))
        order = judgement.order
        return {
            "type": "update",
            "description": self.say("action.description", payer=self.payer.name, order=order.reference),
            "resource": annotated(order.raw, written(determination, stamp), coverage),
        }

    def _cards(self, decided: tuple[Decided, ...], missing: OwnCoverage | None) -> list[Json]:
        writer = Cards(self.payer, self.say)
        written_ = (
            writer.for_order(one.judgement, one.determination) for one in decided if one.determination is not None
        )
        cards = [card for card in written_ if card is not None]
        return [*(writer.no_coverage(missing, (one.judgement for one in decided)) if missing else []), *cards]
