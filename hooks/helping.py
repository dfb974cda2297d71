"""The cards that help beside the coverage: one line a type, the most important first."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from hooks.alternate_request import alternate_request
from hooks.call import Call
from hooks.card_frame import Frame
from hooks.configuration import ALTERNATIVES, CLINICAL_REMINDER, CONTRAINDICATION, GUIDELINE, Configuration
from hooks.deciding import is_deceased
from hooks.determining import Sent
from hooks.reflex_card import reflex_card
from hooks.register import Session
from hooks.safety_card import safety_card
from hooks.signed import Signed
from hooks.trial_card import trial_card
from policies.periods import last_day

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CardType:
    """A type of card: its topic, which is its option too, and what writes it; `once` an authorization, or always.

    `each` tells that every order gets its own, not one of each policy.
    """

    topic: str
    write: Callable[[Frame, Signed], Json | None]
    once: bool = False
    each: bool = False


CARD_TYPES = (
    CardType(ALTERNATIVES, alternate_request, each=True),
    CardType(CONTRAINDICATION, safety_card, once=True),
    CardType(CLINICAL_REMINDER, reflex_card),
    CardType(GUIDELINE, trial_card),
)


@dataclass(frozen=True, slots=True)
class Help:
    """A card, and for what it is kept that it was shown; None if it may be shown again."""

    card: Json
    shown: tuple[Sent, str] | None = None


@dataclass(frozen=True, slots=True)
class Helping:
    """Writes the cards of one call; without a session nothing is known of what was shown, and nothing is kept."""

    frame: Frame
    call: Call
    today: date
    session: Session | None

    def cards(self, sent: Iterable[Sent]) -> list[Help]:
        """Return the cards on these orders: of each type one a policy, or one an order."""
        wanted = Configuration.of(self.call.extension)
        types = [one for one in CARD_TYPES if wanted.wants(one.topic)]
        judged = [(one, signed) for one in sent if (signed := self._signed(one)) is not None]
        firsts: dict[str, tuple[Sent, Signed]] = {}
        for pair in judged:
            firsts.setdefault(pair[1].policy.id, pair)
        pairs = [(kind, pair) for kind in types for pair in (judged if kind.each else firsts.values())]
        return [found for kind, pair in pairs for found in self._of(kind, *pair)]

    def _of(self, kind: CardType, sent: Sent, signed: Signed) -> Iterator[Help]:
        if kind.once and self._was_shown(kind, sent, signed):
            return
        card = kind.write(self.frame, signed)
        if card is not None:
            yield Help(card, (sent, kind.topic) if kind.once else None)

    def _was_shown(self, kind: CardType, sent: Sent, signed: Signed) -> bool:
        """Tell whether a card was shown within the time that an authorization of this kind lasts."""
        if self.session is None or sent.key is None:
            return False
        last = self.session.last_shown(sent.key, kind.topic)
        return last is not None and self.today <= last_day(last, signed.policy.figures.authorization_months)

    def keep(self, given: Iterable[Help]) -> None:
        """Keep which cards are about to be shown; raises RegisterError."""
        for one in given:
            if self.session is not None and one.shown is not None and one.shown[0].key is not None:
                self.session.show(one.shown[0].key, one.shown[1])

    def _signed(self, sent: Sent) -> Signed | None:
        """Return a judged order; None for a patient who is recorded as deceased."""
        judgement = sent.decided.judgement
        policy, ruling = judgement.policy, judgement.ruling
        if policy is None or ruling is None or is_deceased(policy, ruling):
            return None
        coverage = sent.decided.coverage.reference
        return Signed(judgement, policy, ruling, self.call.patient, coverage, self.call.orders, self.today)
