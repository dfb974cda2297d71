"""Lists of statuses in the logic, from the same table as the mapping's. Source: `fhir_mappings.r4.status_rules`."""

from collections.abc import Iterable

from fhir_mappings.clinical.standings import Standing
from fhir_mappings.population.phrases import texts
from fhir_mappings.r4.status_rules import NOT_ORDERS, STANDING
from fhir_mappings.therapy.treatments import TAKEN

_OBSERVATION = frozenset(
    {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"}
)
"""The statuses of an Observation (FHIR R4, required binding)."""


_CATEGORIES = frozenset(
    {"laboratory", "vital-signs", "exam", "survey", "imaging", "procedure", "social-history", "therapy", "activity"}
    | {"problem-list-item", "encounter-diagnosis", "health-concern", "LAB", "PAT", "SP", "GE"}
)
"""The categories of results and diagnoses, by FHIR's codes and by sections of HL7's, that turn nothing round."""
_CATEGORY_WORDS = frozenset({"pathology", "surgical pathology", "genetics", "problem"})


def categories() -> dict[str, str]:
    """Return the categories that turn nothing round: their codes, and the words beside them in lower case."""
    words = _CATEGORY_WORDS.union(one.lower().replace("-", " ") for one in _CATEGORIES)
    return {"category_codes": _listed(_CATEGORIES), "category_words": _listed(words)}


def _of(kind: str, *said: Standing) -> frozenset[str]:
    return frozenset(status for (one, status), standing in STANDING.items() if one == kind and standing in said)


def _listed(statuses: Iterable[str]) -> str:
    return texts(sorted(statuses))


def observed() -> dict[str, str]:
    """Return the statuses of results that count, of those that do not, and of these the ones that are not withdrawn."""
    final = _of("Observation", Standing.PROVES)
    pending = _OBSERVATION - final - {"cancelled", "entered-in-error"}
    return {"final": _listed(final), "not_counted": _listed(_OBSERVATION - final), "pending": _listed(pending)}


def treated() -> dict[str, str]:
    """Return the statuses under which a record says that a drug was given, or runs; and what is no order."""
    given = (Standing.PROVES, Standing.WEAKLY)
    return {
        "administered": _listed(_of("MedicationAdministration", *given)),
        "stated": _listed(_of("MedicationStatement", *given)),
        "dispensed": _listed(_of("MedicationDispense", *given)),
        "requested": _listed(_of("MedicationRequest", *given)),
        "active_requests": _listed(TAKEN["MedicationRequest"]),
        "active_statements": _listed(TAKEN["MedicationStatement"]),
        "not_orders": _listed(NOT_ORDERS),
    }
