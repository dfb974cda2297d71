"""HER2 results in the ways in which laboratories send them."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from fhir_mappings.sketches.names import Names, SketchError
from fhir_mappings.sketches.parts import Json, bare, concept, joined, observation
from fhir_mappings.sketches.sheet import Sheet
from policies.kinds.her2 import HER2_IHC
from policies.terminology.value_sets import Member
from policies.testcases.casebook import Entry

_IHC = "HER2 [Presence] in Breast cancer specimen by Immune stain"
_PANEL = "ERBB2 gene (HER2) duplication associated observations panel - Tissue by FISH"
_WORD_OF_SCORE = {"0": "negative", "1+": "negative", "2+": "equivocal", "3+": "positive"}
_UNITS = {"ratio": "ratio", "copies": "{copies}/{cell}", "cep17": "{copies}/{cell}"}
_COMPARATORS = ("<=", ">=", "<", ">")


def her2_ihc(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw an IHC result; `reported as` is the text of the answer, which may say something else than its code."""
    code = _test(entry, names, "ihc", _IHC)
    second = entry.word("second test")
    if second:
        code = joined(code, bare(names.code(second, names.of_kind(HER2_IHC, "tests"))))
    said, how = entry.about[0], entry.word("coded as", "LOINC")
    if said not in (*_WORD_OF_SCORE, *_WORD_OF_SCORE.values()) and how != "text":
        how = "text"
    value = _coded(entry, names) or _IHC_VALUES[how](names, said, entry.word("reported as"))
    if how == "component":
        value = {"component": [{"code": code, **value}]}
    return [_result(entry, names, code, **value)]


def _test(entry: Entry, names: Names, means: str, display: str = "") -> Json:
    """Return the test that an entry names under `test`, else one of that meaning."""
    named, tests = entry.word("test"), names.of_kind(HER2_IHC, "tests")
    return concept(names.code(named, tests) if named else names.meaning(means, tests, display=display))


def _coded(entry: Entry, names: Names) -> Json:
    """Return the answer whose code an entry names under `code`; empty if it names none."""
    code = entry.word("code")
    if not code:
        return {}
    sets = tuple(names.of_kind(HER2_IHC, one) for one in ("scores", "words"))
    return {"valueCodeableConcept": bare(names.find(code, sets), entry.word("reported as"))}


def _result(entry: Entry, names: Names, code: Json, **value: Any) -> Json:
    method = entry.word("method")
    how = {"method": concept(names.code(method, names.of_kind(HER2_IHC, "methods")))} if method else {}
    return observation(entry, code, specimen=_specimen(entry), **how, **value)


def _answer(names: Names, said: str, reported: str, system: str) -> Json:
    if said in _WORD_OF_SCORE:
        return {
            "valueCodeableConcept": concept(names.meaning(said, names.of_kind(HER2_IHC, "scores"), system), reported)
        }
    return {"valueCodeableConcept": concept(_word(names, said, system), reported)}


def _word(names: Names, said: str, system: str = "") -> Member:
    return names.meaning(said, names.of_kind(HER2_IHC, "words"), system)


def _loinc(names: Names, said: str, reported: str) -> Json:
    return _answer(names, said, reported, "" if said == "equivocal" else "LOINC")


def _snomed(names: Names, said: str, reported: str) -> Json:
    return _answer(names, said, reported, "SNOMED")


def _display(names: Names, said: str, _: str) -> Json:
    """Return a word in code whose display alone has the score: Positive (IHC 3+)."""
    word = _WORD_OF_SCORE[said]
    member = _word(names, word, "SNOMED")
    return {"valueCodeableConcept": concept(member, display=f"{word.capitalize()} (IHC {said})")}


def _text(_: Names, said: str, reported: str) -> Json:
    return {"valueString": reported or said}


def _score(_: Names, said: str, __: str) -> Json:
    return {"valueQuantity": {"value": int(said.rstrip("+")), "unit": "{score}"}}


def _integer(_: Names, said: str, __: str) -> Json:
    return {"valueInteger": int(said.rstrip("+"))}


_IHC_VALUES: Mapping[str, Callable[[Names, str, str], Json]] = MappingProxyType(
    {
        "LOINC": _loinc,
        "SNOMED": _snomed,
        "display": _display,
        "text": _text,
        "component": _loinc,
        "score": _score,
        "integer": _integer,
    }
)


def _specimen(entry: Entry) -> Json:
    named = entry.word("specimen")
    return {"display": named} if named else {}


def her2_ish(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw an ISH result: a word, numbers (single results or components of one), or numbers with a word beside them."""
    numbers = [one for one in _UNITS if entry.word(one)]
    if not numbers:
        return [_ish_word(entry, names)]
    parts = [_number(entry, names, one) for one in numbers]
    if entry.about[0] != "measured":
        parts[0]["interpretation"] = [concept(_word(names, entry.about[0]))]
    if entry.word("coded as") == "component":
        return [_result(entry, names, _test(entry, names, "ish", _PANEL), component=parts)]
    return [_result(entry, names, part.pop("code"), **part) for part in parts]


def _ish_word(entry: Entry, names: Names) -> Json:
    said, reported = entry.about[0], entry.word("reported as")
    if said == "measured":
        raise SketchError("nothing is measured: name ratio, copies or cep17")
    code = _test(entry, names, "ish")
    if entry.word("coded as") == "text":
        return _result(entry, names, code, valueString=reported or said)
    coded = _coded(entry, names)
    value = coded or {"valueCodeableConcept": concept(_word(names, said, entry.word("coded as")), reported)}
    return _result(entry, names, code, **value)


def _number(entry: Entry, names: Names, measure: str) -> Json:
    code, written, how = (
        concept(names.meaning(measure, names.of_kind(HER2_IHC, "tests"))),
        entry.word(measure),
        entry.word("coded as"),
    )
    quantity = {**_quantity(written), "unit": _UNITS[measure]}
    if how == "text":
        return {"code": code, "valueString": written}
    if how == "ratio" and measure == "ratio":
        return {"code": code, "valueRatio": {"numerator": _quantity(written), "denominator": {"value": 1}}}
    return {"code": code, "valueQuantity": quantity}


def _quantity(written: str) -> Json:
    comparator = next((sign for sign in _COMPARATORS if written.startswith(sign)), "")
    value = {"value": Decimal(written.removeprefix(comparator))}
    return {**value, "comparator": comparator} if comparator else value


def her2_overall(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw an overall HER2 status that names no method."""
    return [_plain(entry, names, "overall")]


def serum_her2(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw a HER2 result of the blood."""
    return [_plain(entry, names, "not tissue")]


def _plain(entry: Entry, names: Names, means: str) -> Json:
    return _result(entry, names, _test(entry, names, means), valueCodeableConcept=concept(_word(names, entry.about[0])))
