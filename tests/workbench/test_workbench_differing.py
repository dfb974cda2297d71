"""What is different between two versions, in sentences."""

from dataclasses import replace

import pytest
from workbench_files import ELRANATAMAB, MARGETUXIMAB, Edit, desk_on_file, later, made

from policies.terminology.drugs import Drugs
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import CodeSet, DrugSet
from policies.text.version_diff import differences

CURRENT = "A current ECOG performance status of 0 to <at_most:figure>"
ECOG = f"- {{id: ecog, says: {CURRENT}, section: A.iii, fact: ecog, at_most: 2}}"
HER2 = "HER2-positive by immunohistochemistry or by in situ hybridization"
IHC = "HER2 score by immunohistochemistry (IHC)"
ISH = "HER2 result by in situ hybridization (ISH)"
EXTENT = "Metastatic (stage IV, M1), or recurrent and unresectable (local or regional)"


def told(name: str, *edits: Edit) -> list[str]:
    return list(differences(later(name, *edits), made(name)[0], desk_on_file().catalogue.terminology))


@pytest.mark.parametrize("name", [ELRANATAMAB, MARGETUXIMAB])
def test_versions_that_are_alike_have_no_differences(name: str) -> None:
    assert told(name) == []


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            ("prior_lines, at_least: 4", "prior_lines, at_least: 3"),
            "'At least three earlier therapies' now asks for 3 or more; before 4 or more",
        ),
        (("window_days: 60", "window_days: 28"), "The window of a line is now 28 days; before 60 days"),
        (
            ("gap_days: 90", "gap_days: 120"),
            "The pause after which the same drug may be a further line is now 120 days; before 90 days",
        ),
        (
            ("maintenance_days: 180", "maintenance_days: 120"),
            "The time after a transplant in which maintenance belongs to its line is now 120 days; before 180 days",
        ),
        (
            ("consolidation: [daratumumab, isatuximab,", "consolidation: [daratumumab,"),
            "No longer a drug that may follow a transplant by plan: isatuximab",
        ),
        (
            ("    - [bortezomib, ixazomib]", "    - [bortezomib, lenalidomide]"),
            "New step inside a line: lenalidomide after bortezomib",
        ),
        (
            ("    - [bortezomib, ixazomib]", "    - [bortezomib, lenalidomide]"),
            "No longer a step inside a line: ixazomib after bortezomib",
        ),
        (
            ("scores: ecog-scores, within_days: 90", "scores: ecog-scores, within_days: 60"),
            "'ECOG performance status' is now read with within days 60; before 90",
        ),
        (
            ("continuation_after_days: 28", "continuation_after_days: 21"),
            "A request is now a continuation from day 21; before 28",
        ),
        (("authorization_months: 6", "authorization_months: 12"), "An authorization now lasts months: 12; before 6"),
        (
            ("says: An anti-CD38 antibody among them, fact", "says: An antibody against CD38, fact"),
            "'An anti-CD38 antibody among them' is now worded 'An antibody against CD38'",
        ),
        (
            ("<at_most:figure>, section: A.iii", "<at_most:figure>, section: A.iv"),
            "'A current ECOG performance status of 0 to 2' now stands in section A.iv; before A.iii",
        ),
        (
            ("ask: Does the patient have multiple myeloma?", "ask: Is it?"),
            "The question on 'Multiple myeloma' is now 'Is it?'; before 'Does the patient have multiple myeloma?'",
        ),
        (
            ("title: Elranatamab-bcmm (Elrexfio)", "title: Elrexfio"),
            "The title is now Elrexfio; before Elranatamab-bcmm (Elrexfio)",
        ),
        (
            ("approved: [2025-04-02, 2025-12-11]", "approved: [2025-04-02]"),
            "The document is now approved on 2025-04-02; before 2025-04-02, 2025-12-11",
        ),
        (("unit_mg: 1}", "unit_mg: 2}"), "The milligrams of a billing unit are now 2; before 1"),
        (
            ("route: subcutaneous, mg: 32", "route: subcutaneous, mg: 36"),
            "New row of the dose table: Step-up 2 (day 4): 36 mg subcutaneous, from day 4",
        ),
        (
            (
                '    about: REMS\n    says: "Available only through a REMS program."',
                "    about: REMS\n    says: A program.",
            ),
            "No longer a sentence on safety: Program (Boxed warning): Available only through a REMS program.",
        ),
        (
            ("what: Unacceptable toxicity", "what: Bad toxicity"),
            "The fact unacceptable_toxicity is now called Bad toxicity; before Unacceptable toxicity",
        ),
    ],
)
def test_a_change_is_told_in_a_sentence(edit: Edit, sentence: str) -> None:
    assert sentence in told(ELRANATAMAB, edit)


def test_criteria_come_and_go() -> None:
    new = "- {id: cd38, says: An antibody, section: A, fact: prior_anti_cd38, is: true}"
    now, before = later(ELRANATAMAB, (ECOG, f"{ECOG}\n    {new}")), made(ELRANATAMAB)[0]
    words = desk_on_file().catalogue.terminology
    called = "'An antibody' (An anti-CD38 antibody among them: yes)"
    assert list(differences(now, before, words)) == [f"New criterion of a first request: {called}"]
    assert list(differences(before, now, words)) == [f"No longer a criterion of a first request: {called}"]


def test_facts_come_and_go() -> None:
    now, before = made(ELRANATAMAB)[0], made(MARGETUXIMAB)[0]
    tests, gone = now.value_sets["ecog-tests"], before.value_sets["her2-tests"]
    found = differences(now, before, desk_on_file().catalogue.terminology)
    assert "New fact: ECOG performance status (ecog)" in found
    assert "No longer a fact: Breast cancer (breast_cancer)" in found
    assert f"New value set: ecog-tests of {tests}" in found
    assert f"No longer a value set: her2-tests of {gone}" in found
    assert "The diagnoses that the drug is for are now those of multiple-myeloma; before breast-cancer" in found
    assert any(
        one.startswith("No longer a row of the definition her2-ish: dual probe, ratio 2.0 or more") for one in found
    )


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            ("      any:\n        - {id: her2-positive.ihc,", "      all:\n        - {id: her2-positive.ihc,"),
            f"'{HER2}' now needs all of; before at least one of",
        ),
        (
            ("one_of: [metastatic, recurrent and unresectable]", "is: metastatic"),
            f"'{EXTENT}' now asks for metastatic; before one of metastatic, recurrent and unresectable",
        ),
        (
            ("undecided: [equivocal]\n", "undecided: [equivocal, negative]\n"),
            f"Of '{ISH}' these settle nothing now: equivocal, negative; before equivocal",
        ),
        (
            ('2+: "equivocal: ISH decides"', '2+: "ISH decides"'),
            f"The note on '2+' of '{IHC}' is now ISH decides; before equivocal: ISH decides",
        ),
        (
            ("says: Immunohistochemistry of the invasive tumor cells.", "says: IHC."),
            "The definition her2-ihc now says IHC.; before Immunohistochemistry of the invasive tumor cells.",
        ),
    ],
)
def test_groups_tests_options_and_definitions_are_compared(edit: Edit, sentence: str) -> None:
    assert sentence in told(MARGETUXIMAB, edit)


def test_a_criterion_that_moves_to_another_group_is_told() -> None:
    says = "says: An anti-CD38 antibody among them, fact: prior_anti_cd38, is: true"
    line = f"        - {{id: prior-therapies.anti-cd38, {says}}}\n"
    moved = f"    {line.strip().replace('them, fact', 'them, section: A.ii, fact')}\n    {ECOG}"
    found = told(ELRANATAMAB, (line, ""), (f"    {ECOG}", moved))
    assert found == ["'An anti-CD38 antibody among them' now stands under no group; before prior-therapies"]


def with_set(changed: CodeSet | DrugSet) -> Terminology:
    words = desk_on_file().catalogue.terminology
    return replace(words, sets={**words.sets, (changed.name, changed.version): changed})


def pinned(name: str) -> str:
    old, new = made(ELRANATAMAB)[0], later(ELRANATAMAB)
    words = desk_on_file().catalogue.terminology
    before = words.sets[name, old.value_sets[name]]
    if isinstance(before, CodeSet):
        newer: CodeSet | DrugSet = CodeSet(name, "2027-01-01", "", "", before.members[1:])
    else:
        newer = replace(before, version="2027-01-01", roles={"isatuximab": "", "selinexor": "main"})
    now = replace(new, value_sets={**new.value_sets, name: "2027-01-01"})
    (sentence,) = differences(now, old, with_set(newer))
    return sentence


def test_a_value_set_of_another_date_tells_what_it_adds_and_drops() -> None:
    assert pinned("anti-cd38-antibodies") == (
        "Value set anti-cd38-antibodies is now of 2027-01-01: adds selinexor (main), no longer holds daratumumab"
    )
    assert pinned("myeloma-course") == (
        "Value set myeloma-course is now of 2027-01-01: "
        "no longer holds ICD10CM C90.02 (Multiple myeloma in relapse; verified, means relapsed)"
    )


def test_a_drug_table_of_another_date_is_compared_too() -> None:
    words = desk_on_file().catalogue.terminology
    old = made(ELRANATAMAB)[0]
    pinned = words.drugs(old.value_sets["drugs"])
    drugs = [one for one in pinned.by_id.values() if one.id != "selinexor"]
    tables = {**words.drug_tables, "2027-01-01": Drugs("2027-01-01", drugs)}
    now = replace(old, value_sets={**old.value_sets, "drugs": "2027-01-01"})
    (sentence,) = differences(now, old, replace(words, drug_tables=tables))
    assert sentence.startswith("Value set drugs is now of 2027-01-01: no longer holds selinexor RXNORM ")
    same = replace(words, drug_tables={**words.drug_tables, "2027-01-01": pinned})
    assert differences(now, old, same) == ("Value set drugs is now of 2027-01-01: the same members",)
