"""What the machine decides of each item: certified inside an authorization of ours, else pended. It denies nothing.

The one thing that it may refuse is administrative, a fact of the plan and no judgement of a case: the coverage has
ended, or the plan has no such member; and that only where the operator turned it on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.prior_auth.grants import is_allowed
from cds_service.prior_auth.request_judgement import Determined, Judged
from fhir_mappings.clinical.dates import span
from fhir_mappings.coverage.coverages import CoverageState
from fhir_mappings.prior_auth.claim import ClaimItem
from fhir_mappings.prior_auth.item_answer import Granted, ItemAnswer
from fhir_mappings.prior_auth.json_values import objects, text
from fhir_mappings.prior_auth.pas_urls import Review
from fhir_mappings.prior_auth.stated_case import StatedCase
from fhir_mappings.wording import Wording
from policies.model.determination import Authorization
from policies.terminology.drugs import Drugs

_ADMINISTRATIVE = frozenset({CoverageState.ENDED, CoverageState.UNKNOWN_MEMBER})


@dataclass(frozen=True, slots=True)
class ItemDecisions:
    """Decides items; `drugs` tell which product a code means, `administrative` that what is none of ours is refused."""

    say: Wording
    drugs: Drugs
    administrative: bool

    def decided(self, item: ClaimItem, case: StatedCase, judged: Judged, today: date) -> ItemAnswer:
        """Return what becomes of an item."""
        if item.is_cancelled:
            return ItemAnswer(item.sequence, Review.CANCELLED)
        determined = judged.determined.get(case.orders.get(item.sequence, ""))
        notes = tuple(self.say("pas.form_refused", why=one) for one in judged.refused_forms)
        if determined is None:
            return ItemAnswer(item.sequence, Review.PENDED, notes=(self.say("pas.not_determined"), *notes))
        determination, name = determined.decided.determination, determined.sent.assertion_id
        held = determination.authorization if determination is not None else None
        if held is not None:
            return self._held(item, determined, held, today)
        reason = self.say.words(determination.reason) if determination is not None else self.say("pas.not_determined")
        review = Review.PENDED
        if self.administrative and determined.decided.coverage.state in _ADMINISTRATIVE:
            review = Review.NOT_CERTIFIED
        return ItemAnswer(item.sequence, review, notes=(reason, *notes), determination=name)

    def _held(self, item: ClaimItem, determined: Determined, held: Authorization, today: date) -> ItemAnswer:
        """Certify an item that an authorization covers as it is asked for; what goes beyond it waits for a person."""
        name, beyond = determined.sent.assertion_id, tuple(self._beyond(item, determined, held))
        if beyond:
            return ItemAnswer(item.sequence, Review.PENDED, notes=beyond, determination=name)
        units = held.allowance.units if held.allowance is not None else None
        issued = min(today, held.start)
        granted = Granted(held.number, issued.isoformat(), held.start.isoformat(), held.end.isoformat(), units)
        reason = determined.decided.determination.reason if determined.decided.determination is not None else ""
        notes = (self.say.words(reason),) if reason else ()
        return ItemAnswer(item.sequence, Review.CERTIFIED, granted, notes, determination=name)

    def _beyond(self, item: ClaimItem, determined: Determined, held: Authorization) -> Iterator[str]:
        """Yield what says how an item asks for more, or for something else, than is authorized."""
        if item.service is not None and item.has_code and not self._is_same_product(item, determined):
            yield self.say("pas.other_product", number=held.number)
        if not _is_within(item.days, held):
            yield self.say("pas.other_days", number=held.number, start=held.start, end=held.end)
        if not is_allowed(item.quantity, held.allowance):
            yield self.say("pas.more_than_allowed", number=held.number)

    def _is_same_product(self, item: ClaimItem, determined: Determined) -> bool:
        """Whether the code of an item is one of the drug that is ordered; a code that nobody knows is none."""
        drug = determined.decided.judgement.product.drug
        named = (self.drugs.find(text(one.get("system")), text(one.get("code"))) for one in _codings(item))
        found = {one.drug.id for one in named if one is not None}
        return drug is not None and found == {drug.id}


def _codings(item: ClaimItem) -> tuple[dict[str, Any], ...]:
    return objects(item.product.get("coding"))


def _is_within(days: tuple[str, str], held: Authorization) -> bool:
    """Whether a service lies inside an authorization; a day that is not named, or cannot be read, says nothing."""
    first, last = (span(one) if one else None for one in days)
    begun = first is None or first.first >= held.start or (last is not None and first.last >= held.start)
    return begun and (last is None or last.last <= held.end)
