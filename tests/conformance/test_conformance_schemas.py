"""The schemas let through what the standards allow, and nothing that they forbid."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.conformance.messages import FOLDER, fault, schema
from tests.conformance.whole_reply import CARD_TYPES, ORDER, REMOVED, broken, whole, with_parts

Path = tuple[str | int, ...]
CARD: Path = ("cards", 0)
SOURCE: Path = (*CARD, "source")
SUGGESTION: Path = (*CARD, "suggestions", 0)
DELETE: Path = (*SUGGESTION, "actions", 0)
CREATE: Path = (*SUGGESTION, "actions", 1)
LINK: Path = (*CARD, "links", 0)
SMART: Path = (*CARD, "links", 1)
REASON: Path = (*CARD, "overrideReasons", 0)
ACTION: Path = ("systemActions", 0)
VERSIONS = ("2.0", "2.2")


def refused(version: str, message: Any) -> bool:
    return bool(fault(f"response-{version}", message))


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_each_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(schema(name).schema)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_reply_with_all_members_is_let_through(version: str) -> None:
    assert fault(f"response-{version}", whole(version)) == ""
    assert fault(f"response-{version}", {"cards": []}) == ""


CARD_FAULTS: list[tuple[Path, Any]] = [
    ((*CARD, "uuid"), 7),
    ((*CARD, "uuid"), REMOVED),
    ((*CARD, "summary"), "s" * 140),
    ((*CARD, "summary"), REMOVED),
    ((*CARD, "detail"), ["more"]),
    ((*CARD, "detail"), ""),
    ((*CARD, "detail"), None),
    ((*CARD, "indicator"), "hard-stop"),
    ((*CARD, "indicator"), REMOVED),
    ((*CARD, "source"), REMOVED),
    ((*CARD, "source"), "MMM"),
    ((*CARD, "links"), {}),
    ((*CARD, "links"), []),
    ((*CARD, "somethingElse"), "x"),
    (("cards",), REMOVED),
    (("cards",), {}),
]


@pytest.mark.requirement("hooks.3", "hooks.74", "hooks.80", "hooks.83", "hooks.87", "hooks.88", "hooks.90", "hooks.103")
@pytest.mark.certification("cert.2.04", "cert.3.6.05", "cert.3.6.06")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("path", "value"), CARD_FAULTS)
def test_a_card_with_a_fault_is_refused(version: str, path: Path, value: Any) -> None:
    assert refused(version, broken(whole(version), path, value))


SOURCE_FAULTS: list[tuple[Path, Any]] = [
    ((*SOURCE, "label"), REMOVED),
    ((*SOURCE, "label"), 7),
    ((*SOURCE, "url"), "/policies"),
    ((*SOURCE, "icon"), "icon.png"),
    ((*SOURCE, "topic"), "coverage-info"),
    ((*SOURCE, "topic"), REMOVED),
    ((*SOURCE, "topic", "code"), REMOVED),
    ((*SOURCE, "topic", "code"), 7),
    ((*SOURCE, "topic", "system"), REMOVED),
    ((*SOURCE, "topic", "system"), 7),
    ((*SOURCE, "topic", "display"), 7),
]


@pytest.mark.requirement("hooks.105", "hooks.107", "hooks.111", "hooks.115", "hooks.216", "hooks.217", "hooks.218")
@pytest.mark.requirement("hooks.220", "crd22.resp-5")
@pytest.mark.certification("cert.2.04", "cert.3.6.05")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("path", "value"), SOURCE_FAULTS)
def test_a_source_with_a_fault_is_refused(version: str, path: Path, value: Any) -> None:
    assert refused(version, broken(whole(version), path, value))


SUGGESTION_FAULTS: list[tuple[Path, Any]] = [
    ((*CARD, "suggestions"), {}),
    ((*CARD, "selectionBehavior"), REMOVED),
    ((*CARD, "selectionBehavior"), 7),
    ((*CARD, "selectionBehavior"), "all"),
    ((*SUGGESTION, "label"), REMOVED),
    ((*SUGGESTION, "label"), 7),
    ((*SUGGESTION, "uuid"), REMOVED),
    ((*SUGGESTION, "uuid"), 7),
    ((*SUGGESTION, "isRecommended"), "yes"),
    ((*SUGGESTION, "actions"), {}),
    ((*SUGGESTION, "actions"), []),
]


@pytest.mark.idea("crd-idea-50")
@pytest.mark.requirement("hooks.92", "hooks.93", "hooks.95", "hooks.96", "hooks.117", "hooks.119", "hooks.121")
@pytest.mark.requirement("hooks.124", "crd22.resp-3")
@pytest.mark.certification("cert.3.6.06")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("path", "value"), SUGGESTION_FAULTS)
def test_a_suggestion_with_a_fault_is_refused(version: str, path: Path, value: Any) -> None:
    assert refused(version, broken(whole(version), path, value))


@pytest.mark.idea("crd-idea-50")
def test_only_one_of_the_suggestions_is_recommended_where_one_may_be_chosen() -> None:
    card = whole("2.2")["cards"][0]
    both = {"suggestions": [*card["suggestions"], card["suggestions"][0]]}
    assert refused("2.2", {"cards": [card | both]})
    assert not refused("2.2", {"cards": [card | both | {"selectionBehavior": "any"}]})


ACTION_FAULTS: list[tuple[Path, Any]] = [
    ((*ACTION, "type"), "patch"),
    ((*ACTION, "type"), REMOVED),
    ((*ACTION, "description"), REMOVED),
    ((*ACTION, "description"), 7),
    ((*ACTION, "resource"), REMOVED),
    ((*ACTION, "resource"), {"id": "mr1"}),
    ((*ACTION, "resourceId"), "MedicationRequest/mr1"),
    ((*ACTION, "type"), "create"),
    ((*CREATE, "resource"), REMOVED),
    ((*CREATE, "resource"), "MedicationRequest/mr1"),
    ((*CREATE, "resourceId"), "MedicationRequest/mr1"),
    ((*DELETE, "resourceId"), REMOVED),
    ((*DELETE, "resourceId"), ["MedicationRequest/mr1"]),
    ((*DELETE, "resource"), "MedicationRequest/mr1"),
    ((*DELETE, "resource"), ORDER),
]


@pytest.mark.requirement("hooks.127", "hooks.128", "hooks.130", "hooks.131", "hooks.133", "hooks.134", "hooks.135")
@pytest.mark.certification("cert.2.04", "cert.3.6.05")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("path", "value"), ACTION_FAULTS)
def test_an_action_with_a_fault_is_refused(version: str, path: Path, value: Any) -> None:
    assert refused(version, broken(whole(version), path, value))


LINK_FAULTS: list[tuple[Path, Any]] = [
    ((*LINK, "label"), REMOVED),
    ((*LINK, "label"), 7),
    ((*LINK, "url"), REMOVED),
    ((*LINK, "url"), "/policies/x"),
    ((*LINK, "type"), REMOVED),
    ((*LINK, "type"), "relative"),
    ((*LINK, "appContext"), "x"),
    ((*SMART, "appContext"), {"form": "x"}),
]


@pytest.mark.requirement("hooks.138", "hooks.139", "hooks.141", "hooks.142", "hooks.144", "hooks.146", "hooks.147")
@pytest.mark.certification("cert.3.6.06")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("path", "value"), LINK_FAULTS)
def test_a_link_with_a_fault_is_refused(version: str, path: Path, value: Any) -> None:
    assert refused(version, broken(whole(version), path, value))


REASON_FAULTS: list[tuple[Path, Any]] = [
    ((*CARD, "overrideReasons"), {}),
    ((*REASON, "display"), REMOVED),
    ((*REASON, "display"), 7),
    ((*REASON, "code"), REMOVED),
    ((*REASON, "system"), REMOVED),
]


@pytest.mark.requirement("hooks.98", "hooks.100", "hooks.136", "hooks.216", "hooks.217", "hooks.218", "hooks.219")
@pytest.mark.certification("cert.3.6.06")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("path", "value"), REASON_FAULTS)
def test_an_override_reason_with_a_fault_is_refused(version: str, path: Path, value: Any) -> None:
    assert refused(version, broken(whole(version), path, value))


@pytest.mark.requirement("hooks.214", "hooks.215")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("extension", [[], "x", {"more": {}}, {}])
def test_an_extension_is_an_object_with_names_of_its_own(version: str, extension: Any) -> None:
    assert refused(version, broken(whole(version), (*CARD, "extension"), extension))
    assert refused(version, whole(version) | {"extension": extension})


def test_each_version_has_its_own_shapes() -> None:
    assert refused("2.0", whole("2.2"))
    assert refused("2.2", whole("2.0"))
    assert refused("2.0", broken(whole("2.0"), (*SOURCE, "topic", "system"), CARD_TYPES))
    assert not refused("2.0", {"cards": [], "systemActions": []})
    assert refused("2.2", {"cards": [], "systemActions": []})


def code(url: str, value: str) -> dict[str, str]:
    return {"url": url, "valueCode": value}


ANSWER = ("covered", "pa-needed", "doc-needed", "doc-purpose", "questionnaire")
WAITING = (code("covered", "conditional"), code("pa-needed", "conditional"))
NUMBER = {"url": "satisfied-pa-id", "valueString": "PA1"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "parts",
    [
        (code("covered", "not-covered"),),
        (code("covered", "covered"), code("pa-needed", "no-auth")),
        (code("covered", "covered"), code("pa-needed", "satisfied"), NUMBER),
        (*WAITING, code("info-needed", "OTH")),
        (code("covered", "covered"), code("pa-needed", "auth-needed"), code("doc-needed", "clinical")),
    ],
)
def test_coverage_information_that_keeps_the_rules_is_let_through(version: str, parts: tuple[Any, ...]) -> None:
    assert not refused(version, with_parts(version, *parts, without=ANSWER))


@pytest.mark.requirement("crd20.ci-coverage", "crd20.ci-covered", "crd20.ci-date", "crd20.ci-assertion-id")
@pytest.mark.requirement("crd20.ci-pa-needed", "crd20.ci-doc-needed", "crd20.ci-doc-purpose", "crd20.ci-info-needed")
@pytest.mark.requirement("crd20.ci-reason", "crd22.resp-52")
@pytest.mark.certification("cert.3.6.11", "cert.3.7.03")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("without", "parts"),
    [
        (("coverage",), ()),
        (("covered",), ()),
        (("date",), ()),
        (("coverage-assertion-id",), ()),
        ((), (code("covered", "covered"),)),
        ((), (code("pa-needed", "auth-needed"),)),
        ((), ({"url": "coverage", "valueReference": {"reference": "Coverage/cov2"}},)),
        ((), ({"url": "coverage-assertion-id", "valueString": "id-2"},)),
        (("covered",), (code("covered", "maybe"),)),
        (("pa-needed",), (code("pa-needed", "yes"),)),
        (("doc-needed",), (code("doc-needed", "no-doc"),)),
        (("doc-purpose",), (code("doc-purpose", "PA"),)),
        ((), (code("info-needed", "dose"),)),
        (("date",), ({"url": "date", "valueDate": "2026-11"},)),
        (("date",), ({"url": "date", "valueDateTime": "2026-11-25"},)),
        (("reason",), ({"url": "reason", "valueCodeableConcept": {"coding": [{"system": "urn:x", "code": "y"}]}},)),
        ((), ({"url": "more", "valueString": "x"},)),
    ],
)
def test_coverage_information_with_a_fault_is_refused(version: str, without: Any, parts: Any) -> None:
    assert refused(version, with_parts(version, *parts, without=without))


@pytest.mark.requirement("crd20.ci-q1", "crd20.ci-q2", "crd20.ci-q3", "crd20.ci-q4", "crd20.ci-q5", "crd22.resp-52")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("without", "parts"),
    [
        (("doc-needed", "doc-purpose"), ()),
        (("pa-needed",), ()),
        (ANSWER, (code("covered", "not-covered"), code("pa-needed", "auth-needed"))),
        ((), (code("info-needed", "OTH"),)),
        (ANSWER, WAITING),
        (("pa-needed",), (code("pa-needed", "satisfied"), NUMBER)),
        (ANSWER, (code("covered", "covered"), code("pa-needed", "satisfied"))),
        ((), (NUMBER,)),
    ],
    ids=["q1", "q2 missing", "q2 beside not-covered", "q3", "q3 other way", "q4", "q5", "q5 other way"],
)
def test_coverage_information_that_breaks_an_invariant_is_refused(version: str, without: Any, parts: Any) -> None:
    assert refused(version, with_parts(version, *parts, without=without))


@pytest.mark.requirement("crd20.ci-detail", "crd20.ci-contact", "crd20.ci-no-expiry", "crd20.ci-info-needed")
@pytest.mark.requirement("crd20.ci-doc-needed", "crd20.ci-covered")
@pytest.mark.parametrize(
    ("without", "parts"),
    [
        ((), ({"url": "expiry-date", "valueDate": "2026-11-30"},)),
        ((), (code("doc-needed", "admin"),)),
        (ANSWER, (code("covered", "indeterminate"), code("pa-needed", "indeterminate"))),
        (
            ANSWER,
            (*WAITING, code("info-needed", "detail-code")),
        ),
        (("contact",), ({"url": "contact", "valueContactDetail": {"name": "Help"}},)),
        (("detail",), ({"url": "detail", "extension": [code("category", "cat-other")]},)),
    ],
)
def test_what_only_2_2_has_is_refused_in_2_0(without: Any, parts: Any) -> None:
    assert refused("2.0", with_parts("2.0", *parts, without=without))


@pytest.mark.requirement("crd22.resp-52")
@pytest.mark.parametrize(
    ("without", "parts"),
    [
        (("doc-needed",), (code("doc-needed", "both"),)),
        (("contact",), ({"url": "contact", "valueContactPoint": {"system": "phone", "value": "1"}},)),
        (("reason",), ()),
        (("reason", *ANSWER), (code("covered", "indeterminate"), code("pa-needed", "indeterminate"))),
        (("reason",), ({"url": "reason", "valueCodeableConcept": {}},)),
    ],
    ids=["both", "contact", "q8", "q9", "q7"],
)
def test_what_2_2_does_not_allow_is_refused_there(without: Any, parts: Any) -> None:
    assert refused("2.2", with_parts("2.2", *parts, without=without))


@pytest.mark.parametrize("change", [{"issue": []}, {"issue": [{"severity": "error"}]}, {"resourceType": "Error"}])
def test_an_outcome_with_a_fault_is_refused(change: Any) -> None:
    issue = {"severity": "error", "code": "invalid", "details": {"text": "is missing"}, "expression": ["context"]}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    assert fault("outcome", outcome) == ""
    assert fault("outcome", outcome | change)
