"""The page on which a call is tried: every sample, a bare chart, what is wrong; nothing is stored."""

import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from msgspec import convert
from sqlalchemy import func, select

import cds_service
from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.tables import CALLS, DETERMINATIONS
from fhir_mappings.wording import wording
from policies.catalogue import Catalogue
from tests.clients.signing import ISSUER, key_set, token
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.world import compose

BASE = "https://cds.example.org"
EXAMPLES = Path(__file__).parents[2] / "policies" / "examples"
SAMPLES = sorted((Path(cds_service.__file__).parent / "samples").glob("*.json"))


@pytest.fixture(scope="module")
def container(policies_on_file: Catalogue) -> Container:
    return compose(Settings(base_url=BASE), policies_on_file, TODAY, new_engine())


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def tried(client: FlaskClient, text: str, status: int = 200, **fields: str) -> str:
    found = client.post("/try", data={"text": text} | fields, headers={"Origin": BASE})
    assert found.status_code == status, found.text
    return found.text


def sample(start: str) -> str:
    return next(path for path in SAMPLES if path.name.startswith(start)).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda one: one.stem)
def test_each_sample_is_tried_and_nothing_is_stored(container: Container, client: FlaskClient, path: Path) -> None:
    page = tried(client, path.read_text(encoding="utf-8"))
    assert '<h2 id="raw">' in page
    assert '<h2 id="time">' in page
    assert container.archive is not None
    with container.archive.engine.connect() as connection:
        assert [
            connection.execute(select(func.count()).select_from(one)).scalar() for one in (CALLS, DETERMINATIONS)
        ] == [0, 0]


def test_it_shows_card_timeline_criteria_what_is_asked_and_coverage_information(client: FlaskClient) -> None:
    page = tried(client, sample("05"))
    assert "Margenza: prior authorization needed, 1 point open" in page
    assert "<svg" in page
    assert "HER2 in situ hybridization positive" in page
    assert "What did in situ hybridization" in page
    assert '<h2 id="coverage">' in page


@pytest.mark.parametrize(("start", "service"), [("05", "order-sign-crd"), ("15", "order-select-crd")])
def test_the_sample_stays_chosen_and_the_command_calls_the_service_of_its_hook(
    client: FlaskClient, start: str, service: str
) -> None:
    chosen = f'<option value="{start}" selected>'
    assert chosen in client.get(f"/try?sample={start}", headers={"Accept": "text/html"}).text
    page = tried(client, sample(start), sample=start)
    assert chosen in page
    assert f"curl '{BASE}/cds-services/{service}'" in html.unescape(page)


def test_day_version_language_and_card_are_chosen(client: FlaskClient) -> None:
    assert "What is needed:" not in tried(client, sample("05"))
    assert "What is needed:" in tried(client, sample("05"), full="yes")
    assert "requiere preautorización" in tried(client, sample("05"), language="es")
    assert "Margenza: prior" not in tried(client, sample("05"), delivery="crd")
    assert "no policy is on file" in tried(client, sample("05").replace('"authoredOn"', '"authored"'), day="2020-01-01")


def title_of(page: str) -> str:
    return str(re.findall(r"<h2>(.*?):", page)[0])


@pytest.mark.parametrize(
    ("start", "title"), [("05", "Margetuximab-cmkb (Margenza)"), ("08", "Elranatamab-bcmm (Elrexfio)")]
)
def test_an_order_is_titled_by_its_policy(client: FlaskClient, start: str, title: str) -> None:
    assert title_of(tried(client, sample(start))) == title


def test_one_version_is_tried_whatever_the_date_of_the_order(client: FlaskClient, policies_on_file: Catalogue) -> None:
    version = policies_on_file.versions("margetuximab").dates[0]
    early = sample("05").replace('"authoredOn"', '"authored"')
    assert "no policy is on file" in tried(client, early, day="2020-01-01")
    page = tried(client, early, day="2020-01-01", policy=f"margetuximab@{version}")
    assert f"margetuximab {wording('en').day(version)}" in page
    assert f'<option value="margetuximab@{version}" selected>' in page
    for unknown in ("margetuximab@2001-01-01", "nothing@2026-01-01", "margetuximab@soon", "draft:denosumab@2026-01-01"):
        assert 'class="faults"' in tried(client, sample("05"), 400, policy=unknown)


def test_a_draft_from_a_folder_is_tried_and_judges_nothing_else(policies_on_file: Catalogue, tmp_path: Path) -> None:
    folder = tmp_path / "drafts"
    shutil.copytree(EXAMPLES, folder)
    settings = Settings(base_url=BASE, draft_policies_folder=str(folder))
    own = create_app(compose(settings, policies_on_file, TODAY, new_engine())).test_client()
    found = re.findall(r'<option value="(draft:denosumab@[\d-]+)"', own.get("/try").text)
    assert found
    patient = {"resourceType": "Patient", "id": "p1", "gender": "female"}
    chart = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]})
    page = tried(own, chart, policy=found[0])
    assert re.search(r"<h2>DRAFT: [^<]*denosumab", page, re.IGNORECASE)
    assert "denosumab" not in own.get("/policies").text.lower()
    next((folder / "data" / "denosumab").glob("*.yaml")).write_text("title: broken", encoding="utf-8")
    assert "the drafts cannot be read" in own.get("/try").text
    assert ".yaml" in tried(own, chart, 400, policy="draft:")


def test_the_command_sends_the_whole_call(client: FlaskClient) -> None:
    shown = re.findall(r'<textarea id="curl"[^>]*>(.*?)</textarea>', tried(client, sample("05")), re.DOTALL)[0]
    first, *call, last = html.unescape(shown).splitlines()
    assert first.startswith(f"curl '{BASE}/cds-services/order-sign-crd'")
    assert first.endswith("<<'CALL'")
    assert last == "CALL"
    assert json.loads("\n".join(call)) == json.loads(sample("05"))


def test_a_bare_chart_is_tried_with_a_drug(client: FlaskClient) -> None:
    patient = {"resourceType": "Patient", "id": "p1", "gender": "female"}
    chart = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]}
    assert "prior authorization needed" in tried(client, json.dumps(chart), policy="margetuximab")
    assert "choose a drug" in tried(client, json.dumps(chart), 400)
    nobody = tried(client, json.dumps({"resourceType": "Bundle", "entry": []}), 400, policy="margetuximab")
    assert "one Patient; this one has 0" in nobody


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "not JSON"),
        ("[]", "order-sign"),
        ('{"hook": "order-sign"}', "context"),
        (sample("05"), "no date"),
    ],
)
def test_what_is_wrong_is_said_by_its_place(client: FlaskClient, text: str, fault: str) -> None:
    fields = {"day": "tomorrow"} if fault == "no date" else {}
    page = tried(client, text, 400, **fields)
    assert 'class="faults"' in page


def test_what_a_chart_holds_is_shown_as_text(client: FlaskClient) -> None:
    page = tried(client, sample("05").replace("Infiltrating ductal carcinoma", "<script>alert(1)</script>"))
    assert "<script>alert" not in page


def test_another_site_cannot_send_a_call(client: FlaskClient) -> None:
    found = client.post("/try", data={"text": "{}"}, headers={"Origin": "https://evil.example"})
    assert found.status_code == 403


@pytest.fixture
def closed(policies_on_file: Catalogue, tmp_path: Path) -> FlaskClient:
    keys = tmp_path / "keys.json"
    keys.write_bytes(key_set())
    settings: dict[str, Any] = {"base_url": BASE, "clients": [{"name": "ehr", "iss": ISSUER, "jwks": str(keys)}]}
    made = compose(convert(settings, Settings), policies_on_file, TODAY, new_engine(), "an-administrator")
    return create_app(made).test_client()


def test_with_clients_it_is_for_an_administrator(closed: FlaskClient) -> None:
    own = {"Authorization": "Bearer " + token(aud=f"{BASE}/try", header={"jku": None})}
    assert 'name="token"' in closed.get("/try", base_url=BASE).text
    without = closed.post("/try", base_url=BASE, data={"text": sample("05")}, headers={"Origin": BASE})
    assert without.status_code == 403
    assert closed.get("/try", base_url=BASE, headers=own).status_code == 403
    admin = {"Authorization": "Bearer an-administrator"}
    assert closed.get("/try", base_url=BASE, headers=admin).status_code == 200
    sent = {"text": sample("05"), "token": "an-administrator"}
    assert closed.post("/try", base_url=BASE, data=sent, headers={"Origin": BASE}).status_code == 200
