"""The setting in which a line was given: metastatic, advanced, adjuvant or neoadjuvant, and why it is taken for that.

Reading 13 of the payer: dates against the first dated proof of advanced disease. A coded intent (mCODE) tells adjuvant
from neoadjuvant, and speaks where no date does; against the dates it makes the setting unknown.
"""

from dataclasses import dataclass
from enum import Enum

from fhir_mappings.chart.concept_match import meanings
from fhir_mappings.chart.policy_chart import Reading, once
from fhir_mappings.clinical.dates import Span
from fhir_mappings.disease.disease_extent import extent
from fhir_mappings.therapy.line import Line
from fhir_mappings.therapy.lines import lines
from policies.kinds.disease import DISEASE_EXTENT

_ADJUVANT, _NEOADJUVANT, _PALLIATIVE = "adjuvant", "neoadjuvant", "palliative"
_CURATIVE = frozenset({_ADJUVANT, _NEOADJUVANT})


class Setting(Enum):
    """What a line was given for; the values are the words of reports."""

    METASTATIC = "metastatic"
    ADVANCED = "advanced"
    ADJUVANT = "adjuvant"
    NEOADJUVANT = "neoadjuvant"
    EARLY = "adjuvant or neoadjuvant"
    UNKNOWN = "unknown"


class Ground(Enum):
    """Why a line has its setting; the values are keys of the sentences that say so."""

    AFTER_PROOF = "after_proof"
    BEFORE_PROOF = "before_proof"
    BY_INTENT = "by_intent"
    AGAINST_DATES = "against_dates"
    DATE_UNCLEAR = "date_unclear"
    NO_DATED_PROOF = "no_dated_proof"


@dataclass(frozen=True, slots=True)
class Placed:
    """The setting of a line, the ground for it, and what coded intents say (empty: none is coded)."""

    setting: Setting
    ground: Ground
    intents: tuple[str, ...] = ()


UNPLACED = Placed(Setting.UNKNOWN, Ground.NO_DATED_PROOF)
"""The setting of a line of which nothing says what it was given for."""


@once
def settings(reading: Reading) -> tuple[Placed | None, ...]:
    """Return the setting of each certain line, in their order; None where the policy asks for no extent."""
    found = lines(reading).certain
    if reading.policy.fact_of_kind(DISEASE_EXTENT) is None:
        return (None,) * len(found)
    since = extent(reading).since
    return tuple(_placed(since, line, _intents(reading, line)) for line in found)


def _placed(since: Span | None, line: Line, intents: frozenset[str]) -> Placed:
    settings = tuple(sorted(intents))
    if since is not None and line.start.first >= since.last:
        against = bool(intents & _CURATIVE)
        setting = Setting.UNKNOWN if against else Setting.METASTATIC
        return Placed(setting, Ground.AGAINST_DATES if against else Ground.AFTER_PROOF, settings)
    if since is not None and line.start.last < since.first:
        against = _PALLIATIVE in intents
        setting = Setting.UNKNOWN if against else _early(intents)
        return Placed(setting, Ground.AGAINST_DATES if against else Ground.BEFORE_PROOF, settings)
    if len(intents) == 1:
        return Placed(Setting.ADVANCED if intents == {_PALLIATIVE} else _early(intents), Ground.BY_INTENT, settings)
    return Placed(Setting.UNKNOWN, Ground.DATE_UNCLEAR if since is not None else Ground.NO_DATED_PROOF, settings)


def _early(intents: frozenset[str]) -> Setting:
    if len(intents) == 1:
        return Setting.ADJUVANT if _ADJUVANT in intents else Setting.NEOADJUVANT
    return Setting.EARLY


def _intents(reading: Reading, line: Line) -> frozenset[str]:
    """Return what the coded intents of a line's records say."""
    name = reading.policy.figures.lines.intents
    if not name:
        return frozenset()
    codes = reading.codes(name)
    records = [one.record for drug in line.sure for one in line.drugs[drug]]
    coded = (concept for record in records for concept in (*record.intents, *record.reasons))
    return frozenset(means for concept in coded for means in meanings(concept, codes))
