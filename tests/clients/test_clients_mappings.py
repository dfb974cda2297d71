"""Mappings of a client's local codes: each fact reads what is meant, on the days and for the client of the mapping."""

import json
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert

import cds_service
from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings, SettingsError
from cds_service.app.settings_file import load
from cds_service.application import create_app
from cds_service.clients.site_mappings import MappingError, site_table
from cds_service.replay.replay import replay
from fhir_mappings.chart.site_codes import SiteCode, SiteTable
from fhir_mappings.wording import wording
from hooks.protocol.client import Caller
from hooks.protocol.payer import Delivery
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.dtr.test_dtr_answered import determination, draft, filled, sent
from tests.dtr.test_dtr_proposals import T_DXD, TRASTUZUMAB, call_with, condition, criteria, given, her2
from tests.service.calls import RXNORM
from tests.world import store

Json = dict[str, Any]
LOCAL = "urn:oid:1.2.840.99999.7"
ICD10, LOINC, SNOMED = "http://hl7.org/fhir/sid/icd-10-cm", "http://loinc.org", "http://snomed.info/sct"
NORTH = Caller("north", explain=True, delivery=Delivery.CRD)
SOUTH = Caller("south", explain=True, delivery=Delivery.CRD)
CLIENTS = [
    {"name": name, "iss": f"https://{name}.example.org", "jku": f"https://{name}.example.org/jwks"}
    for name in ("north", "south")
]


def mapping(code: str, system: str, means: str, **members: Any) -> Json:
    meant = {"client": "north", "system": LOCAL, "code": code, "means_system": system, "means_code": means}
    return {**meant, "confirmed_by": "A. Analyst", "from": date(2026, 1, 1)} | members


MAPPINGS = [
    mapping("DX-1", ICD10, "C50.911"),
    mapping("DX-2", ICD10, "C78.7"),
    mapping("PATH-3", LOINC, "85319-2"),
    mapping("RX-4", RXNORM, TRASTUZUMAB),
    mapping("RX-5", RXNORM, T_DXD),
]


def settings(*mappings: Json) -> Settings:
    return convert({"base_url": "https://cds.example.org", "clients": CLIENTS, "mappings": mappings}, Settings)


@pytest.fixture
def serving(policies_on_file: Catalogue) -> Any:
    opened = []

    def serve(*mappings: Json, on: date = TODAY) -> Container:
        opened.append(store())
        return compose(settings(*mappings), policies_on_file, on, opened[-1])

    yield serve
    for one in opened:
        one.dispose()


def determined(container: Container, content: bytes, caller: Caller = NORTH) -> tuple[str, Json]:
    """Answer a call; return the id of the determination and its report."""
    told = json.loads(container.order_sign.answer(content, caller).body)
    (told_of_order,) = told["extension"]["cds-service.explain"]["orders"]
    (action,) = told["systemActions"]
    members = {one["url"]: one for each in action["resource"]["extension"] for one in each.get("extension", ())}
    name = str(members["coverage-assertion-id"]["valueString"])
    assert container.archive is not None
    kept = container.archive.find(name, caller.tenant)
    assert kept is not None
    found = wording().report(kept)
    assert told_of_order.get("site_codes") == found.get("site_codes")
    return name, found


def local(record: Json, code: str, *beside: Json) -> Json:
    """Return a record with its code replaced by a local one, and others beside it."""
    changed = deepcopy(record)
    named = "medicationCodeableConcept" if "medicationCodeableConcept" in changed else "code"
    changed[named] = {"coding": [{"system": LOCAL, "code": code}, *beside]}
    return changed


DIAGNOSIS = condition("c1", "C50.911")
SECONDARY = condition("c2", "C78.7", onsetDateTime="2022-01-10")
TREATED = [given(f"t{at}", TRASTUZUMAB, f"2022-0{at}-01") for at in (2, 3, 4)]
AGAIN = [given(f"d{at}", T_DXD, f"2024-0{at}-01") for at in (2, 3, 4)]
CHART = [DIAGNOSIS, SECONDARY, her2(), *TREATED, *AGAIN]
LOCALLY = [
    local(DIAGNOSIS, "DX-1"),
    local(SECONDARY, "DX-2"),
    local(her2(), "PATH-3"),
    *(local(one, "RX-4") for one in TREATED),
    *(local(one, "RX-5") for one in AGAIN),
]


def test_a_chart_in_site_codes_is_judged_as_the_same_chart_in_ours(serving: Any) -> None:
    _, ours = determined(serving(*MAPPINGS), call_with(*CHART))
    _, theirs = determined(serving(*MAPPINGS), call_with(*LOCALLY))
    _, unmapped = determined(serving(), call_with(*LOCALLY))
    assert criteria(theirs) == criteria(ours)
    assert not {"site_codes"} & {*ours, *unmapped}
    assert list(criteria(ours).values()).count("met") > list(criteria(unmapped).values()).count("met")
    notes = {one["reference"]: one["note"] for one in theirs["site_codes"]}
    assert notes["Condition/c1"] == (
        f"Site code {LOCAL}|DX-1 = {ICD10}|C50.911, confirmed by A. Analyst on 2026-01-01."
    )
    assert {"Condition/c1", "Condition/c2", "Observation/her2", "MedicationAdministration/t2"} <= notes.keys()


def with_local_codes(call: Json, catalogue: Catalogue) -> tuple[Json, list[Json]]:
    """Return a call whose records bear local codes wherever one can mean theirs, and the mappings."""
    made: dict[tuple[str, str], Json] = {}

    def written(node: Any) -> Any:
        if isinstance(node, list):
            return [written(one) for one in node]
        if not isinstance(node, dict):
            return node
        changed = {name: written(one) for name, one in node.items()}
        if "coding" in node:
            changed["coding"] = [as_local(one) for one in node["coding"]]
        return changed

    def as_local(coding: Json) -> Json:
        ours = (coding.get("system", ""), coding.get("code", ""))
        name = f"L-{ours[0].rpartition('/')[2]}-{ours[1]}"
        try:
            container_settings = settings(mapping(name, *ours))
            site_table(container_settings.mappings, container_settings.clients, catalogue)
        except MappingError:
            return coding
        made[ours] = mapping(name, *ours)
        return coding | {"system": LOCAL, "code": name}

    return call | {"prefetch": written(call["prefetch"])}, list(made.values())


@pytest.mark.parametrize("number", ["01", "05", "06", "07"])
def test_every_kind_of_fact_reads_what_is_meant(serving: Any, policies_on_file: Catalogue, number: str) -> None:
    """Whole charts, of both policies, initial and continued, in local codes: each criterion as with the codes meant."""
    file = next(Path(cds_service.__file__).parent.glob(f"samples/{number}-*.json"))
    call = json.loads(file.read_bytes())
    theirs, mappings = with_local_codes(call, policies_on_file)
    assert len(mappings) > 3
    container = serving(*mappings)
    _, ours = determined(container, json.dumps(call).encode())
    _, mapped = determined(serving(*mappings), json.dumps(theirs).encode())
    _, unmapped = determined(serving(), json.dumps(theirs).encode())
    assert (criteria(mapped), mapped["ruling"]) == (criteria(ours), ours["ruling"])
    assert criteria(unmapped) != criteria(ours)
    assert mapped["site_codes"]


DAY = timedelta(days=1)
DX = mapping("DX-1", ICD10, "C50.911", **{"from": TODAY - DAY, "until": TODAY + DAY})
DISEASE = "diagnosis.breast-cancer"


@pytest.mark.parametrize(("days", "truth"), [(-2, "unknown"), (-1, "met"), (1, "met"), (2, "unknown")])
def test_a_mapping_holds_from_its_first_day_through_its_last(serving: Any, days: int, truth: str) -> None:
    _, found = determined(serving(DX, on=TODAY + days * DAY), call_with(local(DIAGNOSIS, "DX-1")))
    assert criteria(found)[DISEASE] == truth


def test_a_mapping_is_of_one_client_and_of_one_code_system(serving: Any) -> None:
    chart = call_with(local(DIAGNOSIS, "DX-1"))
    _, found = determined(serving(DX), chart, SOUTH)
    assert criteria(found)[DISEASE] == "unknown"
    _, found = determined(serving(DX | {"system": LOCAL + ".1"}), chart)
    assert criteria(found)[DISEASE] == "unknown"


@pytest.mark.parametrize(("shown", "truth"), [("Breast  CA", "met"), (None, "met"), ("Bruise", "unknown")])
def test_a_code_that_shows_something_else_than_was_confirmed_is_not_read(
    serving: Any, shown: str | None, truth: str
) -> None:
    record = local(DIAGNOSIS, "DX-1")
    record["code"]["coding"][0] |= {} if shown is None else {"display": shown}
    _, found = determined(serving(DX | {"display": "Breast CA"}), call_with(record))
    assert criteria(found)[DISEASE] == truth


@pytest.mark.parametrize(
    ("record", "code", "beside", "criterion"),
    [
        (DIAGNOSIS, "DX-1", {"system": ICD10, "code": "S52.501A"}, DISEASE),
        (DIAGNOSIS, "DX-1", {"system": SNOMED, "code": "72704001"}, DISEASE),
        (her2(), "PATH-3", {"system": LOINC, "code": "718-7"}, "her2-positive.ihc"),
        (her2(), "PATH-3", {"system": LOINC, "code": "89247-1"}, "her2-positive.ihc"),
        (her2(), "PATH-3", {"system": LOCAL, "code": "DX-1"}, "her2-positive.ihc"),
    ],
)
def test_a_standard_code_that_says_otherwise_is_a_contradiction(
    serving: Any, record: Json, code: str, beside: Json, criterion: str
) -> None:
    """It proves nothing, and is shown with what it is read by."""
    _, alone = determined(serving(*MAPPINGS), call_with(local(record, code)))
    _, found = determined(serving(*MAPPINGS), call_with(local(record, code, beside)))
    assert (criteria(alone)[criterion], criteria(found)[criterion]) == ("met", "unknown")
    name = f"{record['resourceType']}/{record['id']}"
    shown = next(one["note"] for one in found["criteria"] if one["id"] == criterion)
    assert name in shown


def test_a_code_of_ours_that_says_the_same_may_stand_beside_it(serving: Any) -> None:
    beside = {"system": ICD10, "code": "C50.911"}
    _, found = determined(serving(*MAPPINGS), call_with(local(DIAGNOSIS, "DX-1", beside)))
    assert criteria(found)[DISEASE] == "met"


@pytest.mark.parametrize(
    ("record", "code", "change", "criterion"),
    [
        (DIAGNOSIS, "DX-1", {"verificationStatus": {"coding": [{"code": "unconfirmed"}]}}, DISEASE),
        (DIAGNOSIS, "DX-1", {"onsetDateTime": "2034-01-01"}, DISEASE),
        (DIAGNOSIS, "DX-1", {"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}, DISEASE),
        (DIAGNOSIS, "DX-1", {"note": [{"text": "Entered in error, wrong patient."}]}, DISEASE),
        (her2(), "PATH-3", {"status": "preliminary"}, "her2-positive.ihc"),
        (her2(), "PATH-3", {"effectiveDateTime": "2034-01-01"}, "her2-positive.ihc"),
        (her2(), "PATH-3", {"focus": [{"reference": "Patient/mother"}]}, "her2-positive.ihc"),
    ],
)
def test_what_is_no_evidence_in_our_codes_is_none_in_theirs(
    serving: Any, record: Json, code: str, change: Json, criterion: str
) -> None:
    _, found = determined(serving(*MAPPINGS), call_with(local(record, code) | change))
    _, ours = determined(serving(*MAPPINGS), call_with(record | change))
    assert criteria(found)[criterion] == criteria(ours)[criterion] != "met"


def test_a_giving_that_was_not_done_counts_in_no_code(serving: Any) -> None:
    undone = [one | {"status": "not-done"} for one in LOCALLY[3:]]
    _, found = determined(serving(*MAPPINGS), call_with(*LOCALLY[:3], *undone))
    _, ours = determined(
        serving(*MAPPINGS), call_with(*CHART[:3], *(one | {"status": "not-done"} for one in CHART[3:]))
    )
    assert criteria(found) == criteria(ours)


def test_the_product_that_a_giving_points_to_is_read_and_named(serving: Any) -> None:
    product = {"resourceType": "Medication", "id": "m1", "code": {"coding": [{"system": LOCAL, "code": "RX-4"}]}}
    pointing = [
        {name: one for name, one in each.items() if name != "medicationCodeableConcept"}
        | {"medicationReference": {"reference": "Medication/m1"}}
        for each in TREATED
    ]
    _, found = determined(serving(*MAPPINGS), call_with(*CHART[:3], *pointing, *AGAIN, product))
    _, ours = determined(serving(*MAPPINGS), call_with(*CHART))
    assert criteria(found) == criteria(ours)
    assert "MedicationAdministration/t2" in {one["reference"] for one in found["site_codes"]}


def test_numbers_of_a_mapped_record_stay_as_written() -> None:
    site = SiteCode(LOCAL, "R", (LOINC, "1-1"), "A", TODAY)
    text = b'{"code":{"coding":[{"system":"' + LOCAL.encode() + b'","code":"R"}]},"value":2.00,"low":0.1}'
    mapped = SiteTable({"t": (site,)}).on("t", TODAY).mapped(text)
    assert b'"value":2.00,"low":0.1' in bytes(mapped.raw)
    assert mapped.used == (site,)


def test_a_replay_and_a_later_form_judge_with_the_mappings_of_the_day_of_the_call(policies_on_file: Catalogue) -> None:
    engine = store()
    ended = DX | {"until": TODAY}
    name, _ = determined(compose(settings(ended), policies_on_file, TODAY, engine), call_with(LOCALLY[0]))
    later = compose(settings(ended), policies_on_file, TODAY + 9 * DAY, engine, "admin")
    again = replay(later.archive, later.order_sign, name)
    assert (again.same, again.differences) == (True, ())
    client = create_app(later).test_client(use_cookies=False)
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer admin"
    sent(client, filled(draft(client, name), {"her2_ihc_score": "3+"}, status="in-progress"))
    answered = determination(client, name)
    assert (answered["revision"], criteria(answered)[DISEASE]) == (2, "met")
    assert answered["site_codes"]
    without = compose(settings(), policies_on_file, TODAY + 9 * DAY, engine)
    assert replay(without.archive, without.order_sign, name, 1).differences == (f"{DISEASE}: was met, is unknown",)
    engine.dispose()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"client": "west"},
            r"mappings\[1\].client: there is no client 'west'; write the name of one \(north, south\)",
        ),
        ({"system": " "}, r"mappings\[1\].system: it is empty"),
        ({"code": ""}, r"mappings\[1\].code: it is empty"),
        ({"system": LOINC}, r"mappings\[1\].system: .* is a standard code system"),
        ({"system": "http://SNOMED.info/sct/"}, "is a standard code system"),
        ({"system": "https://www.ama-assn.org/go/cpt"}, "is a standard code system"),
        ({"system": "urn:oid:2.16.840.1.113883.6.12"}, "is a standard code system"),
        ({"system": "http://terminology.hl7.org/CodeSystem/condition-category"}, "is a standard code system"),
        ({"means_code": "C999"}, r"mappings\[1\].means_code: no policy reads .*C999"),
        ({"means_system": "urn:unknown"}, "no policy reads"),
        ({"means_system": LOINC, "means_code": "85319-2"}, r"DX-1 already means .*C50.911 .* end one of the two"),
        ({"confirmed_by": " "}, r"mappings\[1\].confirmed_by: nobody confirmed it"),
        ({"until": date(2025, 12, 31)}, r"mappings\[1\].until: 2025-12-31 is before from, 2026-01-01"),
    ],
)
def test_a_mapping_that_cannot_be_used_stops_the_start(serving: Any, change: Json, said: str) -> None:
    good = mapping("DX-1", ICD10, "C50.911")
    with pytest.raises(SettingsError, match=said):
        serving(good, good | change)


def test_a_code_may_mean_something_else_later_and_something_else_elsewhere(serving: Any) -> None:
    first = mapping("DX-1", ICD10, "C50.911", until=date(2026, 3, 31))
    assert serving(first, mapping("DX-1", ICD10, "C78.7", **{"from": date(2026, 4, 1)}))
    assert serving(first, mapping("DX-1", ICD10, "C78.7", client="south"))
    with pytest.raises(SettingsError, match="already means"):
        serving(first, mapping("DX-1", ICD10, "C78.7", **{"from": date(2026, 3, 31)}))


def test_mappings_are_read_from_the_settings_file_and_a_member_that_lacks_or_is_none_is_named(tmp_path: Path) -> None:
    head = 'base_url = "https://cds.example.org"\n[[mappings]]\n'
    entry = {name: f'"{one}"' for name, one in mapping("DX-1", ICD10, "C50.911").items()} | {"from": "2026-01-01"}

    def loaded(members: Json) -> Settings:
        text = head + "\n".join(f"{name} = {one}" for name, one in members.items())
        (tmp_path / "cds-service.toml").write_text(text)
        return load({}, tmp_path)

    assert loaded(entry).mappings[0].since == date(2026, 1, 1)
    with pytest.raises(SettingsError, match="confirmed_by"):
        loaded({name: one for name, one in entry.items() if name != "confirmed_by"})
    with pytest.raises(SettingsError, match="means"):
        loaded(entry | {"means": '"x"'})
    with pytest.raises(SettingsError, match="from"):
        loaded(entry | {"from": '""'})
