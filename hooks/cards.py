"""The card of an order, as a colleague would say it: what is needed, why, by what evidence, and what is open.

Markdown as EHRs render it (GitHub flavored, no HTML). What comes from a chart is escaped, so that it can only be read.
Source: CDS Hooks 2.0, "Card attributes"; CRD 2.0.1, card profiles (topic, associated resource).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from fhir_mappings.coverages import OwnCoverage
from fhir_mappings.judging import Judgement, Outcome
from fhir_mappings.wording import Wording
from hooks.deciding import is_deceased, parts
from hooks.dialects import Dialect
from hooks.explaining import Explanation, date_note, shown
from hooks.payer import Payer
from policies.determination import Determination
from policies.evaluation import Question, Reason, Ruling
from policies.findings import State
from policies.model import Group, Node, Policy, RequestKind
from policies.truth import Truth

Json = dict[str, Any]
_LONGEST = 139
_MOST_EVIDENCE = 4
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~!&])")
_INDENT = "  "
_PLAIN = {Outcome.UNSPECIFIC: "card.unspecific", Outcome.NO_POLICY_YET: "card.no_policy_yet"}


@dataclass(frozen=True, slots=True)
class Cards:
    """Writes cards in the name of a payer, in one version of CRD."""

    payer: Payer
    say: Wording
    dialect: Dialect

    def for_order(self, judgement: Judgement, determination: Determination) -> Json | None:
        """Return the card of an order; None where there is nothing to say to a clinician (no policy covers it)."""
        if judgement.outcome is Outcome.NO_POLICY:
            return None
        plain = determination.pa_needed is None or determination.is_indeterminate
        if judgement.outcome is Outcome.JUDGED and not plain:
            return self._judged(judgement, determination)
        return self._plain(judgement, determination)

    def _plain(self, judgement: Judgement, determination: Determination) -> Json:
        """Return a card that only gives the reason."""
        key = _PLAIN.get(judgement.outcome, "")
        if determination.is_indeterminate:
            key = "card.technical"
        elif determination.pa_needed is None:
            key = "card.not_covered"
        name = judgement.policy.title if judgement.policy else judgement.product.words
        summary = self.say(key, drug=name, payer=self.payer.name, date=judgement.as_of.day)
        words = escaped(judgement.product.words) or self.say("card.no_name")
        head = self.say("card.head_plain", order=escaped(judgement.order.reference), words=words)
        paragraphs = [head, escaped(determination.reason), date_note(judgement, self.say)]
        return self._card(summary, "info", paragraphs, [judgement.order.reference])

    def _judged(self, judgement: Judgement, determination: Determination) -> Json:
        policy, request, ruling = parts(judgement)
        state = _state(policy, ruling, determination)
        granted = determination.authorization
        figures = {"number": granted.number, "end": granted.end} if granted else {}
        paragraphs = [
            self._head(judgement, policy, request),
            self.say(f"card.needed.{_needed(state, determination)}", payer=self.payer.name, **figures),
            date_note(judgement, self.say),
            self._criteria(policy, request, ruling),
            "" if granted else self._open(ruling),
        ]
        indicator = "warning" if state == "not_met" else "info"
        summary = self._summary(state, policy, request, ruling, figures)
        card = self._card(summary, indicator, paragraphs, [judgement.order.reference])
        return card | {"links": [self._policy_link(policy)]}

    def _policy_link(self, policy: Policy) -> Json:
        number = policy.figures.document.number
        label = self.say("card.policy_link", number=number, title=policy.title)
        return {"label": label, "url": self.payer.policy_page(policy), "type": "absolute"}

    def _summary(
        self, state: str, policy: Policy, request: RequestKind, ruling: Ruling, figures: Mapping[str, object]
    ) -> str:
        name = policy.title.partition(" (")[0]
        if state == "unknown":
            points = ", ".join(question.fact.what for question in ruling.questions)
            return self.say.count("card.unknown", len(ruling.questions), drug=name, points=points)
        criteria = ", ".join(node.says for node in _failing(policy.requests[request].criteria, ruling))
        return self.say(f"card.{state}", drug=name, criteria=criteria, **figures)

    def _head(self, judgement: Judgement, policy: Policy, request: RequestKind) -> str:
        return self.say(
            "card.head",
            drug=policy.title,
            request=self.say(f"request.{request.value}"),
            order=escaped(judgement.order.reference),
            number=policy.figures.document.number,
            version=policy.version,
        )

    def _criteria(self, policy: Policy, request: RequestKind, ruling: Ruling) -> str:
        why = Explanation(ruling, self.say)
        reasons = {id(reason.criterion): reason for reason in ruling.reasons}
        root = policy.requests[request].criteria
        lines = (self._line(why, reasons[id(node)], depth) for node, depth in _named(root, 0))
        return "\n".join((self.say("card.criteria"), "", *lines))

    def _line(self, why: Explanation, reason: Reason, depth: int) -> str:
        idle = reason.truth is Truth.UNKNOWN and not why.is_open(reason.criterion)
        mark = self.say("mark.idle" if idle else f"mark.{reason.truth.value}")
        text = f"{_INDENT * depth}- {mark}: {reason.criterion.says}"
        if isinstance(reason.criterion, Group):
            return text
        return " - ".join(part for part in (text, *self._told(why, reason)) if part)

    def _told(self, why: Explanation, reason: Reason) -> tuple[str, str]:
        """Return the evidence and the note of a leaf; a note that tells the evidence stands alone."""
        note = why.note(reason)
        if note == self.say("fact.silent"):
            return "", ""
        if note and (reason.truth is Truth.MET or any(one.reference in note for one in reason.evidence)):
            return "", escaped(note)
        told = [escaped(shown(one)) for one in reason.evidence[:_MOST_EVIDENCE]]
        more = len(reason.evidence) - _MOST_EVIDENCE
        told += [self.say("card.more", n=more)] if more > 0 else []
        return "; ".join(told), escaped(note)

    def _open(self, ruling: Ruling) -> str:
        if not ruling.questions:
            return ""
        asked = (f"{number}. {self._asked(question)}" for number, question in enumerate(ruling.questions, 1))
        return "\n".join((self.say("card.open"), "", *asked))

    def _asked(self, question: Question) -> str:
        """Return the question; where sources contradict each other, with both sides."""
        if question.finding.state is not State.CONFLICTING:
            return question.fact.ask
        return self.say("card.seen", ask=question.fact.ask, note=escaped(question.finding.note))

    def no_coverage(self, coverage: OwnCoverage, judgements: Iterable[Judgement]) -> list[Json]:
        """Return the card that says which coverage is missing; none if no order of the call has a policy of ours."""
        ours = [one for one in judgements if one.outcome in (Outcome.JUDGED, Outcome.NO_POLICY_YET)]
        if not ours:
            return []
        names = ", ".join(dict.fromkeys(one.product.words for one in ours))
        summary = self.say(f"card.coverage.{coverage.state.value}", payer=self.payer.name, drug=names)
        detail = self.say(f"card.coverage.detail.{coverage.state.value}", payer=self.payer.name)
        return [self._card(summary, "info", [detail], [one.order.reference for one in ours])]

    def _card(self, summary: str, indicator: str, paragraphs: list[str], orders: list[str]) -> Json:
        topic = {"system": self.dialect.topic_system, "code": "coverage-info", "display": self.say("card.topic")}
        return {
            "uuid": str(uuid4()),
            "summary": cut(summary),
            "detail": "\n\n".join(part for part in paragraphs if part),
            "indicator": indicator,
            "source": {"label": self.payer.name, "url": f"{self.payer.base_url}/policies", "topic": topic},
            "extension": {"davinci-crd.associated-resource": [self.dialect.associated(one) for one in orders]},
        }


def _state(policy: Policy, ruling: Ruling, determination: Determination) -> str:
    """Return the name by which the sentences of a card are chosen."""
    if determination.authorization is not None:
        return "satisfied"
    return "deceased" if is_deceased(policy, ruling) else ruling.truth.name.lower()


def _needed(state: str, determination: Determination) -> str:
    """Return the name by which the sentence on what is needed is chosen: before anything is signed, nothing is yet."""
    documented = state in {"met", "unknown", "not_met"}
    return "later" if documented and not determination.doc_needed else state


def _named(node: Node, depth: int) -> Iterator[tuple[Node, int]]:
    """Yield the nodes that bear an id, each with how deep it lies below others that do."""
    if node.id:
        yield node, depth
    for part in node.parts if isinstance(node, Group) else ():
        yield from _named(part, depth + bool(node.id))


def _failing(root: Node, ruling: Ruling) -> Iterator[Node]:
    """Yield the topmost criteria that are not met."""
    truths = {id(reason.criterion): reason.truth for reason in ruling.reasons}
    return (node for node, depth in _named(root, 0) if depth == 0 and truths[id(node)] is Truth.NOT_MET)


def escaped(text: str) -> str:
    """Return a text that no reader of markdown takes for anything but text, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def cut(summary: str) -> str:
    """Return a summary of under 140 characters, cut after a word."""
    if len(summary) <= _LONGEST:
        return summary
    return summary[: _LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
