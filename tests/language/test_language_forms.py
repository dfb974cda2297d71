"""Forms in the reader's language: packages, adaptive forms to their end, drafts, and what is wrong with an answer.

The language is that of a client's registration, else what the request asks for, else the service's own.
"""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from msgspec import convert

import cds_service
from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.wording import wording
from tests import world
from tests.clients.signing import ISSUER, key_set, token
from tests.conftest import TODAY
from tests.databases import SQLITE, new_engine
from tests.language.languages import english_in
from tests.page.browsing import at_another_ehr
from tests.world import compose

DATABASES = (SQLITE,)
Json = dict[str, Any]
SAMPLES = Path(cds_service.__file__).parent / "samples"
BASE = "https://cds.example.org"
OPERATION = "/fhir/Questionnaire/$questionnaire-package"
STEP = "/fhir/Questionnaire/$next-question"
READ = frozenset({"text", "display", "title", "description", "valueString", "div"})
"""The members of resources that people read; what a translation beside them says is not of the reader's language."""
NOT_READ = frozenset({"extension", "_text", "_title", "_display", "meta"})
ENGLISH = re.compile(r"\b(the|and|is|are|has|have|with|from|what|which|please|line|given|earlier)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Desk:
    """A service as one client sees it: how it posts, and which language it is to read."""

    client: FlaskClient
    headers: Callable[[str], dict[str, str]]
    language: str

    def post(self, path: str, content: bytes | Json, status: int = 200) -> Json:
        data = content if isinstance(content, bytes) else json.dumps(content)
        kind = "application/json" if path.startswith("/cds-services") else "application/fhir+json"
        reply = self.client.post(
            path, data=data, content_type=kind, headers=self.headers(f"{BASE}{path}"), base_url=BASE
        )
        assert reply.status_code == status, reply.text
        return dict(reply.get_json())


def nothing(_: str) -> dict[str, str]:
    return {}


def signing(url: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(aud=url, header={'jku': None})}"}


def opened(language: str, **more: Any) -> FlaskClient:
    settings = convert({"base_url": BASE, "language": language, **more}, Settings)
    return create_app(compose(settings, world.shipped(), TODAY, new_engine())).test_client()


def registered(own: str, language: str, folder: Path) -> Desk:
    keys = folder / f"{own}-{language}.json"
    keys.write_bytes(key_set())
    client = {"name": "ehr", "iss": ISSUER, "jwks": str(keys), "delivery": "both", "language": language}
    return Desk(opened(own, clients=[client]), signing, language)


@pytest.fixture(scope="module", params=["own", "client es", "client en", "asked", "asked en", "client over asked"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("keys")
    match request.param:
        case "own":
            return Desk(opened("es"), nothing, "es")
        case "client es":
            return registered("en", "es", folder)
        case "client en":
            return registered("es", "en", folder)
        case "asked":
            return Desk(opened("en"), lambda _: {"Accept-Language": "es-PR,es;q=0.9,en;q=0.5"}, "es")
        case "asked en":
            return Desk(opened("es"), lambda _: {"Accept-Language": "en-US,en"}, "en")
        case _:
            found = registered("en", "es", folder)
            return Desk(found.client, lambda url: signing(url) | {"Accept-Language": "en"}, "es")


def strings(content: Any) -> Iterator[str]:
    """What people read of a resource."""
    if isinstance(content, list):
        for one in content:
            yield from strings(one)
    if isinstance(content, dict):
        for name, one in content.items():
            if name in READ and isinstance(one, str):
                yield one
            elif name not in NOT_READ:
                yield from strings(one)


def other_language(content: Any, language: str) -> list[str]:
    """What people read of a resource that is not of a language."""
    told = list(strings(content))
    assert told
    if language == "es":
        return [one for one in told if english_in(one) or ENGLISH.search(one) or one in wording("es").payer]
    spanish = frozenset(wording("es").payer.values()) - frozenset(wording("es").payer)
    return [one for one in told if one in spanish or re.search(r"[¿ñ]|\b(el|los|una|que|favor)\b", one)]


def forms(package: Json) -> list[Json]:
    """The forms and drafts of a package, without what stands beside them for machines."""
    whole = [package] if package["resourceType"] == "Bundle" else [one["resource"] for one in package["parameter"]]
    every = [entry["resource"] for one in whole if one["resourceType"] == "Bundle" for entry in one["entry"]]
    return [one for one in every if one["resourceType"] in {"Questionnaire", "QuestionnaireResponse"}]


def determined(desk: Desk, start: str) -> str:
    """Sign a sample, and return the determination of its last order."""
    reply = desk.post("/cds-services/order-sign-crd", at_another_ehr(start))
    found = re.findall(r'"coverage-assertion-id", "valueString": "([^"]+)"', json.dumps(reply["systemActions"]))
    return str(found[-1])


def package(desk: Desk, name: str, form: str = "") -> list[Json]:
    named = [{"name": "questionnaire", "valueCanonical": f"{BASE}/fhir/Questionnaire/{form}"}] if form else []
    asked = {"resourceType": "Parameters", "parameter": [{"name": "context", "valueString": name}, *named]}
    return forms(desk.post(OPERATION, asked))


def flat(items: list[Json]) -> Iterator[Json]:
    for one in items:
        yield one
        yield from flat(one.get("item", []))


def answered(response: Json) -> Json:
    """Answer whatever is asked: yes, a small number, the first option."""
    made = deepcopy(response)
    asked = {one["linkId"]: one for one in flat(made["contained"][0].get("item", []))}
    for one in flat(made.get("item", [])):
        question = asked.get(one["linkId"], {})
        if "answer" not in one and (value := some_answer(question)):
            one["answer"] = [value]
    return made


def some_answer(question: Json) -> Json:
    match question.get("type"):
        case "boolean":
            # Of two records that contradict each other no two can be right.
            return {"valueBoolean": ":confirm:" not in question["linkId"]}
        case "integer":
            return {"valueInteger": 1 if question["linkId"] == "ecog" else 4}
        case "choice":
            return {"valueCoding": question["answerOption"][0]["valueCoding"]}
        case _:
            return {}


@pytest.mark.parametrize("start", ["01", "05", "06", "08", "09"])
def test_a_package_speaks_the_language_of_who_asks(desk: Desk, start: str) -> None:
    found = package(desk, determined(desk, start))
    assert len(found) == 2
    assert found[0]["language"] == desk.language
    assert other_language(found, desk.language) == []


@pytest.mark.parametrize(
    ("start", "form"),
    [
        ("02", "margetuximab-initial-adaptive"),
        ("05", "margetuximab-initial-adaptive"),
        ("06", "margetuximab-continuation-adaptive"),
        ("08", "elranatamab-initial-adaptive"),
        ("09", "elranatamab-initial-adaptive"),
    ],
)
def test_an_adaptive_form_speaks_the_language_of_who_answers_to_its_end(desk: Desk, start: str, form: str) -> None:
    *_, draft = package(desk, determined(desk, start), form)
    steps = [desk.post(STEP, draft)]
    while steps[-1]["status"] != "completed":
        assert len(steps) < 12
        assert steps[-1]["contained"][0]["language"] == desk.language
        steps.append(desk.post(STEP, answered(steps[-1])))
    assert len(steps) > 1
    assert [other_language(one, desk.language) for one in steps if list(strings(one))] == [[] for _ in steps]
    for step in steps:
        asked = {one["linkId"]: one for one in flat(step["contained"][0].get("item", []))}
        for one in flat(step.get("item", [])):
            assert one["text"] == asked[one["linkId"]]["text"]
            for answer in one.get("answer", []):
                options = [each["valueCoding"] for each in asked[one["linkId"]].get("answerOption", [])]
                coding = answer.get("valueCoding")
                assert coding is None or (coding["code"], coding["display"]) in {
                    (each["code"], each["display"]) for each in options
                }


FAULTS = [
    (
        {"her2_ish_result": {"valueCoding": {"code": "other"}}},
        "lleva una de sus opciones: positivo, equívoco, negativo",
    ),
    ({"her2_ish_result": {"valueBoolean": True}}, "lleva un valueCoding, y nada más"),
    ({"prior_lines_advanced": {"valueInteger": 100}}, "lleva un número entero de 0 a 99"),
    (
        {"prior_anti_her2_therapies": {"valueInteger": 1}, "prior_anti_her2_therapies_metastatic": {"valueInteger": 2}},
        "es más que la respuesta a «Terapias anti-HER2 anteriores», de la que es parte",
    ),
]


@pytest.mark.parametrize(("given", "told"), FAULTS)
def test_what_is_wrong_with_an_answer_is_said_in_the_language_of_who_gave_it(
    desk: Desk, given: Json, told: str
) -> None:
    _, draft = package(desk, determined(desk, "05"))
    for one in flat(draft["item"]):
        if one["linkId"] in given:
            one["answer"] = [given[one["linkId"]]]
    reply = desk.post("/fhir/QuestionnaireResponse", draft | {"status": "completed"}, 422)
    assert other_language(reply, desk.language) == []
    assert (told in json.dumps(reply, ensure_ascii=False)) is (desk.language == "es")


def test_what_is_open_is_said_in_the_language_of_who_answers(desk: Desk) -> None:
    _, draft = package(desk, determined(desk, "02"))
    reply = desk.post("/fhir/QuestionnaireResponse", draft | {"status": "completed"}, 422)
    told = json.dumps(reply, ensure_ascii=False)
    assert ("es obligatoria" in told, "is required" in told) == (desk.language == "es", desk.language == "en")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("es", "1. docetaxel + pertuzumab + trastuzumab (3 feb 2025 a 30 jun 2025, enfermedad metastásica)"),
        ("en", "1. docetaxel + pertuzumab + trastuzumab (Feb 3, 2025 to Jun 30, 2025, metastatic)"),
    ],
)
def test_the_table_of_lines_is_in_the_readers_language_with_its_dates(language: str, told: str) -> None:
    desk = Desk(opened("en"), lambda _: {"Accept-Language": language}, language)
    _, draft = package(desk, determined(desk, "01"))
    (lines,) = [one for one in flat(draft["item"]) if one["linkId"].endswith(":lines")]
    first, *_ = lines["answer"][0]["valueString"].splitlines()
    assert first == told
