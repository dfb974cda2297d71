"""A call that a page of another site has sent, by whatever trick: refused, with nothing stored and nothing fetched."""

import json
from collections.abc import Iterator
from pathlib import Path as FilePath

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from cds_service.app.container import compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.tables import METADATA
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.fetching.loopback_ehr import Ehr, running
from tests.prior_auth.test_prior_auth_desk import PASSWORD, reviewers_file
from tests.service.calls import coverage, order_sign, searchset

__all__ = ["reviewers_file"]
BASE = "https://cds.example.org"

PATHS = (
    "/cds-services/order-sign-crd",
    "/cds-services/order-select-crd",
    "/cds-services/order-sign-crd/feedback",
    "/fhir/Questionnaire/$questionnaire-package",
    "/fhir/Questionnaire/$next-question",
    "/fhir/QuestionnaireResponse",
    "/fhir/pas/Claim/$submit",
    "/fhir/pas/Claim/$inquire",
    "/fhir/pas/$submit-attachment",
    "/fhir/pas/Subscription",
)
FORMS = ("/try", "/review/sign-in", "/review/sign-out", "/review/x/decision")
"""What pages of ours post, as forms."""
ELSEWHERE = ("a page of elsewhere", "a page without an origin", "another site", "a rebound name")
REFUSED = {
    "a form": ({"Content-Type": "text/plain"}, 415),
    "a form of fields": ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    "no media type": ({"Content-Type": ""}, 415),
    "a page of elsewhere": ({"Origin": "https://evil.example.org"}, 403),
    "a page without an origin": ({"Origin": "null"}, 403),
    "another site": ({"Sec-Fetch-Site": "cross-site"}, 403),
    "a rebound name": ({"Host": "evil.example.org"}, 421),
}


@pytest.fixture
def client(policies_on_file: Catalogue, engine: Engine) -> FlaskClient:
    """An open service, which fetches from this machine."""
    return create_app(compose(Settings(base_url=BASE), policies_on_file, TODAY, engine)).test_client()


@pytest.fixture
def ehr() -> Iterator[Ehr]:
    with running() as server:
        yield server


def stored(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        counted = {one.name: select(func.count()).select_from(one) for one in METADATA.sorted_tables}
        return {name: connection.execute(each).scalar_one() for name, each in counted.items()}


@pytest.mark.parametrize("why", sorted(REFUSED))
def test_a_refused_call_stores_nothing_and_fetches_nothing(
    client: FlaskClient, engine: Engine, ehr: Ehr, why: str
) -> None:
    call = json.dumps(order_sign(fhirServer=ehr.base, prefetch={}))
    headers, status = REFUSED[why]
    before = stored(engine)
    for path in PATHS:
        told = client.post(path, data=call, headers={"Content-Type": "application/json"} | headers)
        assert told.status_code == status, path
    assert (stored(engine), ehr.paths) == (before, [])


@pytest.mark.parametrize("why", ELSEWHERE)
def test_a_form_that_is_posted_from_elsewhere_does_nothing(
    policies_on_file: Catalogue, engine: Engine, reviewers_file: FilePath, why: str
) -> None:
    settings = Settings(base_url=BASE, reviewers_file=str(reviewers_file))
    client = create_app(compose(settings, policies_on_file, TODAY, engine)).test_client()
    headers, status = REFUSED[why]
    before = stored(engine)
    told = {"text": json.dumps(order_sign()), "name": "rita", "password": PASSWORD}
    for path in FORMS:
        assert client.post(path, data=told, headers=headers).status_code == status, path
    assert stored(engine) == before


def test_the_same_call_is_stored_and_fetched_for_when_it_is_let_in(
    client: FlaskClient, engine: Engine, ehr: Ehr
) -> None:
    """What the test above holds could happen."""
    ehr.answers["Coverage"] = searchset(coverage())
    ehr.answers["Patient"] = {"resourceType": "Patient", "id": "p1"}
    assert client.post(PATHS[0], data=json.dumps(order_sign(fhirServer=ehr.base, prefetch={}))).status_code == 200
    assert stored(engine)["calls"] == 1
    assert ehr.paths
