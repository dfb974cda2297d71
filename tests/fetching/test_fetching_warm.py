"""What an early hook fetched fills the gaps of the signing that follows: briefly, once, and for nobody else."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.fetching.early_results import BriefMemory
from cds_service.replay.stored_call_reader import reread
from hooks.discovery import services
from hooks.ehr_data.early_fetch import WARM, Whose
from hooks.protocol.client import ANYONE, Caller
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.fetching.loopback_ehr import Answered, Ehr
from tests.service.calls import (
    PATIENT,
    body,
    coverage,
    encounter,
    order_dispatch,
    order_select,
    order_sign,
    replaced,
    searchset,
    without,
)
from tests.world import compose

Json = dict[str, Any]
SECONDS = 60
CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": PATIENT},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C50.912"}]},
}
CLINICAL = 12
"""How many clinical searches a call lacks that brings patient and coverage alone."""


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cold(policies_on_file: Catalogue, engine: Engine) -> Container:
    """The service with its defaults: nothing is held."""
    return compose(
        Settings(base_url="https://cds.example.org", time_budget_seconds=30), policies_on_file, TODAY, engine
    )


@pytest.fixture
def warm(cold: Container, clock: Clock) -> Container:
    """The service that holds what was fetched for a minute of our clock."""
    answering = replace(cold.order_sign, warmth=BriefMemory(SECONDS, now=clock))
    return replace(cold, order_sign=answering, services=services(answering, cold.catalogue))


def answered(container: Container, call: Json, caller: Caller = ANYONE) -> Json:
    reply: Json = json.loads(container.services.find(f"{call['hook']}-crd").answer(body(call), caller).body)
    return reply


def asked(ehr: Ehr, container: Container, call: Json, caller: Caller = ANYONE) -> int:
    """Send a call, and return how often it asked the server for anything."""
    before = len(ehr.asked)
    answered(container, call, caller)
    return len(ehr.asked) - before


def at(ehr: Ehr, call: Json, **auth: Any) -> Json:
    """The call of a client of our server; its token is the same each time unless another is given."""
    given = {"access_token": "tok-1", "token_type": "Bearer", **auth}
    return call | {"fhirServer": ehr.base, "fhirAuthorization": given}


@pytest.fixture
def full(ehr: Ehr) -> Ehr:
    """A server that has a diagnosis, and answers every other search too."""
    ehr.answers = {"Condition": searchset(CONDITION), "": searchset()}
    return ehr


def truths(reply: Json) -> dict[str, str]:
    (order,) = reply["extension"]["cds-service.explain"]["orders"]
    return {one["id"]: one["truth"] for one in order["criteria"]}


def test_a_signing_asks_for_nothing_that_selecting_fetched(warm: Container, full: Ehr, clock: Clock) -> None:
    assert asked(full, warm, at(full, order_select())) == CLINICAL
    clock.seconds += 12.34
    reply = answered(warm, at(full, order_sign()))
    assert len(full.asked) == CLINICAL
    steps = reply["extension"]["cds-service.explain"]["fetched"]
    assert {(one["result"], one["age_seconds"]) for one in steps} == {(WARM, 12.3)}
    assert len(steps) == CLINICAL


def test_it_decides_as_if_it_had_asked(warm: Container, cold: Container, full: Ehr) -> None:
    answered(warm, at(full, order_select()))
    held, fresh = (truths(answered(one, at(full, order_sign()))) for one in (warm, cold))
    assert held == fresh
    assert held["diagnosis.breast-cancer"] == "met"


def test_what_is_held_is_kept_with_the_call_that_used_it(warm: Container, full: Ehr) -> None:
    answered(warm, at(full, order_select()))
    reply = answered(warm, at(full, order_sign()))
    parts = reply["systemActions"][0]["resource"]["extension"][-1]["extension"]
    name = next(one["valueString"] for one in parts if one["url"] == "coverage-assertion-id")
    assert warm.archive is not None
    kept = warm.archive.kept(name)
    assert kept is not None
    assert [one.id for one in reread(warm.order_sign, kept.call, kept.tenant, kept.today).chart.conditions] == ["c1"]


def test_it_is_used_once(warm: Container, full: Ehr) -> None:
    """Who corrects the chart and signs again gets what the chart says by then."""
    answered(warm, at(full, order_select()))
    full.answers = {"": searchset()}
    first, second = (truths(answered(warm, at(full, order_sign()))) for _ in range(2))
    assert (first["diagnosis.breast-cancer"], second["diagnosis.breast-cancer"]) == ("met", "unknown")


@pytest.mark.parametrize(("later", "again"), [(SECONDS - 0.1, 0), (SECONDS, CLINICAL)])
def test_it_ends_with_its_time(warm: Container, full: Ehr, clock: Clock, later: float, again: int) -> None:
    answered(warm, at(full, order_select()))
    clock.seconds += later
    assert asked(full, warm, at(full, order_sign())) == again


@pytest.mark.parametrize(("later", "again"), [(9.9, 0), (10, CLINICAL)])
def test_it_lasts_no_longer_than_the_token(warm: Container, full: Ehr, clock: Clock, later: float, again: int) -> None:
    answered(warm, at(full, order_select(), expires_in=10))
    clock.seconds += later
    assert asked(full, warm, at(full, order_sign())) == again


def test_it_is_off_unless_it_is_asked_for(cold: Container, full: Ehr) -> None:
    assert asked(full, cold, at(full, order_select())) == CLINICAL
    assert asked(full, cold, at(full, order_sign())) == CLINICAL


def test_the_setting_turns_it_on(policies_on_file: Catalogue, engine: Engine, full: Ehr) -> None:
    service = compose(Settings(warm_seconds=300, time_budget_seconds=30), policies_on_file, TODAY, engine)
    answered(service, at(full, order_select()))
    assert asked(full, service, at(full, order_sign())) == 0


def test_what_a_call_brings_itself_counts(warm: Container, full: Ehr) -> None:
    """The signing brings conditions, and there is none among them: what is held of conditions is not looked at."""
    answered(warm, at(full, order_select()))
    call = replaced(at(full, order_sign()), None, "prefetch", "conditions")
    reply = answered(warm, call)
    assert truths(reply)["diagnosis.breast-cancer"] == "unknown"
    assert len(full.asked) == CLINICAL


def test_what_is_referred_to_is_held_too(warm: Container, ehr: Ehr) -> None:
    given = {
        "resourceType": "MedicationDispense",
        "id": "d1",
        "status": "completed",
        "subject": {"reference": PATIENT},
        "medicationReference": {"reference": "Medication/m1"},
    }
    ehr.answers = {
        "MedicationDispense": searchset(given),
        "Medication/m1": {"resourceType": "Medication", "id": "m1"},
        "": searchset(),
    }
    assert asked(ehr, warm, at(ehr, order_select())) == CLINICAL + 1
    assert asked(ehr, warm, at(ehr, order_sign())) == 0


def test_what_failed_is_asked_again(warm: Container, full: Ehr) -> None:
    full.answers = {"Procedure": Answered(status=500), **full.answers}
    answered(warm, at(full, order_select()))
    full.asked.clear()
    answered(warm, at(full, order_sign()))
    assert full.paths == ["Procedure?patient=p1"]


MINE = "north"
STATED = {"subject": "our-service", "scope": "patient/*.rs"}


def registered(ehr: Ehr, tenant: str = MINE, **members: Any) -> Caller:
    return Caller(tenant, fhir_servers=(ehr.base,), explain=True, **members)


def of_another(call: Json, patient: str) -> Json:
    return dict(json.loads(json.dumps(call).replace('"p1"', f'"{patient}"').replace(PATIENT, f"Patient/{patient}")))


def test_a_registered_client_comes_with_a_new_token_each_time(warm: Container, full: Ehr) -> None:
    caller = registered(full)
    answered(warm, at(full, order_select(), **STATED), caller)
    assert asked(full, warm, at(full, order_sign(), access_token="tok-2", **STATED), caller) == 0


@pytest.mark.parametrize(
    "stated",
    [
        STATED | {"scope": "patient/*.rs user/*.rs"},
        STATED | {"subject": "another"},
        STATED | {"patient": "p1"},
        STATED | {"access_token": ""},
        {"scope": STATED["scope"]},
        {"subject": STATED["subject"]},
        {},
    ],
)
def test_another_grant_gets_nothing_of_it(warm: Container, full: Ehr, stated: Json) -> None:
    caller = registered(full)
    answered(warm, at(full, order_select(), **STATED), caller)
    assert asked(full, warm, at(full, order_sign(), **stated), caller) == CLINICAL


def test_a_token_of_which_nothing_is_stated_stands_for_itself(warm: Container, full: Ehr) -> None:
    caller = registered(full)
    for token, again in (("tok-2", CLINICAL), ("tok-1", 0)):
        answered(warm, at(full, order_select()), caller)
        assert asked(full, warm, at(full, order_sign(), access_token=token), caller) == again


def test_in_open_mode_only_the_very_token_gets_it(warm: Container, full: Ehr) -> None:
    """Anyone can state a subject and a scope: a call without the token must not get behind the server's own check."""
    for token, again in (("tok-2", CLINICAL), ("", CLINICAL), ("tok-1", 0)):
        answered(warm, at(full, order_select(), **STATED))
        assert asked(full, warm, at(full, order_sign(), access_token=token, **STATED)) == again


def test_nobody_else_gets_it(warm: Container, full: Ehr, elsewhere: Ehr) -> None:
    """Another tenant, another registration of the same tenant, another user, another patient, another server."""
    elsewhere.answers = {"": searchset()}
    caller, sign = registered(full), at(full, order_sign(), **STATED)
    others = [
        (sign, registered(full, "south")),
        (sign, replace(caller, fhir_servers=(full.base, elsewhere.base))),
        (replaced(sign, "Practitioner/dr2", "context", "userId"), caller),
        (of_another(sign, "p2"), caller),
    ]
    for call, who in others:
        answered(warm, at(full, order_select(), **STATED), caller)
        assert asked(full, warm, call, who) == CLINICAL
    both = replace(caller, fhir_servers=(full.base, elsewhere.base))
    answered(warm, at(full, order_select(), **STATED), both)
    assert asked(elsewhere, warm, at(elsewhere, order_sign(), **STATED), both) == CLINICAL
    assert asked(full, warm, sign, both) == 0


def test_an_encounter_that_starts_leaves_the_coverage_and_asks_for_no_clinical_data(warm: Container, ehr: Ehr) -> None:
    """Nothing is ordered, so that no clinical data is needed yet: it is not asked for on the chance that it will be."""
    ehr.answers = {"Coverage": searchset(coverage()), "": searchset()}
    answered(warm, at(ehr, without(encounter(), "prefetch", "coverage")))
    assert ehr.paths == ["Coverage?patient=p1&status=active&_include=Coverage:payor"]
    ehr.asked.clear()
    reply = answered(warm, at(ehr, without(order_sign(), "prefetch", "coverage")))
    assert "Coverage?patient=p1&status=active&_include=Coverage:payor" not in ehr.paths
    assert len(ehr.asked) == CLINICAL
    assert reply["systemActions"]


@pytest.mark.parametrize("early", [order_sign(), order_dispatch(), encounter("encounter-discharge")])
def test_other_hooks_leave_nothing(warm: Container, full: Ehr, early: Json) -> None:
    answered(warm, at(full, early))
    assert asked(full, warm, at(full, order_sign())) == CLINICAL


def test_other_hooks_use_nothing(warm: Container, full: Ehr) -> None:
    for _ in range(2):
        assert asked(full, warm, at(full, order_select())) == CLINICAL


def whose(name: str) -> Whose:
    return Whose(Caller(name), "https://ehr.example.org/fhir", name, "grant")


def test_a_later_fetch_takes_the_place_of_an_earlier_one(clock: Clock) -> None:
    memory = BriefMemory(SECONDS, now=clock)
    memory.keep(whose("a"), {"Condition": (b"1",), "Procedure": (b"1",)}, 99)
    clock.seconds += 1
    memory.keep(whose("a"), {"Condition": (b"2",)}, 99)
    assert memory.take(whose("a")).bodies == {"Condition": (b"2",)}
    assert memory.take(whose("a")).bodies == {}


def test_beyond_its_size_the_oldest_goes(clock: Clock) -> None:
    memory = BriefMemory(SECONDS, most_bytes=10, now=clock)
    for name in ("a", "b", "c"):
        memory.keep(whose(name), {"q": (b"1234",)}, 99)
    assert [bool(memory.take(whose(name)).bodies) for name in ("a", "b", "c")] == [False, True, True]
    memory.keep(whose("d"), {"q": (b"12345678901",)}, 99)
    assert memory.take(whose("d")).bodies == {}


def test_what_is_over_its_time_is_not_held_on_to(clock: Clock) -> None:
    memory = BriefMemory(SECONDS, most_bytes=5, now=clock)
    memory.keep(whose("a"), {"q": (b"1234",)}, 99)
    clock.seconds += SECONDS
    memory.keep(whose("b"), {"q": (b"1234",)}, 99)
    assert memory.take(whose("a")).bodies == {}
    assert memory.take(whose("b")).bodies == {"q": (b"1234",)}


def test_threads_get_their_own_and_each_at_most_once() -> None:
    """Eight threads keep and take under eight names in turns: what is taken was kept under the name, and only once."""
    memory, start = BriefMemory(SECONDS), Barrier(8)
    before = sys.getswitchinterval()

    def turns(number: int) -> list[tuple[str, bytes]]:
        taken = []
        start.wait(20)
        for turn in range(300):
            name = f"n{(number + turn) % 8}"
            memory.keep(whose(name), {"q": (f"{name} {number} {turn}".encode(),)}, 99)
            taken += [(name, one) for one in memory.take(whose(name)).bodies.get("q", ())]
        return taken

    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            taken = [pair for found in pool.map(turns, range(8)) for pair in found]
    finally:
        sys.setswitchinterval(before)
    assert all(one.startswith(f"{name} ".encode()) for name, one in taken)
    assert len({one for _, one in taken}) == len(taken) > 0
