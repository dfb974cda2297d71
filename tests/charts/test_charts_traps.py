"""The traps of the record: each is told in traps.yaml, with the charts that show it, or why no policy decides it."""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from charts_on_file import HERE, charts, expected_of, is_judged, leaves, of_file, result_of

from fhir_mappings.cases import case_runner
from policies.testcases.casebook import Case

NUMBER_OF_TRAPS = 43
TRAPS = ("margetuximab-traps.yaml", "elranatamab-traps.yaml")
TESTS = HERE.parent


@cache
def traps() -> tuple[dict[str, Any], ...]:
    found = yaml.safe_load((HERE / "traps.yaml").read_text(encoding="utf-8"))["traps"]
    return tuple(found)


def of_traps() -> list[Case]:
    return [case for name in TRAPS for case in of_file(name)]


@pytest.mark.parametrize("case", of_traps(), ids=lambda case: f"{case.policy}: {case.sentence}")
def test_trap(case: Case) -> None:
    result = result_of(case)
    if not result.passed:
        pytest.fail(case_runner.report([result]), pytrace=False)


@pytest.mark.parametrize("case", [case for case in of_traps() if is_judged(case)], ids=lambda case: case.sentence)
def test_a_trap_settles_nothing_that_it_does_not_name(case: Case) -> None:
    told = {reason.criterion.id: reason.truth.value for reason in leaves(case)}
    assert told == {name: expected_of(case, name).value for name in told}


def test_every_trap_is_on_the_list_once() -> None:
    assert [trap["number"] for trap in traps()] == list(range(1, NUMBER_OF_TRAPS + 1))
    assert len({trap["trap"] for trap in traps()}) == NUMBER_OF_TRAPS


@pytest.mark.parametrize("trap", traps(), ids=lambda trap: f"{trap['number']} {trap['trap']}")
def test_a_trap_is_shown_by_charts_and_tests_or_says_why_not(trap: dict[str, Any]) -> None:
    assert set(trap) <= {"number", "trap", "handling", "charts", "tests", "undecided"}
    assert trap["handling"].strip()
    shown = [*trap.get("charts", ()), *trap.get("tests", ())]
    assert bool(shown) != ("undecided" in trap)


@pytest.mark.parametrize("trap", traps(), ids=lambda trap: trap["trap"])
def test_the_charts_and_tests_of_a_trap_exist(trap: dict[str, Any]) -> None:
    titles = {case.title for case in of_traps()}
    assert set(trap.get("charts", ())) <= titles
    assert [name for name in trap.get("tests", ()) if not _is_a_test(name)] == []


def _is_a_test(name: str) -> bool:
    file, _, function = name.partition("::")
    path = Path(TESTS / file)
    return path.exists() and bool(re.search(rf"^def {function}\(", path.read_text(encoding="utf-8"), re.MULTILINE))


def test_every_chart_of_a_trap_belongs_to_one() -> None:
    claimed = Counter(title for trap in traps() for title in set(trap.get("charts", ())))
    assert {case.title for case in of_traps()} - set(claimed) == set()


def test_there_are_charts_enough() -> None:
    assert len(charts()) >= 120
    assert len({case.title for case in charts()}) >= 90
