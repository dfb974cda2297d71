"""The coverage of an order in at most six lines and 60 words: what is needed, what is open, what contradicts.

The first line stands by itself. Each thing is said once, by what it is and when, never by an id; the rest stands on the
page behind the link.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from fhir_mappings.dosing.verdict import Verdict
from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from fhir_mappings.findings.gathered import lacking_word
from fhir_mappings.judgement.judge import Judgement, Outcome
from fhir_mappings.wording import Wording
from hooks.card_parts.brief_evidence import MOST, dated, listed, sides
from hooks.card_parts.card_builder import escaped
from hooks.coverage_decision.determination_table import is_deceased, parts
from hooks.coverage_decision.explanations import blamed
from policies.evaluation.causes import failing
from policies.evaluation.ruling import Question, Ruling
from policies.model.criteria import Comparison, Request
from policies.model.determination import Authorization, Determination
from policies.model.findings import Proposal, Range, State
from policies.model.notes import Note, Said
from policies.model.policy import Policy
from policies.model.truth import Truth

MOST_WORDS, MOST_LINES = 60, 6
_WORDS_OF_MORE = 5
_ENDED = Note("reason.ended", date="")
_LONGEST = 90
"""How long the words of a record may be that are quoted, in characters."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What is said of one judged order, in the words of a reader."""

    judgement: Judgement
    determination: Determination
    say: Wording

    @property
    def drug(self) -> str:
        """Return the drug as clinicians call it: by its trade name, but as the substance if that alone was ordered."""
        product = self.judgement.product
        return brand(parts(self.judgement)[0]) if product.codings else product.words.capitalize()

    @property
    def state(self) -> str:
        """Return the name by which the sentences are chosen."""
        policy, _, ruling = parts(self.judgement)
        if self.determination.authorization is not None:
            return "satisfied"
        if is_deceased(policy, ruling):
            return "deceased"
        if ruling.truth is Truth.MET and self.is_above:
            return "dose"
        return (
            "met_by_answers" if ruling.truth is Truth.MET and self.judgement.is_answered else ruling.truth.name.lower()
        )

    @property
    def is_above(self) -> bool:
        """Whether the ordered dose is certainly above the policy's."""
        sheet = self.judgement.dosing
        return sheet is not None and sheet.judged.verdict is Verdict.ABOVE

    def summary(self) -> str:
        """Return the one line by which the card is known."""
        say, state, granted = self.say, self.state, self.determination.authorization
        if granted is not None:
            return say("brief.satisfied", drug=self.drug, end=say.day(granted.end))
        if state != "unknown":
            return say(f"brief.of.{state}", drug=self.drug)
        questions = parts(self.judgement)[2].questions
        clicks = all(is_click(one) for one in questions)
        return say.count("brief.clicks" if clicks else "brief.unknown", len(questions), drug=self.drug)

    def lines(self, note: str = "") -> list[str]:
        """Return the lines below: the open points first; `note` is what is to be said of the order's date."""
        return _within([*self._standing(), note])

    def _standing(self) -> list[str]:
        state, ruling = self.state, parts(self.judgement)[2]
        if self.determination.authorization is not None:
            return [self._authorized(self.determination.authorization)]
        if state == "deceased":
            return [self.say("brief.check")]
        if state == "unknown":
            return [*self._open(ruling), *self._dose(), *self._counted(ruling), *self._lacking(ruling)]
        if state == "not_met":
            return [*self._against(ruling), self.say("brief.review"), *self._dose()]
        asked = "brief.form" if self.determination.doc_needed else "brief.later"
        needed = "brief.else_met" if state == "dose" else asked
        return [*self._dose(), self.say(needed), *self._lacking(ruling)]

    def _open(self, ruling: Ruling) -> list[str]:
        if len(ruling.questions) == 1:
            return list(self._asked(ruling.questions[0]))
        named: list[str] = []
        for one in ruling.questions:
            name = self._named(one)
            if named and len(" · ".join((*named, name)).split()) > MOST_WORDS - _WORDS_OF_MORE:
                named.append(self.say("card.more", n=len(ruling.questions) - len(named)))
                break
            named.append(name)
        return [self.say("brief.open", points=" · ".join(named))]

    def _asked(self, question: Question) -> Iterator[str]:
        """Yield the question of the one open point: which result stands, whether a record is right, or as it is."""
        fact, finding = question.fact, question.finding
        if finding.state is State.CONFLICTING:
            yield self.say("brief.conflict", what=fact.what, sides=escaped(sides(finding, self.say)))
        elif finding.proposed:
            yield from map(self._click, finding.proposed[:MOST])
        else:
            yield self.say("brief.ask", ask=fact.ask or fact.what)
            yield from self._seen(question)

    def _seen(self, question: Question) -> Iterator[str]:
        if question.finding.evidence:
            yield self.say("brief.seen", found=escaped(listed(question.finding.evidence, self.say)))

    def _click(self, one: Proposal) -> str:
        words = _cut(self.say.words(one.words))
        when = self.say.day(one.date) if one.date and one.date not in words else ""
        key = "brief.click_on" if when else "brief.click"
        return self.say(key, words=escaped(words), date=when, asks=escaped(self.say.words(one.asks)))

    def _named(self, question: Question) -> str:
        """Return an open point by its name; of a count, what is needed and what is on file."""
        leaf, what = question.criterion, self.say.words(question.fact.what)
        if leaf.comparison is not Comparison.AT_LEAST or self.judgement.lines is None:
            return what
        known = question.finding.value
        on_file = known.at_least if isinstance(known, Range) else 0
        return self.say("brief.count", what=what, needed=leaf.operand, n=on_file)

    def _against(self, ruling: Ruling) -> Iterator[str]:
        policy, kind, _ = parts(self.judgement)
        needed = "; ".join(map(self.say.words, failing_words(policy.requests[kind], ruling)))
        yield self.say("brief.needed", criteria=needed)
        found = [item for one in ruling.failures for item in one.evidence]
        if found:
            yield self.say("brief.seen", found=escaped(listed(found, self.say)))

    def _dose(self) -> Iterator[str]:
        sheet = self.judgement.dosing
        if sheet is None or not self.is_above:
            return
        ordered, policy = (self.say.words(one) for one in (sheet.ordered_words, sheet.policy_words))
        yield self.say("brief.above", ordered=ordered, policy=policy)
        weighed = [one for one in sheet.evidence if one.date][:1]
        for one, weight in zip(sheet.corrections[:1], weighed, strict=False):
            yield self.say("brief.by_weight", dose=self.say.words(one.dose), found=escaped(dated(weight, self.say)))

    def _counted(self, ruling: Ruling) -> Iterator[str]:
        policy, kind, _ = parts(self.judgement)
        placed = zip(ruling.reasons, policy.requests[kind].depths, strict=True)
        truths = [reason.truth for reason, depth in placed if depth == 0]
        yield self.say.count("brief.counted", truths.count(Truth.MET), all=len(truths))

    def _lacking(self, ruling: Ruling) -> Iterator[str]:
        """Yield what did not come of the chart, where that may settle what is open, or speak against what is met."""
        may_settle = {kind for one in ruling.questions for kind in FHIR_KINDS[one.fact.kind].settled_by}
        kinds = [one for one in self.judgement.lacking if not ruling.questions or not one or one in may_settle]
        if kinds:
            found = dict.fromkeys(self.say.words(lacking_word(one)) for one in kinds)
            yield self.say("brief.lacking", found=", ".join(found))

    def _authorized(self, granted: Authorization) -> str:
        say, allowed, policy = self.say, granted.allowance, parts(self.judgement)[0]
        authorized = [say("brief.number", number=granted.number)]
        if allowed is not None:
            unit = policy.figures.product.billing_code
            authorized.append(say("brief.covers", doses=allowed.doses, units=allowed.units, code=unit))
        if self.determination.renewal:
            authorized.append(say("brief.renewal_now"))
        elif policy.renewal_days:
            authorized.append(say("brief.renewal", date=say.day(granted.end - timedelta(days=policy.renewal_days))))
        return " ".join(authorized)


def _within(lines: Iterable[str]) -> list[str]:
    """Return the lines that fit, each whole; the first always stands."""
    kept: list[str] = []
    words = 0
    for line in filter(None, lines):
        words += len(line.split())
        if kept and (words > MOST_WORDS or len(kept) == MOST_LINES):
            break
        kept.append(line)
    return kept


def is_click(question: Question) -> bool:
    """Whether a yes or a no settles an open point; which of two results stands is a question of its own."""
    return bool(question.finding.proposed) and question.finding.state is not State.CONFLICTING


def brand(policy: Policy) -> str:
    """Return a drug by its trade name, where the title of its policy gives one in brackets; else by the whole title.

    What else stands in brackets is no name: `Infliximab (example)` is said as that. So is a draft.
    """
    _, _, trade = policy.title.partition(" (")
    name = trade.removesuffix(")")
    return name if name in policy.figures.product.names and not policy.is_draft else policy.title


def failing_words(request: Request, ruling: Ruling) -> list[Said]:
    """Return what the topmost criteria say that make a request not met."""
    return [blamed(node, truth) for node, truth in failing(request, ruling)]


_OF_NO_POLICY = {Outcome.OTHER_LINES: "brief.other_lines", Outcome.LINE_UNKNOWN: "brief.line_unknown"}


def not_judged(judgement: Judgement, determination: Determination, say: Wording, payer: str) -> tuple[str, str]:
    """Return summary and detail for an order of which only the reason is reported."""
    words = escaped(_cut(judgement.product.words)) or say("card.no_name")
    drug = brand(judgement.policy) if judgement.policy is not None else words
    if determination.is_indeterminate and not determination.reason_code:
        return say("brief.unseen", drug=drug), say("brief.coverage.unseen", payer=payer)
    if determination.is_indeterminate:
        return say("card.technical", payer=payer), say("brief.again")
    if judgement.outcome is Outcome.UNSPECIFIC:
        named = judgement.product.words
        return say("brief.unspecific"), say("brief.coded", words=words) if named else say("brief.nameless")
    reason = determination.reason
    if not determination.reason_code:
        key = _OF_NO_POLICY.get(judgement.outcome, "brief.no_policy_yet")
        return say(key, drug=drug, date=say.day(judgement.as_of.day)), escaped(say.words(reason))
    over = reason.figures["date"] if isinstance(reason, Note) and reason.key == _ENDED.key else ""
    if isinstance(over, str) and over:
        return say("brief.ended", payer=payer, date=say.day(over)), say("brief.not_covered")
    is_unknown = determination.reason_code == "no-member-found"
    summary = say("brief.no_member", payer=payer) if is_unknown else say("brief.inactive", payer=payer)
    return summary, escaped(say.words(reason))


def _cut(words: str) -> str:
    if len(words) <= _LONGEST:
        return words
    return words[:_LONGEST].rsplit(" ", 1)[0] + "…"
