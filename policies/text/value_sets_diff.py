"""What is different in the value sets that two versions of a policy are pinned to."""

from collections.abc import Iterator

from policies.model.policy import Policy
from policies.terminology.drugs import Drugs
from policies.terminology.registry import DRUG_TABLE, Terminology
from policies.terminology.value_sets import CodeSet, ValueSet


def set_differences(new: Policy, old: Policy, terminology: Terminology) -> Iterator[str]:
    """Yield the value sets that are pinned anew, no longer, or in another version, with what they add and drop."""
    for name, version in new.value_sets.items():
        before = old.value_sets.get(name)
        if before is None:
            yield f"New value set: {name} of {version}"
        elif before != version:
            now, then = _members(terminology, name, version), _members(terminology, name, before)
            yield f"Value set {name} is now of {version}: {_members_changed(now, then)}"
    for name, version in old.value_sets.items():
        if name not in new.value_sets:
            yield f"No longer a value set: {name} of {version}"


def _members(terminology: Terminology, name: str, version: str) -> tuple[str, ...]:
    if name == DRUG_TABLE:
        return tuple(_of_drugs(terminology.drugs(version)))
    return tuple(_of_set(terminology.sets[name, version]))


def _of_drugs(drugs: Drugs) -> Iterator[str]:
    for drug in drugs.by_id.values():
        yield from (f"{drug.id} {one.system.name} {one.code} ({one.confidence})" for one in drug.codes)


def _of_set(pinned: ValueSet) -> Iterator[str]:
    if isinstance(pinned, CodeSet):
        for one in pinned.members:
            means = f", means {one.means}" if one.means else ""
            yield f"{one.system.name} {one.code} ({one.display}; {one.confidence}{means})"
    else:
        yield from (f"{drug} ({role})" if role else drug for drug, role in pinned.roles.items())


def _members_changed(now: tuple[str, ...], before: tuple[str, ...]) -> str:
    added = [one for one in now if one not in before]
    gone = [one for one in before if one not in now]
    changed = [f"adds {', '.join(added)}" for _ in range(bool(added))]
    changed += [f"no longer holds {', '.join(gone)}" for _ in range(bool(gone))]
    return ", ".join(changed) or "the same members"
