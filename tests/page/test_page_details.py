"""The page behind *Details*: who sees it, and everything that it tells of a determination."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.forms.details import Shelves
from cds_service.storage.tables import REVISIONS
from fhir_mappings.wording import wording
from policies.catalogue import Catalogue
from policies.model.determination import Covered, PaNeeded
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.language.test_language_dates import read
from tests.page.browsing import at_another_ehr
from tests.service.test_service_brief_cards import TOKENS
from tests.world import compose

BASE = "https://cds.example.org"


@pytest.fixture(scope="module")
def container(policies_on_file: Catalogue) -> Container:
    return compose(Settings(base_url=BASE, automatic_approval=True), policies_on_file, TODAY, new_engine())


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


@pytest.fixture(scope="module")
def asked_client(policies_on_file: Catalogue) -> FlaskClient:
    """A service that authorizes nothing by itself: every order has its form."""
    return create_app(compose(Settings(base_url=BASE), policies_on_file, TODAY, new_engine())).test_client()


def details(client: FlaskClient, sample: str, changed: Callable[[bytes], bytes] = bytes) -> str:
    reply = client.post("/cds-services/order-sign-crd", data=changed(at_another_ehr(sample)))
    (url,) = [one["url"] for one in reply.get_json()["cards"][0]["links"] if "/forms/" in one["url"]]
    found = client.get(f"{url.removeprefix(BASE)}/determination")
    assert found.status_code == 200, found.text
    return found.text


def headings(page: str) -> list[str]:
    return re.findall(r'<h2 id="([\w-]+)"', page)


def test_it_tells_timeline_criteria_what_is_open_and_the_versions_in_that_order(client: FlaskClient) -> None:
    page = details(client, "05")
    assert headings(page) == ["timeline", "criteria", "proposed", "dose", "open", "versions"]
    assert page.count("not at hand") == 1
    assert "HER2/CEP17 ratio 1.20 (liver), Aug 24, 2026" in page
    assert not TOKENS.search(read(page))
    assert "covered · prior authorization needed" in page
    assert page.count("Two results contradict each other") == 1
    assert "<svg" in page
    assert "Liver" not in page.split('<h2 id="criteria"')[0].split("<svg")[0]
    assert page.count('class="band') == 5
    assert "first proof of advanced disease" in page
    assert "this order" in page
    assert "HER2/CEP17 ratio 1.20" in page
    assert re.search(r"Policy MP-RX-FP-56-23, in force from \w+ \d+, 2026, edition \d", page)


@pytest.mark.parametrize("one", [*Covered, *PaNeeded])
def test_each_answer_of_coverage_has_words(one: Covered | PaNeeded) -> None:
    key = f"{'coverage' if isinstance(one, Covered) else 'authorization'}.{one.value}"
    assert wording("en")(key) != wording("es")(key)


def test_what_is_proposed_stands_on_it_with_its_record(client: FlaskClient) -> None:
    page = details(client, "08")
    assert "proposed" in headings(page)
    assert "Does that still hold today?" in page.split('<h2 id="proposed"')[1]


def test_a_dose_above_is_told_with_both_doses(client: FlaskClient) -> None:
    told = details(client, "20").split('<h2 id="dose"')[1]
    assert "1400 mg" in told
    assert "15 mg/kg" in told


@pytest.mark.parametrize(
    ("weighed", "mg", "every", "verdict"),
    [
        ("2026-05-16", 1065, 21, "within"),
        ("2026-05-15", 1065, 21, "unknown"),
        ("2026-06-08", 1171, 21, "within"),
        ("2026-06-08", 1172, 21, "above"),
        ("2026-06-08", 959, 21, "within"),
        ("2026-06-08", 958, 21, "below"),
        ("2026-06-08", 1065, 20, "above"),
        ("2026-06-08", 1065, 22, "below"),
    ],
)
def test_the_dose_is_held_against_the_policys_on_each_side_of_each_figure(
    asked_client: FlaskClient, weighed: str, mg: int, every: int, verdict: str
) -> None:
    """The policy: 15 mg/kg every 21 days, 10 % more or less; a weight of 30 days, here 71 kg."""
    told = details(asked_client, "20", lambda call: dosed(call, weighed, mg, every)).split('<h2 id="dose"')[1]
    assert re.findall(r'class="dose ([\w-]+)"', told) == [verdict]
    assert f"{mg} mg" in told


def dosed(call: bytes, weighed: str, mg: int, every: int) -> bytes:
    """Sample 20 with another day of its weight, dose and interval."""
    told = json.loads(call)
    (order,) = [one["resource"] for one in told["context"]["draftOrders"]["entry"]]
    (dosage,) = order["dosageInstruction"]
    dosage["doseAndRate"][0]["doseQuantity"]["value"] = mg
    dosage["timing"] = {"repeat": {"frequency": 1, "period": every, "periodUnit": "d"}}
    text = json.dumps(told)
    weights = re.findall(r'"effectiveDateTime": "[\d-]+", "valueQuantity": \{"value": 71, "unit": "kg"', text)
    assert len(weights) == 1
    return text.replace(weights[0], re.sub(r"\d{4}-\d\d-\d\d", weighed, weights[0])).encode()


def test_it_is_printed_without_what_a_reader_would_click(client: FlaskClient) -> None:
    page = details(client, "05")
    assert re.search(r'<p class="no-print"><a class="button first"', page)


@pytest.mark.parametrize("call", [b"", b'{"hook": "order-sign"}'])
def test_where_the_call_cannot_be_read_no_timeline_is_drawn(
    container: Container, client: FlaskClient, call: bytes
) -> None:
    details(client, "05")
    assert container.archive is not None
    with container.archive.engine.connect() as connection:
        name = connection.execute(select(REVISIONS.c.determination)).scalars().first()
    kept = container.archive.kept(str(name))
    assert kept is not None
    shelves = Shelves(container.archive, container.order_sign)
    assert shelves.timeline_of(str(name), wording()) is not None
    assert shelves.judgement_of(kept) is not None
    assert shelves.judgement_of(replace(kept, call=call)) is None


def test_a_link_that_is_none_shows_nothing(client: FlaskClient) -> None:
    found = client.get("/forms/none-of-ours/determination")
    assert found.status_code == 404
    assert "eva" not in found.text
