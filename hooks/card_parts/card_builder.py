"""What every card has: an id, a summary that fits, its source and topic, the orders that it is about.

Markdown as EHRs render it (GitHub flavored, no HTML), or plain text where a client is registered so. What comes from a
chart is escaped, so that it can only be read.
Source: CDS Hooks 2.0, "Card attributes"; CRD 2.0.1, card profiles (topic, associated resource).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from fhir_mappings.wording import Wording
from hooks.ehr_data.client_forms import NO_FORMS, Forms
from hooks.protocol.client import ANYONE, Caller, CardText
from hooks.protocol.configuration import OWN_TOPICS
from hooks.protocol.crd_versions import CrdVersion
from hooks.protocol.payer import CardDetail, Payer
from policies.model.policy import Policy

Json = dict[str, Any]
_LONGEST = 139
_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~!&]")
_ADDRESS = re.compile(r":(?=//)|(?<=[wW]{3})\.|(?<=\w)@(?=\w)")
"""What makes readers of markdown see a link in bare text: an address, with a scheme or without, or a mailbox."""
_UNSEEN = re.compile(r"[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_MARKUP = re.compile(r"\\([\\`*_\[\]<>#|~!&])|\*\*|`")


@dataclass(frozen=True, slots=True)
class Frame:
    """Makes cards in the name of a payer, in one version of CRD, for one caller."""

    payer: Payer
    say: Wording
    dialect: CrdVersion
    caller: Caller = ANYONE
    forms: Forms = NO_FORMS

    @property
    def is_full(self) -> bool:
        """Whether cards tell every criterion with its evidence, and name orders and records by their ids."""
        return (self.caller.card_detail or self.payer.card_detail) is CardDetail.FULL

    @property
    def words(self) -> Wording:
        """Return the sentences, with references of evidence only where cards tell all."""
        return self.say if self.is_full else self.say.uncited

    def of_order(self, order: str) -> str:
        """Return the words that name an order (Type/id) at the head of a card; empty where cards name no ids."""
        return self.say("card.of_order", order=escaped(order)) if self.is_full else ""

    def card(self, topic: str, summary: str, indicator: str, paragraphs: Iterable[str], orders: Iterable[str]) -> Json:
        """Return a card of a topic (CRD's code for the type of card) on some orders (Type/id)."""
        system = self._system("card-types") if topic in OWN_TOPICS else self.dialect.topic_system
        coding = {"system": system, "code": topic, "display": self.say(f"topic.{topic}")}
        detail = "\n\n".join([part for part in paragraphs if part])
        return {
            "uuid": str(uuid4()),
            "summary": cut(lifeless(summary)),
            "detail": undirected(plain(detail) if self.caller.card_text is CardText.PLAIN else detail),
            "indicator": indicator,
            "source": {"label": self.payer.name, "url": f"{self.payer.base_url}/policies", "topic": coding},
            "extension": {"davinci-crd.associated-resource": [self.dialect.associated(one) for one in orders]},
        }

    def overriding(self, *codes: str) -> Json:
        """Return the reasons with which a clinician can set a card aside."""
        system = self._system("override-reasons")
        reasons = [{"system": system, "code": code, "display": self.say(f"override.{code}")} for code in codes]
        return {"overrideReasons": reasons}

    def offering(self, label: str, *actions: Json) -> Json:
        """Return the one suggestion of a card, recommended: who cannot take it over can do by hand what it says."""
        suggestion = {"label": label, "uuid": str(uuid4()), "isRecommended": True, "actions": list(actions)}
        return {"suggestions": [suggestion], "selectionBehavior": "at-most-one"}

    def policy_link(self, policy: Policy, label: str, anchor: str = "") -> Json:
        """Return a link to the page of a policy, or to a place on it."""
        place = f"#{anchor}" if anchor else ""
        return {"label": label, "url": self.payer.policy_page(policy) + place, "type": "absolute"}

    def _system(self, name: str) -> str:
        """Return a code system of ours."""
        return f"{self.payer.base_url}/fhir/CodeSystem/{name}"


def escaped(text: str) -> str:
    """Return a text that no reader of markdown takes for anything but text, on one line."""
    return _SPECIAL.sub(_escape, lifeless(" ".join(text.split())))


def lifeless(text: str) -> str:
    """Return a text in which no reader sees a link where none was written, and whose signs stand as they are read."""
    return _ADDRESS.sub(lambda found: f" {found[0]} ", undirected(text))


def undirected(text: str) -> str:
    """Return a text without marks that turn the direction of what follows, or that nobody sees."""
    return text if text.isascii() else _UNSEEN.sub("", text)


def _escape(special: re.Match[str]) -> str:
    """Return a sign with a backslash before it. A function: a replacement that is a text is read anew at each use."""
    return f"\\{special[0]}"


def plain(markdown: str) -> str:
    """Return a detail as plain text: without the marks of markdown, lists and paragraphs as they stand."""
    return _MARKUP.sub(lambda found: found[1] or "", markdown)


def cut(summary: str) -> str:
    """Return a summary of under 140 characters, cut after a word."""
    if len(summary) <= _LONGEST:
        return summary
    return summary[: _LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
