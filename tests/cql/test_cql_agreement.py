"""One source: the logic, run in the reference engine, says nothing that the mapping does not say of the same chart.

Every chart is run, and each third of the changed ones, of every change some; `make cql-java` runs all of them.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cql.charts_to_run import Run, all_runs, example_runs, samples
from tests.cql.engine import OF_EXAMPLES, Answers, against_mapping, answers
from tests.cql.share import Share
from tests.cql.summary import LEFT_OPEN, PAGE, left_open, with_summary
from tests.cql.variants import example_variants, variants

FLOOR = 50
"""The least share of the answers of drafts that the logic gives, in per cent."""
EACH = 3
"""Of so many changed charts one is run: with a number of changes that it does not divide, each change in its turn."""
Compared = list[tuple[Run, str, Any, Any]]


@pytest.fixture(scope="module")
def runs() -> tuple[Run, ...]:
    changed = (*tuple(variants())[::EACH], *tuple(example_variants())[::EACH])
    return (*all_runs(), *example_runs(), *changed)


def test_of_every_change_some_charts_are_run(runs: tuple[Run, ...]) -> None:
    run, every = (
        {one.id.partition(": ")[0] for one in charts} for charts in (runs, (*variants(), *example_variants()))
    )
    assert every <= run


@pytest.fixture(scope="module")
def told(runs: tuple[Run, ...]) -> Answers:
    """What the engine answers, the charts of our policies in one process, those of the examples in another."""
    own = [one for one in runs if one.home is None]
    of_examples = [one for one in runs if one.home is not None]
    return {**answers(own), **answers(of_examples, OF_EXAMPLES)}


@pytest.fixture(scope="module")
def compared(runs: tuple[Run, ...], told: Answers) -> Compared:
    return against_mapping(runs, told)


def test_the_engine_runs_over_every_chart_without_a_fault(told: Answers) -> None:
    assert {name: one["error"] for name, one in told.items() if "error" in one} == {}


@pytest.mark.requirement("dtr22.spec-54", "dtr22.spec-93", "dtr22.spec-85")
def test_where_the_logic_answers_the_mapping_says_the_same(compared: Compared) -> None:
    assert list(_disagreeing(compared)) == []


def test_a_trial_is_open_where_two_diseases_of_a_policy_are_on_file(compared: Compared) -> None:
    """An order for one is read by that one alone; the logic does not know which: the drug may be the other's."""
    both = [one for one in compared if one[0].home and "Who has both diseases" in one[0].id and one[1] == "biosimilar"]
    assert both
    assert {said for _, _, said, _ in both} == {None}


def _disagreeing(compared: Compared) -> Iterator[str]:
    for run, name, said, mapped in compared:
        differs = said is not None and (said != mapped or isinstance(said, bool) != isinstance(mapped, bool))
        if differs:
            yield f"{run.id}: {name}: the logic says {said}, the mapping {mapped}"


def test_every_definition_answers_some_chart(compared: Compared) -> None:
    asked = {(run.policy.id, name) for run, name, _, _ in compared}
    assert asked == {(run.policy.id, name) for run, name, said, _ in compared if said is not None}


def test_every_value_that_logic_can_give_is_given(compared: Compared) -> None:
    given: dict[str, set[Any]] = {}
    for _, name, said, _ in compared:
        given.setdefault(name, set()).add(said)
    assert given["her2_ihc_score"] == {None, "3+", "2+", "1+", "0", "negative"}
    assert given["her2_ish_result"] == {None, "positive", "equivocal", "negative"}
    assert given["ecog"] >= {None, 0, 1, 2, 3, 4}
    assert given["progression_on_therapy"] == {None, True, False}
    assert given["combination_partner"] >= {None, "capecitabine", "vinorelbine"}


def test_the_page_lists_where_the_logic_says_less(compared: Compared) -> None:
    page = PAGE.read_text(encoding="utf-8")
    own = {one.id for one in (*all_runs(), *example_runs())}
    on_the_page = [one for one in compared if one[0].id in own]
    assert with_summary(page, on_the_page) == page, "docs/population.md is of other charts or logic: run `make cql`"
    assert left_open(on_the_page) == LEFT_OPEN.read_text(encoding="utf-8"), "so is tests/cql/left_open.txt"


def test_the_logic_gives_its_share_of_the_drafts_of_the_samples(told: Answers) -> None:
    share = Share.of(samples(), told)
    assert share.said <= share.drafted
    assert share.percent >= FLOOR, "\n".join(share.lines())
    assert "prior_lines" not in {name for _, name in share.said}, "a count has no logic (docs/population.md)"
