"""A request that a draft judged: nobody is authorized by it, and nobody is refused, whatever the policy is by now."""

from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, select

from cds_service.app.published import draft_title
from cds_service.app.settings import Settings
from cds_service.application import PRIOR_AUTH, create_app
from cds_service.prior_auth.decisions import Act, DecisionError, Decisions, Verdict
from cds_service.requests_on_file.kept_requests import Request
from cds_service.retention.rules import of_determinations
from cds_service.storage.tables import AUTHORIZATIONS, DETERMINATIONS, REVISIONS
from fhir_mappings.wording import wording
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.prior_auth.conftest import BASE, Payer
from tests.prior_auth.request_bundles import following, items_of, request_of, reviews, sample
from tests.world import compose

OPEN, MET = "02", "01"
FINAL = (Act.APPROVE, Act.CHANGE, Act.DENY)


@dataclass(frozen=True)
class Services:
    """Services on one store: by one catalogue after the other, as an operator starts them."""

    policies: Catalogue
    engine: Engine

    def __call__(self, *, is_draft: bool) -> Payer:
        known = self.policies.as_drafts(draft_title(wording("en"))) if is_draft else self.policies
        container = compose(Settings(base_url=BASE, automatic_approval=True), known, TODAY, self.engine)
        return Payer(container, create_app(container).test_client())


@pytest.fixture
def payer(policies_on_file: Catalogue, engine: Engine) -> Services:
    return Services(policies_on_file, engine)


def deciding(payer: Payer) -> Decisions:
    decisions: Decisions = payer.client.application.extensions[PRIOR_AUTH].decisions
    return decisions


def waiting(payer: Payer) -> Request:
    (found,) = payer.client.application.extensions[PRIOR_AUTH].store.pended()
    assert isinstance(found, Request)
    return found


def verdict(act: Act) -> Verdict:
    return Verdict(act, "Rita Muster (rita)", 1, words="why", criterion="HER2", units=40 if act is Act.CHANGE else None)


def numbers(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(select(AUTHORIZATIONS.c.number)).scalars())


@pytest.mark.parametrize("act", FINAL)
@pytest.mark.parametrize(("judged", "now"), [(True, True), (True, False), (False, True)])
def test_nothing_is_decided_for_good_by_a_draft(
    payer: Services, engine: Engine, act: Act, *, judged: bool, now: bool
) -> None:
    """It was one when it judged, or is one now: in between the operator may have put it in force, or taken it back."""
    assert reviews(payer(is_draft=judged).submit(request_of(sample(OPEN)))) == {1: "A4"}
    service = payer(is_draft=now)
    with pytest.raises(DecisionError) as raised:
        deciding(service).decide(waiting(service), verdict(act))
    assert raised.value.note.key == "review.by_draft"
    assert waiting(service).state == "pended"
    assert numbers(engine) == []


@pytest.mark.parametrize("act", FINAL)
@pytest.mark.parametrize("is_draft", [False, True])
def test_what_was_judged_and_is_purged_since_is_judged_anew_before_it_is_decided(
    payer: Services, engine: Engine, act: Act, *, is_draft: bool
) -> None:
    """A number would be told that no order ever finds; whether a draft had judged nobody could say."""
    request = request_of(sample(OPEN))
    service = payer(is_draft=is_draft)
    service.submit(request)
    with engine.begin() as connection:
        for table in (*of_determinations(), REVISIONS, DETERMINATIONS):
            connection.execute(table.delete())
    with pytest.raises(DecisionError) as raised:
        deciding(service).decide(waiting(service), verdict(act))
    assert raised.value.note.key == "review.lost"
    service = payer(is_draft=False)
    service.submit(following(request, *items_of(request)))
    deciding(service).decide(waiting(service), verdict(act))
    assert len(numbers(engine)) == (act is not Act.DENY)


@pytest.mark.parametrize("act", [Act.ASK, Act.EXTEND])
def test_what_decides_nothing_is_taken(payer: Services, act: Act) -> None:
    service = payer(is_draft=True)
    service.submit(request_of(sample(OPEN)))
    deciding(service).decide(waiting(service), verdict(act))
    assert waiting(service).state == "pended"


@pytest.mark.parametrize("act", FINAL)
def test_by_a_policy_in_force_a_person_decides(payer: Services, engine: Engine, act: Act) -> None:
    service = payer(is_draft=False)
    service.submit(request_of(sample(OPEN)))
    deciding(service).decide(waiting(service), verdict(act))
    assert len(numbers(engine)) == (act is not Act.DENY)


def test_once_the_policy_is_in_force_an_update_is_judged_by_it(payer: Services, engine: Engine) -> None:
    request = request_of(sample(OPEN))
    payer(is_draft=True).submit(request)
    service = payer(is_draft=False)
    service.submit(following(request, *items_of(request)))
    deciding(service).decide(waiting(service), verdict(Act.APPROVE))
    assert len(numbers(engine)) == 1


def test_what_a_draft_finds_met_waits_for_a_person(payer: Services, engine: Engine) -> None:
    assert reviews(payer(is_draft=True).submit(request_of(sample(MET)))) == {1: "A4"}
    assert numbers(engine) == []
