"""The words of the schema and what can be drawn are the same, and what is drawn is FHIR R4 in codes on file."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import yaml
from casebook_files import cases_on_file, catalogue_on_file, drawn, entry, names_of
from fhir.resources.R4B import get_fhir_model_class

from fhir_mappings.cases import chart_sketch
from fhir_mappings.cases.case_runner import OUTCOMES
from fhir_mappings.cases.chart_sketch import draw, draw_orders
from fhir_mappings.sketches.names import PLAIN_NAMES
from policies.kinds.registry import KINDS
from policies.terminology.value_sets import CodeSet
from policies.testcases.case_schema import VERBS, schema
from policies.testcases.casebook import Entry

DEFINITIONS = schema()["$defs"]
FHIR_WORDS = "http://terminology.hl7.org/CodeSystem/"
UNITS = "http://unitsofmeasure.org"

EXAMPLES = {
    "condition": "breast cancer",
    "family history": "breast cancer",
    "weight": "70 kg",
    "given": "trastuzumab",
    "dispensed": "trastuzumab",
    "claimed": "trastuzumab",
    "taken": "trastuzumab",
    "prescribed": "trastuzumab",
    "procedure": "ciltacabtagene autoleucel",
    "deceased": "2026-05-30",
}
"""What a verb can be about, where the schema does not list it, and no example of a kind of fact shows it."""
SHOWN = {
    verb: str(line[verb])
    for kind in KINDS.values()
    for example in kind.examples
    for line in map(yaml.safe_load, example.chart)
    for verb in (word.verb for word in kind.case_words)
    if verb in line and "<" not in str(line[verb])
}
"""What the examples of the kinds are about."""
UNASKED = {
    word.verb
    for kind in KINDS.values()
    if all(policy.fact_of_kind(kind) is None for policy in catalogue_on_file().all)
    for word in kind.case_words
}
"""The verbs of kinds for which no policy of these has value sets: the kinds' own tests draw them."""
DRAWN = [verb for verb in VERBS if verb not in UNASKED]

UNCODED = {
    ("procedure", "RxNorm"): "no RxNorm code of these cells is on file",
    ("procedure", "NDC"): "no national drug code of these cells is on file",
    ("given", "ICD-10-PCS"): "trastuzumab has no procedure code",
    ("dispensed", "ICD-10-PCS"): "trastuzumab has no procedure code",
    ("taken", "ICD-10-PCS"): "trastuzumab has no procedure code",
    ("prescribed", "ICD-10-PCS"): "trastuzumab has no procedure code",
    ("disease status", "LOINC"): "'worse' is a word of SNOMED alone",
}


def words_of(verb: str) -> dict[str, Any]:
    found: dict[str, Any] = DEFINITIONS[verb.replace(" ", "-")]["properties"]
    return found


def about_of(verb: str) -> list[str]:
    if "enum" in words_of(verb)[verb]:
        return list(words_of(verb)[verb]["enum"])
    return [EXAMPLES.get(verb) or SHOWN[verb]]


def line(verb: str, about: str, **more: str) -> Any:
    """Return an entry; an ISH result is measured, so that every way to code it can be drawn."""
    ratio = {"ratio": "2.1"} if verb == "her2 ish" else {}
    dated = {"on": "2026-05-04"} if "on" in words_of(verb) else {}
    words = {**dated, **ratio, **{name.replace("_", " "): word for name, word in more.items()}}
    return pytest.param(Entry(verb, (about,), words, ""), id=f"{verb} {about} {' '.join(more.values())}")


def every_way(word: str) -> Iterator[Any]:
    """Yield an entry for every verb with every value that the schema lists for a word."""
    for verb in DRAWN:
        for value in words_of(verb).get(word.replace("_", " "), {}).get("enum", ()):
            if (verb, value) not in UNCODED:
                yield line(verb, about_of(verb)[0], **{word: value})


def every_subject() -> Iterator[Any]:
    return (line(verb, about) for verb in DRAWN for about in about_of(verb))


ENTRIES = [
    *every_subject(),
    *(one for word in ("coded_as", "status", "course", "certainty") for one in every_way(word)),
]


def test_the_schema_and_the_loader_and_the_drawing_know_the_same_verbs() -> None:
    listed = [rule["if"]["required"][0] for rule in DEFINITIONS["entry"]["allOf"] if "required" in rule["if"]]
    assert listed == list(VERBS)
    assert list(chart_sketch.VERBS) == list(VERBS)


def test_the_schema_and_casework_know_the_same_outcomes() -> None:
    assert set(DEFINITIONS["expected"]["properties"]["outcome"]["enum"]) == set(OUTCOMES)


def test_every_object_of_the_schema_is_closed() -> None:
    open_objects = [
        name
        for name, definition in DEFINITIONS.items()
        if definition.get("type") == "object" and definition.get("additionalProperties") is not False
    ]
    assert open_objects == ["entry"], "an entry is closed by the definition of its verb"


@pytest.mark.parametrize("one", ENTRIES)
def test_every_word_of_the_schema_can_be_drawn_as_fhir(one: Entry) -> None:
    for resource in draw((one,), names_of()):
        model = get_fhir_model_class(resource["resourceType"])
        model.model_validate_json(msgspec.json.Encoder(decimal_format="number").encode(resource))


def test_every_pair_that_cannot_be_coded_is_a_pair_of_the_schema() -> None:
    for verb, system in UNCODED:
        assert system in words_of(verb)["coded as"]["enum"]


def codings(content: Any) -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        if "code" in content and "system" in content:
            yield content["system"], content["code"]
        for value in content.values():
            yield from codings(value)
    elif isinstance(content, list):
        for value in content:
            yield from codings(value)


def test_every_code_that_the_cases_use_is_on_file() -> None:
    words = catalogue_on_file().terminology
    known = {coding for one in words.sets.values() if isinstance(one, CodeSet) for coding in one.codings()}
    unknown = set()
    for case in cases_on_file():
        names = names_of(case.policy)
        for system, code in codings([draw(case.chart, names), draw_orders(case.order, names)]):
            on_file = (system, code) in known or catalogue_on_file().drugs.find(system, code)
            if not on_file and not system.startswith((FHIR_WORDS, UNITS)):
                unknown.add((system, code))
    assert unknown == set()


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_every_plain_name_stands_for_a_title_on_file(name: str) -> None:
    sets = (one for one in catalogue_on_file().terminology.sets.values() if isinstance(one, CodeSet))
    titles = {member.display for one in sets for member in one.members if member.decides}
    assert set(PLAIN_NAMES[name]) <= titles


def test_a_figure_is_drawn_as_it_is_written() -> None:
    (one,) = drawn(entry("her2 ish", "measured", ratio="2.00"))
    assert str(one["valueQuantity"]["value"]) == "2.00"
    assert one["valueQuantity"]["value"] == Decimal(2)
