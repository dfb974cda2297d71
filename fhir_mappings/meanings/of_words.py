"""What the words of possible evidence would mean for its fact, one function a kind; None where they mean nothing clear.

Read more leniently than what decides: the words are quoted, and a person confirms them. What denies, doubts, dates back
or speaks of somebody else is never proposed; it is only shown.
"""

import re
from dataclasses import dataclass

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.courses import NO_PROGRESSION, PROGRESSION
from fhir_mappings.clinical.dates import span
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.disease.diagnoses import diagnoses
from fhir_mappings.disease.disease_status import statuses
from fhir_mappings.meanings.english import in_english
from fhir_mappings.text_forms.search_words import bare, names
from fhir_mappings.text_forms.words import plain, turns
from fhir_mappings.text_forms.written_days import first_day
from fhir_mappings.therapy.regimens_in_words import is_against
from fhir_mappings.therapy.treatments import Treatment, treatments
from fhir_mappings.therapy.unlisted_drugs import unlisted
from policies.kinds.disease import METASTATIC
from policies.kinds.treatment import INTOLERANCE
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Range
from policies.model.notes import Note, Said, Series

_FITTING: frozenset[Said] = frozenset(
    Note(f"doubt.{one.value}")
    for one in (Doubt.PRELIMINARY, Doubt.UNLISTED, Doubt.CONTAINED, Doubt.UNREAD, Doubt.UNDATED)
)
"""The doubts under which a record may still say what it says, so that a person is asked."""
_TURNING = ("denials", "doubts", "states", "times", "people", "limits")
_GRADE = re.compile(
    r"\b(?:ecog|zubrod|who|ps|performance status|estado funcional|score|grade|grado)\b[^0-9]{0,20}?([0-5])\b"
    r"(?! ?[-/%.][0-9]?)"
)
_CODE_AS_NAME = re.compile(r"^[0-9]+-[0-9]: ")
"""A LOINC code that stands for the name of a result, where the record gives it none."""
_ALONE = re.compile(r"(?:^|: )([0-5])$")
"""A grade that is the whole value of a result of the scale."""
_OF_SCALE = re.compile(r"\b(?:([0-2]) ?/ ?4|([0-3]) ?/ ?5)$")
"""A grade over the end of its scale; two that are one apart may be two grades."""
_NUMERALS = ("zero|cero", "one|uno|i", "two|dos|ii", "three|tres|iii", "four|cuatro|iv")
_SPELLED = re.compile(
    r"(?:^|: )(?:(?:ecog|zubrod|who|oms|ps|performance status|score|grade|grado)[ :=]*)*"
    rf"(?:{'|'.join(f'({one})' for one in _NUMERALS)})$"
)
"""A grade as a Roman numeral or a word that is the whole value."""
_UNRESECTABLE = re.compile(r"\bunresect|\binoperab|\bnot (?:resectable|operable)|\birresecab")
_ADVANCED = re.compile(
    r"\bmetasta|\bdistant (?:site|node|disease|spread|stage|organ)|\bcarcinomatosis\b|\bleptomening"
    r"|\b(?:stage|estadio)(?: group)?:? ?(?:iv|4)[a-c]?\b|(?<![0-9] )\bmets\b(?! ?(?:[<>=:~]|of)? ?[0-9])"
    r"|\b(?:[cpyr]*t[0-4x][a-d]?n[0-3x][a-c]?(?:mi)?)?[cpy]*m1[a-d]?\b"
)
_OTHER_SITES = re.compile(r"\bother (?=(?:and unspecified |specified )?(?:sites?|parts?|respiratory|organs?)\b)")
"""A title of a classification, and no other disease."""
_RELAPSED = re.compile(r"\brelaps|\brefractor|\brefractari|\brecaid|\bprogress|\bprogresi|\bno response")
_STABLE = re.compile(r"\bstable\b|\bestable\b|\bno (?:evidence of )?progress|\bsin (?:evidencia de )?progres")
_RUNNING = frozenset({"active", "on-hold", "draft", "in-progress"})
_PRECURSOR = re.compile(
    r"smou?ld|indolent|asymptomatic|undetermined significance|mgus|in situ|history|hereditary|risk|gammopath"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A piece of possible evidence of a fact, in a seen.reading."""

    reading: Reading
    fact: Fact
    item: Evidence

    @property
    def text(self) -> str:
        """Return the words of the record in plain letters; what we ourselves say round them is cut off."""
        return plain(self.words)

    @property
    def words(self) -> str:
        """Return the words of the record as they stand there."""
        return bare(in_english(_without_why(self.item.summary)))

    @property
    def is_turned_round(self) -> bool:
        """Return whether the record is one that nobody need be asked about: not done, of somebody else."""
        return not _doubts(self.item.summary) <= _FITTING

    @property
    def records(self) -> tuple[Treatment, ...]:
        """Return the treatments that it shows."""
        return tuple(one for one in treatments(self.reading) if one.evidence.reference == self.item.reference)

    @property
    def hinted(self) -> frozenset[str]:
        """Return the drugs that it may be of, though no code that counts says so."""
        hints = (one for one in unlisted(self.reading) if one.evidence.reference == self.item.reference)
        return frozenset(drug for one in hints for drug in one.drugs)


def _doubts(summary: Said) -> frozenset[Said]:
    """Return the doubts that are shown with a record; none without a doubt."""
    why = summary.figures["why"] if isinstance(summary, Note) and summary.key == "doubtful.evidence" else None
    return frozenset(why.parts) if isinstance(why, Series) else frozenset()


def _without_why(summary: Said) -> Said:
    """Return the words of a record without what we say of it behind them."""
    doubts = _doubts(summary)
    what = summary.figures["what"] if isinstance(summary, Note) and doubts and doubts <= _FITTING else summary
    return what if isinstance(what, str | Note | Series) else summary


def is_clear(text: str) -> bool:
    """Return whether words have nothing that denies, doubts, dates back, limits, or speaks of somebody else."""
    return not turns(text, *_TURNING)


def ecog_grade(seen: Seen) -> Range | None:
    """Return the one grade that the words name behind the name of the scale."""
    is_value = seen.item.reference.startswith("Observation/")
    text = _CODE_AS_NAME.sub("", seen.text)
    text = _OF_SCALE.sub(r"\1\2", text) if is_value else text
    named = {int(match[1]) for match in _GRADE.finditer(text)}
    if not named and is_value and (alone := _ALONE.search(text)):
        named = {int(alone[1])}
    elif not named and is_value and (spelled := _SPELLED.search(text)):
        named = {(spelled.lastindex or 1) - 1}
    several = len(set(re.findall(r"\b[0-5]\b", text))) > 1 or "karnofsky" in text
    return Range.exactly(named.pop()) if len(named) == 1 and not several and is_clear(text) else None


def has_disease(seen: Seen) -> bool | None:
    """Return yes for a diagnosis that is only considered, or is over, and for words that name the disease itself."""
    known = diagnoses(seen.reading)
    open_ = {one.condition.reference for one in (*known.considered, *known.over)}
    text = plain(in_english(seen.item.summary))
    if seen.item.reference in open_:
        return None if _PRECURSOR.search(text) else True
    named = names(seen.reading.policy.disease, text) or names(seen.reading.policy.disease, seen.text)
    return True if named and not _PRECURSOR.search(text) and is_clear(seen.text) else None


def extent_by_words(seen: Seen) -> str | None:
    """Return the extent that a report or a diagnosis names, or that a doubtful site would prove."""
    text = _OTHER_SITES.sub(" ", seen.text)
    if not is_clear(text):
        return None
    unresectable = next((one for one in seen.fact.options if "unresectable" in one), None)
    if _UNRESECTABLE.search(text):
        return None if _ADVANCED.search(text) else unresectable
    distant = bool(_ADVANCED.search(text)) or ("secondary" in text and "lymph node" not in text)
    return METASTATIC if distant and "axill" not in text else None


def not_tolerated(seen: Seen) -> bool | None:
    """Return yes where the words say that the drug was stopped for its toxicity."""
    stopped = re.search(r"\b(?:discontinued|stopped|suspendid[oa])\b", seen.text)
    return True if stopped and is_clear(seen.text) and names(INTOLERANCE.name, seen.text) else None


def is_relapsed(seen: Seen) -> bool | None:
    """Return yes where the words say relapsed, refractory, progression or no response."""
    text = seen.text
    rest = text.replace("no response", "nonresponse")
    return True if _RELAPSED.search(text) and not turns(rest, "denials", "doubts", "people", "limits") else None


def progressed(seen: Seen) -> bool | None:
    """Return what a disease status or the words of a report say of progression."""
    coded = {one.means for one in statuses(seen.reading, seen.fact) if one.evidence.reference == seen.item.reference}
    if coded:
        return {PROGRESSION: True, NO_PROGRESSION: False}.get(coded.pop()) if len(coded) == 1 else None
    text = seen.text
    rest = _STABLE.sub(" ", text)
    stable, progression = rest != text, bool(re.search(r"\bprogress|\bprogresi", rest))
    return None if stable is progression or not is_clear(rest) else progression


def drug_was_given(seen: Seen) -> bool | None:
    """Return yes for a record of a drug of the class that does not prove a giving, and for words that name one."""
    drugs = seen.reading.drug_set(str(seen.fact.parameters["drugs"]))
    known = any(one.drug in drugs for one in seen.records)
    holding = seen.reading.drugs.holding(drugs.roles.keys())
    hinted = not seen.hinted.isdisjoint(holding)
    named = not holding.isdisjoint(seen.reading.drugs.spoken_of_in(seen.words)) and not is_against(seen.text)
    return True if known or hinted or named else None


def partner_named(seen: Seen) -> str | None:
    """Return the drug of the payer's list that a record names, though it does not show that it runs now."""
    partners = seen.reading.drug_set(str(seen.fact.parameters["drugs"]))
    known = {one.drug for one in seen.records if one.record.status in _RUNNING and not one.record.is_billed}
    if not _is_past(seen):
        known |= seen.hinted
        if not seen.records and not turns(seen.text, "denials", "doubts", "times", "people"):
            known |= seen.reading.drugs.named_in(seen.text)
    named = [drug for drug in sorted(known) if drug in partners and drug in seen.fact.options]
    return named[0] if len(named) == 1 else None


def _is_past(seen: Seen) -> bool:
    """Return whether words, or a record that has no end of its own, are of a time before what is given beside today."""
    summary = seen.item.summary
    if isinstance(summary, Note) and summary.figures.get("status") in _RUNNING:
        return False
    days = seen.fact.parameters.get("within_days")
    written = first_day(seen.text, seen.reading.as_of.year)
    named = written.span if written is not None and written.sure else span(seen.item.date)
    return named is not None and isinstance(days, int) and named.days_before(seen.reading.as_of)[0] > days


def document_serves(_: Seen) -> bool | None:
    """Return yes: a document of fitting type and date may serve, which a person has to attest to."""
    return True
