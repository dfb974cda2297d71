"""Trying out a policy: its cases, and small changes of it that some case should notice.

Each case is drawn once. A change is judged by the drawn cases, those that can notice it first, up to the first one
that comes out differently.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fhir_mappings.cases.case_runner import Result, judged
from fhir_mappings.cases.drawn_case import Drawn, draw_case
from fhir_mappings.judgement.judge import Judge
from fhir_mappings.sketches.names import SketchError
from policies.catalogue import Catalogue
from policies.mutations.mutation import Change
from policies.testcases.casebook import Case, Expected


@dataclass(frozen=True, slots=True)
class CaseRun:
    """The cases of a policy, run; `drawn` are those that could be drawn."""

    results: tuple[Result, ...]
    drawn: tuple[Drawn, ...]

    @property
    def passed(self) -> bool:
        """Whether every case came out as it says."""
        return all(result.passed for result in self.results)


def run_cases(cases: Iterable[Case], catalogue: Catalogue) -> CaseRun:
    """Draw and judge cases."""
    judge = Judge(catalogue)
    results: list[Result] = []
    drawn: list[Drawn] = []
    for case in cases:
        try:
            drawn.append(draw_case(case, catalogue))
        except SketchError as error:
            results.append(Result(case, (f"the case cannot be drawn: {error}",)))
        else:
            results.append(judged(drawn[-1], judge))
    return CaseRun(tuple(results), tuple(drawn))


def try_changes(
    changes: Iterable[Change], drawn: Sequence[Drawn], catalogue: Catalogue
) -> Iterator[tuple[Change, str]]:
    """Try changes on cases that all come out without them.

    Yield each with the sentence of the case that noticed it first; empty if none did.
    """
    bench = _Bench(drawn, catalogue)
    return ((change, bench.noticed_by(change)) for change in changes)


class _Bench:
    """Drawn cases, and which of them noticed a change last: it is the first to be asked about the next one."""

    def __init__(self, drawn: Sequence[Drawn], catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._drawn = drawn
        lists = {(one.case.place, one.case.title): one for one in reversed(drawn)}
        self._one_of_each = tuple(reversed(lists.values()))
        self._last: Drawn | None = None

    def noticed_by(self, change: Change) -> str:
        judge = Judge(_changed(self._catalogue, change))
        for drawn in self._candidates(change):
            if not judged(drawn, judge, _still_expected(drawn.case.expect, change.dropped)).passed:
                self._last = drawn
                return drawn.case.sentence
        return ""

    def _candidates(self, change: Change) -> Iterator[Drawn]:
        """Yield the cases that can notice a change: those with one of its codes, else one of each list of cases."""
        fit = (
            [one for one in self._drawn if not change.codes.isdisjoint(one.codes)]
            if change.codes
            else self._one_of_each
        )
        yield from sorted(fit, key=lambda one: one is not self._last)


def _changed(catalogue: Catalogue, change: Change) -> Catalogue:
    kept = (one for one in catalogue.all if (one.id, one.version) != (change.policy.id, change.policy.version))
    return Catalogue((*kept, change.policy), change.terminology)


def _still_expected(expect: Expected, dropped: frozenset[str]) -> Expected:
    """Return what is expected of the criteria that are still there: naming a dropped one is no way to notice it."""
    if not dropped:
        return expect
    named: dict[str, Any] = {
        word: {name: value for name, value in getattr(expect, word).items() if name not in dropped}
        for word in ("criteria", "evidence", "notes", "unsaid")
    }
    weak = tuple(name for name in expect.weak if name not in dropped)
    return replace(expect, weak=weak, **named)
