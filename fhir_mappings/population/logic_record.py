"""How the population logic of a kind of fact is written, and what it asks of an EHR."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fhir_mappings.population.phrases import Codes
from policies.model.criteria import Fact


@dataclass(frozen=True, slots=True)
class SharedPart:
    """A part of a library that several kinds rest on: the name of its template, and its values for all its facts."""

    name: str
    values: Callable[[Codes, Iterable[Fact]], dict[str, str]]


def always(_: Codes, __: Fact) -> bool:
    """Return that logic serves every fact of its kind."""
    return True


@dataclass(frozen=True, slots=True)
class PopulationLogic:
    """How the logic of a kind is written: `values` fill its template, by default that of its name.

    Templates that several kinds have stand before it (`begins_with`). What it cannot say of some facts of the kind is
    said by `serves`: without it, it serves all.

    It asks an EHR for the results of the kind's tests, unless `reads_tests` is false, for treatments with the drugs of
    the kind's parameter, for those with the ordered drug if it reads them, and for everything of some further `types`.
    """

    values: Callable[[Codes, Fact], dict[str, str]]
    shared: SharedPart | None = None
    begins_with: tuple[str, ...] = ()
    template: str = ""
    serves: Callable[[Codes, Fact], bool] = always
    reads_tests: bool = True
    reads_ordered_drug: bool = False
    types: tuple[str, ...] = ()
