"""Drugs of a class that are taken now: ordered and active, or being taken, on the order's day."""

from collections.abc import Iterable
from decimal import Decimal

from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.disease.text_mentions import Look, confirming
from fhir_mappings.facts.fhir_kind import FhirKind
from fhir_mappings.meanings.of_words import drug_was_given
from fhir_mappings.population.drug_logic import TREATMENTS
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.record_logic import current_values, is_plain_current
from fhir_mappings.therapy.treatments import TAKEN, Treatment, treatments
from fhir_mappings.therapy.unlisted_drugs import hints_of
from policies.kinds.trials import CURRENT_DRUG
from policies.model.criteria import Fact
from policies.model.findings import Finding, Role
from policies.model.notes import Note

OPEN_ENDED = frozenset({"MedicationStatement", "MedicationRequest"})
"""Records that tell of a whole course, and often not when it ended."""
TYPES = frozenset({"MedicationAdministration", "MedicationDispense", "MedicationStatement", "MedicationRequest"})


def drug_class(reading: Reading, fact: Fact) -> Iterable[str]:
    """Return the drugs of the class, without the ordered one."""
    own = reading.policy.figures.product.drug
    return [one for one in reading.drug_set(str(fact.parameters["drugs"])).roles if one != own]


def look_for(reading: Reading, fact: Fact) -> Look:
    """Return what finds the drugs of the class where they are named in words only."""
    drugs = reading.drugs.holding(frozenset(drug_class(reading, fact)))
    return Look(lambda sentence: not drugs.isdisjoint(reading.drugs.named_in(sentence)))


def current_drug(reading: Reading, fact: Fact) -> Finding:
    """Return yes for a drug of the class that is ordered and active, or being taken, on the order's day."""
    drugs = frozenset(drug_class(reading, fact))
    known = [one for one in treatments(reading) if one.drug in drugs]
    running = [one for one in known if _runs(reading, fact, one)]
    if running:
        found = tuple(one.evidence._replace(role=Role.FOR) for one in running)
        return Finding.yes(found, Note("current.taken", found=found))
    seen = as_role((one.evidence for one in known), Role.POSSIBLE)
    hinted = hints_of(reading, drugs)
    note = Note("current.earlier", found=(*seen, *hinted)) if seen or hinted else ""
    return confirming(reading, note, (*seen, *hinted), look_for(reading, fact))


def _runs(reading: Reading, fact: Fact, one: Treatment) -> bool:
    if one.record.kind not in OPEN_ENDED or one.record.status not in TAKEN[one.record.kind]:
        return False
    if one.end is not None and one.end.first < reading.as_of:
        return False
    return _is_of_time(reading, fact, one) and _is_dosed(fact, one)


def _is_of_time(reading: Reading, fact: Fact, one: Treatment) -> bool:
    """Return whether a record surely began as long ago, and as recently, as a fact asks."""
    least, most = fact.parameters.get("at_least_days"), fact.parameters.get("within_days")
    if least is None and most is None:
        return True
    if one.start is None:
        return False
    nearest, farthest = one.start.days_before(reading.as_of)
    long_enough = not isinstance(least, int) or nearest >= least
    return long_enough and (not isinstance(most, int) or farthest <= most)


def _is_dosed(fact: Fact, one: Treatment) -> bool:
    """Return whether a record has the daily dose that a fact asks for."""
    wanted, daily = fact.parameters.get("at_least_mg_a_day"), one.record.daily_mg
    return not isinstance(wanted, int | Decimal) or (daily is not None and daily >= wanted)


RECORDS = (
    FhirKind(
        CURRENT_DRUG,
        current_drug,
        TYPES | {"Medication"},
        means=drug_was_given,
        logic=PopulationLogic(current_values, TREATMENTS, serves=is_plain_current),
    ),
)
