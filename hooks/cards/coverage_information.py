"""The card of an order, as a colleague would say it: what is needed, why, by what evidence, and what is open.

What comes from a chart is escaped, so that it can only be read. What every card has stands in
`hooks.card_parts.card_builder`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fhir_mappings.chart.policy_chart import SILENT
from fhir_mappings.coverage.coverages import OwnCoverage
from fhir_mappings.judgement.judge import OF_A_POLICY, Judgement, Outcome
from fhir_mappings.therapy.line_table import in_one_line
from hooks.card_parts.brief_coverage import Brief, failing_words, not_judged
from hooks.card_parts.card_builder import Frame, escaped
from hooks.coverage_decision.billing_code import assumed
from hooks.coverage_decision.determination_table import is_deceased, parts
from hooks.coverage_decision.explanations import Explanation, date_note, is_named, lacking_note, shown
from hooks.protocol.configuration import COVERAGE_INFORMATION
from policies.evaluation.ruling import Question, Reason, Ruling
from policies.model.criteria import Group, RequestKind
from policies.model.determination import Determination
from policies.model.findings import Proposal, State
from policies.model.notes import Note, Said
from policies.model.policy import Policy
from policies.model.truth import Truth

Json = dict[str, Any]
_MOST_EVIDENCE = 4
_MOST_PROPOSED = 3
_INDENT = "  "
_PLAIN = {
    Outcome.UNSPECIFIC: "card.unspecific",
    Outcome.NO_POLICY_YET: "card.no_policy_yet",
    Outcome.OTHER_LINES: "card.other_lines",
    Outcome.LINE_UNKNOWN: "card.line_unknown",
}


@dataclass(frozen=True, slots=True)
class Cards:
    """Writes cards in a frame: in the name of a payer, in one version of CRD, for one caller."""

    frame: Frame

    def for_order(self, judgement: Judgement, determination: Determination) -> Json | None:
        """Return the card of an order; None where there is nothing to say to a clinician (no policy covers it)."""
        if judgement.outcome is Outcome.NO_POLICY:
            return None
        plain = determination.pa_needed is None or determination.is_indeterminate
        is_judged = judgement.outcome is Outcome.JUDGED and not plain
        if not self.frame.is_full:
            return self._brief(judgement, determination) if is_judged else self._brief_reason(judgement, determination)
        return self._judged(judgement, determination) if is_judged else self._plain(judgement, determination)

    def _brief(self, judgement: Judgement, determination: Determination) -> Json:
        """Return the card in a few lines; what it leaves out stands on the page that it links to."""
        policy, _, ruling = parts(judgement)
        written = Brief(judgement, determination, self.frame.words)
        is_warning = determination.authorization is None and (ruling.truth is Truth.NOT_MET or written.is_above)
        indicator = "warning" if is_warning else "info"
        lines = written.lines(self._note(date_note(judgement)))
        card = self._card(written.summary(), indicator, lines, [judgement.order.reference])
        label = self.frame.say("brief.policy", number=policy.figures.document.number)
        return card | {"links": [self.frame.policy_link(policy, label)]}

    def _brief_reason(self, judgement: Judgement, determination: Determination) -> Json:
        summary, detail = not_judged(judgement, determination, self.frame.words, self.frame.payer.name)
        return self._card(summary, "info", [detail, self._note(date_note(judgement))], [judgement.order.reference])

    def _plain(self, judgement: Judgement, determination: Determination) -> Json:
        """Return a card that only gives the reason."""
        key = _PLAIN.get(judgement.outcome, "")
        if determination.is_indeterminate:
            key = "card.technical" if determination.reason_code else "card.unseen"
        elif determination.reason_code:
            key = "card.no_member" if determination.reason_code == "no-member-found" else "card.not_covered"
        name = judgement.policy.title if judgement.policy else judgement.product.words
        summary = self.frame.say(key, drug=name, payer=self.frame.payer.name, date=judgement.as_of.day)
        words = escaped(judgement.product.words) or self.frame.say("card.no_name")
        head = self.frame.say("card.head_plain", order=escaped(judgement.order.reference), words=words)
        paragraphs = [head, escaped(self.frame.say.words(determination.reason)), self._note(date_note(judgement))]
        return self._card(summary, "info", paragraphs, [judgement.order.reference])

    def _judged(self, judgement: Judgement, determination: Determination) -> Json:
        policy, request, ruling = parts(judgement)
        state = _state(policy, ruling, determination)
        granted = determination.authorization
        figures = {"number": granted.number, "end": granted.end} if granted else {}
        paragraphs = [
            self._head(judgement, policy, request),
            self.frame.say(f"card.needed.{_needed(state, determination)}", payer=self.frame.payer.name, **figures),
            self._note(date_note(judgement)),
            "" if granted else self._note(lacking_note(judgement)),
            self._criteria(policy, request, ruling),
            self._lines(judgement),
            "" if granted else self._open(ruling),
            self.frame.say.words(assumed(judgement)),
        ]
        indicator = "warning" if state == "not_met" else "info"
        state_word = "met_by_answers" if state == "met" and judgement.is_answered else state
        summary = self._summary(state_word, policy, request, ruling, figures)
        card = self._card(summary, indicator, paragraphs, [judgement.order.reference])
        label = self.frame.say("card.policy_link", number=policy.figures.document.number, title=policy.title)
        return card | {"links": [self.frame.policy_link(policy, label)]}

    def _note(self, said: Said) -> str:
        return escaped(self.frame.say.words(said))

    def _summary(
        self, state: str, policy: Policy, request: RequestKind, ruling: Ruling, figures: Mapping[str, object]
    ) -> str:
        name = policy.title.partition(" (")[0]
        if state == "unknown":
            points = ", ".join(self.frame.say.words(question.fact.what) for question in ruling.questions)
            return self.frame.say.count("card.unknown", len(ruling.questions), drug=name, points=points)
        criteria = (
            ", ".join(map(self.frame.say.words, failing_words(policy.requests[request], ruling)))
            if state == "not_met"
            else ""
        )
        return self.frame.say(f"card.{state}", drug=name, criteria=criteria, **figures)

    def _head(self, judgement: Judgement, policy: Policy, request: RequestKind) -> str:
        return self.frame.say(
            "card.head",
            drug=policy.title,
            request=self.frame.say(f"request.{request.value}"),
            order=escaped(judgement.order.reference),
            number=policy.figures.document.number,
            version=policy.version,
        )

    def _criteria(self, policy: Policy, request: RequestKind, ruling: Ruling) -> str:
        why = Explanation(ruling)
        depths = policy.requests[request].depths
        lines = [self._line(why, reason, depth) for reason, depth in zip(ruling.reasons, depths, strict=True)]
        return "\n".join((self.frame.say("card.criteria"), "", *lines))

    def _line(self, why: Explanation, reason: Reason, depth: int) -> str:
        idle = reason.truth is Truth.UNKNOWN and not why.is_open(reason.criterion)
        mark = self.frame.say("mark.idle" if idle else f"mark.{reason.truth.word}")
        text = f"{_INDENT * depth}- {mark}: {self.frame.say.words(reason.criterion.says)}"
        if isinstance(reason.criterion, Group):
            return text
        return " - ".join([part for part in (text, *self._evidence_and_note(why, reason)) if part])

    def _evidence_and_note(self, why: Explanation, reason: Reason) -> tuple[str, str]:
        """Return the evidence and the note of a leaf; a note that tells the evidence stands alone."""
        said = why.note(reason)
        if isinstance(said, Note) and said.key == SILENT.key:
            return "", ""
        note = self.frame.say.words(said)
        if note and (reason.truth is Truth.MET or any(is_named(one.reference, note) for one in reason.evidence)):
            return "", escaped(note)
        evidence = [escaped(shown(one, self.frame.say)) for one in reason.evidence[:_MOST_EVIDENCE]]
        more = len(reason.evidence) - _MOST_EVIDENCE
        evidence += [self.frame.say("card.more", n=more)] if more > 0 else []
        return "; ".join(evidence), escaped(note)

    def _lines(self, judgement: Judgement) -> str:
        lines = in_one_line(judgement.lines, self.frame.say) if judgement.lines is not None else ""
        return self.frame.say("card.lines", lines=escaped(lines)) if lines else ""

    def _open(self, ruling: Ruling) -> str:
        if not ruling.questions:
            return ""
        asked = (f"{number}. {self._asked(question)}" for number, question in enumerate(ruling.questions, 1))
        return "\n".join((self.frame.say("card.open"), "", *asked))

    def _asked(self, question: Question) -> str:
        """Return the question; where sources contradict each other, with both sides; below it what a click settles."""
        if question.finding.state is not State.CONFLICTING:
            return (
                "\n".join((self.frame.say.words(question.fact.ask), *self._proposed(question.finding.proposed)))
                or question.fact.what
            )
        return self.frame.say("card.seen", ask=question.fact.ask, note=self._note(question.finding.note))

    def _proposed(self, some: tuple[Proposal, ...]) -> Iterator[str]:
        """Yield what is proposed, in one line each."""
        for one in some[:_MOST_PROPOSED]:
            words, asks = self.frame.say.words(one.words), self.frame.say.words(one.asks)
            key = "card.proposed" if one.date in words else "card.proposed_on"
            yield f"{_INDENT} - " + escaped(self.frame.say(key, words=words, date=one.date, asks=asks))
        if len(some) > _MOST_PROPOSED:
            yield f"{_INDENT} - " + self.frame.say("card.more", n=len(some) - _MOST_PROPOSED)

    def no_coverage(self, coverage: OwnCoverage, judgements: Iterable[Judgement]) -> list[Json]:
        """Return the card that says which coverage is missing; none if no order of the call has a policy of ours."""
        ours = [one for one in judgements if one.outcome in OF_A_POLICY]
        if not ours:
            return []
        names = ", ".join(dict.fromkeys(one.product.words for one in ours))
        summary = self.frame.say(f"card.coverage.{coverage.state.value}", payer=self.frame.payer.name, drug=names)
        state, payer = coverage.state.value, self.frame.payer.name
        full, say = self.frame.is_full, self.frame.say
        detail = (
            say(f"card.coverage.detail.{state}", payer=payer) if full else say(f"brief.coverage.{state}", payer=payer)
        )
        return [self._card(summary, "info", [detail], [one.order.reference for one in ours])]

    def _card(self, summary: str, indicator: str, paragraphs: list[str], orders: list[str]) -> Json:
        return self.frame.card(COVERAGE_INFORMATION, summary, indicator, paragraphs, orders)


def _state(policy: Policy, ruling: Ruling, determination: Determination) -> str:
    """Return the name by which the sentences of a card are chosen."""
    if determination.authorization is not None:
        return "satisfied"
    return "deceased" if is_deceased(policy, ruling) else ruling.truth.name.lower()


def _needed(state: str, determination: Determination) -> str:
    """Return the name by which the sentence on what is needed is chosen: before anything is signed, nothing is yet."""
    documented = state in {"met", "unknown", "not_met"}
    return "later" if documented and not determination.doc_needed else state
