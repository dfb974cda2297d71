"""Whose a drug is, where the record itself does not say: the table drug -> diseases (reading 10 of the payer).

Another disease on file makes a drug doubtful only if the drug is used for it too: docetaxel by a lung cancer,
lenalidomide by a myelodysplastic syndrome; never trastuzumab by a colon cancer, or bortezomib by a breast cancer.
"""

from collections.abc import Iterator

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.concept_match import find
from fhir_mappings.chart.policy_chart import Reading, known_to_policy, once, once_for_each
from fhir_mappings.clinical.records import DiagnosisRecord
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Concept, Named, texts_of
from fhir_mappings.disease.diagnoses import Tie, diagnoses, icd10_codes

UNKNOWN = ""
"""Stands among the other diseases for a cancer of which the table does not say what it is."""


@once
def other_diseases(reading: Reading) -> frozenset[str]:
    """Return the diseases on file, beside the policy's own, that a treatment may have been for."""
    return frozenset(_others(reading)) - {reading.policy.disease}


def _others(reading: Reading) -> Iterator[str]:
    cancers = diagnoses(reading).other_cancers
    for condition in cancers:
        yield from diseases_of(reading, condition.code) or {UNKNOWN}
    marked = {id(condition) for condition in cancers}
    for condition in admitted(reading).on_file.diagnoses:
        is_own = find(condition.code, reading.disease) is not None
        if id(condition) not in marked and not is_own and _stands(condition):
            yield from (one for one in diseases_of(reading, condition.code) if not _is_cancer(reading, one))


def diseases_of(reading: Reading, concept: Concept | None) -> frozenset[str]:
    """Return the diseases of the drug table that a concept is: by its ICD-10 codes, else by its words."""
    return _diseases_of(reading, (concept.coding, concept.text)) if concept is not None else frozenset()


@known_to_policy(texts_of)
def _diseases_of(reading: Reading, named: Named) -> frozenset[str]:
    concept, known = Concept(*named), reading.drugs.diseases
    return known.coded(icd10_codes(reading, concept)) or known.named_in(" ".join(concept.words))


def _stands(condition: DiagnosisRecord) -> bool:
    return condition.standing in (Standing.PROVES, Standing.HINTS) and not condition.is_over


def _is_cancer(reading: Reading, disease: str) -> bool:
    """Return whether a disease of the table is a cancer: those are distinguished from their metastases elsewhere."""
    return any(code.startswith("C") for code in reading.drugs.diseases.by_id[disease].icd10)


@once_for_each
def tie_by_use(reading: Reading, name: str) -> Tie:
    """Return whose a drug (by its name in the drug table) is that no reason on its record assigns.

    A drug whose uses the table does not say is doubtful beside any other cancer. One that is used for another disease
    on file, and not for the policy's, belongs to the other.
    """
    drug, others = reading.drugs.by_id[name], other_diseases(reading)
    if not others:
        return Tie.OWN
    if not drug.used_for:
        return Tie.OPEN if diagnoses(reading).other_cancers else Tie.OWN
    diseases = reading.drugs.diseases
    own = diseases.is_used_for(drug.used_for, reading.policy.disease)
    shared = any(one != UNKNOWN and diseases.is_used_for(drug.used_for, one) for one in others)
    if not own:
        return Tie.OTHER if shared else Tie.OPEN
    only_own = drug.used_for == (reading.policy.disease,)
    return Tie.OPEN if shared or (UNKNOWN in others and not only_own) else Tie.OWN
