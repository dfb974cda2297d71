"""Who answers: the payer, as the operator has set it up."""

from dataclasses import dataclass, field
from enum import Enum

from fhir_mappings.coverage.business_lines import BusinessLines
from fhir_mappings.coverage.coverages import OwnCoverage
from fhir_mappings.coverage.member_directory import Directory
from policies.model.criteria import RequestKind
from policies.model.determination import Contact, Covered, PaNeeded
from policies.model.policy import Policy


class CardDetail(Enum):
    """How much a card on coverage says: what a clinician needs at once, or every criterion with its evidence."""

    SHORT = "short"
    FULL = "full"


class Delivery(Enum):
    """In which form an answer goes out: system actions of CRD, cards, or both; `auto` looks at the call."""

    CRD = "crd"
    CARDS = "cards"
    BOTH = "both"
    AUTO = "auto"

    def for_call(self, *, speaks_crd: bool) -> "Delivery":
        """Return the form for a call: a caller that shows CRD keys gets `crd`, any other `both`."""
        if self is not Delivery.AUTO:
            return self
        return Delivery.CRD if speaks_crd else Delivery.BOTH


@dataclass(frozen=True, slots=True)
class WithoutPolicy:
    """What is said of an order that no policy covers; `reason` is in the operator's words."""

    covered: Covered
    pa_needed: PaNeeded | None
    reason: str


@dataclass(frozen=True, slots=True)
class Payer:
    """The payer: name, identifiers (system, value), where to ask, how answers go out, our own base URL.

    With `automatic_approval` a request is authorized at once if every criterion is met on strong evidence. `members`
    is its own record of its members; None where it has none here. `card_detail` is how much cards say,
    `form_languages` are those in which forms are published beside the service's own, `lines` its lines of business.
    """

    name: str
    identifiers: frozenset[tuple[str, str]]
    contact: Contact | None
    without_policy: WithoutPolicy
    delivery: Delivery
    base_url: str
    automatic_approval: bool = False
    members: Directory | None = None
    card_detail: CardDetail = CardDetail.SHORT
    form_languages: tuple[str, ...] = ()
    lines: BusinessLines = field(default_factory=BusinessLines)

    def line_of(self, coverage: OwnCoverage) -> str:
        """Return the line of business of a coverage; empty where it is not known."""
        return self.lines.of(coverage)

    def questionnaire(self, policy: Policy, request: RequestKind) -> str:
        """Return the canonical URL of a policy's form, with its version."""
        return f"{self.base_url}/fhir/Questionnaire/{policy.id}-{request.value}|{policy.version}"

    def form_page(self, link: str) -> str:
        """Return the address of the page on which a form is answered."""
        return f"{self.base_url}/forms/{link}"

    def details_page(self, link: str) -> str:
        """Return the address of the page that shows why an order was determined so."""
        return f"{self.base_url}/forms/{link}/determination"

    def policy_page(self, policy: Policy) -> str:
        """Return the address of the page on which people read the policy."""
        return f"{self.base_url}/policies/{policy.id}?version={policy.version}"
