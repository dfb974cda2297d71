"""Safety statements of a policy file, and the test that a fact proposes, with what the schema cannot check."""

from typing import Any

from policies.building.draft import Draft
from policies.model.safety import Proposal, SafetyKind, SafetyNote
from policies.terminology.value_sets import Member


def safety_notes(draft: Draft) -> tuple[SafetyNote, ...]:
    """Build the statements on safety; faults are noted in the draft."""
    return tuple(_note(draft, index, entry) for index, entry in enumerate(draft.content["safety"]))


def _note(draft: Draft, index: int, entry: dict[str, Any]) -> SafetyNote:
    tests, path = entry.get("tests", ""), ("safety", index)
    if tests:
        draft.check_codes((*path, "tests"), tests)
    if "women_below" in entry and not tests:
        draft.fault((*path, "women_below"), "An age without results says nothing", "add 'tests', or delete it")
    kind = SafetyKind(entry["kind"])
    return SafetyNote(kind, entry["about"], entry["says"], entry["section"], tests, entry.get("women_below"))


def proposal(draft: Draft, name: str, entry: dict[str, Any]) -> Proposal | None:
    """Build the test that a fact proposes; None if it proposes none, or not a sound one."""
    given = entry.get("proposes")
    if given is None:
        return None
    path = ("facts", name, "proposes")
    other = draft.content["facts"].get(given["when"])
    if other is None or given["is"] not in other.get("options", ()):
        draft.fault(path, f"'{given['when']}' has no option '{given['is']}'", "name a fact and one of its options")
        return None
    found = _test(draft, entry.get("with", {}), given)
    if found is None:
        cause = f"'{given['code']}' is no verified test of '{name}'"
        draft.fault(path, cause, "name a verified code of a value set that the fact is read with")
        return None
    return Proposal(found, given["when"], given["is"])


def _test(draft: Draft, parameters: dict[str, Any], given: dict[str, Any]) -> Member | None:
    """Find the code among the verified ones that the fact is read with."""
    system = draft.terminology.systems.get(given["system"])
    sets = (draft.codes(name) for name in parameters.values() if isinstance(name, str))
    found = (one.find(system.uri, given["code"]) for one in sets if one is not None and system is not None)
    return next((one for one in found if one is not None), None)
