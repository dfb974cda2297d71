"""What the payer answers the EHR about an order, free of any version of any standard.

The words are those of Da Vinci CRD's coverage information, since every version of it and every reader knows them. A
determination that the laws of the house forbid cannot be built.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from policies.model.notes import Said


class Covered(Enum):
    """Whether the product is a benefit of the plan, paid if the criteria hold."""

    COVERED = "covered"
    NOT_COVERED = "not-covered"
    CONDITIONAL = "conditional"
    INDETERMINATE = "indeterminate"


class PaNeeded(Enum):
    """Whether a prior authorization is needed."""

    AUTH_NEEDED = "auth-needed"
    NO_AUTH = "no-auth"
    SATISFIED = "satisfied"
    CONDITIONAL = "conditional"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a person at the payer can be asked: a kind of telecom (phone, email, url) and its value."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Billing:
    """The code that the product is billed by: system, code, display."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much an authorization allows in all: billing units, and what a unit is.

    `doses` and `vials` are their numbers, `words` say how the units come about.
    """

    units: int
    unit: Said
    doses: int
    vials: int
    words: Said


@dataclass(frozen=True, slots=True)
class Authorization:
    """A prior authorization of ours: its number, and the days on which it holds, both counted in.

    `allowance` is how much it allows; None where that was not known when it was given. `indication` is the disease of a
    policy for several for which it was given; empty where it holds for each.
    """

    number: str
    start: date
    end: date
    allowance: Allowance | None = None
    indication: str = ""

    def __post_init__(self) -> None:
        if not self.number or self.end < self.start:
            raise ValueError("an authorization has a number, and ends no earlier than it starts")

    def is_for(self, indication: str) -> bool:
        """Whether it holds for a disease of its policy; one that is not known may be the one it was given for."""
        return not self.indication or not indication or self.indication == indication


@dataclass(frozen=True, slots=True)
class Determination:
    """Coverage, authorization need, documents and reasons for one order.

    `questionnaire` is the canonical URL of the form, with its version. `detail_code` says that the order's code is too
    coarse; `other_info` that something else is needed which the reason names. `reason_code` is CRD's code for the
    reason (from 2.2 on), where there is one. What is indeterminate could not be found out for a technical reason.
    `dependencies` are other orders (Type/id) that it rests on. `renewal` is the form by which an authorization that
    ends soon can be renewed; no document is asked for by it.
    Raises ValueError for what contradicts itself: these are the invariants that every version of coverage information
    shares (CRD 2.0.1 and 2.2.1).
    """

    covered: Covered
    pa_needed: PaNeeded | None
    reason: Said
    doc_needed: tuple[str, ...] = ()
    doc_purpose: tuple[str, ...] = ()
    questionnaire: str = ""
    detail_code: bool = False
    other_info: bool = False
    billing: Billing | None = None
    contact: Contact | None = None
    authorization: Authorization | None = None
    reason_code: str = ""
    dependencies: tuple[str, ...] = ()
    renewal: str = ""

    def __post_init__(self) -> None:
        if (self.pa_needed is None) != (self.covered is Covered.NOT_COVERED):
            raise ValueError("an authorization need is stated unless the product is not covered")
        if self.is_conditional != (self.detail_code or self.other_info):
            raise ValueError("what is conditional says what it waits for, and nothing else does")
        if (self.pa_needed is PaNeeded.SATISFIED) != (self.authorization is not None):
            raise ValueError("what is satisfied has an authorization, and nothing else does")
        if self.authorization is not None and self.doc_purpose:
            raise ValueError("no document is asked for an authorization that is there")
        if (self.covered is Covered.INDETERMINATE) != (self.pa_needed is PaNeeded.INDETERMINATE):
            raise ValueError("what is indeterminate is so for coverage and authorization alike")
        if self.questionnaire and not self.doc_needed:
            raise ValueError("a form belongs to a need for documents")
        if not self.reason:
            raise ValueError("a determination says why")

    @property
    def is_conditional(self) -> bool:
        """Whether coverage or authorization waits for something."""
        return self.covered is Covered.CONDITIONAL or self.pa_needed is PaNeeded.CONDITIONAL

    @property
    def is_indeterminate(self) -> bool:
        """Whether a technical fault of ours stands in the way."""
        return self.covered is Covered.INDETERMINATE
