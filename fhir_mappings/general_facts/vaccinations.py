"""Vaccinations, each by a value set of vaccines of the policy.

A chart proves that a dose was given, and when; never that none was.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import NamedTuple

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.concept_match import find, shown
from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.records import TreatmentRecord
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.disease.text_mentions import confirming
from fhir_mappings.facts.fhir_kind import FhirKind
from fhir_mappings.general_facts.conditions import is_of_time, look_for, names_of
from fhir_mappings.meanings.of_words import Seen, is_clear
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.phrases import Codes
from fhir_mappings.population.probe import RecordProbe
from fhir_mappings.population.record_logic import FILES, coded_values, is_coded
from fhir_mappings.sketches import conditions as sketches
from policies.kinds.vaccinations import VACCINATION, VACCINE_DOSES
from policies.model.criteria import Fact
from policies.model.fact_kinds import named_pattern, words
from policies.model.findings import Evidence, Finding, Range, Role
from policies.model.notes import Note

_APART = timedelta(days=7)
"""Two sources may date one dose differently: doses nearer to each other count as one."""
_CVX = "http://hl7.org/fhir/sid/cvx"


class _Doses(NamedTuple):
    """The vaccinations of a fact: those that are surely given in its time, and all, each as evidence."""

    given: tuple[TreatmentRecord, ...]
    shown: MappingProxyType[str, Evidence]

    def proof(self) -> tuple[Evidence, ...]:
        """Return the evidence of what was given."""
        return tuple(self.shown[one.reference] for one in self.given)

    def rest(self) -> tuple[Evidence, ...]:
        """Return the others, which prove nothing."""
        given = {one.reference for one in self.given}
        return as_role((one for name, one in self.shown.items() if name not in given), Role.POSSIBLE)


def vaccination(reading: Reading, fact: Fact) -> Finding:
    """Read the Immunizations of a value set: a completed one proves, if it is of the time that is asked for."""
    doses = _doses(reading, fact)
    return Finding.yes(doses.proof()) if doses.given else _open(reading, fact, doses)


def vaccine_doses(reading: Reading, fact: Fact) -> Finding:
    """Count the doses that were surely given in time, a week apart: a lower bound."""
    doses = _doses(reading, fact)
    number = max(_apart(one.when.first for one in doses.given if one.when is not None), min(len(doses.given), 1))
    if not number:
        return _open(reading, fact, doses)
    note = Note("vaccination.counted", n=number, found=doses.proof())
    return Finding.known(Range(number), (*doses.proof(), *doses.rest()), note)


def _apart(days: Iterable[date]) -> int:
    counted, last = 0, None
    for day in sorted(days):
        if last is None or day - last >= _APART:
            counted, last = counted + 1, day
    return counted


def _open(reading: Reading, fact: Fact, doses: _Doses) -> Finding:
    rest = doses.rest()
    note = Note("vaccination.outside", found=rest) if rest else ""
    return confirming(reading, note, rest, look_for(reading, fact))


def _doses(reading: Reading, fact: Fact) -> _Doses:
    codes = reading.codes_of(fact, "codes")
    names = words("|".join(map(named_pattern, fact.searched))) if fact.searched else None
    given, seen = list[TreatmentRecord](), dict[str, Evidence]()
    for one in admitted(reading).vaccinations:
        hit = find(one.code, codes)
        if one.standing is Standing.NOTHING or (hit is None and not _is_named(one, names)):
            continue
        what = hit[1].display if hit is not None else shown(one.code)
        note = Note("vaccination.evidence", what=what, status=one.status or "")
        seen[one.reference] = shows(one, note, hit[0] if hit is not None else None)
        if hit is not None and one.standing is Standing.PROVES and is_of_time(reading, fact, one.when):
            given.append(one)
    return _Doses(tuple(given), MappingProxyType(seen))


def _is_named(one: TreatmentRecord, names: re.Pattern[str] | None) -> bool:
    """Return whether a vaccination names the vaccine in words alone: a code of CVX says which it is."""
    if one.code is None or names is None or any(coding.system == _CVX for coding in one.code.coding):
        return False
    return any(names.search(word) for word in one.code.words)


def is_given(seen: Seen) -> bool | None:
    """Return yes for a dose that only words name, or whose day is not sure; a person confirms it."""
    reading, fact = seen.reading, seen.fact
    record = next((one for one in admitted(reading).vaccinations if one.reference == seen.item.reference), None)
    if record is None:
        named = words("|".join(map(named_pattern, names_of(reading, fact))))
        return True if named.search(seen.text) and is_clear(seen.text) else None
    is_asked = record.standing is not Standing.HINTS and not _is_out_of_time(reading, fact, record)
    return True if is_asked and is_clear(seen.text) else None


def _is_out_of_time(reading: Reading, fact: Fact, one: TreatmentRecord) -> bool:
    """Return whether a dose is surely too old, or too recent."""
    if one.when is None:
        return False
    nearest, farthest = one.when.days_before(reading.as_of)
    least, most = fact.parameters.get("at_least_days"), fact.parameters.get("within_days")
    return (isinstance(least, int) and farthest < least) or (isinstance(most, int) and nearest > most)


def _values(codes: Codes, fact: Fact) -> dict[str, str]:
    at_any_time = replace(fact, parameters={"codes": fact.parameters["codes"]})
    done = {"resourceType": "Immunization", "status": "completed"}
    return coded_values(codes, fact, RecordProbe(codes, at_any_time, vaccination, done, "vaccineCode"))


RECORDS = (
    FhirKind(
        VACCINATION,
        vaccination,
        frozenset({"Immunization"}),
        means=is_given,
        logic=PopulationLogic(_values, FILES, serves=is_coded, types=("Immunization",)),
        draws=MappingProxyType({"vaccinated": sketches.vaccination}),
    ),
    FhirKind(VACCINE_DOSES, vaccine_doses, frozenset({"Immunization"})),
)
