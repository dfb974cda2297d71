"""What is looked at in every answered form, whichever way it comes: its status, its date, and each of its answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import Any

import orjson

from cds_service.dtr.errors import DtrError, DtrIssue, Fault
from cds_service.dtr.response_header import Head
from fhir_mappings.clinical.dates import span
from fhir_mappings.forms.form import Form
from fhir_mappings.offers.offered import NOTHING_OFFERED, Offered
from fhir_mappings.questionnaires.adaptive_response import issue_in, without_issue
from fhir_mappings.questionnaires.response import AnswersError
from fhir_mappings.questionnaires.response_answers import Answers, read_answers
from fhir_mappings.r4.instants import instant
from fhir_mappings.wording import Wording
from policies.model.dates import CallDay

Json = dict[str, Any]
_OURS = frozenset({"carried", "proposed"})
"""Members of a response that only what we keep has: who sends them says nothing by them."""
_STATUSES = frozenset({"in-progress", "completed", "amended", "entered-in-error", "stopped"})


@dataclass(frozen=True, slots=True)
class Intake:
    """How what comes is read: how deep its JSON may be nested, which day it is, by how much a clock may be ahead."""

    max_depth: int
    leeway_seconds: int
    today: Callable[[], CallDay]

    def latest_moment(self) -> datetime:
        """Return the last moment that is not ahead of the clock; a day that is pinned ahead lasts until its end."""
        now, today = datetime.now(UTC), self.today()
        if today > now.astimezone().date():
            now = datetime.combine(today + timedelta(days=1), time(), UTC)
        return now + timedelta(seconds=self.leeway_seconds)


class Issue(Enum):
    """What a person said to an authorization number being issued at once."""

    YES = True
    NO = False
    UNSAID = None


def check_status(head: Head, wrong: Fault) -> None:
    """Raise DtrError for a response whose status FHIR does not have; the status is no optional member."""
    if head.status not in _STATUSES:
        raise DtrError(wrong, f"status must be one of {', '.join(sorted(_STATUSES))}")


def check_authored(content: Json, latest: datetime, wrong: Fault) -> None:
    """Raise DtrError for a response that is dated ahead of the clock: no later one could be recognized beside it."""
    written = content.get("authored")
    moment, days = instant(written), span(written) if isinstance(written, str) else None
    day_begins = datetime.combine(days.first, time(), UTC) if days is not None else None
    begins = moment or (day_begins - timedelta(hours=14) if day_begins is not None else None)
    if begins is not None and begins > latest:
        raise DtrError(wrong, "authored lies in the future")


def static_text(content: Json, form: Form, **members: object) -> bytes:
    """Return a response as the static form has it, from which its answers are read now and later."""
    came = {name: part for name, part in without_issue(content).items() if name not in _OURS}
    return orjson.dumps(came | {"questionnaire": form.canonical} | members)


def answers_of(
    text: bytes,
    form: Form,
    say: Wording,
    wrong: Fault = Fault.ANSWER,
    reference: str = "",
    offered: Offered = NOTHING_OFFERED,
) -> Answers:
    """Read the answers of a response to a form; raises DtrError, `wrong` with every fault."""
    try:
        return read_answers(text, {form.canonical: form}, say, reference, offered)
    except AnswersError as error:
        raise DtrError.of(wrong, [DtrIssue(one.text, one.link_id) for one in error.faults]) from None


def check_possible(answers: Answers, wrong: Fault) -> None:
    """Raise DtrError, `wrong` with every number that cannot be, and every answer that another one rules out."""
    faults = (*answers.off_scale, *answers.contradictory)
    if faults:
        raise DtrError.of(wrong, [DtrIssue(one.text, one.link_id) for one in faults])


def issue_of(content: Json, wrong: Fault, say: Wording) -> Issue:
    """Return what an adaptive response says to a number being issued; raises DtrError, `wrong` for no yes or no."""
    try:
        return Issue(issue_in(content, say))
    except AnswersError as error:
        raise DtrError.of(wrong, [DtrIssue(one.text, one.link_id) for one in error.faults]) from None


def not_answered(wrong: Fault, names: Iterable[str], say: Wording) -> DtrError:
    """Return the error that names what is required and not answered, by linkId."""
    return DtrError.of(wrong, [DtrIssue(say("fault.required"), one) for one in names])
