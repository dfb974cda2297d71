"""`Claim/$inquire`: the requests on file for a member, as they stand now.

A number can be that of a whole family: what is on file for somebody of another date of birth is not shown. Who did not
send a request sees it if the member's number and the NPI of a provider of the request are named (spec-52,
spec-53); who sent it, if the member's number is. One that was replaced is answered with the current one (spec-47,
spec-48).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cds_service.encryption.tenant_keys import PAYER
from cds_service.prior_auth.answers import Writing, read_again
from cds_service.prior_auth.requests import (
    check_names,
    claim_name,
    is_same_person,
    member_names,
    provider_names,
    reference_number,
)
from cds_service.requests_on_file.kept_requests import REFUSED, KeptAnswer, Request
from cds_service.requests_on_file.store import MOST_OF_MEMBER, Found, PriorAuthStore
from fhir_mappings.prior_auth.bundles import BundleError, Fault, read_bundle
from fhir_mappings.prior_auth.claim import npis, read_claim
from fhir_mappings.prior_auth.inquiry import Inquiry, inquiry_answer, inquiry_of

Json = dict[str, Any]
MOST_OPENED = 100
"""How many requests an inquiry has opened at most: each is a whole Bundle."""


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
        check_names(asked.claim)
        found = self._named(asked, self._seen(asked, tenant))
        return inquiry_answer(self.writing.inquired(request, kept) for request, kept in found)

    def _seen(self, asked: Inquiry, tenant: str) -> tuple[Found, ...]:
        """Return what may be seen, the oldest first, unopened: of it everything, whoever sends how much beside it."""
        providers = self.store.known_as(PAYER, provider_names(npis(asked.bundle, asked.claim)))
        found = self.store.of_members(member_names(asked.claim))
        if len(found) > MOST_OF_MEMBER:
            raise _too_many(MOST_OF_MEMBER)
        seen = {one.first for one in found if one.tenant == tenant or one.providers & providers}
        return tuple(one for one in found if one.first in seen)

    def _named(self, asked: Inquiry, seen: tuple[Found, ...]) -> Iterator[tuple[Request, KeptAnswer]]:
        """Yield the current requests among those that are seen, of which a number or an identifier is named, if any is.

        The identifier of an inquiry is that of a request, or its own: where it is none of a request's, all are meant.
        """
        claim = claim_name(asked.claim.identifiers)
        claims = {one: self.store.known_as(one, [claim]) for one in {each.tenant for each in seen}}
        by_claim = [one for one in seen if one.claim in claims[one.tenant]]
        by_number = [one for one in seen if reference_number(one.first) in asked.numbers]
        for whole in self._opened(asked, by_claim) or self._opened(asked, by_number or seen):
            answers = self.store.answers(whole[-1].id)
            if not asked.numbers or asked.numbers & self._numbers(whole):
                yield whole[-1], answers[-1]

    def _opened(self, asked: Inquiry, found: Iterable[Found]) -> tuple[tuple[Request, ...], ...]:
        """Return those that are about the same person, each with its updates, the oldest first; raises BundleError."""
        firsts = tuple(dict.fromkeys(one.first for one in found))
        if len(firsts) > MOST_OPENED:
            raise _too_many(MOST_OPENED)
        each = (tuple(one for one in self.store.chain_of(first) if one.state != REFUSED) for first in firsts)
        return tuple(one for one in each if one and is_same_person(asked.claim, read_again(one[-1])[1]))

    def _numbers(self, whole: tuple[Request, ...]) -> frozenset[str]:
        """Return every number that a request and its updates were ever given."""
        kept = (item for one in whole for answer in self.store.answers(one.id) for item in answer.items)
        given = {number for item in kept for number in ((item["granted"] or {}).get("number", ""), item["earlier"])}
        return frozenset(given - {""}) | {reference_number(whole[0].first)}


def _too_many(most: int) -> BundleError:
    text = f"concerns more than {most} requests; name one by its identifier or its reference number"
    return BundleError([Fault(text, "Bundle.entry[0].resource")])
