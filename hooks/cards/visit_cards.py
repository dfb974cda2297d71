"""The cards for whoever books, opens or closes a visit: what the payer's own records say beside the orders.

Sources: CRD 2.0.1 and 2.2.1, appointment-book, encounter-start and encounter-discharge. Of an order that is judged in
the same call nothing is repeated. What is on file is asked of the store only if such a card is wanted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec

from hooks.card_parts.card_builder import Frame
from hooks.cards.guideline_reference import heads_of, kept_name, written_reference
from hooks.cards.insurance_update import coverage_card
from hooks.cards.offered_card import Help
from hooks.ehr_data.fetch_port import NOTHING, Fetched
from hooks.protocol.configuration import GUIDELINE, INSURANCE, LIMITS, Configuration
from hooks.records.determination_key import member_of, whose
from hooks.records.determinations import Sent
from hooks.records.register_port import OnFile, Session, Standing
from hooks.request.call import Brought, Call, Prefetch
from hooks.request.reference_lookup import find
from policies.catalogue import Catalogue
from policies.kinds.disease import PATIENT_DECEASED
from policies.model.criteria import Leaf, Node, RequestKind
from policies.model.dates import CallDay, OrderDate
from policies.model.policy import Policy

Json = dict[str, Any]
_SOON = timedelta(days=30)
"""How long before its last day an authorization is said to end soon."""
_RECENT = timedelta(days=90)
"""How long a request that was not settled is brought up again."""


@dataclass(frozen=True, slots=True)
class Visiting:
    """Writes the cards of one call that is about a visit; `fetched` is what was fetched for it."""

    frame: Frame
    call: Call
    today: CallDay
    session: Session | None
    catalogue: Catalogue
    fetched: Fetched = NOTHING

    def cards(self, sent: Sequence[Sent], wanted: Configuration) -> Iterator[Help]:
        """Yield the cards, the most important first; none where nothing is to be said of the visit itself."""
        if not sent:
            return
        about = sent[0].decided.judgement.order.reference
        if wanted.wants(INSURANCE):
            yield from self._corrections(sent[0], about)
        if self.session is None or not (wanted.wants(LIMITS) or wanted.wants(GUIDELINE)):
            return
        tenant = self.frame.caller.tenant
        member = member_of(self.call, sent[0].decided.coverage, self.frame.caller)
        file = self.session.on_file(whose(self.call, "", tenant), member, self.today, self.today - _RECENT)
        judged = {one.decided.judgement.policy.id for one in sent if one.decided.judgement.policy is not None}
        if wanted.wants(LIMITS):
            yield from self._endings(file, about, judged)
        if wanted.wants(GUIDELINE):
            yield from self._unsettled(file, about, judged)

    def _corrections(self, sent: Sent, about: str) -> Iterator[Help]:
        members, coverage = self.frame.payer.members, sent.decided.coverage
        if members is None or not members.offers_updates or coverage.member is None:
            return
        raw = find(self._brought, [coverage.reference]).get(coverage.reference)
        card = coverage_card(self.frame, coverage.member, raw, about) if raw is not None else None
        if card is not None:
            yield Help(card)

    @property
    def _brought(self) -> Brought:
        """Return what came along, and what was fetched."""
        values = self.call.prefetch.values | {name: msgspec.Raw(body) for name, body in self.fetched.bodies}
        return Brought(Prefetch(values, self.call.prefetch.entries), self.call.fhir_server)

    def _endings(self, file: OnFile, about: str, judged: set[str]) -> Iterator[Help]:
        for (name, _), authorization in file.authorizations.items():
            if name in judged or name not in self.catalogue.ids or authorization.end > self.today + _SOON:
                continue
            key = whose(self.call, name, self.frame.caller.tenant)
            kept = f"{LIMITS}/{authorization.number}"
            policy = self.catalogue.versions(name).on(OrderDate(self.today))
            if policy is not None and self.session is not None and self.session.last_shown(key, kept) is None:
                yield Help(self._ending(policy, authorization.number, authorization.end, about), (key, kept))

    def _ending(self, policy: Policy, number: str, end: date, about: str) -> Json:
        say, name = self.frame.say, policy.title.partition(" (")[0]
        head = say(
            "limits.head", drug=policy.title, visit=self.frame.of_order(about), number=policy.figures.document.number
        )
        asked = "\n".join(f"- {say.words(one.says)}" for one in _asked(policy))
        return self.frame.card(
            LIMITS, say("limits.summary", drug=name, number=number, end=end), "info", [head, asked], [about]
        )

    def _unsettled(self, file: OnFile, about: str, judged: set[str]) -> Iterator[Help]:
        authorized = {policy for policy, _ in file.authorizations}
        for standing in file.standing:
            policy = self._version(standing)
            if policy is None or standing.policy in judged or standing.policy in authorized:
                continue
            request = policy.requests[RequestKind(standing.request)]
            heads = heads_of(request, standing.truths)
            if not heads or any(_is_gate(policy, one) for one in heads):
                continue
            key, kept = whose(self.call, standing.policy, self.frame.caller.tenant), kept_name(policy, heads)
            if self.session is not None and self.session.last_shown(key, kept) is None:
                head = self.frame.say(
                    "reference.visit", drug=policy.title, visit=self.frame.of_order(about), day=standing.day
                )
                yield Help(written_reference(self.frame, policy, request, heads, head, about), (key, kept))

    def _version(self, standing: Standing) -> Policy | None:
        versions = self.catalogue.versions(standing.policy).policies if standing.policy in self.catalogue.ids else ()
        return next((one for one in versions if one.version.isoformat() == standing.version), None)


def _asked(policy: Policy) -> list[Node]:
    """Return what a continuation asks for, but the gate, for which nobody has to prepare."""
    request = policy.requests[RequestKind.CONTINUATION]
    placed = zip(request.nodes(), request.depths, strict=True)
    return [one for one, depth in placed if depth == 0 and not _is_gate(policy, one)]


def _is_gate(policy: Policy, node: Node) -> bool:
    return isinstance(node, Leaf) and policy.facts[node.fact].kind is PATIENT_DECEASED
