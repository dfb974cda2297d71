"""How long requests are kept, who may send them, and that what is kept stands in the chain, sealed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from cds_service.app.settings import Settings
from cds_service.application import PRIOR_AUTH, create_app
from cds_service.audit.chain_check import ChainCheck
from cds_service.audit.purge_count import PurgeCount
from cds_service.clients.registered_clients import ClientSettings
from cds_service.prior_auth.verdicts import Act, Verdict
from cds_service.requests_on_file.tables import REQUESTS
from cds_service.retention.purge import READS_DAYS, Purging
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.prior_auth.conftest import BASE, Payer
from tests.prior_auth.request_bundles import changed, request_of, response, sample
from tests.world import compose

Json = dict[str, Any]
NOW = datetime.combine(TODAY, datetime.min.time(), UTC)
DAYS = 30


def engine_of(payer: Payer) -> Any:
    assert payer.container.archive is not None
    return payer.container.archive.engine


def kept_after(payer: Payer, today_in: timedelta) -> bool:
    """Purge as on a later day, whatever goes having been counted before; return whether a request is left."""
    now, engine = NOW + today_in, engine_of(payer)
    counted = PurgeCount(engine, DAYS, READS_DAYS).count(now, now.date())
    gone = Purging(engine, DAYS, between=lambda _: None).purge(now, now.date())
    assert gone == counted
    with engine.connect() as connection:
        return bool(connection.exec_driver_sql("select count(*) from pa_requests").scalar())


@pytest.mark.requirement("pas22.spec-73")
def test_a_request_is_kept_for_half_a_year_after_its_services(payer: Payer) -> None:
    request = request_of(sample("02"))
    item = request["entry"][0]["resource"]["item"][0] | {"servicedDate": "2026-12-25"}
    name = response(payer.submit(changed(request, item=[item])))["id"]
    found = payer.client.application.extensions[PRIOR_AUTH]
    asked = found.store.find(name)
    found.decisions.decide(asked, Verdict(Act.APPROVE, "Rita Muster (rita)", 1))
    assert kept_after(payer, timedelta(days=30 + 184))
    assert not kept_after(payer, timedelta(days=30 + 185))
    assert ChainCheck(engine_of(payer)).run().faults == []


def test_what_waits_for_a_person_is_kept(payer: Payer) -> None:
    payer.submit(request_of(sample("02")))
    assert kept_after(payer, timedelta(days=900))


def test_a_request_that_was_edited_past_the_service_shows(payer: Payer) -> None:
    name = response(payer.submit(request_of(sample("02"))))["id"]
    assert ChainCheck(engine_of(payer)).run().faults == []
    with engine_of(payer).begin() as connection:
        connection.execute(update(REQUESTS).where(REQUESTS.c.id == name).values(state="decided"))
    assert [(one.table, one.row) for one in ChainCheck(engine_of(payer)).run().faults] == [("pa_requests", name)]


@pytest.mark.requirement("pas22.priv-3")
def test_with_registered_clients_a_token_is_needed(policies_on_file: Catalogue) -> None:
    engine = new_engine()
    ehr = ClientSettings("ehr", "https://ehr.example.org", jku="https://ehr.example.org/jwks")
    client = create_app(
        compose(Settings(base_url=BASE, clients=(ehr,)), policies_on_file, TODAY, engine, admin_token="a" * 32)
    ).test_client()
    for path in ("Claim/$submit", "Claim/$inquire", "Subscription"):
        reply = client.post(f"/fhir/pas/{path}", data=json.dumps(request_of(sample("01"))))
        assert reply.status_code == 401
        admin = {"Authorization": f"Bearer {'a' * 32}", "Content-Type": "application/json"}
        assert client.post(f"/fhir/pas/{path}", data=b"{}", headers=admin).status_code in {403, 422}
    assert client.get("/fhir/pas/metadata").status_code == 200
    engine.dispose()
