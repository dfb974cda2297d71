"""What a chart holds beside a statement on safety: the last result of its tests. It is shown, and decides nothing."""

from dataclasses import dataclass, field

from fhir_mappings.admission.counted_results import Result, in_words, results
from fhir_mappings.chart.clinical_records import patient
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import span
from policies.model.notes import Note, Said
from policies.model.safety import SafetyNote

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class SafetySheet:
    """The safety of one judged order; nothing is read before somebody asks."""

    reading: Reading = field(repr=False)

    def beside(self, note: SafetyNote) -> Said:
        """Return what is on file beside a statement; empty where it asks for nothing or does not matter."""
        if not note.tests or not self._matters(note):
            return ""
        found = [one for one in results(self.reading, self.reading.codes(note.tests)) if one.value.states_value]
        if not found:
            return Note("safety.none", tests=self.reading.codes(note.tests).title)
        last = max(found, key=_place)
        return Note(
            "safety.last",
            tests=self.reading.codes(note.tests).title,
            value=in_words(last.value)[:_LONGEST],
            date=last.when.written if last.when else Note("undated"),
            code=f"{last.member.system.name} {last.member.code}",
            reference=last.observation.reference,
        )

    def _matters(self, note: SafetyNote) -> bool:
        """Whether results matter for this patient; what is not on record leaves it open, and so they do."""
        known = patient(self.reading)
        if note.women_below is None or known is None:
            return True
        born = span(known.birth_date)
        day = self.reading.as_of
        youngest = day.year - born.last.year - ((day.month, day.day) < (born.last.month, born.last.day)) if born else 0
        return known.gender != "male" and youngest < note.women_below


def _place(one: Result) -> tuple[str, str, str]:
    """Return by what the last result is known: the day that it surely reaches, then its name, so that order is none."""
    return (one.when.last.isoformat() if one.when else "", one.observation.reference, in_words(one.value))
