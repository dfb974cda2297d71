"""Population logic of results of any test: their names, and the numbers and options that they come to.

A number is answered where no engine can round it: in units that are the same, or a power of ten apart, and by the
table of a scale's rule. Any other unit leaves the question open.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from fhir_mappings.chart.policy_chart import Reader
from fhir_mappings.population.logic_record import SharedPart
from fhir_mappings.population.phrases import Codes, answers, apart, listed, of_any, text, texts
from fhir_mappings.population.probe import Probe
from fhir_mappings.population.status_lists import observed
from fhir_mappings.text_forms.quantities import spelled, spellings
from policies.kinds.measurements import NOT_MEASURED
from policies.model.criteria import Fact
from policies.model.fact_kinds import Parameter
from policies.terminology.scales import NO_SCALE, Scale
from policies.terminology.units import without_annotations
from policies.terminology.value_sets import Member

_DIGITS = 8
"""So many digits behind the point a Decimal of CQL has (CQL 1.5, System.Decimal)."""
_POWERS = {Decimal(1).scaleb(power): power for power in range(-6, 7)}
_MOST_ROWS = 600


RESULTS = SharedPart("results", lambda _, __: {})
"""The part that results of any test share."""


def has_tests(codes: Codes, fact: Fact) -> bool:
    """Return whether any code of its tests decides, and measures."""
    return any(one.means != NOT_MEASURED for one in codes.members(fact, "tests"))


def test_values(codes: Codes, fact: Fact, reader: Reader, answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that all results share; `answer` is one that the reader reads under the right name."""
    own = [one for one in codes.members(fact, "tests") if one.means != NOT_MEASURED]
    others = [one for one in codes.members(fact, "tests") if one.means == NOT_MEASURED]
    return observed() | {
        "tests": listed(own),
        "known": listed((*own, *others)),
        "test_names": texts(_names(Probe(codes, fact, reader, own[0]), codes, fact, own, answer)),
        "named": of_any(named_words(fact)),
        "not_named": of_any(not_named_words(fact)),
        "recent": _recent(fact),
    }


def _recent(fact: Fact) -> str:
    return apart(f'"{fact.name}: newest"', "Today()", "<=", fact.parameters.get("within_days"))


def named_words(fact: Fact) -> str:
    """Return the pattern of the words by which results of a fact are named; empty without any."""
    return fact.tests.named.pattern if fact.tests is not None else ""


def not_named_words(fact: Fact) -> str:
    """Return the pattern of the words beside which such a name is another test's; empty without any."""
    others = fact.tests.of_others if fact.tests is not None else None
    return others.pattern if others is not None else ""


def _names(probe: Probe, codes: Codes, fact: Fact, own: Iterable[Member], answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names, in lower case, that leave the result of a test what its code says."""
    tests = codes.set(str(fact.parameters["tests"]))
    for name in dict.fromkeys((*(one.display for one in own), tests.title, *tests.named, fact.what)):
        coding = {"system": probe.test.system.uri, "code": probe.test.code}
        if probe.value(**answer, code={"coding": [coding], "text": name}):
            yield name.lower()


def number_values(codes: Codes, fact: Fact, parameter: str = "tests") -> dict[str, str]:
    """Return the values by which a quantity becomes a number in the unit of the fact."""
    scale = codes.set(str(fact.parameters[parameter])).scale or NO_SCALE
    bounds = ((">=", scale.lowest), ("<=", scale.highest)) if scale.unit else ()
    known = [(sign, scale.converted(bound, scale.unit, fact.unit)) for sign, bound in bounds]
    inside = [f"{sign} {decimal(bound)}" for sign, bound in known if bound is not None]
    return {
        "units": "\n".join(_units(fact.unit, scale)),
        "inside": " and ".join(f"V.number {one}" for one in inside) or "true",
        "bare": "true" if without_annotations(fact.unit) == "1" else "false",
        "scores": "\n".join(_scores(codes, fact)) or "    when false then 0.0",
    }


def decimal(number: Decimal) -> str:
    """Write a decimal."""
    written = f"{number:f}"
    return written if "." in written else f"{written}.0"


def _units(unit: str, scale: Scale) -> Iterator[str]:
    """Write a row for all units that are the same share of the unit of a fact, and the tables of rules."""
    same: dict[int, list[str]] = {}
    for one in sorted({*spellings().values(), unit, scale.unit} - {""}):
        size = scale.converted(Decimal(1), one, unit) if one not in scale.also else None
        if size in _POWERS and not _is_by_rule(one, unit, scale):
            same.setdefault(_POWERS[size], []).append(one)
    for power, units in sorted(same.items()):
        of_unit = _spelled(units, is_bare=power == 0 and without_annotations(unit) == "1")
        number = (
            "amount.value.value" if power == 0 else f"Round(amount.value.value * {decimal(_size(power))}, {_DIGITS})"
        )
        fits = "" if power == 0 else f"\n      and Round(amount.value.value, {_DIGITS - 6}) = amount.value.value"
        yield f'    when "Is of unit"(amount, {of_unit}){fits}\n    then {number}'
    yield from _by_rules(unit, scale)


def _size(power: int) -> Decimal:
    return Decimal(1).scaleb(power)


def _is_by_rule(one: str, unit: str, scale: Scale) -> bool:
    """Return whether only a rule of the scale converts a unit: two numbers of it show that it is no mere share."""
    single, double = (scale.converted(Decimal(number), one, unit) for number in (1, 2))
    return single is None or double is None or double != 2 * single


def _spelled(units: Iterable[str], *, is_bare: bool) -> str:
    """Write the spellings of units in lower case without spaces, and the codes that are no such spelling."""
    known, wanted = spellings(), set(units)
    words = [word for word, one in known.items() if one in wanted] + ([""] if is_bare else [])
    codes = sorted(one for one in wanted if spelled(one) == one)
    return f"{texts(sorted(words))}, {texts(codes)}"


def _by_rules(unit: str, scale: Scale) -> Iterator[str]:
    """Write every number that laboratories report in a unit of a rule, with what it is in the unit of the fact."""
    for name, rule in scale.also.items():
        if unit != scale.unit or rule.own_digits is None:
            continue
        step = Decimal(1).scaleb(-rule.own_digits)
        low, high = sorted(((bound - rule.plus) / rule.times).quantize(step) for bound in (scale.lowest, scale.highest))
        if (high - low) / step > _MOST_ROWS:
            continue
        numbers = [low + step * at for at in range(int((high - low) / step) + 1)]
        found = {one: scale.converted(one, name, unit) for one in numbers if scale.can_be(one, name)}
        rows = (
            f"      when amount.value.value = {decimal(one)} then {decimal(to)}"
            for one, to in found.items()
            if to is not None and to == round(to, _DIGITS)
        )
        table = "\n".join(rows)
        yield (
            f'    when "Is of unit"(amount, {_spelled([name], is_bare=False)})\n'
            f"    then case\n{table}\n      else null\n    end"
        )


def _scores(codes: Codes, fact: Fact) -> Iterator[str]:
    """Write the codes that stand for numbers; another code beside one, or a word, leaves it open."""
    if "scores" not in fact.parameters:
        return
    members = codes.members(fact, "scores")
    for number in dict.fromkeys(one.means for one in members):
        own = [one for one in members if one.means == number]
        yield _coded(own, decimal(Decimal(number)), [one.display.lower() for one in own])


def _coded(own: Iterable[Member], then: str, words: Iterable[str]) -> str:
    members = tuple(own)
    return (
        f'    when "Every code of"(concept, {listed(members)})\n'
        f'      and not exists (("Words"(concept)) W where not (Lower(W) in {texts(words)}))\n'
        f"    then {then}"
    )


def option_values(codes: Codes, fact: Fact) -> dict[str, str]:
    """Return the values by which a coded answer becomes an option of the question."""
    members = codes.members(fact, "values")
    found = ((word, [one for one in members if one.means == word]) for word in fact.options)
    rows = (
        _coded(own, text(word), (word.lower(), *(one.display.lower() for one in own))) for word, own in found if own
    )
    return {"options": "\n".join(rows), "answers": answers(fact)}


def tests_beside(codes: Codes, fact: Fact) -> tuple[Member, ...]:
    """Return the codes of the further tests of a fact: the weights and heights of a body mass index."""
    named = (name for name, one in fact.kind.parameters.items() if one is Parameter.TESTS and name != "tests")
    return tuple(member for name in named for member in codes.members(fact, name))
