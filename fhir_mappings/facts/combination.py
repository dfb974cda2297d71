"""The combination partner (reading 15): one of the payer's drugs, given together with the ordered one."""

from collections.abc import Iterator

from fhir_mappings.evidence import as_role, listed
from fhir_mappings.reading import Reading
from fhir_mappings.treatments import is_together, treatments
from policies.findings import Evidence, Finding, Role
from policies.model import Fact


def combination_partner(reading: Reading, fact: Fact) -> Finding:
    """Find a partner that is drafted in the same call, or ordered or taken with a start not long before the order.

    A course that has ended, or began earlier, is no proof. Another chemotherapy disproves nothing: it is shown and asked.
    """
    partners = reading.drug_set(str(fact.parameters["drugs"]))
    days = reading.days_of(fact, "within_days")
    found = {drug: evidence for drug, evidence in _together(reading, days) if drug in partners}
    if found:
        return Finding.known(next(iter(found)), tuple(found.values()))
    line_drugs = reading.drug_set(reading.policy.figures.lines.drugs)
    others = as_role(
        (one for drug, one in _together(reading, days) if line_drugs.roles.get(drug) == "main"), Role.POSSIBLE
    )
    if others:
        return Finding.unknown(reading.say("partner.other", found=listed(others)), others)
    return reading.silence()


def _together(reading: Reading, days: int) -> Iterator[tuple[str, Evidence]]:
    for draft in reading.drafted:
        name = reading.drugs.by_id[draft.drug].name
        summary = reading.say("partner.drafted", drug=name)
        yield draft.drug, Evidence(draft.reference, summary, draft.written)
    for one in reading.once(treatments):
        if is_together(reading, one, days):
            yield one.drug, one.evidence
