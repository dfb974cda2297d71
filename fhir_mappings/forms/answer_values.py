"""One answer's value, held against the question that it answers.

The bounds and options of the form are checked here again, since no client has to know them. No message repeats a value.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from fhir_mappings.forms.form import Form
from fhir_mappings.wording import languages, wording
from policies.model.criteria import Fact
from policies.model.fact_kinds import Answer
from policies.model.findings import Interval, Range, Value
from policies.model.notes import Note, Series
from policies.terminology.units import unit_in_words

_GREATEST = 2**31 - 1
_MOST_LINES = 99
_ATTACHMENT = "valueAttachment"

Values = Mapping[str, Any]
"""The value[x] members of an answer; a valid answer has one."""


class WrongValueError(ValueError):
    """A value that its question does not take; `said` says what it takes."""

    def __init__(self, said: Note) -> None:
        self.said = said
        super().__init__(said.key)


class OffScaleError(WrongValueError):
    """A number that is off the scale of its question; no client has to know the bounds of a form."""


def bounds(fact: Fact) -> tuple[int, int]:
    """Return the least and the greatest number that a question takes; no count of therapies has three digits."""
    return 0, _MOST_LINES if fact.kind.highest is None else fact.kind.highest


def measured_bounds(fact: Fact) -> tuple[Decimal | None, Decimal | None]:
    """Return the least and the greatest number that can be measured, in the unit of a fact; None for no bound."""
    scale = fact.scale if fact.kind.on_scale else None
    if scale is None:
        return None, None
    low, high = (scale.converted(one, scale.unit, fact.unit) for one in (scale.lowest, scale.highest))
    return low, high


def value_of(form: Form, fact: Fact, values: Values) -> Value:
    """Return the value of an answered question; raises WrongValueError."""
    return _READERS[fact.answer](form, fact, values)


def attached(values: Values) -> str:
    """Return the title of an attached document, maybe empty; raises WrongValueError if nothing is attached."""
    document = _only(values, _ATTACHMENT)
    if not isinstance(document, dict) or not any(_is_text(document.get(name)) for name in ("data", "url")):
        raise WrongValueError(Note("fault.document"))
    title = document.get("title")
    return title if isinstance(title, str) else ""


def written(values: Values) -> str:
    """Return what a person wrote; raises WrongValueError if it is no text."""
    text = _only(values, "valueString")
    if not isinstance(text, str):
        raise WrongValueError(Note("fault.text"))
    return text


def _only(values: Values, name: str) -> Any:
    if values.keys() != {name}:
        raise WrongValueError(Note("fault.only", name=name))
    return values[name]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def yes_or_no(values: Values) -> bool:
    """Return a yes or a no; raises WrongValueError."""
    value = _only(values, "valueBoolean")
    if not isinstance(value, bool):
        raise WrongValueError(Note("fault.yes_no"))
    return value


def _number(_: Form, fact: Fact, values: Values) -> Value:
    value = _only(values, "valueInteger")
    lowest, highest = bounds(fact)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _GREATEST:
        raise WrongValueError(Note("fault.number", low=lowest, high=highest))
    if not lowest <= value <= highest:
        raise OffScaleError(Note("fault.number", low=lowest, high=highest))
    return Range.exactly(value)


def _measure(_: Form, fact: Fact, values: Values) -> Value:
    value = _only(values, "valueDecimal")
    unit = unit_in_words(fact.unit) or Note("form.no_unit")
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    number = Decimal(str(value)) if is_number else None
    if number is None or not number.is_finite():
        raise WrongValueError(Note("fault.measure", unit=unit))
    lowest, highest = measured_bounds(fact)
    if (lowest is not None and number < lowest) or (highest is not None and number > highest):
        raise OffScaleError(Note("fault.measure_between", unit=unit, low=str(lowest), high=str(highest)))
    return Interval.exactly(number, fact.unit)


def as_number(number: Decimal) -> int | float:
    """Return a decimal as JSON has it."""
    return int(number) if number == number.to_integral_value() else float(number)


def _choice(form: Form, fact: Fact, values: Values) -> Value:
    """Take an option by its code; a client that leaves the code system out can mean no other.

    A display of another option says something else than the code: nobody can tell which was meant. The option's own
    names are those of every language, since a form is shown in the reader's.
    """
    coding = _only(values, "valueCoding")
    options = Series(fact.options, ", ")
    if not isinstance(coding, dict) or coding.get("system", form.answer_system) != form.answer_system:
        raise WrongValueError(Note("fault.options", options=options))
    found = next((option for option in fact.options if option == coding.get("code")), None)
    if found is None:
        raise WrongValueError(Note("fault.options", options=options))
    if coding.get("display") is not None and _folded(coding["display"]) not in _names(found):
        raise WrongValueError(Note("fault.options_torn", options=options))
    return found


@lru_cache(maxsize=256)
def _names(option: str) -> frozenset[str]:
    return frozenset(_folded(wording(language).words(option)) for language in languages())


def _folded(display: object) -> str:
    """Return a display without what makes no difference; a client that writes null writes none."""
    return " ".join(display.split()).casefold() if isinstance(display, str) else repr(display)


_READERS: Mapping[Answer, Callable[[Form, Fact, Values], Value]] = MappingProxyType(
    {
        Answer.YES_NO: lambda _, __, values: yes_or_no(values),
        Answer.NUMBER: _number,
        Answer.MEASURE: _measure,
        Answer.CHOICE: _choice,
    }
)
