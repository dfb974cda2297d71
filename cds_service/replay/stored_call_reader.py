"""A call that was kept, read again as it was answered: with what was fetched for it, and nothing fetched anew."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from cds_service.storage.archive import Kept
from fhir_mappings.chart.chart import Chart
from hooks.coverage_decision.determination_table import Decided
from hooks.discovery import for_call
from hooks.records.stored_call import read_kept
from hooks.request.call import Call
from hooks.response.service import Answering
from policies.model.criteria import RequestKind
from policies.model.dates import CallDay
from policies.model.findings import Finding
from policies.model.own_record import NOTHING_HELD, OwnRecord

_NO_ANSWERS: Mapping[str, Finding] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reread:
    """A kept call, the service that answered it, and the patient's chart as it was then."""

    service: Answering
    call: Call
    chart: Chart

    def decided(
        self,
        kept: Kept,
        answers: Mapping[str, Finding] = _NO_ANSWERS,
        own: OwnRecord = NOTHING_HELD,
        today: CallDay | None = None,
    ) -> Decided | None:
        """Decide the order of a determination again: by its date, and as the kind of request that it was.

        `answers` are what is known of some facts already, by their names; `own` is what was authorized for the member;
        `today` the day of the call, by default the day on which it came. None if the call no longer holds the order.
        """
        settled = replace(own, kind=RequestKind(kept.request)) if kept.request else own
        day = kept.today if today is None else today
        found = self.service.decide(self.call, self.chart, day, {kept.order: settled}, answers, kept.today)
        return next((one for one in found if one.judgement.order.reference == kept.order), None)


def reread(answering: Answering, kept: bytes, tenant: str, came_on: CallDay) -> Reread:
    """Read a kept call, with the site codes that held for its tenant on the day on which it came.

    Raises a CallError if it can no longer be read.
    """
    came = read_kept(kept)
    service = for_call(answering, came.body)
    call = service.read(came.body, came.fetched).of_site(service.site_codes.on(tenant, came_on))
    return Reread(service, call, service.chart(call, came.fetched))
