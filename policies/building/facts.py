"""Facts of a policy file: the kind, its parameters, the question and the options."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from policies.building.draft import Draft
from policies.building.safety import proposal
from policies.kinds.registry import KINDS
from policies.model.fact_kinds import Answer, Kind, Parameter
from policies.model.findings import Finding, Origin
from policies.model.policy import Fact
from policies.terminology.value_sets import CodeSet, DrugSet

NONE = "none"
ALL = "all"
SETTINGS = ("any", "metastatic", "advanced")


def facts(draft: Draft) -> dict[str, Fact]:
    """Build every fact that has no fault; faults are noted in the draft."""
    built = (_fact(draft, name, entry) for name, entry in draft.content["facts"].items())
    return {fact.name: fact for fact in built if fact is not None}


def _fact(draft: Draft, name: str, entry: dict[str, Any]) -> Fact | None:
    kind = KINDS.get(entry["kind"])
    if kind is None:
        draft.fault(
            ("facts", name, "kind"),
            f"'{entry['kind']}' is no kind of fact",
            f"use one of: {', '.join(KINDS)}",
        )
        return None
    given = entry.get("with", {})
    _check_parameters(draft, name, kind, given)
    _check_options(draft, name, kind, entry)
    _check_question(draft, name, kind, entry)
    return Fact(
        name=name,
        what=entry["what"],
        kind=kind,
        parameters=MappingProxyType(given),
        ask=" ".join(entry.get("ask", "").split()),
        options=tuple(entry.get("options", ())),
        undecided=frozenset(entry.get("undecided", ())),
        notes=MappingProxyType(entry.get("notes", {})),
        proposes=proposal(draft, name, entry),
        silent=Finding.unknown() if entry.get("ask") else Finding.known(kind.settled or False, origin=Origin.POLICY),
    )


def _check_question(draft: Draft, name: str, kind: Kind, entry: dict[str, Any]) -> None:
    limited = any(entry.get("with", {}).get(key, NONE) != NONE for key in kind.parameters)
    if "ask" not in entry and (kind.settled is None or limited):
        draft.fault(
            ("facts", name),
            f"'{name}' has no question",
            "add 'ask': what to ask a clinician when it is unknown",
        )


def _check_options(draft: Draft, name: str, kind: Kind, entry: dict[str, Any]) -> None:
    path = ("facts", name)
    options = entry.get("options", [])
    if (kind.answer is Answer.CHOICE) != bool(options):
        wants = "needs" if kind.answer is Answer.CHOICE else "has no use for"
        draft.fault((*path, "options"), f"A fact of kind '{kind.name}' {wants} options", "add or delete 'options'")
    for key in ("undecided", "notes"):
        for word in entry.get(key, ()):
            if word not in options:
                draft.fault((*path, key), f"'{word}' is none of the options of '{name}'", _use_one_of(options))


def _use_one_of(options: list[str]) -> str:
    return f"use one of: {', '.join(options)}" if options else "delete it: there are no options"


def _check_parameters(draft: Draft, name: str, kind: Kind, given: Mapping[str, Any]) -> None:
    path = ("facts", name, "with")
    for key in given.keys() - kind.parameters.keys():
        allowed = ", ".join(kind.parameters) or "nothing"
        draft.fault((*path, key), f"The kind '{kind.name}' knows no '{key}'", f"it takes: {allowed}")
    for key, parameter in kind.parameters.items():
        if key not in given and parameter.is_optional:
            continue
        if key not in given:
            draft.fault(path, f"'{key}' is missing for the kind '{kind.name}'", f"give it: {parameter.takes}")
        elif not _CHECKS[parameter](draft, given[key]):
            cause = f"'{given[key]}' does not do for '{key}'"
            draft.fault((*path, key), cause, f"it takes {parameter.takes}, pinned under 'value_sets' if it is one")


def _pinned(draft: Draft, name: Any) -> object:
    version = draft.content["value_sets"].get(name) if isinstance(name, str) else None
    return draft.terminology.sets.get((name, version)) if version else None


def _is_codes(draft: Draft, value: Any) -> bool:
    return isinstance(_pinned(draft, value), CodeSet)


def _is_drugs(draft: Draft, value: Any) -> bool:
    return isinstance(_pinned(draft, value), DrugSet)


def _is_above_zero(_: Draft, value: Any) -> bool:
    return isinstance(value, int) and value > 0


def _is_definition(draft: Draft, value: Any) -> bool:
    return isinstance(value, str) and value in draft.content["definitions"]


_CHECKS: Mapping[Parameter, Callable[[Draft, Any], bool]] = MappingProxyType(
    {
        Parameter.CODES: _is_codes,
        Parameter.TESTS: _is_codes,
        Parameter.DIAGNOSES: _is_codes,
        Parameter.DRUGS: _is_drugs,
        Parameter.DRUGS_OR_ALL: lambda draft, value: value == ALL or _is_drugs(draft, value),
        Parameter.DAYS: _is_above_zero,
        Parameter.DAYS_OR_NONE: lambda draft, value: value == NONE or _is_above_zero(draft, value),
        Parameter.LINES: _is_above_zero,
        Parameter.SETTING: lambda _, value: value in SETTINGS,
        Parameter.DEFINITION: _is_definition,
        Parameter.RESOURCES: lambda _, value: isinstance(value, list),
    }
)
