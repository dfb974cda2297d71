"""An inquiry finds the requests of a member by an index, opens so many and no more, and says where there are more."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select, text

from cds_service.application import PRIOR_AUTH
from cds_service.prior_auth import inquiries
from cds_service.prior_auth.operations import PriorAuth
from cds_service.prior_auth.requests import MOST_NAMES, reference_number
from cds_service.requests_on_file import store as requests_store
from cds_service.requests_on_file.tables import MEMBERS, REQUESTS
from fhir_mappings.prior_auth.pas_urls import DEFINITION
from tests.prior_auth.conftest import Payer
from tests.prior_auth.request_bundles import OTHER_NPI, inquiry, request_of, response, sample

Json = dict[str, Any]
CALL = sample("01")


def of(payer: Payer) -> PriorAuth:
    found: PriorAuth = payer.client.application.extensions[PRIOR_AUTH]
    return found


def asked(client: FlaskClient, sent: Json, status: int = 200) -> Json:
    reply = client.post("/fhir/pas/Claim/$inquire", data=json.dumps(sent))
    assert reply.status_code == status, reply.text
    return dict(json.loads(reply.data))


def found(answer: Json) -> int:
    return len(answer.get("parameter", []))


def submitted(payer: Payer, times: int) -> list[str]:
    return [str(response(payer.submit(request_of(CALL, f"n-{number}")))["id"]) for number in range(times)]


def with_identifiers(body: Json, number: int, kind: str) -> Json:
    for entry in body["entry"]:
        if entry["resource"]["resourceType"] == kind:
            had = entry["resource"].get("identifier", [])
            entry["resource"]["identifier"] = [
                *had,
                *({"system": "urn:x", "value": f"v{one}"} for one in range(number)),
            ]
    return body


def test_the_search_goes_by_an_index(payer: Payer) -> None:
    submitted(payer, 1)
    engine, ran = of(payer).store.engine, []

    def keep(_c: Any, _k: Any, statement: str, parameters: Any, _x: Any, _m: bool) -> None:
        if "pa_members" in statement:
            ran.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    try:
        assert found(asked(payer.client, inquiry(CALL, identifier="other"))) == 1
    finally:
        event.remove(engine, "before_cursor_execute", keep)
    ((statement, parameters),) = ran
    assert "LIKE" not in statement
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))  # of a few rows it would read all
        explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
        plan = [str(one) for one in connection.exec_driver_sql(explain + statement, parameters)]
    assert not [one for one in plan if "SCAN pa_" in one or "Seq Scan" in one], plan


def test_of_very_many_requests_none_is_left_out_unsaid(payer: Payer, monkeypatch: pytest.MonkeyPatch) -> None:
    names = submitted(payer, 3)
    monkeypatch.setattr(inquiries, "MOST_OPENED", 3)
    assert found(asked(payer.client, inquiry(CALL, identifier="other"))) == 3
    monkeypatch.setattr(inquiries, "MOST_OPENED", 2)
    refused = asked(payer.client, inquiry(CALL, identifier="other"), 422)
    assert "more than 2 requests" in json.dumps(refused)
    assert found(asked(payer.client, inquiry(CALL, identifier="n-1"))) == 1, "by the identifier of one"
    named = inquiry(CALL, identifier="other")
    reference = {
        "url": f"{DEFINITION}/extension-administrationReferenceNumber",
        "valueString": reference_number(names[0]),
    }
    named["entry"][0]["resource"]["extension"] = [reference]
    assert found(asked(payer.client, named)) == 1, "by the payer's number of one"


@pytest.mark.parametrize(("most", "status"), [(3, 200), (2, 422)])
def test_of_more_than_are_looked_through_it_is_said(
    payer: Payer, monkeypatch: pytest.MonkeyPatch, most: int, status: int
) -> None:
    submitted(payer, 3)
    monkeypatch.setattr(inquiries, "MOST_OF_MEMBER", most)
    monkeypatch.setattr(requests_store, "MOST_OF_MEMBER", most)
    asked(payer.client, inquiry(CALL, identifier="other"), status)


def test_what_others_sent_about_a_member_hides_nothing(payer: Payer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not see a request is not told of it, and it takes no place of those that are opened."""
    (name,) = submitted(payer, 1)
    with of(payer).store.engine.begin() as connection:
        row = dict(connection.execute(select(REQUESTS)).mappings().one())
        more = {"tenant": "another", "providers": ""}
        for number in range(5):
            own = {"id": f"x{number}", "first": f"x{number}", "content": f"x{number}", "claim": f"x{number}"}
            connection.execute(insert(REQUESTS), row | more | own)
            names = [
                one["name"]
                for one in connection.execute(select(MEMBERS).where(MEMBERS.c.request_id == name)).mappings()
            ]
            connection.execute(insert(MEMBERS), [{"name": one, "request_id": f"x{number}"} for one in names])
    monkeypatch.setattr(inquiries, "MOST_OPENED", 1)
    assert found(asked(payer.client, inquiry(CALL, npi=OTHER_NPI, identifier="other"))) == 1


@pytest.mark.parametrize("kind", ["Patient", "Coverage"])
@pytest.mark.parametrize(("number", "status"), [(MOST_NAMES - 10, 200), (MOST_NAMES + 1, 422), (40_000, 422)])
def test_more_identifiers_than_anybody_has_are_refused(payer: Payer, kind: str, number: int, status: int) -> None:
    asked(payer.client, with_identifiers(inquiry(CALL), number, kind), status)
    payer.submit(with_identifiers(request_of(CALL), number, kind), status)


def test_each_name_of_a_member_stands_once_however_often_it_is_given(payer: Payer) -> None:
    body = with_identifiers(with_identifiers(request_of(CALL), 3, "Patient"), 3, "Patient")
    payer.submit(body)
    assert found(asked(payer.client, with_identifiers(inquiry(CALL, identifier="other"), 1, "Patient"))) == 1
