"""ECOG performance status (reading 16): the newest valid grade, current up to the policy's look-back."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from fhir_mappings.admission.counted_results import Result, newest, results
from fhir_mappings.chart.concept_match import meanings
from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import span
from fhir_mappings.clinical.values import Concept, Measurement, Quantity
from fhir_mappings.disease.grades_in_words import gainsays, newer_in_words, rules_otherwise
from fhir_mappings.disease.karnofsky import as_written, karnofsky_against, karnofsky_results
from fhir_mappings.disease.text_mentions import Look, confirming
from fhir_mappings.facts.fhir_kind import FhirKind, Newest, TextForms
from fhir_mappings.meanings.of_words import ecog_grade
from fhir_mappings.population import phrases
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.phrases import Codes, texts
from fhir_mappings.population.probe import GRADE_TEXTS, Probe, displays
from fhir_mappings.population.status_lists import observed
from fhir_mappings.sketches import performance
from fhir_mappings.text_forms.ecog_statement import ecog_grades, fits_words
from fhir_mappings.text_forms.words import turns
from policies.kinds.performance import PERFORMANCE_STATUS
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Range, Role
from policies.model.notes import Note
from policies.terminology.value_sets import CodeSet

_WORST = 5
_DIGIT = re.compile(r"\b[0-5]\b(?!\s*(?:%|-|to\b))")
_UNITS = frozenset({"", "1", "{score}", "score"})


@dataclass(frozen=True, slots=True)
class Grade:
    """One reading of an ECOG result: the grades it can mean, or none if it cannot be read."""

    result: Result
    grades: Range | None


def performance_status(reading: Reading, fact: Fact) -> Finding:
    """Read the newest ECOG status; an older one than the look-back is shown and asked again.

    Karnofsky is never converted. Grades that differ on the newest day become a range.
    """
    scores = reading.codes_of(fact, "scores")
    tests = reading.codes_of(fact, "tests")
    measured = (
        Grade(one, _beside(one, _grades(one.value, scores)))
        for one in results(reading, tests)
        if one.member.means == "ecog" and not _is_absent(one.value)
    )
    stated = (Grade(one, _beside(one, _stated(one, scores))) for one in results(reading, scores))
    look = Look(kind=PERFORMANCE_STATUS.name, codes=scores, conditions=True, listed=scores)
    ecog = [*measured, *stated]
    current = newest(ecog)
    if current:
        found = _against_karnofsky(reading, tests, _newest(reading, fact, current, look), current, look)
        return _against_words(reading, fact, found, look)
    undated = tuple(_evidence(ecog, Role.POSSIBLE))
    if undated:
        return confirming(reading, Note("ecog.undated", found=undated), undated, look)
    karnofsky = tuple(karnofsky_results(reading, tests))
    note = Note("ecog.karnofsky", found=karnofsky) if karnofsky else ""
    return confirming(reading, note, karnofsky, look)


def _beside(result: Result, grades: Range | None) -> Range | None:
    """Return grades, but none where a remark or an interpretation names another one."""
    if grades is None:
        return None
    words = (word for one in result.value.interpretation for word in one.words)
    said = frozenset(one for one in (grades.at_least, grades.at_most) if one is not None)
    return None if any(gainsays(one, said) for one in (*result.observation.notes, *words)) else grades


def _stated(result: Result, scores: CodeSet) -> Range | None:
    """Return the grade that is the code of a finding; one with a value beside it is in doubt."""
    means = meanings(result.value.code, scores)
    plain = not result.value.has_value and not result.value.is_absent and len(means) == 1
    grade = int(next(iter(means))) if plain else None
    belied = result.value.code is None or grade is None or _is_belied(result.value.code, grade)
    return None if grade is None or belied else Range.exactly(grade)


def _against_karnofsky(reading: Reading, tests: CodeSet, found: Finding, current: list[Grade], look: Look) -> Finding:
    """Return the grade as unknown where a Karnofsky score of its day, or of a later one, is worse than it."""
    days = [one.result.when.first for one in current if one.result.when is not None]
    if not isinstance(found.value, Range) or not days:
        return found
    against = tuple(karnofsky_against(reading, tests, found.value, max(days)))
    shown = (*as_role(found.evidence, Role.POSSIBLE), *against)
    return confirming(reading, Note("ecog.karnofsky_against", found=shown), shown, look) if against else found


def _against_words(reading: Reading, fact: Fact, found: Finding, look: Look) -> Finding:
    """Return the grade as unknown where newer words name one by which the policy would rule otherwise (reading 20)."""
    days = [when for item in found.counted if (when := span(item.date)) is not None]
    if not isinstance(found.value, Range) or not days:
        return found
    newer = tuple(
        one
        for one, grades in newer_in_words(reading, look, days)
        if any(rules_otherwise(reading, fact, found, grade) for grade in grades)
    )
    if not newer:
        return found
    shown = (*newer, *as_role(found.evidence, Role.POSSIBLE))
    return Finding.unknown(Note("doubtful.newer", found=newer, counted=found.counted), shown)


def _is_absent(value: Measurement) -> bool:
    """Whether a result says itself that it has no value."""
    return value.is_absent and not value.has_value


def _newest(reading: Reading, fact: Fact, grades: list[Grade], look: Look) -> Finding:
    days = reading.days_of(fact, "within_days")
    readable = [one.grades for one in grades if one.grades is not None]
    evidence = tuple(_evidence(grades, Role.FOR))
    possible = as_role(evidence, Role.POSSIBLE)
    if len(readable) < len(grades):
        return confirming(reading, Note("ecog.unreadable", found=possible), possible, look)
    if any(one.result.when is None or one.result.when.days_before(reading.as_of)[1] > days for one in grades):
        return confirming(reading, Note("ecog.old", found=possible, days=days), possible, look)
    span = Range(min(one.at_least for one in readable), max(one.at_most or 0 for one in readable))
    low, high = span.at_least, span.at_most or 0
    note = Note("ecog.grade", low=low) if low == high else Note("ecog.range", low=low, high=high)
    return Finding.known(span, evidence, note)


def _evidence(grades: Iterable[Grade], role: Role) -> Iterable[Evidence]:
    for one in grades:
        seen = as_written(one.result.value) or Note("ecog.unread")
        grade = seen if one.grades is None else _written(one.grades)
        yield shows(one.result.observation, Note("ecog.evidence", grade=grade), one.result.coding, role)


def _written(grades: Range) -> str:
    low, high = grades.at_least, grades.at_most
    return str(low) if low == high else f"{low}-{high}"


def _grades(observation: Measurement, scores: CodeSet) -> Range | None:
    """Read every carrier of a grade; one that is no grade, or two that differ, make the result unreadable."""
    carried = list(_carriers(observation, scores))
    return carried[0] if carried and all(one == carried[0] for one in carried) else None


def _carriers(observation: Measurement, scores: CodeSet) -> Iterable[Range | None]:
    if observation.integer is not None:
        yield _range(observation.integer, observation.integer)
    if observation.quantity is not None:
        yield _of_quantity(observation.quantity)
    if observation.text is not None:
        yield _of_text(observation.text)
    span = observation.range
    if span is not None and span.low and span.high and span.low.value is not None and span.high.value is not None:
        yield _range(span.low.value, span.high.value)
    answer = observation.concept
    for concept in (*((answer,) if answer is not None else ()), *observation.interpretation):
        for means in meanings(concept, scores):
            yield None if _is_belied(concept, int(means)) else _range(int(means), int(means))
    if answer is not None and not meanings(answer, scores):
        yield from (_of_text(text) for text in dict.fromkeys(answer.words))


def _of_text(text: str) -> Range | None:
    grades = ecog_grades(text)
    return Range(*grades) if grades is not None else None


def _is_belied(concept: Concept, grade: int) -> bool:
    """Whether words beside a code contradict it, or turn it round.

    Words that state a grade must state that of the code; others must have nothing that denies, doubts or dates back,
    and no grade of another number.
    """
    for text in concept.words:
        grades = ecog_grades(text)
        if not fits_words(text, grade):
            return True
        if grades is None and (turns(text) or set(_DIGIT.findall(text)) - {str(grade)}):
            return True
        if grades is not None and grades != (grade, grade):
            return True
    return False


def _of_quantity(quantity: Quantity) -> Range | None:
    unit = quantity.code or quantity.unit or ""
    if quantity.value is None or quantity.comparator or unit not in _UNITS:
        return None
    return _range(quantity.value, quantity.value)


def _range(low: Decimal | int, high: Decimal | int) -> Range | None:
    whole = [grade for grade in range(_WORST + 1) if grade in (low, high)]
    ordered = bool(whole) and low == whole[0] and high == whole[-1]
    return Range(whole[0], whole[-1]) if ordered else None


def _values(codes: Codes, fact: Fact) -> dict[str, str]:
    probe = Probe(codes, fact, performance_status, codes.members(fact, "tests", "ecog")[0])
    found = probe.of_texts(GRADE_TEXTS)
    cases = (f"    when Lower(text) in {texts(ones)} then {grade}" for grade, ones in found.items())
    return observed() | {
        "tests": phrases.listed(codes.members(fact, "tests", "ecog")),
        "grades": phrases.listed(codes.members(fact, "scores")),
        "within_days": str(fact.parameters["within_days"]),
        "coded": "\n".join(_coded(probe, codes, fact, str(grade)) for grade in range(_WORST + 1)),
        "texts": "\n".join(cases),
    }


def _coded(probe: Probe, codes: Codes, fact: Fact, grade: str) -> str:
    """Write a coded grade: no other code of a grade beside it, and no words but such as leave it as it is."""
    members = codes.members(fact, "scores", grade)
    own = phrases.listed(members)
    allowed = probe.beside(members[0], ("", *GRADE_TEXTS, *displays(members))).get(grade, ())
    return (
        f'    when "Has"("Tokens"(concept), {own})\n'
        f'      and not exists (("Tokens"(concept)) T where T in "{fact.name}: grades" and not (T in {own}))\n'
        f'      and not exists (("Words"(concept)) W where not (Lower(W) in {texts(filter(None, allowed))}))\n'
        f"    then {grade}"
    )


RECORDS = (
    FhirKind(
        PERFORMANCE_STATUS,
        performance_status,
        frozenset({"Observation"}),
        newest=Newest.RESULT,
        texts=TextForms("", "ecog"),
        means=ecog_grade,
        logic=PopulationLogic(_values),
        draws=MappingProxyType({"ecog": performance.ecog, "karnofsky": performance.karnofsky}),
    ),
)
