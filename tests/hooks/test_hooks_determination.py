"""A determination that contradicts itself, or the laws of the house, cannot be built."""

import pytest

from policies.determination import Covered, Determination, PaNeeded

REASON = "because"


def test_a_plain_determination_can_be_built() -> None:
    assert not Determination(Covered.COVERED, PaNeeded.AUTH_NEEDED, REASON).is_conditional


def test_there_is_no_word_for_satisfied() -> None:
    assert "satisfied" not in {one.value for one in PaNeeded}


@pytest.mark.parametrize(
    ("covered", "pa_needed"), [(Covered.NOT_COVERED, PaNeeded.AUTH_NEEDED), (Covered.COVERED, None)]
)
def test_an_authorization_need_is_stated_unless_the_product_is_not_covered(
    covered: Covered, pa_needed: PaNeeded | None
) -> None:
    with pytest.raises(ValueError, match="authorization"):
        Determination(covered, pa_needed, REASON)


@pytest.mark.parametrize(
    ("covered", "pa_needed", "detail_code", "other_info"),
    [
        (Covered.CONDITIONAL, PaNeeded.CONDITIONAL, False, False),
        (Covered.COVERED, PaNeeded.CONDITIONAL, False, False),
        (Covered.COVERED, PaNeeded.AUTH_NEEDED, True, False),
        (Covered.COVERED, PaNeeded.AUTH_NEEDED, False, True),
    ],
)
def test_what_is_conditional_says_what_it_waits_for_and_nothing_else_does(
    covered: Covered, pa_needed: PaNeeded, detail_code: bool, other_info: bool
) -> None:
    with pytest.raises(ValueError, match="waits"):
        Determination(covered, pa_needed, REASON, detail_code=detail_code, other_info=other_info)


def test_a_form_belongs_to_a_need_for_documents() -> None:
    with pytest.raises(ValueError, match="form"):
        Determination(Covered.COVERED, PaNeeded.AUTH_NEEDED, REASON, questionnaire="http://x|1")


def test_a_determination_says_why() -> None:
    with pytest.raises(ValueError, match="why"):
        Determination(Covered.COVERED, PaNeeded.AUTH_NEEDED, "")
