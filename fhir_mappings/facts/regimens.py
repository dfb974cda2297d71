"""Earlier therapies: how many regimens, of what kind, in which setting; and whether a drug of a class was given."""

from collections.abc import Iterable, Iterator
from datetime import date

from fhir_mappings.disease import Tie
from fhir_mappings.evidence import as_role, in_order, listed
from fhir_mappings.extent import extent
from fhir_mappings.lines import Line, lines
from fhir_mappings.reading import Reading
from fhir_mappings.standing import Standing
from fhir_mappings.treatments import Treatment, treatments
from policies.building.facts import ALL
from policies.findings import Evidence, Finding, Range, Role
from policies.model import Fact

_ANY = "any"
Shown = tuple[Evidence, ...]


def prior_regimens(reading: Reading, fact: Fact) -> Finding:
    """Count the lines that certainly hold a drug of the class, in the setting that is asked for, as a lower bound.

    In the metastatic or advanced setting a line counts that began on or after the first dated proof of it (reading 13).
    The upper bound stays open: a chart never proves that there was nothing else.
    """
    drugs = _class(reading, fact)
    found = reading.once(lines)
    of_class = [line for line in found.certain if not drugs.isdisjoint(line.sure)]
    counted = [line for line in of_class if _in_setting(reading, fact, line)]
    others = [line for line in of_class if line not in counted]
    possible_ones = [one for one in found.possible if one.drug in drugs]
    early = [one for one in possible_ones if _is_too_early(reading, fact, one)]
    told = {drug for line in others for drug in line.drugs}
    further = _possible(one for one in possible_ones if one not in early)
    adjuvant = _possible(one for one in early if one.drug not in told)
    note = " ".join(_notes(reading, fact, counted, others, further, adjuvant))
    possible = (*as_role(_evidence(others, drugs), Role.POSSIBLE), *further, *adjuvant)
    if not counted:
        return Finding.unknown(note, possible)
    return Finding.known(Range(len(counted)), (*_evidence(counted, drugs), *possible), note)


def _class(reading: Reading, fact: Fact) -> frozenset[str]:
    name = str(fact.parameters["drugs"])
    return frozenset(reading.drug_set(reading.policy.figures.lines.drugs if name == ALL else name).roles)


def _evidence(counted: Iterable[Line], drugs: frozenset[str]) -> tuple[Evidence, ...]:
    return tuple(item for line in counted for item in line.evidence(sorted(drugs)))


def _possible(records: Iterable[Treatment]) -> Shown:
    return in_order(as_role((one.evidence for one in records), Role.POSSIBLE))


def _in_setting(reading: Reading, fact: Fact, line: Line) -> bool:
    if fact.parameters["setting"] == _ANY:
        return True
    since = reading.once(extent).since
    return since is not None and line.start.first >= since.last


def _is_too_early(reading: Reading, fact: Fact, one: Treatment) -> bool:
    """Tell whether a record surely began before the disease was advanced, where the setting is asked for."""
    since = None if fact.parameters["setting"] == _ANY else reading.once(extent).since
    return since is not None and one.start is not None and one.start.last < since.first


def _notes(
    reading: Reading, fact: Fact, counted: list[Line], others: list[Line], further: Shown, adjuvant: Shown
) -> Iterator[str]:
    since = None if fact.parameters["setting"] == _ANY else reading.once(extent).since
    if counted:
        yield reading.say.count("regimens.counted", len(counted), found=_told(reading, counted))
    elif not others:
        yield reading.say("regimens.none")
    if others and since is not None:
        yield reading.say("regimens.before", found=_told(reading, others), since=since.written)
    elif others:
        yield reading.say("regimens.undated", found=_told(reading, others))
    elif fact.parameters["setting"] != _ANY and since is None:
        yield reading.say("regimens.setting")
    if further:
        yield reading.say("regimens.possible", found=listed(further))
    if adjuvant and since is not None:
        yield reading.say("regimens.adjuvant", found=listed(adjuvant), since=since.written)


def _told(reading: Reading, told: Iterable[Line]) -> str:
    return "; ".join(
        reading.say("regimens.line", drugs=" + ".join(_names(reading, line)), start=line.start.written) for line in told
    )


def _names(reading: Reading, line: Line) -> Iterable[str]:
    return (reading.drugs.by_id[drug].name for drug in line.sure)


def drug_given(reading: Reading, fact: Fact) -> Finding:
    """Tell whether a drug of the class was given for the disease before the order; silence proves nothing.

    What was given for another cancer is left out; what may have been is shown.
    """
    drugs = reading.drug_set(str(fact.parameters["drugs"]))
    own = reading.policy.figures.product.drug
    records = [one for one in reading.once(treatments) if one.drug in drugs and one.drug != own]
    known = [one for one in records if one.belongs is not Tie.OTHER and _may_be_before(one, reading.as_of)]
    given = _one_each(one for one in known if one.given and one.belongs is Tie.OWN and _is_before(one, reading.as_of))
    if given:
        return Finding.yes(tuple(one.evidence for one in given))
    possible = as_role((one.evidence for one in _one_each(known)), Role.POSSIBLE)
    return (
        Finding.unknown(reading.say("given.possible", found=listed(possible)), possible)
        if possible
        else reading.silence()
    )


def _may_be_before(one: Treatment, day: date) -> bool:
    return one.start is None or one.start.first < day


def _is_before(one: Treatment, day: date) -> bool:
    """Tell whether a giving lies before a day; one that nobody dated was written down, and so it does."""
    return one.start is None or one.start.last < day


def _one_each(records: Iterable[Treatment]) -> list[Treatment]:
    """Keep one record a drug: one that proves before a weak one, the earliest dated."""
    first: dict[str, Treatment] = {}
    for one in sorted(records, key=_rank):
        first.setdefault(one.drug, one)
    return list(first.values())


def _rank(one: Treatment) -> tuple[bool, date, str]:
    return one.standing is not Standing.PROVES, one.start.first if one.start else date.max, one.record.reference
