"""`Claim/$inquire`: the requests on file for a member, as they stand now.

A number can be that of a whole family: what is on file for somebody of another date of birth is not shown. Who did not
send a request sees it if the member's number and the NPI of a provider of the request are named (spec-52,
spec-53); who sent it, if the member's number is. One that was replaced is answered with the current one (spec-47,
spec-48).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cds_service.prior_auth.answers import Writing, read_again
from cds_service.prior_auth.requests import (
    claim_name,
    is_same_person,
    member_names,
    provider_names,
    reference_number,
)
from cds_service.requests_on_file.kept_requests import REFUSED, KeptAnswer, Request
from cds_service.requests_on_file.store import PriorAuthStore
from fhir_mappings.prior_auth.bundles import read_bundle
from fhir_mappings.prior_auth.claim import npis, read_claim
from fhir_mappings.prior_auth.inquiry import Inquiry, inquiry_answer, inquiry_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Inquiries:
    """Answers inquiries."""

    store: PriorAuthStore
    writing: Writing
    max_depth: int

    def answer(self, body: bytes, tenant: str) -> Json:
        """Return the answer to an inquiry; raises BundleError and StoreError."""
        bundle = read_bundle(body, self.max_depth)
        asked = inquiry_of(bundle, read_claim(bundle, is_inquiry=True))
        found = self._named(asked, tuple(self._seen(asked, tenant)))
        return inquiry_answer(self.writing.inquired(request, kept) for request, kept in found)

    def _seen(self, asked: Inquiry, tenant: str) -> Iterator[tuple[Request, ...]]:
        """Yield the requests that may be seen, each with its updates, the oldest first."""
        members, providers = member_names(asked.claim), provider_names(npis(asked.bundle, asked.claim))
        for first in self.store.of_members(members):
            whole = tuple(one for one in self.store.chain_of(first) if one.state != REFUSED)
            is_own = any(one.tenant == tenant for one in whole)
            is_shown = bool(whole) and (is_own or any(one.providers & providers for one in whole))
            if is_shown and is_same_person(asked.claim, read_again(whole[-1])[1]):
                yield whole

    def _named(self, asked: Inquiry, seen: tuple[tuple[Request, ...], ...]) -> Iterator[tuple[Request, KeptAnswer]]:
        """Yield the current requests among those that are seen, of which a number or an identifier is named, if any is.

        The identifier of an inquiry is that of a request, or its own: where it is none of a request's, all are meant.
        """
        claim = claim_name(asked.claim.identifiers)
        by_claim = [whole for whole in seen if any(one.claim == claim for one in whole)]
        for whole in by_claim or seen:
            answers = self.store.answers(whole[-1].id)
            if not asked.numbers or asked.numbers & self._numbers(whole):
                yield whole[-1], answers[-1]

    def _numbers(self, whole: tuple[Request, ...]) -> frozenset[str]:
        """Return every number that a request and its updates were ever given."""
        kept = (item for one in whole for answer in self.store.answers(one.id) for item in answer.items)
        given = {number for item in kept for number in ((item["granted"] or {}).get("number", ""), item["earlier"])}
        return frozenset(given - {""}) | {reference_number(whole[0].first)}
