"""One judged order as the cards beside the coverage see it."""

from dataclasses import dataclass
from datetime import date

from fhir_mappings.judging import Judgement
from fhir_mappings.orders import Order
from policies.evaluation import Ruling
from policies.model import Policy


@dataclass(frozen=True, slots=True)
class Signed:
    """A judged order of a living patient: policy and ruling, the coverage, and what else is drafted in the call."""

    judgement: Judgement
    policy: Policy
    ruling: Ruling
    patient: str
    coverage: str
    drafted: tuple[Order, ...]
    today: date

    @property
    def order(self) -> str:
        """Return the order as Type/id."""
        return self.judgement.order.reference
