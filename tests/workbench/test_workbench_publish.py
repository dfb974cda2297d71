"""What is signed off is in force, and nothing else of a folder: `cds-service policy publish`."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import policies
from cds_service.app.container import from_environment
from cds_service.commands.main import main
from policies import sign_offs
from policies.catalogue import Catalogue
from tests import world

GUIDE = Path(world.own_folder()).parents[0] / "docs" / "omalizumab"
SKELETONS = Path(policies.__file__).parent / "skeletons"
ID, VERSION = "omalizumab", "2026-12-01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "own"
    shutil.copytree(GUIDE, home)
    return home


def publish(folder: Path, policy: str = ID) -> tuple[int, str]:
    run = CliRunner().invoke(main, ["policy", "publish", policy, "--by", "A. Sosa, PharmD", "--folder", str(folder)])
    return run.exit_code, run.output


def served(folder: Path) -> Catalogue:
    return from_environment({"CDS_POLICIES_FOLDER": str(folder)}, folder, store=False).catalogue


def states(folder: Path) -> dict[str, bool]:
    """Each version that is served, and whether it is a draft."""
    return {one.version.isoformat(): one.is_draft for one in served(folder).all}


def test_a_folder_without_sign_offs_is_in_force_as_it_is(folder: Path) -> None:
    assert states(folder) == {VERSION: False}


def test_what_is_signed_off_is_in_force_until_it_is_changed(folder: Path) -> None:
    code, output = publish(folder)
    assert (code, f"signed off: {ID} of {VERSION}" in output) == (0, True), output
    assert states(folder) == {VERSION: False}
    (signed,) = sign_offs.sign_offs(folder) or ()
    assert signed.by == "A. Sosa, PharmD"
    sets = folder / "value_sets" / f"ige-tests.{VERSION}.yaml"
    sets.write_text(sets.read_text("utf-8").replace("highest: 100000", "highest: 200000"), "utf-8")
    assert states(folder) == {VERSION: True}


def test_a_new_version_takes_nothing_from_the_one_before_it_until_it_is_signed(folder: Path) -> None:
    publish(folder)
    text = (folder / "data" / ID / f"{VERSION}.yaml").read_text("utf-8")
    newer = text.replace(f"version: {VERSION}", "version: 2027-03-01", 1)
    (folder / "data" / ID / "2027-03-01.yaml").write_text(newer, "utf-8")
    assert states(folder) == {VERSION: False}


def test_a_folder_in_which_nothing_is_signed_holds_drafts(folder: Path) -> None:
    (folder / sign_offs.FILE).write_text("[]\n", "utf-8")
    assert states(folder) == {VERSION: True}


def test_what_is_unfinished_faulty_or_fails_its_cases_is_not_signed_off(folder: Path) -> None:
    file = folder / "data" / ID / f"{VERSION}.yaml"
    sound = file.read_text("utf-8")
    for changed, told in (
        (sound.replace("at_least: 30", "at_lest: 30"), "at_lest"),
        (sound.replace("at_least: 30", "at_least: 31"), "failed"),
        (sound.replace("  number: ", "  number: TODO "), "still to be written"),
    ):
        assert changed != sound
        file.write_text(changed, "utf-8")
        code, output = publish(folder)
        assert (code, told in output) == (1, True), output
    assert not (folder / sign_offs.FILE).exists()
    assert publish(folder, "nobody")[0] == 1


def test_an_odd_file_of_sign_offs_stops_the_start(folder: Path) -> None:
    (folder / sign_offs.FILE).write_text("signed: everything\n", "utf-8")
    with pytest.raises(sign_offs.PolicyError, match=r"published\.yaml"):
        served(folder)


def test_a_compiled_folder_knows_what_is_signed(folder: Path) -> None:
    publish(folder)
    assert CliRunner().invoke(main, ["policy", "compile", "--folder", str(folder)]).exit_code == 0
    assert states(folder) == {VERSION: False}
    (folder / sign_offs.FILE).write_text("[]\n", "utf-8")
    assert states(folder) == {VERSION: True}


def test_each_place_that_is_still_to_be_written_is_named(folder: Path) -> None:
    file, sets = folder / "data" / ID / f"{VERSION}.yaml", folder / "value_sets" / f"ige-tests.{VERSION}.yaml"
    file.write_text(file.read_text("utf-8") + "# TODO: ask Dr. Vega\n", "utf-8")
    sets.write_text("# TODO: a source\n" + sets.read_text("utf-8"), "utf-8")
    code, output = publish(folder)
    last = len(file.read_text("utf-8").splitlines())
    assert code == 1
    assert f"data/{ID}/{VERSION}.yaml:{last}: This is still to be written: # TODO: ask Dr. Vega" in output
    assert f"value_sets/ige-tests.{VERSION}.yaml:1: This is still to be written" in output
    assert not (folder / sign_offs.FILE).exists()


@pytest.mark.parametrize("skeleton", sorted(SKELETONS.glob("*.txt")), ids=lambda file: file.name)
def test_what_is_begun_can_be_signed_off_once_each_place_is_written(skeleton: Path) -> None:
    text = re.sub(r'"TODO: [^"]*"|# TODO: .*', "written", skeleton.read_text("utf-8"))
    assert "TODO" not in text
