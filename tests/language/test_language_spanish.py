"""Every language has every sentence, with the same figures, and the payer's own sentences too; Spanish is spoken."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fhir.resources.R4B.questionnaire import Questionnaire
from flask.testing import FlaskClient
from msgspec import convert

import cds_service
from cds_service.app.settings import Settings, SettingsError
from cds_service.app.settings_file import load
from cds_service.application import create_app
from fhir_mappings.forms.form import forms_of
from fhir_mappings.questionnaires.questionnaire import questionnaire
from fhir_mappings.questionnaires.translations import TRANSLATION, texts_in
from fhir_mappings.wording import languages, on_file, wording
from policies.model.criteria import walk
from policies.model.policy import Policy
from tests import world
from tests.clients.signing import ISSUER, key_set, token
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.language.languages import english_in
from tests.page.browsing import at_another_ehr
from tests.world import compose

Json = dict[str, Any]
BASE = "https://cds.example.org"
SAMPLES = sorted((Path(cds_service.__file__).parent / "samples").glob("*.json"))
OTHERS = [one for one in languages() if one != "en"]
FIGURE = re.compile(r"\{(\w+)\}")
PLACE = re.compile(r"[A-C](\.[ivx]+)?(\.[A-C](-[A-C])?)?|HER2|[0-4]\+?|REMS|")
"""What is the same in every language: places in a document, scores, and names."""


def payers(policy: Policy) -> Iterator[str]:
    """Every sentence of a policy that a clinician reads on a card, a form or a page."""
    for fact in policy.facts.values():
        yield from (fact.what, fact.ask, *fact.options, *fact.notes.values())
    for request in policy.requests.values():
        for node in walk(request.criteria):
            yield from (node.says, node.section)
    for note in policy.figures.safety:
        yield from (note.says, note.about, note.section)
    for definition in policy.figures.definitions.values():
        yield from (definition.says, *(part for row in definition.rows for part in (row.says, row.probe, row.result)))
    for asked in policy.figures.documentation.values():
        yield from (asked.what, asked.ask)


def test_spanish_is_there() -> None:
    assert languages() == ("en", "es")


@pytest.mark.parametrize("language", OTHERS)
def test_each_sentence_is_there_with_the_same_figures(language: str) -> None:
    own, other = on_file("en"), on_file(language)
    other.pop("payer")
    assert own.keys() - other.keys() == set()
    assert other.keys() - own.keys() == set()
    wrong = {key for key in own if sorted(FIGURE.findall(own[key])) != sorted(FIGURE.findall(other[key]))}
    assert wrong == set()


@pytest.mark.parametrize("language", OTHERS)
def test_each_sentence_of_the_policies_that_ship_is_there(language: str) -> None:
    told = wording(language).payer
    wanted = {one for policy in world.shipped().all for one in payers(policy) if not PLACE.fullmatch(one)}
    assert len(wanted) > 60
    assert wanted - told.keys() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_each_title_of_a_sample_is_there(language: str) -> None:
    titles = {one["title"] for one in yaml.safe_load((SAMPLES[0].parent / "index.yaml").read_text(encoding="utf-8"))}
    assert len(titles) == 20
    assert titles - wording(language).payer.keys() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_was_left_in_english(language: str) -> None:
    same = {key for key, text in wording(language).sentences.items() if text == wording().sentences[key]}
    kept = {key for key in same if re.search(r"[a-z]{4,}", FIGURE.sub("", wording().sentences[key]))}
    assert kept <= {"ecog.karnofsky_evidence", "page.token", "place.colon", "place.pleura", "place.sarcoma"}


@pytest.mark.parametrize(
    ("day", "english", "spanish"),
    [
        ("2027-05-19", "May 19, 2027", "19 may 2027"),
        ("2024-08", "Aug 2024", "ago 2024"),
        ("2024", "2024", "2024"),
        ("", "", ""),
        ("no date", "no date", "no date"),
        ("2024-13-01", "2024-13-01", "2024-13-01"),
    ],
)
def test_dates_are_those_of_the_language(day: str, english: str, spanish: str) -> None:
    assert wording().day(day) == english
    assert wording("es").day(day) == spanish


@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_numbers_choose_the_sentence_by_the_rules_of_the_language(number: int) -> None:
    told = wording("es").count("brief.unknown", number, drug="X")
    assert told == f"X: requiere preautorización; {'queda' if number == 1 else 'quedan'} {number} punto" + (
        "" if number == 1 else "s"
    )


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    settings = Settings(base_url=BASE, language="es", form_languages=("en", "es"))
    return create_app(compose(settings, world.shipped(), TODAY, new_engine())).test_client()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_service_in_spanish_sends_no_english_sentence(client: FlaskClient, sample: Path) -> None:
    hook = json.loads(sample.read_bytes())["hook"]
    reply = client.post(f"/cds-services/{hook}-crd", data=sample.read_bytes(), content_type="application/json")
    assert reply.status_code == 200
    told = [(one["summary"], one.get("detail", "")) for one in reply.get_json()["cards"]]
    assert english_in(json.dumps(told, ensure_ascii=False)) == []
    for text in (part for one in told for part in one):
        assert not re.search(r"\b(the|criteria|needed|which|earlier)\b", text.replace("HER2", "")), text


def test_a_client_is_answered_in_its_own_language(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_bytes(key_set())
    ehr = {"name": "ehr", "iss": ISSUER, "jwks": str(keys), "delivery": "both", "language": "es"}
    app = create_app(
        compose(convert({"base_url": BASE, "clients": [ehr]}, Settings), world.shipped(), TODAY, new_engine())
    )
    bearer = token(aud=f"{BASE}/cds-services/order-sign-crd", header={"jku": None})
    reply = app.test_client().post(
        "/cds-services/order-sign-crd",
        data=next(path for path in SAMPLES if path.name.startswith("05")).read_bytes(),
        content_type="application/json",
        headers={"Authorization": f"Bearer {bearer}"},
        base_url=BASE,
    )
    content = reply.get_json()
    assert "requiere preautorización" in content["cards"][0]["summary"]
    (action,) = content["systemActions"]
    assert "Queda abierto un punto" in json.dumps(action, ensure_ascii=False)


@pytest.mark.parametrize(
    "settings", [{"CDS_LANGUAGE": "xx"}, {"CDS_FORM_LANGUAGES": "es,fr"}], ids=lambda one: next(iter(one))
)
def test_a_language_that_nobody_wrote_stops_the_start(settings: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is none of en, es"):
        load(settings, tmp_path)


@pytest.mark.parametrize(
    ("asked", "is_spanish"), [("es-PR,es;q=0.9,en;q=0.5", True), ("en-US,en", False), ("", False), ("fr", False)]
)
def test_pages_speak_the_language_that_the_browser_asks_for(asked: str, is_spanish: bool) -> None:
    app = create_app(compose(Settings(base_url=BASE), world.shipped(), TODAY, new_engine())).test_client()
    reply = app.post("/cds-services/order-sign-crd", data=at_another_ehr("05"), content_type="application/json")
    (form,) = [one["url"] for one in reply.get_json()["cards"][0]["links"] if "/forms/" in one["url"]]
    way = form.removeprefix(BASE)
    headers = {"Accept-Language": asked} if asked else {}
    pages = [app.get(one, headers=headers).text for one in (f"{way}/determination", f"{way}?plain")]
    for page in pages:
        assert (('lang="es"' in page), ("Cáncer de mama" in page)) == (is_spanish, is_spanish)
        assert (english_in(page) == []) is is_spanish


def translations(content: Any) -> Iterator[Json]:
    """Every translation in a resource."""
    if isinstance(content, dict):
        if content.get("url") == TRANSLATION:
            yield content
        for one in content.values():
            yield from translations(one)
    elif isinstance(content, list):
        for one in content:
            yield from translations(one)


def test_forms_bear_their_texts_in_the_other_language(client: FlaskClient) -> None:
    (name, *_) = [form.id for form in forms_of(world.shipped(), BASE)]
    resource = client.get(f"/fhir/Questionnaire/{name}").get_json()
    Questionnaire.model_validate(resource)
    told = list(translations(resource))
    assert len(told) > 20
    assert {one["extension"][0]["valueCode"] for one in told} == {"en"}
    assert "¿" in json.dumps(resource["item"], ensure_ascii=False)


def test_a_form_has_no_text_without_spanish() -> None:
    say = wording("es")
    for form in forms_of(world.shipped(), BASE):
        english, spanish = texts_in(form, wording()), texts_in(form, say)
        assert english.keys() == spanish.keys()
        same = {text for place, text in spanish.items() if text == english[place]}
        assert {one for one in same if re.search(r"[a-z]{4,}", one)} == set(), form.id
        assert questionnaire(form, say)["item"]
