"""An authorization by a policy for several diseases: for the one that was chosen, and for no other that is known."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date, timedelta
from functools import cache
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import DatabaseError

from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.register.register import SqlRegister
from cds_service.storage.tables import AUTHORIZATIONS
from fhir_mappings.cases.chart_sketch import draw
from fhir_mappings.cases.drawn_case import kit_of
from hooks.records.register_port import DeterminationKey, MemberKey, NewAuthorization
from policies.model.dates import CallDay
from policies.testcases import reader
from policies.workspace.workspace import own_folder
from tests.coverage.stating import parts_on
from tests.databases import new_engine
from tests.service.calls import HCPCS, body, coverage, medication_request, order_sign, searchset
from tests.world import compose, examples

Json = dict[str, Any]
DAY = date(2026, 12, 10)
PATIENT = "Patient/sketched"
INFLIXIMAB = {"system": HCPCS, "code": "J1745"}
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
CROHNS, ARTHRITIS, COLITIS = "K50.90", "M06.9", "K51.90"
WHOLE = {
    CROHNS: "Everything for Crohn's disease is on record",
    ARTHRITIS: "Everything for rheumatoid arthritis is on record",
}
Ask = Callable[..., Json]


@cache
def records(disease: str) -> tuple[Json, ...]:
    """The chart that meets every criterion for one of the diseases."""
    folder = own_folder() / "examples" / "cases"
    (case,) = [one for one in reader.load(examples(), folder) if one.sentence == WHOLE[disease]]
    drawn = draw(case.chart, kit_of(examples(), "infliximab").names)
    return tuple(json.loads(msgspec.json.encode(drawn, enc_hook=str)))


def diagnosed(code: str) -> Json:
    coding = {"coding": [{"system": ICD10, "code": code}]}
    return {
        "resourceType": "Condition",
        "id": f"dx-{code.lower().replace('.', '')}",
        "subject": {"reference": PATIENT},
        "code": coding,
        "onsetDateTime": "2024-01-10",
    }


BOTH = (diagnosed(CROHNS), diagnosed(ARTHRITIS))


def call(on: date, chart: tuple[Json, ...], **members: Any) -> Json:
    """An order of infliximab; a reason is a code of ICD-10-CM."""
    reason = members.pop("reason", "")
    because = {"reasonCode": [{"coding": [{"system": ICD10, "code": reason}]}]} if reason else {}
    order = medication_request(INFLIXIMAB, authoredOn=on.isoformat(), subject={"reference": PATIENT}, **because)
    whose = coverage(beneficiary={"reference": PATIENT}, subscriberId="S-1", dependent="01")
    person = next((one for one in chart if one["resourceType"] == "Patient"), records(CROHNS)[0])
    others = [one for one in chart if one["resourceType"] != "Patient"]
    kinds = dict.fromkeys(
        (
            *("conditions", "observations", "medicationRequests", "medicationAdministrations"),
            *("medicationDispenses", "medicationStatements", "procedures", "encounter"),
        ),
        searchset(),
    )
    prefetch = kinds | {"patient": person, "coverage": searchset(whose), "conditions": searchset(*others)}
    made = order_sign(order | members, prefetch=prefetch)
    made["context"]["patientId"] = "sketched"
    return made | {"extension": {"davinci-crd.requestedVersion": "2.2"}}


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = new_engine()
    yield made
    made.dispose()


@pytest.fixture
def ask(engine: Engine) -> Ask:
    """Sign an order on a day; returns the parts of the coverage information by name."""
    services: dict[date, FlaskClient] = {}

    def asked(*chart: Json, on: date = DAY, **members: Any) -> Json:
        if on not in services:
            settings = Settings(base_url="https://cds.example.org", automatic_approval=True)
            services[on] = create_app(compose(settings, examples(), on, engine)).test_client()
        reply = services[on].post("/cds-services/order-sign-crd", data=body(call(on, chart, **members)))
        assert reply.status_code == 200, reply.text
        (action,) = reply.get_json()["systemActions"]
        return {name: values[0] for name, values in parts_on(action).items()}

    return asked


def on_file(engine: Engine) -> list[str | None]:
    with engine.connect() as connection:
        rows = connection.execute(select(AUTHORIZATIONS.c.indication).order_by(AUTHORIZATIONS.c.end))
        return list(rows.scalars())


def test_an_order_for_another_disease_is_a_request_of_its_own(ask: Ask, engine: Engine) -> None:
    crohns = ask(*records(CROHNS))
    assert (crohns["pa-needed"], on_file(engine)) == ("satisfied", ["crohns"])
    later = DAY + timedelta(days=40)
    other = ask(diagnosed(ARTHRITIS), on=later)
    assert (other["pa-needed"], other.get("satisfied-pa-id")) == ("auth-needed", None)
    assert other["questionnaire"].partition("|")[0].endswith("infliximab-initial"), "nothing was authorized for it"
    assert ask(diagnosed(COLITIS), on=later, reason=COLITIS)["pa-needed"] == "auth-needed"
    number = crohns["satisfied-pa-id"]
    assert ask(diagnosed(COLITIS), on=later)["satisfied-pa-id"] == number, "on record alone it says not what is meant"


@pytest.mark.parametrize(
    ("chart", "reason"),
    [
        ((), ""),
        ((diagnosed(CROHNS),), ""),
        ((diagnosed(CROHNS),), CROHNS),
        ((diagnosed(CROHNS), diagnosed(ARTHRITIS)), ""),
        ((diagnosed(CROHNS), diagnosed(ARTHRITIS)), CROHNS),
        ((diagnosed(CROHNS),), ARTHRITIS),
        ((), ARTHRITIS),
    ],
)
@pytest.mark.parametrize("days", [0, 28, 29, 182 - 1])
def test_what_does_not_prove_another_disease_takes_nothing_back(
    ask: Ask, chart: tuple[Json, ...], reason: str, days: int
) -> None:
    number = ask(*records(CROHNS))["satisfied-pa-id"]
    again = ask(*chart, on=DAY + timedelta(days=days), reason=reason)
    assert again.get("satisfied-pa-id") == number


def test_both_diseases_can_be_authorized_at_once(ask: Ask, engine: Engine) -> None:
    """Each under its own number and with its own months; each order gets that of its disease."""
    crohns, arthritis = ask(*records(CROHNS)), ask(*records(ARTHRITIS))
    assert crohns["satisfied-pa-id"] != arthritis["satisfied-pa-id"]
    assert on_file(engine) == ["crohns", "arthritis"]
    for on in (DAY, DAY + timedelta(days=150)):
        assert ask(diagnosed(CROHNS), on=on)["satisfied-pa-id"] == crohns["satisfied-pa-id"]
        assert ask(diagnosed(ARTHRITIS), on=on)["satisfied-pa-id"] == arthritis["satisfied-pa-id"]
    after = DAY + timedelta(days=250)
    assert ask(diagnosed(CROHNS), on=after)["pa-needed"] == "auth-needed", "six months are over"
    assert ask(diagnosed(ARTHRITIS), on=after)["satisfied-pa-id"] == arthritis["satisfied-pa-id"]


def test_what_was_given_before_diseases_were_noted_holds_for_each(ask: Ask, engine: Engine) -> None:
    number = ask(*records(CROHNS))["satisfied-pa-id"]
    with engine.begin() as connection:
        connection.execute(update(AUTHORIZATIONS).values(indication=None))
    assert ask(diagnosed(ARTHRITIS))["satisfied-pa-id"] == number


@pytest.mark.parametrize("disease", ["arthritis", "crohns", ""])
def test_beside_one_that_holds_for_each_disease_none_is_given(ask: Ask, engine: Engine, disease: str) -> None:
    """As where a person decides of a request, which is not asked what holds already."""
    number = ask(*records(CROHNS))["satisfied-pa-id"]
    with engine.begin() as connection:
        connection.execute(update(AUTHORIZATIONS).values(indication=None))
        kept = connection.execute(select(AUTHORIZATIONS)).one()
    key = DeterminationKey(kept.tenant, kept.fhir_server, kept.patient, "Coverage/c1", kept.policy, kept.request, "")
    whom = MemberKey(kept.member, "", kept.tenant, kept.fhir_server, kept.patient)
    with SqlRegister(engine).answering(kept.call, CallDay(DAY), kept.tenant) as session:
        session.hold([key])
        given = session.authorize(key, NewAuthorization(whom, kept.start, kept.end, None, disease))
    assert given.number == number
    assert on_file(engine) == [None]


def test_for_one_disease_the_database_refuses_a_second_on_the_same_day(ask: Ask, engine: Engine) -> None:
    ask(*records(CROHNS))
    with engine.connect() as connection:
        row = dict(connection.execute(select(AUTHORIZATIONS)).mappings().one())
    second = deepcopy(row) | {"number": "PA2", "start": row["end"]}
    with pytest.raises(DatabaseError), engine.begin() as connection:
        connection.execute(insert(AUTHORIZATIONS).values(second))
    with engine.begin() as connection:
        connection.execute(insert(AUTHORIZATIONS).values(second | {"indication": "arthritis"}))


@pytest.mark.parametrize("reasons", [(CROHNS, ARTHRITIS), (CROHNS, ""), ("", ARTHRITIS)])
def test_an_order_for_another_disease_is_another_question_and_the_next_cycle_is_not(
    ask: Ask, reasons: tuple[str, str]
) -> None:
    """What is answered in the form of the one would answer the other, and its determination would be overwritten."""
    asked = [ask(*BOTH, reason=one)["coverage-assertion-id"] for one in (*reasons, *reasons)]
    assert asked[0] != asked[1]
    assert asked[:2] == asked[2:]
    assert ask(*BOTH, reason=reasons[0], id="cycle-2")["coverage-assertion-id"] == asked[0]


def test_who_sees_the_member_at_a_visit_is_shown_the_authorization_of_each_disease(ask: Ask, engine: Engine) -> None:
    """The one that ends later does not hide the one that ends soon; of one disease the longest is shown."""
    ask(*records(CROHNS))
    with engine.begin() as connection:
        kept = dict(connection.execute(select(AUTHORIZATIONS)).mappings().one())
        later = {"number": "PA2", "start": kept["end"] + timedelta(days=1), "end": kept["end"] + timedelta(days=90)}
        connection.execute(insert(AUTHORIZATIONS).values(kept | later))
        connection.execute(insert(AUTHORIZATIONS).values(kept | later | {"number": "PA3", "indication": "arthritis"}))
        connection.execute(insert(AUTHORIZATIONS).values(kept | {"number": "PA4", "indication": "arthritis"}))
    key = DeterminationKey(kept["tenant"], kept["fhir_server"], kept["patient"], "", "", "", "")
    whom = MemberKey(kept["member"], "", kept["tenant"], kept["fhir_server"], kept["patient"])
    for on, numbers in ((kept["end"], {kept["number"], "PA4"}), (kept["end"] + timedelta(days=1), {"PA2", "PA3"})):
        with SqlRegister(engine).answering(kept["call"], CallDay(DAY), kept["tenant"]) as session:
            held = session.on_file(key, whom, CallDay(on), DAY).authorizations
        assert {one.number for one in held.values()} == numbers


@pytest.mark.parametrize("reasons", [(CROHNS, ARTHRITIS), (ARTHRITIS, CROHNS)])
@pytest.mark.parametrize("days", [0, 100, 182 - 20, 182 + 20])
def test_two_orders_of_one_call_are_each_judged_by_what_was_authorized_for_its_own_disease(
    ask: Ask, engine: Engine, reasons: tuple[str, str], days: int
) -> None:
    """A record of one disease makes no continuation of a first request for another beside it, nor the other way."""
    ask(*records(CROHNS))
    on = DAY + timedelta(days=days)
    chart = (*(one for one in records(CROHNS) if one["resourceType"] != "Condition"), *BOTH)
    settings = Settings(base_url="https://cds.example.org")
    client = create_app(compose(settings, examples(), on, engine)).test_client()

    def signed(*wanted: str) -> dict[str, tuple[str, str]]:
        asked = call(on, chart, reason=wanted[0])
        (first,) = asked["context"]["draftOrders"]["entry"]
        orders = [deepcopy(first["resource"]) | {"id": f"for-{one}"[:9].lower().replace(".", "")} for one in wanted]
        for order, reason in zip(orders, wanted, strict=True):
            order["reasonCode"] = [{"coding": [{"system": ICD10, "code": reason}]}]
        asked["context"]["draftOrders"]["entry"] = [{"resource": one} for one in orders]
        actions = client.post("/cds-services/order-sign-crd", data=body(asked)).get_json()["systemActions"]
        told = ({name: values[0] for name, values in parts_on(one).items()} for one in actions)
        kinds = [(one["pa-needed"], one.get("questionnaire", "").partition("|")[0].rpartition("-")[2]) for one in told]
        return dict(zip(wanted, kinds, strict=True))

    alone = {one: signed(one)[one] for one in reasons}
    assert signed(*reasons) == alone
