"""What is kept of a request beside its Bundle: by whom and for whom it is found, and what each item was judged by."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson

from cds_service.prior_auth.request_judgement import Judged
from cds_service.requests_on_file.kept_requests import Request, name_of, sender_name
from fhir_mappings.clinical.dates import span
from fhir_mappings.prior_auth.bundles import BundleError, Fault, PasBundle
from fhir_mappings.prior_auth.claim import PasClaim, npis, organization_of
from fhir_mappings.prior_auth.json_values import pairs, text
from fhir_mappings.prior_auth.stated_case import StatedCase
from fhir_mappings.r4.references import base

Json = dict[str, Any]
STANDARD, EXPEDITED = timedelta(days=7), timedelta(hours=72)
"""How long a decision may take (42 CFR 422.568(b)(1) from 2026, and 422.572(a))."""
MOST_NAMES = 100
_MEMBER, _PROVIDER, _CLAIM = "member", "provider", "claim"


def content_hash(body: bytes) -> str:
    """Return the hash of what a Bundle says, however it is written down."""
    return sha256(orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)).hexdigest()


def claim_name(identifiers: frozenset[tuple[str, str]]) -> str:
    """Return what a Claim is found by: the hash of its identifiers."""
    return name_of(_CLAIM, *(part for pair in sorted(identifiers) for part in pair))


def due(claim: PasClaim, submitted: datetime) -> datetime:
    """Return when a person must have decided at the latest."""
    return submitted + (EXPEDITED if claim.is_expedited else STANDARD)


def member_names(claim: PasClaim) -> frozenset[str]:
    """Return what a member is found by: the identifiers of the patient, and the numbers of its coverages."""
    found = [value for _, value in pairs(claim.patient.resource.get("identifier"))] if claim.patient else []
    for one in claim.coverages:
        found += [text(one.resource.get("subscriberId"))]
        found += [value for _, value in pairs(one.resource.get("identifier"))]
    return frozenset(name_of(_MEMBER, "".join(one.split()).upper()) for one in found if one)


def is_number_of(number: str, claim: PasClaim) -> bool:
    """Whether a number is one of those that the member of a request is known by."""
    return name_of(_MEMBER, "".join(number.split()).upper()) in member_names(claim)


def check_names(claim: PasClaim) -> None:
    """Raise BundleError for a patient of more numbers than anybody has: by each of them a request is found."""
    if len(member_names(claim)) > MOST_NAMES:
        text = f"has, with its coverages, more than {MOST_NAMES} identifiers"
        raise BundleError([Fault(text, "Bundle.entry[0].resource.patient")])


def is_same_person(claim: PasClaim, other: PasClaim) -> bool:
    """Whether two Claims are for the same person, as far as they say.

    A number of a plan can be that of a whole family, and two records of one server are two people: dates of birth that
    differ, and other ids on the same server, tell them apart. Who is known by nothing in common is somebody else.
    """
    one, two = claim.patient, other.patient
    if one is None or two is None:
        return False
    born, born_too = (span(text(entry.resource.get("birthDate"))) for entry in (one, two))
    if born is not None and born_too is not None and (born.last < born_too.first or born_too.last < born.first):
        return False
    if one.url == two.url or (base(one.url) and base(one.url) == base(two.url)):
        return one.url == two.url
    return bool(member_names(claim) & member_names(other))


def provider_names(numbers: frozenset[str]) -> frozenset[str]:
    """Return what providers are found by, of their NPI."""
    return frozenset(name_of(_PROVIDER, one) for one in numbers)


def reference_number(first: str) -> str:
    """Return the number under which the payer knows a request with all its updates."""
    return f"RQ{first.replace('-', '')[:16].upper()}"


def request_of(
    name: str, tenant: str, body: bytes, bundle: PasBundle, claim: PasClaim, submitted: datetime, **members: Any
) -> Request:
    """Return a request as it is kept; `members` are those that depend on what became of it."""
    last = span(claim.last_day)
    content: Json = {
        "id": name,
        "tenant": tenant,
        "fhir_server": "",
        "patient": "",
        "claim": claim_name(claim.identifiers),
        "content": content_hash(body),
        "first": name,
        "replaces": None,
        "kind": "initial",
        "submitted": submitted,
        "due": due(claim, submitted),
        "expedited": claim.is_expedited,
        "last_day": last.last if last is not None else None,
        **_whose(bundle, claim),
        "bundle": body,
        "about": {},
    }
    return Request(**(content | members))


def _whose(bundle: PasBundle, claim: PasClaim) -> Json:
    """Return by which names a request is found: of its members, its providers, and who sent it."""
    senders = organization_of(bundle, claim.provider)
    return {
        "members": member_names(claim),
        "providers": provider_names(npis(bundle, claim)),
        "senders": frozenset(sender_name(*one) for pair in senders for one in (pair, ("", pair[1]))),
    }


def about(case: StatedCase, judged: Judged) -> Json:
    """Return what each item was judged by, by its sequence: its order, determination, and whom it would be given to."""
    return {str(number): part for number, part in _about(case, judged)}


def _about(case: StatedCase, judged: Judged) -> Iterator[tuple[int, Json]]:
    for number, order in case.orders.items():
        determined = judged.determined.get(order)
        if determined is None or determined.sent.key is None:
            yield number, {"order": order}
            continue
        judgement = determined.decided.judgement
        yield (
            number,
            {
                "order": order,
                "determination": determined.sent.assertion_id,
                "key": asdict(determined.sent.key),
                "member": asdict(determined.member),
                "policy_version": judgement.policy.version.isoformat() if judgement.policy else "",
                "product": judgement.product.words,
                "as_of": judgement.as_of.day.isoformat(),
                "coverage": determined.decided.coverage.state.value,
                "ruling": judgement.ruling.truth.word if judgement.ruling else "",
            },
        )
