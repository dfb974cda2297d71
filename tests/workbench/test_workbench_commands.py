"""The commands as the policy team uses them: what is printed, and the exit codes."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from workbench_files import desk_on_file, rewrite

from cds_service.commands.main import main
from tests.world import FOLDER, light_copy_of

FIXED = {"CDS_TODAY": "2026-11-25"}
EXAMPLES = Path(__file__).resolve().parents[2] / "policies" / "examples"


def run(*arguments: str) -> Result:
    """Run a command, on the folder of the tests' world where the command line names no other."""
    folder = () if "--folder" in arguments else ("--folder", str(FOLDER))
    return CliRunner().invoke(main, ["policy", *arguments, *folder], env=FIXED)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with a later version of elranatamab that asks for less."""
    home = light_copy_of(tmp_path_factory.mktemp("copy"))
    file = home / "data/elranatamab/2025-12-11.yaml"
    later = file.with_name("2027-01-01.yaml")
    later.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    rewrite(
        later, ("version: 2025-12-11", "version: 2027-01-01"), ("prior_lines, at_least: 4", "prior_lines, at_least: 3")
    )
    return home


def test_check_prints_warnings_and_ends_well(tmp_path: Path) -> None:
    home = light_copy_of(tmp_path)
    (home / "cases" / "notes.txt").write_text("nobody reads this", encoding="utf-8")
    result = run("check", "--folder", str(home))
    assert result.exit_code == 0
    assert result.output.startswith("Warning: cases/notes.txt:1:1: This file is not read")
    assert result.output.endswith("0 faults, 1 warning\n")


def test_check_of_sound_policies_counts_them_and_ends_well() -> None:
    result = run("check")
    assert result.exit_code == 0
    known = len(desk_on_file().catalogue.terminology.sets)
    assert f"2 policies and {known} value sets are sound" in result.output
    assert result.output.endswith("0 faults, 0 warnings\n")


def test_check_of_a_faulty_copy_ends_with_1(tmp_path: Path) -> None:
    home = light_copy_of(tmp_path)
    rewrite(home / "data/elranatamab/2025-12-11.yaml", ("code: J1323", "code: J9999"))
    result = run("check", "--folder", str(home))
    assert result.exit_code == 1
    assert "(product.billing.code): 'J9999' is no verified code of 'elranatamab'" in result.output


@pytest.mark.parametrize(
    "slips",
    [
        (("prior_lines, at_least: 4", "prior_lines, is: true"), ("fact: prior_anti_cd38", "fact: prior_anti_cd83")),
        (("fact: ecog, at_most: 2", "fact: ecog, at_mots: 2"),),
    ],
)
def test_the_page_on_the_language_shows_what_a_broken_copy_gives(
    tmp_path: Path, slips: tuple[tuple[str, str], ...]
) -> None:
    home = light_copy_of(tmp_path)
    rewrite(home / "data/elranatamab/2025-12-11.yaml", *slips)
    told, _, counted = run("check", "--folder", str(home)).output.rstrip().rpartition("\n")
    assert counted.endswith(" 0 warnings")
    page = Path(__file__).parents[2] / "docs/policy-language.md"
    assert f"```text\n{told}\n```" in page.read_text(encoding="utf-8")


def test_what_is_empty_or_single_is_written_as_people_write_it() -> None:
    """An indication is chosen by no place of the document; several of the value sets hold one code."""
    shown = run("show", "infliximab", "--folder", str(EXAMPLES)).output
    assert "; ]" not in shown
    assert ".chosen]" in shown
    assert "; 1 code, 1 verified" in " ".join(shown.split())
    assert "; 1 codes" not in " ".join(shown.split())


def test_a_folder_without_policies_is_counted_without_a_list(tmp_path: Path) -> None:
    for name in ("data", "cases", "value_sets"):
        (tmp_path / name).mkdir()
    assert " value sets are sound\n0 faults" in run("check", "--folder", str(tmp_path)).output


def test_the_quick_test_of_one_policy() -> None:
    result = run("test", "--policy", "elranatamab", "--quick")
    assert result.exit_code == 0, result.output
    assert "== elranatamab 2025-12-11" in result.output
    assert "margetuximab" not in result.output
    assert "small changes" not in result.output
    assert result.output.endswith("\nPassed: elranatamab\n")


def test_the_last_line_tells_the_verdict_over_all_policies(tmp_path: Path) -> None:
    home = light_copy_of(tmp_path)
    rewrite(home / "data/elranatamab/2025-12-11.yaml", ("prior_lines, at_least: 4", "prior_lines, at_least: 5"))
    result = run("test", "--quick", "--folder", str(home))
    assert result.exit_code == 1
    assert "== margetuximab" in result.output.partition("== elranatamab")[2], "the one that passes comes last"
    assert result.output.endswith("\nFAILED: elranatamab (see above)\n")


def test_a_case_that_does_not_come_out_ends_with_1_and_no_change_is_tried(tmp_path: Path) -> None:
    home = light_copy_of(tmp_path)
    rewrite(home / "data/elranatamab/2025-12-11.yaml", ("prior_lines, at_least: 4", "prior_lines, at_least: 5"))
    result = run("test", "--policy", "elranatamab", "--folder", str(home))
    assert result.exit_code == 1
    assert "FAIL  A chart with everything on file meets every criterion" in result.output
    assert "No small change was tried: first let every case come out" in result.output


def test_a_list_of_equivalents_that_names_no_policy_ends_with_1(tmp_path: Path) -> None:
    home = light_copy_of(tmp_path)
    rewrite(home / "cases" / "equivalents.yaml", ("\nmargetuximab:\n", "\nmargetuximob:\n"))
    result = run("test", "--policy", "elranatamab", "--folder", str(home), "--quick")
    assert result.exit_code == 1
    assert "'margetuximob' is no policy" in result.output
    assert result.output.endswith("\nFAILED: cases/equivalents.yaml lists policies that are not there (see above)\n")


def test_a_later_version_without_cases_ends_with_1(copy: Path) -> None:
    result = run("test", "--policy", "elranatamab", "--folder", str(copy))
    assert result.exit_code == 1
    assert "No case tests the version of 2027-01-01" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "elranatamab"), "elranatamab, in force from 2025-12-11"),
        (("show", "elranatamab", "--version", "2026-06-01"), "elranatamab, in force from 2025-12-11"),
        (("show", "elranatamab", "--against", "2026-01-01"), "Nothing is different."),
    ],
)
def test_a_policy_is_shown(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert said in result.output


def test_two_versions_are_compared(copy: Path) -> None:
    classes = "an anti-CD38 antibody, a proteasome inhibitor and an immunomodulatory agent"
    group = f" earlier therapies, with {classes} among them"
    result = run("show", "elranatamab", "--against", "2026-01-01", "--folder", str(copy))
    assert result.output.splitlines() == [
        "Elranatamab-bcmm (Elrexfio): the version of 2027-01-01 against the version of 2025-12-11",
        f"  - 'At least four{group}' is now worded 'At least three{group}'",
        "  - 'At least four earlier therapies' is now worded 'At least three earlier therapies'",
        "  - 'At least three earlier therapies' now asks for 3 or more; before 4 or more",
    ]
    older = run("show", "elranatamab", "--version", "2026-01-01", "--folder", str(copy))
    assert "in force from 2025-12-11" in older.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "aspirin"), 1, "no policy 'aspirin' is on file"),
        (("show", "elranatamab", "--version", "2020-01-01"), 1, "the first one holds from 2025-12-11"),
        (("test", "--policy", "aspirin"), 1, "no policy 'aspirin' is on file"),
        (("new", "x", "--drug", "aspirin"), 1, "'aspirin' is not in the drug table"),
        (("new", "x"), 2, "Missing option '--drug'"),
        (("check", "--folder", "/nowhere"), 2, "does not exist"),
    ],
)
def test_what_cannot_be_done_is_told(arguments: tuple[str, ...], code: int, said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == code
    assert said in result.output


def test_a_policy_is_begun_dated_today(tmp_path: Path) -> None:
    home = light_copy_of(tmp_path)
    result = run("new", "teclistamab", "--drug", "teclistamab", "--folder", str(home))
    assert result.exit_code == 0, result.output
    assert f"written: {home}/data/teclistamab/2026-11-25.yaml" in result.output
    assert run("check", "--folder", str(home)).exit_code == 0
    again = run("new", "teclistamab", "--drug", "teclistamab", "--folder", str(home))
    assert again.exit_code == 1
