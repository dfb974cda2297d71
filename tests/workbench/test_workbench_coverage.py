"""How `policy check` measures value sets by public sets of codes."""

import re
from pathlib import Path
from shutil import copytree

import pytest

from policies.checks import policy_check
from policies.workspace.workspace import own_folder

ONE_SOURCE = 1_141
"""So many verified codes name one source alone; fewer is better."""
NAME = "mcode-plasma-cell-disorders.yaml"


def _checked(folder: Path, old: str, new: str) -> policy_check.Checked:
    home = folder / "policies"
    copytree(own_folder(), home)
    file = home / "references" / NAME
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return policy_check.check(home)


def test_what_is_held_and_what_is_left_out_is_printed() -> None:
    told = policy_check.report(policy_check.check())
    assert "secondary neoplasms: 716 of 864 codes of HL7 mCODE" in told
    assert "148 left out: names another primary cancer" in told
    assert "cancers of the breast: 177 of 177 codes" in told
    assert "national drug codes: verified codes of 84 of 94 drugs" in told


def test_how_many_codes_rest_on_two_sources_is_printed() -> None:
    told = policy_check.report(policy_check.check())
    counted = re.search(r"verified codes: (\d+) of (\d+) by two public sources .*, (\d+) by one source", told)
    assert counted is not None
    twice, every, once = map(int, counted.groups())
    assert twice + once == every
    assert once <= ONE_SOURCE


def test_a_verified_code_whose_source_nobody_saw_is_a_fault(tmp_path: Path) -> None:
    home = tmp_path / "policies"
    copytree(own_folder(), home)
    file = home / "value_sets" / "ecog-scores.2026-11-24.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("mCODE STU1 ECOGPerformanceStatusVS", "not seen in a source; recalled", 1), "utf-8")
    found = policy_check.check(home)
    assert (found.sound, "is verified, and its source is 'not seen" in policy_check.report(found)) == (False, True)


@pytest.mark.parametrize(
    ("old", "new", "says", "sound"),
    [
        ('"109989006"', '"109989006", "1099890060"', "1 of its codes are in none of", True),
        ('["404142007"]', '["404142007", "109989006"]', "left out though a value set holds them", False),
        ('["404142007"]', '["404142007", "1"]', "left out though a value set holds them", False),
        ("  SNOMED:", "  SNOMAD:", "'SNOMAD' is no code system of systems.yaml", False),
        ("source:", "sauce:", "'sauce' is not a word of this file", False),
    ],
)
def test_what_is_missing_warns_and_what_contradicts_itself_stops(
    tmp_path: Path, old: str, new: str, says: str, *, sound: bool
) -> None:
    found = _checked(tmp_path, old, new)
    assert found.sound is sound
    assert says in policy_check.report(found)
