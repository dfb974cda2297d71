"""Earlier therapies: how many regimens, of what kind, in which setting; and whether a drug of a class was given."""

from collections.abc import Iterable
from datetime import date

from fhir_mappings.evidence import as_role, listed
from fhir_mappings.extent import extent
from fhir_mappings.lines import Line, lines
from fhir_mappings.reading import Reading
from fhir_mappings.treatments import Treatment, treatments
from policies.building.facts import ALL
from policies.findings import Evidence, Finding, Range, Role
from policies.model import Fact

_ANY = "any"


def prior_regimens(reading: Reading, fact: Fact) -> Finding:
    """Count the lines that certainly hold a drug of the class, in the setting that is asked for, as a lower bound.

    In the metastatic or advanced setting a line counts that began on or after the first dated proof of it (reading 13).
    The upper bound stays open: a chart never proves that there was nothing else.
    """
    drugs = _class(reading, fact)
    found = reading.once(lines)
    counted = [line for line in found.certain if not drugs.isdisjoint(line.drugs) and _in_setting(reading, fact, line)]
    possible = as_role((one.evidence for one in found.possible if one.drug in drugs), Role.POSSIBLE)
    note = " ".join(_notes(reading, fact, counted, possible))
    if not counted:
        return Finding.unknown(note, possible)
    evidence = tuple(item for line in counted for item in line.evidence(sorted(drugs)))
    return Finding.known(Range(len(counted)), (*evidence, *possible), note)


def _class(reading: Reading, fact: Fact) -> frozenset[str]:
    name = str(fact.parameters["drugs"])
    return frozenset(reading.drug_set(reading.policy.figures.lines.drugs if name == ALL else name).roles)


def _in_setting(reading: Reading, fact: Fact, line: Line) -> bool:
    if fact.parameters["setting"] == _ANY:
        return True
    since = reading.once(extent).since
    return since is not None and line.start.first >= since.last


def _notes(reading: Reading, fact: Fact, counted: list[Line], possible: tuple[Evidence, ...]) -> Iterable[str]:
    if counted:
        told = "; ".join(_told(reading, line) for line in counted)
        yield reading.say.count("regimens.counted", len(counted), found=told)
    else:
        yield reading.say("regimens.none")
    if possible:
        yield reading.say("regimens.possible", found=listed(possible))
    if fact.parameters["setting"] != _ANY and reading.once(extent).since is None:
        yield reading.say("regimens.setting")


def _told(reading: Reading, line: Line) -> str:
    names = " + ".join(reading.drugs.by_id[drug].name for drug in line.drugs)
    return reading.say("regimens.line", drugs=names, start=line.start.written)


def drug_given(reading: Reading, fact: Fact) -> Finding:
    """Tell whether a drug of the class was given, whenever; silence proves nothing."""
    drugs = reading.drug_set(str(fact.parameters["drugs"]))
    records = [one for one in reading.once(treatments) if one.drug in drugs]
    given = _one_each(one for one in records if one.given)
    if given:
        return Finding.yes(tuple(one.evidence for one in given))
    possible = as_role((one.evidence for one in _one_each(records)), Role.POSSIBLE)
    return (
        Finding.unknown(reading.say("given.possible", found=listed(possible)), possible)
        if possible
        else reading.silence()
    )


def _one_each(records: Iterable[Treatment]) -> list[Treatment]:
    """Keep one record a drug, the earliest dated."""
    first: dict[str, Treatment] = {}
    for one in sorted(records, key=lambda one: one.start.first if one.start else date.max):
        first.setdefault(one.drug, one)
    return list(first.values())
