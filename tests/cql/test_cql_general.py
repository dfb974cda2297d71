"""Population logic that no policy on file asks for: sex, procedures, vaccinations, body surface, time on a drug."""

from pathlib import Path

import pytest

from tests.cql.__main__ import write
from tests.cql.charts_to_run import Run, runs_of
from tests.cql.engine import Answers, against_mapping, answers

HOME = Path(__file__).parent / "general"


@pytest.fixture(scope="module")
def runs() -> tuple[Run, ...]:
    return runs_of(HOME)


@pytest.fixture(scope="module")
def told(runs: tuple[Run, ...], tmp_path_factory: pytest.TempPathFactory) -> Answers:
    folder = tmp_path_factory.mktemp("logic")
    write(folder, HOME)
    return answers(runs, folder)


def test_where_the_logic_answers_the_mapping_says_the_same(runs: tuple[Run, ...], told: Answers) -> None:
    compared = against_mapping(runs, told)
    assert [(run.id, name, said, mapped) for run, name, said, mapped in compared if said not in (None, mapped)] == []


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("sex", "Sex female", "female"),
        ("sex", "Sex male", "male"),
        ("sex", "Sex other", None),
        ("transplant", "Transplantation 13 days ago", None),
        ("transplant", "Transplantation 14 days ago", True),
        ("transplant", "Transplantation 365 days ago", True),
        ("transplant", "Transplantation 366 days ago", None),
        ("transplant", "Transplantation not done", None),
        ("vaccinated", "Vaccination 13 days ago", None),
        ("vaccinated", "Vaccination 14 days ago", True),
        ("vaccinated", "Vaccination 365 days ago", True),
        ("vaccinated", "Vaccination 366 days ago", None),
        ("vaccinated", "Vaccination not done", None),
        ("vaccinated", "Vaccination in words", None),
        ("vaccinated", "Vaccination of another patient", None),
        ("surface", "Surface 1.85", 1.85),
        ("surface", "Surface 1.9", 1.9),
        ("surface", "Surface of weight and height", None),
        ("surface", "Surface, and a newer weight", None),
        ("inhibitor", "Inhibitor for 83 days", None),
        ("inhibitor", "Inhibitor for 84 days", True),
        ("inhibitor", "Inhibitor for 400 days", True),
        ("inhibitor", "Inhibitor for 401 days", None),
    ],
)
def test_the_logic_stands_on_both_sides_of_each_figure(
    name: str, title: str, expected: object, runs: tuple[Run, ...], told: Answers
) -> None:
    (run,) = [one for one in runs if one.id.endswith(f": {title}")]
    assert told[run.id].get(name) == expected
