"""The extent of the disease as a finding."""

from fhir_mappings.evidence import listed
from fhir_mappings.extent import extent
from fhir_mappings.reading import Reading
from policies.findings import Finding
from policies.model import Fact

METASTATIC = "metastatic"


def disease_extent(reading: Reading, _: Fact) -> Finding:
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
        ("extent.unread", found.unread),
    )
    notes = [reading.say(key, found=listed(evidence)) for key, evidence in seen if evidence]
    if notes:
        return Finding.unknown(" ".join(notes), tuple(one for _, evidence in seen for one in evidence))
    return reading.silence()
