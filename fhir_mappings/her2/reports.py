"""Reports that name a HER2 test: whatever they say, they are possible evidence and never decide."""

from fhir_mappings.evidence import shows
from fhir_mappings.her2.tests import REFUSED, method_of
from fhir_mappings.matching import find, shown
from fhir_mappings.reading import Reading
from fhir_mappings.standing import Standing, standing
from policies.findings import Evidence, Role
from policies.model import Fact


def reports(reading: Reading, fact: Fact, methods: frozenset[str]) -> tuple[Evidence, ...]:
    """Return the reports and documents of a HER2 test by one of these methods, as possible evidence."""
    tests = reading.codes_of(fact, "tests")
    hits = (
        (document, hit)
        for document in reading.chart.documents
        if standing(document.resource_type, document.status) is Standing.HINTS
        and (hit := find(document.code, tests)) is not None
    )
    return tuple(
        shows(document, reading.say("her2.report", name=shown(document.code, hit[1].display)), hit[0], Role.POSSIBLE)
        for document, hit in hits
        if hit[1].means not in REFUSED and method_of(hit[1].means) in methods
    )
