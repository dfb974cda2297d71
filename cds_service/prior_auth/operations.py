"""What prior authorization offers over the forms and the store of a service, whatever carries it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cds_service.dtr.answered_form import AnsweredForms
from cds_service.prior_auth.answering import Writing
from cds_service.prior_auth.item_decisions import ItemDecisions
from cds_service.prior_auth.judging import Judging
from cds_service.prior_auth.submission import Submission
from cds_service.storage.archive import Archive
from cds_service.storage.prior_auth_store import PriorAuthStore
from cds_service.storage.register import SqlRegister
from hooks.response.service import Answering
from policies.model.dates import CallDay

BASE = "/fhir/pas"
"""Where this version of PAS is spoken; another one would get a base of its own (conf-1)."""


@dataclass(frozen=True, slots=True)
class PriorAuth:
    """The operations of one service."""

    submission: Submission
    store: PriorAuthStore

    @classmethod
    def of(
        cls,
        service: Answering,
        forms: AnsweredForms,
        archive: Archive,
        own_servers: Mapping[str, tuple[str, ...]] | None,
        *,
        administrative_denials: bool,
    ) -> "PriorAuth":
        """Put the operations together; `own_servers` are those of each tenant's clients, None in open mode."""
        engine = archive.engine
        judging = Judging(service, SqlRegister(engine), archive, forms, own_servers)
        deciding = ItemDecisions(service.say, service.judge.catalogue.drugs, administrative_denials)
        store = PriorAuthStore(engine)
        writing = Writing(f"{service.payer.base_url}{BASE}")
        depth, now = forms.intake.max_depth, clock(service.today)
        return cls(Submission(judging, deciding, writing, store, service.say, depth, now), store)


def clock(today: Callable[[], CallDay]) -> Callable[[], datetime]:
    """Return what tells the time: the time of day now, on the day of every decision (which can be pinned)."""
    return lambda: datetime.combine(today(), datetime.now(UTC).timetz())
