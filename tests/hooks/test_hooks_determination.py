"""A determination that contradicts itself, or the laws of the house, cannot be built."""

from datetime import date

import pytest

from policies.model.dates import last_day
from policies.model.determination import Authorization, Covered, Determination, PaNeeded

REASON = "because"


def test_a_plain_determination_can_be_built() -> None:
    assert not Determination(Covered.COVERED, PaNeeded.AUTH_NEEDED, REASON).is_conditional


AUTHORIZATION = Authorization("PA1", date(2026, 6, 1), date(2026, 11, 30))


@pytest.mark.requirement("crd20.ci-q5")
def test_what_is_satisfied_has_an_authorization_and_nothing_else_does() -> None:
    assert Determination(Covered.COVERED, PaNeeded.SATISFIED, REASON, authorization=AUTHORIZATION)
    with pytest.raises(ValueError, match="authorization"):
        Determination(Covered.COVERED, PaNeeded.SATISFIED, REASON)
    with pytest.raises(ValueError, match="authorization"):
        Determination(Covered.COVERED, PaNeeded.AUTH_NEEDED, REASON, authorization=AUTHORIZATION)


@pytest.mark.requirement("crd20.ci-q4")
def test_no_document_is_asked_for_an_authorization_that_is_there() -> None:
    asked = {"doc_needed": ("clinical",), "doc_purpose": ("withpa",)}
    with pytest.raises(ValueError, match="document"):
        Determination(Covered.COVERED, PaNeeded.SATISFIED, REASON, authorization=AUTHORIZATION, **asked)


@pytest.mark.parametrize(
    ("covered", "pa_needed"),
    [(Covered.INDETERMINATE, PaNeeded.AUTH_NEEDED), (Covered.COVERED, PaNeeded.INDETERMINATE)],
)
def test_what_is_indeterminate_is_so_as_a_whole(covered: Covered, pa_needed: PaNeeded) -> None:
    with pytest.raises(ValueError, match="indeterminate"):
        Determination(covered, pa_needed, REASON)


@pytest.mark.parametrize(("number", "end"), [("", date(2026, 12, 1)), ("PA1", date(2026, 5, 31))])
def test_an_authorization_has_a_number_and_ends_no_earlier_than_it_starts(number: str, end: date) -> None:
    with pytest.raises(ValueError, match="number"):
        Authorization(number, date(2026, 6, 1), end)


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2026, 6, 1), 6, date(2026, 11, 30)),
        (date(2026, 8, 31), 6, date(2027, 2, 27)),
        (date(2026, 12, 15), 1, date(2027, 1, 14)),
        (date(2024, 2, 29), 12, date(2025, 2, 27)),
    ],
)
def test_a_period_of_months_ends_the_day_before(start: date, months: int, last: date) -> None:
    assert last_day(start, months) == last


@pytest.mark.requirement("crd20.ci-q2")
@pytest.mark.parametrize(
    ("covered", "pa_needed"), [(Covered.NOT_COVERED, PaNeeded.AUTH_NEEDED), (Covered.COVERED, None)]
)
def test_an_authorization_need_is_stated_unless_the_product_is_not_covered(
    covered: Covered, pa_needed: PaNeeded | None
) -> None:
    with pytest.raises(ValueError, match="authorization"):
        Determination(covered, pa_needed, REASON)


@pytest.mark.requirement("crd20.ci-q3")
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


@pytest.mark.requirement("crd20.ci-q1")
def test_a_form_belongs_to_a_need_for_documents() -> None:
    with pytest.raises(ValueError, match="form"):
        Determination(Covered.COVERED, PaNeeded.AUTH_NEEDED, REASON, questionnaire="http://x|1")


def test_a_determination_says_why() -> None:
    with pytest.raises(ValueError, match="why"):
        Determination(Covered.COVERED, PaNeeded.AUTH_NEEDED, "")
