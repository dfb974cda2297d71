"""The floor under what tests run of the service: both sides of it, and what several processes saw."""

from typing import Any

import pytest

from tests.measuring import below, together

Seen = dict[str, Any]


def seen(lines: tuple[int, ...], missing: tuple[int, ...], *, branch: bool) -> Seen:
    either = [[1, 2]]
    file = {"executed_lines": list(lines), "missing_lines": list(missing)}
    file |= {"executed_branches": either if branch else [], "missing_branches": [] if branch else either}
    return {"meta": {"software": "slipcover", "branch_coverage": True}, "files": {"policies/x.py": file}, "summary": {}}


def test_a_line_that_any_process_ran_is_run() -> None:
    found = together([seen((1, 2), (3,), branch=False), seen((1, 3), (2,), branch=True)])
    assert found["summary"]["percent_covered"] == 100
    assert below(found["summary"]) == []


def test_a_line_that_no_process_ran_is_missing() -> None:
    found = together([seen((1, 2), (3,), branch=True), seen((1, 2), (3,), branch=True)])
    assert found["files"]["policies/x.py"]["missing_lines"] == [3]
    assert below(found["summary"]) == ["Tests run 75.00% of lines and branches: 95.0% is the floor."]


@pytest.mark.parametrize(
    ("percent", "branches", "named"),
    [
        (95.0, (92, 8), []),
        (94.99, (92, 8), ["lines and branches"]),
        (99.0, (91, 9), ["branches"]),
        (90.0, (0, 0), ["lines and branches", "branches"]),
    ],
)
def test_what_is_run_too_little_of_is_named(percent: float, branches: tuple[int, int], named: list[str]) -> None:
    summary = {"percent_covered": percent, "covered_branches": branches[0], "missing_branches": branches[1]}
    assert [one.partition("% of ")[2].partition(":")[0] for one in below(summary)] == named
