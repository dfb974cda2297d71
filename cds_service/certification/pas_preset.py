"""A preset for the public certification kit of PAS 2.2.1: a payer's base, and a request for each of its workflows.

Approval, denial and more (both by a reviewer), updates from the first request to the last cancelled, inquiries, and a
request with the must-support elements. Each session has requests and patients of its own. What is asked for is what our
samples order. Source: suite `davinci_pas_server_suite_v221`, whose inputs these are.
"""

from typing import Any

from cds_service.certification.pas_bundles import (
    PRACTICE_NPI,
    added,
    cancelled,
    concept,
    following,
    inquiry,
    items_of,
    request_of,
    subscription,
)
from cds_service.certification.pas_full_request import rich
from cds_service.certification.preset import as_text, of_session, samples, visitors
from fhir_mappings.prior_auth.pas_urls import CERTIFICATION_TYPES, extension

Json = dict[str, Any]
SUITE = "davinci_pas_server_suite_v221"
LISTENER = (
    "https://inferno.example.org/custom/subscriptions_r5_backport_r4_server/subscription/channel/notification_listener"
)
"""Where the kit takes notifications, below its own address."""
# Samples, by the number that each file's name begins with.
_MET, _OPEN, _AGAINST, _ABOVE = "01", "02", "14", "20"


def pas_preset(base_url: str, session: str) -> Json:
    """Return the preset for a service at a base URL, to be loaded into the kit's suite."""
    texts = {name: as_text(value) for name, value in payloads(session).items()}
    plain = {"server_endpoint": f"{base_url}/fhir/pas", "access_token": "none"}
    inputs = [{"name": name, "type": "text", "value": value} for name, value in plain.items()]
    inputs += [{"name": name, "type": "textarea", "value": value} for name, value in texts.items()]
    return {
        "title": f"Prior authorization at {base_url}",
        "id": "cds-service-pas",
        "test_suite_id": SUITE,
        "inputs": inputs,
    }


def payloads(session: str = "") -> dict[str, Any]:
    """Return what is posted in a session, by the names of the kit's inputs."""
    known = samples()
    calls = {one: of_session(known[one], session) for one in (_MET, _OPEN, _AGAINST, _ABOVE)}
    requests = {one: request_of(call, f"{session}-{one}") for one, call in calls.items()}
    first = request_of(of_session(known[_MET], f"{session}u"), f"{session}-u1")
    more, fewer, none = _updates(first, session)
    return {
        "subscription_resource": subscription(LISTENER, PRACTICE_NPI),
        "approval_pa_submit_request_payload": requests[_MET],
        "denial_pa_submit_request_payload": requests[_AGAINST],
        "pended_pa_submit_request_payload": requests[_OPEN],
        "pended_pa_inquire_request_payload": [inquiry(calls[_OPEN], identifier=f"{session}-{_OPEN}")],
        "must_support_pa_submit_request_payload": [rich(requests[_ABOVE]), *_before_visits(known[_MET], session)],
        "must_support_pa_inquire_request_payload": [inquiry(calls[_ABOVE], identifier=f"{session}-{_ABOVE}")],
        "claim_update_initial_submit_payload": first,
        "claim_update_add_item_submit_payload": more,
        "claim_update_modify_cancel_submit_payload": fewer,
        "claim_update_cancel_all_submit_payload": none,
    }


def _updates(first: Json, session: str) -> tuple[Json, Json, Json]:
    """Return what adds an item, what changes it and cancels the first, and what takes all of it back."""
    more = following(first, *items_of(first), added(2), identifier=f"{session}-u2")
    one, two = items_of(more)
    flag = extension("infoChanged", valueCode="changed")
    kept = [part for part in two["extension"] if not part["url"].endswith("infoChanged")]
    changed = two | {"quantity": {"value": 2, "unit": "units"}, "extension": [*kept, flag]}
    fewer = following(more, cancelled(one), changed, identifier=f"{session}-u3")
    whole = extension("certificationType", valueCodeableConcept=concept(CERTIFICATION_TYPES, "3"))
    each = (cancelled(one) for one in items_of(more))
    return more, fewer, following(fewer, *each, identifier=f"{session}-u4", extension=[whole])


def _before_visits(call: Json, session: str) -> list[Json]:
    """Return requests for the members who come to a visit in CRD's kit, without a chart, so that a reviewer decides.

    Approved to a day within 30 days, they make the visit one in the last days of an authorization.
    """
    calls = [one | {"prefetch": _unseen(one["prefetch"])} for one in visitors(call)]
    return [request_of(one, f"{session}-v{number}") for number, one in enumerate(calls)]


def _unseen(prefetch: Json) -> Json:
    return {name: prefetch[name] for name in ("patient", "coverage")}
