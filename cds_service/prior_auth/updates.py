"""A request that follows on an earlier one: what stands of that, and what is decided anew.

Source: PAS 2.2.1, "Updating authorization requests" (spec-63 to spec-72), and spec-46: an answer holds the current
result of every item, also of those that were changed or cancelled since.
"""

from dataclasses import dataclass, replace

from cds_service.prior_auth.answers import items_of, read_again
from cds_service.prior_auth.requests import claim_name, is_same_person
from cds_service.requests_on_file.kept_requests import CANCELLED, PENDED, Request
from cds_service.requests_on_file.store import PriorAuthStore
from fhir_mappings.prior_auth.claim import ClaimItem, PasClaim
from fhir_mappings.prior_auth.item_answer import ItemAnswer, cancelled
from fhir_mappings.prior_auth.json_values import pairs
from fhir_mappings.prior_auth.pas_urls import Review

_SAID_OF_CHANGE = frozenset({"extension", "modifierExtension"})


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest of the requests that an update follows on, with its claim and what stands of its items.

    `answers` is how often it was answered so far.
    """

    request: Request
    claim: PasClaim
    items: tuple[ItemAnswer, ...]
    answers: int

    @property
    def is_denied(self) -> bool:
        """Whether everything was denied: then a new request is made, and no update."""
        return bool(self.items) and all(one.review is Review.NOT_CERTIFIED for one in self.items)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was taken back as a whole."""
        return self.request.state == CANCELLED

    def item(self, sequence: int) -> ItemAnswer | None:
        """Return what stands of an item."""
        return next((one for one in self.items if one.sequence == sequence), None)

    def asked(self, sequence: int) -> ClaimItem | None:
        """Return an item as it was asked for."""
        return next((one for one in self.claim.items if one.sequence == sequence), None)

    def followed_by(self, request: Request) -> Request:
        """Return a request as the one that follows; what waits for a person is due no later for it."""
        kind = "cancel" if request.state == CANCELLED else "update"
        due = min(request.due, self.request.due) if self.request.state == PENDED else request.due
        whose = {name: getattr(request, name) or getattr(self.request, name) for name in ("patient", "fhir_server")}
        about = self.request.about | request.about
        return replace(
            request, first=self.request.first, replaces=self.request.id, kind=kind, due=due, about=about, **whose
        )


def earlier_of(claim: PasClaim, store: PriorAuthStore, tenant: str) -> Earlier | None:
    """Return the current one of the requests that an update names by its earlier Claim; None if there is none.

    One that is for somebody else is none: its decisions are that person's, and only that person's request ends them.
    """
    if claim.prior is None:
        return None
    identifiers = frozenset(_identifiers(claim))
    named = store.of_claim(tenant, claim_name(identifiers)) if identifiers else None
    current = store.current(named.first) if named is not None else None
    if current is None:
        return None
    before = read_again(current)[1]
    if not is_same_person(claim, before):
        return None
    answers = store.answers(current.id)
    return Earlier(current, before, items_of(answers[-1]), len(answers))


def _identifiers(claim: PasClaim) -> frozenset[tuple[str, str]]:
    return pairs(claim.prior.resource.get("identifier")) if claim.prior is not None else frozenset()


def carried(fresh: tuple[ItemAnswer, ...], claim: PasClaim, earlier: Earlier) -> tuple[ItemAnswer, ...]:
    """Return the current result of every item: decided anew where it is new or changed, else as it stands.

    What does not come any more is not cancelled by that: it stands.
    """
    by_sequence = {one.sequence: one for one in claim.items}
    found = [_one(one, by_sequence[one.sequence], earlier) for one in fresh]
    absent = [one for one in earlier.items if one.sequence not in by_sequence]
    return tuple(sorted([*found, *absent], key=lambda one: one.sequence))


def _one(fresh: ItemAnswer, asked: ClaimItem, earlier: Earlier) -> ItemAnswer:
    stands, before = earlier.item(fresh.sequence), earlier.asked(fresh.sequence)
    if stands is None:
        return fresh
    if asked.is_cancelled:
        return cancelled(stands)
    is_same = not asked.change and before is not None and _content(asked) == _content(before)
    if is_same and stands.review.is_final:
        return stands
    number = stands.granted.number if stands.granted is not None else stands.earlier
    is_other = fresh.granted is None or fresh.granted.number != number
    return replace(fresh, earlier=number) if number and is_other else fresh


def _content(item: ClaimItem) -> tuple[object, ...]:
    """Return what an item asks for, without what says that it was changed."""
    plain = {name: value for name, value in item.raw.items() if name not in _SAID_OF_CHANGE}
    return plain, item.service.resource if item.service is not None else None
