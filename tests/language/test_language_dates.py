"""Dates as people write them: one form a language on every page, card, form and letter; data keeps ISO."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash

import cds_service
from cds_service.app.container import compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.wording import wording
from policies.catalogue import Catalogue
from policies.model.notes import Evidence, Note
from tests.conftest import TODAY
from tests.databases import SQLITE, new_engine
from tests.page.browsing import at_another_ehr
from tests.prior_auth.request_bundles import changed, request_of, response, sample
from tests.world import publishing

DATABASES = (SQLITE,)
BASE = "https://cds.example.org"
SAMPLES = sorted(path.name[:2] for path in (Path(cds_service.__file__).parent / "samples").glob("*.json"))
ISO = re.compile(r"\b(?:19|20)\d\d-\d\d(?:-\d\d)?\b")
_NOT_READ = re.compile(r"<(head|textarea|pre|code|script|option)\b.*?</\1>|<[^>]*>", re.DOTALL)
PASSWORD = "correct horse"


def read(page: str) -> str:
    """Return what a person reads of a page: no attributes, and nothing that is quoted as data."""
    return _NOT_READ.sub(" ", page)


def dates_of_data(page: str) -> list[str]:
    return ISO.findall(read(page))


@pytest.fixture(scope="module", params=["en", "es"])
def client(
    request: pytest.FixtureRequest, policies_on_file: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> FlaskClient:
    file = tmp_path_factory.mktemp("reviewers") / "reviewers.toml"
    kept = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1")
    told = f'[[reviewers]]\nname = "rita"\nperson = "Rita"\nrole = "medical-director"\npassword = "{kept}"\n'
    file.write_text(told, encoding="utf-8")
    appeal = {"letters": {"appeal_rights": {"en": "You can appeal.", "es": "Puede apelar."}}}
    settings = {"base_url": BASE, "language": request.param, "reviewers_file": str(file), "automatic_approval": True}
    made = compose(msgspec.convert(settings | appeal, Settings), policies_on_file, TODAY, new_engine(), "", publishing)
    found = create_app(made).test_client()
    found.environ_base["HTTP_ACCEPT_LANGUAGE"] = request.param
    return found


def pages(client: FlaskClient, start: str) -> Iterator[tuple[str, str]]:
    """Yield what a clinician reads of a sample: its cards, form, plain form and details."""
    reply = client.post("/cds-services/order-sign-crd", data=at_another_ehr(start)).get_json() or {}
    for card in reply.get("cards", ()):
        yield "card", f"{card['summary']} {card.get('detail', '')}"
    links = {one["url"] for card in reply.get("cards", ()) for one in card.get("links", ()) if "/forms/" in one["url"]}
    for url in sorted(links):
        path = url.removeprefix(BASE)
        for name in (f"{path}?plain", f"{path}/determination"):
            yield name.rpartition("/")[2][-14:], client.get(name, base_url=BASE).text


@pytest.mark.parametrize("start", SAMPLES)
def test_nothing_that_a_clinician_reads_has_a_date_of_data(client: FlaskClient, start: str) -> None:
    found = {name: dates for name, page in pages(client, start) if (dates := dates_of_data(page))}
    assert found == {}


@pytest.mark.parametrize("path", ["/policies", "/policies/margetuximab", "/policies/elranatamab", "/try"])
def test_no_public_page_has_a_date_of_data(client: FlaskClient, path: str) -> None:
    assert dates_of_data(client.get(path, headers={"Accept": "text/html"}).text) == []


def posted(client: FlaskClient, path: str, **fields: str) -> str:
    return client.post(path, data=fields, headers={"Origin": BASE}, base_url=BASE, follow_redirects=True).text


def test_no_page_of_the_desk_and_no_letter_has_a_date_of_data(client: FlaskClient) -> None:
    request = request_of(sample("03"), "dates")
    (one,) = request["entry"][0]["resource"]["item"]
    asked = changed(request, item=[one | {"servicedPeriod": {"start": "2026-12-10", "end": "2026-12-31"}}])
    name = response(client.post("/fhir/pas/Claim/$submit", data=json.dumps(asked)).get_json())["id"]
    seen = {"list": posted(client, "/review/sign-in", name="rita", password=PASSWORD)}
    case = client.get(f"/review/{name}", base_url=BASE).text
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', case))
    told = {"csrf": csrf, "sequence": "1", "words": "Seen."}
    seen |= {"case": case, "extended": posted(client, f"/review/{name}/decision", act="extended", **told)}
    seen["decided"] = posted(client, f"/review/{name}/decision", act="changed", end="2027-01-31", **told)
    seen["list of decided"] = client.get("/review/decided", base_url=BASE).text
    for reader in ("member", "provider"):
        for language in ("en", "es"):
            path = f"/review/{name}/letters/1/{reader}?language={language}"
            seen[f"{reader} {language}"] = client.get(path, base_url=BASE).text
    assert {page: dates for page, text in seen.items() if (dates := dates_of_data(text))} == {}
    assert len(seen) == 9


@pytest.mark.parametrize(
    ("language", "day", "month"), [("en", "Nov 5, 2026", "Nov 2026"), ("es", "5 nov 2026", "nov 2026")]
)
def test_one_form_of_date_stands_in_sentences_figures_and_evidence(language: str, day: str, month: str) -> None:
    say, when = wording(language).uncited, date(2026, 11, 5)
    assert day in say("review.granted", number="PA1", start="2026-11-05", end=when)
    assert day in say.words(Note("reason.satisfied", number="PA1", end=when))
    evidence = Evidence("Observation/x", Note("ecog.evidence", grade=1), "2026-11-05")
    assert day in say.words(Note("ecog.old", found=(evidence,), days=90))
    assert month in say.words(Note("duration.over", start="2026-11", days=90))
    assert say.moment(datetime(2026, 11, 5, 14, 30, tzinfo=UTC)).startswith(day)
    assert "2026-11-05" in wording(language).words(Note("reason.satisfied", number="PA1", end=when)), "data keeps ISO"
