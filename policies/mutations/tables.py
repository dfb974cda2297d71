"""Changes of everything else in the policy file that judges: facts, definitions, the rules for lines."""

from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from policies.files.problems import Path
from policies.model.criteria import Fact
from policies.model.figures import Bounds, Definition, LineRules
from policies.model.policy import Indication, Indications, Policy
from policies.mutations.dosing import dosing_changes
from policies.mutations.mutation import Change, moved, moved_a_digit, moved_a_tenth, named
from policies.terminology.registry import Terminology

_LEAST_DAYS = MappingProxyType({"gap_days": 1})


def table_changes(policy: Policy, terminology: Terminology) -> Iterator[Change]:
    """Yield every change of definitions, lines, facts, dosing and the age that makes a continuation."""
    own = (
        *_of_definitions(policy),
        *_of_lines(policy),
        *_of_lines_of_indications(policy, policy.indications),
        *_of_facts(policy),
        *_of_age(policy),
        *_of_business(policy),
    )
    for path, what, changed in (*own, *dosing_changes(policy)):
        yield Change(named(path, what), path, changed, terminology)


_Changed = tuple[Path, str, Policy]


def _of_definitions(policy: Policy) -> Iterator[_Changed]:
    for name, definition in policy.figures.definitions.items():
        for path, what, changed in _of_definition(definition):
            definitions = {**policy.figures.definitions, name: changed}
            yield path, what, replace(policy, figures=replace(policy.figures, definitions=definitions))


def _of_definition(definition: Definition) -> Iterator[tuple[Path, str, Definition]]:
    for index, row in enumerate(definition.rows):
        for at, (measure, bounds) in enumerate(row.measures):
            for word, what, changed in _of_bounds(bounds):
                measures = (*row.measures[:at], (measure, changed), *row.measures[at + 1 :])
                rows = (*definition.rows[:index], replace(row, measures=measures), *definition.rows[index + 1 :])
                path: Path = ("definitions", definition.name, "rows", index, measure, word)
                yield path, what, replace(definition, rows=rows)


def _of_bounds(bounds: Bounds) -> Iterator[tuple[str, str, Bounds]]:
    for word, figure in (("at_least", bounds.at_least), ("below", bounds.below)):
        if figure is not None:
            for sign, other in moved_a_tenth(Decimal(figure)):
                yield word, sign, replace(bounds, **{word: other})


def _of_lines(policy: Policy) -> Iterator[_Changed]:
    rules = policy.figures.lines
    if not rules.drugs:
        return
    for path, what, changed in _of_rules(rules):
        yield path, what, replace(policy, figures=replace(policy.figures, lines=changed))


def _of_lines_of_indications(policy: Policy, several: Indications | None) -> Iterator[_Changed]:
    for title, one in several.covered.items() if several is not None else ():
        for path, what, changed in _of_rules(one.lines) if one.lines is not None else ():
            yield ("indications", one.word, *path), what, _covering(policy, {title: replace(one, lines=changed)})


def _covering(policy: Policy, changed: dict[str, Indication]) -> Policy:
    several = policy.indications
    if several is None:
        return policy
    return replace(policy, indications=replace(several, covered={**several.covered, **changed}))


def _of_rules(rules: LineRules) -> Iterator[tuple[Path, str, LineRules]]:
    for field in fields(rules):
        figure = getattr(rules, field.name)
        if field.name == "bridging_days" and not rules.cell_therapies:
            continue
        if isinstance(figure, int):
            for sign, days in moved(figure, least=_LEAST_DAYS.get(field.name, 0)):
                changed: dict[str, Any] = {field.name: days}
                yield ("lines", field.name), sign, replace(rules, **changed)
    for pair in sorted(rules.same_line):
        yield ("lines", "same_line"), f"without {', '.join(pair)}", replace(rules, same_line=rules.same_line - {pair})
    for drug in sorted(rules.consolidation):
        yield ("lines", "consolidation"), f"without {drug}", replace(rules, consolidation=rules.consolidation - {drug})
    for drug in sorted(rules.cell_therapies):
        yield (
            ("lines", "cell_therapies"),
            f"without {drug}",
            replace(rules, cell_therapies=rules.cell_therapies - {drug}),
        )


def _of_facts(policy: Policy) -> Iterator[_Changed]:
    for fact in policy.facts.values():
        for path, what, changed in (*_of_parameters(fact), *_of_options(fact)):
            yield path, what, replace(policy, facts=MappingProxyType({**policy.facts, fact.name: changed}))


def _of_parameters(fact: Fact) -> Iterator[tuple[Path, str, Fact]]:
    for parameter, value in fact.parameters.items():
        path: Path = ("facts", fact.name, "with", parameter)
        if isinstance(value, Decimal):
            for sign, figure in moved_a_digit(value):
                yield path, sign, _given(fact, parameter, figure)
        elif isinstance(value, int) and not isinstance(value, bool):
            for sign, days in moved(value, least=1):
                yield path, sign, _given(fact, parameter, days)
        if isinstance(value, list) and len(value) > 1:
            for one in value:
                yield path, f"without {one}", _given(fact, parameter, [other for other in value if other != one])


def _given(fact: Fact, parameter: str, value: object) -> Fact:
    return replace(fact, parameters=MappingProxyType({**fact.parameters, parameter: value}))


def _of_options(fact: Fact) -> Iterator[tuple[Path, str, Fact]]:
    for option in sorted(fact.undecided):
        path: Path = ("facts", fact.name, "undecided")
        yield path, f"without {option}", replace(fact, undecided=fact.undecided - {option})
    for option in fact.notes:
        fewer = MappingProxyType({word: note for word, note in fact.notes.items() if word != option})
        yield ("facts", fact.name, "notes"), f"without {option}", replace(fact, notes=fewer)


def _of_business(policy: Policy) -> Iterator[_Changed]:
    for name in policy.holds_for if len(policy.holds_for) > 1 else ():
        fewer = tuple(one for one in policy.holds_for if one != name)
        yield ("holds_for",), f"without {name}", replace(policy, holds_for=fewer)


def _of_age(policy: Policy) -> Iterator[_Changed]:
    for sign, days in moved(policy.after_days, least=1):
        yield ("continuation_after_days",), sign, replace(policy, after_days=days)
    for sign, days in moved(policy.within_days, least=1) if policy.within_days is not None else ():
        yield ("continuation_within_days",), sign, replace(policy, within_days=days)
