"""The combination partner (reading 15): one of the payer's drugs, given together with the ordered one."""

from collections.abc import Iterator
from datetime import timedelta

from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.kept_records import GIVINGS
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.disease.diagnoses import Tie
from fhir_mappings.disease.text_mentions import Look, confirming
from fhir_mappings.facts.fhir_kind import FhirKind
from fhir_mappings.meanings.of_words import partner_named
from fhir_mappings.population.drug_logic import TREATMENTS, partner_values
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.therapy.treatments import is_together, treatments
from fhir_mappings.therapy.unlisted_drugs import hints_of
from policies.kinds.treatment import COMBINATION_PARTNER
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note, in_order, together
from policies.terminology.value_sets import DrugSet

_MAIN = "main"


def combination_partner(reading: Reading, fact: Fact) -> Finding:
    """Find a partner that is drafted in the same call, or ordered or taken with a start not long before the order.

    A course that has ended, or began earlier, is no proof. Another chemotherapy disproves nothing: both are shown and
    asked.
    """
    partners = reading.drug_set(str(fact.parameters["drugs"]))
    running = list(_together(reading, reading.days_of(fact, "within_days")))
    found = [(drug, evidence) for drug, evidence in running if drug in partners]
    if found:
        first = next((drug for drug, _ in found), "")
        return Finding.known(first, tuple(evidence for _, evidence in found))
    roles = reading.drug_set(reading.policy.figures.lines.drugs).roles
    others = in_order(as_role((one for drug, one in running if roles.get(drug) == _MAIN), Role.POSSIBLE))
    seen = _seen(reading, partners)
    notes = [Note(key, found=shown) for key, shown in (("partner.other", others), ("partner.seen", seen)) if shown]

    def names_one(sentence: str) -> bool:
        """Return whether a sentence names a drug of the payer's list."""
        return any(one in partners for one in reading.drugs.named_in(sentence))

    return confirming(reading, together(*notes), (*others, *seen), Look(names_one))


def _seen(reading: Reading, partners: DrugSet) -> tuple[Evidence, ...]:
    """Return what speaks of partners at any time: treatments of this disease, hints, and words of orders."""
    own = (one.evidence for one in treatments(reading) if one.drug in partners and one.belongs is not Tie.OTHER)
    hints = hints_of(reading, frozenset(partners.roles))
    return in_order((*as_role(own, Role.POSSIBLE), *hints, *_in_words(reading, partners)))


def _in_words(reading: Reading, partners: DrugSet) -> Iterator[Evidence]:
    """Yield the orders of the call that name a partner in words only."""
    for draft in reading.drafted_in_words:
        if draft.drug in partners:
            summary = Note("unlisted.evidence", words=draft.words, status=draft.status)
            yield Evidence(draft.reference, summary, draft.written, role=Role.POSSIBLE)


def _together(reading: Reading, days: int) -> Iterator[tuple[str, Evidence]]:
    """Yield the drugs beside the order with their evidence, drafted ones first."""
    for draft in reading.drafted:
        name = reading.drugs.by_id[draft.drug].name
        summary = Note("partner.drafted", drug=name)
        yield draft.drug, Evidence(draft.reference, summary, draft.written)
    earliest = reading.as_of - timedelta(days=days)
    beside = [one for one in treatments(reading) if one.first_day >= earliest and is_together(reading, one, days)]
    for one in sorted(beside, key=lambda one: (one.drug, one.evidence.date, one.evidence.reference)):
        yield one.drug, one.evidence


RECORDS = (
    FhirKind(
        COMBINATION_PARTNER,
        combination_partner,
        GIVINGS | {"Medication"},
        means=partner_named,
        logic=PopulationLogic(partner_values, TREATMENTS),
    ),
)
