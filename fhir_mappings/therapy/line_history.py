"""What lines are drawn by beside the records of a day: progression, the proof of advanced disease, the courses.

Reading 12 of the payer: which records lie after a line, and which drug goes on beside a new one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from fhir_mappings.clinical.dates import Span
from fhir_mappings.therapy.courses import Courses
from fhir_mappings.therapy.line import Beside, Line
from fhir_mappings.therapy.planned_steps import CONDITIONING, LEAD_IN, MAIN, MAINTENANCE, start_of
from fhir_mappings.therapy.treatments import Treatment
from policies.model.figures import LineRules


@dataclass(frozen=True, slots=True)
class History:
    """The rules of the policy and what is known of the whole time.

    `roles` are those of the drugs that can make a line. `progressions` are the recorded ones, `advanced` the first
    dated proof of advanced disease, if there is one; `courses` hold every certain record, those of later days too.
    """

    rules: LineRules
    roles: Mapping[str, str]
    progressions: tuple[Span, ...]
    advanced: Span | None
    courses: Courses

    def is_after_the_proof(self, line: Line, one: Treatment) -> bool:
        """Whether the first proof of advanced disease lies between a line, window and all, and a record."""
        proof = self.advanced
        if proof is None or one.first_day < proof.last or not line.start.surely_before(proof):
            return False
        return self.is_after_window(line, one)

    def is_advanced(self, line: Line) -> bool:
        """Whether a line began on or after the first proof of advanced disease: no planned sequence before surgery."""
        proof = self.advanced
        return proof is not None and line.start.first >= proof.last

    def is_after_window(self, line: Line, one: Treatment) -> bool:
        """Whether a record lies after the window of a line; of dates to the year, whether the years differ."""
        start, window = start_of(one), line.window
        by_year = _is_of_a_year(start) or _is_of_a_year(window)
        if by_year and window.last.year < start.first.year:
            return True
        return start.surely_after(self.rules.window_days, window)

    def beside(self, line: Line, one: Treatment) -> Beside | None:
        """Return a main drug of the running line that goes on beside another one: that one may be an addition.

        So does one that is given again with it: what lies between may be missing records.
        """
        main = [drug for drug, records in line.drugs.items() if self._is_main(line, drug, records)]
        others = [drug for drug in main if drug != one.drug]
        for drug in others:
            if (last := self.courses.goes_on(drug, start_of(one))) is not None:
                return Beside(drug, last)
        found = [(drug, again) for drug in others if (again := self._comes_again(drug, one)) is not None]
        if not found or self._leaves_off(line, (drug for drug, _ in found), one):
            return None
        return Beside(*found[0], is_again=True)

    def _comes_again(self, drug: str, one: Treatment) -> date | None:
        return self.courses.comes_again(drug, one.drug, one.first_day, timedelta(self.rules.window_days))

    def _leaves_off(self, line: Line, again: Iterable[str], one: Treatment) -> bool:
        """Whether a drug that was given to the end of a regimen is not on record any more with the new one.

        Then something took its place: the regimen has ended, and was not only added to. The records must be steady
        enough to show that: those of the old drug, and a new one that goes on for longer than a window.
        Endocrine drugs take no place: they are added when chemotherapy is done. Nor does maintenance, unless it went on
        for longer than a gap without what comes `again`: that had been dropped, and is begun anew.
        """
        first, window = one.first_day, timedelta(self.rules.window_days)
        if self.roles[one.drug] not in {MAIN, LEAD_IN} or self.courses.until(one.drug, first) <= first + window:
            return False
        before = {drug: course for drug in line.drugs if (course := self.courses.before(drug, first))}
        ended = {drug: course for drug, course in before.items() if self.courses.shows_its_end(course)}
        end = max((course.last for course in ended.values()), default=first)
        gone = {
            self.roles[drug]
            for drug, course in ended.items()
            if end - course.last <= window and self._comes_again(drug, one) is None
        }
        gap = timedelta(self.rules.gap_days)
        was_dropped = all(drug in before and end - before[drug].last > gap for drug in again)
        return MAIN in gone or (MAINTENANCE in gone and was_dropped)

    def _is_main(self, line: Line, drug: str, records: list[Treatment]) -> bool:
        """Whether a drug is of the regimen itself: one of its main drugs, or any that the line began with."""
        if self.roles[drug] == CONDITIONING:
            return False
        return self.roles[drug] == MAIN or start_of(records[0]).surely_within(self.rules.window_days, line.window)


def _is_of_a_year(when: Span) -> bool:
    """Whether a date is given to the year only."""
    return when.first.month != when.last.month
