"""What a mistaken or hostile sender, or a slip of the keys, does not get: another person's answer, or a broken desk."""

import json
from copy import deepcopy
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.application import PRIOR_AUTH
from cds_service.prior_auth.grants import least_end
from fhir_mappings.prior_auth.bundles import BundleError, read_bundle
from fhir_mappings.prior_auth.claim import read_claim
from fhir_mappings.prior_auth.stated_case import stated
from tests.conftest import TODAY
from tests.prior_auth.conftest import BASE, Payer
from tests.prior_auth.request_bundles import (
    BACKPORT,
    Json,
    added,
    changed,
    following,
    inquiry,
    items_of,
    request_of,
    response,
    reviews,
    sample,
    subscription,
)
from tests.prior_auth.test_prior_auth_desk import decided, desk, page, posted, reviewers_file, signed_in
from tests.prior_auth.test_prior_auth_notices import subscribed
from tests.prior_auth.test_prior_auth_updates import inquired

__all__ = ["desk", "reviewers_file"]
MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def of_kind(bundle: Json, kind: str) -> Json:
    (found,) = [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind]
    return dict(found)


def for_another(bundle: Json, **told: Any) -> Json:
    """The same Bundle for another record of the same server, whose patient differs as `told`."""
    name = of_kind(bundle, "Patient")["id"]
    found = json.loads(json.dumps(bundle).replace(f"Patient/{name}", "Patient/another"))
    for one in found["entry"]:
        if one["resource"]["resourceType"] == "Patient":
            one["resource"] |= {"id": "another"} | told
    return dict(found)


@pytest.mark.parametrize("told", [{}, {"birthDate": "1990-01-01"}, {"identifier": [{"value": "X-9"}]}])
def test_an_update_for_another_patient_gets_nothing_of_the_first(payer: Payer, told: Json) -> None:
    request = request_of(sample("01"))
    payer.submit(request)
    answer = payer.submit(for_another(following(request, *items_of(request), added(2)), **told))
    assert response(answer)["error"][0]["code"]["coding"][0]["code"] == "AA"
    assert reviews(answer) == {}


def test_a_withdrawal_for_another_patient_takes_nothing_back(payer: Payer) -> None:
    request = request_of(sample("02"))
    payer.submit(request)
    withdrawal = for_another(following(request))
    withdrawal["entry"][0]["resource"].pop("item", None)
    assert response(payer.submit(withdrawal))["outcome"] == "error"
    assert reviews(payer.submit(request)) == {1: "A4"}


@pytest.mark.parametrize("told", [{}, {"birthDate": "2012-03-04"}])
def test_a_relative_under_the_same_number_is_another_person(payer: Payer, told: Json) -> None:
    payer.submit(request_of(sample("01")))
    assert inquired(payer, for_another(inquiry(sample("01")), **told)) == []


def test_another_server_names_the_same_person_by_number_and_date_of_birth(payer: Payer) -> None:
    payer.submit(request_of(sample("01")))
    asked, own = inquiry(sample("01")), sample("01")["fhirServer"]
    elsewhere = json.loads(json.dumps(asked).replace(own, "https://clinic.example.org/r4"))
    assert len(inquired(payer, elsewhere)) == 1
    (born,) = [one["resource"] for one in elsewhere["entry"] if one["resource"]["resourceType"] == "Patient"]
    born["birthDate"] = "2012-03-04"
    assert inquired(payer, elsewhere) == []


@pytest.mark.parametrize(("units", "status"), [("0", 422), ("-5", 422), ("1000001", 422), ("9" * 30, 422), ("1", 303)])
def test_a_changed_approval_is_of_some_units(desk: Payer, units: str, status: int) -> None:
    """Of none it would be a denial that nobody gave a reason for, and no director saw."""
    request = request_of(sample("02"))
    decided(signed_in(desk), response(desk.submit(request))["id"], "changed", status, units=units)
    assert reviews(desk.submit(request)) == {1: "A6" if status == 303 else "A4"}


@pytest.mark.parametrize(
    ("asked", "least"),
    [
        ({}, "2026-12-09"),
        ({"servicedDate": "2026-11-25"}, "2026-11-25"),
        ({"servicedDate": "2026-11-27"}, "2026-11-27"),
        ({"servicedDate": "2026-12-25"}, "2026-12-25"),
        ({"servicedDate": "2026-12"}, "2026-12-15"),
        ({"servicedDate": "2026-11-24"}, "2026-12-09"),
        ({"servicedDate": "soon"}, "2026-12-09"),
        ({"servicedPeriod": {"start": "2026-12-10", "end": "2027-03-10"}}, "2026-12-24"),
        ({"servicedPeriod": {"start": "2026-10-01", "end": "2027-03-10"}}, "2026-12-09"),
        ({"servicedPeriod": {"start": "2026-12-10", "end": "2026-12-01"}}, "2026-12-24"),
        ({"servicedPeriod": {"start": "2026-12-10"}}, "2026-12-24"),
        ({"servicedPeriod": {"end": "2026-11-28"}}, "2026-11-28"),
    ],
)
def test_the_least_that_a_changed_approval_may_be_leaves_time_for_the_service(asked: Json, least: str) -> None:
    request = request_of(sample("02"))
    (one,) = items_of(request)
    (item,) = read_claim(read_bundle(json.dumps(changed(request, item=[one | asked])).encode(), 64)).items
    assert least_end(item.days, TODAY).isoformat() == least


@pytest.mark.parametrize(
    ("end", "status"), [("2026-11-24", 422), ("2026-11-25", 422), ("2026-12-08", 422), ("2026-12-09", 303)]
)
def test_a_changed_approval_leaves_time_for_the_service(desk: Payer, end: str, status: int) -> None:
    """Of days on which nothing can be given it would be a denial without a reason."""
    request = request_of(sample("02"))
    shown = decided(signed_in(desk), response(desk.submit(request))["id"], "changed", status, end=end)
    assert reviews(desk.submit(request)) == {1: "A6" if status == 303 else "A4"}
    assert ("leaves no time" in shown) == (status == 422)


def test_a_changed_approval_is_of_one_dose_at_least(desk: Payer) -> None:
    """Where a dose is known in billing units, less of it is nothing that can be given."""
    request = request_of(sample("20"))
    name = response(desk.submit(request))["id"]
    quantity = of_request(desk, name)
    dose = -(-quantity["units"] // quantity["doses"])
    client = signed_in(desk)
    assert f"{dose} billing units" in decided(client, name, "changed", 422, units=str(dose - 1))
    decided(client, name, "changed", 303, units=str(dose))


def of_request(payer: Payer, name: str) -> Json:
    """What the determination of a request's first item says of its quantity."""
    found = payer.client.application.extensions[PRIOR_AUTH].store.find(name)
    return dict(payer.determination(found.about["1"]["determination"])["dosing"]["quantity"])


@pytest.mark.parametrize(("until", "status"), [("2027-05-24", 303), ("2027-05-25", 422), ("2027-12", 422)])
def test_what_is_approved_as_asked_holds_for_all_that_was_asked(desk: Payer, until: str, status: int) -> None:
    request = request_of(sample("02"))
    (one,) = items_of(request)
    request = changed(request, item=[one | {"servicedPeriod": {"start": "2026-12-01", "end": until}}])
    decided(signed_in(desk), response(desk.submit(request))["id"], "approved", status)
    assert reviews(desk.submit(request)) == {1: "A1" if status == 303 else "A4"}


@pytest.mark.parametrize("name", [5, [5], [{"given": 5}], [{"given": [None, 7], "family": {}}]])
def test_a_name_that_is_none_hides_no_case(desk: Payer, name: Any) -> None:
    request = request_of(sample("02"))
    for one in request["entry"]:
        if one["resource"]["resourceType"] == "Patient":
            one["resource"]["name"] = name
    kept = response(desk.submit(request))["id"]
    client = signed_in(desk)
    assert kept in page(client)
    page(client, f"/review/{kept}")


def test_what_a_sender_writes_is_shown_and_never_run(desk: Payer) -> None:
    request = request_of(sample("02"))
    for one in request["entry"]:
        if one["resource"]["resourceType"] == "Patient":
            one["resource"]["name"] = [{"text": MARKUP}]
    attached = {"title": MARKUP, "contentType": "text/html", "data": "PHNjcmlwdD4="}
    document = {"resourceType": "DocumentReference", "id": "d", "content": [{"attachment": attached}, 5]}
    bare = {"resourceType": "QuestionnaireResponse", "id": "q", "status": "completed", "authored": MARKUP}
    request["entry"] += [
        {"fullUrl": f"https://ehr.example.org/fhir/{one['resourceType']}/{one['id']}", "resource": one}
        for one in (document, bare)
    ]
    name, client = response(desk.submit(request))["id"], signed_in(desk)
    for shown in (page(client), page(client, f"/review/{name}")):
        assert "<script>" not in shown
        assert "<img" not in shown
    file = client.get(f"/review/{name}/attachments/1", base_url=BASE)
    assert file.headers["Content-Type"] == "application/octet-stream"
    assert (file.headers["Content-Disposition"], file.headers["X-Content-Type-Options"]) == ("attachment", "nosniff")


@pytest.mark.parametrize("seconds", [-1, 1.5, True, "60", 2**31, 10**30])
def test_a_heartbeat_is_a_number_of_seconds(payer: Payer, seconds: Any) -> None:
    told = {"url": f"{BACKPORT}/backport-heartbeat-period", "valueUnsignedInt": seconds}
    subscribed(payer, subscription("http://127.0.0.1:9/x", extension=[told]), 422)


@pytest.mark.parametrize("seconds", [0, 1, 2**31 - 1])
def test_any_unsigned_number_is_one(payer: Payer, seconds: int) -> None:
    told = {"url": f"{BACKPORT}/backport-heartbeat-period", "valueUnsignedInt": seconds}
    subscribed(payer, subscription("http://127.0.0.1:9/x", extension=[told], odd=1.5))


@pytest.mark.parametrize("entry", [5, None, {}, [5], [{"resource": 5}], [{"resource": {"resourceType": "Patient"}}]])
def test_a_chart_that_is_none_can_be_tried_and_is_refused(payer: Payer, entry: Any) -> None:
    chart = json.dumps({"resourceType": "Bundle", "entry": entry, "note": MARKUP})
    reply = posted(payer.client, "/try", text=chart, policy="margetuximab", day="2026-11-25")
    assert reply.status_code == 400
    assert "<script>" not in reply.get_data(as_text=True)


# Anything at any place: an error that says so, or a request that is read; never a fault of ours.

ODD = st.sampled_from(
    [None, 5, -1, 1.5, "", "\x00", [], {}, [None], [5], {"reference": 5}, True, 10**30, "2026-02-30", "https://[", "#"]
)


def put(value: Any, path: list[int], odd: Any) -> Any:
    """Return a value with something odd at a place below it, which the numbers lead to."""
    if not path or not isinstance(value, dict | list) or not value:
        return odd
    names = sorted(value) if isinstance(value, dict) else range(len(value))
    at = names[path[0] % len(names)]
    value[at] = put(value[at], path[1:], odd)
    return value


def read(body: bytes) -> bytes:
    """Read a request as far as its call; what is refused is nothing."""
    try:
        bundle = read_bundle(body, 64)
        return stated(bundle, read_claim(bundle), ("patient",), "00000000-0000-4000-8000-000000000000").body
    except BundleError:
        return b""


@given(st.lists(st.integers(0, 40), min_size=1, max_size=9), ODD)
def test_a_bundle_with_anything_anywhere_is_read_or_refused(path: list[int], odd: Any) -> None:
    found = read(json.dumps(put(deepcopy(request_of(sample("01"))), path, odd)).encode())
    assert not found or json.loads(found)["hook"] == "order-sign"


def seconds_to_state(size: int) -> float:
    """Return the processor's time that a request with so many records takes to be stated."""
    request = request_of(sample("01"))
    server = "https://ehr.example.org/fhir/Observation"
    for number in range(size):
        one = {"resourceType": "Observation", "id": f"noise-{number}", "status": "final"}
        request["entry"].append({"fullUrl": f"{server}/noise-{number}", "resource": one})
    bundle = read_bundle(json.dumps(request).encode(), 64)
    claim, begun = read_claim(bundle), process_time()
    stated(bundle, claim, ("patient",), "00000000-0000-4000-8000-000000000000")
    return process_time() - begun


def test_a_large_request_takes_time_by_its_size_alone() -> None:
    """Four times the records take four times as long, and not sixteen times: nobody keeps a worker busy for hours."""
    assert min(seconds_to_state(8_000) for _ in range(3)) < 9 * min(seconds_to_state(2_000) for _ in range(3))


@pytest.mark.parametrize(
    ("kind", "data", "shown"),
    [
        ("text/plain", "SEVSMiAzKyA8Yj4=", "HER2 3+ &lt;b&gt;"),
        ("text/plain; charset=utf-8", "SEVSMiAzKyA8Yj4=", "HER2 3+ &lt;b&gt;"),
        ("text/plain", "/w==", "\ufffd"),
        ("image/png", "iVBORw0KGgo=", 'src="data:image/png;base64,iVBORw0KGgo="'),
        ("image/png", '"><script>', ""),
        ("image/svg+xml", "PHN2Zz4=", ""),
        ("text/html", "PGI+", ""),
        ("text/plain", "not base64", ""),
        ("text/plain", 5, ""),
        ("application/pdf", "JVBERg==", ""),
    ],
)
def test_attached_texts_and_pictures_are_shown_and_nothing_else_is(
    desk: Payer, kind: str, data: Any, shown: str
) -> None:
    request = request_of(sample("02"))
    attached = {"title": "Outside report", "contentType": kind, "data": data}
    one = {"resourceType": "DocumentReference", "id": "d", "content": [{"attachment": attached}]}
    request["entry"].append({"fullUrl": "https://ehr.example.org/fhir/DocumentReference/d", "resource": one})
    name = response(desk.submit(request))["id"]
    told = page(signed_in(desk), f"/review/{name}")
    assert (shown in told) if shown else ("attached" not in told)
    assert "Outside report" in told
    assert "<script>" not in told


def test_turned_text_of_a_request_reaches_no_page_and_no_letter(desk: Payer) -> None:
    """Of a patient's name, a drug, a diagnosis, and what a reviewer pastes: it could have a letter read otherwise."""
    turned = "\u202egnp\u2066\u200b"
    request = request_of(sample("02"))
    for one in (entry["resource"] for entry in request["entry"]):
        if one["resourceType"] == "Patient":
            one["name"] = [{"text": f"Name {turned}"}]
        if one["resourceType"] == "Condition":
            one["code"]["text"] = f"Diagnosis {turned}"
        if one["resourceType"] == "MedicationRequest":
            one["medicationCodeableConcept"]["text"] = f"Drug {turned}"
    name = response(desk.submit(request))["id"]
    client = signed_in(desk, "max")
    decided(client, name, "approved", words=f"Words {turned}")
    letters = [f"/review/{name}/letters/1/{reader}?language=es" for reader in ("member", "provider")]
    seen = [page(client, one) for one in ("/review", f"/review/{name}", *letters)]
    assert any("Name gnp" in one for one in seen)
    assert [mark for mark in turned if ord(mark) > 127 and any(mark in one for one in seen)] == []
