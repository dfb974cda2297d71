"""A call that was kept, read again as it was answered: with what was fetched for it, and nothing fetched anew."""

from dataclasses import dataclass

from fhir_mappings.chart import Chart
from hooks.answering import Answering
from hooks.call import Call
from hooks.keeping import read_kept
from hooks.services import for_call


@dataclass(frozen=True, slots=True)
class Reread:
    """A kept call, the service that answered it, and the patient's chart as it was then."""

    service: Answering
    call: Call
    chart: Chart


def reread(answering: Answering, kept: bytes) -> Reread:
    """Read a kept call; raises a CallError if it can no longer be read."""
    came = read_kept(kept)
    service = for_call(answering, came.body)
    call = service.read(came.body, came.fetched)
    return Reread(service, call, service.chart(call, came.fetched))
