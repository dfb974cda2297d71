"""Which policy of a drug holds: by the day, and by the line of business; and which two may not stand side by side."""

from datetime import date
from pathlib import Path

import pytest
from policy_texts import ELRANATAMAB, HOME, edited, real, words

from policies.building.policy import build
from policies.catalogue import Catalogue, load
from policies.choice import Lacking, Open
from policies.files.problems import PolicyError
from policies.files.yaml_source import parse
from policies.model.dates import OrderDate
from policies.model.policy import Policy
from policies.mutations.all_mutations import changes
from policies.text.policy_text import show
from policies.text.version_diff import differences

FIRST, LATER, LAST = date(2025, 12, 11), date(2026, 6, 1), date(2099, 1, 1)
HEAD = "title: Elranatamab-bcmm (Elrexfio)\n"


def text_of(name: str, day: date, *lines: str) -> str:
    said = f"holds_for: [{', '.join(lines)}]\n" if lines else ""
    named = (("id: elranatamab\n", f"id: {name}\n"), ("version: 2025-12-11", f"version: {day}"))
    return edited(real(ELRANATAMAB), *named, (HEAD, said + HEAD))


def policy(name: str, day: date, *lines: str) -> Policy:
    return build(parse(text_of(name, day, *lines), f"data/{name}/{day}.yaml"), words())


OLD = policy("a", FIRST)
COMMERCIAL, BOTH = policy("a", FIRST, "commercial"), policy("a", FIRST, "commercial", "medicaid")
MEDICARE, LATE_MEDICARE = policy("b", FIRST, "medicare"), policy("b", LATER, "medicare")
NARROWED = policy("a", LATER, "commercial")
UNKNOWN, OTHER, NOT_YET = Lacking.LINE_UNKNOWN, Lacking.OTHER_LINES, Lacking.NOT_YET


@pytest.mark.parametrize(
    ("known", "day", "line", "expected"),
    [
        # Without lines a policy is for everybody, whatever is known of the member.
        ((OLD,), FIRST, "", OLD),
        ((OLD,), FIRST, "medicare", OLD),
        # One for a certain line is no policy for another, nor for somebody of whom no line is known.
        ((COMMERCIAL,), FIRST, "commercial", COMMERCIAL),
        ((COMMERCIAL,), FIRST, "medicare", OTHER),
        ((COMMERCIAL,), FIRST, "", UNKNOWN),
        ((BOTH,), FIRST, "medicaid", BOTH),
        # Two: the line chooses.
        ((COMMERCIAL, MEDICARE), FIRST, "commercial", COMMERCIAL),
        ((COMMERCIAL, MEDICARE), FIRST, "medicare", MEDICARE),
        ((COMMERCIAL, MEDICARE), FIRST, "medicaid", OTHER),
        ((COMMERCIAL, MEDICARE), FIRST, "", UNKNOWN),
        ((COMMERCIAL, MEDICARE), date(2025, 12, 10), "medicare", NOT_YET),
        # The day before the second begins, and its first day.
        ((COMMERCIAL, LATE_MEDICARE), date(2026, 5, 31), "medicare", OTHER),
        ((COMMERCIAL, LATE_MEDICARE), LATER, "medicare", LATE_MEDICARE),
        ((COMMERCIAL, LATE_MEDICARE), date(2026, 5, 31), "", UNKNOWN),
        # A policy for all gives a line away on the day on which the other begins.
        ((OLD, NARROWED, LATE_MEDICARE), date(2026, 5, 31), "medicare", OLD),
        ((OLD, NARROWED, LATE_MEDICARE), LATER, "medicare", LATE_MEDICARE),
        ((OLD, NARROWED, LATE_MEDICARE), LATER, "commercial", NARROWED),
        # What a folder may not hold can come of sign-offs: a draft beside a version that it is to replace.
        ((COMMERCIAL, policy("b", FIRST, "commercial")), FIRST, "commercial", UNKNOWN),
    ],
)
def test_the_day_and_the_line_choose(
    known: tuple[Policy, ...], day: date, line: str, expected: Policy | Lacking
) -> None:
    found = Catalogue(known, words()).choice("elranatamab", OrderDate(day), line)
    assert (found.why if isinstance(found, Open) else found) is expected


def test_what_is_open_names_the_lines_and_the_policies() -> None:
    found = Catalogue((COMMERCIAL, MEDICARE), words()).choice("elranatamab", OrderDate(FIRST), "")
    assert isinstance(found, Open)
    assert (found.lines, found.ids) == (("commercial", "medicare"), ("a", "b"))


def test_a_version_that_somebody_names_judges_whoever_is_asked_about() -> None:
    known = Catalogue((COMMERCIAL, MEDICARE), words()).holding("b", FIRST)
    for line in ("", "commercial", "medicare"):
        found = known.choice("elranatamab", OrderDate(FIRST), line)
        assert isinstance(found, Policy)
        assert found.id == "b"


def folder(home: Path, *files: tuple[str, date, tuple[str, ...]]) -> Path:
    (home / "value_sets").symlink_to(HOME / "value_sets")
    for name, day, lines in files:
        file = home / "data" / name / f"{day}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(name, day, *lines), encoding="utf-8")
    return home


def test_policies_for_lines_of_their_own_stand_side_by_side(tmp_path: Path) -> None:
    home = folder(tmp_path, ("a", FIRST, ("commercial",)), ("b", FIRST, ("medicare", "medicaid")))
    assert load(home).ids == ("a", "b")


def test_a_line_may_go_over_to_another_policy_on_its_day(tmp_path: Path) -> None:
    home = folder(tmp_path, ("a", FIRST, ()), ("a", LATER, ("commercial",)), ("b", LATER, ("medicare",)))
    assert load(home).ids == ("a", "b")


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        (
            [("a", FIRST, ("commercial", "medicaid")), ("b", LATER, ("medicaid",))],
            "'elranatamab' already belongs to the policy 'a', for medicaid from 2026-06-01 on",
        ),
        (
            [("a", FIRST, ()), ("b", LATER, ("medicaid",))],
            "'elranatamab' already belongs to the policy 'a', for medicaid from 2026-06-01 on",
        ),
        (
            [("a", LATER, ("commercial",)), ("b", FIRST, ("commercial",)), ("b", LAST, ("medicare",))],
            "'elranatamab' already belongs to the policy 'a', for commercial from 2026-06-01 on",
        ),
    ],
)
def test_two_policies_of_a_line_in_force_on_one_day_are_a_fault(
    tmp_path: Path, files: list[tuple[str, date, tuple[str, ...]]], cause: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        load(folder(tmp_path, *files))
    (problem,) = caught.value.problems
    assert problem.cause == cause
    assert (problem.line, problem.path) == (7, ("holds_for",))
    assert "holds_for" in problem.mend


@pytest.mark.parametrize("wrong", ["[]", "[Commercial]", "[commercial, commercial]", "commercial"])
def test_a_line_that_is_none_is_a_fault(wrong: str) -> None:
    text = edited(real(ELRANATAMAB), (HEAD, f"holds_for: {wrong}\n{HEAD}"))
    with pytest.raises(PolicyError) as caught:
        build(parse(text, ELRANATAMAB), words())
    assert caught.value.problems[0].path[0] == "holds_for"


def test_the_lines_are_shown_and_each_is_to_be_noticed_by_a_case() -> None:
    assert "Chosen for members of these lines of business only: commercial, medicaid" in show(BOTH, words())
    assert "lines of business only" not in show(OLD, words())
    assert "It is now chosen for commercial, medicaid; before every member" in differences(BOTH, OLD, words())
    named = {one.id for one in changes(BOTH, words()) if one.path == ("holds_for",)}
    assert named == {"holds_for without commercial", "holds_for without medicaid"}
