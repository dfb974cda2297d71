"""Every row of the table from ruling to coverage information, on every hook, in both versions: all its parts."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.commands.demo import samples
from tests.certification.kit import information_on
from tests.coverage.conftest import CONTACT, SETTINGS
from tests.coverage.stating import HOOKS, SECONDARY, VERSIONS, State, call_of, parts_on, states
from tests.service.calls import body, in_version, order_sign

Json = dict[str, Any]
STATES = states()
CASES = [(state, hook) for state in STATES for hook in state.hooks]
_TELECOM = {"system": "url", "value": CONTACT}
SHARED: dict[str, Json] = {
    "2.0": {"contact": [_TELECOM]},
    "2.2": {"contact": [{"telecom": [_TELECOM]}]},
}
CODES = {
    "2.0": {
        "covered": "covered not-covered conditional",
        "pa-needed": "no-auth auth-needed satisfied performpa conditional",
        "doc-needed": "clinical admin both conditional",
        "doc-purpose": "withpa withclaim withorder retain-doc OTH",
        "info-needed": "performer location timeframe contract-window OTH",
    },
    "2.2": {
        "covered": "covered not-covered conditional indeterminate",
        "pa-needed": "no-auth auth-needed satisfied performpa conditional indeterminate",
        "doc-needed": "clinical admin patient conditional indeterminate",
        "doc-purpose": "withpa withclaim withorder retain-doc OTH",
        "info-needed": "performer location timeframe contract-window detail-code OTH",
    },
}
ID = "coverage-assertion-id"
ONCE = ("coverage", "covered", "date", "reason", "contact")
AT_MOST_ONCE = ("pa-needed", "doc-needed", "satisfied-pa-id", "expiry-date", "questionnaire", "billingCode")


def told(services: dict[str, FlaskClient], state: State, hook: str, version: str) -> Json:
    """Ask, and return the parts of the coverage information on the one resource that is answered."""
    reply = services[state.service].post(
        f"/cds-services/{hook}-crd", data=body(call_of(state, hook, version)), content_type="application/json"
    )
    assert reply.status_code == 200, reply.text
    (action,) = json.loads(reply.data)["systemActions"]
    assert len(information_on(action["resource"])) == 1
    return parts_on(action)


@pytest.mark.idea("crd-idea-11", "crd-idea-16", "crd-idea-23", "crd-idea-40", "crd-idea-42")
@pytest.mark.requirement("crd20.ci-coverage", "crd20.ci-covered", "crd20.ci-pa-needed", "crd20.ci-doc-needed")
@pytest.mark.requirement("crd20.ci-info-needed", "crd20.ci-reason", "crd20.ci-date", "crd20.ci-assertion-id")
@pytest.mark.requirement("crd22.resp-30", "crd22.resp-43", "crd22.resp-45", "crd22.hook-19", "crd22.resp-52")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("state", "hook"), CASES, ids=[f"{state.name}: {hook}" for state, hook in CASES])
def test_a_state_has_just_these_parts(services: dict[str, FlaskClient], state: State, hook: str, version: str) -> None:
    found = told(services, state, hook, version)
    expected = state.expected(version, hook) | SHARED[version]
    expected |= {"coverage": [{"reference": "Coverage/cov1"}], "date": ["2026-11-25"]}
    ids, (reason,) = found.pop(ID, []), found.pop("reason")
    (worded,) = expected.pop("reason")
    assert len(ids) == state.is_kept
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in ids)
    assert reason["text"].startswith(worded["text"])
    assert {**reason, "text": ""} == {**worded, "text": ""}
    if "satisfied-pa-id" in expected:
        (number,) = found["satisfied-pa-id"]
        assert re.fullmatch(r"PA[0-9A-F]{12}", number)
        assert number in reason["text"]
        expected["satisfied-pa-id"] = [number]
    assert found == expected


@pytest.mark.idea("crd-idea-12", "crd-idea-13", "crd-idea-14", "crd-idea-15", "crd-idea-16", "crd-idea-17")
@pytest.mark.requirement("crd20.ci-q1", "crd20.ci-q2", "crd20.ci-q3", "crd20.ci-q4", "crd20.ci-q5", "crd22.resp-52")
@pytest.mark.parametrize("version", VERSIONS)
def test_every_state_keeps_the_rules_of_all_versions(services: dict[str, FlaskClient], version: str) -> None:
    for state, hook in CASES:
        found = told(services, state, hook, version)
        where = f"{state.name}: {hook}"
        assert [len(found[name]) for name in ONCE] == [1] * len(ONCE), where
        assert len(found.get(ID, ())) == state.is_kept, where
        assert all(len(found.get(name, ())) <= 1 for name in AT_MOST_ONCE), where
        for name, allowed in CODES[version].items():
            assert set(found.get(name, ())) <= set(allowed.split()), where
        values = {value for name in ("covered", "pa-needed", "doc-needed") for value in found.get(name, ())}
        assert ("pa-needed" in found) is (found["covered"] != ["not-covered"]), where
        assert ("info-needed" in found) is ("conditional" in values), where
        assert ("satisfied-pa-id" in found) is ("satisfied" in values), where
        assert "withpa" not in found.get("doc-purpose", ()) or not {"satisfied", "no-auth"} & values, where
        assert "questionnaire" not in found or "doc-needed" in found, where
        assert found["reason"][0]["text"], where
        assert all("|" in one and one.startswith("https://") for one in found.get("questionnaire", ())), where
        assert ("expiry-date" in found) is (version == "2.2" and "satisfied" in values), where


MUST_SUPPORT = {
    *(
        "coverage",
        "covered",
        "pa-needed",
        "doc-needed",
        "doc-purpose",
        "info-needed",
        "billingCode",
        "reason",
        "detail",
    ),
    *("dependency", "questionnaire", "date", "coverage-assertion-id", "satisfied-pa-id", "contact", "expiry-date"),
}
"""The must-support elements of ext-coverage-information in CRD 2.2.1: all that it has."""


@pytest.mark.requirement("crd22.conf-5")
def test_every_must_support_element_is_filled_in_where_there_is_a_value(services: dict[str, FlaskClient]) -> None:
    """The states say where there is one; a dependency needs a second order beside (capecitabine with margetuximab)."""
    found = {name for state, hook in CASES for name in told(services, state, hook, "2.2")}
    (sample,) = (one for one in samples() if one.file.startswith("11-"))
    call = body(in_version(json.loads(sample.body), "2.2"))
    reply = services["plain"].post("/cds-services/order-sign-crd", data=call, content_type="application/json")
    beside = parts_on(json.loads(reply.data)["systemActions"][0])
    assert found | beside.keys() == MUST_SUPPORT
    card = json.loads(services["plain"].post("/cds-services/order-sign-crd", json=order_sign()).data)["cards"][0]
    assert {"uuid", "summary", "indicator", "source"} <= card.keys()
    assert {"label", "topic"} <= card["source"].keys()


def test_every_hook_and_service_has_its_states() -> None:
    assert {hook for _, hook in CASES} == set(HOOKS)
    assert {state.service for state in STATES} == SETTINGS.keys()
    assert {hook for _, hook in CASES if hook in SECONDARY} == SECONDARY


@pytest.mark.idea("crd-idea-68")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("hook", HOOKS[:4])
def test_of_what_is_not_to_be_done_nothing_is_told(services: dict[str, FlaskClient], hook: str, version: str) -> None:
    state = State("not to be done", {"service": "approving", "order": {"doNotPerform": True}}, {"both": {}})
    call = call_of(state, hook, version)
    reply = services["approving"].post(f"/cds-services/{hook}-crd", data=body(call), content_type="application/json")
    assert reply.status_code == 200
    content = json.loads(reply.data)
    assert content["cards"] == []
    assert content.get("systemActions", "none") == ([] if version == "2.0" else "none")
