"""How often a dose is to be given: the days from one dose to the next.

Sources: FHIR R4 Timing, and the codes of HL7's GTSAbbreviation that it lists. A month is 28 to 31 days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from fhir_mappings.clinical.dosage import Repeat, Timing
from fhir_mappings.dosing.units import DAYS, MOST_TIMES

_GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"


@dataclass(frozen=True, slots=True)
class Interval:
    """The least and the most days from one dose to the next."""

    low: Decimal
    high: Decimal

    def holds(self, days: int) -> bool:
        """Whether it can mean so many days."""
        return self.low <= days <= self.high


_CODES: Mapping[str, Interval] = MappingProxyType(
    {
        "WK": Interval(*DAYS["wk"]),
        "MO": Interval(*DAYS["mo"]),
        "QOD": Interval(Decimal(2), Decimal(2)),
        "QD": Interval(*DAYS["d"]),
        "BID": Interval(Decimal("0.5"), Decimal("0.5")),
    }
)


def interval(timing: Timing | None) -> tuple[Interval | None, bool]:
    """Return the interval that a timing states, and whether the timing could be read; None also for a single dose."""
    if timing is None:
        return None, True
    coded, known = _coded(timing)
    repeat = timing.repeat
    if repeat is None or (repeat.period is None and repeat.frequency is None):
        listed = repeat is not None and bool(repeat.day_of_week or repeat.time_of_day or repeat.when)
        once = repeat is not None and repeat.times == 1
        return (None if once else coded), known and not listed and len(timing.event) <= 1
    stated = _stated(repeat)
    if stated is None or not known or (coded is not None and coded != stated):
        return None, False
    return stated, True


def _coded(timing: Timing) -> tuple[Interval | None, bool]:
    """Return what a timing code states, and whether there is none that is not known here."""
    codings = timing.code.coding if timing.code is not None else ()
    found = {_CODES.get(one.code or "") for one in codings if one.system == _GTS}
    if len(found) == 1:
        (one,) = found
        return one, one is not None
    return None, not found


def _stated(repeat: Repeat) -> Interval | None:
    """Return what frequency and period state; None where they do not settle it."""
    unit = DAYS.get(repeat.period_unit or "")
    several = max(len(repeat.day_of_week), len(repeat.time_of_day), len(repeat.when)) > 1
    if unit is None or several or repeat.period is None:
        return None
    longest = repeat.period if repeat.period_max is None else repeat.period_max
    seldom = 1 if repeat.frequency is None else repeat.frequency
    often = seldom if repeat.frequency_max is None else repeat.frequency_max
    if not all(0 < one < MOST_TIMES for one in (repeat.period, longest, seldom, often)):
        return None
    return Interval(unit[0] * repeat.period / often, unit[1] * longest / seldom)
