"""Another simulated year, from claims: two hospitals, prior authorization, a revised policy, a gap in the coverage.

The service is made anew every day on one file. On each day the answer is right for the day, and what was reported once
is not taken back: not by a feed that fails, a corrected claim, a stricter policy, a new Coverage or another hospital.
"""

import json
import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from msgspec import convert
from sqlalchemy import Engine, select

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import AUTHORIZATIONS
from policies.catalogue import Catalogue, load
from policies.revision.revision import revise, write
from policies.workspace.workspace import lay_out
from tests.coverage.stating import State, call_of, parts_on
from tests.prior_auth.request_bundles import request_of, response
from tests.service.calls import body, coverage, searchset
from tests.world import FOLDER, compose

Json = dict[str, Any]
STATE = State("a year of events", {"product": "elranatamab", "chart": "07"}, {})
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
BORN, MEMBER, OTHER = "1961-05-14", "M9001", "M9002"
FIRST = date(2026, 8, 3)
"""The first order."""
PERFORMANCE_ON = "2026-07-10"
"""The day of the ECOG status of the sample; here it is of a month before each call."""
REVISED = date(2026, 10, 1)
"""From here on the policy authorizes for three months, not for six."""
LAST = date(2027, 2, 3)
"""The last day of six months from the second day on."""
TREATED = {"J9041": "2017-03-06", "J9145": "2019-05-06", "J9047": "2021-06-07", "J9176": "2023-02-06"}
"""Bortezomib, daratumumab, carfilzomib, elotuzumab: four lines by claims, without an immunomodulatory agent."""
LENALIDOMIDE_NDC = "59572-0410"
HOOKS = ("order-sign", "order-select", "order-dispatch", "appointment-book")
NONE = ("medicationAdministrations", "medicationStatements", "medicationDispenses", "medicationRequests", "procedures")
"""What a hospital has nothing of."""


def claimed(code: str, on: str, system: str = HCPCS) -> Json:
    """Return a claim that the plan holds."""
    item = {"sequence": 1, "productOrService": {"coding": [{"system": system, "code": code}]}, "servicedDate": on}
    said: Json = {
        "resourceType": "ExplanationOfBenefit",
        "id": f"{code}-{on}".lower(),
        "status": "active",
        "use": "claim",
    }
    said["type"] = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": "professional"}]}
    return said | {"outcome": "complete", "patient": {"reference": "Patient/member"}, "item": [item]}


CLAIMS = [
    *(claimed(code, on) for code, on in TREATED.items()),
    claimed(LENALIDOMIDE_NDC, "2017-03-10", "http://hl7.org/fhir/sid/ndc"),
]


@dataclass
class Year:
    """The plan's feed of claims, its policies, and the service as it is made anew each day."""

    folder: Path
    policies: Catalogue
    later: Catalogue
    running: dict[date, tuple[Engine, FlaskClient]] = field(default_factory=dict)

    def at(self, day: date) -> tuple[Engine, FlaskClient]:
        if day not in self.running:
            self.end()
            engine = open_engine(f"sqlite:///{self.folder / 'year.sqlite'}")
            made = {"automatic_approval": True, "claims": {"folder": str(self.folder / "claims")}}
            settings = convert({"base_url": "https://cds.example.org", **made}, Settings)
            # The new version is on file a month before it holds.
            known = self.policies if day < REVISED - timedelta(days=30) else self.later
            self.running[day] = engine, create_app(compose(settings, known, day, engine)).test_client()
        return self.running[day]

    def end(self) -> None:
        for engine, _ in self.running.values():
            engine.dispose()
        self.running.clear()

    def feed(self, *claims: Json, member: str = MEMBER) -> None:
        patient = {"resourceType": "Patient", "id": "member", "birthDate": BORN}
        lines = "\n".join(map(json.dumps, (patient, *claims)))
        (self.folder / "claims" / f"{member}.ndjson").write_text(lines, encoding="utf-8")

    def sign(self, day: date, call: Json) -> Json:
        reply = self.at(day)[1].post(
            f"/cds-services/{call['hook']}-crd", data=body(call), content_type="application/json"
        )
        assert reply.status_code == 200, reply.text
        (action,) = reply.get_json()["systemActions"]
        return {name: values[0] for name, values in parts_on(action).items()}

    def submit(self, day: date, request: Json) -> Json:
        reply = self.at(day)[1].post("/fhir/pas/Claim/$submit", data=json.dumps(request))
        assert reply.status_code == 200, reply.text
        return response(json.loads(reply.data))

    def given(self, day: date) -> list[tuple[date, date]]:
        with self.at(day)[0].connect() as connection:
            rows = connection.execute(select(AUTHORIZATIONS).order_by(AUTHORIZATIONS.c.start, AUTHORIZATIONS.c.end))
            return [(one.start, one.end) for one in rows]


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The policies with a new version of elranatamab's: three months an authorization."""
    home = tmp_path_factory.mktemp("policies") / "policies"
    shutil.copytree(FOLDER, home)
    write(revise(lay_out(home), "elranatamab", REVISED))
    file = home / "data" / "elranatamab" / f"{REVISED}.yaml"
    text = file.read_text(encoding="utf-8")
    assert "authorization_months: 6" in text
    file.write_text(text.replace("authorization_months: 6", "authorization_months: 3"), encoding="utf-8")
    return load(home)


@pytest.fixture
def year(policies_on_file: Catalogue, later: Catalogue, tmp_path: Path) -> Iterator[Year]:
    (tmp_path / "claims").mkdir()
    made = Year(tmp_path, policies_on_file, later)
    yield made
    made.end()


def ordered(
    day: date, hook: str = "order-sign", hospital: str = "a", *, member: str = MEMBER, chart: bool = True, **covers: Any
) -> Json:
    """Return a call of a hospital: diagnosis and performance status, and no treatment; or nothing of the chart."""
    call = call_of(STATE, hook, "2.0")
    call["fhirServer"] = f"https://{hospital}.example.org/fhir"
    person = str(call["prefetch"]["patient"]["id"])
    numbered = {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MB"}]}}
    whose = {"identifier": [numbered | {"value": member}], "beneficiary": {"reference": f"Patient/{person}"}}
    call["prefetch"]["coverage"] = searchset(coverage(covers.pop("called", "cov1"), **(whose | covers)))
    call["prefetch"]["patient"]["birthDate"] = BORN
    beside = {"patient", "coverage", "orders", "encounter"}
    treated = {"administrations", "dispenses", "procedures"}
    kept = {key: one for key, one in call["prefetch"].items() if key in beside or (chart and key not in treated)}
    call["prefetch"] = dict.fromkeys(NONE, searchset()) | kept
    text = json.dumps(call).replace(person, f"{person}-{hospital}-{member}".lower())
    return dict(json.loads(text.replace(PERFORMANCE_ON, (day - timedelta(days=30)).isoformat()))) | {"hook": hook}


def dated(call: Json, day: date) -> Json:
    """Return a call whose orders were written on a day."""
    return dict(json.loads(json.dumps(call).replace("2026-07-20", day.isoformat())))


def asked(day: date, *arguments: Any, **members: Any) -> Json:
    return dated(ordered(day, *arguments, **members), day)


def after(day: date, days: int) -> date:
    return day + timedelta(days=days)


def holding(year: Year, number: str, day: date) -> None:
    """Check that a number stands on a day, whoever asks, by whatever hook."""
    for hospital in "ab":
        for hook in HOOKS:
            told = year.sign(day, asked(day, hook, hospital, chart=hospital == "a"))
            assert (told["pa-needed"], told.get("satisfied-pa-id")) == ("satisfied", number), (day, hospital, hook)


def first_days(year: Year) -> str:
    """Return the number that was given when the feed of claims had come."""
    told = year.sign(FIRST, asked(FIRST))
    assert (told["pa-needed"], year.given(FIRST)) == ("auth-needed", []), "no claims have come: the lines are open"
    day = after(FIRST, 1)
    year.feed(*CLAIMS)
    number = str(year.sign(day, asked(day))["satisfied-pa-id"])
    assert year.given(day) == [(day, LAST)]
    holding(year, number, day)
    return number


def the_other_hospital_asks_for_prior_authorization(year: Year, number: str) -> None:
    day = after(FIRST, 2)
    answer = year.submit(day, request_of(asked(day, hospital="b", chart=False)))
    assert number in json.dumps(answer)
    holding(year, number, day)


def the_feed_fails_and_a_claim_is_taken_back(year: Year, number: str) -> None:
    day = after(FIRST, 40)
    for member in (MEMBER, OTHER):
        (year.folder / "claims" / f"{member}.ndjson").write_text("{", encoding="utf-8")
    holding(year, number, day)
    assert year.sign(day, asked(day, member=OTHER))["pa-needed"] == "auth-needed", "nothing new is approved meanwhile"
    year.feed(*CLAIMS[1:])
    holding(year, number, after(FIRST, 41))


def the_policy_is_revised(year: Year, number: str) -> None:
    """An authorization has the months of the version in force when the order was written, and keeps them."""
    for today, written, member, last in (
        (after(REVISED, -1), after(REVISED, -1), OTHER, date(2027, 3, 29)),
        (REVISED, REVISED, "M9003", date(2026, 12, 31)),
        (after(REVISED, 1), after(REVISED, -1), "M9004", date(2027, 4, 1)),
    ):
        year.feed(*CLAIMS, member=member)
        assert year.sign(today, dated(ordered(today, member=member), written))["pa-needed"] == "satisfied"
        assert (today, last) in year.given(today)
    holding(year, number, after(REVISED, 1))


def the_coverage_ends_and_another_begins(year: Year, number: str) -> None:
    day = date(2026, 12, 1)
    ended = {"period": {"end": after(day, -1).isoformat()}}
    assert year.sign(day, asked(day, **ended))["covered"] == "not-covered"
    day = after(day, 10)
    anew = {"called": "cov2", "period": {"start": day.isoformat()}}
    for hospital in "ab":
        told = year.sign(day, asked(day, hospital=hospital, chart=hospital == "a", **anew))
        assert told["satisfied-pa-id"] == number


def its_last_day_passes(year: Year, number: str) -> None:
    for days in (-30, 0):
        holding(year, number, after(LAST, days))
    day = after(LAST, 1)
    over = year.sign(day, asked(day))
    assert over["pa-needed"] == "auth-needed"
    assert "elranatamab-continuation" in over["questionnaire"]
    assert (after(FIRST, 1), LAST) in year.given(day)


def treatment_begins_anew(year: Year, number: str) -> str:
    """More than ninety days after its last day, and with no dose on record, it is a first request again."""
    year.feed(*CLAIMS)
    assert "satisfied-pa-id" not in year.sign(after(LAST, 90), asked(after(LAST, 90)))
    day = after(LAST, 91)
    told = year.sign(day, asked(day))
    assert told["satisfied-pa-id"] != number
    assert (day, date(2027, 8, 4)) in year.given(day)
    return str(told["satisfied-pa-id"])


def a_dose_is_billed_and_a_death_recorded(year: Year, number: str) -> None:
    day = after(LAST, 111)
    year.feed(*CLAIMS, claimed("J1323", after(LAST, 92).isoformat()))
    holding(year, number, day)
    dead = deepcopy(asked(day))
    dead["prefetch"]["patient"]["deceasedDateTime"] = after(day, -1).isoformat()
    assert year.sign(day, dead)["pa-needed"] == "auth-needed", "never approved"
    holding(year, number, day)


def test_a_year_of_events(year: Year) -> None:
    number = first_days(year)
    for step in (
        the_other_hospital_asks_for_prior_authorization,
        the_feed_fails_and_a_claim_is_taken_back,
        the_policy_is_revised,
        the_coverage_ends_and_another_begins,
        its_last_day_passes,
    ):
        step(year, number)
    a_dose_is_billed_and_a_death_recorded(year, treatment_begins_anew(year, number))
