"""What possible evidence of a measured result would mean: the number of a record, or the one that words name."""

import re
from collections.abc import Callable
from decimal import Decimal

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.clinical.records import ResultRecord
from fhir_mappings.clinical.values import Measurement, Quantity
from fhir_mappings.meanings.of_words import Seen, is_clear
from fhir_mappings.text_forms.quantities import measured, spelled
from policies.model.findings import Interval
from policies.terminology.scales import NO_SCALE

_NUMBER = re.compile(
    r"(?<![\w.,/-])(-?[0-9]{1,6}(?:\.[0-9]{1,4})?) ?((?:[x\u00d7]? ?10[\^*e]?[0-9]+|k|cells)?[%a-zµ/][\w%/^².]*)?"
)
_DATE = re.compile(r"\b[0-9]{1,4}[-/][0-9]{1,2}(?:[-/][0-9]{1,4})?\b|\b[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2,4}\b")


def measured_in_words(seen: Seen, value_of: Callable[[Measurement], Interval | None]) -> Interval | None:
    """Return the number of a result that counts for nothing as it stands, else the only one that a sentence names."""
    record = result_seen(seen)
    if record is None:
        return _in_text(seen, seen.text) if is_clear(seen.text) else None
    found = [value for part in record.parts if (value := value_of(part)) is not None]
    return found[0] if len(found) == 1 else _in_text(seen, record.whole.text or "")


def result_seen(seen: Seen) -> ResultRecord | None:
    """Return the result on file that possible evidence names; None where it names another record."""
    on_file = admitted(seen.reading).on_file.results
    return next((one for one in on_file if one.reference == seen.item.reference), None)


def _in_text(seen: Seen, text: str) -> Interval | None:
    """Return the only number of a text that has a unit of the fact, or that stands alone where it has none."""
    scale = seen.fact.scale or NO_SCALE
    rest = _name_taken_out(seen, _DATE.sub(" ", text.lower()))
    found = []
    for match in _NUMBER.finditer(rest):
        unit = spelled(match[2]) if match[2] else ""
        amount = Quantity(value=Decimal(match[1]), unit=match[2] if unit else None)
        found.append(measured(amount, seen.fact.unit, scale) if unit or not match[2] else None)
    known = [one for one in found if one is not None]
    return known[0] if len(known) == 1 and len(found) == 1 else None


def _name_taken_out(seen: Seen, text: str) -> str:
    return seen.fact.tests.named.sub(" ", text) if seen.fact.tests is not None else text
