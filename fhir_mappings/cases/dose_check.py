"""Holding the dose of a judged order against what a case expects of it."""

from collections.abc import Iterator

from fhir_mappings.dosing.sheet import DosingSheet
from fhir_mappings.wording import wording
from policies.model.dates import last_day
from policies.testcases.casebook import Expected


def dose_differences(expect: Expected, sheet: DosingSheet | None) -> Iterator[str]:
    """Yield in plain words where the dose differs from what a case expects; nothing if it expects none."""
    if not expect.dose or sheet is None:
        return
    said = wording().words(sheet.note)
    found = {"verdict": sheet.judged.verdict.value, **_quantity(sheet)}
    for name, value in expect.dose.items():
        if name == "says":
            if str(value) not in said:
                yield f"expected of the dose to say '{value}', but it says '{said}'"
        elif found[name] != value:
            yield f"expected of the dose {name}: {value}, but it is {found[name]}: {said}"


def _quantity(sheet: DosingSheet) -> dict[str, int]:
    """Return how much an authorization from the order's date on allows; 0 of everything where that is not known."""
    start = sheet.as_of
    allowed = sheet.allowance(start, last_day(start, sheet.figures.authorization_months))
    if allowed is None:
        return dict.fromkeys(("doses", "vials", "units"), 0)
    return {"doses": allowed.doses, "vials": allowed.vials, "units": allowed.units}
