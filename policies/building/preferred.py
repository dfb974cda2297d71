"""The preferred products of a policy file, with what the schema cannot check."""

from collections.abc import Mapping
from typing import Any

from policies.building.draft import Draft
from policies.files.problems import Path
from policies.model.criteria import Request, RequestKind
from policies.model.safety import Preferred, PreferredProduct
from policies.terminology.drugs import Drugs

_VERIFIED = "verified"


def preferred(draft: Draft, drugs: Drugs | None, criteria: Mapping[RequestKind, Request]) -> Preferred | None:
    """Build what is preferred before the policy's drug; None where nothing is. Faults are noted in the draft."""
    entry = draft.content.get("preferred")
    if entry is None:
        return None
    known = {node.id for request in criteria.values() for node in request.nodes() if node.id}
    if entry["criterion"] not in known:
        cause = f"'{entry['criterion']}' is no criterion of this policy"
        draft.fault(("preferred", "criterion"), cause, "name the criterion that asks for what is preferred, by its id")
    products = [
        _product(draft, drugs, ("preferred", "products", index), one) for index, one in enumerate(entry["products"])
    ]
    found = tuple(one for one in products if one is not None)
    return Preferred(entry["criterion"], entry["says"], entry["source"], found, entry.get("same_dose", False))


def _product(draft: Draft, drugs: Drugs | None, path: Path, entry: Mapping[str, Any]) -> PreferredProduct | None:
    name = entry["drug"]
    if name == draft.content["product"]["drug"]:
        draft.fault((*path, "drug"), f"'{name}' is the policy's own drug", "name what goes before it")
        return None
    drug = drugs.by_id.get(name) if drugs is not None else None
    if drug is None:
        draft.fault((*path, "drug"), f"'{name}' is not in the drug table", "add it there, with its codes")
        return None
    codes = [one for one in drug.codes if one.confidence == _VERIFIED]
    found = next((one for one in codes if (one.system.name, one.code) == (entry["system"], entry["code"])), None)
    if found is None:
        there = ", ".join(f"{one.system.name} {one.code}" for one in codes) or "none"
        cause = f"{entry['system']} {entry['code']} is no verified code of '{name}'"
        draft.fault((*path, "code"), cause, f"name one of: {there}")
        return None
    return PreferredProduct(name, found.system.uri, found.code, found.display, entry["name"])
