"""Facts of a policy file: the kind, its parameters, the question and the options."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from policies.building.draft import Draft
from policies.building.indication_words import choice_of_indications
from policies.building.safety import proposal
from policies.kinds.indications import INDICATION
from policies.kinds.registry import KINDS
from policies.model.criteria import PRESUMED, Fact
from policies.model.fact_kinds import Answer, Kind, Parameter, ResultWords, named_pattern, words
from policies.model.findings import Finding, Origin
from policies.terminology.scales import Scale
from policies.terminology.units import is_unit
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
    if kind is INDICATION:
        entry = {**entry, **choice_of_indications(draft.content)}
    if kind is None:
        known = ", ".join(KINDS)
        draft.fault(("facts", name, "kind"), f"'{entry['kind']}' is no kind of fact", f"use one of: {known}")
        return None
    given = entry.get("with", {})
    _check_entry(draft, name, kind, entry)
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
        named=_result_words(draft, kind, given),
        searched=_named(draft, kind, given, frozenset(Parameter)),
        scale=_scale(draft, name, kind, given),
    )


def _result_words(draft: Draft, kind: Kind, given: Mapping[str, Any]) -> ResultWords | None:
    """Return the words by which results are named: those of the kind, else those of the value sets of its tests."""
    named = _named(draft, kind, given, frozenset({Parameter.TESTS}))
    if kind.tests is not None or not named:
        return kind.tests
    others = [
        word for one in _code_sets(draft, kind, given, frozenset({Parameter.TESTS})) for word in one.words.not_named
    ]
    of_others = words("|".join(map(named_pattern, others))) if others else None
    return ResultWords(words("|".join(map(named_pattern, named))), of_others=of_others)


def _scale(draft: Draft, name: str, kind: Kind, given: Mapping[str, Any]) -> Scale | None:
    """Return the scale of a fact's tests; a unit that they are never measured in is a fault."""
    sets = (
        _pinned(draft, given.get(key)) for key, parameter in kind.parameters.items() if parameter is Parameter.TESTS
    )
    found = next((one.scale for one in sets if isinstance(one, CodeSet) and one.scale is not None), None)
    unit = given.get("unit") if kind.parameters.get("unit") is Parameter.UNIT else None
    if found is None and Parameter.PERCENT in kind.parameters.values():
        cause = "A change in percent is of tests whose unit is known"
        draft.fault(("facts", name, "with"), cause, "give the value set of the tests its 'scale'")
    if found is not None and isinstance(unit, str) and found.converted(Decimal(1), found.unit, unit) is None:
        cause = f"Results of these tests are in {found.unit}, which is not converted to {unit}"
        draft.fault(
            ("facts", name, "with", "unit"), cause, f"write {found.unit}, or say how under 'scale' of the tests"
        )
    return found


def _named(draft: Draft, kind: Kind, given: Mapping[str, Any], of: frozenset[Parameter]) -> tuple[str, ...]:
    """Return the words that the value sets of some parameters are named by."""
    return tuple(dict.fromkeys(word for one in _code_sets(draft, kind, given, of) for word in one.named))


def _code_sets(draft: Draft, kind: Kind, given: Mapping[str, Any], of: frozenset[Parameter]) -> Iterator[CodeSet]:
    """Yield the pinned value sets of codes that a fact gives for parameters of some types."""
    sets = (_pinned(draft, given.get(name)) for name, parameter in kind.parameters.items() if parameter in of)
    yield from (one for one in sets if isinstance(one, CodeSet))


def _check_lines(draft: Draft, name: str, kind: Kind, given: Mapping[str, Any]) -> None:
    """Note a fact that counts lines of therapy where the policy does not say how lines are drawn."""
    counts = Parameter.SETTING in kind.parameters.values() or ALL in given.values()
    of_indications = (one.get("lines") for one in draft.content.get("indications", {}).values())
    if counts and "lines" not in draft.content and not any(of_indications):
        draft.fault(("facts", name), f"'{name}' counts lines of therapy", "say under 'lines' how they are drawn")


def _check_presumption(draft: Draft, name: str, given: Mapping[str, Any]) -> None:
    """Note an absence that is presumed without a source, and a source of nothing."""
    presumed = given.get("absent") == PRESUMED
    if presumed != ("source" in given):
        cause = f"'{name}' presumes an absence and names no source" if presumed else f"'{name}' presumes nothing"
        draft.fault(
            ("facts", name, "with"), cause, "give 'source': where it says so" if presumed else "delete 'source'"
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


def _check_entry(draft: Draft, name: str, kind: Kind, entry: dict[str, Any]) -> None:
    """Note every fault of a fact that stands in its own entry."""
    given = entry.get("with", {})
    _check_parameters(draft, name, kind, given)
    _check_options(draft, name, kind, entry)
    _check_question(draft, name, kind, entry)
    _check_presumption(draft, name, given)
    _check_lines(draft, name, kind, given)


def _check_parameters(draft: Draft, name: str, kind: Kind, given: Mapping[str, Any]) -> None:
    path = ("facts", name, "with")
    for key in given.keys() - kind.parameters.keys():
        allowed = ", ".join(kind.parameters) or "nothing"
        draft.fault((*path, key), f"The kind '{kind.name}' knows no '{key}'", f"it takes: {allowed}")
    for key, parameter in kind.parameters.items():
        if key not in given and key in kind.optional:
            continue
        if key not in given:
            draft.fault(path, f"'{key}' is missing for the kind '{kind.name}'", f"give it: {parameter.takes}")
        elif parameter is Parameter.WORD and given[key] not in kind.takes_words[key]:
            draft.fault((*path, key), f"'{given[key]}' does not do for '{key}'", _use_one_of([*kind.takes_words[key]]))
        elif not _CHECKS[parameter](draft, given[key]):
            draft.fault((*path, key), *_unfit(draft, key, parameter, given[key]))


def _unfit(draft: Draft, key: str, parameter: Parameter, value: object) -> tuple[str, str]:
    """Return what is wrong with the value of a parameter, and the mend: a value set may be on file, and not pinned."""
    names_set = isinstance(value, str) and (parameter.is_codes or parameter.is_drugs)
    if not names_set or value == ALL or value in draft.content["value_sets"]:
        return f"'{value}' does not do for '{key}'", f"it takes {parameter.takes}"
    versions = sorted(version for name, version in draft.terminology.sets if name == value)
    if versions:
        return f"The value set '{value}' is not pinned", f"write '{value}: {versions[-1]}' under 'value_sets'"
    return f"There is no value set '{value}'", f"write it as value_sets/{value}.YYYY-MM-DD.yaml, and pin it"


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
        Parameter.PROCEDURES: _is_codes,
        Parameter.VACCINES: _is_codes,
        Parameter.DRUGS: _is_drugs,
        Parameter.DRUGS_OR_ALL: lambda draft, value: value == ALL or _is_drugs(draft, value),
        Parameter.DAYS: _is_above_zero,
        Parameter.DAYS_OR_NONE: lambda draft, value: value == NONE or _is_above_zero(draft, value),
        Parameter.LINES: _is_above_zero,
        Parameter.UNIT: lambda _, value: isinstance(value, str) and is_unit(value),
        Parameter.PERCENT: lambda _, value: value == "%",
        Parameter.FIGURE: lambda _, value: isinstance(value, int | Decimal) and not isinstance(value, bool),
        Parameter.WORD: lambda _, value: isinstance(value, str),
        Parameter.TEXT: lambda _, value: isinstance(value, str),
        Parameter.SETTING: lambda _, value: value in SETTINGS,
        Parameter.DEFINITION: _is_definition,
        Parameter.RESOURCES: lambda _, value: isinstance(value, list),
    }
)
