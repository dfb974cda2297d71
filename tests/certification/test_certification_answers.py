"""What the certification tests assert of the answers of every hook, asserted here by their numbers."""

import pytest

from tests.certification.calls import HOOKS, Exchange
from tests.certification.kit import (
    WITH_ACTIONS,
    called_faults,
    coverage_actions,
    coverage_faults,
    optional_faults,
    response_faults,
)
from tests.certification.resources import fhir_fault

Answers = dict[str, list[Exchange]]


@pytest.mark.certification("cert.2.01", "cert.3.1.01", "cert.3.2.01", "cert.3.3.01")
@pytest.mark.certification("cert.3.4.01", "cert.3.5.01", "cert.3.6.01")
@pytest.mark.parametrize("hook", HOOKS)
def test_one_token_serves_all_calls_of_a_hook_and_each_gets_200_and_json(answers: Answers, hook: str) -> None:
    assert len(answers[hook]) >= 3
    for one in answers[hook]:
        assert list(called_faults(one.status, one.media_type, one.reply)) == []


@pytest.mark.certification("cert.2.04", "cert.3.1.05", "cert.3.2.05", "cert.3.3.05")
@pytest.mark.certification("cert.3.4.05", "cert.3.5.05", "cert.3.6.05")
@pytest.mark.parametrize("hook", HOOKS)
def test_cards_and_system_actions_have_every_required_member(answers: Answers, hook: str) -> None:
    for one in answers[hook]:
        assert list(response_faults(hook, one.reply)) == []
        assert hook not in WITH_ACTIONS or isinstance(one.reply["systemActions"], list)


@pytest.mark.certification("cert.3.1.06", "cert.3.2.06", "cert.3.3.06")
@pytest.mark.certification("cert.3.4.06", "cert.3.5.06", "cert.3.6.06")
@pytest.mark.parametrize("hook", HOOKS)
def test_what_a_card_may_have_is_well_formed(answers: Answers, hook: str) -> None:
    for one in answers[hook]:
        assert list(optional_faults(one.reply)) == []


@pytest.mark.certification("cert.3.1.10", "cert.3.2.10", "cert.3.3.10")
@pytest.mark.certification("cert.3.4.10", "cert.3.5.10", "cert.3.6.10")
@pytest.mark.parametrize("hook", HOOKS)
def test_every_call_gets_coverage_information_on_a_resource_of_its_hook(answers: Answers, hook: str) -> None:
    for one in answers[hook]:
        assert coverage_actions(hook, one.reply)


@pytest.mark.idea("crd-idea-21")
@pytest.mark.certification("cert.3.1.11", "cert.3.2.11", "cert.3.3.11", "cert.3.7.03")
@pytest.mark.certification("cert.3.4.11", "cert.3.5.11", "cert.3.6.11")
@pytest.mark.parametrize("hook", HOOKS)
def test_coverage_information_is_an_update_with_one_assertion_id_a_coverage(answers: Answers, hook: str) -> None:
    for one in answers[hook]:
        assert list(coverage_faults(hook, one.reply)) == []
        assert [fhir_fault(action["resource"]) for action in one.reply["systemActions"]] == [""] * len(
            one.reply["systemActions"]
        )


@pytest.mark.certification("cert.3.1.11", "cert.3.6.11")
def test_two_coverages_over_all_answers_never_share_an_assertion_id(answers: Answers) -> None:
    ids: dict[str, set[str]] = {}
    for one in (one for exchanges in answers.values() for one in exchanges):
        for action in coverage_actions(one.hook, one.reply):
            parts = {part["url"]: part for part in action["resource"]["extension"][-1]["extension"]}
            whose = one.call["context"]["patientId"] + parts["coverage"]["valueReference"]["reference"]
            ids.setdefault(parts["coverage-assertion-id"]["valueString"], set()).add(whose)
    assert all(len(coverages) == 1 for coverages in ids.values())
