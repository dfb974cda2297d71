"""A simulated year: the service is made anew every day on one file, and what changes between draft, signing, dispatch
and continuation gets the answer that is right for the day. Nothing that was reported is taken back."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from cds_service.app.container import compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import AUTHORIZATIONS
from policies.catalogue import Catalogue
from tests import databases
from tests.coverage.stating import State, call_of, parts_on
from tests.service.calls import body, coverage, searchset

Json = dict[str, Any]
STATE = State("a year", {"product": "elranatamab", "chart": "07"}, {})
DRAFTED = date(2026, 7, 20)
"""The date of the order, by which the chart of the sample meets every criterion."""
GIVEN = date(2026, 7, 27)
"""The day on which the coverage begins, and the old draft is signed."""
LAST = date(2027, 1, 26)
BORN = "1961-05-14"
MEMBER = {
    "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MB"}]},
    "system": "https://payer.example.org/member",
    "value": "M 4711-a",
}
HOOKS = ("order-sign", "order-select", "order-dispatch", "appointment-book")
Ask = Callable[[date, Json], Json]


@pytest.fixture
def asked(policies_on_file: Catalogue, tmp_path: Path) -> Iterator[Ask]:
    """Ask the service, which is made anew on each day; returns the parts of the coverage information by name."""
    url = databases.new_file(tmp_path / "year.sqlite")
    running: dict[date, tuple[Engine, FlaskClient]] = {}

    def at(day: date) -> tuple[Engine, FlaskClient]:
        if day not in running:
            for engine, _ in running.values():
                engine.dispose()
            running.clear()
            engine = open_engine(url)
            made = Settings(base_url="https://cds.example.org", automatic_approval=True)
            running[day] = engine, create_app(compose(made, policies_on_file, day, engine)).test_client()
        return running[day]

    def ask(day: date, call: Json) -> Json:
        engine, client = at(day)
        reply = client.post(f"/cds-services/{call['hook']}-crd", data=body(call), content_type="application/json")
        with engine.connect() as connection:
            rows = connection.execute(select(AUTHORIZATIONS).order_by(AUTHORIZATIONS.c.start)).all()
        assert reply.status_code == 200, reply.text
        (action,) = reply.get_json()["systemActions"]
        told = {name: values[0] for name, values in parts_on(action).items()}
        return told | {"given": [(one.start, one.end) for one in rows]}

    yield ask
    for engine, _ in running.values():
        engine.dispose()


def ordered(
    hook: str = "order-sign", hospital: str = "a", drafted: date = DRAFTED, *, chart: bool = True, **covers: Any
) -> Json:
    """Return the call of a hospital: its own patient and server, the one member of the plan."""
    call = call_of(STATE, hook, "2.0")
    call["fhirServer"] = f"https://{hospital}.example.org/fhir"
    person = str(call["prefetch"]["patient"]["id"])
    whose = {"identifier": [MEMBER], "beneficiary": {"reference": f"Patient/{person}"}} | covers
    call["prefetch"]["coverage"] = searchset(coverage("cov1", **whose))
    call["prefetch"]["patient"]["birthDate"] = BORN
    if not chart:
        kept = ("patient", "coverage", "orders", "encounter")
        call["prefetch"] = {key: value for key, value in call["prefetch"].items() if key in kept}
    text = json.dumps(call).replace(person, f"{person}-{hospital}").replace("2026-06-15", drafted.isoformat())
    return dict(json.loads(text))


def given(day: date, status: str = "completed") -> Json:
    """Return a record of the drug."""
    drug = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "2644880"}]}
    subject = {"reference": "Patient/gustavo-imaginado-07-a"}
    name = f"own-{day}-{status}"
    record = {"resourceType": "MedicationAdministration", "id": name, "status": status, "subject": subject}
    return record | {"medicationCodeableConcept": drug, "effectiveDateTime": day.isoformat()}


def with_records(call: Json, *records: Json) -> Json:
    changed = deepcopy(call)
    changed["prefetch"]["doses"] = searchset(*records)
    return changed


def days(first: date, *after: int) -> list[date]:
    return [first + timedelta(days=one) for one in after]


def test_a_year_of_one_member(asked: Ask) -> None:
    begins = {"period": {"start": GIVEN.isoformat()}}
    told = asked(GIVEN - timedelta(days=1), ordered(**begins))
    assert (told["covered"], told["given"]) == ("not-covered", [])
    first = asked(GIVEN, ordered(**begins))
    number = first["satisfied-pa-id"]
    assert first["given"] == [(GIVEN, LAST)], "from the day of the call, though the draft is older"

    stopped = with_records(ordered(), given(GIVEN + timedelta(days=3)), given(GIVEN + timedelta(days=60), "stopped"))
    for day in days(GIVEN, 1, 27, 28, 29, 61, 100, (LAST - GIVEN).days):
        for hook in HOOKS:
            for call in (ordered(hook), ordered(hook, "b", day, chart=False), ordered(hook, "b", date(2025, 1, 1))):
                again = asked(day, call)
                assert (again["pa-needed"], again["satisfied-pa-id"]) == ("satisfied", number), (day, hook)
                assert again["given"] == [(GIVEN, LAST)]
        assert asked(day, stopped)["satisfied-pa-id"] == number

    other = ordered(hospital="c", chart=False, identifier=[MEMBER | {"value": "M 4712"}])
    assert asked(GIVEN + timedelta(days=100), other)["pa-needed"] == "auth-needed"

    soon = "renewal can be requested"
    assert soon not in asked(LAST - timedelta(days=31), ordered())["reason"]["text"]
    assert soon in asked(LAST - timedelta(days=30), ordered())["reason"]["text"]
    ended = {"period": {"end": (LAST - timedelta(days=5)).isoformat()}}
    assert asked(LAST - timedelta(days=5), ordered(**ended))["satisfied-pa-id"] == number
    assert asked(LAST - timedelta(days=4), ordered(**ended))["covered"] == "not-covered"

    over = asked(LAST + timedelta(days=1), ordered(chart=False))
    assert over["pa-needed"] == "auth-needed", "an old draft is not satisfied by a number that ended"
    assert "elranatamab-continuation" in over["questionnaire"]
    assert over["given"] == [(GIVEN, LAST)]


def test_after_a_long_pause_it_is_a_first_request_again_that_shows_the_earlier_course(asked: Ask) -> None:
    doses = [given(day) for day in days(date(2026, 1, 5), 0, 7, 14, 21, 90)]
    going_on = asked(DRAFTED, with_records(ordered(), *doses, given(DRAFTED - timedelta(days=90))))
    assert "elranatamab-continuation" in going_on["questionnaire"]
    again = asked(DRAFTED, with_records(ordered(), *doses))
    assert "satisfied-pa-id" in again


def test_dependants_of_one_subscriber_are_two_members_and_one_at_two_hospitals_is_one(asked: Ask) -> None:
    family = {"identifier": [], "subscriberId": "S-77"}
    number = asked(GIVEN, ordered(**family, dependent="01"))["satisfied-pa-id"]
    assert asked(GIVEN, ordered(hospital="b", chart=False, **family, dependent="01"))["satisfied-pa-id"] == number
    assert "satisfied-pa-id" not in asked(GIVEN, ordered(hospital="b", chart=False, **family, dependent="02"))
    assert "satisfied-pa-id" not in asked(GIVEN, ordered(hospital="b", chart=False, **family))


def test_without_a_number_the_patient_of_a_server_is_the_member(asked: Ask) -> None:
    unknown = {"identifier": []}
    number = asked(GIVEN, ordered(**unknown))["satisfied-pa-id"]
    assert asked(GIVEN, ordered(chart=False))["satisfied-pa-id"] == number, "a number that is learned later"
    assert "satisfied-pa-id" not in asked(GIVEN, ordered(hospital="b", chart=False, **unknown))


def someone(chance: Random, day: date) -> tuple[str, Json]:
    """A call of some hospital for one of two members on a day: its hook, draft, chart and records as they may come."""
    member, hospital, hook = chance.choice(("M 1", "M 2")), chance.choice("ab"), chance.choice(HOOKS)
    drafted = chance.choice((DRAFTED, day, day - timedelta(days=chance.randrange(400))))
    holds_chart = chance.random() < 0.5
    call = ordered(hook, hospital, drafted, chart=holds_chart, identifier=[MEMBER | {"value": member}])
    doses = [given(day - timedelta(days=7 * week)) for week in range(chance.randrange(12))]
    if chance.random() < 0.3:
        doses.append(given(day - timedelta(days=chance.randrange(200)), chance.choice(("stopped", "not-done"))))
    if chance.random() < 0.3:
        doses.append(progressed(day - timedelta(days=chance.randrange(100))))
    for one in doses:
        one["subject"] = {"reference": f"Patient/gustavo-imaginado-07-{hospital}"}
    return member, with_records(call, *doses) if doses and chance.random() < 0.7 else call


def progressed(day: date) -> Json:
    """Return a disease status that says worse."""
    worse = {"coding": [{"system": "http://snomed.info/sct", "code": "271299001"}]}
    code = {"coding": [{"system": "http://loinc.org", "code": "97509-4"}]}
    record = {"resourceType": "Observation", "id": f"status-{day}", "status": "final", "code": code}
    return record | {"effectiveDateTime": day.isoformat(), "valueCodeableConcept": worse}


@pytest.mark.parametrize("seed", [20260801])
def test_whatever_comes_in_a_year_nothing_that_was_reported_is_taken_back(asked: Ask, seed: int) -> None:
    """Two members, two hospitals, any hook, draft, chart and record: each number holds to its last day."""
    chance, day, told = Random(seed), DRAFTED, dict[str, tuple[str, date]]()
    for _ in range(24):
        day += timedelta(days=chance.choice((0, 1, 6, 13, 29)))
        member, call = someone(chance, day)
        answer = asked(day, call)
        number, last = told.get(member, ("", date.min))
        assert day > last or answer.get("satisfied-pa-id") == number, (seed, day, member)
        held = [(start, end) for start, end in answer["given"] if start <= day <= end]
        assert len(held) <= 2, "one a member"
        if "satisfied-pa-id" in answer and answer["satisfied-pa-id"] != number:
            told[member] = answer["satisfied-pa-id"], max(end for start, end in held if start == day)
    assert len(told) == 2
