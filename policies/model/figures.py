"""The payer's figures other than criteria: product, dose, definitions of results, rules for lines of therapy."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from policies.model.dosing import Dosing, WeightRules
from policies.model.safety import Preferred, SafetyNote


@dataclass(frozen=True, slots=True)
class Document:
    """The payer's document that a policy restates: its number, dates (ISO) and scope. Nothing of it is quoted."""

    payer: str
    number: str
    title: str
    version_is: str
    adopted: str
    approved: tuple[str, ...]
    lines_of_business: tuple[str, ...]
    benefit: str


@dataclass(frozen=True, slots=True)
class Product:
    """The drug: its concept in the drug value set, its names, and the unit that is billed (`unit_mg` milligrams).

    A policy that names no billing code has none here, and no milligrams (0); one that names no vials has none.
    """

    drug: str
    names: tuple[str, ...]
    billing_system: str
    billing_code: str
    billing_display: str
    unit_mg: Decimal
    vials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numbers for which a row of a definition holds: at least the one, below the other."""

    at_least: Decimal | None = None
    below: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """One row of a payer's definition of a result, by a score, by measured numbers, or by both."""

    result: str
    says: str
    score: str = ""
    probe: str = ""
    measures: tuple[tuple[str, Bounds], ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """What the payer calls positive, equivocal and negative, row by row."""

    name: str
    says: str
    rows: tuple[DefinitionRow, ...]

    def result_of_score(self, score: str) -> str:
        """Return what the payer calls a reported score; empty if the definition does not know it."""
        return next((row.result for row in self.rows if row.score == score), "")


@dataclass(frozen=True, slots=True)
class LineRules:
    """How lines of therapy are counted: days, the drugs that can make a line, and the drugs that do not change one.

    `same_line` holds pairs (drug, drug that may take its place within the line), `consolidation` the main drugs that
    may follow a transplant by plan. `cell_therapies` are the drugs whose line takes in what bridged to them: a line
    that began no more than `bridging_days` before. `intents` is the value set of the coded settings of a treatment,
    empty if none is read. `sources` says where the figures are from.
    """

    drugs: str
    window_days: int
    gap_days: int
    lead_in_days: int
    maintenance_days: int
    same_line: frozenset[tuple[str, str]]
    consolidation: frozenset[str]
    intents: str
    sources: tuple[str, ...]
    bridging_days: int = 0
    cell_therapies: frozenset[str] = frozenset()


NO_LINES = LineRules("", 0, 90, 0, 0, frozenset(), frozenset(), "", ())
"""The rules of a policy that counts no lines: no drug makes one; the same drug after 90 days is another course."""


@dataclass(frozen=True, slots=True)
class Documentation:
    """What is to be submitted with a request though it decides nothing: what, where that stands, how it is asked."""

    what: str
    section: str
    ask: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What a policy page shows and a determination carries beside the criteria.

    `documentation` is by the kind of request (initial, continuation). Without `dosing` no dose is looked at, without
    `preferred` no product goes before.
    """

    document: Document
    product: Product
    dosing: Dosing | None
    authorization_months: int
    safety: tuple[SafetyNote, ...]
    readings: tuple[str, ...]
    definitions: Mapping[str, Definition]
    lines: LineRules
    documentation: Mapping[str, Documentation]
    preferred: Preferred | None = None

    @property
    def weight(self) -> WeightRules | None:
        """Return by which body weight a dose is worked out; None where none is."""
        return self.dosing.weight if self.dosing is not None else None

    @property
    def safety_tests(self) -> tuple[str, ...]:
        """Return the value sets of the results that are shown beside warnings; they bear on no criterion."""
        return tuple(note.tests for note in self.safety if note.tests)
