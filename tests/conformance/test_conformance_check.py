"""The self-test, against our own service over HTTP, and against servers that do each thing wrong."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask, Response, request
from msgspec import convert
from werkzeug.serving import make_server

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.commands.conformance import CHECKS
from cds_service.commands.main import main
from cds_service.conformance.calls import Subject, call, knows
from cds_service.conformance.check import State
from cds_service.conformance.exchanges import Answer, Exchange, Seen
from cds_service.conformance.further_calls import (
    ERROR_FOR_COVERAGE,
    REPORTED_ALREADY,
    SWITCHED_OFF,
    TWO_ORDERS,
    further_calls,
)
from cds_service.conformance.further_checks import FURTHER
from policies.catalogue import Catalogue
from tests.clients.signing import ISSUER, key, key_set
from tests.conformance.ledger import ledgers
from tests.conformance.messages import hold
from tests.conformance.whole_reply import REMOVED, broken, whole, with_parts
from tests.conftest import TODAY
from tests.world import compose, store

HOOKS = (
    "order-sign", "order-select", "order-dispatch", "appointment-book", "encounter-start", "encounter-discharge",
)  # fmt: skip
SUBJECT = Subject(("https://payer.example.org/identifier", "MMM"), ("http://x", "1"))
Json = dict[str, Any]


def served(app: Flask, port: int = 0) -> Iterator[str]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ours(container: Container) -> Iterator[str]:
    yield from served(create_app(container))


def checked(url: str, *more: str) -> Result:
    return CliRunner().invoke(main, ["conformance", url, *more])


def rows(output: str) -> list[list[str]]:
    """The cells of the table that is printed, below its two lines of heading."""
    return [line.strip("| ").split(" | ") for line in output.splitlines() if line.startswith("| ")][1:]


def states(output: str) -> dict[str, str]:
    """What came of each check, by what it asks."""
    return {asks: state for _, _, asks, state, _ in rows(output)}


def failed(output: str) -> set[str]:
    return {name for ids, _, _, state, _ in rows(output) if state == "fail" for name in ids.split(", ")}


@pytest.mark.requirement("crd20.primary", "crd22.hook-16", "crd22.resp-37", "crd22.found-33", "crd22.dev-15")
def test_our_own_service_passes(ours: str) -> None:
    result = checked(ours)
    assert failed(result.output) == set(), result.output
    assert result.exit_code == 0
    found = states(result.output)
    for asks in (
        "primary hooks get coverage information",
        "codes are those of 2.2",
        "summaries are under 140 characters",
        *(one.says for one in FURTHER),
    ):
        assert found[asks] == "pass"


def test_the_table_is_that_of_the_page(ours: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text(encoding="utf-8")
    heading = next(line for line in checked(ours).output.splitlines() if line.startswith("| id |"))
    shown = next(line for line in page.splitlines() if line.startswith("| id |"))
    assert heading.split(" | ")[:-1] == shown.split(" | ")[:-1]
    assert len(heading.split(" | ")) == len(shown.split(" | "))


@pytest.mark.parametrize("words", [("conformance", "check"), ("conformance", "--order", "urn:x|1"), ("conformance",)])
def test_the_address_alone_is_enough(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*words, "http://127.0.0.1:9"])
    assert result.exit_code == 2
    assert "cannot be asked" in result.stderr


def test_the_group_explains_itself() -> None:
    for words in ([], ["--help"]):
        result = CliRunner().invoke(main, ["conformance", *words])
        assert "Usage" in result.output
        assert "check" in result.output


def test_a_drug_without_a_policy_and_a_foreign_payer_are_tried_as_well(ours: str) -> None:
    result = checked(ours, "--order", "http://www.nlm.nih.gov/research/umls/rxnorm|723")
    assert failed(result.output) == set(), result.output
    result = checked(ours, "--payer", "urn:oid:1.2.3|OTHER")
    assert result.exit_code == 1
    assert "hooks.74" in failed(result.output)
    assert "order-sign-crd in 2.0: 400" in result.output


def test_a_server_that_is_not_there_is_told() -> None:
    result = checked("http://127.0.0.1:9")
    assert result.exit_code == 2
    assert "cannot be asked" in result.stderr


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return a folder with a private key and the public ones that a server is registered with."""
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "private.pem").write_bytes(key("ES384").private_bytes(*plain))
    (tmp_path / "public.json").write_bytes(key_set())
    return tmp_path


def guarded(policies: Catalogue, keys: Path, url: str) -> Flask:
    made = {"base_url": url, "clients": [{"name": "ehr", "iss": ISSUER, "jwks": str(keys / "public.json")}]}
    return create_app(compose(convert(made, Settings), policies, TODAY, store()))


def signed(keys: Path, *more: str) -> tuple[str, ...]:
    return ("--iss", ISSUER, "--kid", "ES384", "--key", str(keys / "private.pem"), *more)


@pytest.mark.requirement("hooks.176", "hooks.177", "hooks.195", "hooks.201", "hooks.203")
def test_a_server_that_asks_who_calls_is_shown_tokens(policies_on_file: Catalogue, keys: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    for _ in served(guarded(policies_on_file, keys, url), port):
        result, without = checked(url, *signed(keys)), checked(url)
    assert failed(result.output) == set(), result.output
    assert states(result.output)["an unsigned token is refused"] == "pass"
    assert states(result.output)["suggestions have label and uuid"] == "skip"
    assert "hooks.74" in failed(without.output)


def test_an_open_server_lets_everybody_in(ours: str, keys: Path) -> None:
    result = checked(ours, *signed(keys))
    assert failed(result.output) == {"hooks.176", "hooks.177", "hooks.195", "hooks.201", "hooks.203"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("--kid", ""), "--key needs --iss and --kid"),
        (("--key", "nowhere.pem"), "cannot be read as PEM"),
        (("--algorithm", "RS384"), "cannot sign by RS384"),
    ],
)
def test_a_key_that_cannot_be_used_is_told(keys: Path, change: tuple[str, str], said: str) -> None:
    result = checked("http://127.0.0.1:9", *signed(keys, *change))
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("option", ["--payer", "--order"])
def test_a_wrong_use_is_told(option: str) -> None:
    assert checked("http://127.0.0.1:9", option, "no bar").exit_code == 2


def test_every_id_of_a_check_is_on_our_list_and_its_strength_is_the_strongest_of_them() -> None:
    known = {row.id: row.strength for ledger in ledgers() for row in ledger.rows}
    for one in CHECKS:
        strengths = [known[name] for name in one.ids]
        plain = [strength.replace("SHALL NOT", "") for strength in strengths]
        strongest = "SHALL" if any("SHALL" in strength for strength in plain) else strengths[0]
        assert one.strength == strongest, one.ids


FURTHER_FAULTS: list[tuple[str, Json, int]] = [
    (TWO_ORDERS, whole("2.0"), 200),
    (REPORTED_ALREADY, whole("2.2"), 200),
    (SWITCHED_OFF, whole("2.0"), 200),
    (SWITCHED_OFF, {}, 500),
    (ERROR_FOR_COVERAGE, {"cards": []}, 200),
]


@pytest.mark.parametrize(("name", "reply", "status"), FURTHER_FAULTS)
def test_a_fault_of_a_further_answer_fails_its_check(name: str, reply: Json, status: int) -> None:
    looked = seen("2.2", whole("2.2"), offering())
    answer = replace(looked.answers[0], exchange=Exchange(status, "application/json", reply))
    broken_ones = failing(replace(looked, further={name: answer})) - failing(looked)
    assert len(broken_ones) == 1


def test_a_server_without_order_sign_is_sent_nothing_further() -> None:
    looked = seen("2.0", whole("2.0"))
    others = [replace(one, call=one.call | {"hook": "order-select"}) for one in looked.answers]
    assert list(further_calls(others)) == []
    assert [name for name, _, _ in further_calls(looked.answers)] == [TWO_ORDERS, ERROR_FOR_COVERAGE]


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_the_calls_that_are_sent_are_calls(hook: str, version: str) -> None:
    assert knows(hook)
    hold(f"request-{version}", call(hook, version, SUBJECT))


def test_a_server_that_does_everything_wrong_is_looked_through(tmp_path: Any) -> None:
    app = Flask("wrong")

    @app.get("/cds-services")
    def discover() -> Response:
        listed = [{"hook": "order-sign", "id": "a", "prefetch": {"p": "Patient/{{%x.id}}"}}, 7]
        return Response(json.dumps({"services": listed}), content_type="text/plain")

    @app.post("/cds-services/<name>")
    def answer(name: str) -> Response:
        assert request.headers["Authorization"] == "Bearer t0ken"
        return Response("no JSON", status=500)

    for url in served(app):
        result = checked(url, "--token", "t0ken")
    assert result.exit_code == 1
    assert failed(result.output) >= {
        "hooks.1", "hooks.6", "hooks.7", "hooks.8", "hooks.55", "hooks.74",
        "crd20.status-400", "crd22.hook-9", "crd22.hook-10", "hooks.54", "crd22.found-33",
    }  # fmt: skip
    assert "t0ken" not in result.output


SERVICE = {"hook": "order-sign", "id": "a", "title": "A", "description": "A", "extension": {}}
OPTION = {"code": "coverage-info", "type": "boolean", "name": "N", "description": "D", "default": True}


def seen(version: str, reply: Json, service: Json = SERVICE) -> Seen:
    sent = call("order-sign", version, SUBJECT)
    sent["prefetch"]["more"] = {"resourceType": "MedicationRequest", "id": "mr1", "status": "draft"}
    answer = Answer(service, version, sent, Exchange(200, "application/json", reply))
    return Seen(Exchange(200, "application/json", {"services": [service]}), (answer,), {})


def failing(looked: Seen) -> set[str]:
    results = [one.run(looked) for one in CHECKS]
    return {name for one in results if one.state is State.FAIL for name in one.check.ids}


def offering(**members: Any) -> Json:
    options = [OPTION | {"code": "therapy-alternatives-opt"} | members]
    return SERVICE | {"extension": {"davinci-crd.configuration-options": options}}


@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_a_whole_reply_fails_nothing(version: str) -> None:
    assert failing(seen(version, whole(version), offering())) == set()


CARD = ("cards", 0)


@pytest.mark.parametrize(
    ("path", "value", "name"),
    [
        (("cards",), REMOVED, "hooks.74"),
        ((*CARD, "uuid"), REMOVED, "crd22.resp-13"),
        ((*CARD, "uuid"), 7, "hooks.80"),
        ((*CARD, "summary"), "s" * 140, "hooks.83"),
        ((*CARD, "indicator"), "hard-stop", "hooks.88"),
        ((*CARD, "source"), REMOVED, "hooks.90"),
        ((*CARD, "source", "topic", "code"), REMOVED, "crd22.resp-5"),
        ((*CARD, "source", "topic", "code"), "coverage-info", "crd22.resp-25"),
        ((*CARD, "source", "topic", "code"), "other", "crd22.dev-5"),
        ((*CARD, "detail"), None, "hooks.3"),
        ((*CARD, "links"), [], "hooks.3"),
        ((*CARD, "selectionBehavior"), REMOVED, "hooks.93"),
        ((*CARD, "suggestions", 0, "uuid"), REMOVED, "crd22.resp-3"),
        ((*CARD, "suggestions", 0, "actions", 0, "resource"), "x", "hooks.134"),
        ((*CARD, "suggestions", 0, "actions", 1, "resource"), "x", "hooks.131"),
        ((*CARD, "overrideReasons", 0, "display"), REMOVED, "hooks.136"),
        ((*CARD, "links", 0, "url"), "/x", "hooks.139"),
        ((*CARD, "links", 0, "appContext"), "x", "hooks.147"),
        (("systemActions", 0, "description"), REMOVED, "hooks.128"),
        (("systemActions", 0, "resource", "status"), "active", "crd22.resp-37"),
        (("systemActions", 0, "resource", "extension"), REMOVED, "crd22.hook-16"),
    ],
)
def test_a_fault_of_a_reply_fails_its_check(path: tuple[str | int, ...], value: Any, name: str) -> None:
    assert name in failing(seen("2.2", broken(whole("2.2"), path, value), offering()))


def code(url: str, value: str) -> Json:
    return {"url": url, "valueCode": value}


@pytest.mark.parametrize(
    ("version", "without", "parts", "name"),
    [
        ("2.0", ("date",), (), "crd20.ci-date"),
        ("2.2", ("covered",), (), "crd22.resp-52"),
        ("2.0", (), (code("pa-needed", "no-auth"),), "crd20.ci-coverage"),
        ("2.0", ("covered",), (code("covered", "indeterminate"),), "crd20.ci-covered"),
        ("2.2", ("doc-needed",), (code("doc-needed", "both"),), "crd22.resp-52"),
        ("2.0", (), ({"url": "expiry-date", "valueDate": "2026-11-30"},), "crd20.ci-no-expiry"),
        ("2.0", ("contact",), ({"url": "contact", "valueContactDetail": {"name": "x"}},), "crd20.ci-contact"),
        ("2.2", ("contact",), ({"url": "contact", "valueContactPoint": {"system": "url"}},), "crd22.resp-52"),
        ("2.2", ("detail",), ({"url": "detail", "extension": [code("code", "x")]},), "crd22.resp-52"),
        ("2.0", ("doc-needed",), (), "crd20.ci-q1"),
        ("2.0", ("pa-needed",), (), "crd20.ci-q2"),
        ("2.2", ("covered",), (code("covered", "not-covered"),), "crd20.ci-q2"),
        ("2.0", (), (code("info-needed", "OTH"),), "crd20.ci-q3"),
        ("2.2", ("covered",), (code("covered", "conditional"),), "crd20.ci-q3"),
        ("2.0", ("pa-needed",), (code("pa-needed", "satisfied"),), "crd20.ci-q5"),
        ("2.2", ("pa-needed",), (code("pa-needed", "satisfied"), code("satisfied-pa-id", "P")), "crd20.ci-q4"),
        ("2.2", ("reason",), (), "crd22.resp-52"),
    ],
)
def test_a_fault_of_coverage_information_fails_its_check(version: str, without: Any, parts: Any, name: str) -> None:
    assert name in failing(seen(version, with_parts(version, *parts, without=without), offering()))


@pytest.mark.parametrize(
    ("service", "name"),
    [
        (offering(default="yes"), "crd22.dev-4"),
        (offering(type="text"), "crd22.dev-4"),
        (offering(name=""), "crd22.dev-4"),
        (SERVICE | {"extension": {"davinci-crd.configuration-options": [OPTION, OPTION]}}, "crd22.dev-8"),
        (SERVICE | {"extension": {"davinci-crd.version": ["2.2.1"]}}, "crd22.dev-1"),
        (SERVICE | {"extension": {"davinci-crd.version": "2.2"}}, "crd22.dev-1"),
        (SERVICE | {"prefetch": {"p": "Patient/{{context.patientId}"}}, "hooks.55"),
        (SERVICE | {"prefetch": {"p": "Patient/{{context.draftOrders.entry}}"}}, "hooks.57"),
    ],
)
def test_a_fault_of_a_service_fails_its_check(service: Json, name: str) -> None:
    assert name in failing(seen("2.0", {"cards": []}, service))


def test_an_empty_list_of_actions_is_asked_for_in_2_0_and_is_hollow_nowhere() -> None:
    looked = seen("2.0", {"cards": []})
    assert "crd20.actions-list" in failing(looked)
    assert "crd20.actions-list" not in failing(seen("2.0", {"cards": [], "systemActions": []}))
    assert "hooks.3" not in failing(seen("2.0", {"cards": [], "systemActions": []}))


def test_documents_are_asked_for_at_the_primary_hooks_only() -> None:
    (answer,) = seen("2.0", whole("2.0")).answers
    early = replace(answer, call=answer.call | {"hook": "order-select"})
    assert "crd22.hook-19" in failing(replace(seen("2.0", whole("2.0")), answers=(early,)))


def test_what_was_not_seen_is_skipped() -> None:
    nothing = Seen(Exchange(200, "application/json", {"services": []}), (), {})
    states = [one.run(nothing).state for one in CHECKS]
    assert State.FAIL not in states
    assert states.count(State.PASS) == 3
