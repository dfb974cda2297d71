"""Policy cases: a patient in a few lines, an order, and what must come of it. No FHIR here.

A case is written by a pharmacist or a physician, in the words of `case_schema`. `fhir_mappings.sketches` draws the
patient, `fhir_mappings.cases.case_runner` runs the case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from policies.model.criteria import RequestKind
from policies.model.findings import Finding
from policies.model.truth import Truth

JUDGED = "judged"
"""What becomes of an order, if a case does not say otherwise."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a patient's sketch: the verb, what it is about, further words, all as written; and where it stands.

    {given: [pertuzumab, trastuzumab], from: 2024-02-15} has the verb `given`, two drugs, and the word `from`.
    """

    verb: str
    about: tuple[str, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

    def word(self, name: str, otherwise: str = "") -> str:
        """Return a further word of the line, or what holds without it."""
        return self.words.get(name, otherwise)

    def says(self, name: str) -> bool:
        """Whether a yes-or-no word of the line is there and says yes."""
        return self.words.get(name) == "yes"


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """The order of a case: drug, its own date (may be empty), day of signing, drugs drafted beside it, coding.

    `dose` is the ordered dose with its unit, `every` the days from one to the next; empty and 0 if it states none.
    `authorized` are the first and last day of an authorization that the payer gave before; `line` is the member's line
    of business, empty where it is not known.
    """

    drug: str
    on: str
    signed: date
    beside: tuple[str, ...] = ()
    coded_as: str = ""
    refused: bool = False
    dose: str = ""
    every: int = 0
    authorized: tuple[date, date] | None = None
    line: str = ""

    @property
    def judged_on(self) -> date:
        """Return the day whose policy judges the order: its own date, unless that is still to come."""
        try:
            written = date.fromisoformat(self.on)
        except ValueError:
            return self.signed
        return min(written, self.signed)

    @property
    def counts_from(self) -> date:
        """Return the day from which the dates of the case are counted: its own date, else the day of signing."""
        try:
            return date.fromisoformat(self.on)
        except ValueError:
            return self.signed


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """One line of the table of lines: first and last day on record, drugs, setting (may be empty), why it begins."""

    start: str
    last: str
    drugs: frozenset[str]
    begins: str
    setting: str = ""
    may_include: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PossibleLine:
    """What may be a further line: the drug, its first day (may be empty), and why it is not certain."""

    drug: str
    start: str
    because: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come out. None and empty mappings ask nothing; `conflicts` and `weak` are complete lists.

    `evidence` is the number of pieces that count for a criterion, `notes` a part of its note, `unsaid` what that must
    not say. `lines` is the whole table of lines, with `possible` beside it; None asks nothing of it.
    `dose` is the verdict on the ordered dose, a part of its note, and how much an authorization allows; `months` how
    long one lasts.
    """

    outcome: str = JUDGED
    ruling: Truth | None = None
    request: RequestKind | None = None
    criteria: Mapping[str, Truth] = field(default_factory=dict)
    asks: tuple[str, ...] | None = None
    conflicts: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    evidence: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    unsaid: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[ExpectedLine, ...] | None = None
    possible: tuple[PossibleLine, ...] = ()
    dose: Mapping[str, str | int] = field(default_factory=dict)
    months: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One case: a sentence, the policy that it tests, order, patient, answers of a person, and what must come out.

    `each` is the thing that this case is about, where one case of the file stands for a list of things.
    """

    sentence: str
    policy: str
    order: DraftOrder
    chart: tuple[Entry, ...]
    answered: Mapping[str, Finding]
    expect: Expected
    place: str
    each: str = ""

    @property
    def title(self) -> str:
        """Return the sentence as it stands in the file, without the thing of a list."""
        return self.sentence.removesuffix(f" ({self.each})") if self.each else self.sentence
