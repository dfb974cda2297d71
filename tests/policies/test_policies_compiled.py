"""The compiled form of a policies folder: it gives what the files give, and of anything else it gives nothing."""

import os
import pickle
import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.app.container import from_environment
from cds_service.commands.policy_sets import compile_folder
from policies import catalogue, compiled
from policies.compiled import FILE, Built
from policies.files.problems import PolicyError
from policies.workspace.workspace import own_folder
from tests.world import FOLDER

PARTS = ("data", "value_sets", "cases")


def copied(source: Path, folder: Path) -> Path:
    for part in PARTS:
        shutil.copytree(source / part, folder / part)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with its compiled form."""
    made = copied(FOLDER, tmp_path / "own")
    run = CliRunner().invoke(compile_folder, ["--folder", str(made)], catch_exceptions=False)
    assert run.exit_code == 0
    assert FILE in run.output
    return made


def words(policies: object) -> list[str]:
    """What policies say, in the order of the alphabet: that of a set hangs on how it was filled."""
    return sorted(re.split(r"\W+", repr(policies)))


def read(home: Path) -> Built | None:
    return compiled.read(home, lambda: compiled.stamp((home,)))


@pytest.mark.parametrize("source", [FOLDER, own_folder(), own_folder() / "examples"])
def test_what_is_read_is_what_the_files_say(source: Path, tmp_path: Path) -> None:
    home = copied(source, tmp_path / "own")
    made = catalogue.built((home,))
    compiled.write(home, compiled.stamp((home,)), made)
    found = read(home)
    assert found is not None
    assert words(found.policies) == words(made.policies)
    assert words(found.superseded) == words(made.superseded)
    assert found.terminology.sets.keys() == made.terminology.sets.keys()
    for name, one in found.terminology.sets.items():
        assert getattr(one, "members", one) == getattr(
            made.terminology.sets[name], "members", made.terminology.sets[name]
        )
    for version, table in found.terminology.drug_tables.items():
        assert vars(table).keys() == vars(made.terminology.drug_tables[version]).keys()
        assert table.by_id == made.terminology.drug_tables[version].by_id
        assert table.regimens == made.terminology.drug_tables[version].regimens
    kinds = {id(fact.kind) for one in found.policies for fact in one.facts.values()}
    assert kinds <= {id(fact.kind) for one in made.policies for fact in one.facts.values()}


def test_a_service_starts_from_it_and_writes_no_form_that_nobody_asks_for(home: Path) -> None:
    environment = os.environ | {"CDS_POLICIES_FOLDER": str(home)}
    assert from_environment(environment, home, store=False).forms_are_proven
    (home / FILE).unlink()
    assert not from_environment(environment, home, store=False).forms_are_proven


def _another_byte(home: Path) -> None:
    file = next((home / "data").rglob("*.yaml"))
    file.write_text(file.read_text("utf-8") + "\n", "utf-8")


def _another_set(home: Path) -> None:
    file = next((home / "value_sets").glob("*.yaml"))
    file.write_text(file.read_text("utf-8") + "# seen\n", "utf-8")


def _another_name(home: Path) -> None:
    file = next((home / "data").rglob("*.yaml"))
    file.rename(file.with_name("0" + file.name))


def _one_more(home: Path) -> None:
    (home / "data" / "new").mkdir()
    (home / "data" / "new" / "2030-01-01.yaml").write_text("id: new\n", "utf-8")


def _one_less(home: Path) -> None:
    next((home / "data").rglob("*.yaml")).unlink()


def _damaged(home: Path) -> None:
    text = bytearray((home / FILE).read_bytes())
    text[len(text) // 2] ^= 1
    (home / FILE).write_bytes(text)


def _cut(home: Path) -> None:
    (home / FILE).write_bytes((home / FILE).read_bytes()[:-1])


@pytest.mark.parametrize(
    "change",
    [_another_byte, _another_set, _another_name, _one_more, _one_less, _damaged, _cut],
    ids=lambda one: one.__name__,
)
def test_of_anything_else_nothing_is_read(home: Path, change: Callable[[Path], None]) -> None:
    assert read(home) is not None
    change(home)
    assert read(home) is None


def test_a_policy_that_became_bad_stops_the_start_by_its_place(home: Path) -> None:
    file = next((home / "data").rglob("*.yaml"))
    file.write_text(file.read_text("utf-8").replace("facts:", "fakts:", 1), "utf-8")
    with pytest.raises(PolicyError) as stopped:
        catalogue.load(home)
    assert any(one.file.endswith(file.name) and one.line > 1 for one in stopped.value.problems)


def test_a_folder_that_is_not_sound_is_not_compiled(home: Path) -> None:
    next((home / "data").rglob("*.yaml")).write_text("id: [", "utf-8")
    run = CliRunner().invoke(compile_folder, ["--folder", str(home)])
    assert run.exit_code == 2
    assert "not YAML" in run.output
    assert not (home / FILE).exists()


@pytest.mark.parametrize("content", [os.system, compiled.stamp, shutil.rmtree, 5, ("a", "list")])
def test_what_is_no_policy_stops_the_start_and_is_not_run(home: Path, content: object) -> None:
    kept = pickle.dumps(content)
    (home / FILE).write_bytes(compiled.stamp((home,)) + sha256(kept).digest() + kept)
    with pytest.raises(PolicyError, match="no compiled form"):
        catalogue.load(home)


@pytest.mark.parametrize(
    "name", ["re.enum.bltns.eval", "re.compile", "Kind.__init__.__globals__", "re", "named_pattern", "dataclass"]
)
def test_nothing_is_reached_through_a_module_of_the_model(home: Path, name: str) -> None:
    called = b"".join(b"\x8c" + bytes([len(one)]) + one.encode() for one in ("policies.model.fact_kinds", name))
    kept = b"\x80\x04" + called + b"\x93\x8c\x036*7\x85R."
    (home / FILE).write_bytes(compiled.stamp((home,)) + sha256(kept).digest() + kept)
    with pytest.raises(PolicyError, match="is no part of a policy"):
        catalogue.load(home)


def test_policies_that_are_tried_as_drafts_are_compiled_as_they_are(tmp_path: Path) -> None:
    home = copied(FOLDER, tmp_path / "own")
    environment = {"CDS_POLICIES_ARE_DRAFTS": "true"}
    run = CliRunner().invoke(compile_folder, ["--folder", str(home)], env=environment, catch_exceptions=False)
    assert run.exit_code == 0
    found = read(home)
    assert found is not None
    assert not any(one.is_draft for one in found.policies)
    tried = os.environ | environment | {"CDS_POLICIES_FOLDER": str(home)}
    titles = {one.title for one in from_environment(tried, home, store=False).catalogue.all}
    (home / FILE).unlink()
    assert titles == {one.title for one in from_environment(tried, home, store=False).catalogue.all}
