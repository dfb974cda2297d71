"""What is different in the payer's figures of two versions of a policy."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from policies.model.dosing import Dosing
from policies.model.figures import Figures, LineRules
from policies.model.policy import Policy
from policies.text.phrases import documentation_in_words, dose_in_words, note_in_words, preferred_in_words, row_in_words
from policies.text.sentences import changed, listed

_LINES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "drugs": ("The drugs that can make a line are now", ""),
        "window_days": ("The window of a line is now", " days"),
        "gap_days": ("The pause after which the same drug may be a further line is now", " days"),
        "lead_in_days": ("The window after a lead-in drug is now", " days"),
        "maintenance_days": ("The time after a transplant in which maintenance belongs to its line is now", " days"),
        "bridging_days": ("The time before cells in which a line may be the bridge to them is now", " days"),
        "intents": ("The coded settings of a treatment are now read by", ""),
    }
)
_WEIGHT: Mapping[str, str] = MappingProxyType(
    {
        "tests": "The tests for body weight are now",
        "within_days": "The days that a body weight may be old are now",
        "agree_percent": "The percent by which body weights may differ are now",
        "slip_percent": "The percent by which body weights of any time may differ are now",
    }
)
_DOCUMENT: Mapping[str, str] = MappingProxyType(
    {
        "payer": "The payer is now",
        "number": "The number of the document is now",
        "title": "The title of the document is now",
        "version_is": "What the date of the version stands for is now",
        "adopted": "The document is now adopted on",
        "approved": "The document is now approved on",
        "lines_of_business": "The lines of business are now",
        "benefit": "The benefit is now",
    }
)
_PRODUCT: Mapping[str, str] = MappingProxyType(
    {
        "drug": "The drug is now",
        "names": "The names of the product are now",
        "billing_system": "The system of the billing code is now",
        "billing_code": "The billing code is now",
        "billing_display": "The title of the billing code is now",
        "unit_mg": "The milligrams of a billing unit are now",
        "vials": "The vials are now",
    }
)


def table_differences(new: Policy, old: Policy) -> Iterator[str]:
    """Yield what is different in document, product, definitions, lines, dose, duration, safety and readings."""
    now, before = new.figures, old.figures
    yield from _by_field(_DOCUMENT, now.document, before.document)
    yield from _by_field(_PRODUCT, now.product, before.product)
    documents = (_documentation(one) for one in (now, before))
    yield from listed("document to submit", *documents)
    yield from changed("An authorization now lasts months:", now.authorization_months, before.authorization_months)
    yield from _of_definitions(now, before)
    yield from _of_lines(now.lines, before.lines)
    yield from _of_dosing(now.dosing, before.dosing)
    yield from listed("word on what is preferred", *map(preferred_in_words, (now.preferred, before.preferred)))
    yield from listed("sentence on safety", map(note_in_words, now.safety), map(note_in_words, before.safety))
    yield from listed("reading", now.readings, before.readings)


def _documentation(figures: Figures) -> tuple[str, ...]:
    return tuple(documentation_in_words(kind, one) for kind, one in figures.documentation.items())


def _by_field(leads: Mapping[str, str], new: Any, old: Any) -> Iterator[str]:
    for field in fields(new):
        yield from changed(leads[field.name], getattr(new, field.name), getattr(old, field.name))


def _of_dosing(new: Dosing | None, old: Dosing | None) -> Iterator[str]:
    if new is None or old is None:
        yield from changed("Doses are now", "given" if new else "not given", "given" if old else "not given")
        return
    yield from listed("row of the dose table", map(dose_in_words, new.schedule), map(dose_in_words, old.schedule))
    yield from changed(
        "A dose may now lie apart from the policy's by percent:", new.tolerance_percent, old.tolerance_percent
    )
    yield from changed("The milligrams of the vials are now", new.vial_mg, old.vial_mg)
    yield from changed("Billed are now the milligrams of the", new.bill.value, old.bill.value)
    for name, lead in _WEIGHT.items():
        now, before = (getattr(one.weight, name, "") for one in (new, old))
        yield from changed(lead, now, before)
    yield from changed("The note on the dose is now", new.note, old.note)
    yield from listed("source of the dosing", new.sources, old.sources)


def _of_definitions(new: Figures, old: Figures) -> Iterator[str]:
    for name in dict.fromkeys((*new.definitions, *old.definitions)):
        now, before = new.definitions.get(name), old.definitions.get(name)
        rows = (tuple(row_in_words(row) for row in one.rows) if one is not None else () for one in (now, before))
        yield from listed(f"row of the definition {name}", *rows)
        if now is not None and before is not None:
            yield from changed(f"The definition {name} now says", now.says, before.says)


def _of_lines(new: LineRules, old: LineRules) -> Iterator[str]:
    for name, (lead, unit) in _LINES.items():
        yield from changed(lead, f"{getattr(new, name)}{unit}", f"{getattr(old, name)}{unit}")
    pairs = (sorted(f"{after} after {first}" for first, after in one.same_line) for one in (new, old))
    yield from listed("step inside a line", *pairs)
    yield from listed("drug that may follow a transplant by plan", sorted(new.consolidation), sorted(old.consolidation))
    yield from listed("cell therapy that takes in its bridge", sorted(new.cell_therapies), sorted(old.cell_therapies))
    yield from listed("source of the rules for lines", new.sources, old.sources)
