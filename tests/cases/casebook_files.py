"""What the tests of policy cases share: the catalogue, the cases on file, and small case files made on the spot."""

from functools import cache
from typing import Any

from fhir_mappings.cases.chart_sketch import draw
from fhir_mappings.sketches.names import Names
from policies.catalogue import Catalogue
from policies.files.problems import PolicyError
from policies.files.yaml_source import parse
from policies.testcases import reader
from policies.testcases.casebook import Case, Entry
from tests import world

POLICIES = ("elranatamab", "margetuximab")

HEAD = """policy: margetuximab
parts:
  a patient:
    - {condition: breast cancer, on: 2021-03-08}
cases:
"""
"""Lines 1 to 5 of a case file; a case that is added begins in line 6."""


@cache
def catalogue_on_file() -> Catalogue:
    return world.policies()


@cache
def cases_on_file() -> tuple[Case, ...]:
    return world.desk().cases


def cases_of(text: str) -> tuple[Case, ...]:
    return reader.build(parse(text, "cases/test.yaml"), catalogue_on_file())


def case_of(entry: str) -> Case:
    (case,) = cases_of(f"{HEAD}  - {entry}")
    return case


def faults_of(text: str) -> list[str]:
    try:
        cases_of(text)
    except PolicyError as error:
        return [str(problem) for problem in error.problems]
    return []


def entry(verb: str, *about: str, **words: str) -> Entry:
    return Entry(verb, about, {name.rstrip("_").replace("_", " "): word for name, word in words.items()}, "test:1")


def names_of(policy: str = "margetuximab") -> Names:
    on_file = catalogue_on_file()
    return Names(on_file, on_file.versions(policy).policies[-1])


def drawn(*entries: Entry, policy: str = "margetuximab") -> list[dict[str, Any]]:
    return draw(entries, names_of(policy))[1:]


def code_of(concept: dict[str, Any]) -> str:
    code: str = concept["coding"][0]["code"]
    return code


def only(*args: Any, **words: Any) -> dict[str, Any]:
    (found,) = drawn(entry(*args, **words))
    return found
