"""One decision, two versions of CRD: what differs, and nothing else."""

import json
from datetime import date
from typing import Any

import pytest

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from fhir_mappings.coverage.coverage_information import EXTENSION, Stamp, written_2_0, written_2_2
from hooks.protocol.crd_versions import CRD_VERSIONS
from hooks.protocol.payer import Delivery
from policies.model.determination import Authorization, Billing, Contact, Covered, Determination, PaNeeded
from tests.service.calls import MARGETUXIMAB, body, coverage, medication_request, order_sign, searchset, unexplained
from tests.world import compose, store

Json = dict[str, Any]
STAMP = Stamp("Coverage/c1", date(2026, 11, 25), "id-1")
CONTACT = Contact("phone", "+1-555-0100")
BILLING = Billing("http://x", "J1", "One")
AUTHORIZATION = Authorization("PA1", date(2026, 6, 1), date(2026, 11, 30))
TOLD = {
    "open": Determination(
        Covered.COVERED,
        PaNeeded.AUTH_NEEDED,
        "open",
        ("clinical",),
        ("withpa",),
        "http://q|1",
        billing=BILLING,
        contact=CONTACT,
    ),
    "satisfied": Determination(Covered.COVERED, PaNeeded.SATISFIED, "given", authorization=AUTHORIZATION),
    "detail": Determination(Covered.CONDITIONAL, PaNeeded.CONDITIONAL, "which?", detail_code=True),
    "other": Determination(Covered.CONDITIONAL, PaNeeded.CONDITIONAL, "ask", other_info=True),
    "ended": Determination(Covered.NOT_COVERED, None, "ended", reason_code="no-active-coverage"),
    "failed": Determination(Covered.INDETERMINATE, PaNeeded.INDETERMINATE, "failed", reason_code="technical"),
}
WORDS = {
    "2.0": {
        "covered": {"covered", "not-covered", "conditional"},
        "pa-needed": {"no-auth", "auth-needed", "satisfied", "performpa", "conditional"},
        "doc-needed": {"clinical", "admin", "both", "conditional"},
        "info-needed": {"performer", "location", "timeframe", "contract-window", "OTH"},
    },
    "2.2": {
        "covered": {"covered", "not-covered", "conditional", "indeterminate"},
        "pa-needed": {"no-auth", "auth-needed", "satisfied", "performpa", "conditional", "indeterminate"},
        "doc-needed": {"clinical", "admin", "patient", "conditional", "indeterminate"},
        "info-needed": {"performer", "location", "timeframe", "contract-window", "detail-code", "OTH"},
    },
}
REASONS_2_2 = {
    "gold-card",
    "no-member-found",
    "no-active-coverage",
    "coverage-not-found",
    "auth-out-network",
    "technical",
}


def by_name(extension: Json) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for part in extension["extension"]:
        value = next((value for name, value in part.items() if name.startswith("value")), part.get("extension"))
        found.setdefault(part["url"], []).append(value)
    return found


@pytest.mark.requirement("crd20.ci-coverage", "crd20.ci-covered", "crd20.ci-pa-needed", "crd20.ci-doc-needed")
@pytest.mark.requirement("crd20.ci-info-needed", "crd20.ci-reason", "crd20.ci-date", "crd20.ci-assertion-id")
@pytest.mark.requirement("crd20.ci-q1", "crd20.ci-q2", "crd20.ci-q3", "crd20.ci-q5", "crd22.resp-52")
@pytest.mark.certification("cert.3.6.11", "cert.3.7.03")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD.keys())
def test_only_words_of_the_version_are_used_and_its_invariants_hold(told: Determination, version: str) -> None:
    extension = CRD_VERSIONS[version].written(told, STAMP)
    parts = by_name(extension)
    assert extension["url"] == EXTENSION
    for name, allowed in WORDS[version].items():
        assert set(parts.get(name, ())) <= allowed
    for name in ("coverage", "covered", "date", "coverage-assertion-id", "reason"):
        assert len(parts[name]) == 1
    conditional = "conditional" in (*parts["covered"], *parts.get("pa-needed", ()))
    assert ("pa-needed" in parts) is (parts["covered"] != ["not-covered"])
    assert ("info-needed" in parts) is conditional
    assert ("satisfied-pa-id" in parts) is (parts.get("pa-needed") == ["satisfied"])
    assert not ("questionnaire" in parts and "doc-needed" not in parts)
    codes = {coding["code"] for coding in parts["reason"][0].get("coding", ())}
    assert codes <= ({"gold-card", "detail-code"} if version == "2.0" else REASONS_2_2)


@pytest.mark.idea("crd-idea-18")
@pytest.mark.requirement("crd22.resp-30", "crd22.resp-52")
def test_what_is_new_in_2_2() -> None:
    parts = by_name(written_2_2(TOLD["satisfied"], STAMP))
    assert parts["expiry-date"] == ["2026-11-30"]
    (detail,) = parts["detail"]
    assert detail[0] == {"url": "category", "valueCode": "cat-limitation"}
    assert detail[2]["valuePeriod"] == {"start": "2026-06-01", "end": "2026-11-30"}
    contact = by_name(written_2_2(TOLD["open"], STAMP))["contact"]
    assert contact == [{"telecom": [{"system": "phone", "value": "+1-555-0100"}]}]
    assert by_name(written_2_2(TOLD["detail"], STAMP))["info-needed"] == ["detail-code"]


@pytest.mark.idea("crd-idea-18")
@pytest.mark.requirement("crd20.ci-no-expiry", "crd20.ci-detail", "crd20.ci-contact", "crd20.ci-reason")
@pytest.mark.requirement("crd20.ci-info-needed")
def test_what_2_0_has_instead() -> None:
    parts = by_name(written_2_0(TOLD["satisfied"], STAMP))
    assert "expiry-date" not in parts
    assert [part["url"] for part in parts["detail"][0]] == ["code", "value"]
    assert by_name(written_2_0(TOLD["open"], STAMP))["contact"] == [{"system": "phone", "value": "+1-555-0100"}]
    detail = by_name(written_2_0(TOLD["detail"], STAMP))
    assert (detail["info-needed"], detail["reason"][0]["coding"][0]["code"]) == (["OTH"], "detail-code")
    assert by_name(written_2_0(TOLD["failed"], STAMP))["covered"] == ["conditional"]


def reply_of(container: Container, call: Json, version: str) -> Json:
    asked = {"extension": {"davinci-crd.requestedVersion": version}}
    return dict(json.loads(container.order_sign.answer(body(call | asked)).body))


@pytest.mark.idea("crd-idea-20")
@pytest.mark.requirement("crd22.resp-35", "crd22.resp-29", "crd22.hook-16", "crd20.primary")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_coverage_information_that_stands_already_is_repeated_in_2_0_only(container: Container, version: str) -> None:
    annotated = reply_of(container, order_sign(), version)["systemActions"][0]["resource"]
    again = reply_of(container, order_sign(annotated), version)
    assert ("systemActions" in again) is (version == "2.0")
    changed = reply_of(container, order_sign(annotated | {"dosageInstruction": [{"text": "more"}]}), version)
    extensions = changed["systemActions"][0]["resource"]["extension"]
    assert len([one for one in extensions if one["url"] == EXTENSION]) == 1


@pytest.mark.requirement("crd20.actions-list", "hooks.77", "hooks.3")
@pytest.mark.certification("cert.3.6.05")
def test_an_empty_list_of_actions_is_sent_in_2_0_and_left_out_in_2_2(container: Container) -> None:
    call = order_sign(medication_request(MARGETUXIMAB, doNotPerform=True))
    assert unexplained(reply_of(container, call, "2.0")) == {"cards": [], "systemActions": []}
    assert unexplained(reply_of(container, call, "2.2")) == {"cards": []}


@pytest.mark.requirement("crd22.resp-45")
def test_an_ended_coverage_is_coded_from_2_2_on(container: Container) -> None:
    call = order_sign(prefetch={"c": searchset(coverage(period={"end": "2026-01-01"}))})
    for version, coded in (("2.0", False), ("2.2", True)):
        extension = reply_of(container, call, version)["systemActions"][0]["resource"]["extension"][-1]
        assert ("coding" in by_name(extension)["reason"][0]) is coded


@pytest.mark.idea("crd-idea-18")
@pytest.mark.requirement("crd20.topic", "crd20.associated", "crd22.resp-5", "crd22.dev-25")
def test_cards_take_the_shapes_of_their_version(container: Container) -> None:
    both = compose(Settings(default_delivery=Delivery.BOTH), container.catalogue, container.today(), store())
    old, new = (reply_of(both, order_sign(), version)["cards"][0] for version in ("2.0", "2.2"))
    assert old["extension"]["davinci-crd.associated-resource"] == ["MedicationRequest/mr1"]
    assert new["extension"]["davinci-crd.associated-resource"] == [{"reference": "MedicationRequest/mr1"}]
    assert old["source"]["topic"]["system"] == "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
    assert new["source"]["topic"]["system"] == "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"
