"""What is made of texts is kept for short ones, and forgotten for long ones: a long text is a patient's own."""

import pytest

from policies.terminology.short_texts import LONGEST, MOST, TOGETHER, are_short, remembered


@pytest.mark.parametrize(("length", "made"), [(1, 1), (LONGEST, 1), (LONGEST + 1, 2)])
def test_a_long_text_is_read_anew_each_time(length: int, made: int) -> None:
    asked = []

    @remembered()
    def first_letter(text: str, other: int) -> str:
        asked.append(other)
        return text[0]

    text = "x" * length
    assert (first_letter(text, 1), first_letter(text, 1)) == ("x", "x")
    assert len(asked) == made


def test_texts_can_stand_inside_of_what_is_asked_about() -> None:
    asked = []

    @remembered(texts=lambda pair: pair)
    def joined(pair: tuple[str, str | None]) -> str:
        asked.append(pair)
        return f"{pair[0]}{pair[1]}"

    for pair in [("a", None), ("a", None), ("a", "x" * (LONGEST + 1)), ("a", "x" * (LONGEST + 1))]:
        joined(pair)
    assert len(asked) == 1 + 2


@pytest.mark.parametrize(("texts", "made"), [(MOST, 1), (MOST + 1, 2)])
def test_many_texts_are_read_anew_each_time(texts: int, made: int) -> None:
    asked = []

    @remembered(texts=lambda each: each)
    def joined(each: tuple[str, ...]) -> str:
        asked.append(each)
        return "".join(each)

    each = ("x",) * texts
    assert joined(each) == joined(each) == "x" * texts
    assert len(asked) == made


@pytest.mark.parametrize(("more", "short"), [(0, True), (1, False)])
def test_many_short_texts_are_a_long_one_together(more: int, *, short: bool) -> None:
    """Thousands of calls with as many titles as may be would fill the memory."""
    whole, rest = divmod(TOGETHER + more, LONGEST)
    assert whole < MOST
    assert are_short(["x" * LONGEST] * whole + ["x" * rest]) is short
