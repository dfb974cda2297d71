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
    notes = []
    if found.recurrent:
        notes.append(reading.say("extent.recurrent", found=listed(found.recurrent)))
    if found.possible:
        notes.append(reading.say("extent.possible", found=listed(found.possible)))
    if found.unread:
        notes.append(reading.say("extent.unread", found=listed(found.unread)))
    if notes:
        return Finding.unknown(" ".join(notes), (*found.recurrent, *found.possible, *found.unread))
    return reading.silence()
