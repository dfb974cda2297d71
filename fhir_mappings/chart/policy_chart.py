"""One reading of one chart by one policy: what every kind of fact needs at hand.

The clock is not here. `as_of` (the order's date) and `today` come in from the rim; a result dated after `today` is an
error of the record and is not used.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, wraps
from typing import Any, TypeVar

from fhir_mappings.chart.chart import Chart
from fhir_mappings.clinical.values import Concept
from policies.model.criteria import Fact
from policies.model.dates import CallDay, OrderDate
from policies.model.findings import Finding
from policies.model.notes import Note
from policies.model.own_record import NOTHING_HELD, OwnRecord
from policies.model.policy import Policy
from policies.terminology.drugs import Drugs
from policies.terminology.registry import DRUG_TABLE, Terminology
from policies.terminology.value_sets import NO_DRUGS, CodeSet, DrugSet

SILENT = Note("fact.silent")
"""What is said where a chart says nothing."""
T = TypeVar("T")
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class DraftedDrug:
    """Another order of the same call: the drug it is for, its Type/id and its date."""

    drug: str
    reference: str
    written: str


@dataclass(frozen=True, slots=True)
class DraftInWords(DraftedDrug):
    """Another order of the same call that names its drug in words only: the words, and the status of the order."""

    words: str
    status: str


@dataclass(frozen=True)
class Reading:
    """A chart, a policy, the dates, the other drafted orders, the payer's own record, and the order's own reasons.

    `parts` is what rooms above have read in it so far (`once`). Without slots: its own parts are cached properties.
    """

    chart: Chart
    policy: Policy
    terminology: Terminology
    as_of: OrderDate
    today: CallDay
    drafted: tuple[DraftedDrug, ...] = ()
    own: OwnRecord = NOTHING_HELD
    drafted_in_words: tuple[DraftInWords, ...] = ()
    reasons: tuple[Concept, ...] = ()
    _codes: dict[str, CodeSet] = field(default_factory=dict, init=False, repr=False, compare=False)
    _siblings: dict[int, "Reading"] = field(default_factory=dict, init=False, repr=False, compare=False)
    parts: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def codes(self, name: str) -> CodeSet:
        """Return a value set of codes in the version that the policy pins."""
        found = self._codes.get(name)
        if found is None:
            found = self._codes[name] = self.terminology.codes(name, self.policy.value_sets[name])
        return found

    def drug_set(self, name: str) -> DrugSet:
        """Return a value set of drugs in the version that the policy pins; an empty one for no name."""
        return NO_DRUGS if not name else self.terminology.drug_set(name, self.policy.value_sets[name])

    @cached_property
    def drugs(self) -> Drugs:
        """Return the drug table that the policy pins."""
        return self.terminology.drugs(self.policy.value_sets[DRUG_TABLE])

    @cached_property
    def disease(self) -> CodeSet:
        """Return the codes of the disease that the policy is for; of all its diseases while none is chosen."""
        first, *others = map(self.codes, self.policy.diseases)
        return _joined(first, *others) if others else first

    def codes_of(self, fact: Fact, parameter: str) -> CodeSet:
        """Return the value set that a fact names for a parameter."""
        return self.codes(str(fact.parameters[parameter]))

    def days_of(self, fact: Fact, parameter: str) -> int:
        """Return the number of days that a fact names for a parameter."""
        days = fact.parameters[parameter]
        if not isinstance(days, int):
            raise TypeError(f"{fact.name}: {parameter} is no number of days")
        return days

    def by(self, policy: Policy) -> "Reading":
        """Return a reading of the same chart by another policy: that for one indication, say."""
        known = self._siblings
        if id(policy) not in known:
            known[id(policy)] = replace(self, policy=policy)
        return known[id(policy)]

    def silence(self) -> Finding:
        """Return the finding for a chart that says nothing."""
        return Finding.unknown(SILENT)


def once(read: Callable[[Reading], T]) -> Callable[[Reading], T]:
    """Make a part of a reading of what is read in it: it is read at most once, whoever asks."""

    @wraps(read)
    def part(reading: Reading) -> T:
        parts = reading.parts
        if read not in parts:
            parts[read] = read(reading)
        found: T = parts[read]
        return found

    return part


def once_for_each(read: Callable[[Reading, Given], T]) -> Callable[[Reading, Given], T]:
    """Make parts of a reading of what is read in it for something hashable: each is read at most once."""

    @wraps(read)
    def part(reading: Reading, given: Given) -> T:
        parts, name = reading.parts, (read, given)
        if name not in parts:
            parts[name] = read(reading, given)
        found: T = parts[name]
        return found

    return part


@lru_cache(maxsize=64)
def _joined(*sets: CodeSet) -> CodeSet:
    """Return several value sets as one, titled by all of them."""
    first = sets[0]
    members = (member for one in sets for member in one.members)
    title = ", ".join(one.title for one in sets)
    return CodeSet(first.name, first.version, title, first.says, members)


Reader = Callable[[Reading, Fact], Finding]
"""Reads a chart for a fact of one kind. What the chart does not show is unknown; what is known has evidence."""
