"""What is on file is what the generator and the translator make of the policies now, byte for byte."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fhir_mappings.cql.carried import carry
from fhir_mappings.cql.digest import populated
from fhir_mappings.cql.shipped import file_name, logics
from fhir_mappings.cql.writer import BASE
from fhir_mappings.population.phrases import Codes
from fhir_mappings.publication.versions import semantic
from policies.catalogue import Catalogue
from tests import world
from tests.cql.__main__ import write
from tests.cql.charts_to_run import EXAMPLES, on_file
from tests.cql.engine import FOLDER, OF_EXAMPLES, compile_all

_EACH_POLICY = pytest.mark.parametrize(
    "policy", [*world.shipped().all, *on_file(EXAMPLES).all], ids=lambda one: str(one.id)
)


def _home(policy: Any) -> tuple[Path, Catalogue]:
    """Where the logic of a policy stands, and with what it is read."""
    return (FOLDER, world.shipped()) if policy.id in world.shipped().ids else (OF_EXAMPLES, on_file(EXAMPLES))


@pytest.fixture(scope="module")
def anew(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logic")
    write(folder)
    write(folder, EXAMPLES)
    return folder


def test_the_files_are_those_that_would_be_written_now(anew: Path) -> None:
    now = {one.name: one.read_bytes() for one in anew.iterdir()}
    files = (*FOLDER.iterdir(), *OF_EXAMPLES.iterdir())
    stored = {one.name: one.read_bytes() for one in files if one.suffix in {".cql", ".json"}}
    assert now.keys() == stored.keys(), "run `make cql`"
    assert [name for name in now if now[name] != stored[name]] == [], "these are of another state: run `make cql`"


@pytest.mark.requirement("dtr22.spec-92", "dtr22.spec-93")
@_EACH_POLICY
def test_a_library_is_of_one_context_and_needs_no_other(policy: Any) -> None:
    library = _elm(policy)["library"]
    assert library["identifier"]["version"] == semantic(policy.version)
    assert library["schemaIdentifier"] == {"id": "urn:hl7-org:elm", "version": "r1"}
    assert {one["context"] for one in library["statements"]["def"]} == {"Patient"}
    assert "includes" not in library
    assert "valueSets" not in library, "the public DTR app fills value sets only for libraries that include another"


@_EACH_POLICY
def test_each_fact_that_a_chart_can_settle_has_a_definition_and_no_other_has(policy: Any) -> None:
    names = {one["name"] for one in _elm(policy)["library"]["statements"]["def"] if one.get("type") != "FunctionDef"}
    defined = {name for name in names if re.fullmatch(r"[a-z][a-z0-9_]*", name)}
    assert defined == {fact.name for fact in populated(Codes(policy, _home(policy)[1].terminology))}
    assert defined.isdisjoint({"oncology_note", "imaging_comparison", "within_duration", "patient_deceased"})


def _elm(policy: Any) -> Any:
    return json.loads((_home(policy)[0] / file_name(policy, "elm.json")).read_text(encoding="utf-8"))


def test_the_logic_of_a_revised_policy_is_what_the_translator_would_write(tmp_path: Path) -> None:
    """A new version is carried over without the translator; what is then compiled must be that, byte for byte."""
    known, start = world.shipped(), date(2099, 1, 1)
    old = known.versions("elranatamab").policies[-1]
    new = replace(old, version=start)
    for kind in ("cql", "elm.json"):
        name = file_name(old, kind)
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    files = carry(old, new, known.terminology, tmp_path)
    assert [one.name for one in files] == ["elranatamab.2099-01-01.cql", "elranatamab.2099-01-01.elm.json"]
    carried = files[1].read_bytes()
    compile_all(tmp_path)
    assert files[1].read_bytes() == carried
    assert logics((new,), known.terminology, BASE, (tmp_path,)).keys() == {("elranatamab", "2099-01-01")}


def test_logic_that_is_not_on_file_or_of_another_state_is_not_carried(tmp_path: Path) -> None:
    known = world.shipped()
    old = known.versions("elranatamab").policies[-1]
    new = replace(old, version=date(2099, 1, 1))
    assert carry(old, new, known.terminology, tmp_path) == ()
    for kind in ("cql", "elm.json"):
        (tmp_path / file_name(old, kind)).write_text("of another state", encoding="utf-8")
    assert carry(old, new, known.terminology, tmp_path) == ()
    assert len(list(tmp_path.iterdir())) == 2
