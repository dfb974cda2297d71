"""What became of cards: taken, kept once, and reported by type of card and policy."""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

import cds_service
from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands.main import main
from cds_service.storage.engine import open_engine
from cds_service.storage.feedback import UNKNOWN
from hooks.feedback import Feedback
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.service.calls import body, in_version, order_sign
from tests.world import compose, store

Json = dict[str, Any]
SAMPLES = Path(cds_service.__file__).parent / "samples"
URL = "/cds-services/order-sign-crd/feedback"
AT = "2026-11-25T10:00:00Z"
REASON = {"code": "other", "system": "https://ehr.example.org/reasons", "display": "Other"}


@pytest.fixture
def container(policies_on_file: Catalogue) -> Iterator[Container]:
    engine = store()
    yield compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, engine)
    engine.dispose()


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def card(client: FlaskClient) -> str:
    """Sign an order and return the uuid of the card about it."""
    reply = json.loads(client.post("/cds-services/order-sign-crd", data=body(order_sign())).data)
    return str(next(one["uuid"] for one in reply["cards"] if one["source"]["topic"]["code"] == "coverage-info"))


def overridden(uuid: str, **members: Any) -> Json:
    why = {"reason": REASON, "userComment": "seen in clinic"}
    return {"card": uuid, "outcome": "overridden", "overrideReason": why, "outcomeTimestamp": AT} | members


def accepted(uuid: str, **members: Any) -> Json:
    return {
        "card": uuid,
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": "s1"}],
        "outcomeTimestamp": AT,
    } | members


def given(client: FlaskClient, *entries: Json, status: int = 200) -> Any:
    reply = client.post(URL, json={"feedback": list(entries)})
    assert reply.status_code == status, reply.text
    return reply


def report(container: Container) -> list[tuple[str, str, str, str, int]]:
    assert container.feedback is not None
    return [(one.topic, one.policy, one.outcome, one.reason, one.times) for one in container.feedback.report()]


@pytest.mark.requirement("hooks.82", "hooks.148")
@pytest.mark.idea("crd-idea-64")
def test_feedback_is_joined_to_its_card_and_policy(client: FlaskClient, container: Container) -> None:
    first, second = card(client), card(client)
    given(client, overridden(first), overridden(second), accepted(second))
    assert report(container) == [
        ("coverage-info", "margetuximab", "overridden", "https://ehr.example.org/reasons|other", 2),
        ("coverage-info", "margetuximab", "accepted", "", 1),
    ]


@pytest.mark.idea("crd-idea-64")
def test_the_same_feedback_is_kept_once(client: FlaskClient, container: Container) -> None:
    entry = overridden(card(client))
    for _ in range(2):
        given(client, entry)
    assert [times for *_, times in report(container)] == [1]


@pytest.mark.idea("crd-idea-64")
def test_feedback_on_an_unknown_card_is_taken_and_counted(client: FlaskClient, container: Container) -> None:
    given(client, accepted("e2b9e4f0-0000-4000-8000-000000000000"))
    assert report(container) == [("a card that is not on file", "", "accepted", "", 1)]


@pytest.mark.parametrize("why", [{}, {"overrideReason": None}, {"overrideReason": {"reason": None, "userComment": ""}}])
def test_feedback_without_a_reason_is_fine(client: FlaskClient, container: Container, why: Json) -> None:
    entry = {name: value for name, value in overridden(card(client)).items() if name != "overrideReason"}
    given(client, entry | why)
    assert [reason for _, _, _, reason, _ in report(container)] == [""]


def criteria(container: Container) -> dict[str, tuple[int, int, str]]:
    assert container.feedback is not None
    found = container.feedback.overridden()
    assert {(one.policy, one.version) for one in found} <= {("margetuximab", "2026-05-06")}
    return {one.criterion: (one.times, one.raised, one.reason) for one in found}


def sample(client: FlaskClient, name: str, topic: str) -> str:
    """Send a sample and return the uuid of its card of a topic."""
    content = json.loads((SAMPLES / name).read_text(encoding="utf-8"))
    if topic != "coverage-info":
        content["extension"] = {"davinci-crd.configuration": {topic: True}}
    reply = client.post(f"/cds-services/{content['hook']}-crd", json=content).get_json()
    return str(next(one["uuid"] for one in reply["cards"] if one["source"]["topic"]["code"] == topic))


WHY = "https://ehr.example.org/reasons|other"


def test_an_overridden_card_counts_for_each_criterion_that_it_raised(client: FlaskClient, container: Container) -> None:
    """Two cards told open points; one of them was set aside. The third is about one point, and against it."""
    first, _ = card(client), card(client)
    given(client, overridden(first))
    open_points = criteria(container)
    assert {"her2-positive.ihc", "diagnosis.breast-cancer", "prior-anti-her2.count"} <= set(open_points)
    assert set(open_points.values()) == {(1, 2, WHY)}
    given(client, overridden(sample(client, "03-margetuximab-her2-negative.json", "coverage-info")))
    now = criteria(container)
    assert now["her2-positive.ihc"] == (2, 3, WHY)
    assert now["diagnosis.breast-cancer"] == (1, 2, WHY)


def test_the_reason_tells_criteria_apart(client: FlaskClient, container: Container) -> None:
    given(client, overridden(card(client)), overridden(card(client), overrideReason={"userComment": "no"}))
    assert container.feedback is not None
    found = {one.reason: one.times for one in container.feedback.overridden() if one.criterion == "her2-positive.ihc"}
    assert found == {WHY: 1, "": 1}


def test_an_accepted_card_overrides_no_criterion(client: FlaskClient, container: Container) -> None:
    given(client, accepted(card(client)))
    assert criteria(container) == {}


@pytest.mark.parametrize(
    ("name", "topic", "raised"),
    [
        ("01-margetuximab-everything-met.json", "coverage-info", set()),
        ("04-margetuximab-her2-equivocal.json", "coverage-info", {"her2-positive.ish"}),
        ("04-margetuximab-her2-equivocal.json", "clinical-reminder", {"her2-positive.ish"}),
        ("04-margetuximab-her2-equivocal.json", "form-completion", {"her2-positive.ish"}),
        ("04-margetuximab-her2-equivocal.json", "contraindication", set()),
    ],
)
def test_a_card_raises_what_it_tells(
    client: FlaskClient, container: Container, name: str, topic: str, raised: set[str]
) -> None:
    given(client, overridden(sample(client, name, topic)))
    assert set(criteria(container)) == raised


@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_a_card_is_joined_in_either_version(client: FlaskClient, container: Container, version: str) -> None:
    """The versions name the orders of a card in different ways."""
    reply = client.post("/cds-services/order-sign-crd", data=body(in_version(order_sign(), version))).get_json()
    (warning,) = (one for one in reply["cards"] if one["source"]["topic"]["code"] == "contraindication")
    given(client, overridden(warning["uuid"]))
    assert [one[:2] for one in report(container)] == [("contraindication", "margetuximab")]


def test_another_tenants_card_is_not_on_file(client: FlaskClient, container: Container) -> None:
    """A uuid that was overheard joins nothing: what one tenant says of another's cards counts for no criterion."""
    uuid = card(client)
    assert container.feedback is not None
    said = Feedback(uuid, "overridden", datetime.fromisoformat(AT), (), "", "")
    (kept,) = container.feedback.keep("another", "order-sign-crd", [said])
    assert kept.topic == UNKNOWN
    assert criteria(container) == {}


def test_a_packed_body_is_taken(client: FlaskClient, container: Container) -> None:
    packed = gzip.compress(json.dumps({"feedback": [accepted(card(client))]}).encode())
    assert client.post(URL, data=packed, headers={"Content-Encoding": "gzip"}).status_code == 200
    assert [times for *_, times in report(container)] == [1]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b'{"feedback": [], "feedback": []}', {}, 400),
        (b'{"feedback": [{"card": "c", "card": "d"}]}', {}, 400),
        (b'{"feedback": [NaN]}', {}, 400),
        (b'{"feedback": "\xff"}', {}, 400),
        (b"[" * 90 + b"]" * 90, {}, 400),
        (b"{}", {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"{}", mtime=0)[:-2], {"Content-Encoding": "gzip"}, 400),
        (b"{}", {"Content-Encoding": "br"}, 415),
        (gzip.compress(b" " * 20_000_001, mtime=0), {"Content-Encoding": "gzip"}, 413),
    ],
)
def test_the_body_is_read_within_the_limits_of_a_call(
    client: FlaskClient, content: bytes, headers: dict[str, str], status: int
) -> None:
    reply = client.post(URL, data=content, headers=headers)
    assert (reply.status_code, reply.get_json()["resourceType"]) == (status, "OperationOutcome")


@pytest.mark.idea("crd-idea-64")
@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"card": ""}, "feedback[0].card"),
        ({"card": 7}, "feedback[0].card"),
        ({"outcome": "ignored"}, "feedback[0].outcome"),
        ({"outcome": None}, "feedback[0].outcome"),
        ({"outcomeTimestamp": "yesterday"}, "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": None}, "feedback[0].outcomeTimestamp"),
        ({"acceptedSuggestions": []}, "feedback[0].acceptedSuggestions"),
        ({"acceptedSuggestions": None}, "feedback[0].acceptedSuggestions"),
        ({"acceptedSuggestions": [{"uuid": "x"}]}, "feedback[0].acceptedSuggestions[0].id"),
        ({"overrideReason": "no"}, "feedback[0].overrideReason"),
        ({"overrideReason": {"reason": "no"}}, "feedback[0].overrideReason.reason"),
        ({"overrideReason": {"userComment": 1}}, "feedback[0].overrideReason.userComment"),
    ],
)
def test_what_is_wrong_with_feedback_is_told_and_nothing_is_kept(
    client: FlaskClient, container: Container, change: Json, place: str
) -> None:
    reply = client.post(URL, json={"feedback": [accepted("c1", **change), accepted("c2")]})
    assert reply.status_code == 400
    assert place in [one for issue in reply.get_json()["issue"] for one in issue["expression"]]
    assert report(container) == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"feedback": {}}', b'{"feedback": []}', b'{"feedback": [1]}']
)
def test_what_is_no_feedback_is_refused(client: FlaskClient, content: bytes) -> None:
    reply = client.post(URL, data=content, content_type="application/json")
    assert reply.status_code == 400
    assert reply.get_json()["resourceType"] == "OperationOutcome"


def test_feedback_on_an_unknown_service_is_not_found(client: FlaskClient) -> None:
    assert client.post("/cds-services/other/feedback", json={"feedback": [accepted("c")]}).status_code == 404


def test_the_report_names_cards_and_reasons_and_comments_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policies_on_file: Catalogue
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "No feedback" in CliRunner().invoke(main, ["report", "feedback"]).output
    engine = open_engine("sqlite:///cds-service.sqlite")
    client = create_app(compose(Settings(), policies_on_file, TODAY, engine)).test_client()
    given(client, overridden(card(client)))
    engine.dispose()
    shown = CliRunner().invoke(main, ["report", "feedback"]).output
    assert "1  overridden  coverage-info margetuximab, reason https://ehr.example.org/reasons|other" in shown
    assert "seen in clinic" not in shown
    assert "1  of 1  margetuximab 2026-05-06 her2-positive.ihc, reason https://ehr.example.org/reasons|other" in shown
    assert "seen in clinic" in CliRunner().invoke(main, ["report", "feedback", "--comments"]).output


def test_settings_that_cannot_be_used_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cds-service.toml").write_text("nonsense = 1\n")
    found = CliRunner().invoke(main, ["report", "feedback"])
    assert found.exit_code == 1
    assert "nonsense" in found.output
