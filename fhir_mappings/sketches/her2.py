"""HER2 results in the ways in which laboratories send them."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType

from fhir_mappings.sketches.names import Names, SketchError
from fhir_mappings.sketches.parts import Json, concept, observation
from fhir_mappings.sketches.sheet import Sheet
from policies.casebook import Entry

_TESTS, _SCORES, _WORDS = "her2-tests", "her2-ihc-scores", "result-words"
_IHC = "HER2 [Presence] in Breast cancer specimen by Immune stain"
_PANEL = "ERBB2 gene (HER2) duplication associated observations panel - Tissue by FISH"
_WORD_OF_SCORE = {"0": "negative", "1+": "negative", "2+": "equivocal", "3+": "positive"}
_UNITS = {"ratio": "ratio", "copies": "{copies}/{cell}", "cep17": "{copies}/{cell}"}
_COMPARATORS = ("<=", ">=", "<", ">")


def her2_ihc(entry: Entry, names: Names, _: Sheet) -> list[Json]:
    """Draw an IHC result; `reported as` is the text of the answer, which may say something else than its code."""
    code = concept(names.meaning("ihc", _TESTS, display=_IHC))
    said, how = entry.about[0], entry.word("coded as", "LOINC")
    if said not in (*_WORD_OF_SCORE, *_WORD_OF_SCORE.values()) and how != "text":
        how = "text"
    value = _IHC_VALUES[how](names, said, entry.word("reported as"))
    if how == "component":
        value = {"component": [{"code": code, **value}]}
    return [observation(entry, code, specimen=_specimen(entry), **value)]


def _answer(names: Names, said: str, reported: str, system: str) -> Json:
    if said in _WORD_OF_SCORE:
        return {"valueCodeableConcept": concept(names.meaning(said, _SCORES, system), reported)}
    return {"valueCodeableConcept": concept(names.meaning(said, _WORDS, system), reported)}


def _loinc(names: Names, said: str, reported: str) -> Json:
    return _answer(names, said, reported, "" if said == "equivocal" else "LOINC")


def _snomed(names: Names, said: str, reported: str) -> Json:
    return _answer(names, said, reported, "SNOMED")


def _display(names: Names, said: str, _: str) -> Json:
    """Return a word in code whose display alone has the score: Positive (IHC 3+)."""
    word = _WORD_OF_SCORE[said]
    member = names.meaning(word, _WORDS, "SNOMED")
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
        parts[0]["interpretation"] = [concept(names.meaning(entry.about[0], _WORDS))]
    if entry.word("coded as") == "component":
        panel = concept(names.meaning("ish", _TESTS, display=_PANEL))
        return [observation(entry, panel, specimen=_specimen(entry), component=parts)]
    return [observation(entry, part.pop("code"), specimen=_specimen(entry), **part) for part in parts]


def _ish_word(entry: Entry, names: Names) -> Json:
    said, reported = entry.about[0], entry.word("reported as")
    if said == "measured":
        raise SketchError("nothing is measured: name ratio, copies or cep17")
    code = concept(names.meaning("ish", _TESTS))
    if entry.word("coded as") == "text":
        return observation(entry, code, specimen=_specimen(entry), valueString=reported or said)
    member = names.meaning(said, _WORDS, entry.word("coded as"))
    return observation(entry, code, specimen=_specimen(entry), valueCodeableConcept=concept(member, reported))


def _number(entry: Entry, names: Names, measure: str) -> Json:
    code, written, how = concept(names.meaning(measure, _TESTS)), entry.word(measure), entry.word("coded as")
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
    value = concept(names.meaning(entry.about[0], _WORDS))
    return observation(entry, concept(names.meaning(means, _TESTS)), valueCodeableConcept=value)
