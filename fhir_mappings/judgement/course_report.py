"""What the chart says against a course that is authorized: it was stopped, it progressed, it was not tolerated.

None of it takes an authorization back. It is reported to the payer's reviewer.
"""

from collections.abc import Iterator

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.findings.gathered import gather
from fhir_mappings.therapy.ordered_drug import own_records
from policies.kinds.registry import KINDS
from policies.model.determination import Authorization
from policies.model.findings import Evidence


def course_report(reading: Reading) -> tuple[Evidence, ...]:
    """Return what speaks against the course under the newest authorization of the member; empty without one."""
    held = reading.own.held
    if held is None:
        return ()
    named = (reading.policy.fact_of_kind(kind) for kind in KINDS.values() if kind.against_course)
    findings = gather(reading, [fact for fact in named if fact is not None])
    stated = (item for found in findings.values() if found.value is True for item in found.counted)
    return tuple(dict.fromkeys((*_stopped(reading, held), *stated)))


def _stopped(reading: Reading, held: Authorization) -> Iterator[Evidence]:
    """Yield the records of the drug that were stopped, unless they are surely of a course before the authorization."""
    for one in own_records(reading):
        day = one.end or one.start
        if one.record.status == "stopped" and (day is None or day.last >= held.start):
            yield one.evidence
