"""What a prescriber should know of a drug beside the criteria: none of it is ever a criterion of coverage."""

from dataclasses import dataclass
from enum import Enum

from policies.terminology.value_sets import Member


class SafetyKind(Enum):
    """What a statement is: a boxed warning, a program to be in, a result of a trial, or how the drug is approved."""

    BOXED_WARNING = "boxed warning"
    PROGRAM = "program"
    TRIAL = "trial"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class SafetyNote:
    """One statement: what it is about in a few words, the sentence, and where it stands.

    `tests` is the value set of the results that belong beside it; empty if none does. With `women_below` the results
    matter for women below that age (in years) only.
    """

    kind: SafetyKind
    about: str
    says: str
    section: str
    tests: str = ""
    women_below: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A test that is proposed where a fact is unknown: its code, and the finding of another fact that calls for it."""

    test: Member
    fact: str
    value: str


@dataclass(frozen=True, slots=True)
class PreferredProduct:
    """A product that goes first: its drug of the drug table, a verified code of it, and what people call it."""

    drug: str
    system: str
    code: str
    display: str
    name: str


@dataclass(frozen=True, slots=True)
class Preferred:
    """The products that go first, why, and where that stands.

    `criterion` is the id of the criterion that asks for them. With `same_dose` a product is given in the milligrams of
    the policy's drug, so that a dose in milligrams can be taken over.
    """

    criterion: str
    says: str
    source: str
    products: tuple[PreferredProduct, ...]
    same_dose: bool = False

    @property
    def names(self) -> str:
        """Return what people call the products, in the file's order."""
        return ", ".join(one.name for one in self.products)
