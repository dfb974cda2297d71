"""Public value sets: written as files of ours, and held against those on file."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.commands.main import main
from policies import catalogue

EXAMPLES = Path(__file__).resolve().parents[2] / "policies" / "examples"
ICD10, SNOMED = "http://hl7.org/fhir/sid/icd-10-cm", "http://snomed.info/sct"
EXPANDED = {
    "resourceType": "ValueSet",
    "url": "https://made.example.org/ValueSet/asthma",
    "version": "2026-03",
    "title": "Asthma that is severe",
    "expansion": {
        "contains": [
            {"system": ICD10, "code": "J45.50", "display": "Severe persistent asthma, uncomplicated"},
            {"system": ICD10, "code": "J45.52", "display": 'With "status" asthmaticus'},
            {
                "system": SNOMED,
                "abstract": True,
                "code": "1",
                "contains": [{"system": SNOMED, "code": "426656000", "display": "Severe persistent asthma (disorder)"}],
            },
            {"system": ICD10, "code": "J45.99", "display": "No longer used", "inactive": True},
            {"system": "urn:oid:1.2.3", "code": "x", "display": "Of a system that nobody knows"},
        ]
    },
}
LISTED = {
    "resourceType": "ValueSet",
    "name": "Asthma",
    "compose": {"include": [{"system": ICD10, "concept": [{"code": "J45.50", "display": "Severe"}]}]},
}
EXPORT = """Value Set Name,Severe Asthma
OID,2.16.840.1.113883.3.0
Definition Version,20260301
Code,Description,Code System,Code System Version
J45.50,"Severe persistent asthma, uncomplicated",ICD10CM,2026
426656000,Severe persistent asthma (disorder),SNOMEDCT,2026-03
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small folder of policies: one value set, and what every folder needs."""
    home = tmp_path / "own"
    for part in ("data", "cases", "value_sets"):
        (home / part).mkdir(parents=True)
    own = EXAMPLES.parent / "value_sets"
    for file in (
        *(own / "systems.yaml", own / "unspecific-drug-codes.2026-11-24.yaml"),
        *(EXAMPLES / "value_sets" / name for name in ("drugs.2026-12-01.yaml", "severe-asthma.2026-12-01.yaml")),
    ):
        shutil.copy(file, home / "value_sets" / file.name)
    return home


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ("policy", *arguments), env={"CDS_TODAY": "2026-12-15"})


def written(tmp_path: Path, text: str) -> str:
    file = tmp_path / "public.txt"
    file.write_text(text, "utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (json.dumps(EXPANDED), {"J45.50", "J45.52", "426656000"}),
        (json.dumps(LISTED), {"J45.50"}),
        (EXPORT, {"J45.50", "426656000"}),
        (EXPORT.replace(",", "\t").replace("asthma\t uncomplicated", "asthma, uncomplicated"), {"J45.50", "426656000"}),
    ],
)
def test_a_public_set_becomes_a_value_set_that_decides(
    tmp_path: Path, folder: Path, text: str, codes: set[str]
) -> None:
    told = run("import-valueset", written(tmp_path, text), "--id", "public-asthma", "--folder", str(folder))
    assert told.exit_code == 0, told.output
    found = catalogue.load(folder).terminology.codes("public-asthma", "2026-12-15")
    assert {one.code for one in found.members if one.decides} == codes


def test_what_is_left_out_is_said_and_where_a_set_is_from(tmp_path: Path, folder: Path) -> None:
    told = run("import-valueset", written(tmp_path, json.dumps(EXPANDED)), "--id", "public", "--folder", str(folder))
    assert "3 codes" in told.output
    assert "left out: 1 of 'urn:oid:1.2.3'" in told.output
    found = catalogue.load(folder).terminology.codes("public", "2026-12-15")
    assert {one.source for one in found.members} == {"https://made.example.org/ValueSet/asthma|2026-03"}
    assert found.title == "Asthma that is severe"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("{", "not JSON"),
        ('{"resourceType": "CodeSystem"}', "no ValueSet"),
        ('{"resourceType": "ValueSet", "compose": {"include": [{"system": "http://loinc.org"}]}}', "not its rule"),
        ("J45.50 asthma", "neither a ValueSet nor an export"),
    ],
)
def test_what_cannot_be_imported_is_told_and_nothing_is_written(
    tmp_path: Path, folder: Path, text: str, cause: str
) -> None:
    told = run("import-valueset", written(tmp_path, text), "--id", "public", "--folder", str(folder))
    assert told.exit_code == 1
    assert cause in told.output
    assert list((folder / "value_sets").glob("public.*")) == []


def test_nothing_is_overwritten(tmp_path: Path, folder: Path) -> None:
    given = ("import-valueset", written(tmp_path, EXPORT), "--id", "public", "--folder", str(folder))
    assert run(*given).exit_code == 0
    assert "there already" in run(*given).output


def test_codes_of_a_public_set_that_are_missing_are_named(tmp_path: Path, folder: Path) -> None:
    by = ("--by", "severe-asthma", "--folder", str(folder))
    told = run("coverage", "--of", written(tmp_path, json.dumps(EXPANDED)), *by)
    assert told.exit_code == 1
    assert "2 of 3 codes are held" in told.output
    assert "missing: ICD10CM J45.52" in told.output
    whole = run("coverage", "--of", written(tmp_path, EXPORT), *by)
    assert (whole.exit_code, "2 of 2 codes are held" in whole.output) == (0, True)


@pytest.mark.parametrize("given", [("--by", "severe-asthma"), ("--of", "FILE")])
def test_a_set_and_what_should_hold_it_go_together(tmp_path: Path, given: tuple[str, str]) -> None:
    option, value = given
    assert run("coverage", option, written(tmp_path, EXPORT) if value == "FILE" else value).exit_code == 2


def test_without_a_set_it_tells_what_is_held_of_those_on_file(folder: Path) -> None:
    assert "RxNorm: verified codes of 1 of 3 drugs" in run("coverage", "--folder", str(folder)).output
