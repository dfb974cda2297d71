"""The payer's own record of its members: who is none, whose coverage has ended, which Coverage is to be corrected."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.coverage import Coverage
from msgspec import convert
from sqlalchemy import Engine

from cds_service.app.container import Container
from cds_service.app.settings import Settings, SettingsError
from hooks.protocol.client import Caller
from hooks.protocol.payer import Delivery
from policies.catalogue import Catalogue
from tests.conformance.messages import hold
from tests.conftest import TODAY
from tests.fetching.loopback_ehr import Ehr, running
from tests.service import calls
from tests.service.calls import body, coverage, in_version, searchset
from tests.world import compose, store

Json = dict[str, Any]
ANNA = {"number": "M1", "family": "Sample", "given": "Anna", "birth_date": "1980-05-01"}
BORN = {"birthDate": "1980-05-01"}
NAMED = BORN | {"name": [{"family": "sample", "given": ["Anna", "B."]}]}
CRD = Caller(delivery=Delivery.CRD)
VISITS = ("appointment-book", "encounter-start", "encounter-discharge")
VERSIONS = ("2.0", "2.2")


def written(folder: Path, *members: Json) -> Path:
    dates = {"birth_date", "start", "end"}
    tables = (
        "\n".join(
            ["[[members]]", *(f"{key} = {value if key in dates else json.dumps(value)}" for key, value in one.items())]
        )
        for one in members
    )
    file = folder / "members.toml"
    file.write_text("\n".join(tables), encoding="utf-8")
    return file


@cache
def one_store() -> Engine:
    """Return the one store of all tests: nothing here depends on what was told before."""
    return store()


def composed(policies: Catalogue, file: Path, *, updates: bool = True, **settings: Any) -> Container:
    directory = {"file": str(file), "update_coverage": updates}
    made = {"base_url": "https://cds.example.org", "member_directory": directory} | settings
    return compose(convert(made, Settings), policies, TODAY, one_store())


def call_of(hook: str, insured: Json, patient: Json | None = None) -> Json:
    call: Json = json.loads(json.dumps(calls.every_hook()[hook]))
    call["prefetch"]["coverage"] = searchset(insured)
    call["prefetch"]["patient"] |= patient or {}
    return call


def reply_to(service: Container, call: Json, version: str = "2.2", caller: Caller = CRD, **wants: Any) -> Json:
    extension = {"extension": {"davinci-crd.configuration": wants}} if wants else {}
    answer = service.services.find(f"{call['hook']}-crd").answer
    reply: Json = json.loads(answer(body(in_version(call | extension, version)), caller).body)
    hold(f"response-{version}", reply)
    return reply


def told(reply: Json) -> Json:
    """Return the parts of the first coverage information, by their names."""
    (extension,) = reply["systemActions"][0]["resource"]["extension"]
    return {
        one["url"]: next(value for name, value in one.items() if name.startswith(("value", "extension")))
        for one in extension["extension"]
    }


# ---- Who is a member ----


@pytest.mark.parametrize(
    ("insured", "patient", "is_known"),
    [
        ({"subscriberId": "M1"}, BORN, True),
        ({"subscriberId": "M1"}, {}, True),
        ({"subscriberId": "M1"}, {"birthDate": "1980-05"}, True),
        ({"subscriberId": "M1"}, {"birthDate": "1981-05-01"}, False),
        ({"subscriberId": "M2"}, NAMED, False),
        ({"subscriberId": 1}, NAMED, True),
        ({"identifier": [{"value": "M1"}]}, BORN, True),
        ({"identifier": [{"value": "internal"}]}, NAMED, True),
        ({}, NAMED, True),
        ({}, NAMED | {"birthDate": "1980-05-02"}, False),
        ({}, NAMED | {"birthDate": "1980"}, False),
        ({}, BORN | {"name": [{"family": "Sample", "given": ["Eve"]}]}, False),
        ({}, BORN | {"name": [{"text": "Anna Sample"}]}, False),
        ({}, {}, False),
        ({"subscriberId": "F1"}, {"birthDate": "2010-01-01"}, True),
        ({"subscriberId": "F1"}, {}, False),
    ],
)
def test_a_member_is_known_by_number_or_else_by_name_and_birth(
    policies_on_file: Catalogue, tmp_path: Path, insured: Json, patient: Json, is_known: bool
) -> None:
    family = [ANNA | {"number": "F1", "given": given, "birth_date": day} for given, day in FAMILY]
    service = composed(policies_on_file, written(tmp_path, ANNA, *family))
    found = told(reply_to(service, call_of("order-sign", coverage(**insured), patient)))["covered"]
    assert found == ("covered" if is_known else "not-covered")


FAMILY = (("Ben", "1979-01-01"), ("Cleo", "2010-01-01"))


@pytest.mark.idea("crd-idea-40")
@pytest.mark.requirement("crd22.resp-44")
@pytest.mark.parametrize("version", VERSIONS)
def test_who_is_no_member_is_not_covered_and_the_reason_says_so(
    policies_on_file: Catalogue, tmp_path: Path, version: str
) -> None:
    service = composed(policies_on_file, written(tmp_path, ANNA), automatic_approval=True)
    for hook in calls.every_hook():
        found = told(reply_to(service, call_of(hook, coverage(subscriberId="nobody")), version))
        assert found["covered"] == "not-covered"
        assert "pa-needed" not in found
        assert "no single member" in found["reason"]["text"]
        codes = [one["code"] for one in found["reason"].get("coding", ())]
        assert codes == (["no-member-found"] if version == "2.2" else [])
    both = reply_to(
        service, call_of("order-sign", coverage(subscriberId="nobody")), version, Caller(delivery=Delivery.BOTH)
    )
    assert "knows no member" in both["cards"][0]["summary"]


def test_without_a_directory_every_coverage_counts_as_it_came(container: Container) -> None:
    assert told(reply_to(container, call_of("order-sign", coverage(subscriberId="nobody"))))["covered"] == "covered"


@pytest.mark.parametrize(("end", "covered"), [("2026-11-24", "not-covered"), ("2026-11-25", "covered")])
def test_the_payers_record_tells_whether_a_coverage_runs(
    policies_on_file: Catalogue, tmp_path: Path, end: str, covered: str
) -> None:
    """The call is of 2026-11-25, the order older; what the Coverage itself says of its period does not count."""
    service = composed(policies_on_file, written(tmp_path, ANNA | {"end": end}))
    for period in ({}, {"period": {"end": "2026-01-31"}}, {"period": {"end": "2027-01-31"}}):
        found = told(reply_to(service, call_of("order-sign", coverage(subscriberId="M1", **period))))
        assert found["covered"] == covered
        if covered == "not-covered":
            assert found["reason"]["coding"][0]["code"] == "no-active-coverage"
            assert found["reason"]["text"] == "The coverage ended on 2026-11-24."


@pytest.mark.parametrize(("start", "covered"), [("2026-11-26", "not-covered"), ("2026-11-25", "covered")])
def test_a_coverage_that_has_not_begun_does_not_run(
    policies_on_file: Catalogue, tmp_path: Path, start: str, covered: str
) -> None:
    service = composed(policies_on_file, written(tmp_path, ANNA | {"start": start}))
    found = told(reply_to(service, call_of("order-sign", coverage(subscriberId="M1"))))
    assert found["covered"] == covered
    if covered == "not-covered":
        assert found["reason"]["text"] == "The coverage begins on 2026-11-26."


@pytest.fixture
def ehr() -> Any:
    with running() as server:
        yield server


def test_a_patient_who_could_not_be_had_is_no_stranger(policies_on_file: Catalogue, tmp_path: Path, ehr: Ehr) -> None:
    """The record cannot be looked into without the patient, and the EHR failed to give the patient."""
    service = composed(policies_on_file, written(tmp_path, ANNA))
    call = call_of("order-sign", coverage()) | {"fhirServer": ehr.base}
    del call["prefetch"]["patient"]
    found = told(reply_to(service, call))
    assert (found["covered"], found["reason"]["coding"][0]["code"]) == ("indeterminate", "technical")


# ---- A Coverage that is to be corrected ----


@pytest.mark.requirement("crd20.update-coverage", "crd22.resp-71", "crd22.resp-15", "hooks.123")
@pytest.mark.certification("cert.3.1.13", "cert.3.2.13", "cert.3.3.13")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", VISITS)
def test_a_coverage_that_differs_is_offered_as_one_update(
    policies_on_file: Catalogue, tmp_path: Path, hook: str, version: str
) -> None:
    service = composed(policies_on_file, written(tmp_path, ANNA | {"start": "2026-01-01", "end": "2026-12-31"}))
    sent = coverage(
        period={"start": "2026-01-01", "end": "2026-06-30"}, order=1, extension=[{"url": "urn:x", "valueDecimal": 1.0}]
    )
    (card,) = of("insurance", reply_to(service, call_of(hook, sent, NAMED), version))
    assert card["summary"] == "The coverage on file differs from the record of MMM: member number, last day"
    assert "- last day: on file 2026-06-30, by the plan 2026-12-31" in card["detail"]
    assert "- member number: on file nothing, by the plan M1" in card["detail"]
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    assert (action["type"], "resourceId" in action) == ("update", False)
    assert action["resource"] == sent | {"subscriberId": "M1", "period": {"start": "2026-01-01", "end": "2026-12-31"}}
    Coverage.model_validate(action["resource"])
    assert "links" not in card


def of(topic: str, reply: Json) -> list[Json]:
    return [card for card in reply["cards"] if card["source"]["topic"]["code"] == topic]


def test_a_coverage_that_was_fetched_can_be_corrected(policies_on_file: Catalogue, tmp_path: Path, ehr: Ehr) -> None:
    service = composed(policies_on_file, written(tmp_path, ANNA))
    call = call_of("encounter-start", coverage(), NAMED) | {"fhirServer": ehr.base}
    ehr.answers = {"Coverage?": call["prefetch"].pop("coverage")}
    (card,) = of("insurance", reply_to(service, call))
    assert card["suggestions"][0]["actions"][0]["resource"]["subscriberId"] == "M1"


@pytest.mark.requirement("crd22.resp-70")
@pytest.mark.parametrize("hook", ["order-sign", "order-select", "order-dispatch"])
def test_no_coverage_is_to_be_corrected_while_orders_are_written(
    policies_on_file: Catalogue, tmp_path: Path, hook: str
) -> None:
    service = composed(policies_on_file, written(tmp_path, ANNA | {"end": "2026-12-31"}))
    assert of("insurance", reply_to(service, call_of(hook, coverage(subscriberId="M1")))) == []


@pytest.mark.requirement("crd22.resp-69")
def test_nothing_is_corrected_where_the_operator_leaves_it_to_x12(policies_on_file: Catalogue, tmp_path: Path) -> None:
    file = written(tmp_path, ANNA | {"end": "2026-12-31"})
    call = call_of("encounter-start", coverage(subscriberId="M1"))
    assert len(of("insurance", reply_to(composed(policies_on_file, file), call))) == 1
    assert of("insurance", reply_to(composed(policies_on_file, file, updates=False), call)) == []
    assert not Settings().member_directory.update_coverage


@pytest.mark.parametrize(
    ("insured", "wants"),
    [
        ({"subscriberId": "M1", "period": {"end": "2026-12-31"}}, {}),
        ({"subscriberId": "M1", "period": {"start": "2020-01-01", "end": "2026-12-31T23:59:59Z"}}, {}),
        ({"subscriberId": "M1"}, {"insurance": False}),
        ({"subscriberId": "M1"}, {"max-cards": 0}),
        ({"subscriberId": "nobody"}, {}),
    ],
    ids=["the same", "the same and more", "switched off", "no cards", "no member"],
)
def test_there_is_no_card_where_nothing_differs_or_nobody_wants_it(
    policies_on_file: Catalogue, tmp_path: Path, insured: Json, wants: Json
) -> None:
    service = composed(policies_on_file, written(tmp_path, ANNA | {"end": "2026-12-31"}))
    assert of("insurance", reply_to(service, call_of("encounter-start", coverage(**insured)), **wants)) == []


# ---- The file ----


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("members = 1", "Expected `array`"),
        ("[[members]]\nnumber = '1'", "missing required field"),
        ("[[members]]\nnumber = '1'\nfamily = 'S'\nbirth_date = 1980-01-01\nsecret = 1", "unknown field"),
        ("[[members]]\nnumber = ''\nfamily = 'S'\nbirth_date = 1980-01-01", "a member has a number"),
        (
            "[[members]]\nnumber = '1'\nfamily = 'S'\nbirth_date = 1980-01-01\nstart = 2026-02-01\nend = 2026-01-31",
            "ends no earlier",
        ),
        ("[[members", "is not TOML"),
        (None, "cannot be read"),
    ],
)
def test_a_directory_that_cannot_be_used_stops_the_start(
    policies_on_file: Catalogue, tmp_path: Path, text: str | None, said: str
) -> None:
    file = tmp_path / "members.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=f"member_directory.file: .*{said}"):
        composed(policies_on_file, file)
