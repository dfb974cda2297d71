"""Subscriptions to the answers of pended requests, and what is sent to them.

Source: PAS 2.2.1, PASSubscription and its topic (spec-51 to spec-62); Subscriptions R5 Backport 1.1.0 for R4:
rest-hook, full resources, a handshake, heartbeats, and event notifications as Bundles of type history.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fhir_mappings.prior_auth.bundles import BundleError, Fault
from fhir_mappings.prior_auth.claim_response import instant
from fhir_mappings.prior_auth.json_values import inner, objects, text
from fhir_mappings.prior_auth.pas_urls import TOPIC

Json = dict[str, Any]
_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
_FILTER, _CONTENT = f"{_BACKPORT}/backport-filter-criteria", f"{_BACKPORT}/backport-payload-content"
_BEAT = f"{_BACKPORT}/backport-heartbeat-period"
_STATUS = f"{_BACKPORT}/backport-subscription-status-r4"
_NOTIFICATION = f"{_BACKPORT}/backport-subscription-notification-r4"
_PAYLOADS = frozenset({"application/fhir+json", "application/json"})
_ORGANIZATION = frozenset({"org-identifier", "orgIdentifier"})
_MOST_SECONDS = 2**31 - 1
"""The greatest unsignedInt of FHIR R4."""
_ADDRESS = re.compile(r"[\x21-\x7e]{1,2000}")
_NAME, _VALUE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}"), re.compile(r"[\t\x20-\x7e]{0,8000}")
"""Headers as every server reads them alike (RFC 9110, 5.1 and 5.5), and no longer than servers take."""
_MOST_HEADERS = 20
_OF_THE_CONNECTION = frozenset(
    {
        *("connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive"),
        *("proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
"""What says how the message is carried, and is the sender's alone to say (RFC 9110, 7.6.1; RFC 9112, 6.1)."""
HANDSHAKE, HEARTBEAT, EVENT = "handshake", "heartbeat", "event-notification"


@dataclass(frozen=True, slots=True)
class Asked:
    """A Subscription as it was asked for: where to, for which organizations (system, value), headers, heartbeat."""

    endpoint: str
    organizations: frozenset[tuple[str, str]]
    headers: tuple[tuple[str, str], ...]
    beat_seconds: int
    resource: Json


def read_subscription(content: Any) -> Asked:
    """Read a Subscription; raises BundleError that names every place that is wrong."""
    found, channel = inner(content), inner(inner(content).get("channel"))
    faults = list(_faults(found, channel))
    if faults:
        raise BundleError(faults)
    headers = (text(one).partition(":") for one in channel.get("header") or ())
    return Asked(
        endpoint=text(channel["endpoint"]),
        organizations=frozenset(_organizations(found)),
        headers=tuple((name.strip(), value.strip()) for name, _, value in headers),
        beat_seconds=int(next(iter(_beats(channel)), 0)),
        resource=found,
    )


def _organizations(found: Json) -> Iterator[tuple[str, str]]:
    for one in objects(inner(found.get("_criteria")).get("extension")):
        name, _, value = text(one.get("valueString")).rpartition("?")[2].partition("=")
        if one.get("url") == _FILTER and name in _ORGANIZATION and value:
            system, bar, number = value.partition("|")
            yield (system, number) if bar else ("", value)


def _faults(found: Json, channel: Json) -> Iterator[Fault]:
    if found.get("resourceType") != "Subscription":
        yield Fault("is no Subscription", "Subscription")
        return
    if text(found.get("status")) not in {"requested", "active"}:
        yield Fault("is not requested", "Subscription.status")
    if not text(found.get("reason")):
        yield Fault("is missing", "Subscription.reason")
    if found.get("criteria") != TOPIC:
        yield Fault(f"is not {TOPIC}", "Subscription.criteria")
    if not list(_organizations(found)):
        yield Fault("has no filter org-identifier", "Subscription.criteria.extension")
    yield from _of_channel(channel)


def _of_channel(channel: Json) -> Iterator[Fault]:
    if channel.get("type") != "rest-hook":
        yield Fault("is not rest-hook", "Subscription.channel.type")
    if not text(channel.get("endpoint")):
        yield Fault("is missing", "Subscription.channel.endpoint")
    elif not _ADDRESS.fullmatch(text(channel["endpoint"])):
        yield Fault("is no URL of plain letters", "Subscription.channel.endpoint")
    if text(channel.get("payload")) not in _PAYLOADS:
        yield Fault("is not application/fhir+json", "Subscription.channel.payload")
    extensions = objects(inner(channel.get("_payload")).get("extension"))
    if [one.get("valueCode") for one in extensions if one.get("url") == _CONTENT] != ["full-resource"]:
        yield Fault("does not ask for full-resource", "Subscription.channel.payload.extension")
    if not all(type(one) is int and 0 <= one <= _MOST_SECONDS for one in _beats(channel)):
        yield Fault("has a heartbeat that is no number of seconds", "Subscription.channel.extension")
    yield from _of_headers(channel.get("header"))


def _of_headers(headers: Any) -> Iterator[Fault]:
    if headers is not None and not (isinstance(headers, list) and all(_is_header(one) for one in headers)):
        yield Fault("holds what is no header", "Subscription.channel.header")
    elif headers and len(headers) > _MOST_HEADERS:
        yield Fault(f"holds more than {_MOST_HEADERS} headers", "Subscription.channel.header")


def _beats(channel: Json) -> list[Any]:
    """Return the periods of a heartbeat that a channel asks for."""
    return [one.get("valueUnsignedInt") for one in objects(channel.get("extension")) if one.get("url") == _BEAT]


def _is_header(one: Any) -> bool:
    name, colon, value = text(one).partition(":")
    is_plain = _NAME.fullmatch(name.strip()) and _VALUE.fullmatch(value)
    return bool(colon) and bool(is_plain) and name.strip().lower() not in _OF_THE_CONNECTION


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent: to which Subscription (its address), of which kind, the number of the event, when, the answer."""

    subscription: str
    kind: str
    events: int
    at: datetime
    id: str
    answer: Json | None = None
    url: str = ""


def notification(notice: Notice) -> Json:
    """Write what is sent to a subscriber."""
    asked = {"method": "GET", "url": f"{notice.subscription}/$status"}
    entries = [_entry(f"urn:uuid:{notice.id}", _status(notice), asked)]
    if notice.answer is not None:
        named = notice.answer | {"id": notice.url.rpartition("/")[2]}
        entries.append(_entry(notice.url, named, {"method": "POST", "url": "Claim/$submit"}))
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [_NOTIFICATION]},
        "type": "history",
        "timestamp": instant(notice.at),
        "entry": entries,
    }


def _entry(url: str, resource: Json, request: Json) -> Json:
    return {"fullUrl": url, "resource": resource, "request": request, "response": {"status": "200"}}


def _status(notice: Notice) -> Json:
    """Write where a subscription stands, and which event is sent."""
    focus = [{"name": "focus", "valueReference": {"reference": notice.url}}] if notice.answer is not None else []
    event = [
        {"name": "event-number", "valueString": str(notice.events)},
        {"name": "timestamp", "valueInstant": instant(notice.at)},
        *focus,
    ]
    return {
        "resourceType": "Parameters",
        "id": notice.id,
        "meta": {"profile": [_STATUS]},
        "parameter": [
            {"name": "subscription", "valueReference": {"reference": notice.subscription}},
            {"name": "topic", "valueCanonical": TOPIC},
            {"name": "status", "valueCode": "requested" if notice.kind == HANDSHAKE else "active"},
            {"name": "type", "valueCode": notice.kind},
            {"name": "events-since-subscription-start", "valueString": str(notice.events)},
            *([{"name": "notification-event", "part": event}] if notice.answer is not None else []),
        ],
    }
