"""The course of a prior authorization request: when it came, how it stands, and each answer by its act and codes.

All of it stands in the clear: it can be reported also where the key of what was asked for was destroyed.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from cds_service.database.transactions import reading
from cds_service.requests_on_file.kept_requests import in_utc
from cds_service.requests_on_file.tables import ANSWERS, REQUESTS

_REQUESTS = select(REQUESTS.c.id, REQUESTS.c.kind, REQUESTS.c.state, REQUESTS.c.expedited, REQUESTS.c.submitted)
_STEPS = (
    select(ANSWERS.c.request_id, ANSWERS.c.at, ANSWERS.c.act, ANSWERS.c.codes)
    .join_from(ANSWERS, REQUESTS, ANSWERS.c.request_id == REQUESTS.c.id)
    .order_by(ANSWERS.c.request_id, ANSWERS.c.number)
)


@dataclass(frozen=True, slots=True)
class Step:
    """An answer: when, by which act, with which actions on the items (X12 306)."""

    at: datetime
    act: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """The course of one request; `answers` in their order."""

    request: str
    kind: str
    state: str
    expedited: bool
    submitted: datetime
    answers: tuple[Step, ...]


def courses(engine: Engine, since: datetime, until: datetime) -> tuple[Course, ...]:
    """Return the courses of the requests that were submitted in a time, the oldest first; raises StoreError."""
    within = REQUESTS.c.submitted >= since, REQUESTS.c.submitted < until
    with reading(engine) as connection:
        requests = connection.execute(_REQUESTS.where(*within).order_by(REQUESTS.c.submitted, REQUESTS.c.id)).all()
        rows = connection.execute(_STEPS.where(*within)).all()
    steps: dict[str, list[Step]] = {}
    for one in rows:
        steps.setdefault(one.request_id, []).append(Step(in_utc(one.at), one.act, tuple(one.codes.split())))
    return tuple(
        Course(one.id, one.kind, one.state, one.expedited, in_utc(one.submitted), tuple(steps.get(one.id, ())))
        for one in requests
    )
