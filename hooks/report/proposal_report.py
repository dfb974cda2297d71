"""What is proposed, in the report of an order: the record, its words and date, and what a yes to it would mean."""

from collections.abc import Iterable, Iterator
from typing import Any

from policies.evaluation.ruling import Question
from policies.model.findings import Interval, Proposal, Range
from policies.model.notes import Note, Said, Series, together

Json = dict[str, Any]


def proposal_reports(some: Iterable[Proposal]) -> list[Json]:
    """Report what nobody has confirmed yet: `means` is in words."""
    return [
        {
            "reference": one.reference,
            "summary": one.words,
            "date": one.date,
            "means": meaning(one),
        }
        for one in some
    ]


def meaning(one: Proposal) -> Said:
    """Return what a yes to a proposal would mean."""
    if one.counts:
        return Note("proposal.line_more")
    if isinstance(one.means, Range):
        return str(one.means.at_least)
    if isinstance(one.means, Interval):
        return one.means.in_signs
    return one.means if isinstance(one.means, str) else Note("answer.yes" if one.means else "answer.no")


def question_report(one: Question) -> Json:
    """Report an open question; `proposed` are the yes-or-no questions that may settle it, each with its linkId."""
    text = one.fact.ask or one.fact.what
    asked = {
        "linkId": one.fact.name,
        "criterion": one.criterion.id,
        "text": text,
        "note": one.finding.note,
    }
    clicks = list(_clicks(one))
    return asked | ({"proposed": clicks} if clicks else {})


def _clicks(one: Question) -> Iterator[Json]:
    for each in one.finding.proposed:
        text = together(Series((each.words, "."), ""), each.asks, each.why)
        link = f"{one.fact.name}:confirm:{each.id}"
        yield {"linkId": link, "text": text, **proposal_reports((each,))[0]}
