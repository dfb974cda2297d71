"""Which card was about what: its type, its policy, and the criteria that it showed as open or not met.

Feedback on a card names nothing but the card's uuid (CDS Hooks 2.0, "Feedback"), so that this is kept when it is sent.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fhir_mappings.publication.code_systems import FORM, LAUNCH
from hooks.coverage_decision.determination_table import Decided
from hooks.protocol.configuration import CLINICAL_REMINDER, COVERAGE_INFORMATION, GUIDELINE
from policies.evaluation.ruling import Ruling

Json = dict[str, Any]
_ORDERS = "davinci-crd.associated-resource"


@dataclass(frozen=True, slots=True)
class SentCard:
    """A card as it is sent: its uuid and topic, the policy (empty if none judged), and the criteria that it raises."""

    uuid: str
    topic: str
    policy: str
    policy_version: str
    criteria: tuple[str, ...]

    @property
    def columns(self) -> dict[str, str]:
        """Return its parts by name, the criteria a line each."""
        columns = {"uuid": self.uuid, "topic": self.topic, "policy": self.policy, "policy_version": self.policy_version}
        return columns | {"criteria": "\n".join(self.criteria)}


def sent_cards(cards: Iterable[Json], decided: Iterable[Decided]) -> tuple[SentCard, ...]:
    """Return what is kept of the cards of one reply."""
    by_order = {one.judgement.order.reference: one for one in decided}
    return tuple(_sent(card, by_order) for card in cards)


def _sent(card: Json, by_order: Mapping[str, Decided]) -> SentCard:
    named = (by_order.get(reference) for reference in _references(card))
    about = next((one for one in named if one is not None and one.judgement.policy is not None), None)
    topic = str(card["source"]["topic"]["code"])
    if about is None or about.judgement.policy is None:
        return SentCard(card["uuid"], topic, "", "", ())
    policy = about.judgement.policy
    criteria = tuple(dict.fromkeys(_criteria(topic, about)))
    return SentCard(card["uuid"], topic, policy.id, policy.version.isoformat(), criteria)


def _references(card: Json) -> Iterator[str]:
    """Yield the orders that a card is about, in whichever version it is written."""
    for one in card.get("extension", {}).get(_ORDERS, ()):
        yield one["reference"] if isinstance(one, dict) else one


def _criteria(topic: str, about: Decided) -> Iterator[str]:
    """Yield the ids of the criteria that a card raises: what is against or open, of a reminder what it is about.

    Inside an authorization nothing is open any more.
    """
    ruling, determination = about.judgement.ruling, about.determination
    if ruling is None or determination is None or determination.authorization is not None:
        return
    if topic in {COVERAGE_INFORMATION, GUIDELINE}:
        yield from _raised(ruling)
    elif topic == CLINICAL_REMINDER:
        yield from (one.criterion.id for one in ruling.questions if one.fact.proposes is not None)
    elif topic in {FORM, LAUNCH}:
        yield from _asked(ruling)


def _raised(ruling: Ruling) -> Iterator[str]:
    yield from (one.criterion.id for one in ruling.failures if one.criterion.id)
    yield from _asked(ruling)


def _asked(ruling: Ruling) -> Iterator[str]:
    yield from (one.criterion.id for one in ruling.questions if one.criterion.id)
