"""The dosing in the workbench: what is checked, shown, compared, and changed by one step."""

import pytest
from workbench_files import ELRANATAMAB, MARGETUXIMAB, Edit, desk_on_file, later, made, only

from policies.checks.dosing import check
from policies.mutations.dosing import dosing_changes
from policies.mutations.mutation import named
from policies.text.policy_text import show
from policies.text.version_diff import differences


@pytest.mark.parametrize("name", [MARGETUXIMAB, ELRANATAMAB])
def test_the_dosing_on_file_is_sound(name: str) -> None:
    assert list(check(*made(name))) == []


@pytest.mark.parametrize(
    ("name", "edit", "place", "cause", "stops"),
    [
        (
            MARGETUXIMAB,
            ("vial_mg: [250]", "vial_mg: [25]"),
            "dosing.vial_mg[0]",
            "The product has no vial of 25 mg: 250 mg/10 mL (25 mg/mL), single dose",
            False,
        ),
        (
            MARGETUXIMAB,
            ("tolerance_percent: 10\n", "tolerance_percent: 100\n"),
            "dosing.tolerance_percent",
            "With a tolerance of 100 % no dose would ever be below the policy's",
            True,
        ),
        (
            ELRANATAMAB,
            ("      every_days: 28\n", "      every_days: 0\n"),
            "dosing.schedule[5].every_days",
            "A row for some patients only has no interval: Every ",
            True,
        ),
    ],
)
def test_what_does_not_go_together_is_told(name: str, edit: Edit, place: str, cause: str, *, stops: bool) -> None:
    found = only(check(*made(name, edit)))
    assert (found.stops, place in str(found)) == (stops, True)
    assert found.problem.cause.startswith(cause)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (MARGETUXIMAB, "  - a dose up to 10 % above or below is the policy's"),
        (ELRANATAMAB, "  - no other dose is the policy's"),
        (MARGETUXIMAB, "  - by a body weight of the last 30 days"),
        (MARGETUXIMAB, "  - weights of that time that differ by more than 10 % contradict each other"),
        (MARGETUXIMAB, "  - vials of 250 mg"),
        (MARGETUXIMAB, "  - billed are the milligrams given"),
        (ELRANATAMAB, "  - billed are the milligrams of the vials opened"),
        (ELRANATAMAB, "  - Step-up 2 (day 4): 32 mg subcutaneous, from day 4"),
        (
            ELRANATAMAB,
            "  - Every 4 weeks (from week 49): 76 mg subcutaneous, every 28 days, from day 337; only for",
        ),
    ],
)
def test_the_dosing_is_put_into_words(name: str, line: str) -> None:
    policy, _ = made(name)
    assert line in show(policy, desk_on_file().catalogue.terminology)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            ("tolerance_percent: 10\n", "tolerance_percent: 5\n"),
            "A dose may now lie apart from the policy's by percent: 5; before 10",
        ),
        (("within_days: 30,", "within_days: 14,"), "The days that a body weight may be old are now 14; before 30"),
        (
            ("agree_percent: 10,", "agree_percent: 5,"),
            "The percent by which body weights may differ are now 5; before 10",
        ),
        (("vial_mg: [250]", "vial_mg: [250, 100]"), "The milligrams of the vials are now 250, 100; before 250"),
        (("  bill: dose\n", "  bill: vials\n"), "Billed are now the milligrams of the vials; before dose"),
        (("No exceptions are listed.", "One exception."), "The note on the dose is now "),
    ],
)
def test_a_change_of_the_dosing_is_told(edit: Edit, sentence: str) -> None:
    found = differences(later(MARGETUXIMAB, edit), made(MARGETUXIMAB)[0], desk_on_file().catalogue.terminology)
    assert any(one.startswith(sentence) for one in found), found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (MARGETUXIMAB, "dosing.schedule[0].mg_per_kg + 0.1"),
        (MARGETUXIMAB, "dosing.schedule[0].every_days - 1"),
        (MARGETUXIMAB, "dosing.tolerance_percent + 1"),
        (MARGETUXIMAB, "dosing.weight.within_days - 1"),
        (MARGETUXIMAB, "dosing.weight.agree_percent + 1"),
        (MARGETUXIMAB, "dosing.vial_mg[0] + 0.1"),
        (MARGETUXIMAB, "dosing.bill becomes vials"),
        (MARGETUXIMAB, "product.billing.unit_mg - 0.1"),
        (MARGETUXIMAB, "authorization_months + 1"),
        (ELRANATAMAB, "dosing.schedule[1].mg - 0.1"),
        (ELRANATAMAB, "dosing.schedule[4].from_day + 1"),
        (ELRANATAMAB, "dosing.schedule[5] dropped"),
        (ELRANATAMAB, "dosing.schedule[4].only_for dropped"),
        (ELRANATAMAB, "dosing.vial_mg[1] dropped"),
        (ELRANATAMAB, "dosing.bill becomes dose"),
    ],
)
def test_each_figure_of_the_dosing_is_changed(name: str, expected: str) -> None:
    assert expected in [named(path, what) for path, what, _ in dosing_changes(made(name)[0])]


def test_the_only_row_and_the_first_day_stay() -> None:
    names = [named(path, what) for path, what, _ in dosing_changes(made(MARGETUXIMAB)[0])]
    assert "dosing.schedule[0] dropped" not in names
    assert not any("from_day" in one for one in names)
