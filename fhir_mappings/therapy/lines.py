"""Lines of therapy: which earlier regimens are new beyond doubt, and what may be a further one.

Readings 10 to 13 of the payer; docs/lines-of-therapy.md describes them, their figures stand in the policy file.
The number of certain lines is a lower bound: missing records never make two therapies out of one.
"""

from collections.abc import Callable, Set
from datetime import date
from itertools import groupby
from operator import attrgetter

from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.clinical.courses import PROGRESSION
from fhir_mappings.clinical.dates import Span
from fhir_mappings.disease.diagnoses import Tie
from fhir_mappings.disease.disease_extent import extent
from fhir_mappings.disease.disease_status import statuses
from fhir_mappings.therapy.courses import courses
from fhir_mappings.therapy.line import Doubt, Lines, Possible
from fhir_mappings.therapy.line_history import History
from fhir_mappings.therapy.line_rules import Drawing
from fhir_mappings.therapy.treatments import Treatment, is_together, treatments
from policies.kinds.disease import DISEASE_EXTENT
from policies.kinds.relapse import RELAPSE
from policies.kinds.treatment import COMBINATION_PARTNER, PROGRESSION_ON_THERAPY

_BY_DATE: Callable[[Treatment], tuple[date, str, str]] = attrgetter("first_day", "drug", "evidence.reference")
_STATUS_KINDS = (RELAPSE, PROGRESSION_ON_THERAPY)


@once
def lines(reading: Reading) -> Lines:
    """Draw the lines of therapy for the policy's disease before the order; the ordered drug itself is left out."""
    rules = reading.policy.figures.lines
    roles = reading.drug_set(rules.drugs).roles
    earlier = sorted(_earlier(reading, roles.keys()), key=_BY_DATE)
    # Certain is what proves a giving for the policy's disease, surely before the order.
    certain = [
        one
        for one in earlier
        if one.given and one.belongs is Tie.OWN and one.start is not None and one.start.last < reading.as_of
    ]
    known_courses = courses(certain, rules.gap_days)
    drawing = Drawing(History(rules, roles, _progressions(reading), _advanced(reading), known_courses))
    for _, records in groupby(certain, key=attrgetter("first_day")):
        drawing.take(list(records))
    for line in drawing.lines:
        line.settle()
    known = {one.drug for one in certain}
    rest = [one for one in earlier if one.drug not in known] if len(certain) < len(earlier) else []
    doubtful = {one.drug: Possible(one, _doubt(one)) for one in reversed(rest) if one.belongs is not Tie.OTHER}
    return Lines(tuple(drawing.lines), (*drawing.possible, *doubtful.values()))


def _doubt(one: Treatment) -> Doubt:
    """Return why a record that could not be placed may be a further line only."""
    if one.belongs is not Tie.OWN:
        return Doubt.OTHER_DISEASE
    if not one.given:
        return Doubt.NOT_PROVEN
    return Doubt.DATE if one.start is not None else Doubt.UNDATED


def _earlier(reading: Reading, drugs: Set[str]) -> list[Treatment]:
    """Return the records before the order, without the drug itself and the partner that it is to be combined with."""
    own = reading.policy.figures.product.drug
    partner = reading.policy.fact_of_kind(COMBINATION_PARTNER)
    partners = reading.drug_set(str(partner.parameters["drugs"])).roles.keys() if partner is not None else ()
    days = reading.days_of(partner, "within_days") if partner is not None else 0
    before = [one for one in treatments(reading) if one.start is None or one.start.first < reading.as_of]
    return [
        one
        for one in before
        if one.drug in drugs and one.drug != own and not (one.drug in partners and is_together(reading, one, days))
    ]


def _advanced(reading: Reading) -> Span | None:
    """Return the first dated proof of advanced disease; None where the policy asks for no extent."""
    return extent(reading).since if reading.policy.fact_of_kind(DISEASE_EXTENT) is not None else None


def _progressions(reading: Reading) -> tuple[Span, ...]:
    """Return when a disease status recorded progression. A first proof of advanced disease says no such thing."""
    facts = (reading.policy.fact_of_kind(kind) for kind in _STATUS_KINDS)
    fact = next((one for one in facts if one is not None), None)
    known = () if fact is None else statuses(reading, fact)
    return tuple(one.when for one in known if one.means == PROGRESSION and one.belongs is Tie.OWN)
