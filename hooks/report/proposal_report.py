"""What is proposed, in the report of an order: the record, its words and date, and what a yes to it would mean."""

from collections.abc import Iterable, Iterator
from typing import Any

from fhir_mappings.wording import Wording
from policies.evaluation.ruling import Question
from policies.model.findings import Proposal, Range

Json = dict[str, Any]


def proposal_reports(some: Iterable[Proposal], say: Wording) -> list[Json]:
    """Report what nobody has confirmed yet: `means` is in words."""
    return [
        {"reference": one.reference, "summary": one.words, "date": one.date, "means": meaning(one, say)} for one in some
    ]


def meaning(one: Proposal, say: Wording) -> str:
    """Return in words what a yes to a proposal would mean."""
    if one.counts:
        return say("proposal.line_more")
    if isinstance(one.means, Range):
        return str(one.means.at_least)
    return one.means if isinstance(one.means, str) else say("answer.yes" if one.means else "answer.no")


def question_report(one: Question, say: Wording) -> Json:
    """Report an open question; `proposed` are the yes-or-no questions that may settle it, each with its linkId."""
    text = one.fact.ask or one.fact.what
    asked = {"linkId": one.fact.name, "criterion": one.criterion.id, "text": text, "note": one.finding.note}
    clicks = list(_clicks(one, say))
    return asked | ({"proposed": clicks} if clicks else {})


def _clicks(one: Question, say: Wording) -> Iterator[Json]:
    for each in one.finding.proposed:
        text = " ".join(part for part in (f"{each.words}.", each.asks, each.why) if part)
        link = f"{one.fact.name}:confirm:{each.id}"
        yield {"linkId": link, "text": text, **proposal_reports((each,), say)[0]}
