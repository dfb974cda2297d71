"""One line of therapy, what it was opened by, and what may be a further one.

The rules that draw lines stand in `fhir_mappings.therapy.line_rules`, described in docs/lines-of-therapy.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from fhir_mappings.clinical.dates import Span
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.therapy.treatments import Treatment
from policies.model.findings import Evidence


class Opening(Enum):
    """Why a line begins; the values are the keys of the sentences that say so, and the words of reports and cases."""

    FIRST = "first_treatment"
    NEW_DRUG = "new_drug"
    LEAD_IN_OVER = "lead_in_over"
    PROGRESSION = "progression"
    ADVANCED = "advanced_disease"
    RETURNED = "returned"
    ENDED = "line_had_ended"


class Doubt(Enum):
    """Why a record may be a further line, and is not surely one; the values are used as those of `Opening`."""

    ADDED = "added"
    OVERLAP = "overlap"
    GOES_ON = "goes_on"
    BRIDGING = "bridging"
    RESTART = "restart"
    EXCHANGED = "exchanged"
    PLANNED = "planned"
    DATE = "date"
    UNDATED = "undated"
    NOT_PROVEN = "not_proven"
    OTHER_DISEASE = "other_disease"


@dataclass(frozen=True, slots=True)
class Beside:
    """A drug of the running line that is on record on or after the first day of another one.

    `day` is until when it goes on; of one that `is_again` on record after a gap it is the day from which it is.
    """

    drug: str
    day: date
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class Possible:
    """A record that may be a further line, and why that is not certain; `beside` is what it was begun beside."""

    treatment: Treatment
    doubt: Doubt
    beside: "Beside | None" = None

    @property
    def drug(self) -> str:
        """Return the drug that was recorded."""
        return self.treatment.drug

    @property
    def regimen(self) -> frozenset[str]:
        """Return what the line would hold, as far as is known: the drug, and the one that it was begun beside."""
        return frozenset({self.drug} if self.beside is None else {self.drug, self.beside.drug})


@dataclass(slots=True)
class Line:
    """One line: when it began, where its window begins, and the records of each of its drugs, the oldest first.

    `openers` are the drugs that opened it, `progression` when progression was recorded before it, if that opened it.
    When all records are in, `settle` fixes `sure`, the drugs that are of this line beyond doubt, and `shown`, the
    record that shows each of them: the first one, but one that proves goes before a weak one.
    """

    start: Span
    window: Span
    opening: Opening
    openers: tuple[str, ...]
    progression: Span | None = None
    drugs: dict[str, list[Treatment]] = field(default_factory=dict)
    doubted: set[str] = field(default_factory=set)
    sure: tuple[str, ...] = ()
    shown: dict[str, Evidence] = field(default_factory=dict)

    @property
    def last(self) -> Span:
        """Return the last day on record of any drug of the line: an end where one is given, else a giving."""
        latest: Span | None = None
        for records in self.drugs.values():
            for one in records:
                day = one.end or one.start
                if day is not None and (latest is None or day.last > latest.last):
                    latest = day
        return latest or self.start

    def join(self, records: Iterable[Treatment]) -> None:
        """Take records in."""
        for one in records:
            self.drugs.setdefault(one.drug, []).append(one)

    def yield_since(self, treatment: Treatment) -> list[Treatment]:
        """Give up the records of a drug from this one on, with the drug itself if it was not there before."""
        records = self.drugs.pop(treatment.drug)
        at = records.index(treatment)
        if at:
            self.drugs[treatment.drug] = records[:at]
        else:
            self.doubted.discard(treatment.drug)
        return records[at:]

    def settle(self) -> None:
        """Fix what is asked of a line again and again."""
        self.sure = tuple([drug for drug in self.drugs if drug not in self.doubted])
        self.shown = {drug: _best(self.drugs[drug]).evidence for drug in self.sure}


def _best(records: list[Treatment]) -> Treatment:
    for one in records:
        if one.standing is Standing.PROVES:
            return one
    return records[0]


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines that are certain, oldest first, and the records that may be further ones."""

    certain: tuple[Line, ...]
    possible: tuple[Possible, ...]
