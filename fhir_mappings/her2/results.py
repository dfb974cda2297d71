"""Which HER2 results a chart holds, and by which method each was made."""

from dataclasses import dataclass
from types import MappingProxyType

from fhir_mappings.admission.counted_results import counts
from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.concept_match import displayed, find, meanings, shown
from fhir_mappings.chart.policy_chart import Reading, once_for_each
from fhir_mappings.clinical.dates import Span
from fhir_mappings.clinical.names import OTHER_METHOD
from fhir_mappings.clinical.records import ResultRecord
from fhir_mappings.clinical.values import Coding, Concept, Measurement, Quantity
from fhir_mappings.disease.diagnoses import Tie, diagnoses, named_tie
from fhir_mappings.her2.answers import texts
from fhir_mappings.her2.measures import counted_in
from fhir_mappings.her2.units import CENTROMERES, COPIES, RATIO, is_of_centromere, unit_says
from fhir_mappings.text_forms.her2_names import names_a_score, speaks_of_method
from fhir_mappings.text_forms.words import turns
from policies.model.criteria import Fact
from policies.terminology.value_sets import CodeSet

IHC, ISH, OVERALL = "ihc", "ish", "overall"
TORN = "torn"
"""The method of a result whose code names one and whose method element names another."""
COUNTS = "counts"
"""What is measured by a number of copies of which its code does not tell whether they are of HER2."""
_OTHER = MappingProxyType({IHC: ISH, ISH: IHC})
_OF_ISH = frozenset({ISH, RATIO, COPIES, CENTROMERES, COUNTS})
REFUSED = frozenset({"not tissue", "mutation", "quantity"})

UNREAD = "?"
"""What is shown for a value that cannot be read, or is not there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A HER2 value: the whole result, or one of its components; `means` is what its code says that it measures.

    One that is not `own` may be of another cancer: it is shown, and decides nothing.
    """

    means: str
    method: str
    value: Measurement
    coding: Coding
    observation: ResultRecord
    own: bool = True

    @property
    def when(self) -> Span | None:
        """Return the date of the result."""
        return self.observation.when


def pieces(reading: Reading, fact: Fact) -> tuple[Piece, ...]:
    """Return every HER2 value that counts; serum markers, mutations and quantities are no tissue status (reading 5).

    IHC and ISH are asked of the same results, which are gone through once.
    """
    return _pieces(reading, (str(fact.parameters["tests"]), str(fact.parameters["methods"])))


@once_for_each
def _pieces(reading: Reading, sets: tuple[str, str]) -> tuple[Piece, ...]:
    tests, methods = reading.codes(sets[0]), reading.codes(sets[1])
    found: list[Piece] = []
    for observation in admitted(reading).results:
        for value in observation.parts:
            named = _named(observation, value, tests)
            if named is None or not counts(reading, observation) or _is_header(observation, value, tests):
                continue
            coding, means = named[0], _counted(named[1], value)
            is_torn = _is_belied(means, value.code) or _names_other(means, observation.method)
            method = TORN if is_torn else _method(means, meanings(observation.method, methods))
            whose = _whose(reading, observation, coding, tests)
            if whose is not Tie.OTHER:
                found.append(Piece(means, method, value, coding, observation, whose is Tie.OWN))
    return tuple(found)


def _whose(reading: Reading, observation: ResultRecord, coding: Coding, tests: CodeSet) -> Tie:
    """Which cancer a result belongs to: by its Condition, its code, else by there being only one cancer."""
    named = named_tie(reading, observation.focus)
    if named is not None or not diagnoses(reading).other_cancers:
        return named or Tie.OWN
    member = tests.find(coding.system or "", coding.code or "")
    specific = member is not None and reading.disease.title.lower() in member.display.lower()
    return Tie.OWN if specific else Tie.OPEN


def _named(observation: ResultRecord, value: Measurement, tests: CodeSet) -> tuple[Coding, str] | None:
    """Determine what a value measures by its code; a component of an IHC result may call itself a score in words."""
    hit = find(value.code, tests)
    if hit is not None:
        return None if hit[1].means in REFUSED else (hit[0], hit[1].means)
    whole = find(observation.code, tests)
    if whole is None or whole[1].means != IHC or value.code is None:
        return None
    scored = bool(value.code.words) and all(names_a_score(word) for word in value.code.words)
    return (next(iter(value.code.coding), whole[0]), IHC) if scored else None


def _is_belied(means: str, code: Concept | None) -> bool:
    """Whether the words of a test's code name another marker or the other method, or turn the result round."""
    words = code.words if code is not None else ()
    method = method_of(means)
    other = _OTHER.get(method, "")
    return any(turns(word, "markers", "times", "people") or speaks_of_method(word, other) for word in words)


def _names_other(means: str, method: Concept | None) -> bool:
    """Whether the words of the method element name the other method than the code of the test."""
    other = _OTHER.get(method_of(means), "")
    words = method.words if method is not None else ()
    return any((bool(other) and speaks_of_method(word, other)) or OTHER_METHOD.search(word) for word in words)


def _counted(means: str, value: Measurement) -> str:
    """Return what a value under an IHC code measures: a number with the unit of hybridization is none of a stain."""
    quantity = counted_in(value)
    says = unit_says(quantity) if means == IHC and quantity is not None else ""
    if says == COPIES:
        return CENTROMERES if value.code is not None and is_of_centromere(value.code.words) else COUNTS
    return says or means


def _is_header(observation: ResultRecord, value: Measurement, tests: CodeSet) -> bool:
    """Whether a value is no more than the head of a panel: its members and components say what was found."""
    if value is not observation.whole or value.has_value:
        return False
    return observation.is_head or any(_named(observation, one, tests) for one in observation.parts[1:])


def method_of(means: str) -> str:
    """Return the method of a test by what its code says that it measures; overall if the code does not tell."""
    return ISH if means in _OF_ISH else IHC if means == IHC else OVERALL


def _method(means: str, stated: frozenset[str]) -> str:
    """Return the method of a value: by its code, else by the method element; torn if the two contradict each other."""
    coded = method_of(means)
    claimed = next(iter(stated)) if len(stated) == 1 else ""
    if coded == OVERALL:
        return claimed or OVERALL
    return TORN if claimed and coded != claimed else coded


def written(piece: Piece, words: CodeSet) -> str:
    """Return a value as a person reads it, a code by its meaning; a question mark if there is none that we can read."""
    value = piece.value
    value_words = _number(value) or ", ".join(dict.fromkeys(texts(value))) or _by_code(value, words)
    return value_words or "; ".join(piece.observation.notes) or UNREAD


def _number(value: Measurement) -> str:
    ratio, span = value.ratio, value.range
    if value.quantity is not None:
        return _quantity(value.quantity)
    if ratio is not None and ratio.numerator is not None:
        under = ratio.denominator.value if ratio.denominator else None
        return f"{ratio.numerator.value}:{under or 1}"
    if span is not None and (span.low or span.high):
        return " to ".join(_quantity(end) for end in (span.low, span.high) if end)
    return "" if value.integer is None else str(value.integer)


def _quantity(quantity: Quantity) -> str:
    if quantity.value is None:
        return ""
    unit = "" if quantity.unit is None or "{" in quantity.unit or quantity.unit in ("1", "#") else quantity.unit
    return f"{quantity.comparator or ''}{quantity.value} {unit}".strip()


def _by_code(value: Measurement, words: CodeSet) -> str:
    """Return what codes without a word of their own mean: those of the interpretation, else of the answer."""
    concepts = (*value.interpretation, *((value.concept,) if value.concept else ()))
    return next((text for one in concepts if (text := shown(one, displayed(one, words)))), "")
