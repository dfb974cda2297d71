"""Earlier therapies: how many regimens, of what kind, in which setting; and whether a drug of a class was given.

Readings 13 and 14 of the payer: a chart gives a lower bound.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.kept_records import GIVINGS
from fhir_mappings.chart.policy_chart import Reading, known_to_policy, once
from fhir_mappings.clinical.dates import Span
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.disease.diagnoses import Tie
from fhir_mappings.disease.disease_extent import extent
from fhir_mappings.disease.text_mentions import Look, confirming
from fhir_mappings.facts.fhir_kind import FhirKind
from fhir_mappings.meanings.of_words import drug_was_given
from fhir_mappings.population.drug_logic import TREATMENTS, given_values
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.therapy.line import Line, Possible
from fhir_mappings.therapy.line_settings import UNPLACED, Ground, Placed, Setting, settings
from fhir_mappings.therapy.line_table import names
from fhir_mappings.therapy.lines import lines
from fhir_mappings.therapy.regimens_in_words import further_in_words, is_against
from fhir_mappings.therapy.treatments import Treatment, treatments
from fhir_mappings.therapy.unlisted_drugs import hinted_for
from policies.building.facts import ALL
from policies.kinds.treatment import DRUG_GIVEN, PRIOR_REGIMENS
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Range, Role
from policies.model.notes import Note, Said, Series, in_order, together

COUNTED = PRIOR_REGIMENS.name
"""The kind of fact that counts lines."""

ANY = "any"
_UNDATED = "regimens.undated"
_NOT_COUNTED = {
    Ground.BEFORE_PROOF: "regimens.before",
    Ground.AGAINST_DATES: "regimens.against_dates",
    Ground.DATE_UNCLEAR: "regimens.unclear",
    Ground.BY_INTENT: _UNDATED,
    Ground.NO_DATED_PROOF: _UNDATED,
}
"""What is said of lines that are not counted in the advanced setting, by the ground for their setting."""
NOT_DATED = frozenset({Ground.DATE_UNCLEAR, Ground.BY_INTENT, Ground.NO_DATED_PROOF})
"""The grounds on which it is open whether a line was for advanced disease."""


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The lines and doubtful records of a class of drugs, by what they are for one count.

    `others` are certain lines that are not counted, each with its setting; `early` are doubtful records that surely
    began before the disease was advanced.
    """

    drugs: frozenset[str]
    counted: tuple[Line, ...]
    others: tuple[tuple[Line, Placed], ...]
    further: tuple[Possible, ...]
    early: tuple[Possible, ...]


def prior_regimens(reading: Reading, fact: Fact) -> Finding:
    """Count the lines that certainly hold a drug of the class, in the setting that is asked for, as a lower bound.

    In the metastatic or advanced setting a line counts that began on or after the first dated proof of it (reading 13).
    The upper bound stays open: a chart never proves that there was nothing else.
    """
    found = _sorted(reading, fact)
    drugs = {drug for line, _ in found.others for drug in line.drugs}
    further = _shown(found.further)
    adjuvant = _shown([one for one in found.early if one.drug not in drugs])
    since = extent(reading).since if fact.parameters["setting"] != ANY else None
    note = together(*_notes(reading, fact, found, (further, adjuvant), since))
    not_counted = _evidence((line for line, _ in found.others), found.drugs)
    hinted = hinted_for(reading, fact, found.drugs)
    if hinted:
        note = together(note, Note("regimens.unlisted", found=hinted))
    in_words = tuple(one.evidence for one in further_in_words(reading) if not found.drugs.isdisjoint(one.drugs))
    if in_words:
        note = together(note, Note("mention.note", found=in_words))
    possible = (*as_role(not_counted, Role.POSSIBLE), *further, *adjuvant, *hinted, *in_words)
    if not found.counted:
        return Finding.unknown(note, possible)
    return Finding.known(Range(len(found.counted)), (*_evidence(found.counted, found.drugs), *possible), note)


def _sorted(reading: Reading, fact: Fact) -> _Sorted:
    drugs = drugs_counted(reading, fact)
    found = lines(reading)
    placed = zip(found.certain, settings(reading), strict=True)
    of_class = [(line, one or UNPLACED) for line, one in placed if not drugs.isdisjoint(line.sure)]
    possible = [one for one in found.possible if not drugs.isdisjoint(one.regimen)]
    if fact.parameters["setting"] == ANY:
        return _Sorted(drugs, tuple([line for line, _ in of_class]), (), tuple(possible), ())
    early = [one for one in possible if _is_too_early(extent(reading).since, one.treatment)]
    return _Sorted(
        drugs,
        counted=tuple([line for line, one in of_class if one.setting is Setting.METASTATIC]),
        others=tuple([(line, one) for line, one in of_class if one.setting is not Setting.METASTATIC]),
        further=tuple([one for one in possible if one not in early]) if early else tuple(possible),
        early=tuple(early),
    )


def drugs_counted(reading: Reading, fact: Fact) -> frozenset[str]:
    """Return the drugs of which a fact counts the lines."""
    return _drugs_named(reading, str(fact.parameters["drugs"]))


@known_to_policy(lambda _: ())
def _drugs_named(reading: Reading, name: str) -> frozenset[str]:
    return frozenset(reading.drug_set(reading.policy.figures.lines.drugs if name == ALL else name).roles)


def _evidence(counted: Iterable[Line], drugs: frozenset[str]) -> tuple[Evidence, ...]:
    return tuple([item for line in counted for item in [shown for drug, shown in line.shown.items() if drug in drugs]])


def _shown(possible: Sequence[Possible]) -> tuple[Evidence, ...]:
    return in_order(as_role([one.treatment.evidence for one in possible], Role.POSSIBLE)) if possible else ()


def _is_too_early(since: Span | None, one: Treatment) -> bool:
    """Whether a record surely began before the disease was advanced."""
    return since is not None and one.start is not None and one.start.last < since.first


def _notes(
    reading: Reading,
    fact: Fact,
    found: _Sorted,
    shown: tuple[tuple[Evidence, ...], tuple[Evidence, ...]],
    since: Span | None,
) -> Iterator[Note]:
    further, adjuvant = shown
    written = since.written if since is not None else ""
    if found.counted:
        yield Note("regimens.counted", n=len(found.counted), found=_in_words(reading, found.counted))
    elif not found.others:
        yield Note("regimens.none")
    for key in dict.fromkeys(_NOT_COUNTED[placed.ground] for _, placed in found.others):
        group = [line for line, placed in found.others if _NOT_COUNTED[placed.ground] == key]
        spoken = _in_words(reading, group)
        yield Note(key, found=spoken) if key == _UNDATED else Note(key, found=spoken, since=written)
    if not found.others and since is None and fact.parameters["setting"] != ANY:
        yield Note("regimens.setting")
    if further:
        yield Note("regimens.possible", found=further)
    if adjuvant:
        yield Note("regimens.adjuvant", found=adjuvant, since=written)


def _in_words(reading: Reading, lines: Iterable[Line]) -> Series:
    spoken = _spoken(reading)
    return Series(tuple([spoken[id(line)] for line in lines]), "; ")


@once
def _spoken(reading: Reading) -> dict[int, Said]:
    """Return what is said of each certain line, by its identity: several counts of one policy tell the same lines."""
    return {
        id(line): Note("regimens.line", drugs=" + ".join(names(reading, line.sure)), start=line.start.written)
        for line in lines(reading).certain
    }


def beside(answer: Finding, chart: Finding) -> Finding:
    """Return a person's number of lines, which outranks the count, with what the chart shows where that differs."""
    counted = chart.value.at_least if isinstance(chart.value, Range) else 0
    if answer.value == Range.exactly(counted):
        return answer
    note = together(answer.note, Note("regimens.beside", chart=chart.note))
    return replace(answer, note=note, evidence=(*answer.evidence, *as_role(chart.evidence, Role.POSSIBLE)))


def drug_given(reading: Reading, fact: Fact) -> Finding:
    """Whether a drug of the class was given for the disease before the order; silence proves nothing.

    What was given for another cancer is left out; what may have been is shown.
    """
    drugs = reading.drug_set(str(fact.parameters["drugs"]))
    own = reading.policy.figures.product.drug
    records = [one for one in treatments(reading) if one.drug in drugs and one.drug != own]
    known = [one for one in records if one.belongs is not Tie.OTHER and _may_be_before(one, reading.as_of)]
    given = _one_each(one for one in known if one.given and one.belongs is Tie.OWN and _is_before(one, reading.as_of))
    if given:
        return Finding.yes(tuple(one.evidence for one in given))
    hinted = hinted_for(reading, fact, drugs.roles)
    possible = (*as_role((one.evidence for one in _one_each(known)), Role.POSSIBLE), *hinted)
    note = Note("given.possible", found=possible) if possible else ""

    def names_one(sentence: str) -> bool:
        """Return whether a sentence names a drug of the class."""
        return any(one in drugs for one in reading.drugs.spoken_of_in(sentence))

    return confirming(reading, note, possible, Look(names_one, against=is_against))


def _may_be_before(one: Treatment, day: date) -> bool:
    return one.start is None or one.start.first < day


def _is_before(one: Treatment, day: date) -> bool:
    """Whether a giving lies before a day; one that nobody dated was written down, and so it does."""
    return one.start is None or one.start.last < day


def _one_each(records: Iterable[Treatment]) -> list[Treatment]:
    """Keep one record a drug: one that proves before a weak one, the earliest dated."""
    first: dict[str, Treatment] = {}
    for one in sorted(records, key=_rank):
        first.setdefault(one.drug, one)
    return list(first.values())


def _rank(one: Treatment) -> tuple[bool, date, str]:
    return one.standing is not Standing.PROVES, one.start.first if one.start else date.max, one.record.reference


# A count has no logic: a chart gives no more than a lower bound, which is no answer.
RECORDS = (
    FhirKind(PRIOR_REGIMENS, prior_regimens, GIVINGS | {"Medication", "Condition", "Observation"}),
    FhirKind(
        DRUG_GIVEN,
        drug_given,
        GIVINGS | {"Medication", "Condition"},
        means=drug_was_given,
        logic=PopulationLogic(given_values, TREATMENTS),
    ),
)
