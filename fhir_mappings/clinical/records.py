"""The clinical record: diagnoses, results, treatments, documents and events of one patient, as frozen values.

Each names its source (`reference`, as evidence names it, and `kind`, the type of record), the days that it is of, its
status as written and what that makes of it (`standing`), its codes and words, and what may be wrong with it (`doubts`).
`when` is when its matter was; `recorded` and `issued` are as written. `fhir_mappings.chart` fills them.
"""

from decimal import Decimal
from typing import NamedTuple

from fhir_mappings.clinical.dates import Span
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.clinical.values import Concept, Measurement

NO_DOUBTS: frozenset[Doubt] = frozenset()


class Link(NamedTuple):
    """A record that another one names, by the place where the chart keeps it; no place for one that is not on file.

    `may_be_diagnosis` tells of one that is not on file whether it can be a diagnosis.
    """

    place: int | None
    may_be_diagnosis: bool = False


class Linked(NamedTuple):
    """What is known of a record that another one names."""

    kind: str
    code: Concept | None
    standing: Standing
    when: Span | None
    doubts: frozenset[Doubt]


class Stage(NamedTuple):
    """The stage of a diagnosis, and the results by which it was assessed."""

    summary: Concept | None
    assessment: tuple[Link, ...]


class DiagnosisRecord(NamedTuple):
    """A problem or diagnosis on file.

    `clinical_status` is the code of its status, None without one and '?' where it has no code. One that `is_over` is
    resolved, inactive or abated. A secondary tumor may name its `primary` one.
    """

    reference: str
    code: Concept | None
    standing: Standing
    clinical_status: str | None = None
    is_over: bool = False
    when: Span | None = None
    onset: Span | None = None
    recorded: str | None = None
    issued: str | None = None
    stages: tuple[Stage, ...] = ()
    primary: tuple[Link, ...] = ()
    notes: tuple[str, ...] = ()
    doubts: frozenset[Doubt] = NO_DOUBTS
    kind: str = "Condition"


class ResultRecord(NamedTuple):
    """A result of a laboratory, a pathologist, or an examination: `whole`, and in `parts` that and its components.

    `focus` is what it is of beside the patient. `specimen` is one name of its specimen, however that is written;
    `sites` are the organs that it says it is of, '?' for one that cannot be read. `members` are the results of which it
    is the head, `is_head` whether it names any.
    """

    reference: str
    id: str | None
    status: str | None
    standing: Standing
    code: Concept | None
    whole: Measurement
    parts: tuple[Measurement, ...]
    method: Concept | None = None
    when: Span | None = None
    recorded: str | None = None
    issued: str | None = None
    focus: tuple[Link, ...] = ()
    specimen: str = ""
    sites: frozenset[str] = frozenset()
    members: tuple[str, ...] = ()
    is_head: bool = False
    notes: tuple[str, ...] = ()
    doubts: frozenset[Doubt] = NO_DOUBTS
    kind: str = "Observation"


class RouteSaid(NamedTuple):
    """What one dosage says of its route: the route itself, and other words of it; one that is modified says nothing."""

    route: Concept | None = None
    words: tuple[str, ...] = ()
    is_modified: bool = False


class ProductNamed(NamedTuple):
    """What was given or ordered: its own concept, its active ingredients, and the words of a reference to it.

    `form` is its dose form, `routes` what each dosage of its record says of the route.
    """

    concept: Concept | None = None
    ingredients: tuple[Concept, ...] = ()
    pointed: str = ""
    form: Concept | None = None
    routes: tuple[RouteSaid, ...] = ()


class TreatmentRecord(NamedTuple):
    """A record that something was ordered, given, taken, done or billed; a vaccination, too, which is no treatment.

    `standing` goes by the status alone; one that `is_plan` asks nobody to do anything, or says that something is not to
    be done. `start` and `end` are those of the giving: of a claim, which says no day in its period, the whole of it.
    `intents` are what its coded intents name, `status_reasons` why it has its status. `daily_mg` are the milligrams a
    day of one plain dosage; None where it has none, or several.
    """

    reference: str
    kind: str
    status: str | None
    standing: Standing
    is_plan: bool
    is_billed: bool
    product: ProductNamed
    when: Span | None = None
    start: Span | None = None
    end: Span | None = None
    recorded: str | None = None
    issued: str | None = None
    reasons: tuple[Concept, ...] = ()
    reason_links: tuple[Link, ...] = ()
    status_reasons: tuple[Concept, ...] = ()
    intents: tuple[Concept, ...] = ()
    daily_mg: Decimal | None = None
    doubts: frozenset[Doubt] = NO_DOUBTS

    @property
    def code(self) -> Concept | None:
        """Return what was given, by the product's own concept."""
        return self.product.concept


Record = DiagnosisRecord | ResultRecord | TreatmentRecord
"""What admission decides on: what can be evidence of its own."""


class Shelves(NamedTuple):
    """All records on file, each with its doubts."""

    diagnoses: tuple[DiagnosisRecord, ...]
    results: tuple[ResultRecord, ...]
    treatments: tuple[TreatmentRecord, ...]
    vaccinations: tuple[TreatmentRecord, ...]


class ClinicalRecord(NamedTuple):
    """One patient's record at an order's date: what of it is evidence, what is in doubt, and all that is on file."""

    diagnoses: tuple[DiagnosisRecord, ...]
    results: tuple[ResultRecord, ...]
    treatments: tuple[TreatmentRecord, ...]
    vaccinations: tuple[TreatmentRecord, ...]
    doubted: tuple[Record, ...]
    on_file: Shelves


class Inner(NamedTuple):
    """A result that stands inside a document and is none of the results that it names; dated by it where it says no."""

    result: ResultRecord
    link: Link


class Course(NamedTuple):
    """What was done by a plan, in words and by codes, and when it began as far as that is said."""

    words: str
    concepts: tuple[Concept, ...]
    start: Span | None


class DocumentRecord(NamedTuple):
    """A report or document: `texts` is all that it says in words but the notes that it brings along.

    `courses` are what a care plan says was done by it.
    """

    reference: str
    kind: str
    status: str | None
    standing: Standing
    code: Concept | None
    when: Span | None
    texts: tuple[str, ...]
    conclusions: tuple[Concept, ...]
    categories: tuple[Concept, ...]
    inner: tuple[Inner, ...]
    courses: tuple[Course, ...] = ()


class EventRecord(NamedTuple):
    """An adverse event, by what it is called; one that `is_potential` did not happen."""

    reference: str
    status: str | None
    is_potential: bool
    when: Span | None
    events: tuple[Concept, ...]


class PatientRecord(NamedTuple):
    """Who the patient is, as far as it matters; dates as written."""

    reference: str
    is_deceased: bool
    deceased_on: str
    gender: str | None
    birth_date: str | None
    doubts: frozenset[Doubt] = NO_DOUBTS
    when: Span | None = None
