"""The chart of a call: from its prefetch, from what stands beside the orders, and from what was fetched for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from fhir_mappings.chart.chart import Chart, Wanted, build, wanted
from fhir_mappings.chart.resource_decoder import Decoded, decode
from fhir_mappings.r4 import strict_json
from fhir_mappings.r4.references import PatientIdentity
from hooks.ehr_data.completeness import Completeness
from hooks.ehr_data.failed_prefetch import failed_keys
from hooks.ehr_data.fetch_port import NOTHING, Budget, Fetched
from hooks.ehr_data.gaps import Lacking, of_coverage
from hooks.ehr_data.home_server import home_of
from hooks.protocol.errors import IdError, Issue
from hooks.protocol.json_fields import ID_RULE
from hooks.request.body import not_json
from hooks.request.call import Call
from policies.terminology.value_sets import Coding

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Charting:
    """Builds charts; `templates` are the searches for what a call lacks, by the key that would have brought it."""

    observation_codes: frozenset[Coding]
    templates: Mapping[str, str]

    def of(self, call: Call, fetched: Fetched = NOTHING) -> Chart:
        """Build the chart from what a call brings and what was fetched for it before."""
        decoded = self._decoded(call, _NONE)
        self._add(decoded, fetched)
        return self._built(call, decoded, fetched)

    def completed(self, call: Call, budget: Budget, matters: Callable[[Chart], bool]) -> tuple[Chart, Fetched]:
        """Build the chart, and ask the client's FHIR server for what the call lacks; returns what was asked, too.

        Clinical data is asked for only if it `matters`, as far as the chart tells so far. What comes back may refer to
        more (a Medication, the payor of a Coverage): that is asked for in a second round.
        """
        failed = failed_keys(call) & self.templates.keys() if call.fhir_server else _NONE
        decoded = self._decoded(call, failed)
        chart = self._built(call, decoded, NOTHING)
        lacking = Lacking(call, self.templates)
        gaps = lacking.first(decoded.located, failed) if call.fhir_server else []
        asked = gaps if not gaps or matters(chart) else of_coverage(gaps)
        if not asked:
            return chart, NOTHING
        with budget.source(call.fhir_server, call.token) as source:
            fetched = source.get(asked)
            self._add(decoded, fetched)
            more = [gap for gap in lacking.referred(decoded.located) if gap not in gaps] if fetched.bodies else []
            second = source.get(more) if more else NOTHING
        self._add(decoded, second)
        whole = fetched + second
        return self._built(call, decoded, whole), whole

    def _wanted(self) -> Wanted:
        return wanted(self.observation_codes)

    def _decoded(self, call: Call, failed: frozenset[str]) -> Decoded:
        """Decode what a call brings; keys that failed are left out, since they are asked for."""
        named = [(f"prefetch.{key}", raw) for key, raw in call.prefetch.values.items() if key not in failed]
        named += [(one.place, one.raw) for one in call.bundled]
        entries = {f"prefetch.{key}": cut for key, cut in call.prefetch.entries.items()}
        try:
            found = decode(named, self._wanted(), entries)
        except strict_json.JsonError as error:
            raise not_json(error) from None
        if found.without_id:
            raise IdError(Issue(f"{place}.id: is no id ({ID_RULE})", f"{place}.id") for place in found.without_id)
        return found

    def _add(self, decoded: Decoded, fetched: Fetched) -> None:
        found = decode(fetched.bodies, self._wanted())
        decoded.located += found.located
        decoded.unreadable += [*found.unreadable, *fetched.missing]

    def _built(self, call: Call, decoded: Decoded, fetched: Fetched) -> Chart:
        """Build the chart, with what it lacks; an order that was taken from the prefetch is no evidence for itself."""
        patients = (one for one in decoded.located if one.resource.resource_type == "Patient")
        urls = frozenset(one.url for one in patients if one.resource.id == call.patient and one.url)
        identity = PatientIdentity(call.patient, home_of(call, decoded.located, urls), urls)
        taken, located = call.asked.prefetched, decoded.located
        if taken:
            located = [one for one in located if one.resource.reference not in taken]
        chart = build(located, identity, self.observation_codes, decoded.unreadable)
        return replace(chart, lacks=Completeness(call, self.templates, fetched).lacks(decoded.located))
