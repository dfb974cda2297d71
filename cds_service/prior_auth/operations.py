"""What prior authorization offers over the forms and the store of a service, whatever carries it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from cds_service.database.leases import Lease
from cds_service.dtr.answered_form import AnsweredForms
from cds_service.notifications.outbox import Sending, Subscribing
from cds_service.prior_auth.answers import Writing
from cds_service.prior_auth.attachments import Attaching
from cds_service.prior_auth.cases_for_review import CasesForReview
from cds_service.prior_auth.decisions import Decisions
from cds_service.prior_auth.inquiries import Inquiries
from cds_service.prior_auth.item_decisions import ItemDecisions
from cds_service.prior_auth.request_judgement import Judging
from cds_service.prior_auth.request_lists import RequestLists
from cds_service.prior_auth.submission import Submission
from cds_service.register.register import SqlRegister
from cds_service.requests_on_file.notices import SqlNotices
from cds_service.requests_on_file.store import PriorAuthStore
from cds_service.storage.archive import Archive
from cds_service.storage.tables import LEASES
from hooks.response.service import Answering
from policies.model.dates import CallDay

_LEASE_MINUTES = 2
BASE = "/fhir/pas"
"""Where this version of PAS is spoken; another one would get a base of its own (conf-1)."""


@dataclass(frozen=True, slots=True)
class PriorAuth:
    """The operations of one service."""

    submission: Submission
    attaching: Attaching
    inquiries: Inquiries
    decisions: Decisions
    cases: CasesForReview
    lists: RequestLists
    subscribing: Subscribing
    sending: Sending
    store: PriorAuthStore

    @classmethod
    def of(
        cls,
        service: Answering,
        forms: AnsweredForms,
        archive: Archive,
        own_servers: Mapping[str, tuple[str, ...]] | None,
        endpoints: Mapping[str, tuple[str, ...]] | None,
        *,
        administrative_denials: bool,
    ) -> "PriorAuth":
        """Put the operations together; `own_servers` and `endpoints` are of each tenant's clients."""
        engine, say, base_url = archive.engine, service.say.uncited, service.payer.base_url
        store, register, writing = PriorAuthStore(engine), SqlRegister(engine), Writing(f"{base_url}{BASE}")
        depth, now = forms.intake.max_depth, clock(service.today)
        judging = Judging(service, register, archive, forms, own_servers)
        deciding = ItemDecisions(say, service.judge.catalogue.drugs, administrative_denials)
        subscribing = Subscribing(SqlNotices(engine), endpoints, now, depth)
        sending = Sending(subscribing, store, _lease(engine), writing.base_url)
        submission = Submission(judging, deciding, writing, store, say, depth, now)
        attaching = Attaching(store, writing, forms, base_url, depth, now)
        decisions = Decisions(store, archive, register, writing, service, say, now)
        inquiries, cases = Inquiries(store, writing, depth), CasesForReview(store, archive, say)
        lists = RequestLists(store)
        return cls(submission, attaching, inquiries, decisions, cases, lists, subscribing, sending, store)


def _lease(engine: Engine) -> Lease:
    """Return what one process holds while it sends."""
    return Lease(engine, LEASES, "pa-notices", _LEASE_MINUTES)


def clock(today: Callable[[], CallDay]) -> Callable[[], datetime]:
    """Return what tells the time; where the day of every decision is pinned, the time of day on that day.

    The payer's day is that of its time zone, which begins hours before or after that of UTC: it is no pinned one.
    """

    def now() -> datetime:
        at, day = datetime.now(UTC), today()
        is_pinned = abs(day.toordinal() - at.date().toordinal()) > 1
        return datetime.combine(day, at.timetz()) if is_pinned else at

    return now
