"""A version of a policy by name: what other processes read from its folder, once each."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from fhir_mappings.findings.gathered import wanted_codings
from fhir_mappings.judgement.judge import Judge
from policies import catalogue
from policies.catalogue import Catalogue, for_all_lines
from policies.files.problems import UnknownVersionError
from policies.model.policy import Policy
from policies.terminology.value_sets import Coding


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version of a policy: its id, its date, and the folder that it is read from; empty for that of this package."""

    policy: str
    version: date
    folder: str = ""

    def load(self) -> Policy:
        """Return the policy; raises PolicyError for a faulty folder, UnknownVersionError if it is not there."""
        return _policy(self)

    def judge(self) -> Judge:
        """Return what judges by this version alone, whatever the date of the order; raises as `load` does."""
        return _judge(self)


def loaded(folder: str) -> Catalogue:
    """Return the policies of a folder, read once in a process; raises PolicyError."""
    return _loaded(folder)


def observation_codes(versions: Iterable[PolicyVersion]) -> frozenset[Coding]:
    """Return the codes of the Observations that any of these versions looks for: a chart is read once for all."""
    return frozenset[Coding]().union(*map(_codes, versions))


@cache
def _loaded(folder: str) -> Catalogue:
    return catalogue.load(Path(folder) if folder else None)


@cache
def _policy(of: PolicyVersion) -> Policy:
    versions = _loaded(of.folder).versions(of.policy)
    found = next((one for one in versions.policies if one.version == of.version), None)
    if found is None:
        dates = ", ".join(map(str, versions.dates))
        raise UnknownVersionError(f"no version of {of.policy} begins on {of.version}; there are: {dates}")
    return found


@cache
def _judge(of: PolicyVersion) -> Judge:
    # It holds on every day, as versions are compared on one, and for every member whose chart is given.
    always = replace(for_all_lines(of.load()), version=date.min)
    return Judge(Catalogue((always,), _loaded(of.folder).terminology))


@cache
def _codes(of: PolicyVersion) -> frozenset[Coding]:
    return wanted_codings((of.load(),), _loaded(of.folder).terminology)
