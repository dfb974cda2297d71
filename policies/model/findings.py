"""What the mappings hand to a policy: findings with their evidence.

Definitions: `docs/architecture.md`, "Findings". A finding that claims to be known from a chart cannot be built without
evidence, so that no criterion can be met, or not met, on nothing. What is said of it is a key with figures
(`policies.model.notes`): the sentence is made where a person reads it, in the language of the reader.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from policies.model.notes import Evidence, Role, Said, Strength, Word, sorting
from policies.terminology.units import figure_in_words

__all__ = [
    "Evidence",
    "Finding",
    "Interval",
    "Origin",
    "Proposal",
    "Range",
    "Role",
    "Side",
    "State",
    "Strength",
    "Value",
    "proposal_id",
]


class State(Word):
    """How much a finding tells."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    CONFLICTING = "conflicting"


class Origin(Word):
    """Where a finding comes from."""

    CHART = "chart"
    ANSWER = "answer"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Range:
    """A count or a score of which only bounds may be known; `at_most` None means that no upper bound is proven."""

    at_least: int
    at_most: int | None = None

    def __post_init__(self) -> None:
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(f"a range from {self.at_least} cannot end at {self.at_most}")

    @classmethod
    def exactly(cls, number: int) -> "Range":
        """Return the range that holds one number only."""
        return cls(number, number)


_OR_EQUAL = {"<": "≤", ">": "≥"}


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured number in the unit of its fact (UCUM), of which only bounds may be known: `< 0.1` has no lower one.

    A bound that is `open` is not itself possible. Raises ValueError for bounds between which no number lies.
    """

    low: Decimal | None
    high: Decimal | None
    unit: str = ""
    low_is_open: bool = False
    high_is_open: bool = False

    def __post_init__(self) -> None:
        if self.low is None or self.high is None:
            return
        if self.low > self.high or (self.low == self.high and (self.low_is_open or self.high_is_open)):
            raise ValueError(f"no number lies between {self.low} and {self.high}")

    @classmethod
    def exactly(cls, number: Decimal, unit: str = "") -> "Interval":
        """Return the interval that holds one number only."""
        return cls(number, number, unit)

    @property
    def only(self) -> Decimal | None:
        """Return the one number that it holds; None where it may be several."""
        return self.low if self.low == self.high else None

    @property
    def in_signs(self) -> str:
        """Return it as every language writes it: `7.5 %`, `> 90 kg`, `7 - 8 %`."""
        if self.low is None or self.high is None:
            bound, sign = (self.high, "<") if self.low is None else (self.low, ">")
            is_open = self.high_is_open if self.low is None else self.low_is_open
            return (
                f"{sign if is_open else _OR_EQUAL[sign]} {figure_in_words(bound, self.unit)}"
                if bound is not None
                else ""
            )
        return figure_in_words(self.low if self.low == self.high else f"{self.low:f} - {self.high:f}", self.unit)


Value = bool | str | Range | Interval
"""The value of a fact: yes or no, one of its options, a count or a grade as a range, a measured number."""


def proposal_id(reference: str, words: str, means: Value, *, is_line: bool) -> str:
    """Return what names a proposal: its record, the words of the record, and what they would mean."""
    said = (reference, words, repr(means), "line" if is_line else "value")
    return sha256("\n".join(said).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A record that says something in a form that may not decide, and what it would mean: a yes or a no settles it.

    `words` are those of the record, `asks` is the question, `why` what stands for and against. `means` is the value of
    the fact, or with `counts` one line more for each of these facts. `answer` is what a person said to it; None while
    nobody has. `name` is its id where its words are a note: made of words, as `proposal_id` does.
    """

    evidence: tuple[Evidence, ...]
    words: Said
    means: Value
    asks: Said
    why: Said = ""
    counts: tuple[str, ...] = ()
    answer: bool | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError("what is proposed stands in a record")
        if any(one.role is not Role.POSSIBLE for one in self.evidence):
            raise ValueError("what is proposed does not count by itself: its evidence is possible")

    @property
    def reference(self) -> str:
        """Return the record that is quoted, as Type/id."""
        return self.evidence[0].reference

    @property
    def date(self) -> str:
        """Return the date of the record; maybe empty."""
        return self.evidence[0].date

    @property
    def id(self) -> str:
        """Return what names it in every chart and language: the record, its words, and what they would mean."""
        return self.name or proposal_id(self.reference, sorting(self.words), self.means, is_line=bool(self.counts))

    def answered(self, answer: bool | None) -> "Proposal":  # noqa: FBT001 - it is an answer
        """Return it with what a person said to it."""
        return replace(self, answer=answer)


class Side(NamedTuple):
    """One side of a contradiction: what it would mean for the fact if it stood, and the records that say so."""

    means: Value
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one fact: state, value, evidence, what is said of it, and where it comes from.

    `counted` is the evidence for and against, without what is merely possible. `overruled` is what the chart shows
    against a person's answer, which stands all the same. `proposals` would settle it, once a person confirms them.
    """

    state: State
    value: Value | None = None
    evidence: tuple[Evidence, ...] = ()
    note: Said = ""
    origin: Origin = Origin.CHART
    overruled: tuple[Evidence, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    counted: tuple[Evidence, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        counted = tuple([item for item in self.evidence if item.role is not Role.POSSIBLE])
        object.__setattr__(self, "counted", counted)
        if (self.state is State.KNOWN) != (self.value is not None):
            raise ValueError("a known finding has a value, any other has none")
        if self.state is State.KNOWN and self.origin is Origin.CHART and not counted:
            raise ValueError("a finding known from a chart needs the evidence that shows it")
        if self.state is State.UNKNOWN and counted:
            raise ValueError("evidence of an unknown finding is possible at most; what counts would decide it")
        if self.state is State.CONFLICTING and not counted:
            raise ValueError("a conflicting finding needs the evidence that conflicts")
        if self.overruled and self.origin is not Origin.ANSWER:
            raise ValueError("only a person's answer overrules what a chart shows")

    @property
    def proposed(self) -> tuple[Proposal, ...]:
        """Return the proposals to which nobody has said yes or no yet."""
        return tuple(one for one in self.proposals if one.answer is None)

    @classmethod
    def known(
        cls, value: Value, evidence: tuple[Evidence, ...] = (), note: Said = "", origin: Origin = Origin.CHART
    ) -> "Finding":
        """Build a finding with a value; from a chart it needs evidence that counts (else ValueError)."""
        return cls(State.KNOWN, value, evidence, note, origin)

    @classmethod
    def yes(cls, evidence: tuple[Evidence, ...], note: Said = "") -> "Finding":
        """Build the finding that a yes-or-no fact is so."""
        return cls.known(value=True, evidence=evidence, note=note)

    @classmethod
    def no(cls, evidence: tuple[Evidence, ...], note: Said = "") -> "Finding":
        """Build the finding that a yes-or-no fact is not so: positive evidence of the opposite."""
        return cls.known(value=False, evidence=evidence, note=note)

    @classmethod
    def unknown(cls, note: Said = "", evidence: tuple[Evidence, ...] = ()) -> "Finding":
        """Build a finding that tells nothing; its evidence can at most be possible."""
        return cls(State.UNKNOWN, None, evidence, note)

    @classmethod
    def conflicting(cls, note: Said, evidence: tuple[Evidence, ...]) -> "Finding":
        """Build a finding whose sources contradict each other; the evidence is both sides."""
        return cls(State.CONFLICTING, None, evidence, note)
