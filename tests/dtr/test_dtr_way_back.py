"""What becomes of an answered form: whose it must be, when it is stale, what it proves, and what starts from it."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies import catalogue
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.dtr.test_dtr_answered import (
    ANSWERS,
    SAMPLES,
    Json,
    determination,
    draft,
    filled,
    information,
    refused,
    sent,
    signed,
)
from tests.service.calls import MARGETUXIMAB, body, coverage, in_version, medication_request, order_sign
from tests.world import FOLDER, compose

EVERYTHING = (SAMPLES / "01-margetuximab-everything-met.json").read_bytes()
BASE = "https://cds.example.org"
DTR = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition"


@pytest.fixture
def container(policies_on_file: Catalogue) -> Iterator[Container]:
    engine = new_engine()
    yield compose(Settings(base_url=BASE), policies_on_file, TODAY, engine)
    engine.dispose()


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


@pytest.fixture
def name(client: FlaskClient) -> str:
    return str(signed(client)["coverage-assertion-id"])


def contexts(*references: str, url: str = "qr-context") -> list[Json]:
    return [{"url": f"{DTR}/{url}", "valueReference": {"reference": one}} for one in references]


def unnamed(response: Json) -> Json:
    return {key: value for key, value in response.items() if key != "identifier"}


def evidence(client: FlaskClient, name: str, criterion: str) -> list[str]:
    (found,) = [one for one in determination(client, name)["criteria"] if one["id"] == criterion]
    return [one["reference"] for one in found["evidence"]]


def test_the_form_stays_attached_and_nothing_in_it_is_open(client: FlaskClient, name: str) -> None:
    told = information(sent(client, filled(draft(client, name), ANSWERS))["extension"])
    assert told["questionnaire"] == f"{BASE}/fhir/Questionnaire/margetuximab-initial|2026-05-06"
    assert (told["covered"], told["pa-needed"], told["doc-needed"]) == ("covered", "auth-needed", "clinical")
    assert determination(client, name)["questions"] == []
    again = signed(client)
    assert {key: again[key] for key in ("questionnaire", "pa-needed", "doc-needed")} == {
        key: told[key] for key in ("questionnaire", "pa-needed", "doc-needed")
    }


def test_an_answer_is_told_by_the_response_as_it_is_kept_and_signing_again_changes_nothing(
    client: FlaskClient, name: str
) -> None:
    kept = sent(client, filled(draft(client, name), ANSWERS))
    assert evidence(client, name, "diagnosis.breast-cancer") == [f"QuestionnaireResponse/{kept['id']}"]
    assert client.get(f"/fhir/QuestionnaireResponse/{kept['id']}").status_code == 200
    signed(client)
    assert determination(client, name)["revision"] == 2


@pytest.mark.parametrize("url", ["qr-context", "qr-coverage"])
def test_a_foreign_coverage_is_refused_with_and_without_the_identifier(
    client: FlaskClient, name: str, url: str
) -> None:
    response = filled(draft(client, name), ANSWERS, extension=contexts("Coverage/other", url=url))
    assert "coverage" in " ".join(refused(client, response))
    assert "names no determination" in " ".join(refused(client, unnamed(response)))
    assert determination(client, name)["revision"] == 1


def test_the_coverage_may_be_named_by_its_whole_address(client: FlaskClient, name: str) -> None:
    whole = contexts("https://ehr.example.org/fhir/Coverage/cov1", url="qr-coverage")
    sent(client, filled(draft(client, name), ANSWERS, extension=whole))


def test_of_two_orders_the_response_belongs_to_the_one_that_it_names(client: FlaskClient) -> None:
    orders = [medication_request(MARGETUXIMAB, one, dosageInstruction=[{"text": one}]) for one in ("mr1", "mr2")]
    reply = client.post("/cds-services/order-sign-crd", data=body(order_sign(*orders))).get_json()
    told = [information(one["resource"]["extension"]) for one in reply["systemActions"]]
    names = [one["coverage-assertion-id"] for one in told]
    for order, expected in zip(("mr1", "mr2"), names, strict=True):
        named = contexts("Coverage/cov1", f"MedicationRequest/{order}")
        response = unnamed(filled(draft(client, names[0]), ANSWERS, extension=named))
        assert information(sent(client, response)["extension"])["coverage-assertion-id"] == expected


def test_a_response_older_than_the_last_one_is_stale(client: FlaskClient, name: str) -> None:
    first = draft(client, name)
    sent(client, filled(first, ANSWERS, authored="2026-11-25T10:00:00Z"))
    older = filled(first, ANSWERS | {"her2_ihc_score": "1+"}, authored="2026-11-25T09:59:59Z")
    assert "a later answer" in " ".join(refused(client, older))
    assert determination(client, name)["ruling"] == "met"
    newer = older | {"authored": "2026-11-25T11:00:00+01:00"}
    sent(client, newer)
    assert "her2-positive" not in [
        one["id"] for one in determination(client, name)["criteria"] if one["truth"] == "met"
    ]


def test_a_stale_response_that_is_known_still_gets_its_answer(client: FlaskClient, name: str) -> None:
    first = filled(draft(client, name), ANSWERS, authored="2026-11-25T10:00:00Z")
    answer = sent(client, first)
    sent(client, first | {"authored": "2026-11-25T12:00:00Z"})
    assert sent(client, first, 200) == answer


def test_a_form_of_an_older_version_of_the_policy_is_stale(tmp_path: Path) -> None:
    home = copied(tmp_path)
    with_new = create_app(compose(Settings(base_url=BASE), catalogue.load(home), TODAY, new_engine()))
    client = with_new.test_client()
    before = signed(client, body(order_sign(medication_request(MARGETUXIMAB, authoredOn="2026-06-01"))))
    old = filled(draft(client, before["coverage-assertion-id"]), ANSWERS)
    now = signed(client, body(order_sign(medication_request(MARGETUXIMAB, authoredOn="2026-11-02"))))
    assert now["coverage-assertion-id"] == before["coverage-assertion-id"]
    assert now["questionnaire"].endswith("|2026-11-01")
    assert "not the one" in " ".join(refused(client, old))


def copied(tmp_path: Path) -> Path:
    """Policies with a second version of margetuximab, from 2026-11-01."""
    copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "data/margetuximab/2026-05-06.yaml").read_text(encoding="utf-8")
    newer = text.replace("version: 2026-05-06", "version: 2026-11-01", 1)
    (tmp_path / "data/margetuximab/2026-11-01.yaml").write_text(newer, encoding="utf-8")
    return tmp_path


def approving(policies: Catalogue) -> FlaskClient:
    settings = Settings(base_url=BASE, automatic_approval=True)
    return create_app(compose(settings, policies, TODAY, new_engine())).test_client()


def test_a_persons_word_is_never_approved_by_the_machine(policies_on_file: Catalogue) -> None:
    client = approving(policies_on_file)
    name = signed(client)["coverage-assertion-id"]
    told = information(sent(client, filled(draft(client, name), ANSWERS))["extension"])
    assert determination(client, name)["ruling"] == "met"
    assert (told["pa-needed"], "satisfied-pa-id" in told) == ("auth-needed", False)
    assert signed(client)["pa-needed"] == "auth-needed"


def test_answers_that_repeat_the_chart_are_as_good_as_the_chart(policies_on_file: Catalogue) -> None:
    client = approving(policies_on_file)
    first = signed(client, EVERYTHING)
    assert first["pa-needed"] == "satisfied"
    name = first["coverage-assertion-id"]
    told = information(sent(client, draft(client, name) | {"status": "completed"})["extension"])
    assert (told["pa-needed"], told["satisfied-pa-id"]) == ("satisfied", first["satisfied-pa-id"])
    assert determination(client, name)["ruling"] == "met"


def test_a_contradiction_is_listed_with_both_sides(client: FlaskClient) -> None:
    content = (SAMPLES / "14-elranatamab-ecog-3.json").read_bytes()
    name = signed(client, content)["coverage-assertion-id"]
    kept = sent(client, filled(draft(client, name), {"ecog": 1}, status="in-progress"))
    now = determination(client, name)
    (conflict,) = now["conflicts"]
    assert conflict["evidence"][0] == f"QuestionnaireResponse/{kept['id']}"
    assert any(one.startswith("Observation/") for one in conflict["evidence"][1:])
    (reason,) = [one for one in now["criteria"] if one["id"] == "ecog"]
    assert (reason["truth"], "Answered in the form" in reason["note"]) == ("met", True)
    assert "The chart says otherwise" in reason["note"]
    assert "ecog" not in [one["linkId"] for one in now["questions"]]


@pytest.mark.requirement("dtr22.conf-10")
def test_a_response_need_not_bear_what_a_client_need_not_send(client: FlaskClient, name: str) -> None:
    """As LHC-Forms exports it: flat or nested, without origins, texts, authored, profile; or with more than we know."""
    response = filled(draft(client, name), ANSWERS)
    items = [item for section in response["item"] for item in section["item"]]
    flat = [{key: one[key] for key in ("linkId", "answer")} for one in items if "answer" in one]
    bare = {key: value for key, value in response.items() if key not in {"meta", "authored", "extension", "id"}}
    sent(client, bare | {"item": flat})
    more = {"language": "en", "author": {"reference": "Practitioner/dr1"}, "source": {"reference": "Patient/p1"}}
    sent(client, response | more)
    assert determination(client, name)["ruling"] == "met"


@pytest.mark.parametrize(("number", "status"), [(0, 201), (5, 201), (6, 422), (-1, 422)])
@pytest.mark.parametrize("stage", ["in-progress", "completed"])
def test_a_number_off_its_scale_is_refused_by_name_and_nothing_is_kept(
    client: FlaskClient, number: int, status: int, stage: str
) -> None:
    name = signed(client, (SAMPLES / "08-elranatamab-ecog-too-old.json").read_bytes())["coverage-assertion-id"]
    said = sent(client, filled(draft(client, name), {"ecog": number}, status=stage), status)
    if status == 422:
        assert [one["details"]["text"] for one in said["issue"]] == ["ecog: takes a whole number from 0 to 5"]
    assert determination(client, name)["revision"] == (2 if status == 201 else 1)


@pytest.mark.parametrize("source", ["auto", "auto-server", "auto-client", "override", "manual"])
def test_any_origin_of_an_answer_is_taken(client: FlaskClient, name: str, source: str) -> None:
    origin = {"url": f"{DTR}/information-origin", "extension": [{"url": "source", "valueCode": source}]}
    text = json.dumps(filled(draft(client, name), ANSWERS)).replace(
        '"answer": [{', f'"answer": [{{"extension": [{json.dumps(origin)}], '
    )
    sent(client, json.loads(text))


@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_a_later_form_is_filled_with_what_was_answered_in_either_version(client: FlaskClient, version: str) -> None:
    call = body(in_version(order_sign(medication_request(MARGETUXIMAB, dosageInstruction=[{"text": "x"}])), version))
    name = signed(client, call)["coverage-assertion-id"]
    sent(client, filled(draft(client, name), ANSWERS))
    later = draft(client, name)
    assert answered(later) == ANSWERS
    assert signed(client, call)["coverage-assertion-id"] == name
    assert answered(draft(client, name)) == ANSWERS


def answered(response: Json) -> Json:
    """What is answered in a draft, by linkId, without what is merely text."""
    found: Json = {}
    for item in response.get("item", ()):
        found |= answered(item)
        for one in item.get("answer", ()):
            value: Any = next(value for key, value in one.items() if key.startswith("value"))
            found[item["linkId"]] = value["code"] if isinstance(value, dict) else value
    return found


def test_what_a_person_answers_is_told_to_no_other_patient(client: FlaskClient, name: str) -> None:
    sent(client, filled(draft(client, name), ANSWERS))
    other = order_sign(
        medication_request(MARGETUXIMAB, subject={"reference": "Patient/p2"}),
        prefetch={
            "patient": {"resourceType": "Patient", "id": "p2"},
            "coverage": {
                "resourceType": "Bundle",
                "entry": [{"resource": coverage(beneficiary={"reference": "Patient/p2"})}],
            },
        },
    )
    other["context"]["patientId"] = "p2"
    second = signed(client, body(other))["coverage-assertion-id"]
    assert second != name
    assert answered(draft(client, second)) == {}


def test_the_day_of_the_call_counts_and_not_that_of_the_answer(policies_on_file: Catalogue) -> None:
    """A form that is answered a month later is judged as of its order: the chart's looks back from there."""
    engine = new_engine()
    content = (SAMPLES / "14-elranatamab-ecog-3.json").read_bytes()
    first = create_app(compose(Settings(base_url=BASE), policies_on_file, TODAY, engine)).test_client()
    name = signed(first, content)["coverage-assertion-id"]
    as_of = determination(first, name)["as_of"]
    late = create_app(compose(Settings(base_url=BASE), policies_on_file, date(2027, 6, 1), engine)).test_client()
    sent(late, draft(late, name))
    now = determination(late, name)
    assert now["as_of"] == as_of
    assert {one["id"]: one["truth"] for one in now["criteria"]}["ecog"] == "not-met"
