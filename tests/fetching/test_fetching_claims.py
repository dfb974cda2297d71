"""The payer's own claims: a folder with a file for each member, read only for the member that the patient is."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert
from sqlalchemy import Engine, create_engine, text

from cds_service.app.claims_table import claims_table
from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings, SettingsError
from cds_service.app.settings_file import load
from cds_service.application import create_app
from cds_service.commands import demo
from cds_service.storage.engine import MEMORY, open_engine
from hooks.ehr_data.payer_claims import ClaimsError, Who
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.fetching.loopback_ehr import Ehr
from tests.service.calls import replaced, searchset, without
from tests.world import store

Json = dict[str, Any]
MET = json.loads(demo.samples()[0].body)
WHO = MET["context"]["patientId"]
BORN = "1961-04-12"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
MEMBER = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MB"}


def claim(code: str, on: str, owner: str = "Patient/member", **members: Any) -> Json:
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": f"eob-{code}-{on}".lower(),
        "status": "active",
        "use": "claim",
        "outcome": "complete",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": "professional"}]},
        "patient": {"reference": owner},
        "item": [
            {"sequence": 1, "productOrService": {"coding": [{"system": HCPCS, "code": code}]}, "servicedDate": on}
        ],
    } | members


CLAIMS = [claim("J9355", "2023-02-06"), claim("J9354", "2024-05-06")]


def written(folder: Path, *claims: Json, name: str = "M77.ndjson", born: str = BORN) -> Path:
    patient = {"resourceType": "Patient", "id": "member", "birthDate": born}
    (folder / name).write_text("\n".join(map(json.dumps, (patient, *claims))), encoding="utf-8")
    return folder


def call_of(number: str = "m 77", born: str = BORN, **insured: Any) -> Json:
    """Return the sample call with no treatment in the chart, of a member with a number and a date of birth."""
    call = MET
    for key in ("medicationAdministrations", "medicationStatements", "medicationDispenses", "procedures"):
        if key in call["prefetch"]:
            call = replaced(call, searchset(), "prefetch", key)
    call = replaced(call, {**call["prefetch"]["patient"], "birthDate": born}, "prefetch", "patient")
    held = next(one["resource"] for one in call["prefetch"]["coverage"]["entry"])
    numbered = {"identifier": [{"type": {"coding": [MEMBER]}, "value": number}]} if number else {}
    held = {name: value for name, value in held.items() if name not in {"identifier", "subscriberId"}}
    coverage = {**held, **numbered, **insured}
    others = [one["resource"] for one in call["prefetch"]["coverage"]["entry"][1:]]
    return without(replaced(call, searchset(coverage, *others), "prefetch", "coverage"), "fhirServer")


@pytest.fixture
def serving(policies_on_file: Catalogue, tmp_path: Path) -> Iterator[Container]:
    engine = store()
    made = {"base_url": "https://cds.example.org", "claims": {"folder": str(tmp_path)}}
    yield compose(convert(made, Settings), policies_on_file, TODAY, engine)
    engine.dispose()


def reply_of(service: Container, call: Json) -> Json:
    answer = create_app(service).test_client().post("/cds-services/order-sign-crd", json=call)
    assert answer.status_code == 200, answer.text
    reply: Json = answer.json
    return reply


def evidence_of(reply: Json) -> set[str]:
    text = json.dumps(reply)
    return {one for one in ("eob-j9355-2023-02-06", "eob-j9354-2024-05-06") if one in text}


BOTH = {"eob-j9355-2023-02-06", "eob-j9354-2024-05-06"}


def test_the_claims_of_the_member_are_evidence_and_are_named(serving: Container, tmp_path: Path) -> None:
    assert evidence_of(reply_of(serving, call_of())) == set()
    written(tmp_path, *CLAIMS)
    assert evidence_of(reply_of(serving, call_of())) == BOTH


@pytest.mark.parametrize(
    "call",
    [
        call_of("m78"),
        call_of(born="1961-04-13"),
        call_of(born="1961-04"),
        call_of(""),
        call_of("../M77"),
        call_of("M77.ndjson/../M77"),
        call_of("", subscriberId="M77", dependent="01"),
    ],
)
def test_nobody_else_s_claims_are_read(serving: Container, tmp_path: Path, call: Json) -> None:
    written(tmp_path, *CLAIMS)
    assert evidence_of(reply_of(serving, call)) == set()


@pytest.mark.parametrize(
    ("name", "insured"),
    [("M77.ndjson", {"subscriberId": "M77"}), ("M77-01.ndjson", {"subscriberId": "M77", "dependent": "01"})],
)
def test_a_subscriber_is_known_by_birth_and_a_dependent_by_the_number(
    serving: Container, tmp_path: Path, name: str, insured: Json
) -> None:
    written(tmp_path, *CLAIMS, name=name)
    assert evidence_of(reply_of(serving, call_of("", **insured))) == BOTH


def test_a_file_of_another_person_or_of_two_is_not_used(serving: Container, tmp_path: Path) -> None:
    written(tmp_path, *CLAIMS, born="1990-01-01")
    assert evidence_of(reply_of(serving, call_of())) == set()
    written(tmp_path, *CLAIMS, {"resourceType": "Patient", "id": "second", "birthDate": BORN})
    assert evidence_of(reply_of(serving, call_of())) == set()
    written(tmp_path, *[claim("J9355", "2023-02-06", "Patient/somebody")], CLAIMS[1])
    assert evidence_of(reply_of(serving, call_of())) == {"eob-j9354-2024-05-06"}


def test_a_bundle_in_a_json_file_does_as_well(serving: Container, tmp_path: Path) -> None:
    patient = {"resourceType": "Patient", "id": "member", "birthDate": BORN}
    (tmp_path / "M77.json").write_text(json.dumps(searchset(patient, *CLAIMS)), encoding="utf-8")
    assert evidence_of(reply_of(serving, call_of())) == BOTH


def test_claims_that_cannot_be_read_leave_the_chart_incomplete(serving: Container, tmp_path: Path) -> None:
    (tmp_path / "M77.ndjson").write_text('{"resourceType": "Patient"', encoding="utf-8")
    assert "(claims)" in json.dumps(reply_of(serving, call_of()))


def test_a_folder_that_is_none_stops_the_start(policies_on_file: Catalogue, tmp_path: Path) -> None:
    settings = convert({"claims": {"folder": str(tmp_path / "none")}}, Settings)
    with pytest.raises(SettingsError, match=r"claims\.folder: .* is no folder"):
        compose(settings, policies_on_file, TODAY)


def test_an_unknown_setting_of_claims_is_named(tmp_path: Path) -> None:
    (tmp_path / "cds-service.toml").write_text('[claims]\nfile = "x"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="claims"):
        load({}, tmp_path)


@pytest.mark.parametrize("asked", [False, True])
def test_clients_are_asked_for_claims_only_if_the_operator_says_so(policies_on_file: Catalogue, *, asked: bool) -> None:
    service = compose(convert({"claims": {"prefetch": asked}}, Settings), policies_on_file, TODAY)
    listed: Json = create_app(service).test_client().get("/cds-services").json
    sign = next(one for one in listed["services"] if one["hook"] == "order-sign")
    found = sign["prefetch"].get("claims")
    assert found == ("ExplanationOfBenefit?patient={{context.patientId}}" if asked else None)


@pytest.mark.parametrize("asked", [False, True])
def test_claims_are_fetched_only_if_the_operator_says_so(policies_on_file: Catalogue, ehr: Ehr, *, asked: bool) -> None:
    engine = store()
    service = compose(convert({"claims": {"prefetch": asked}}, Settings), policies_on_file, TODAY, engine)
    reply_of(service, {**call_of(), "fhirServer": ehr.base})
    assert (
        any(path.startswith("ExplanationOfBenefit?") or "/ExplanationOfBenefit?" in path for path in ehr.paths) is asked
    )
    engine.dispose()


def table_of(folder: Path, rows: list[tuple[str, str, str]], columns: str = "resource") -> str:
    """Write a table of claims, and return the URL of its database."""
    url = f"sqlite:///{folder / 'claims.sqlite'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE claims (member_number TEXT, birth_date TEXT, {columns} TEXT)"))
        for number, born, resource in rows:
            values = {"number": number, "born": born, "resource": resource}
            connection.execute(text("INSERT INTO claims VALUES (:number, :born, :resource)"), values)
    engine.dispose()
    return url


def of_table(policies_on_file: Catalogue, engine: Engine, url: str) -> Container:
    made = {"base_url": "https://cds.example.org", "claims": {"database": url}}
    return compose(convert(made, Settings), policies_on_file, TODAY, engine)


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = open_engine(MEMORY)
    yield made
    made.dispose()


def told(service: Container, call: Json) -> list[str]:
    """The evidence of the earlier therapies that a reply names."""
    explained = json.dumps(reply_of(service, call))
    return [one["id"] for one in CLAIMS if one["id"] in explained]


def test_claims_of_a_table_prove_what_those_of_a_folder_prove(
    policies_on_file: Catalogue, engine: Engine, tmp_path: Path, serving: Container
) -> None:
    rows = [("M77", BORN, json.dumps(one)) for one in CLAIMS] + [
        ("M78", BORN, json.dumps(claim("J9306", "2024-01-02")))
    ]
    (tmp_path / "table").mkdir()
    by_table = told(of_table(policies_on_file, engine, table_of(tmp_path / "table", rows)), call_of())
    written(tmp_path, *CLAIMS)
    assert by_table == told(serving, call_of()) == [one["id"] for one in CLAIMS]


@pytest.mark.parametrize(("number", "born"), [("M78", BORN), ("M77", "1961-04-13")])
def test_claims_of_another_number_or_date_of_birth_are_nobodys(
    policies_on_file: Catalogue, engine: Engine, tmp_path: Path, number: str, born: str
) -> None:
    url = table_of(tmp_path, [(number, born, json.dumps(one)) for one in CLAIMS])
    assert told(of_table(policies_on_file, engine, url), call_of()) == []


@pytest.mark.parametrize("resource", ["{", "[1]"])
def test_a_row_that_cannot_be_read_leaves_the_claims_missing(tmp_path: Path, resource: str) -> None:
    table = claims_table(table_of(tmp_path, [("M77", BORN, resource)]), "claims", 1000, 1.0)
    with pytest.raises(ClaimsError, match="cannot be read"):
        table.of(Who("M77", date.fromisoformat(BORN)))


def test_a_table_may_be_named_with_its_schema(tmp_path: Path) -> None:
    url = table_of(tmp_path, [("M77", BORN, json.dumps(CLAIMS[0]))])
    assert claims_table(url, "main.claims", 100_000, 1.0).of(Who("M77", date.fromisoformat(BORN)))


@pytest.mark.parametrize(("number", "is_told"), [(2, True), (3, False)])
def test_no_more_claims_are_read_than_the_most(tmp_path: Path, number: int, is_told: bool) -> None:
    rows = [("M77", BORN, json.dumps(one)) for one in [*CLAIMS, *CLAIMS][:number]]
    table = replace(claims_table(table_of(tmp_path, rows), "claims", 100_000, 1.0), most=2)
    if is_told:
        assert len(table.of(Who("M77", date.fromisoformat(BORN)))) == number
        return
    with pytest.raises(ClaimsError, match="more than 2"):
        table.of(Who("M77", date.fromisoformat(BORN)))


def test_claims_larger_than_a_body_are_not_read(tmp_path: Path) -> None:
    (one,) = rows = [("M77", BORN, json.dumps(CLAIMS[0]))]
    size, url = len(one[2]), table_of(tmp_path, rows)
    who = Who("M77", date.fromisoformat(BORN))
    assert claims_table(url, "claims", size, 1.0).of(who)
    with pytest.raises(ClaimsError, match="larger"):
        claims_table(url, "claims", size - 1, 1.0).of(who)


def test_a_table_that_is_none_stops_the_start(policies_on_file: Catalogue, engine: Engine, tmp_path: Path) -> None:
    for url in ("nothing", f"sqlite:///{tmp_path / 'none.sqlite'}", "mysql://h/d", table_of(tmp_path, [], "text")):
        with pytest.raises(SettingsError, match=r"claims\.(database|table)"):
            of_table(policies_on_file, engine, url)
    both = {"claims": {"folder": str(tmp_path), "database": "sqlite:///x"}}
    with pytest.raises(SettingsError, match="only one of them"):
        compose(convert(both, Settings), policies_on_file, TODAY, engine)
    assert not (tmp_path / "none.sqlite").exists()
