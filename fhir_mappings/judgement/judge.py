"""One order, judged by one chart: policy, findings, ruling. No HTTP, no clock, no protocol version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from types import MappingProxyType

from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.policy_chart import DraftedDrug, DraftInWords, Reading
from fhir_mappings.chart.site_codes import SiteCode
from fhir_mappings.dosing.sheet import DosingSheet, dosing_sheet
from fhir_mappings.facts.prior_regimens import COUNTED, beside
from fhir_mappings.findings.gathered import gather, lacking
from fhir_mappings.judgement.answer_overlay import laid_over
from fhir_mappings.judgement.chosen_indication import by_indication
from fhir_mappings.judgement.course_report import course_report
from fhir_mappings.judgement.safety_sheet import SafetySheet
from fhir_mappings.ordered_products.drafts import drafted, drafted_in_words, named_beside
from fhir_mappings.ordered_products.product import Naming, Product, product_of
from fhir_mappings.orders.ordered_item import is_product_unseen, ordered_item
from fhir_mappings.orders.orders import AsOf, Order, as_of
from fhir_mappings.proposals.fact_proposals import proposing
from fhir_mappings.therapy.line_table import LineTable, line_table
from fhir_mappings.therapy.ordered_drug import Course, earlier_course, request_kind
from policies.catalogue import Catalogue
from policies.choice import Lacking, Open
from policies.evaluation.ruling import Ruling, evaluate
from policies.model.criteria import RequestKind
from policies.model.dates import CallDay
from policies.model.findings import Evidence, Finding, Origin, State
from policies.model.own_record import NOTHING_HELD, OwnRecord
from policies.model.policy import Policy

_NO_ANSWERS: Mapping[str, Finding] = MappingProxyType({})
_NO_RECORDS: Mapping[str, OwnRecord] = MappingProxyType({})


class Outcome(Enum):
    """What became of an order."""

    JUDGED = "judged by a policy"
    NOT_TO_PERFORM = "the order says that something is not to be done"
    UNSPECIFIC = "the product is not named by a code"
    NO_POLICY = "no policy covers the product"
    NO_POLICY_YET = "the product has a policy, but none for the order's date"
    OTHER_LINES = "the product has policies, but none for the member's line of business"
    LINE_UNKNOWN = "the product has policies by line of business, and the member's is not known"


OF_A_POLICY = frozenset({Outcome.JUDGED, Outcome.NO_POLICY_YET, Outcome.OTHER_LINES, Outcome.LINE_UNKNOWN})
"""What becomes of an order for a drug that some policy is for."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An order with what was decided of it; policy, request, ruling and dosing are None unless it was judged.

    The dosing is beside the ruling: it never changes one. `lines` tells the lines of therapy where they are counted.
    `lacking` are the resource types of what the chart is known to lack; empty for what is of no known type.
    `rests_on` are the other orders of the call that count for or against a criterion. `concerns` is the id of the
    drug's policy, also where no version of it holds on the order's date; `for_lines` are the lines of business of its
    policies where none of them is chosen, `possible` their ids where it may be any. `earlier` is a course of the drug
    that was over before a first request; `against_course` what the chart says against one that is authorized.
    `site_codes` are those by which the evidence is read, by its reference.
    """

    order: Order
    outcome: Outcome
    product: Product
    as_of: AsOf
    policy: Policy | None = None
    request: RequestKind | None = None
    ruling: Ruling | None = None
    findings: Mapping[str, Finding] = field(default_factory=dict)
    first_version: date | None = None
    dosing: DosingSheet | None = field(default=None, repr=False, compare=False)
    lines: LineTable | None = None
    lacking: tuple[str, ...] = ()
    safety: SafetySheet | None = field(default=None, repr=False, compare=False)
    rests_on: tuple[str, ...] = ()
    concerns: str = ""
    is_deceased: bool = False
    earlier: Course | None = None
    against_course: tuple[Evidence, ...] = ()
    site_codes: Mapping[str, tuple[SiteCode, ...]] = field(default_factory=dict)
    for_lines: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()

    @property
    def held_under(self) -> tuple[str, ...]:
        """Return the ids of the policies under which the member may hold an authorization for what is ordered."""
        return (self.concerns,) if self.concerns else self.possible

    @property
    def indication(self) -> str:
        """Return for which disease of a policy for several it was judged; empty where none is chosen."""
        return self.policy.indication_in(self.findings) if self.policy is not None else ""

    @property
    def is_answered(self) -> bool:
        """Whether a person's answers in a form are among what it rests on."""
        return Origin.ANSWER in [one.origin for one in self.findings.values()]


@dataclass(frozen=True, slots=True)
class _Call:
    """What the orders of one call share."""

    drafted: tuple[tuple[Order, DraftedDrug], ...]
    in_words: tuple[tuple[Order, DraftInWords], ...]
    chart: Chart
    today: CallDay
    answers: Mapping[str, Finding]
    own: Mapping[str, OwnRecord]
    line: str


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges orders by a catalogue."""

    catalogue: Catalogue

    def may_judge(self, order: Order, chart: Chart) -> bool:
        """Whether a policy may judge an order, so that the chart matters: by its product, as far as known."""
        if order.is_refusal:
            return False
        if is_product_unseen(order, chart):
            return True
        product = self._product(order, chart)
        return product.drug is not None and bool(self.catalogue.for_drug(product.drug.id))

    def judge(
        self,
        orders: Iterable[Order],
        chart: Chart,
        today: CallDay,
        answers: Mapping[str, Finding] = _NO_ANSWERS,
        own: Mapping[str, OwnRecord] = _NO_RECORDS,
        line: str = "",
    ) -> tuple[Judgement, ...]:
        """Judge every order of a call by the patient's chart; `today` is the day on which it is signed.

        `answers` are findings by the name of their fact; an answer stands in the place of what the chart says.
        `own` is what the payer's own records hold for the member, by the reference of the order. `line` is the member's
        line of business, empty where it is not known: it chooses among the policies of a drug.
        """
        named = tuple((order, self._product(order, chart)) for order in orders)
        call = _Call(drafted(named), drafted_in_words(named, self.catalogue.drugs), chart, today, answers, own, line)
        return tuple(self._one(order, product, call) for order, product in named)

    def _product(self, order: Order, chart: Chart) -> Product:
        """Return what an order is for, by the newest tables of the catalogue."""
        known = self.catalogue
        return product_of(ordered_item(order, chart), known.drugs, known.unspecific, known.product_systems)

    def _one(self, order: Order, product: Product, call: _Call) -> Judgement:
        when = as_of(order, call.today)
        if order.is_refusal:
            return Judgement(order, Outcome.NOT_TO_PERFORM, product, when)
        if product.naming is Naming.UNSPECIFIC:
            return Judgement(order, Outcome.UNSPECIFIC, product, when)
        policy = self.catalogue.choice(product.drug.id, when.day, call.line) if product.drug is not None else None
        if policy is None:
            return Judgement(order, Outcome.NO_POLICY, product, when)
        if isinstance(policy, Open):
            return replace(_open(order, product, when, policy), is_deceased=call.chart.is_deceased)
        terminology = self.catalogue.terminology
        beside = tuple(one for other, one in call.drafted if other is not order)
        remarked = named_beside(order, policy.figures.product.drug, self.catalogue.drugs)
        in_words = (*(one for other, one in call.in_words if other is not order), *remarked)
        own = call.own.get(order.reference, NOTHING_HELD)
        reading = Reading(call.chart, policy, terminology, when.day, call.today, beside, own, in_words)
        if policy.indications is not None:
            reading = by_indication(order, reading, policy.indications, call.answers)
            policy = reading.policy
        return _judged(order, product, when, reading, call.answers)


def _open(order: Order, product: Product, when: AsOf, found: Open) -> Judgement:
    """Return what became of an order for a drug of whose policies none is chosen."""
    if found.why is Lacking.NOT_YET:
        start, concerns = found.first.version, found.first.id
        return Judgement(order, Outcome.NO_POLICY_YET, product, when, first_version=start, concerns=concerns)
    if found.why is Lacking.LINE_UNKNOWN:
        return Judgement(order, Outcome.LINE_UNKNOWN, product, when, for_lines=found.lines, possible=found.ids)
    return Judgement(order, Outcome.OTHER_LINES, product, when, for_lines=found.lines)


def _judged(order: Order, product: Product, when: AsOf, reading: Reading, answers: Mapping[str, Finding]) -> Judgement:
    policy, kind = reading.policy, request_kind(reading)
    names = [leaf.fact for leaf in policy.requests[kind].first_uses]
    facts = [policy.facts[name] for name in names]
    findings = proposing(reading, facts, gather(reading, facts))
    findings |= {name: _answered(policy, name, findings, answers) for name in names if name in answers}
    ruling = evaluate(policy.requests[kind], policy.facts, findings)
    counted = any(fact.kind.name == COUNTED for fact in facts)
    judged = order, Outcome.JUDGED, product, when, policy, kind, ruling, findings
    return Judgement(
        *judged,
        dosing=dosing_sheet(order, reading),
        lines=line_table(reading) if counted else None,
        lacking=lacking(reading, facts),
        safety=SafetySheet(reading),
        rests_on=_drafts_in(ruling, reading),
        concerns=policy.id,
        is_deceased=reading.chart.is_deceased,
        earlier=earlier_course(reading) if kind is RequestKind.INITIAL else None,
        against_course=course_report(reading),
        site_codes=_site_codes_in(order, ruling, reading),
    )


def _site_codes_in(order: Order, ruling: Ruling, reading: Reading) -> dict[str, tuple[SiteCode, ...]]:
    """Return by which site codes an order and the evidence of its ruling are read, by reference."""
    own = {order.reference: order.site_codes} if order.site_codes else {}
    if not reading.chart.site_codes:
        return own
    shown = dict.fromkeys(item.reference for reason in ruling.reasons for item in reason.evidence)
    found = {name: reading.chart.site_codes_of(name) for name in shown}
    return own | {name: codes for name, codes in found.items() if codes}


def _drafts_in(ruling: Ruling, reading: Reading) -> tuple[str, ...]:
    """Return the other orders of the call among the evidence of a ruling, in their order in the call."""
    drafted = dict.fromkeys([one.reference for one in reading.drafted])
    shown = {item.reference for reason in ruling.reasons for item in reason.evidence} if drafted else set()
    return tuple(one for one in drafted if one in shown)


def _answered(policy: Policy, name: str, chart: Mapping[str, Finding], answers: Mapping[str, Finding]) -> Finding:
    """Return a person's answer over the chart; a number of lines also with what else the chart shows."""
    laid = laid_over(answers[name], chart[name])
    if answers[name].state is State.UNKNOWN:
        return laid
    counted = policy.facts[name].kind.name == COUNTED
    return beside(laid, chart[name]) if counted and not laid.overruled else laid
