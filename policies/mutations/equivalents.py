"""The list of small changes that change nothing (`cases/equivalents.yaml`), held against what the cases noticed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any

from policies.catalogue import UNSPECIFIC
from policies.checks.remarks import Remark, fault
from policies.files import schema_check
from policies.files.problems import Path
from policies.files.yaml_source import Source, read
from policies.model.fact_kinds import Parameter
from policies.model.policy import Policy
from policies.mutations.mutation import Change
from policies.testcases.reader import EQUIVALENTS


@dataclass(frozen=True, slots=True)
class Equivalents:
    """The list, with where it stands; empty if there is no such file."""

    source: Source
    listed: Mapping[tuple[str, str], Path]

    def of(self, policy_id: str) -> dict[str, Path]:
        """Return the names of the changes that are listed for a policy, each with its place in the file."""
        return {change: path for (name, change), path in self.listed.items() if name == policy_id}


def load(folder: FilePath) -> Equivalents:
    """Read the list of a policies folder; raises PolicyError if it is not written as it should be."""
    file, name = folder / "cases" / EQUIVALENTS, f"cases/{EQUIVALENTS}"
    if not file.exists():
        return Equivalents(Source(name, {}, {}), {})
    source = read(file, name)
    schema_check.check(source, "equivalents")
    content: Any = source.content
    listed: dict[tuple[str, str], Path] = {}
    for policy_id, entries in content.items():
        for index, entry in enumerate(entries):
            for at, change in enumerate(entry["changes"]):
                listed[policy_id, change] = (policy_id, index, "changes", at)
    return Equivalents(source, listed)


_LINES: Mapping[Parameter, str] = MappingProxyType(
    {
        Parameter.DIAGNOSES: "{{condition: each}}",
        Parameter.PROCEDURES: "{{operation: each}}",
        Parameter.VACCINES: "{{vaccinated: each}}",
        Parameter.TESTS: "'test: each' (that of {fact})",
        Parameter.CODES: "'code: each' (an answer to {fact}; a reason for an end stands under 'stopped because')",
        Parameter.DRUGS: "{{taken: each}} or {{given: each}}",
        Parameter.DRUGS_OR_ALL: "{{taken: each}} or {{given: each}}",
    }
)
"""How a case draws what a value set holds, by what its fact takes it as."""


def unknown_policies(known: Equivalents, ids: tuple[str, ...]) -> Iterator[Remark]:
    """Yield a fault for every policy of the list that is not on file."""
    for policy_id in dict.fromkeys(name for name, _ in known.listed):
        if policy_id not in ids:
            cause = f"'{policy_id}' is no policy"
            yield fault(known.source, (policy_id,), cause, f"use one of: {', '.join(ids)}")


def _unnoticed(policy_file: Source, unnoticed: list[Change]) -> Iterator[Remark]:
    """Yield one fault for each place, with every change there that goes unnoticed."""
    for path in dict.fromkeys(change.path for change in unnoticed):
        here = [change for change in unnoticed if change.path == path]
        mend = f"{_case_for(here)}, or list it in cases/{EQUIVALENTS} with the reason"
        yield fault(policy_file, path, f"No case notices: {'; '.join(change.id for change in here)}", mend)


def _case_for(here: list[Change]) -> str:
    """Return which case notices changes of one place; of members of a value set, one that is run with each of them."""
    members = [f'"{change.member}"' for change in here if change.member]
    if not members:
        return "add a case that comes out differently with it"
    line = _line_with_each(here[0].policy, str(here[0].path[-1]))
    return f"add a case with 'each: [{', '.join(members)}]' beside 'order', and {line}: it runs once with each of them"


def _line_with_each(policy: Policy, name: str) -> str:
    """Return how a case draws a member of a value set by the word `each`."""
    if name == UNSPECIFIC:
        return "'order: {drug: each}'"
    sorts = (
        (fact.name, sort)
        for fact in policy.facts.values()
        for parameter, sort in fact.kind.parameters.items()
        if fact.parameters.get(parameter) == name
    )
    fact, sort = next(sorts, ("", Parameter.DIAGNOSES))
    return f"a line of its chart with {_LINES[sort].format(fact=fact)}"


def verdict(known: Equivalents, policy_file: Source, tried: list[tuple[Change, str]]) -> Iterator[Remark]:
    """Yield a fault for every change of one policy that goes unnoticed, and for every entry that does not hold.

    `tried` is each change with the sentence of the case that noticed it; empty if none did.
    """
    listed = known.of(tried[0][0].policy.id) if tried else {}
    for change, noticed_by in tried:
        if noticed_by and change.id in listed:
            cause = f"This change is noticed, by the case '{noticed_by}'"
            yield fault(known.source, listed[change.id], cause, "delete the entry")
    yield from _unnoticed(policy_file, [change for change, by in tried if not by and change.id not in listed])
    ids = [change.id for change, _ in tried]
    for name in (name for name in listed if name not in ids):
        close = get_close_matches(name, ids, n=1)
        yield fault(
            known.source,
            listed[name],
            f"There is no such change: {name}",
            f"did you mean '{close[0]}'?" if close else "delete the entry",
        )
