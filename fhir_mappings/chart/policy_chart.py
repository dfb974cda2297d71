"""One reading of one chart by one policy: what every kind of fact needs at hand.

The clock is not here. `as_of` (the order's date) and `today` come in from the rim; a result dated after `today` is an
error of the record and is not used.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, wraps
from typing import Any, TypeVar

from fhir_mappings.chart.chart import Chart
from fhir_mappings.clinical.values import Concept
from fhir_mappings.r4.references import PatientIdentity
from policies.model.criteria import Fact
from policies.model.dates import CallDay, OrderDate
from policies.model.findings import Finding
from policies.model.notes import Note
from policies.model.own_record import NOTHING_HELD, OwnRecord
from policies.model.policy import Policy
from policies.terminology.drugs import Drugs
from policies.terminology.registry import DRUG_TABLE, Terminology
from policies.terminology.short_texts import SIZE, Results, are_short
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


@dataclass(frozen=True, slots=True)
class Pinned:
    """What follows from a policy and its value sets alone: these by their names, and what readers worked out of them.

    It is kept with the policy, for all charts that are read by it.
    """

    terminology: Terminology
    codes: dict[str, CodeSet] = field(default_factory=dict)
    drug_sets: dict[str, DrugSet] = field(default_factory=dict)
    parts: dict[object, Any] = field(default_factory=dict)


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
    _siblings: dict[int, "Reading"] = field(default_factory=dict, init=False, repr=False, compare=False)
    parts: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def pinned(self) -> Pinned:
        """Return what follows from the policy and its value sets alone."""
        kept, words = self.policy.worked_out, self.terminology
        found: Pinned | None = kept.get(id(words))
        return found if found is not None else kept.setdefault(id(words), Pinned(words))

    def codes(self, name: str) -> CodeSet:
        """Return a value set of codes in the version that the policy pins."""
        known = self.pinned.codes
        if name not in known:
            known[name] = self.terminology.codes(name, self.policy.value_sets[name])
        return known[name]

    def drug_set(self, name: str) -> DrugSet:
        """Return a value set of drugs in the version that the policy pins; an empty one for no name."""
        known = self.pinned.drug_sets
        if name not in known:
            pinned = self.terminology.drug_set(name, self.policy.value_sets[name]) if name else NO_DRUGS
            known[name] = pinned
        return known[name]

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


def once_a_policy(read: Callable[[Reading], T]) -> Callable[[Reading], T]:
    """Make what follows from a policy and its value sets alone a part of these: worked out once for all charts."""

    @wraps(read)
    def part(reading: Reading) -> T:
        parts = reading.pinned.parts
        if read not in parts:
            parts[read] = read(reading)
        found: T = parts[read]
        return found

    return part


def known_to_policy(
    texts: Callable[[Given], Iterable[Any]],
) -> Callable[[Callable[[Reading, Given], T]], Callable[[Reading, Given], T]]:
    """Let what a policy alone makes of something hashable be kept with it where its `texts` are few and short.

    Diagnoses and tests come again in every chart under the same codes and titles. Nothing else of a reading may be
    looked at: neither its chart nor its dates.
    """

    def decorated(read: Callable[[Reading, Given], T]) -> Callable[[Reading, Given], T]:
        @wraps(read)
        def part(reading: Reading, given: Given) -> T:
            parts = reading.pinned.parts
            if read not in parts:
                policy = Reading(_NOBODY, reading.policy, reading.terminology, reading.as_of, reading.today)
                parts[read] = Results(lambda one: read(policy, one), lambda one: are_short(texts(one)), SIZE)
            found: T = parts[read][given]
            return found

        return part

    return decorated


_NOBODY = Chart(PatientIdentity(""))
"""The chart of nobody: what a policy alone makes of something sees no patient."""


@lru_cache(maxsize=64)
def _joined(*sets: CodeSet) -> CodeSet:
    """Return several value sets as one, titled by all of them."""
    first = sets[0]
    members = (member for one in sets for member in one.members)
    title = ", ".join(one.title for one in sets)
    return CodeSet(first.name, first.version, title, first.says, members)


Reader = Callable[[Reading, Fact], Finding]
"""Reads a chart for a fact of one kind. What the chart does not show is unknown; what is known has evidence."""
