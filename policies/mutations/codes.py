"""Changes of the value sets that a policy is read with: each code and each drug dropped.

A code that is not verified decides nothing, and a drug without a verified code is never found: dropping them changes
nothing, so that they are not tried.
"""

from collections.abc import Iterator
from dataclasses import replace

from policies.catalogue import UNSPECIFIC
from policies.checks.codes import codes_of, used_sets
from policies.model.policy import Policy
from policies.mutations.mutation import Change, named
from policies.terminology.drugs import Drugs
from policies.terminology.registry import DRUG_TABLE, Terminology
from policies.terminology.value_sets import CodeSet, DrugSet, Member, ValueSet


def member_changes(policy: Policy, terminology: Terminology) -> Iterator[Change]:
    """Yield the policy with each member of its value sets dropped."""
    drugs = terminology.drugs(policy.value_sets[DRUG_TABLE])
    pinned = (name for name in (*used_sets(policy), UNSPECIFIC) if name in policy.value_sets)
    for name in pinned:
        if name in policy.figures.safety_tests:
            continue  # what is shown beside a warning bears on no criterion, so that no case could notice
        version = policy.value_sets[name]
        for called, member, codes, fewer in _dropped(terminology.sets[name, version], drugs):
            if member == policy.figures.product.drug:
                continue  # the ordered drug itself is never an earlier therapy
            path = ("value_sets", name)
            changed = replace(terminology, sets={**terminology.sets, (name, version): fewer})
            yield Change(named(path, f"without {called}"), path, policy, changed, codes, member=member)


def _dropped(pinned: ValueSet, drugs: Drugs) -> Iterator[tuple[str, str, frozenset[str], ValueSet]]:
    """Yield each member: how it is called, how a case names it, the codes that show it, and the set without it."""
    if isinstance(pinned, CodeSet):
        for one in pinned.members:
            if one.decides:
                yield f"{one.system.name} {one.code}", one.code, frozenset({one.code}), _fewer(pinned, one)
        return
    for drug in pinned.roles:
        codes = codes_of(drugs, drug)
        if codes:
            yield drug, drug, codes, _without(pinned, drug)


def _fewer(pinned: CodeSet, member: Member) -> CodeSet:
    return pinned.with_members(one for one in pinned.members if one is not member)


def _without(pinned: DrugSet, drug: str) -> DrugSet:
    return replace(pinned, roles={name: role for name, role in pinned.roles.items() if name != drug})
