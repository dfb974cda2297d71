"""A whole folder is checked: its case files, files that nobody reads, and what stops the building."""

from pathlib import Path

import pytest
from workbench_files import causes, copy_of, desk_on_file, rewrite

from policies.checks.cases import check as check_cases
from policies.checks.policy_check import Checked, check, report


def test_the_case_files_on_file_have_neither_fault_nor_warning() -> None:
    assert list(check_cases(desk_on_file())) == []


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """A copy with one fault of each sort that still can be built, checked once."""
    home = copy_of(tmp_path_factory.mktemp("copy"))
    cases = home / "cases"
    rewrite(
        cases / "elranatamab-codes.yaml",
        ("parts:\n", "parts:\n  nobody:\n    - {ecog: 1}\n"),
        (
            "given: elranatamab, from: 2026-03-02, to: 2026-05-25",
            "given: elranatamab, from: 2026-03-02, to: 2026-02-25",
        ),
    )
    rewrite(
        cases / "margetuximab-codes.yaml", ("{stage: IV, on: 2022-05-16}\n  on", "{stage: IV, on: 2022-02-30}\n  on")
    )
    (cases / "notes.txt").write_text("nobody reads this", encoding="utf-8")
    (home / "data" / "elranatamab.yml").write_text("id: x", encoding="utf-8")
    later = home / "data" / "elranatamab" / "2027-01-01.yaml"
    later.write_text(
        (home / "data/elranatamab/2025-12-11.yaml")
        .read_text(encoding="utf-8")
        .replace("version: 2025-12-11", "version: 2027-01-01"),
        encoding="utf-8",
    )
    return check(home)


def test_faults_come_first_and_warnings_do_not_stop(faulty: Checked) -> None:
    checked = faulty
    assert not checked.sound
    stops = [remark.stops for remark in checked.remarks]
    assert stops == sorted(stops, reverse=True)
    assert set(causes(one for one in checked.remarks if one.stops)) == {
        "It ends on 2026-02-25, before it begins on 2026-03-02",
        "'2022-02-30' is no day of the calendar",
    }
    told = report(checked)
    assert "cases/margetuximab-codes.yaml:9:1 (stage): '2022-02-30' is no day of the calendar" in told
    assert "are sound" not in told
    assert told.splitlines()[-1] == "2 faults, 4 warnings"


@pytest.mark.parametrize(
    "warning",
    [
        "Warning: cases/elranatamab-codes.yaml:7:3 (parts.nobody): No case uses the part 'nobody'",
        "Warning: cases/notes.txt:1:1: This file is not read",
        "Warning: data/elranatamab.yml:1:1: This file is not read",
        "(version): No case tests the version of 2027-01-01 of 'elranatamab'",
    ],
)
def test_what_is_suspicious_is_a_warning(faulty: Checked, warning: str) -> None:
    assert warning in report(faulty)


def test_what_stops_the_building_is_told_alone(tmp_path: Path) -> None:
    home = copy_of(tmp_path)
    rewrite(home / "data/elranatamab/2025-12-11.yaml", ("at_least: 4", "at_lest: 4"))
    checked = check(home)
    assert (checked.sound, checked.desk) == (False, None)
    assert "did you mean 'at_least'?" in report(checked)


def test_a_second_file_of_the_same_version_is_a_fault(tmp_path: Path) -> None:
    home = copy_of(tmp_path)
    (home / "data" / "my-elranatamab").mkdir()
    text = (home / "data/elranatamab/2025-12-11.yaml").read_text(encoding="utf-8")
    (home / "data/my-elranatamab/2025-12-11.yaml").write_text(text, encoding="utf-8")
    assert "The file is not named by its id and version" in causes(check(home).remarks)


def test_two_policies_for_one_drug_are_a_fault(tmp_path: Path) -> None:
    home = copy_of(tmp_path)
    (home / "data" / "other").mkdir()
    text = (home / "data/elranatamab/2025-12-11.yaml").read_text(encoding="utf-8")
    (home / "data/other/2025-12-11.yaml").write_text(text.replace("id: elranatamab", "id: other", 1), encoding="utf-8")
    assert causes(check(home).remarks) == ["'elranatamab' already belongs to the policy 'elranatamab'"]


def test_a_folder_that_is_no_policies_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    told = report(check(tmp_path))
    assert "This is no policies folder: value_sets, cases is missing" in told
    assert "copy the whole folder" in told
