"""The extent of the disease as a finding."""

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.disease.disease_extent import extent
from fhir_mappings.disease.text_mentions import Look, confirming
from policies.model.findings import Finding
from policies.model.notes import Note, together
from policies.model.policy import Fact

METASTATIC = "metastatic"


def disease_extent(reading: Reading, fact: Fact) -> Finding:
    """Read the extent: metastatic if proven; recurrence and doubtful sites are shown and asked.

    No verified code says "unresectable", so that a chart alone never proves recurrent unresectable disease, and no code
    proves that there is no metastasis.
    """
    found = reading.once(extent)
    if found.metastatic:
        return Finding.known(METASTATIC, tuple(proof.evidence for proof in found.metastatic))
    seen = (
        ("extent.recurrent", found.recurrent),
        ("extent.locally_advanced", found.locally_advanced),
        ("extent.possible", found.possible),
        ("extent.lower", found.lower),
        ("extent.unread", found.unread),
    )
    note = together(*[Note(key, found=tuple(evidence)) for key, evidence in seen if evidence])
    possible = tuple(one for _, evidence in seen for one in evidence)
    return confirming(
        reading, note, possible, Look(kind="disease_extent", codes=reading.codes_of(fact, "secondary"), conditions=True)
    )
