"""The catalogue: every policy on file, chosen by product code and date in constant time.

A bad policy stops the start: `load` raises PolicyError with the file, the place, the cause and the mend of each fault.
"""

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from importlib.resources import files
from pathlib import Path as FilePath
from types import MappingProxyType

from policies import compiled
from policies.building.policy import SUPERSEDED, build
from policies.choice import Open, Versions, chosen, overlaps
from policies.compiled import Built
from policies.files.problems import PolicyError, Problem, UnknownVersionError
from policies.files.yaml_source import read
from policies.model.dates import OrderDate
from policies.model.policy import Policy
from policies.terminology import registry
from policies.terminology.drugs import Drugs
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import CodeSet

UNSPECIFIC = "unspecific-drug-codes"
"""The value set of billing codes that stand for any drug without a code of its own."""

PRODUCT_SYSTEMS = ("RXNORM", "HCPCS", "NDC", "SNOMED")
"""The code systems of ours, by their short names, in which a code names a product to anybody."""

OTHER_PRODUCT_SYSTEMS = frozenset(
    {
        "http://www.whocc.no/atc",
        "http://fdasis.nlm.nih.gov",
        "http://hl7.org/fhir/sid/cvx",
        "http://www.ama-assn.org/go/cpt",
        "http://hl7.org/fhir/sid/ndfrt",
    }
)
"""Public systems that name products too, though our tables hold no code of theirs."""


_UNPROVEN: Mapping[str, str] = MappingProxyType({})
_SUPERSEDED = f"*/{SUPERSEDED}/*.yaml"


class Catalogue:
    """All policies, with the terminology that they are read with.

    `drugs` is the newest drug table, by which an order's product is found before its policy is known; `unspecific` the
    newest list of codes that name no product; `product_systems` every spelling of the systems that name products. A
    version that holds `always` is in force on every day, for every line of business, and no other of its drug is.
    `proofs` are hashes of what was tried with these very policies when they were compiled, by its name.
    """

    def __init__(
        self,
        policies: Iterable[Policy],
        words: Terminology,
        superseded: Iterable[Policy] = (),
        always: Policy | None = None,
        proofs: Mapping[str, str] = _UNPROVEN,
    ) -> None:
        self.terminology = words
        self.proofs = proofs
        self._superseded = {(one.id, one.version, one.revision): one for one in superseded}
        self.drugs: Drugs = words.drugs(max(words.drug_tables))
        self.unspecific: CodeSet = words.codes(UNSPECIFIC, max(day for name, day in words.sets if name == UNSPECIFIC))
        self.product_systems = _product_systems(words)
        held = {} if always is None else {always.id: Versions((date.min,), (for_all_lines(always),))}
        self._by_id = {**_versions(policies), **held}
        self._by_drug = _by_drug(self._by_id.values())

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of all policies, in alphabetical order."""
        return tuple(sorted(self._by_id))

    @property
    def all(self) -> tuple[Policy, ...]:
        """Return every version of every policy."""
        return tuple(policy for name in self.ids for policy in self._by_id[name].policies)

    @property
    def superseded(self) -> tuple[Policy, ...]:
        """Return the earlier revisions that are on file."""
        return tuple(self._superseded.values())

    def versions(self, policy_id: str) -> Versions:
        """Return the versions of a policy; raises UnknownVersionError if there is none of that id."""
        if policy_id not in self._by_id:
            raise UnknownVersionError(f"no policy '{policy_id}' is on file")
        return self._by_id[policy_id]

    def as_judged(self, policy_id: str, version: date, revision: int) -> Policy | None:
        """Return the policy that judged something once, in just that revision; None if it is no longer on file."""
        known = self._by_id[policy_id].policies if policy_id in self._by_id else ()
        now = next((one for one in known if (one.version, one.revision) == (version, revision)), None)
        return now or self._superseded.get((policy_id, version, revision))

    def holding(self, policy_id: str, version: date) -> "Catalogue":
        """Return a catalogue in which one version of a policy holds on every day; raises UnknownVersionError."""
        found = next((one for one in self.versions(policy_id).policies if one.version == version), None)
        if found is None:
            raise UnknownVersionError(f"no version of {policy_id} begins on {version}")
        return Catalogue(self.all, self.terminology, self._superseded.values(), found, self.proofs)

    def as_drafts(self, titled: Callable[[str], str], but: Collection[str] = ()) -> "Catalogue":
        """Return the policies as drafts, each titled so, but those of some ids; their earlier revisions too."""
        policies, earlier = (
            [one if one.id in but else one.as_draft(titled) for one in every] for every in (self.all, self.superseded)
        )
        return Catalogue(policies, self.terminology, earlier)

    def in_force(
        self, is_signed: Callable[[Policy], bool], titled: Callable[[str], str], but: Collection[str] = ()
    ) -> "Catalogue":
        """Return the versions that are signed off; a policy without any as a draft. Those of some ids stay as they are.

        A new version that nobody signed takes nothing from the one before it.
        """
        signed = [one for one in self.all if one.id in but or is_signed(one)]
        if len(signed) == len(self.all):
            return self
        known = {one.id for one in signed}
        drafts = (one.as_draft(titled) for one in self.all if one.id not in known)
        return Catalogue((*signed, *drafts), self.terminology, self._superseded.values())

    def for_drug(self, drug: str) -> tuple[Versions, ...]:
        """Return the policies of a drug of the drug table, each with its versions; none if no policy covers it."""
        return self._by_drug.get(drug, ())

    def choice(self, drug: str, day: OrderDate, line: str) -> Policy | Open | None:
        """Return the policy of a drug for a day and a line of business (empty: not known); None if none covers it."""
        of_drug = self._by_drug.get(drug)
        return chosen(of_drug, day, line) if of_drug is not None else None


def for_all_lines(policy: Policy) -> Policy:
    """Return a policy as it holds for every line of business: that is said where somebody names it to be judged by."""
    return replace(policy, holds_for=()) if policy.holds_for else policy


def _product_systems(words: Terminology) -> frozenset[str]:
    ours = (words.systems[name] for name in PRODUCT_SYSTEMS)
    return frozenset(uri for system in ours for uri in (system.uri, *system.also)) | OTHER_PRODUCT_SYSTEMS


def _versions(policies: Iterable[Policy]) -> Mapping[str, Versions]:
    grouped: dict[str, list[Policy]] = {}
    for policy in sorted(policies, key=lambda policy: (policy.id, policy.version)):
        grouped.setdefault(policy.id, []).append(policy)
    return {name: Versions(tuple(one.version for one in row), tuple(row)) for name, row in grouped.items()}


def _by_drug(known: Iterable[Versions]) -> Mapping[str, tuple[Versions, ...]]:
    found: dict[str, tuple[Versions, ...]] = {}
    for versions in known:
        for drug in {policy.figures.product.drug for policy in versions.policies}:
            found[drug] = (*found.get(drug, ()), versions)
    return found


def load(folder: FilePath | None = None, *, beside: bool = False, compiled_too: bool = True) -> Catalogue:
    """Read value sets and policies, by default those of this package; raises PolicyError with every fault.

    A folder stands in the place of this package's policies, or `beside` them. Where it holds a compiled form of just
    these files that is read in their stead, unless `compiled_too` is False.
    """
    homes = homes_of(folder, beside=beside)
    with uncollected():
        read = compiled.read(homes[-1], partial(compiled.stamp, homes)) if compiled_too else None
        found = read or built(homes)
    return Catalogue(found.policies, found.terminology, found.superseded, proofs=found.proofs)


def homes_of(folder: FilePath | None = None, *, beside: bool = False) -> tuple[FilePath, ...]:
    """Return the folders that policies are read from; the last one has the value sets."""
    own = FilePath(str(files("policies")))
    home = folder or own
    return tuple(dict.fromkeys((own, home) if beside else (home,)))


@contextmanager
def uncollected() -> Iterator[None]:
    """Have no garbage collected meanwhile: what is made of policies stays, and is looked through for nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def built(homes: Sequence[FilePath]) -> Built:
    """Build the policies of folders, with the value sets of the last one; raises PolicyError with every fault."""
    words = registry.load(homes[-1] / "value_sets")
    problems: list[Problem] = []
    policies = [one for each in homes for one in _built(each / "data", "*/*.yaml", words, problems)]
    superseded = [one for each in homes for one in _built(each / "data", _SUPERSEDED, words, problems)]
    problems += _overlaps(policies, homes)
    if problems:
        raise PolicyError(problems)
    return Built(words, tuple(policies), tuple(superseded), {})


def _built(data: FilePath, pattern: str, words: Terminology, problems: list[Problem]) -> list[Policy]:
    """Build the policies of some files; their faults are added to the problems."""
    found: list[Policy] = []
    for file in sorted(data.glob(pattern)):
        try:
            found.append(build(read(file, f"data/{file.relative_to(data).as_posix()}"), words))
        except PolicyError as error:
            problems += error.problems
    return found


def _overlaps(policies: Iterable[Policy], homes: Sequence[FilePath]) -> Iterable[Problem]:
    for drug, of_drug in _by_drug(_versions(policies).values()).items():
        for first, second, day in overlaps(of_drug):
            shared = sorted(set(first.holds_for or second.holds_for) & set(second.holds_for or first.holds_for))
            lines = f", for {', '.join(shared)} from {day} on" if shared else ""
            cause = f"'{drug}' already belongs to the policy '{first.id}'{lines}"
            mend = "let one policy cover a drug, or each the lines of business that it names under 'holds_for'"
            path = ("holds_for",) if second.holds_for else ("product", "drug")
            name = f"data/{second.id}/{second.version}.yaml"
            file = next(one / name for one in reversed(homes) if (one / name).is_file())
            yield read(file, name).problem(path, cause, mend)
