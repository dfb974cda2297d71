"""How many drugs of a class were tried and did not do: step therapy that asks for two of a list, and more."""

from collections.abc import Iterable

from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.disease.text_mentions import confirming
from fhir_mappings.facts.fhir_kind import FhirKind
from fhir_mappings.general_facts.current_drug import TYPES, drug_class, look_for
from fhir_mappings.general_facts.drug_trials import Trial, lacking, trials
from fhir_mappings.therapy.unlisted_drugs import hints_of
from policies.kinds.trials import DRUGS_TRIED
from policies.model.criteria import Fact
from policies.model.findings import Finding, Range, Role
from policies.model.notes import Note
from policies.model.truth import Truth


def drugs_tried(reading: Reading, fact: Fact) -> Finding:
    """Count the drugs of the class with a course that is a trial in all its parts: a lower bound."""
    known = trials(reading, fact)
    counted = _of_products_of_their_own(one for one in known if one.truth is Truth.MET)
    rest = as_role((item for one in known if one not in counted for item in one.evidence), Role.POSSIBLE)
    hinted = hints_of(reading, frozenset(drug_class(reading, fact)))
    if not counted:
        return confirming(reading, lacking(known, hinted), (*rest, *hinted), look_for(reading, fact))
    number = len({one.drug for one in counted})
    shown = tuple(item for one in counted for item in one.evidence)
    beside = tuple(one for one in rest if one.reference not in {item.reference for item in shown})
    return Finding.known(Range(number), (*shown, *beside), Note("trial.counted", n=number, found=shown))


def _of_products_of_their_own(met: Iterable[Trial]) -> list[Trial]:
    """Return the trials that share no record with one before: of a product of two drugs it counts one."""
    found: list[Trial] = []
    seen: set[str] = set()
    for one in met:
        records = {item.reference for item in one.evidence}
        if seen.isdisjoint(records):
            found.append(one)
        seen |= records
    return found


RECORDS = (FhirKind(DRUGS_TRIED, drugs_tried, TYPES | {"Medication"}),)
