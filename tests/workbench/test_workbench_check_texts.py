"""A sentence that repeats a figure beside it is suspicious: it would not follow."""

import pytest
from workbench_files import ELRANATAMAB, MARGETUXIMAB, causes, made, only

from policies.checks.sentences import check

COUNT = "prior-therapies.count.at_least"


@pytest.mark.parametrize("name", [MARGETUXIMAB, ELRANATAMAB])
def test_the_policies_on_file_repeat_no_figure(name: str) -> None:
    assert list(check(made(name)[1])) == []


@pytest.mark.parametrize(
    ("name", "edit", "word", "figure"),
    [
        (ELRANATAMAB, ("At least <at_least> earlier", "At least four earlier"), "four", "at_least"),
        (ELRANATAMAB, ("At least <at_least> earlier", "4 earlier"), "4", "at_least"),
        (ELRANATAMAB, (f"At least <{COUNT}> earlier", "Four earlier"), "Four", COUNT),
        (ELRANATAMAB, ("today (0 to 5)?", "in the last 90 days?"), "90", "within_days"),
        (MARGETUXIMAB, ("HER2 immunohistochemistry <is>", "HER2 immunohistochemistry 3+"), "3+", "is"),
        (MARGETUXIMAB, ('"Fewer than <copies.below> copies', '"Fewer than 4 copies'), "4", "copies.below"),
    ],
)  # fmt: skip
def test_a_repeated_figure_is_a_warning_with_what_to_write(
    name: str, edit: tuple[str, str], word: str, figure: str
) -> None:
    remark = only(check(made(name, edit)[1]))
    assert not remark.stops
    assert remark.problem.cause == f"'{word}' is the figure '{figure}', and would not follow when that is changed"
    assert figure in remark.problem.mend.lower()


@pytest.mark.parametrize(
    "words", ["Some earlier therapies", "14 or 40 of them", "One of them", "Fourteen", "1.4 and v4"]
)
def test_other_numbers_are_no_warning(words: str) -> None:
    assert causes(check(made(ELRANATAMAB, ("At least <at_least> earlier therapies", words))[1])) == []
