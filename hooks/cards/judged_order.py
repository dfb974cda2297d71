"""One judged order as the cards beside the coverage see it."""

from dataclasses import dataclass
from datetime import date

from fhir_mappings.judgement.judge import Judgement
from fhir_mappings.orders.orders import Order
from policies.evaluation.ruling import Ruling
from policies.model.criteria import Request
from policies.model.determination import Determination
from policies.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Signed:
    """A judged order of a living patient: policy and ruling, its determination and id, and what is drafted.

    `asked_for` are the types of cards that the client itself asks for. `is_draft` tells that the orders are drafts of
    the call's context.
    """

    judgement: Judgement
    policy: Policy
    ruling: Ruling
    determination: Determination
    assertion_id: str
    patient: str
    coverage: str
    drafted: tuple[Order, ...]
    today: date
    is_draft: bool = False
    asked_for: frozenset[str] = frozenset()

    @property
    def order(self) -> str:
        """Return the order as Type/id."""
        return self.judgement.order.reference

    @property
    def request(self) -> Request:
        """Return what the policy asks for this kind of request; raises ValueError for an order that was not judged."""
        if self.judgement.request is None:
            raise ValueError(f"{self.order} was not judged")
        return self.policy.requests[self.judgement.request]

    @property
    def has_open_form(self) -> bool:
        """Whether a form is asked for that nobody has answered yet, or not in full."""
        is_asked = bool(self.determination.questionnaire)
        return is_asked and (bool(self.ruling.questions) or not self.judgement.is_answered)
