"""Diagnoses beside the policy's disease, events, and procedures, each by a value set of the policy.

A chart proves that something is on record, and for how long; never that nothing is. What a policy presumes absent is
said with its source, where nothing at all speaks for it (`findings.gathered`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.concept_match import find, shown
from fhir_mappings.chart.evidence import as_role, shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import Span
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.disease.diagnoses import Diagnosis
from fhir_mappings.disease.text_mentions import Look, confirming
from fhir_mappings.facts.fhir_kind import FhirKind, Newest
from fhir_mappings.meanings.of_words import Seen, is_clear
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.population.phrases import Codes
from fhir_mappings.population.probe import RecordProbe
from fhir_mappings.population.record_logic import FILES, coded_values, is_coded
from fhir_mappings.sketches import conditions as sketches
from policies.kinds.conditions import DIAGNOSIS_ON_RECORD, EVENT_COUNT, PROCEDURE_DONE
from policies.model.criteria import Fact
from policies.model.fact_kinds import named_pattern, words
from policies.model.findings import Evidence, Finding, Range, Role
from policies.model.notes import Note, together

_EVER = "ever"


def on_record(reading: Reading, fact: Fact) -> Finding:
    """Read the Conditions of a value set: a confirmed or unqualified one proves, if it stands and is of the time asked.

    One that is over, or of which it is not sure that it is old or recent enough, leaves it open.
    """
    found = list(_of_set(reading, fact))
    sure = [one for one in found if one.condition.standing is Standing.PROVES]
    refuted = [one for one in found if one.condition.standing is Standing.REFUTES]
    proven = [one for one in sure if _stands(fact, one) and is_of_time(reading, fact, one.condition.when)]
    if proven:
        return _proven(proven, refuted)
    rest = _evidence((one for one in sure), Role.POSSIBLE)
    hints = _evidence((one for one in found if one.condition.standing is Standing.HINTS), Role.POSSIBLE)
    against = _evidence((one for one in refuted if one.member.general), Role.AGAINST)
    if against and not rest and not hints:
        return Finding.no(against, Note("condition.refuted", found=against))
    notes = [Note(key, found=seen) for key, seen in (("condition.over", rest), ("condition.hints", hints)) if seen]
    return confirming(reading, together(*notes), (*rest, *hints), look_for(reading, fact))


def _of_set(reading: Reading, fact: Fact) -> Iterator[Diagnosis]:
    codes = reading.codes_of(fact, "codes")
    for one in admitted(reading).diagnoses:
        hit = find(one.code, codes)
        if hit is not None and one.standing is not Standing.NOTHING:
            yield Diagnosis(one, *hit)


def _stands(fact: Fact, one: Diagnosis) -> bool:
    return fact.parameters["state"] == _EVER or not one.condition.is_over


def is_of_time(reading: Reading, fact: Fact, when: Span | None) -> bool:
    """Return whether a date is surely as long ago, and as recent, as a fact asks."""
    least, most = fact.parameters.get("at_least_days"), fact.parameters.get("within_days")
    if least is None and most is None:
        return True
    if when is None:
        return False
    nearest, farthest = when.days_before(reading.as_of)
    old_enough = not isinstance(least, int) or nearest >= least
    return old_enough and (not isinstance(most, int) or farthest <= most)


def _proven(proven: Sequence[Diagnosis], refuted: Sequence[Diagnosis]) -> Finding:
    ruled_out = {(one.member.system, one.member.code) for one in refuted}
    proof = _evidence(proven, Role.FOR)
    if all((one.member.system, one.member.code) in ruled_out for one in proven):
        both = (*proof, *_evidence(refuted, Role.AGAINST))
        return Finding.conflicting(Note("condition.conflict", found=both), both)
    return Finding.yes(proof)


def _evidence(found: Iterable[Diagnosis], role: Role) -> tuple[Evidence, ...]:
    return tuple(shows(one.condition, shown(one.condition.code, one.member.display), one.coding, role) for one in found)


def look_for(reading: Reading, fact: Fact) -> Look:
    """Return what to look for in words: the names of the fact's value set, and its codes."""
    named = words("|".join(map(named_pattern, names_of(reading, fact))))
    return Look(named, codes=reading.codes_of(fact, "codes"), conditions=True)


def names_of(reading: Reading, fact: Fact) -> tuple[str, ...]:
    """Return the names by which words may speak of a fact: its own, and the title of its value set."""
    return (*fact.searched, reading.codes_of(fact, "codes").title.lower())


def event_count(reading: Reading, fact: Fact) -> Finding:
    """Count the days within the look-back on which a diagnosis of the value set surely began: a lower bound."""
    sure = [one for one in _of_set(reading, fact) if one.condition.standing is Standing.PROVES]
    within = [one for one in sure if is_of_time(reading, fact, one.condition.when)]
    days = sorted({(when.first, when.last) for one in within if (when := one.condition.when) is not None})
    rest = _evidence((one for one in sure if one not in within), Role.POSSIBLE)
    limit = reading.days_of(fact, "within_days")
    if not days:
        note = Note("events.outside", days=limit, found=rest) if rest else ""
        return confirming(reading, note, rest, look_for(reading, fact))
    number = len(_apart(days))
    return Finding.known(
        Range(number), (*_evidence(within, Role.FOR), *rest), Note("events.counted", n=number, days=limit)
    )


def _apart(days: Sequence[tuple[object, object]]) -> list[tuple[object, object]]:
    """Return the days that are surely different: a month in which another day lies is not counted beside it."""
    full = [(first, last) for first, last in days if first == last]
    return full or list(days[:1])


def procedure_done(reading: Reading, fact: Fact) -> Finding:
    """Read the Procedures of a value set: a completed one proves, if it is of the time that is asked for."""
    codes = reading.codes_of(fact, "codes")
    records = [one for one in admitted(reading).treatments if one.kind == "Procedure"]
    hits = [(one, hit) for one in records if (hit := find(one.code, codes)) is not None]
    shown_ = {
        one.reference: shows(one, Note("procedure.evidence", what=hit[1].display, status=one.status or ""), hit[0])
        for one, hit in hits
    }
    done = [one for one, _ in hits if one.standing is Standing.PROVES and is_of_time(reading, fact, one.when)]
    if done:
        return Finding.yes(tuple(shown_[one.reference] for one in done))
    open_ = (one for one, _ in hits if one.standing is not Standing.NOTHING)
    rest = as_role((shown_[one.reference] for one in open_), Role.POSSIBLE)
    note = Note("procedure.outside", found=rest) if rest else ""
    return confirming(reading, note, rest, look_for(reading, fact))


def is_so(seen: Seen) -> bool | None:
    """Return yes for words that name it and nothing that turns them round; a person confirms it."""
    named_in_words = any(re.search(named_pattern(one), seen.text) for one in names_of(seen.reading, seen.fact))
    coded = seen.item.reference.startswith(("Condition/", "Procedure/")) and bool(seen.item.code)
    return True if (named_in_words or coded) and is_clear(seen.text) else None


def _diagnosis_values(codes: Codes, fact: Fact) -> dict[str, str]:
    at_any_time = replace(fact, parameters={"codes": fact.parameters["codes"], "state": _EVER})
    return coded_values(codes, fact, RecordProbe(codes, at_any_time, on_record, {"resourceType": "Condition"}))


def _procedure_values(codes: Codes, fact: Fact) -> dict[str, str]:
    at_any_time = replace(fact, parameters={"codes": fact.parameters["codes"]})
    done = {"resourceType": "Procedure", "status": "completed"}
    return coded_values(codes, fact, RecordProbe(codes, at_any_time, procedure_done, done))


RECORDS = (
    FhirKind(
        DIAGNOSIS_ON_RECORD,
        on_record,
        frozenset({"Condition"}),
        newest=Newest.DIAGNOSIS,
        means=is_so,
        logic=PopulationLogic(_diagnosis_values, FILES, serves=is_coded),
    ),
    FhirKind(EVENT_COUNT, event_count, frozenset({"Condition"})),
    FhirKind(
        PROCEDURE_DONE,
        procedure_done,
        frozenset({"Procedure"}),
        means=is_so,
        logic=PopulationLogic(_procedure_values, FILES, serves=is_coded, types=("Procedure",)),
        draws=MappingProxyType({"operation": sketches.operation}),
    ),
)
