"""The extent of the disease as a finding."""

from types import MappingProxyType

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.disease.disease_extent import extent
from fhir_mappings.disease.text_mentions import Look, confirming
from fhir_mappings.facts.fhir_kind import FhirKind
from fhir_mappings.meanings.of_words import extent_by_words
from fhir_mappings.population import phrases
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.phrases import Codes, answer
from fhir_mappings.sketches import conditions, stages
from policies.kinds.disease import DISEASE_EXTENT, METASTATIC
from policies.model.criteria import Fact
from policies.model.findings import Finding
from policies.model.notes import Note, together


def disease_extent(reading: Reading, fact: Fact) -> Finding:
    """Read the extent: metastatic if proven; recurrence and doubtful sites are shown and asked.

    No verified code says "unresectable", so that a chart alone never proves recurrent unresectable disease, and no code
    proves that there is no metastasis.
    """
    found = extent(reading)
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
        reading,
        note,
        possible,
        Look(kind=DISEASE_EXTENT.name, codes=reading.codes_of(fact, "secondary"), conditions=True),
    )


def _values(codes: Codes, fact: Fact) -> dict[str, str]:
    return {
        "metastatic": answer(METASTATIC),
        "stage_tests": phrases.listed(codes.members(fact, "stage_tests", "stage", "m")),
        "fourth": phrases.listed(codes.members(fact, "stages", "iv", "m1")),
        "distant": phrases.listed(codes.members(fact, "secondary", "distant")),
        "secondary": phrases.listed(codes.members(fact, "secondary")),
    }


RECORDS = (
    FhirKind(
        DISEASE_EXTENT,
        disease_extent,
        frozenset({"Condition", "Observation"}),
        means=extent_by_words,
        logic=PopulationLogic(_values),
        draws=MappingProxyType({"metastasis": conditions.metastasis, "stage": stages.stage}),
    ),
)
