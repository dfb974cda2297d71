"""`policy revise`: a new version begins without a gap; a figure changed then changes what it means, and no more."""

import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from workbench_files import copy_of, rewrite

from cds_service.commands.main import main
from fhir_mappings.cases.policy_test import report, try_policy
from policies.checks.policy_check import check
from policies.files.problems import UnknownVersionError
from policies.mutations import equivalents
from policies.mutations.equivalents import Equivalents
from policies.revision.case_text import Move, moved
from policies.revision.revision import RevisionError, revise, write
from policies.text.version_diff import differences
from policies.workspace.workspace import Desk, lay_out
from tests.world import FOLDER

START, LATER = date(2027, 1, 1), date(2028, 3, 1)
CARRIED = f"cases/elranatamab.{START}.yaml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["policy", "revise", *arguments])


def alone(folder: Path, policy_id: str) -> Path:
    """Copy a policies folder with one policy in it and its cases."""
    home = copy_of(folder)
    other = {"elranatamab": "margetuximab", "margetuximab": "elranatamab"}[policy_id]
    shutil.rmtree(home / "data" / other)
    for pattern in (f"{other}*", "equivalents.yaml"):
        for file in (home / "cases").glob(pattern):
            file.unlink()
    return home


def small(folder: Path, policy_id: str = "elranatamab") -> Path:
    """Copy a policies folder with one policy in it and its cases, but for those of each code."""
    home = alone(folder, policy_id)
    (home / "cases" / f"{policy_id}-codes.yaml").unlink()
    return home


def revised(home: Path, policy_id: str = "elranatamab", start: date = START) -> Desk:
    write(revise(lay_out(home), policy_id, start))
    return lay_out(home)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a new version of one policy, not changed yet; read by several tests, written by none."""
    home = small(tmp_path_factory.mktemp("begun"))
    revised(home)
    return home


def failing(desk: Desk) -> set[str]:
    results = try_policy(desk, "elranatamab", None).results
    return {f"{one.case.place.partition(':')[0]}: {one.case.sentence}" for one in results if not one.passed}


@pytest.mark.parametrize(
    ("policy_id", "copied", "listed"),
    [("elranatamab", alone, equivalents.load(FOLDER)), ("margetuximab", small, None)],
)
def test_a_new_version_has_neither_fault_nor_gap_before_it_is_changed(
    tmp_path: Path, policy_id: str, copied: Callable[[Path, str], Path], listed: Equivalents | None
) -> None:
    """Of one policy every small change is noticed by the cases that were carried, those of each code among them."""
    home = copied(tmp_path, policy_id)
    desk = revised(home, policy_id)
    checked = check(home)
    assert checked.sound
    assert not [one for one in checked.remarks if "No case" in one.problem.cause]
    tested = try_policy(desk, policy_id, listed)
    assert tested.passed, report(tested)
    assert tested.policy.version == START
    old, new = desk.catalogue.versions(policy_id).policies
    assert differences(new, old, desk.catalogue.terminology) == ()


def test_a_changed_figure_fails_the_cases_of_that_figure_and_no_other(begun: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(begun, tmp_path / "home"))
    figure = ("scores: ecog-scores, within_days: 90", "scores: ecog-scores, within_days: 89")
    rewrite(home / f"data/elranatamab/{START}.yaml", figure)
    assert failing(lay_out(home)) == {
        f"{CARRIED}: An ECOG status 90 days before the order is current",
        f"{CARRIED}: An ECOG status 91 days before the order is asked again",  # its note names the figure
    }


def test_the_new_file_differs_in_its_date_alone_and_begins_again_with_revision_1(tmp_path: Path) -> None:
    home = copy_of(tmp_path)
    old = home / "data/margetuximab/2026-05-06.yaml"
    revision = lay_out(home).newest("margetuximab").revision
    rewrite(old, (f"\nrevision: {revision}\n", f"\nrevision: {revision + 1}\n"))
    new = revise(lay_out(home), "margetuximab", START).new[old.with_name(f"{START}.yaml")]
    expected = old.read_text(encoding="utf-8").replace("version: 2026-05-06", f"version: {START}", 1)
    assert new == expected.replace(f"revision: {revision + 1}", "revision: 1")


def test_orders_that_the_new_version_would_judge_go_on_testing_the_old_one(tmp_path: Path) -> None:
    home = small(tmp_path)
    start = date(2026, 6, 8)  # the day lies between the orders of the cases on file
    assert [one for one in lay_out(home).cases if one.order.judged_on >= start]
    desk = revised(home, start=start)
    assert failing(desk) == set()
    for case in desk.cases:
        assert (case.order.judged_on >= start) == (str(start) in case.place)


def test_a_version_is_revised_again_and_the_names_of_its_case_files_do_not_grow(begun: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(begun, tmp_path / "home"))
    desk = revised(home, start=LATER)
    assert desk.catalogue.versions("elranatamab").dates[1:] == (START, LATER)
    assert {one.name for one in (home / "cases").glob(f"*{LATER}*")} == {
        f"{name}.{LATER}.yaml" for name in ("elranatamab", "elranatamab-dose", "elranatamab-lines", "elranatamab-sets")
    }
    assert failing(desk) == set()


def test_a_case_of_another_version_is_not_carried_nor_a_part_that_it_alone_uses(tmp_path: Path) -> None:
    home = small(tmp_path)
    alone = (
        "    patient: [nobody else]\n    chart: [{condition: multiple myeloma, on: 2017-02-20}]\n    expect: {outcome"
    )
    shared = "    chart: [{condition: multiple myeloma, on: 2017-02-20}]\n    expect: {outcome"
    part = "parts:\n  nobody else:\n    # a remark\n    - {ecog: 3, on: 2025-11-03}\n"
    rewrite(home / "cases/elranatamab.yaml", (shared, alone), ("parts:\n", part))
    text = revise(lay_out(home), "elranatamab", START).new[home / CARRIED]
    assert "A chart with everything on file" in text
    assert "# ---- Diagnosis ----" in text
    assert "A day before its first version" not in text
    assert "nobody else" not in text


@pytest.mark.parametrize(
    ("policy_id", "day", "said"),
    [
        ("aspirin", date(2027, 1, 1), "no policy 'aspirin' is on file"),
        ("elranatamab", date(2025, 12, 11), "2025-12-11 is not after 2025-12-11"),
        ("elranatamab", date(2024, 1, 1), "2024-01-01 is not after 2025-12-11, the newest version of 'elranatamab'"),
    ],
)
def test_what_cannot_be_revised_is_told_and_nothing_is_written(
    tmp_path: Path, policy_id: str, day: date, said: str
) -> None:
    home = small(tmp_path)
    before = {file: file.read_bytes() for file in home.rglob("*.yaml")}
    with pytest.raises((RevisionError, UnknownVersionError), match=re.escape(said)):
        revise(lay_out(home), policy_id, day)
    told = run(policy_id, "--from", str(day), "--folder", str(home))
    assert (told.exit_code, said in told.output) == (1, True)
    assert {file: file.read_bytes() for file in home.rglob("*.yaml")} == before


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    home = small(tmp_path)
    there = home / f"cases/elranatamab-dose.{START}.yaml"
    there.write_text((home / "cases/elranatamab-dose.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    told = run("elranatamab", "--from", str(START), "--folder", str(home))
    assert (told.exit_code, f"{there} is there already" in told.output) == (1, True)
    assert not (home / f"data/elranatamab/{START}.yaml").exists()


def test_the_command_names_what_it_wrote_and_what_comes_next(tmp_path: Path) -> None:
    home = small(tmp_path)
    done = run("elranatamab", "--from", str(START), "--folder", str(home))
    assert done.exit_code == 0, done.output
    assert f"written: {home}/data/elranatamab/{START}.yaml" in done.output
    assert f"written: {home}/cases/elranatamab.{START}.yaml" in done.output
    assert "cases come out as before" in done.output
    assert f"cds-service policy test --policy elranatamab --folder {home}" in done.output


def test_cases_that_do_not_come_out_are_named(tmp_path: Path) -> None:
    home = small(tmp_path)
    rewrite(home / "cases/elranatamab.yaml", ("{ecog: 1, on: order - 90d}", "{ecog: 1, on: order - 92d}"))
    told = run("elranatamab", "--from", str(START), "--folder", str(home))
    assert told.exit_code == 1
    assert "FAIL  An ECOG status 90 days before the order is current" in told.output
    assert "ok  " not in told.output


TEXTS = {file.name: file.read_text(encoding="utf-8") for file in sorted((FOLDER / "cases").glob("*-*.yaml"))}


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(sorted(TEXTS)), st.integers(-4000, 4000))
def test_a_file_that_is_moved_there_and_back_is_as_it_was(name: str, days: int) -> None:
    text = re.sub(r'"20[0-9]{2}"', "2020-01-01", TEXTS[name])  # a year alone moves by whole years
    number = text.count("- case: ")
    there = moved(text, dict.fromkeys(range(number), Move(timedelta(days=days))))
    assert moved(there, dict.fromkeys(range(number), Move(timedelta(days=-days)))) == text
