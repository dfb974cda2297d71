"""The lists of the desk: what waits for a person by due time, and what was decided or refused, to be searched.

Names and products stand sealed in what is kept, so that a search opens the newest requests one by one: so many, and the
page says where there are more.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cds_service.prior_auth.answers import items_of, read_again
from cds_service.prior_auth.cases_for_review import person_of
from cds_service.prior_auth.requests import reference_number
from cds_service.requests_on_file.kept_requests import CANCELLED, DECIDED, REFUSED, KeptAnswer, Request
from cds_service.requests_on_file.store import PriorAuthStore
from fhir_mappings.prior_auth.item_answer import ItemAnswer
from fhir_mappings.prior_auth.pas_urls import Review

MOST_LOOKED_AT = 500
"""How many of the decided requests a search opens, the newest first."""
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A request on a list: how it is known, for whom, what is open on it, or what became of it by whom and when."""

    request: Request
    number: str
    patient: str
    products: tuple[str, ...]
    items: tuple[ItemAnswer, ...]
    last: KeptAnswer

    @property
    def open(self) -> tuple[str, ...]:
        """Return what is said of the items that wait for a person, each sentence once."""
        return tuple(dict.fromkeys(note for one in self.items if not one.review.is_final for note in one.notes))

    @property
    def reviews(self) -> tuple[Review, ...]:
        """Return what became of its items, each action once."""
        return tuple(dict.fromkeys(one.review for one in self.items))

    @property
    def authorizations(self) -> tuple[str, ...]:
        """Return the numbers that were given."""
        return tuple(one.granted.number for one in self.items if one.granted is not None)

    def is_late(self, now: datetime) -> bool:
        """Whether it should have been decided."""
        return self.request.due < now

    def holds(self, words: Iterable[str]) -> bool:
        """Whether each of these folded words stands in a number, the name, a product, or who decided."""
        text = folded(" ".join((self.number, self.patient, *self.products, *self.authorizations, self.last.person)))
        return all(one in text for one in words)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for among the decided: words, and what became of an item (a code of X12 306); empty for all.

    In place of a code `REFUSED` looks for what could not be taken, and for nothing else.
    """

    words: str = ""
    code: str = ""

    def takes(self, one: Listed) -> bool:
        """Whether a request is looked for."""
        is_of_code = self.code in {"", REFUSED} or self.code in {each.code for each in one.reviews}
        return is_of_code and one.holds(folded(self.words).split())

    @property
    def states(self) -> tuple[str, ...]:
        """Return the states of the requests that are looked through."""
        return (REFUSED,) if self.code == REFUSED else (DECIDED, CANCELLED)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; `is_more` tells that older requests, or further ones that fit, are not shown."""

    shown: tuple[Listed, ...]
    is_more: bool


@dataclass(frozen=True, slots=True)
class RequestLists:
    """Reads the lists."""

    store: PriorAuthStore

    def waiting(self) -> tuple[Listed, ...]:
        """Return what waits for a person, what is due first coming first."""
        return tuple(self._listed(one) for one in self.store.pended())

    def decided(self, sought: Sought) -> Found:
        """Return what was decided or cancelled, or could not be taken, the newest first."""
        newest = self.store.newest(sought.states, MOST_LOOKED_AT + 1)
        fitting = self._fitting(newest[:MOST_LOOKED_AT], sought)
        shown = tuple(one for one, _ in zip(fitting, range(MOST_SHOWN), strict=False))
        return Found(shown, len(newest) > MOST_LOOKED_AT or next(fitting, None) is not None)

    def _fitting(self, requests: Iterable[Request], sought: Sought) -> Iterator[Listed]:
        for one in requests:
            listed = self._listed(one)
            if sought.takes(listed):
                yield listed

    def _listed(self, request: Request) -> Listed:
        claim, last = read_again(request)[1], self.store.answers(request.id)[-1]
        items = items_of(last)
        about = [request.about.get(str(one.sequence), {}) for one in items]
        products = tuple(dict.fromkeys(one["product"] for one in about if one.get("product")))
        return Listed(request, reference_number(request.first), person_of(claim.patient), products, items, last)


def folded(text: str) -> str:
    """Return a text without case and accents: who looks for Munoz finds Mu\u00f1oz."""
    bare = unicodedata.normalize("NFKD", text)
    return "".join(one for one in bare if not unicodedata.combining(one)).casefold()
