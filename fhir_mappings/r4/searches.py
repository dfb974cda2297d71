"""What is read of a record system: each type of resource, how FHIR R4 searches for it, and what comes along with it.

One table for what a client is asked to send, what is fetched, and what a form asks of an app (`docs/fetching.md`).
Source: FHIR R4, the search parameters of each type; US Core, which of them servers have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from fhir_mappings.r4.elements import Reference, ingredients, references
from fhir_mappings.r4.resources import Resource


class Use(Enum):
    """What a type is read for: with every call, for facts, as claims of the record, as answers to our forms."""

    COVERAGE = auto()
    CHART = auto()
    CLAIMS = auto()
    FORMS = auto()


@dataclass(frozen=True, slots=True)
class Search:
    """How the resources of a type are had for one patient.

    `key` is its name in a prefetch, `by` the parameter that takes the patient (none: it is the patient, and is read),
    `only` a further parameter, `includes` what the matches name and what has to come along. `codes` takes what the
    search is narrowed by: the codes of tests, the canonical URLs of our forms. What stands in the types of `holds` can
    stand inside this one, too. `names_drugs` marks records of a product.
    """

    kind: str
    key: str
    use: Use = Use.CHART
    by: str = "patient"
    only: str = ""
    includes: tuple[str, ...] = ()
    codes: str = ""
    holds: frozenset[str] = frozenset()
    names_drugs: bool = False

    def query(self, patient: str, codes: str = "") -> str:
        """Return the search, or the read, for a patient; `codes` narrow it, where it can be narrowed."""
        if not self.by:
            return f"{self.kind}/{patient}"
        by = f"{self.by}=Patient/{patient}" if self.by == "subject" else f"{self.by}={patient}"
        coded = f"{self.codes}={codes}" if self.codes and codes else ""
        further = (self.only, *(f"_include={self.kind}:{one}" for one in self.includes), coded)
        return "&".join((f"{self.kind}?{by}", *filter(None, further)))


def _of_drugs(kind: str, key: str) -> Search:
    return Search(kind, key, includes=("medication",), names_drugs=True)


SEARCHES = (
    Search("Patient", "patient", Use.COVERAGE, by=""),
    Search("Coverage", "coverage", Use.COVERAGE, only="status=active", includes=("payor",)),
    Search("Condition", "conditions"),
    _of_drugs("MedicationRequest", "medicationRequests"),
    _of_drugs("MedicationAdministration", "medicationAdministrations"),
    _of_drugs("MedicationDispense", "medicationDispenses"),
    _of_drugs("MedicationStatement", "medicationStatements"),
    Search("Procedure", "procedures"),
    Search("Immunization", "immunizations"),
    # `code` does not find a code that stands in a component; `combo-code` finds both.
    Search("Observation", "observations", includes=("specimen", "has-member"), codes="combo-code"),
    Search("DiagnosticReport", "diagnosticReports", holds=frozenset({"Observation"})),
    Search("DocumentReference", "documentReferences"),
    Search("ImagingStudy", "imagingStudies"),
    Search("AdverseEvent", "adverseEvents", by="subject"),
    Search("ExplanationOfBenefit", "claims", Use.CLAIMS),
    Search(
        "QuestionnaireResponse",
        "questionnaireResponses",
        Use.FORMS,
        only="status=completed,amended",
        codes="questionnaire",
    ),
)
"""Every type that is searched for, in the order of discovery."""

DRUG_RECORDS = tuple(sorted(one.kind for one in SEARCHES if one.names_drugs))
"""The types that say which product was ordered, dispensed, given or taken."""
FOLLOWED = frozenset({"Medication", "Organization", "Substance", "Specimen", "Observation"})
"""The types that are read by a reference to them: products, payors, ingredients, samples, members of a panel."""


def searches(kinds: Iterable[str], uses: Iterable[Use]) -> Iterator[Search]:
    """Yield the searches for these uses that are needed where facts rest on these types, in the order of the table."""
    needed, wanted = frozenset(kinds), frozenset(uses)
    for one in SEARCHES:
        is_needed = one.use is not Use.CHART or one.kind in needed or bool(one.holds & needed)
        if one.use in wanted and is_needed:
            yield one


def named_by(resources: Iterable[Resource]) -> Iterator[tuple[str, Reference]]:
    """Yield what resources refer to that is read with them, each with the types that it must be of, by a bar."""
    for one in resources:
        if one.medication_reference is not None and one.medication_codeable_concept is None:
            yield "Medication", one.medication_reference
        for payor in one.payor:
            yield "Organization", payor
        if one.resource_type == "Medication":
            parts = (part.item_reference for part in ingredients(one.ingredient))
            yield from (("Substance|Medication", part) for part in parts if part is not None)
        if one.resource_type == "Observation" and (one.specimen or one.has_member):
            yield from (("Specimen", named) for named in references(one.specimen))
            yield from (("Observation", named) for named in one.has_member)
