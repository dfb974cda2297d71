"""The reviewer's desk through the real application: who is let in, what a decision does, and what comes of it."""

import html
import json
import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.security import generate_password_hash

from cds_service.application import PRIOR_AUTH
from cds_service.encryption import tenant_keys
from cds_service.encryption.operator_keys import key_ring
from cds_service.encryption.payloads import packed
from cds_service.forms.details import Shelves
from cds_service.prior_auth.answers import items_of
from cds_service.prior_auth.request_lists import folded
from cds_service.prior_auth.requests import EXPEDITED, STANDARD, due
from cds_service.requests_on_file.kept_requests import Request, by_due
from cds_service.reviewers.reviewer_file import ReviewerError, read_reviewers
from cds_service.reviewers.sign_in_limits import MOST_FAILURES
from cds_service.storage.tables import CALLS
from fhir_mappings.prior_auth.bundles import read_bundle
from fhir_mappings.prior_auth.claim import read_claim
from hooks.protocol.client import ANYONE
from tests.prior_auth.conftest import BASE, Making, Payer
from tests.prior_auth.request_bundles import action, changed, concept, request_of, response, reviews, sample, value_of

Json = dict[str, Any]
PASSWORD = "correct horse"
OPEN, AGAINST = "02", "03"


@pytest.fixture(scope="session")
def reviewers_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("reviewers") / "reviewers.toml"
    kept = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1")
    people = [("rita", "Rita Muster, RN", "reviewer"), ("max", "Max Muster, MD", "medical-director")]
    told = [f'[[reviewers]]\nname = "{n}"\nperson = "{p}"\nrole = "{r}"\npassword = "{kept}"\n' for n, p, r in people]
    file.write_text("\n".join(told), encoding="utf-8")
    return file


@pytest.fixture
def desk(paying: Making, reviewers_file: Path) -> Payer:
    return paying(reviewers_file=str(reviewers_file))


def browser(payer: Payer) -> FlaskClient:
    """A browser of its own."""
    return payer.client.application.test_client()


def posted(client: FlaskClient, path: str, origin: str = BASE, **fields: Any) -> Any:
    form = "application/x-www-form-urlencoded"
    return client.post(path, data=fields, headers={"Origin": origin}, content_type=form, base_url=BASE)


def signed_in(payer: Payer, name: str = "rita") -> FlaskClient:
    client = browser(payer)
    assert posted(client, "/review/sign-in", name=name, password=PASSWORD).status_code == 303
    return client


def page(client: FlaskClient, path: str = "/review") -> str:
    reply = client.get(path, base_url=BASE)
    assert reply.status_code == 200, reply.status_code
    return reply.get_data(as_text=True)


def csrf(client: FlaskClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page(client))
    assert found is not None
    return found[1]


def decided(client: FlaskClient, name: str, act: str, status: int = 303, **fields: Any) -> str:
    told = {"csrf": csrf(client), "sequence": "1", "act": act} | fields
    reply = posted(client, f"/review/{name}/decision", **told)
    assert reply.status_code == status, reply.get_data(as_text=True)
    return str(reply.get_data(as_text=True))


def submitted(payer: Payer, name: str = OPEN) -> tuple[Json, str]:
    """Submit a sample; return the request and its id."""
    request = request_of(sample(name))
    return request, response(payer.submit(request))["id"]


# Who is let in.


def test_nobody_sees_the_desk_without_a_session(desk: Payer) -> None:
    _, name = submitted(desk)
    for path in ("/review", f"/review/{name}", f"/review/{name}/attachments/1"):
        reply = browser(desk).get(path, base_url=BASE)
        assert (reply.status_code, reply.headers["Location"]) == (303, "/review/sign-in")
    assert posted(browser(desk), f"/review/{name}/decision", act="approved", sequence="1").status_code == 303
    assert reviews(desk.submit(request_of(sample(OPEN)))) == {1: "A4"}


@pytest.mark.parametrize(("name", "password"), [("rita", "wrong"), ("nobody", PASSWORD), ("", ""), ("rita", "")])
def test_a_wrong_name_or_password_is_not_let_in(desk: Payer, name: str, password: str) -> None:
    client = browser(desk)
    assert posted(client, "/review/sign-in", name=name, password=password).status_code == 401
    assert client.get("/review", base_url=BASE).status_code == 303


@pytest.mark.parametrize("name", ["rita", "nobody"])
def test_a_name_is_locked_after_some_wrong_passwords_known_or_not(desk: Payer, name: str) -> None:
    client = browser(desk)
    tries = [posted(client, "/review/sign-in", name=name, password="wrong").status_code for _ in range(MOST_FAILURES)]
    assert tries == [401] * (MOST_FAILURES - 1) + [429]
    assert posted(client, "/review/sign-in", name=name, password=PASSWORD).status_code == 429
    assert posted(browser(desk), "/review/sign-in", name="max", password=PASSWORD).status_code == 303


def test_a_session_ends_when_its_reviewer_signs_out(desk: Payer) -> None:
    client = signed_in(desk)
    kept = client.get_cookie("review_desk", path="/review", domain="cds.example.org")
    assert kept is not None
    assert (kept.http_only, kept.secure, kept.same_site) == (True, True, "Strict")
    assert posted(client, "/review/sign-out", csrf=csrf(client)).status_code == 303
    client.set_cookie("review_desk", kept.value, path="/review", domain="cds.example.org")
    assert client.get("/review", base_url=BASE).status_code == 303


def test_a_decision_from_another_page_or_session_is_not_taken(desk: Payer) -> None:
    _, name = submitted(desk)
    client, other = signed_in(desk), signed_in(desk, "max")
    fields = {"sequence": "1", "act": "approved"}
    assert posted(client, f"/review/{name}/decision", **fields).status_code == 403
    assert posted(client, f"/review/{name}/decision", csrf=csrf(other), **fields).status_code == 403
    foreign = posted(client, f"/review/{name}/decision", origin="https://evil.example", csrf=csrf(client), **fields)
    assert foreign.status_code == 403
    assert reviews(desk.submit(request_of(sample(OPEN)))) == {1: "A4"}


def test_without_the_file_there_is_no_desk(payer: Payer) -> None:
    assert payer.client.get("/review").status_code == 404


@pytest.mark.parametrize(
    "text",
    ["[[reviewers]]\nname='a'\n", "not toml", "[[reviewers]]\nname='a'\nperson='b'\nrole='reviewer'\npassword='x'\n"],
)
def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "reviewers.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ReviewerError):
        read_reviewers(str(file))
    with pytest.raises(ReviewerError):
        read_reviewers(str(tmp_path / "none.toml"))


def test_a_directors_step_is_for_a_director(paying: Making, reviewers_file: Path) -> None:
    payer = paying(reviewers_file=str(reviewers_file), denials_by_director=True)
    request, name = submitted(payer, AGAINST)
    fields = {"criterion": "HER2 immunohistochemistry 3+", "words": "IHC is 1+."}
    decided(signed_in(payer), name, "denied", 422, **fields)
    assert reviews(payer.submit(request)) == {1: "A4"}
    decided(signed_in(payer, "max"), name, "denied", **fields)
    assert reviews(payer.submit(request)) == {1: "A3"}


# What a decision does.


@pytest.mark.requirement("pas22.spec-26")
def test_the_case_shows_criteria_with_evidence_and_what_is_open(desk: Payer) -> None:
    _, name = submitted(desk, AGAINST)
    client = signed_in(desk)
    assert name in page(client)
    shown = page(client, f"/review/{name}")
    assert "HER2 immunohistochemistry 3+" in shown
    assert "HER2 IHC 1+" in shown
    assert "Observation/" not in shown


@pytest.mark.parametrize("sample_name", [OPEN, AGAINST])
def test_the_case_shows_the_timeline_and_dose_as_the_details_page_does(desk: Payer, sample_name: str) -> None:
    """Nothing of either is code: the same picture, table and sentences, made by the same templates."""
    _, name = submitted(desk, sample_name)
    shown = page(signed_in(desk), f"/review/{name}")
    request = desk.client.application.extensions[PRIOR_AUTH].store.find(name)
    assert desk.container.archive is not None
    service = desk.container.order_sign
    details = Shelves(desk.container.archive, service).read(request.about["1"]["determination"], service.say.uncited)
    assert details.drawn is not None
    words = details.drawn.words
    told = [one.text for one in (*words.bands, *(each for lane in words.lanes for each in lane.stretches))]
    for one in (*told, words.ordered.text, details.report["dosing"]["note"]):
        assert html.escape(one) in shown.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    assert told or sample_name == OPEN, "only this one has no treatment before"
    assert shown.count('<svg class="timeline"') == shown.count('<details class="as-table">') == 1
    assert "<pre>{" not in shown
    assert "&#34;verdict&#34;" not in shown


def test_where_the_call_is_gone_the_case_says_that_no_timeline_can_be_drawn(desk: Payer) -> None:
    _, name = submitted(desk)
    assert desk.container.archive is not None
    with desk.container.archive.engine.begin() as connection:
        connection.execute(CALLS.update().values(request=packed(b'{"hook": "order-sign"}')))
    shown = page(signed_in(desk), f"/review/{name}")
    assert '<svg class="timeline"' not in shown
    assert desk.container.order_sign.say("timeline.lost") in shown


def test_the_case_is_in_words(desk: Payer) -> None:
    _, name = submitted(desk, "20")
    shown = page(signed_in(desk), f"/review/{name}")
    assert "docetaxel + pertuzumab + trastuzumab" in shown
    assert "above the policy" in shown
    assert "not-applicable" not in shown
    assert "<pre>" not in shown


def test_an_approval_is_the_authorization_that_order_sign_answers_with(desk: Payer) -> None:
    request, name = submitted(desk)
    decided(signed_in(desk), name, "approved", evidence="Outside report seen.")
    answer = response(desk.submit(request))
    (item,) = answer["item"]
    assert action(item)["reviewActionCode"] == "A1"
    assert desk.sign(sample(OPEN))["satisfied-pa-id"] == action(item)["number"]
    reviewed = answer["extension"][0]["extension"][0]
    assert reviewed == {"url": "wasHumanReviewedFlag", "valueBoolean": True}
    assert name not in page(signed_in(desk))
    shown = page(signed_in(desk), f"/review/{name}")
    assert "Rita Muster, RN (rita)" in shown
    assert "Outside report seen." in shown
    assert "Outside report seen." not in json.dumps(answer)


def test_what_was_decided_is_found_by_number_name_drug_authorization_and_reviewer(desk: Payer) -> None:
    request, name = submitted(desk)
    _, waiting = submitted(desk, AGAINST)
    client = signed_in(desk)
    assert name not in page(client, "/review/decided")
    decided(client, name, "approved")
    number = action(response(desk.submit(request))["item"][0])["number"]
    listed = page(client, "/review/decided")
    assert name in listed
    assert waiting not in listed
    assert "approved as asked" in listed
    ((product, born),) = re.findall(r"</strong> ([^<]+)</a> \u00b7 ([^<]+)</p>", listed)
    for words in (number, number.lower(), born.split(",")[0].upper(), product, "rita muster", f"rita {number}"):
        assert name in page(client, f"/review/decided?words={quote(words)}"), words
    for words in ("nobody", f"max {number}"):
        assert name not in page(client, f"/review/decided?words={quote(words)}"), words
    assert name in page(client, "/review/decided?code=A1")
    assert name not in page(client, "/review/decided?code=A3")


@pytest.mark.parametrize(
    ("written", "sought"), [("Mu\u00f1oz", "munoz"), ("JOS\u00c9", "jos\u00e9"), ("Stra\u00dfe", "strasse")]
)
def test_a_search_minds_neither_case_nor_accents(written: str, sought: str) -> None:
    assert folded(written) == folded(sought)


@pytest.fixture
def by_hand(paying: Making, reviewers_file: Path) -> Payer:
    """A payer whose reviewers decide everything."""
    return paying(reviewers_file=str(reviewers_file), automatic_approval=False)


def test_the_dose_of_what_was_granted_is_that_of_the_days_granted(by_hand: Payer) -> None:
    """Before a decision it speaks of the days from the order on; after it of those that the authorization has."""
    desk = by_hand
    _, name = submitted(desk, "01")
    client, say = signed_in(desk), desk.container.order_sign.say
    store = desk.client.application.extensions[PRIOR_AUTH].store
    before = page(client, f"/review/{name}")
    decided(client, name, "approved")
    granted = items_of(store.answers(name)[-1])[0].granted
    after = page(client, f"/review/{name}")
    days = f"from {say.day(granted.start)} through {say.day(granted.end)}"
    assert days not in before
    assert days in after
    assert after.count("By the policy&#39;s dose") == before.count("By the policy&#39;s dose") == 1


def test_the_units_of_a_changed_approval_are_those_that_are_shown(by_hand: Payer) -> None:
    _, name = submitted(by_hand, "01")
    client = signed_in(by_hand)
    decided(client, name, "changed", end="2027-01-31", units="4000")
    shown = page(client, f"/review/{name}")
    assert "Authorized from Nov 25, 2026 through Jan 31, 2027: 4000 billing units." in shown
    assert "By the policy&#39;s dose" not in shown


@pytest.mark.requirement("pas22.spec-36", "pas22.spec-37")
def test_a_changed_approval_says_what_is_authorized_beside_what_was_asked(desk: Payer) -> None:
    request, name = submitted(desk)
    decided(signed_in(desk), name, "changed", end="2027-01-31", units="40")
    answer = response(desk.submit(request))
    (item,), (added,) = answer["item"], answer["addItem"]
    assert action(item)["reviewActionCode"] == "A6"
    assert added["itemSequence"] == [1]
    assert added["quantity"] == {"value": 40, "unit": "units"}
    assert added["servicedPeriod"] == {"start": "2026-11-25", "end": "2027-01-31"}
    assert action(added) == {"reviewActionCode": "A1", "number": action(item)["number"]}


def test_a_denial_names_criterion_and_words_and_ends_the_request(desk: Payer) -> None:
    request, name = submitted(desk, AGAINST)
    client = signed_in(desk)
    for fields in ({}, {"criterion": "HER2"}, {"words": "no"}):
        decided(client, name, "denied", 422, **fields)
    decided(client, name, "denied", criterion="HER2 immunohistochemistry 3+", words="IHC is 1+.", reason="0V")
    answer = response(desk.submit(request))
    (item,) = answer["item"]
    assert action(item) == {"reviewActionCode": "A3", "reasonCode": "0V"}
    (note,) = answer["processNote"]
    assert item["noteNumber"] == [note["number"]]
    assert "HER2 immunohistochemistry 3+: IHC is 1+." in note["text"]
    assert "satisfied-pa-id" not in desk.sign(sample(AGAINST))


def test_an_appeal_opens_a_denied_item_again(desk: Payer) -> None:
    request, name = submitted(desk, AGAINST)
    client = signed_in(desk)
    decided(client, name, "denied", criterion="HER2", words="IHC is 1+.")
    decided(client, name, "appealed")
    assert reviews(desk.submit(request)) == {1: "A4"}
    decided(client, name, "approved")
    assert reviews(desk.submit(request)) == {1: "A1"}


@pytest.mark.requirement("pas22.ainfo-2", "pas22.ainfo-3")
def test_asking_for_more_leads_to_the_form_and_leaves_the_item_open(desk: Payer) -> None:
    request, name = submitted(desk)
    decided(signed_in(desk), name, "asked", 422)
    decided(signed_in(desk), name, "asked", words="Please send the HER2 report.")
    answer = desk.submit(request)
    told = response(answer)
    assert reviews(answer) == {1: "A4"}
    (asked,) = [one["resource"] for one in answer["entry"] if one["resource"]["resourceType"] == "CommunicationRequest"]
    assert told["communicationRequest"][0]["reference"].endswith(asked["id"])
    assert asked["payload"] == [{"contentString": "102089-0"}]
    package = {
        "resourceType": "Parameters",
        "parameter": [{"name": "context", "valueString": asked["identifier"][0]["value"]}],
    }
    assert desk.client.post("/fhir/Questionnaire/$questionnaire-package", json=package).status_code == 200
    assert "Please send the HER2 report." in [one["text"] for one in told["processNote"]]


def test_the_time_can_be_extended(desk: Payer) -> None:
    _, name = submitted(desk)
    decided(signed_in(desk), name, "extended")
    assert "due Dec 16, 2026" in page(signed_in(desk), f"/review/{name}")


@pytest.mark.parametrize("act", ["approved", "changed", "asked", "extended"])
def test_what_is_decided_is_not_decided_again(desk: Payer, act: str) -> None:
    _, name = submitted(desk)
    client = signed_in(desk)
    decided(client, name, "approved")
    decided(client, name, act, 422, end="2027-01-31", words="?")


@pytest.mark.parametrize(
    "fields",
    [{"act": "granted"}, {"sequence": "x"}, {"end": "soon", "act": "changed"}, {"sequence": "9"}, {"act": "appealed"}],
)
def test_a_decision_that_is_none_changes_nothing(desk: Payer, fields: Json) -> None:
    request, name = submitted(desk)
    decided(signed_in(desk), name, **({"act": "approved", "status": 422} | fields))
    assert reviews(desk.submit(request)) == {1: "A4"}


def test_who_read_a_case_is_noted(desk: Payer) -> None:
    _, name = submitted(desk)
    page(signed_in(desk), f"/review/{name}")
    reads = desk.container.reads
    assert reads is not None
    reads.settle()
    with reads.engine.connect() as connection:
        found = connection.exec_driver_sql("select reader, kind, name from reads").all()
    assert ("reviewer rita", "Claim", name) in [tuple(one) for one in found]


# By when it is due.


@pytest.mark.parametrize(
    ("members", "allowed"),
    [
        ({}, STANDARD),
        ({"priority": concept("http://terminology.hl7.org/CodeSystem/processpriority", "stat")}, EXPEDITED),
        ({"priority": concept("http://terminology.hl7.org/CodeSystem/processpriority", "deferred")}, STANDARD),
    ],
)
def test_what_is_urgent_is_due_in_72_hours_and_all_else_in_7_days(members: Json, allowed: timedelta) -> None:
    asked = read_claim(read_bundle(json.dumps(changed(request_of(sample(OPEN)), **members)).encode(), 64))
    at = datetime(2026, 11, 25, 9, tzinfo=UTC)
    assert due(asked, at) - at == allowed
    assert (timedelta(days=7), timedelta(hours=72)) == (STANDARD, EXPEDITED)


def waiting(number: int, submitted_: int, expedited: bool) -> Request:
    at = datetime(2026, 11, 25, tzinfo=UTC) + timedelta(minutes=submitted_)
    until = at + (EXPEDITED if expedited else STANDARD)
    nothing: frozenset[str] = frozenset()
    last = (None, nothing, nothing, nothing, b"", {})
    return Request(
        str(number), "t", "", "", "", "", str(number), None, "initial", "pended", at, until, expedited, *last
    )


@given(st.lists(st.tuples(st.integers(0, 20_000), st.booleans()), max_size=40))
def test_nothing_stands_before_what_is_due_earlier(found: list[tuple[int, bool]]) -> None:
    listed = by_due(waiting(number, *one) for number, one in enumerate(found))
    assert len(listed) == len(found)
    assert all(one.due <= other.due for one, other in pairwise(listed))


def test_the_item_keeps_its_trace_number_through_a_decision(desk: Payer) -> None:
    request, name = submitted(desk)
    before = value_of(response(desk.submit(request))["item"][0], "itemTraceNumber")
    decided(signed_in(desk), name, "approved")
    assert value_of(response(desk.submit(request))["item"][0], "itemTraceNumber") == before


def test_a_destroyed_key_of_one_tenant_keeps_no_other_from_being_decided(desk: Payer) -> None:
    archive = desk.container.archive
    assert archive is not None
    _, readable = submitted(desk)
    ring = key_ring({"CDS_ENCRYPTION_KEYS": f"first:{b64encode(b'k' * 32).decode()}"}, "")
    tenant_keys.use_keys(archive.engine, ring)
    try:
        request = request_of(sample(AGAINST))
        request["entry"][0]["resource"]["identifier"][0]["value"] = "another"
        destroyed = response(desk.submit(request))["id"]
        client = signed_in(desk)
        assert destroyed in page(client)
        assert tenant_keys.destroy(archive.engine, ANYONE.tenant) == 1
        assert readable in page(client)
        assert destroyed not in page(client)
        decided(client, readable, "approved")
        assert readable in page(client, "/review/decided")
    finally:
        archive.engine.update_execution_options(**{tenant_keys._RING: None})
