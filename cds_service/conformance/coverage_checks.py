"""Checks of coverage information, by version. Sources: CRD 2.0.1 and 2.2.1, ext-coverage-information and its rules."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from cds_service.conformance.check import Check, Judge, check
from cds_service.conformance.exchanges import PRIMARY, Answer, Json, Seen, objects, topic_of
from fhir_mappings.coverage.coverage_information import EXTENSION

_OLD: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "covered": frozenset({"covered", "not-covered", "conditional"}),
        "pa-needed": frozenset({"no-auth", "auth-needed", "satisfied", "performpa", "conditional"}),
        "doc-needed": frozenset({"clinical", "admin", "both", "conditional"}),
        "doc-purpose": frozenset({"withpa", "withclaim", "withorder", "retain-doc", "OTH"}),
        "info-needed": frozenset({"performer", "location", "timeframe", "contract-window", "OTH"}),
    }
)
_UNSURE = frozenset({"indeterminate"})
_NEW: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **_OLD,
        "covered": _OLD["covered"] | _UNSURE,
        "pa-needed": _OLD["pa-needed"] | _UNSURE,
        "doc-needed": frozenset({"clinical", "admin", "patient", "conditional"}) | _UNSURE,
        "info-needed": _OLD["info-needed"] | {"detail-code"},
    }
)
_ONCE = ("coverage", "covered", "date", "coverage-assertion-id")
_AT_MOST_ONCE = ("pa-needed", "satisfied-pa-id")
Parts = Mapping[str, list[Any]]


def parts_of(information: Json) -> dict[str, list[Any]]:
    """Return the values of coverage information by name."""
    found: dict[str, list[Any]] = {}
    for part in objects(information.get("extension")):
        value = next((part[name] for name in part if name.startswith("value")), part.get("extension"))
        found.setdefault(str(part.get("url")), []).append(value)
    return found


def _of_parts(versions: tuple[str, ...], faults: Callable[[str, Parts], Iterator[str]]) -> Judge:
    """Judge each piece of coverage information in one of the versions."""

    def judge(seen: Seen) -> list[str] | None:
        stated = [
            (answer, one) for answer in seen.answers if answer.version in versions for _, one in answer.information
        ]
        found = [
            f"{answer.where}: {fault}" for answer, one in stated for fault in faults(answer.version, parts_of(one))
        ]
        return found if stated else None

    return judge


def _numbers(_version: str, parts: Parts) -> Iterator[str]:
    yield from (f"{name} stands {len(parts.get(name, []))} times" for name in _ONCE if len(parts.get(name, [])) != 1)
    yield from (f"{name} stands more than once" for name in _AT_MOST_ONCE if len(parts.get(name, [])) > 1)


def _codes(version: str, parts: Parts) -> Iterator[str]:
    for name, allowed in (_OLD if version == "2.0" else _NEW).items():
        yield from (f"{name} is '{code}'" for code in parts.get(name, []) if code not in allowed)


def _shapes(version: str, parts: Parts) -> Iterator[str]:
    """Look at what is written differently: contact, details, expiry."""
    new = version != "2.0"
    points = [("system" in one) if isinstance(one, dict) else new for one in parts.get("contact", [])]
    if any(point is new for point in points):
        yield f"contact is no {'ContactDetail' if new else 'ContactPoint'}"
    if not new and "expiry-date" in parts:
        yield "there is an expiry date"
    for detail in parts.get("detail", []):
        if new and "category" not in {one.get("url") for one in objects(detail)}:
            yield "a detail has no category"


def _form(_version: str, parts: Parts) -> Iterator[str]:
    if "questionnaire" in parts and "doc-needed" not in parts:
        yield "a questionnaire, and no need for documents"


def _authorization(version: str, parts: Parts) -> Iterator[str]:
    excluded = parts.get("covered") == ["not-covered"]
    if not excluded and "pa-needed" not in parts and version == "2.0":
        yield "pa-needed is missing"
    if excluded and "pa-needed" in parts and version != "2.0":
        yield "pa-needed beside not-covered"


def _waiting(version: str, parts: Parts) -> Iterator[str]:
    codes = {str(code) for name in ("covered", "pa-needed", "doc-needed") for code in parts.get(name, [])}
    if "info-needed" in parts and "conditional" not in codes:
        yield "info-needed, and nothing is conditional"
    if "conditional" in codes and "info-needed" not in parts and version != "2.0":
        yield "something is conditional, and info-needed does not say for what"


def _satisfied(_version: str, parts: Parts) -> Iterator[str]:
    satisfied = parts.get("pa-needed") == ["satisfied"]
    if satisfied is not ("satisfied-pa-id" in parts):
        yield "satisfied and the authorization number do not go together"
    if satisfied and "withpa" in parts.get("doc-purpose", []):
        yield "satisfied, and documents for an authorization"


def _reasons(_version: str, parts: Parts) -> Iterator[str]:
    unsure = any("indeterminate" in values for name, values in parts.items() if name in _NEW)
    if ("doc-purpose" in parts or unsure or "OTH" in parts.get("info-needed", [])) and "reason" not in parts:
        yield "a reason is missing"


def _informed(seen: Seen) -> list[str] | None:
    primary = [one for one in seen.answers if one.hook in PRIMARY and one.exchange.status == 200]
    return [f"{one.where}: no coverage information" for one in primary if not one.information] if primary else None


def _listed(seen: Seen) -> list[str] | None:
    old = [one for one in seen.answers if one.hook in PRIMARY and one.version == "2.0" and one.exchange.status == 200]
    odd = [one for one in old if "systemActions" not in (one.exchange.content or {})]
    return [f"{one.where}: there is no list of system actions" for one in odd] if old else None


def _kept(seen: Seen) -> list[str] | None:
    """Compare each resource that came back with the one that was sent, but for coverage information."""
    stated = [(answer, resource) for answer in seen.answers for resource, _ in answer.information]
    odd = [answer for answer, resource in stated if _without(resource) not in [_without(one) for one in _sent(answer)]]
    return [f"{answer.where}: more was changed than coverage information" for answer in odd] if stated else None


def _without(resource: Json) -> Json:
    kept = [one for one in objects(resource.get("extension")) if one.get("url") != EXTENSION]
    return {**resource, "extension": kept}


def _sent(answer: Answer) -> Iterator[Json]:
    """Yield every resource that a call brought."""
    waiting: list[Any] = [answer.call]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from [value] if "resourceType" in value else []
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _no_documents(seen: Seen) -> list[str] | None:
    other = [(answer, one) for answer in seen.answers if answer.hook not in PRIMARY for _, one in answer.information]
    asked = {"clinical", "admin", "both"}
    odd = [answer for answer, one in other if asked & {str(code) for code in parts_of(one).get("doc-needed", [])}]
    return [f"{answer.where}: documents are asked for" for answer in odd] if other else None


def _no_card(seen: Seen) -> list[str] | None:
    """Look for cards that say what belongs into coverage information; forbidden from 2.2 on."""
    new = [one for one in seen.answers if one.version == "2.2"]
    odd = [one for one in new for card in one.listed("cards") if topic_of(card) == "coverage-info"]
    return [f"{answer.where}: coverage information as a card" for answer in odd] if new else None


BOTH = ("2.0", "2.2")
COVERAGE: tuple[Check, ...] = (
    check("crd22.hook-16 crd22.resp-26 crd20.primary", "primary hooks get coverage information", _informed),
    check("crd20.actions-list", "in 2.0 primary hooks get a list of system actions", _listed),
    check("crd22.resp-37 hooks.132", "the whole resource comes back, changed in nothing else", _kept),
    check("crd22.resp-25", "in 2.2 coverage information is no card", _no_card, "SHALL NOT"),
    check("crd22.hook-19", "other hooks are asked for no documents", _no_documents, "SHALL NOT"),
    check(
        "crd20.ci-coverage crd20.ci-date crd20.ci-assertion-id crd22.resp-52",
        "coverage, covered, date and assertion id stand once",
        _of_parts(BOTH, _numbers),
    ),
    check(
        "crd20.ci-covered crd20.ci-pa-needed crd20.ci-doc-needed crd20.ci-doc-purpose crd20.ci-info-needed",
        "codes are those of 2.0",
        _of_parts(("2.0",), _codes),
    ),
    check("crd22.resp-52", "codes are those of 2.2", _of_parts(("2.2",), _codes)),
    check(
        "crd20.ci-contact crd20.ci-no-expiry", "contact, details and expiry are as in 2.0", _of_parts(("2.0",), _shapes)
    ),
    check("crd22.resp-52", "contact, details and expiry are as in 2.2", _of_parts(("2.2",), _shapes)),
    check("crd20.ci-q1", "a questionnaire stands with a need for documents (q1)", _of_parts(BOTH, _form)),
    check("crd20.ci-q2", "pa-needed and not-covered fit (q2)", _of_parts(BOTH, _authorization)),
    check("crd20.ci-q3", "info-needed and conditional fit (q3)", _of_parts(BOTH, _waiting)),
    check("crd20.ci-q4 crd20.ci-q5", "satisfied and its number fit (q4, q5)", _of_parts(BOTH, _satisfied)),
    check("crd22.resp-52", "in 2.2 a reason is given where one is due (q6, q8, q9)", _of_parts(("2.2",), _reasons)),
)
