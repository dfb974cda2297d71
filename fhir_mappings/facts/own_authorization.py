"""Whether the payer authorized the ordered drug for this member before: its own record, which no chart can change."""

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.facts.fhir_kind import FhirKind
from policies.kinds.treatment import OWN_AUTHORIZATION
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Origin
from policies.model.notes import Note


def own_authorization(reading: Reading, fact: Fact) -> Finding:
    """Read the payer's own record of the member; without an authorization there, that there is none is known."""
    held = reading.own.held
    if held is None:
        note = Note("own.none", drug=reading.policy.title)
        return Finding.known(fact.silent.value is True, note=note, origin=Origin.POLICY)
    summary = Note("own.evidence", number=held.number, start=held.start, end=held.end)
    shown = Evidence(f"authorization {held.number}", summary, held.start.isoformat())
    return Finding.known(value=True, evidence=(shown,), origin=Origin.POLICY)


RECORDS = (FhirKind(OWN_AUTHORIZATION, own_authorization, frozenset()),)
