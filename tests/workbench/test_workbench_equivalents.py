"""The list of changes that change nothing is held against what the cases noticed."""

from pathlib import Path

import pytest
from workbench_files import ELRANATAMAB, causes, desk_on_file, made, only

from policies.files.problems import PolicyError
from policies.mutations import equivalents
from policies.mutations.all_mutations import changes
from policies.mutations.equivalents import Equivalents, unknown_policies, verdict
from policies.mutations.mutation import Change

LEAD_IN = "lines.lead_in_days + 1"
WINDOW = "lines.window_days + 1"
ENTRY = "elranatamab:\n  - {{reason: Because., changes: [{}]}}\n"


def list_of(folder: Path, text: str) -> Equivalents:
    (folder / "cases").mkdir(exist_ok=True)
    (folder / "cases" / "equivalents.yaml").write_text(text, encoding="utf-8")
    return equivalents.load(folder)


def tried(*unnoticed: str) -> list[tuple[Change, str]]:
    policy, _ = made(ELRANATAMAB)
    known = changes(policy, desk_on_file().catalogue.terminology)
    return [(change, "" if change.id in unnoticed else "A case") for change in known]


def told(listed: Equivalents, *unnoticed: str) -> list[str]:
    return [str(one) for one in verdict(listed, made(ELRANATAMAB)[1], tried(*unnoticed))]


def test_without_a_file_nothing_is_listed(tmp_path: Path) -> None:
    assert equivalents.load(tmp_path).listed == {}


def test_what_is_noticed_or_listed_is_well(tmp_path: Path) -> None:
    assert told(list_of(tmp_path, ENTRY.format(LEAD_IN)), LEAD_IN) == []


def test_what_no_case_notices_is_told_once_a_place_with_a_way_to_mend_it(tmp_path: Path) -> None:
    found = told(list_of(tmp_path, ENTRY.format(LEAD_IN)), LEAD_IN, WINDOW, "lines.window_days - 1")
    assert len(found) == 1
    assert found[0].startswith("data/elranatamab/2025-12-11.yaml:49:3 (lines.window_days): No case notices: ")
    assert "lines.window_days + 1; lines.window_days - 1" in found[0]
    assert "add a case that comes out differently with it, or list it in cases/equivalents.yaml" in found[0]


def test_members_that_no_case_notices_are_given_as_a_list_to_paste(tmp_path: Path) -> None:
    members = (
        "value_sets.multiple-myeloma without ICD10CM C90.00",
        "value_sets.multiple-myeloma without ICD10CM C90.01",
    )
    (found,) = told(list_of(tmp_path, ENTRY.format(LEAD_IN)), LEAD_IN, *members)
    assert "add a case with 'each: [\"C90.00\", \"C90.01\"]' beside 'order', and a line of its chart with " in found
    assert "{condition: each}: it runs once with each of them" in found


def test_an_entry_that_a_case_notices_is_a_fault_at_its_line(tmp_path: Path) -> None:
    (found,) = told(list_of(tmp_path, ENTRY.format(LEAD_IN)))
    assert found.startswith("cases/equivalents.yaml:2:")
    assert "This change is noticed, by the case 'A case'" in found
    assert "To mend it: delete the entry" in found


@pytest.mark.parametrize(
    ("name", "mend"), [("lines.windows_days + 1", "did you mean 'lines.window_days + 1'?"), ("zzz", "delete the entry")]
)
def test_an_entry_of_no_change_is_a_fault(tmp_path: Path, name: str, mend: str) -> None:
    (found,) = told(list_of(tmp_path, ENTRY.format(name)))
    assert f"There is no such change: {name}" in found
    assert mend in found


def test_an_entry_of_no_policy_is_a_fault(tmp_path: Path) -> None:
    listed = list_of(tmp_path, ENTRY.format(LEAD_IN).replace("elranatamab", "aspirin"))
    assert causes([only(unknown_policies(listed, ("elranatamab",)))]) == ["'aspirin' is no policy"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("elranatamab:\n  - {changes: [a]}\n", "'reason' is missing here"),
        ("elranatamab:\n  - {reason: r, changes: []}\n", "0 is too few here"),
        ("elranatamab:\n  - {reason: r, changes: [a], why: b}\n", "'why' is not a word of this file"),
    ],
)
def test_a_list_that_is_not_written_as_it_should_be_is_told(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(PolicyError, match=cause):
        list_of(tmp_path, text)
