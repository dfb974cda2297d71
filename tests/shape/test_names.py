"""No name of a disease, a drug or a test stands in Python outside of the rooms of oncology: they are data.

Docstrings are not meant, nor are words for organs. What a room of oncology is, is listed here, with why.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from policies import catalogue
from policies.terminology.value_sets import CodeSet

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "policies" / "examples"
PACKAGES = ("cds_service", "fhir_mappings", "hooks", "policies")

ONCOLOGY = {
    "fhir_mappings/disease/": "which cancer a finding belongs to, and how far it has spread",
    "fhir_mappings/her2/": "results of HER2",
    "fhir_mappings/text_forms/": "the grammar of results of HER2 and ECOG",
    "fhir_mappings/facts/": "kinds of fact that oncology asks for",
    "fhir_mappings/meanings/": "what words of HER2, ECOG and spread would mean",
    "fhir_mappings/clinical/anatomy.py": "the sites of cancers, in words",
    "fhir_mappings/population/her2_logic.py": "population logic of HER2",
    "fhir_mappings/population/probe.py": "texts by which its grammar is asked",
    "fhir_mappings/sketches/her2.py": "drawings of HER2 for cases",
    "fhir_mappings/sketches/names.py": "plain names of cancers in cases",
    "fhir_mappings/sketches/performance.py": "drawings of ECOG for cases",
    "fhir_mappings/cases/text_form_table.py": "the table of texts of HER2 and ECOG",
    "policies/kinds/her2.py": "kinds of fact that oncology asks for",
    "policies/kinds/performance.py": "the same",
    "cds_service/demonstration/loop.py": "the answer to the open question of its sample",
    "hooks/card_parts/brief_evidence.py": "keys of the sentences on HER2",
}
"""Where oncology's own reasoning stands, and what it is there for."""
OF_THE_BODY = {
    "fhir_mappings/general_facts/body_mass_index.py": "a kind that is worked out of weight and height",
    "policies/kinds/measurements.py": "the same",
    "policies/terminology/units.py": "a unit that UCUM does not know",
}
"""Where a general kind is named by what it works out."""

ODD = {"told", "tell", "tells", "telling"}
"""Words that name no module; migrations are a history."""
PLAIN = {"height"}
"""Names that are plain words too."""


@cache
def names() -> re.Pattern[str]:
    """Every drug and disease of the tables, and what tests and diagnoses are named by."""
    found: set[str] = {"her2", "ecog"}
    for known in (catalogue.load(), catalogue.load(EXAMPLES)):
        for table in known.terminology.drug_tables.values():
            found |= {name for one in table.by_id.values() for name in (one.id, *one.also_called)}
            found |= {word for one in table.diseases.by_id for word in (one, one.replace("-", " "))}
        for one in known.terminology.sets.values():
            found |= {*one.named} if isinstance(one, CodeSet) else set()
    words = sorted((re.escape(one) for one in found - PLAIN if len(one) > 2), key=len, reverse=True)
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words)})(?![a-z])", re.IGNORECASE)


def spoken(source: str) -> Iterator[str]:
    """Yield every text that is no docstring, and every name that a module makes or uses."""
    tree = ast.parse(source)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in said:
                yield text
            case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name.replace("_", " ")


@cache
def naming() -> frozenset[str]:
    """The files that name a disease, a drug or a test."""
    files = (file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))
    told = (file for file in files if any(map(names().search, spoken(file.read_text("utf-8")))))
    return frozenset(file.relative_to(ROOT).as_posix() for file in told)


def test_names_stand_in_the_rooms_of_oncology_and_in_the_data() -> None:
    rooms = (*ONCOLOGY, *OF_THE_BODY)
    assert [one for one in sorted(naming()) if not one.startswith(rooms)] == []


def test_every_room_that_is_listed_names_something() -> None:
    assert [room for room in (*ONCOLOGY, *OF_THE_BODY) if not any(one.startswith(room) for one in naming())] == []


def test_a_name_is_found_and_a_docstring_is_none() -> None:
    found = [one for one in spoken('"""On asthma."""\nMETHOTREXATE = f("severe asthma")\n') if names().search(one)]
    assert sorted(found) == ["METHOTREXATE", "severe asthma"]


def odd_names(files: Iterator[Path]) -> list[str]:
    """The modules that are named by a word that the field does not use: it says determined, reported, written."""
    return sorted(file.stem for file in files if ODD & set(file.stem.split("_")))


def test_no_module_is_named_by_a_word_that_the_field_does_not_use() -> None:
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    assert odd_names(file for file in files if "migrations" not in file.parts) == []


def test_an_odd_name_is_found() -> None:
    assert odd_names(iter([Path("told_orders.py"), Path("foretold.py"), Path("x/telling.py")])) == [
        "telling",
        "told_orders",
    ]
