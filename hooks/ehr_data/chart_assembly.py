"""The chart of a call: from its prefetch, from what stands beside the orders, and from what was fetched for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fhir_mappings.chart.assembly import build
from fhir_mappings.chart.chart import Chart, Located
from fhir_mappings.chart.kept_records import Wanted, wanted
from fhir_mappings.chart.resource_decoder import Decoded, decode
from fhir_mappings.r4 import strict_json
from fhir_mappings.r4.references import PatientIdentity, base, local
from fhir_mappings.r4.resources import Resource
from hooks.ehr_data.completeness import Completeness
from hooks.ehr_data.fetch_port import NOTHING, Budget, Fetched, Gap
from hooks.ehr_data.gaps import Lacking, Templates, failed_keys
from hooks.protocol.errors import IdError, Issue
from hooks.protocol.json_fields import ID_RULE
from hooks.request.body import not_json
from hooks.request.call import Call
from policies.terminology.value_sets import Coding

_NONE: frozenset[str] = frozenset()
_ROUNDS = 3
"""A prescription names a product, and that its ingredients; further than that nothing leads."""
NOWHERE = "several servers"
"""The home of a patient of whom a call speaks on several servers: no absolute reference means this one."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The chart of a call as far as it came along, and the gaps in it that can be asked for.

    What is fetched is decoded into `decoded`: a draft is completed once.
    """

    call: Call
    decoded: Decoded
    chart: Chart
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class ChartAssembly:
    """Builds charts; `templates` are the searches for what a call lacks, by the key that would have brought it.

    Without slots: what follows from the templates alone is worked out once.
    """

    observation_codes: frozenset[Coding]
    templates: Mapping[str, str]

    @cached_property
    def _looked_for(self) -> Wanted:
        return wanted(self.observation_codes)

    @cached_property
    def _searches(self) -> Templates:
        return Templates(self.templates)

    def of(self, call: Call, fetched: Fetched = NOTHING) -> Chart:
        """Build the chart from what a call brings and what was fetched for it before."""
        decoded = self._decoded(call, _NONE)
        self._add(call, decoded, fetched)
        return self._lacking(self._built(call, decoded), call, decoded, fetched)

    def draft(self, call: Call) -> Draft:
        """Build the chart from what a call brings, and say what it lacks that its FHIR server could be asked for.

        A key of the prefetch that failed is asked for again, where there is a server to ask.
        """
        failed = failed_keys(call) & self.templates.keys() if call.fhir_server else _NONE
        decoded = self._decoded(call, failed)
        gaps = Lacking(call, self._searches).first(decoded.located, failed) if call.fhir_server else []
        return Draft(call, decoded, self._built(call, decoded), tuple(gaps))

    def undisturbed(self, draft: Draft) -> Chart:
        """Return the chart of a draft for which nothing is asked, with what it lacks."""
        return self._lacking(draft.chart, draft.call, draft.decoded, NOTHING)

    def completed(self, draft: Draft, gaps: Sequence[Gap], budget: Budget) -> tuple[Chart, Fetched]:
        """Ask the client's FHIR server for some gaps of a draft; return the chart, and what was asked.

        What comes back may refer to more (a Medication, its ingredients, the payor of a Coverage): that is asked for in
        further rounds.
        """
        call, decoded = draft.call, draft.decoded
        lacking, asked, fetched = Lacking(call, self._searches), set(draft.gaps), NOTHING
        unread = len(decoded.unreadable)
        with budget.source(call.fhir_server, call.token) as source:
            for _ in range(_ROUNDS):
                had = source.get(gaps)
                self._add(call, decoded, had)
                fetched += had
                referred = lacking.referred(decoded.located) if had.bodies else []
                gaps = [gap for gap in referred if gap not in asked]
                if not gaps:
                    break
                asked.update(gaps)
        # Where nothing came the chart is that of the draft, and knows what is missing.
        chart = self._built(call, decoded) if fetched.bodies else draft.chart
        if not fetched.bodies:
            chart.unreadable[unread:unread] = decoded.unreadable[unread:]
        return self._lacking(chart, call, decoded, fetched), fetched

    def _decoded(self, call: Call, failed: frozenset[str]) -> Decoded:
        """Decode what a call brings; keys that failed are left out, since they are asked for."""
        named = [(f"prefetch.{key}", raw) for key, raw in call.prefetch.values.items() if key not in failed]
        entries = {f"prefetch.{key}": cut for key, cut in call.prefetch.entries.items()}
        wanted_ = self._wanted(call)
        try:
            # The body was looked at for numbers and halves of pairs as a whole, when it was taken apart.
            found = decode(named, wanted_, entries, strict_json.check_members)
            beside, urls = ((one.place, one.raw) for one in call.bundled), {one.place: one.url for one in call.bundled}
            found += decode(beside, wanted_, urls=urls)
        except strict_json.JsonError as error:
            raise not_json(error) from None
        if found.without_id:
            raise IdError(Issue(f"{place}.id: is no id ({ID_RULE})", f"{place}.id") for place in found.without_id)
        return found

    def _wanted(self, call: Call) -> Wanted:
        return self._looked_for.of_site(call.site_codes)

    def _add(self, call: Call, decoded: Decoded, fetched: Fetched) -> None:
        decoded += decode(fetched.bodies, self._wanted(call))
        decoded.unreadable += fetched.missing

    def _lacking(self, chart: Chart, call: Call, decoded: Decoded, fetched: Fetched) -> Chart:
        """Return a chart that was just built, with what it lacks."""
        chart.lacks = Completeness(call, self._searches, fetched).lacks(decoded.located)
        return chart

    def _built(self, call: Call, decoded: Decoded) -> Chart:
        """Build the chart; an order that was taken from the prefetch is no evidence for itself."""
        patients = (one for one in decoded.located if one.resource.resource_type == "Patient")
        urls = frozenset(one.url for one in patients if one.resource.id == call.patient and one.url)
        identity = PatientIdentity(call.patient, home_of(call, decoded.located, urls), urls)
        taken, located = call.asked.prefetched, decoded.located
        if taken:
            located = [one for one in located if one.resource.reference not in taken]
        return build(located, identity, self._looked_for, decoded.unreadable)


def home_of(call: Call, located: Iterable[Located], urls: frozenset[str]) -> str:
    """Return the base URL of the patient's server, empty if nothing says which; `urls` are those of the Patient.

    Another server's patient of the same id is another patient. Where the call names no server, orders and Patient
    come first; without them, what the chart says, as long as it speaks of one server only.
    """
    if call.fhir_server:
        return call.fhir_server
    asked = {base(one.url) for one in call.orders} | {base(url) for url in urls}
    asked |= {base(one) for order in call.orders for one in _owners(order.resource, call.patient)}
    said = asked - {""}
    if not said:
        said = {base(one) for item in located for one in _owners(item.resource, call.patient)} - {""}
    return said.pop() if len(said) == 1 else (NOWHERE if said else "")


def _owners(resource: Resource, patient: str) -> list[str]:
    """Return the references of a resource to a Patient of an id, wherever it lives."""
    named = (resource.subject, resource.patient, resource.beneficiary)
    given = (one.reference for one in named if one is not None and one.reference)
    return [one for one in given if local(one) == ("Patient", patient)]
