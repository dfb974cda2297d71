"""A new policy is begun with a commented file and first cases that hold at once."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from workbench_files import desk_on_file, unverified_drugs

from fhir_mappings.cases.policy_test import try_policy
from policies.catalogue import Catalogue
from policies.checks.policy_check import check
from policies.mutations.all_mutations import changes
from policies.skeleton.new_policy import begin
from policies.skeleton.on_file import SkeletonError, Wanted
from policies.workspace.workspace import Desk, lay_out
from tests.world import light_copy_of

TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return lay_out(light_copy_of(tmp_path_factory.mktemp("copy")))


@pytest.mark.parametrize(
    ("drug", "more"),
    [
        ("teclistamab", {}),
        ("daratumumab", {}),
        ("paclitaxel", {}),
        ("dexamethasone", {"disease": "multiple-myeloma", "line_drugs": "myeloma-therapies"}),
    ],
)
def test_a_skeleton_passes_the_check_and_its_cases_come_out(tmp_path: Path, drug: str, more: dict[str, str]) -> None:
    home = light_copy_of(tmp_path)
    files = begin(lay_out(home), Wanted(drug, drug, TODAY, **more))
    assert [file.relative_to(home).as_posix() for file in files] == [
        f"data/{drug}/2026-11-25.yaml",
        f"cases/{drug}.yaml",
    ]
    checked = check(home)
    assert checked.sound, "\n".join(map(str, checked.remarks))
    assert checked.desk is not None
    tested = try_policy(checked.desk, drug, None)
    assert [result.differences for result in tested.results if not result.passed] == []
    assert tested.complete.gaps != ()
    policy = checked.desk.newest(drug)
    tried = changes(policy, checked.desk.catalogue.terminology)
    assert drug not in {change.member for change in tried}


def test_what_is_still_to_be_written_is_marked_and_every_kind_is_named(tmp_path: Path) -> None:
    home = light_copy_of(tmp_path)
    file, cases = begin(lay_out(home), Wanted("teclistamab", "teclistamab", TODAY))
    text = file.read_text(encoding="utf-8")
    assert text.count("TODO") > 10
    assert "#   performance_status (number) with tests: " in text
    assert 'code: "J9380"' in text
    assert "unit_mg: 0.5" in text
    assert 'each:\n      ["C90.00", ' in cases.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted("New Policy", "teclistamab", TODAY), "'New Policy' is no id"),
        (Wanted("new", "aspirin", TODAY), "'aspirin' is not in the drug table"),
        (Wanted("new", "elranatamab", TODAY), "'elranatamab' already has the policy 'elranatamab'"),
        (Wanted("elranatamab", "teclistamab", TODAY), "there is something already"),
        (Wanted("margetuximab", "teclistamab", TODAY), "is not written"),
        (Wanted("new", "dexamethasone", TODAY), "Name a set with --line-drugs: breast-systemic-therapies, myeloma-"),
        (Wanted("new", "teclistamab", TODAY, disease="gout"), "'gout' is no value set of codes"),
        (
            Wanted("new", "teclistamab", TODAY, disease="multiple-myeloma", line_drugs="gout"),
            "is no value set of drugs",
        ),
        (
            Wanted("new", "teclistamab", TODAY, line_drugs="anti-cd38-antibodies"),
            "Name a value set of codes with --dis",
        ),
    ],
)
def test_what_cannot_be_begun_is_told_and_nothing_is_written(desk: Desk, wanted: Wanted, words: str) -> None:
    before = sorted(desk.folder.rglob("*"))
    with pytest.raises(SkeletonError) as caught:
        begin(desk, wanted)
    assert words in str(caught.value)
    assert sorted(desk.folder.rglob("*")) == before


def test_no_policy_is_begun_for_a_drug_that_no_verified_code_names(desk: Desk) -> None:
    before = sorted(desk.folder.rglob("*"))
    doubted = replace(desk, catalogue=Catalogue(desk.catalogue.all, unverified_drugs("belantamab-mafodotin")))
    with pytest.raises(SkeletonError, match="has no verified code in the drug table"):
        begin(doubted, Wanted("new", "belantamab-mafodotin", TODAY))
    assert sorted(desk.folder.rglob("*")) == before


def test_a_case_file_alone_is_not_overwritten_either(tmp_path: Path) -> None:
    home = light_copy_of(tmp_path)
    (home / "cases" / "teclistamab.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / "other").mkdir()
    with pytest.raises(SkeletonError, match="there is something already"):
        begin(Desk(home, desk_on_file().catalogue, {}, (), ()), Wanted("teclistamab", "teclistamab", TODAY))
    assert not (home / "data" / "teclistamab").exists()


def sound_and_passing(home: Path) -> Desk:
    """Return the desk of a folder without a fault, whose cases of the policy `mine` come out."""
    checked = check(home)
    assert checked.sound, "\n".join(map(str, checked.remarks))
    assert checked.desk is not None
    tested = try_policy(checked.desk, "mine", None)
    assert [result.differences for result in tested.results if not result.passed] == []
    return checked.desk


def test_a_policy_that_counts_no_lines_is_begun_for_the_disease_that_is_named(tmp_path: Path) -> None:
    home = light_copy_of(tmp_path)
    begin(lay_out(home), Wanted("mine", "daratumumab", TODAY, disease="multiple-myeloma", counts_lines=False))
    figures = sound_and_passing(home).newest("mine").figures
    assert (figures.lines.drugs, figures.dosing) == ("", None)


def test_a_policy_that_counts_no_lines_never_takes_a_disease_in_silence(tmp_path: Path) -> None:
    home = light_copy_of(tmp_path)
    with pytest.raises(SkeletonError, match="Which disease"):
        begin(lay_out(home), Wanted("mine", "daratumumab", TODAY, counts_lines=False))
    assert not (home / "data" / "mine").exists()


def test_a_policy_for_several_diseases_has_an_indication_for_each(tmp_path: Path) -> None:
    home = light_copy_of(tmp_path)
    diseases = {"disease": "multiple-myeloma", "further": ("breast-cancer",)}
    begin(lay_out(home), Wanted("mine", "daratumumab", TODAY, counts_lines=False, **diseases))
    several = sound_and_passing(home).newest("mine").indications
    assert several is not None
    assert [one.disease for one in several.covered.values()] == ["multiple-myeloma", "breast-cancer"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted("new", "aspirin", TODAY), "Add it in value_sets/drugs.2026-12-01.yaml:\n\nversion: 2026-12-01\n"),
        (Wanted("new", "daratumumap", TODAY), "Did you mean 'daratumumab'?"),
        (Wanted("new", "teclistamab", TODAY, disease="gout"), "value_sets/gout.2026-11-25.yaml:\n\nid: gout\n"),
        (Wanted("new", "teclistamab", TODAY, "gout", "", False, ("colds",)), "'gout' is no value set of codes"),
        (
            Wanted("new", "teclistamab", TODAY, "multiple-myeloma", "", False, ("colds",)),
            "'colds' is no value set of codes",
        ),
        (
            Wanted("new", "teclistamab", TODAY, "multiple-myeloma", "", False, ("multiple-myeloma",)),
            "A disease is named twice",
        ),
        (Wanted("new", "teclistamab", TODAY, "multiple-myeloma", "", True, ("breast-cancer",)), "say --sort general"),
    ],
)
def test_what_is_lacking_is_said_with_the_file_to_write(desk: Desk, wanted: Wanted, words: str) -> None:
    before = sorted(desk.folder.rglob("*"))
    with pytest.raises(SkeletonError) as caught:
        begin(desk, wanted)
    assert words in str(caught.value)
    assert sorted(desk.folder.rglob("*")) == before
