"""What is decided of each item of a request, as it is kept and as an answer shows it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from fhir_mappings.prior_auth.pas_urls import UNITS, Review

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Granted:
    """What is authorized: its number, the days on which it holds (ISO), and how much, where that is known.

    `issued` is the day on which it was decided; `units` are billing units.
    """

    number: str
    issued: str
    start: str
    end: str
    units: int | None = None

    def __post_init__(self) -> None:
        if not self.number or self.end < self.start:
            raise ValueError("what is authorized has a number, and ends no earlier than it starts")


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """The action on one item, what is granted by it, and the notes that say why.

    `changed` holds what a modified item is authorized as in place of what was asked (`product`, `quantity`, both as
    FHIR has them). `determination` is the one of ours that it rests on; empty where nothing was determined.
    Raises ValueError for a decision that the laws of the house forbid: certified without a number, refused without a
    reason, modified without saying to what.
    """

    sequence: int
    review: Review
    granted: Granted | None = None
    notes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    changed: Json = field(default_factory=dict)
    determination: str = ""
    earlier: str = ""

    def __post_init__(self) -> None:
        certified = self.review in {Review.CERTIFIED, Review.PARTIAL, Review.MODIFIED}
        if certified != (self.granted is not None):
            raise ValueError("what is certified has a number, and nothing else does")
        if self.review is Review.NOT_CERTIFIED and not self.notes:
            raise ValueError("what is not certified says why")
        if (self.review is Review.MODIFIED) != bool(self.changed):
            raise ValueError("what is modified says how it is authorized, and nothing else does")

    @property
    def plain(self) -> Json:
        """Return it as it is kept."""
        return asdict(self) | {"review": self.review.code}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "ItemAnswer":
        """Read what was kept."""
        granted = kept["granted"]
        return cls(
            sequence=kept["sequence"],
            review=Review.of(kept["review"]),
            granted=Granted(**granted) if granted else None,
            notes=tuple(kept["notes"]),
            reasons=tuple(kept["reasons"]),
            changed=kept["changed"],
            determination=kept["determination"],
            earlier=kept["earlier"],
        )


def in_units(units: int) -> Json:
    """Return a number of billing units as FHIR has it: with its unit, as the guide asks (profile-quantity)."""
    return {"value": units, "unit": "units"}


def as_authorized(quantity: Json) -> Json:
    """Return a quantity as it was asked for, with a unit in words, and a code only if it is one of X12's (prof-3)."""
    if "value" not in quantity:
        return {}
    unit = quantity.get("unit") or quantity.get("code") or "units"
    kept = ("system", "code") if quantity.get("system") == UNITS else ()
    return {"value": quantity["value"], "unit": unit} | {name: quantity[name] for name in kept if name in quantity}


def pended(answers: Iterable[ItemAnswer]) -> bool:
    """Whether anything still waits for a person."""
    return any(one.review is Review.PENDED for one in answers)


def cancelled(answer: ItemAnswer) -> ItemAnswer:
    """Return an item that is asked for no longer; the number that it was given stays named."""
    number = answer.granted.number if answer.granted is not None else answer.earlier
    return replace(answer, review=Review.CANCELLED, granted=None, notes=(), reasons=(), changed={}, earlier=number)
