"""One order, judged by one chart: policy, findings, ruling. No HTTP, no clock, no protocol version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from types import MappingProxyType

from fhir_mappings.chart import Chart
from fhir_mappings.gathering import gather
from fhir_mappings.orders import AsOf, Naming, Order, Product, as_of, drafted_beside, product_of
from fhir_mappings.own_drug import request_kind
from fhir_mappings.reading import Reading
from fhir_mappings.wording import Wording
from policies.catalogue import Catalogue
from policies.evaluation import Ruling, evaluate
from policies.findings import Finding
from policies.model import Leaf, Policy, RequestKind, walk

_NO_ANSWERS: Mapping[str, Finding] = MappingProxyType({})


class Outcome(Enum):
    """What became of an order."""

    JUDGED = "judged by a policy"
    NOT_TO_PERFORM = "the order says that something is not to be done"
    UNSPECIFIC = "the product is not named by a code"
    NO_POLICY = "no policy covers the product"
    NO_POLICY_YET = "the product has a policy, but none for the order's date"


@dataclass(frozen=True, slots=True)
class Judgement:
    """An order with what was decided of it; policy, request and ruling are None unless it was judged."""

    order: Order
    outcome: Outcome
    product: Product
    as_of: AsOf
    policy: Policy | None = None
    request: RequestKind | None = None
    ruling: Ruling | None = None
    findings: Mapping[str, Finding] = field(default_factory=dict)
    first_version: date | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    """What the orders of one call share."""

    named: tuple[tuple[Order, Product], ...]
    chart: Chart
    today: date
    answers: Mapping[str, Finding]


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges orders by a catalogue, in the words of one language."""

    catalogue: Catalogue
    say: Wording

    def may_judge(self, order: Order, chart: Chart) -> bool:
        """Tell whether a policy may judge an order, so that the chart matters: by its product, as far as known."""
        medication, catalogue = order.resource.medication_reference, self.catalogue
        if order.is_refusal:
            return False
        if medication is not None and chart.resolve(medication, order.resource) is None:
            return True
        product = product_of(order, chart, catalogue.drugs, catalogue.unspecific, catalogue.product_systems)
        return product.drug is not None and catalogue.for_drug(product.drug.id) is not None

    def judge(
        self, orders: Iterable[Order], chart: Chart, today: date, answers: Mapping[str, Finding] = _NO_ANSWERS
    ) -> tuple[Judgement, ...]:
        """Judge every order of a call by the patient's chart; `today` is the day on which it is signed.

        `answers` are findings by the name of their fact; an answer stands in the place of what the chart says.
        """
        catalogue = self.catalogue
        named = tuple(
            (order, product_of(order, chart, catalogue.drugs, catalogue.unspecific, catalogue.product_systems))
            for order in orders
        )
        call = _Call(named, chart, today, answers)
        return tuple(self._one(order, product, call) for order, product in named)

    def _one(self, order: Order, product: Product, call: _Call) -> Judgement:
        when = as_of(order, call.today)
        if order.is_refusal:
            return Judgement(order, Outcome.NOT_TO_PERFORM, product, when)
        if product.naming is Naming.UNSPECIFIC:
            return Judgement(order, Outcome.UNSPECIFIC, product, when)
        versions = self.catalogue.for_drug(product.drug.id) if product.drug is not None else None
        if versions is None:
            return Judgement(order, Outcome.NO_POLICY, product, when)
        policy = versions.on(when.day)
        if policy is None:
            return Judgement(order, Outcome.NO_POLICY_YET, product, when, first_version=versions.dates[0])
        terminology = self.catalogue.terminology
        drafted = drafted_beside(order, call.named)
        reading = Reading(call.chart, policy, terminology, when.day, call.today, self.say, drafted)
        return _judged(Judgement(order, Outcome.JUDGED, product, when, policy), policy, reading, call.answers)


def _judged(start: Judgement, policy: Policy, reading: Reading, answers: Mapping[str, Finding]) -> Judgement:
    kind = request_kind(reading)
    request = policy.requests[kind]
    names = dict.fromkeys(node.fact for node in walk(request.criteria) if isinstance(node, Leaf))
    findings = gather(reading, (policy.facts[name] for name in names))
    findings |= {name: answers[name] for name in names if name in answers}
    ruling = evaluate(request, policy.facts, findings)
    return Judgement(start.order, start.outcome, start.product, start.as_of, policy, kind, ruling, findings)
