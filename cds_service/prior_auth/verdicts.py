"""What a reviewer decides of one item, and what keeps it from being taken: what it lacks, or comes too late for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from cds_service.prior_auth.grants import MOST_UNITS, DecisionError
from cds_service.requests_on_file.kept_requests import DECIDED, PENDED, KeptAnswer, Request
from fhir_mappings.prior_auth.information_requests import DOCUMENTS
from fhir_mappings.prior_auth.item_answer import ItemAnswer
from fhir_mappings.prior_auth.pas_urls import Review
from policies.model.notes import Note

EXTENSION_DAYS = 14
"""By how much the time for a decision may be extended, once (42 CFR 422.568(b)(1)(i))."""
_REASON = re.compile("[A-Za-z0-9]{0,8}")
"""A code of X12's list 886, or none."""


class Act(Enum):
    """What a reviewer does."""

    APPROVE = "approved"
    CHANGE = "changed"
    DENY = "denied"
    ASK = "asked"
    EXTEND = "extended"
    APPEAL = "appealed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer decided of one item: the act, the person, and what belongs to it.

    `end` is the last day of a changed approval, `units` how much of it; `criterion` and `words` say why it is denied,
    or what is asked; `evidence` what the reviewer found. `documents` are asked for by their LOINC codes, `is_recent`
    tells that they are to be of the last months alone. `seen` is how many steps of the request its page showed.
    """

    act: Act
    person: str
    sequence: int
    words: str = ""
    criterion: str = ""
    reason: str = ""
    evidence: str = ""
    end: date | None = None
    units: int | None = None
    documents: tuple[str, ...] = ()
    is_recent: bool = False
    seen: int | None = None


def check_said(verdict: Verdict) -> None:
    """Raise DecisionError for a decision that does not say what it must."""
    if not verdict.person:
        raise DecisionError(Note("review.nobody"))
    if verdict.act is Act.DENY and not (verdict.criterion and verdict.words):
        raise DecisionError(Note("review.no_reason"))
    if verdict.act is Act.CHANGE and verdict.end is None and verdict.units is None:
        raise DecisionError(Note("review.nothing_changed"))
    if verdict.units is not None and not 1 <= verdict.units <= MOST_UNITS:
        raise DecisionError(Note("review.unread"))
    if verdict.act is Act.ASK and not (verdict.words or verdict.documents):
        raise DecisionError(Note("review.nothing_asked"))
    if not set(verdict.documents) <= set(DOCUMENTS) or not _REASON.fullmatch(verdict.reason):
        raise DecisionError(Note("review.unread"))


def check_open(before: ItemAnswer | None, verdict: Verdict, state: str) -> None:
    """Raise DecisionError where the item is not the reviewer's to decide any more, or not that way."""
    if before is None or state not in {PENDED, DECIDED}:
        raise DecisionError(Note("review.gone"))
    wanted = Review.NOT_CERTIFIED if verdict.act is Act.APPEAL else Review.PENDED
    if before.review is not wanted:
        raise DecisionError(Note("review.decided_already"))


def check_seen(verdict: Verdict, answers: Sequence[KeptAnswer]) -> None:
    """Raise DecisionError where something came, or was decided, that the page did not show yet."""
    if verdict.seen is not None and verdict.seen != len(answers):
        raise DecisionError(Note("review.changed_meanwhile"))


def check_time(request: Request, answers: Sequence[KeptAnswer], now: datetime) -> None:
    """Raise DecisionError where the time is over, or was extended: that is done once, before it is over."""
    since = next((one.number for one in reversed(answers) if one.act == Act.APPEAL.value), 0)
    if any(one.act == Act.EXTEND.value and one.number > since for one in answers):
        raise DecisionError(Note("review.extended_once"))
    if now > request.due:
        raise DecisionError(Note("review.extended_late"))
