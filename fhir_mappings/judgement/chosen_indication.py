"""By which of a policy's indications an order is judged: the one that a person answers, else what the chart proves."""

from collections.abc import Mapping
from dataclasses import replace

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.findings.gathered import gather
from fhir_mappings.judgement.answer_overlay import laid_over
from fhir_mappings.orders.ordered_item import reasons_of
from fhir_mappings.orders.orders import Order
from policies.model.findings import Finding
from policies.model.policy import Indications


def by_indication(order: Order, reading: Reading, several: Indications, answers: Mapping[str, Finding]) -> Reading:
    """Return the reading of a chart by the policy for the indication that is chosen.

    Where none is, it is the policy of what every request must meet, with the question for which disease the drug is.
    """
    reading_of_order = replace(reading, reasons=reasons_of(order, reading.chart))
    asked = reading_of_order.by(reading_of_order.policy.chosen_by({}))
    found = gather(asked, [reading.policy.facts[several.fact]])
    if several.fact in answers:
        found[several.fact] = laid_over(answers[several.fact], found[several.fact])
    chosen = reading.policy.chosen_by(found)
    return reading_of_order.by(chosen)
