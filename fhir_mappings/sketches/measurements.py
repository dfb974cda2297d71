"""Measured results and results in words, of the tests that a fact of the policy names."""

import re
from decimal import Decimal

from fhir_mappings.sketches.names import Names, SketchError
from fhir_mappings.sketches.parts import Json, bare, concept, observation
from fhir_mappings.sketches.sheet import Sheet
from policies.terminology.units import unit_in_words
from policies.terminology.value_sets import Member
from policies.testcases.casebook import Entry

_UCUM = "http://unitsofmeasure.org"
_FIGURE = re.compile(r"(<=|>=|<|>)?(-?[0-9]+(?:\.[0-9]+)?)")
_NOT_COUNTED = "not measured"


def measured(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw a measured result; by its name alone where it is coded as local."""
    fact = names.fact(entry.about[0])
    tests = str(fact.parameters["tests"]) if fact is not None else entry.about[0]
    scale = names.codes(tests).scale
    unit = entry.word("unit") or (fact.measured_in if fact is not None else scale.unit if scale is not None else "")
    if not unit:
        raise SketchError(f"'{entry.about[0]}' has no unit of its own: name one under 'unit'")
    value = _value(entry, names, unit, str(fact.parameters.get("scores", "")) if fact is not None else "")
    return [_placed(entry, names, tests, value)]


def resulted(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw a result in words: the code that means them, the words as text, or the name of the test as text."""
    fact = names.fact(entry.about[0])
    if fact is None:
        raise SketchError(f"the policy has no fact '{entry.about[0]}'")
    values, words = str(fact.parameters["values"]), entry.word("value")
    if entry.word("coded as") == "text":
        value: Json = {"valueString": words}
    else:
        named = entry.word("code")
        value = {
            "valueCodeableConcept": bare(names.code(named, values)) if named else concept(names.meaning(words, values))
        }
    return [_placed(entry, names, str(fact.parameters["tests"]), value)]


def _placed(entry: Entry, names: Names, tests: str, value: Json) -> Json:
    """Return the result with a value: in itself, in a component, or under the name of its test alone."""
    test, how = _test(entry, names, tests), entry.word("coded as")
    if how == "component":
        return observation(entry, {"text": "Panel"}, component=[{"code": concept(test), **value}])
    if how == "local":
        named = names.codes(tests).named
        return observation(entry, {"text": named[0] if named else test.display}, **value)
    return observation(entry, concept(test), **value)


def _test(entry: Entry, names: Names, tests: str) -> Member:
    named = entry.word("test")
    if named:
        return names.code(named, tests)
    known = (one for one in names.codes(tests).members if one.decides and one.means != _NOT_COUNTED)
    found = next(known, None)
    if found is None:
        raise SketchError(f"'{tests}' has no verified code")
    return found


def _value(entry: Entry, names: Names, unit: str, scores: str) -> Json:
    found = _FIGURE.fullmatch(entry.word("value"))
    how = entry.word("coded as", "quantity")
    if found is None:
        raise SketchError("'value' is no number")
    if how == "text":
        return {"valueString": f"{entry.word('value')} {unit_in_words(unit)}".rstrip()}
    if how == "integer":
        return {"valueInteger": int(found[2])}
    if how == "score":
        named = entry.word("code")
        return {
            "valueCodeableConcept": bare(names.code(named, scores))
            if named
            else concept(names.meaning(found[2], scores))
        }
    if upper := entry.word("to"):
        return {"valueRange": {"low": _quantity(found[2], unit), "high": _quantity(upper, unit)}}
    return {"valueQuantity": {**({"comparator": found[1]} if found[1] else {}), **_quantity(found[2], unit)}}


def _quantity(number: str, unit: str) -> Json:
    shown = unit_in_words(unit)
    return {"value": Decimal(number), **({"unit": shown} if shown else {}), "system": _UCUM, "code": unit}
