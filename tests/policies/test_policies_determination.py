import pytest

from policies.model.determination import Covered, Determination, PaNeeded


def test_a_covered_product_states_its_authorization_need() -> None:
    answer = Determination(Covered.COVERED, PaNeeded.AUTH_NEEDED, "why", ("clinical",), ("withpa",), "http://form|1")
    assert not answer.is_conditional


def test_what_is_not_covered_states_no_authorization_need() -> None:
    assert Determination(Covered.NOT_COVERED, None, "ended").pa_needed is None
    with pytest.raises(ValueError, match="unless the product is not covered"):
        Determination(Covered.NOT_COVERED, PaNeeded.AUTH_NEEDED, "ended")
    with pytest.raises(ValueError, match="unless the product is not covered"):
        Determination(Covered.COVERED, None, "why")


@pytest.mark.parametrize(
    ("covered", "pa_needed"), [(Covered.CONDITIONAL, PaNeeded.NO_AUTH), (Covered.COVERED, PaNeeded.CONDITIONAL)]
)
def test_what_is_conditional_says_what_it_waits_for(covered: Covered, pa_needed: PaNeeded) -> None:
    assert Determination(covered, pa_needed, "why", detail_code=True).is_conditional
    assert Determination(covered, pa_needed, "why", other_info=True).is_conditional
    with pytest.raises(ValueError, match="says what it waits for"):
        Determination(covered, pa_needed, "why")


def test_what_is_not_conditional_waits_for_nothing() -> None:
    with pytest.raises(ValueError, match="nothing else does"):
        Determination(Covered.COVERED, PaNeeded.NO_AUTH, "why", other_info=True)


def test_a_form_belongs_to_a_need_for_documents() -> None:
    with pytest.raises(ValueError, match="need for documents"):
        Determination(Covered.COVERED, PaNeeded.AUTH_NEEDED, "why", questionnaire="http://form|1")


def test_a_determination_says_why() -> None:
    with pytest.raises(ValueError, match="says why"):
        Determination(Covered.COVERED, PaNeeded.NO_AUTH, "")
