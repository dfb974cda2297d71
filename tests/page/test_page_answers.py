"""What comes back from the page: made whole, tied to its own determination, and taken as any answered form is."""

import json
import re
import zlib
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.archive import Archive
from cds_service.storage.tables import RESPONSES
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.page.browsing import at_another_ehr
from tests.page.test_page_links import BASE, link
from tests.service.calls import body, order_sign
from tests.world import compose

Json = dict[str, Any]
FHIR = "application/fhir+json"
ORIGIN = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/information-origin"
AUTHOR = {"display": "A. Example, oncologist"}


@pytest.fixture(scope="module")
def container(policies_on_file: Catalogue) -> Container:
    return compose(Settings(base_url=BASE), policies_on_file, TODAY, new_engine())


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def of_sample(client: FlaskClient, sample: str) -> str:
    reply = client.post("/cds-services/order-sign-crd", data=at_another_ehr(sample))
    (url,) = [one["url"] for one in reply.get_json()["cards"][0]["links"] if "/forms/" in one["url"]]
    return str(url).removeprefix(BASE)


def as_rendered(response: Json, answers: Json) -> Json:
    """Return a response as LHC-Forms writes it: items and answers only, with some answers changed."""

    def item(one: Json) -> Json:
        inner = {"item": [item(part) for part in one["item"]]} if "item" in one else {}
        given = [{"valueX": 1}] if one["linkId"] in answers else one.get("answer", [])
        told = [answers.get(one["linkId"]) or {k: v for k, v in each.items() if k != "extension"} for each in given]
        return {"linkId": one["linkId"], "text": one.get("text", "")} | inner | ({"answer": told} if told else {})

    items = [item(one) for one in response["item"]]
    return {"resourceType": "QuestionnaireResponse", "status": "in-progress", "author": AUTHOR, "item": items}


def sent(client: FlaskClient, way: str, content: Any, **headers: str) -> TestResponse:
    told = {"Origin": BASE, "Content-Type": FHIR} | headers
    data = content if isinstance(content, bytes) else json.dumps(content)
    return client.post(f"{way}/response", data=data, headers=told)


def shown(client: FlaskClient, way: str) -> Json:
    return dict(client.get(f"{way}/content").get_json())


@pytest.mark.parametrize("status", [["completed"], {}, 7, None, "amended"])
def test_a_status_that_no_page_sends_ends_nothing(client: FlaskClient, status: Any) -> None:
    way = link(client)
    reply = sent(client, way, as_rendered(shown(client, way)["response"], {}) | {"status": status})
    assert reply.status_code in {200, 201}, reply.text
    assert reply.get_json()["status"] == "in-progress"


def test_a_form_without_an_answer_has_no_empty_list(client: FlaskClient) -> None:
    way = link(client)
    reply = sent(client, way, as_rendered(shown(client, way)["response"], {}) | {"item": []})
    assert reply.status_code in {200, 201}, reply.text
    assert "item" not in reply.get_json()


def kept(container: Container, client: FlaskClient, way: str) -> list[Json]:
    """Return the responses that are kept for the form behind a link, as they came, in order."""
    name = shown(client, way)["response"]["identifier"]["value"]
    assert isinstance(container.archive, Archive)
    sought = RESPONSES.select().where(RESPONSES.c.determination == name).order_by(RESPONSES.c.received)
    with container.archive.engine.connect() as connection:
        return [json.loads(zlib.decompress(row.response)) for row in connection.execute(sought)]


def origins(response: Json) -> dict[str, tuple[str, str]]:
    """Return the source and the author of each answer."""
    found: dict[str, tuple[str, str]] = {}

    def walk(items: list[Json]) -> None:
        for one in items:
            for answer in one.get("answer", ()):
                (origin,) = [each for each in answer["extension"] if each["url"] == ORIGIN]
                parts = {part["url"]: part for part in origin["extension"]}
                author = parts.get("author", {"extension": [{"valueReference": {"display": ""}}]})
                name = author["extension"][0]["valueReference"]["display"]
                found[one["linkId"]] = (parts["source"]["valueCode"], name)
            walk(one.get("item", []))

    walk(response["item"])
    return found


def test_what_a_renderer_lacks_is_added(client: FlaskClient, container: Container) -> None:
    way = of_sample(client, "05")
    draft = shown(client, way)["response"]
    changed = {"her2_ish_result": coded("negative"), "her2_ihc_score": coded("3+")}
    reply = sent(client, way, as_rendered(draft, changed))
    assert reply.status_code == 201
    (response,) = kept(container, client, way)
    QuestionnaireResponse.model_validate(response)
    for name in ("extension", "identifier", "questionnaire", "subject", "meta"):
        assert response[name] == draft[name]
    assert response["author"] == AUTHOR
    found = origins(response)
    auto = draft["item"][0]["item"][0]["answer"][0]["extension"][0]["extension"][0]["valueCode"]
    assert found["disease_extent"] == (auto, "")
    assert found["her2_ihc_score"] == ("override", AUTHOR["display"])
    assert found["her2_ish_result"] == ("manual", AUTHOR["display"])


def coded(code: str) -> Json:
    return {"valueCoding": {"system": f"{BASE}/fhir/CodeSystem/answers", "code": code}}


def test_what_a_person_said_before_stays_a_persons_word(client: FlaskClient, container: Container) -> None:
    way = of_sample(client, "05")
    first = as_rendered(shown(client, way)["response"], {"her2_ish_result": coded("negative")})
    sent(client, way, first)
    content = shown(client, way)
    standing = json.dumps(content["questionnaire"])
    assert "Answered before in this form" in standing
    assert content["about"]["standing"]["answered"] == 1
    sent(client, way, as_rendered(content["response"], {}) | {"author": {"display": "B. Example, nurse"}})
    found = origins(kept(container, client, way)[-1])
    assert found["her2_ish_result"] == ("manual", "B. Example, nurse")
    assert found["disease_extent"][1] == ""


def test_answers_change_their_own_determination_and_no_other(client: FlaskClient) -> None:
    way, other = of_sample(client, "05"), of_sample(client, "03")
    foreign = as_rendered(shown(client, way)["response"], {"her2_ish_result": coded("positive")})
    foreign |= {"identifier": shown(client, other)["response"]["identifier"], "subject": {"reference": "Patient/x"}}
    assert sent(client, way, foreign).status_code == 201
    assert "revision 2" in client.get(f"{way}/determination").text
    assert "revision 1" in client.get(f"{other}/determination").text


def test_the_page_shows_the_published_form_with_remarks_only(client: FlaskClient) -> None:
    way = of_sample(client, "05")
    questionnaire = shown(client, way)["questionnaire"]
    Questionnaire.model_validate(questionnaire)
    published = client.get(f"/fhir/Questionnaire/{questionnaire['id']}").get_json()

    def asked(items: list[Json]) -> list[tuple[Any, ...]]:
        found = []
        for one in items:
            if not re.search(r":(beside|help|shown|confirm(:\w+)?)$", one["linkId"]):
                found.append((one["linkId"], one["text"], one["type"], one.get("required"), one.get("answerOption")))
            found += asked(one.get("item", []))
        return found

    def texts(items: list[Json], end: str) -> dict[str, str]:
        own = {one["linkId"]: one["text"] for one in items if one["linkId"].endswith(end)}
        return own | {name: text for one in items for name, text in texts(one.get("item", []), end).items()}

    by_name = sorted(asked(published["item"]), key=repr)
    assert sorted(asked(questionnaire["item"]), key=repr) == by_name
    every = " ".join(
        (*texts(questionnaire["item"], ":beside").values(), *texts(questionnaire["item"], ":help").values())
    )
    assert all(text in every for text in texts(published["item"], ":help").values())
    assert '"display"' not in json.dumps([one["answer"] for one in questionnaire["item"] if "answer" in one])


@pytest.mark.parametrize("origin", ["https://evil.example.org", "null", ""])
def test_a_post_from_another_page_is_refused(client: FlaskClient, container: Container, origin: str) -> None:
    way = of_sample(client, "05")
    content = as_rendered(shown(client, way)["response"], {})
    assert sent(client, way, content, Origin=origin).status_code == 403
    assert kept(container, client, way) == []


def test_a_form_that_a_page_of_another_site_could_post_is_refused(client: FlaskClient) -> None:
    way = of_sample(client, "05")
    assert sent(client, way, b"{}", **{"Content-Type": "text/plain"}).status_code == 415


def test_a_number_off_its_scale_is_refused_by_its_question(client: FlaskClient) -> None:
    """The page knows the bounds, other clients need not."""
    way = of_sample(client, "08")
    reply = sent(client, way, as_rendered(shown(client, way)["response"], {"ecog": {"valueInteger": 6}}))
    assert reply.status_code == 422
    assert "linkId='ecog'" in reply.get_json()["issue"][0]["expression"][0]


@pytest.mark.parametrize("author", [{}, {"author": {"display": "  "}}, {"author": {"display": 1}}, {"author": "x"}])
def test_who_answers_must_be_told(client: FlaskClient, author: Json) -> None:
    way = of_sample(client, "05")
    content = as_rendered(shown(client, way)["response"], {})
    content.pop("author")
    reply = sent(client, way, content | author)
    assert reply.status_code == 422
    assert "linkId='author'" in reply.get_json()["issue"][0]["expression"][0]


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"{", 400), (b"[]", 400), (b'{"resourceType": "Bundle"}', 400), (b'{"a": 1, "a": 2}', 400)],
)
def test_what_is_no_response_is_refused(client: FlaskClient, content: bytes, status: int) -> None:
    assert sent(client, of_sample(client, "05"), content).status_code == status


@pytest.mark.parametrize("items", [None, "x", [1], [{"linkId": 5, "answer": "x"}], [{"answer": [1, {}]}]])
def test_odd_items_are_taken_as_nothing_or_refused_by_name(client: FlaskClient, items: Any) -> None:
    response = {"resourceType": "QuestionnaireResponse", "status": "in-progress", "author": AUTHOR, "item": items}
    assert sent(client, of_sample(client, "05"), response).status_code in {201, 422}


def test_an_unknown_item_is_refused_by_its_place_and_its_name_is_not_repeated(client: FlaskClient) -> None:
    way = of_sample(client, "05")
    content = as_rendered(shown(client, way)["response"], {})
    content["item"].insert(0, {"linkId": "other-name", "answer": [{"valueBoolean": True}]})
    reply = sent(client, way, content)
    assert reply.status_code == 422
    (fault,) = reply.get_json()["issue"]
    assert fault["details"]["text"].startswith("item 1, in reading order, ")
    assert "other-name" not in reply.text


def test_the_determination_tells_what_is_open_and_what_is_met(client: FlaskClient) -> None:
    text = client.get(f"{link(client)}/determination").text
    assert "Still open" in text
    assert "? open" in text
    assert "Does the patient have breast cancer?" in text
    met = client.get(f"{of_sample(client, '01')}/determination").text
    assert "✓ met" in met
    assert "not needed" in met
    assert "Nothing is open" in met


def test_the_patient_is_named_as_the_call_named_one(client: FlaskClient) -> None:
    call = order_sign(fhirServer="https://named.example.org/fhir")
    call["prefetch"]["patient"] |= {
        "name": [{"given": ["Ada", "B."], "family": "<Example>"}],
        "birthDate": "1970-01-02",
    }
    cards = client.post("/cds-services/order-sign-crd", data=body(call)).get_json()["cards"]
    way = cards[0]["links"][1]["url"].removeprefix(BASE)
    assert shown(client, way)["about"]["patient"] == "Ada B. <Example>, born Jan 2, 1970"
    assert "Ada B. &lt;Example&gt;, born Jan 2, 1970" in client.get(f"{way}/determination").text


def chosen(response: Json) -> list[tuple[str, str, str]]:
    """Return question, code and name of each option that a response chooses."""
    below = [one for item in response.get("item", ()) for one in chosen(item)]
    codings = [one["valueCoding"] for one in response.get("answer", ()) if "valueCoding" in one]
    return [*((response["linkId"], one["code"], one["display"]) for one in codings), *below]


def offered(item: Json) -> list[tuple[str, str, str]]:
    """Return question, code and name of each option that a form offers."""
    below = [one for part in item.get("item", ()) for one in offered(part)]
    codings = [one["valueCoding"] for one in item.get("answerOption", ())]
    return [*((item["linkId"], one["code"], one["display"]) for one in codings), *below]


@pytest.mark.parametrize("reader", ["en", "es"])
@pytest.mark.parametrize("service", ["en", "es"])
def test_options_are_named_as_the_form_shows_them_and_taken_so(
    policies_on_file: Catalogue, service: str, reader: str
) -> None:
    settings = Settings(base_url=BASE, language=service)
    client = create_app(compose(settings, policies_on_file, TODAY, new_engine())).test_client()
    way = of_sample(client, "05")
    content = client.get(f"{way}/content", headers={"Accept-Language": reader}).get_json()
    options = offered(content["questionnaire"])
    assert chosen(content["response"]), "the draft chooses some"
    assert set(chosen(content["response"])) <= set(options)
    (name,) = [display for link_id, code, display in options if (link_id, code) == ("her2_ish_result", "positive")]
    assert (name == "positivo") == (reader == "es")
    coding = {"system": f"{BASE}/fhir/CodeSystem/answers", "code": "positive", "display": name}
    answered = as_rendered(content["response"], {"her2_ish_result": {"valueCoding": coding}})
    reply = sent(client, way, answered, **{"Accept-Language": reader})
    assert reply.status_code == 201, reply.text
    wrong = {"her2_ish_result": {"valueCoding": coding | {"code": "negative"}}}
    assert sent(client, way, as_rendered(content["response"], wrong)).status_code == 422
