"""Results in words: what the newest one of some tests says, by codes that the value set of values gives a meaning."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

from fhir_mappings.admission.counted_results import Result, in_words, newest, results
from fhir_mappings.chart.concept_match import meanings
from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.values import Measurement
from fhir_mappings.disease.text_mentions import confirming
from fhir_mappings.facts.fhir_kind import FhirKind, Newest
from fhir_mappings.general_facts.measured_words import result_seen
from fhir_mappings.general_facts.measurement import is_old, look
from fhir_mappings.meanings.of_words import Seen, is_clear
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.phrases import Codes
from fhir_mappings.population.result_logic import RESULTS, has_tests, option_values, test_values
from fhir_mappings.sketches import measurements
from fhir_mappings.text_forms.denials import takes_back
from fhir_mappings.text_forms.words import plain
from policies.kinds.measurements import CODED_RESULT
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note
from policies.terminology.value_sets import Member

_NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class _Told:
    """A result and the option that it says; empty if it says none, or two."""

    result: Result
    option: str


def coded_result(reading: Reading, fact: Fact) -> Finding:
    """Read the newest result; results of one time that say two things contradict each other.

    A code that the value set does not know, and a code beside words that say otherwise, say nothing.
    """
    stated = [one for one in results(reading, reading.codes_of(fact, "tests")) if one.value.has_value]
    found = [_Told(one, _option(reading, fact, one.value)) for one in stated]
    current = newest(found)
    if not current:
        seen = tuple(_evidence(fact, found, Role.POSSIBLE))
        return confirming(reading, Note("resulted.undated", found=seen) if seen else "", seen, look(fact))
    shown = tuple(_evidence(fact, current, Role.FOR))
    options = {one.option for one in current}
    if len(options) > 1 and "" not in options:
        return Finding.conflicting(Note("resulted.unclear", found=shown), shown)
    possible = as_role(shown, Role.POSSIBLE)
    if "" in options:
        return confirming(reading, Note("resulted.unclear", found=possible), possible, look(fact))
    if any(is_old(reading, fact, one) for one in current):
        days = reading.days_of(fact, "within_days")
        return confirming(reading, Note("resulted.old", found=possible, days=days), possible, look(fact))
    (option,) = options
    return Finding.known(option, shown, Note("resulted.newest", value=option))


def _option(reading: Reading, fact: Fact, value: Measurement) -> str:
    means = meanings(value.concept, reading.codes_of(fact, "values"))
    option = next(iter(means)) if len(means) == 1 else ""
    carried = (value.text, value.quantity, value.integer, value.truth)
    alone = all(one is None for one in carried)
    words = value.concept.words if value.concept is not None else ()
    belied = any(_is_belied(reading, fact, word, option) for word in words)
    return option if option in fact.options and alone and not belied else ""


def _is_belied(reading: Reading, fact: Fact, word: str, option: str) -> bool:
    """Return whether words beside a code say another option, or take back what the code says."""
    text = plain(word)
    titles = {plain(one.display) for one in reading.codes_of(fact, "values").members if one.means == option}
    if text in titles or text == plain(option):
        return False
    others = (one for one in fact.options if one != option and plain(one) not in plain(option))
    return any(plain(one) in text for one in others) or (option != _NEGATIVE and takes_back(word))


def _evidence(fact: Fact, found: Iterable[_Told], role: Role) -> Iterator[Evidence]:
    for one in found:
        written = one.option or in_words(one.result.value) or Note("measured.unread")
        summary = Note("measured.evidence", what=fact.what, value=written)
        yield shows(one.result.observation, summary, one.result.coding, role)


def meant(seen: Seen) -> str | None:
    """Return the one option that the words of a doubtful record name; a person confirms it."""
    record = result_seen(seen)
    coded = {_option(seen.reading, seen.fact, part) for part in (record.parts if record is not None else ())} - {""}
    if coded:
        return coded.pop() if len(coded) == 1 else None
    text = record.whole.text if record is not None and record.whole.text else seen.text
    named = [one for one in seen.fact.options if plain(one) in plain(text)]
    longest = [one for one in named if not any(one != other and plain(one) in plain(other) for other in named)]
    return longest[0] if len(longest) == 1 and is_clear(text.replace(longest[0], " ")) else None


def _values(codes: Codes, fact: Fact) -> dict[str, str]:
    one = _sayable(codes, fact)[0]
    answer = {"coding": [{"system": one.system.uri, "code": one.code}]}
    return test_values(codes, fact, coded_result, {"valueCodeableConcept": answer}) | option_values(codes, fact)


def _has_options(codes: Codes, fact: Fact) -> bool:
    return has_tests(codes, fact) and bool(_sayable(codes, fact))


def _sayable(codes: Codes, fact: Fact) -> list[Member]:
    """Return the codes that mean an option of the question."""
    return [one for one in codes.members(fact, "values") if one.means in fact.options]


RECORDS = (
    FhirKind(
        CODED_RESULT,
        coded_result,
        frozenset({"Observation"}),
        newest=Newest.RESULT,
        values="values",
        means=meant,
        logic=PopulationLogic(_values, RESULTS, ("test",), serves=_has_options, types=("DiagnosticReport",)),
        draws=MappingProxyType({"resulted": measurements.resulted}),
    ),
)
