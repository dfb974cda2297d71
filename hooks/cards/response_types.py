"""The cards that help beside the coverage: one line a type, the most important first; written only if it is sent."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fhir_mappings.publication.code_systems import FORM, LAUNCH, TRIALS
from hooks.card_parts.card_builder import Frame
from hooks.cards.alternate_request import alternate_request
from hooks.cards.clinical_trial import trial_card
from hooks.cards.form_completion import form_card
from hooks.cards.guideline_reference import reference_card, reference_name
from hooks.cards.judged_order import Signed
from hooks.cards.offered_card import Help
from hooks.cards.preferred_product import preferred_card
from hooks.cards.reflex_test_order import reflex_card
from hooks.cards.safety_warnings import safety_card
from hooks.cards.smart_launch import launch_card
from hooks.coverage_decision.determination_table import is_deceased
from hooks.protocol.configuration import (
    ALTERNATIVES,
    CLINICAL_REMINDER,
    CONTRAINDICATION,
    GUIDELINE,
    REQUIRED_ALTERNATIVES,
    Configuration,
)
from hooks.records.determinations import Sent
from hooks.records.register_port import Session
from hooks.request.call import Call
from policies.model.dates import CallDay, last_day

Json = dict[str, Any]
_ORDERING = frozenset({"order-select", "order-sign"})
"""The hooks whose orders are drafts in the context: only these can be exchanged by a suggestion."""


@dataclass(frozen=True, slots=True)
class CardType:
    """A type of card: its topic, which is its option too, and what writes it.

    With `kept_as` it is shown once an authorization under the name that this gives; else always. `each` tells that
    every order gets its own, not one of each policy. `not_beside` tells that it is left out where a card tells of
    coverage, since that card says the same.
    """

    topic: str
    write: Callable[[Frame, Signed], Json | None]
    kept_as: Callable[[Signed], str] | None = None
    each: bool = False
    not_beside: bool = False


CARD_TYPES = (
    CardType(ALTERNATIVES, alternate_request, each=True),
    CardType(REQUIRED_ALTERNATIVES, preferred_card, each=True),
    CardType(CONTRAINDICATION, safety_card, kept_as=lambda _: CONTRAINDICATION),
    CardType(CLINICAL_REMINDER, reflex_card),
    CardType(FORM, form_card, each=True),
    CardType(LAUNCH, launch_card, each=True),
    CardType(GUIDELINE, reference_card, kept_as=reference_name, not_beside=True),
    CardType(TRIALS, trial_card),
)


@dataclass(frozen=True, slots=True)
class Helping:
    """Writes the cards of one call; without a session nothing is known of what was shown, and nothing is kept.

    `beside`: whether a card reports the coverage.
    """

    frame: Frame
    call: Call
    today: CallDay
    session: Session | None
    beside: bool

    def cards(self, sent: Iterable[Sent], wanted: Configuration) -> Iterator[Help]:
        """Yield the cards on these orders, each written when it is asked for: of a type one a policy, or an order."""
        judged = [(one, signed) for one in sent if (signed := self._signed(one, wanted)) is not None]
        firsts: dict[str, tuple[Sent, Signed]] = {}
        for pair in judged:
            firsts.setdefault(pair[1].policy.id, pair)
        for kind in CARD_TYPES if judged else ():
            if wanted.wants(kind.topic) and not (kind.not_beside and self.beside):
                for pair in judged if kind.each else firsts.values():
                    yield from self._of(kind, *pair)

    def _of(self, kind: CardType, sent: Sent, signed: Signed) -> Iterator[Help]:
        name = kind.kept_as(signed) if kind.kept_as is not None else ""
        if name and self._was_shown(name, sent, signed):
            return
        card = kind.write(self.frame, signed)
        if card is not None:
            yield Help(card, (sent.key, name) if name and sent.key is not None else None)

    def _was_shown(self, name: str, sent: Sent, signed: Signed) -> bool:
        """Whether a card was shown within the time that an authorization of this kind lasts."""
        if self.session is None or sent.key is None:
            return False
        last = self.session.last_shown(sent.key, name)
        return last is not None and self.today <= last_day(last, signed.policy.figures.authorization_months)

    def keep(self, given: Iterable[Help]) -> None:
        """Keep which cards are about to be shown; raises RegisterError."""
        for one in given:
            if self.session is not None and one.shown is not None:
                self.session.show(*one.shown)

    def _signed(self, sent: Sent, wanted: Configuration) -> Signed | None:
        """Return a judged order; None for a patient who is recorded as deceased."""
        judgement, determination = sent.decided.judgement, sent.decided.determination
        policy, ruling = judgement.policy, judgement.ruling
        if policy is None or ruling is None or determination is None or is_deceased(policy, ruling):
            return None
        return Signed(
            judgement=judgement,
            policy=policy,
            ruling=ruling,
            determination=determination,
            assertion_id=sent.assertion_id,
            patient=self.call.patient,
            coverage=sent.decided.coverage.reference,
            drafted=self.call.orders,
            today=self.today,
            is_draft=self.call.hook in _ORDERING,
            asked_for=frozenset(one.topic for one in CARD_TYPES if wanted.asks_for(one.topic)),
        )
