"""Running policy cases: draw the patient, judge the order, and say in plain words where the outcome differs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from fhir_mappings.cases.case_reasons import said, why, why_not_asked, why_ruled
from fhir_mappings.cases.dose_check import dose_differences
from fhir_mappings.cases.drawn_case import Drawn
from fhir_mappings.cases.lines_check import line_differences
from fhir_mappings.judgement.judge import Judge, Judgement, Outcome
from fhir_mappings.wording import wording
from policies.evaluation.causes import reasons_of
from policies.evaluation.ruling import Reason, Ruling
from policies.model.criteria import Leaf
from policies.model.dates import CallDay
from policies.model.determination import Authorization
from policies.model.findings import Origin
from policies.model.own_record import OwnRecord
from policies.model.truth import Truth
from policies.testcases.casebook import Case, Expected

OUTCOMES: Mapping[str, Outcome] = MappingProxyType(
    {
        "judged": Outcome.JUDGED,
        "no policy for that date": Outcome.NO_POLICY_YET,
        "no policy": Outcome.NO_POLICY,
        "no policy for that line of business": Outcome.OTHER_LINES,
        "line of business unknown": Outcome.LINE_UNKNOWN,
        "unspecific product": Outcome.UNSPECIFIC,
        "not to be performed": Outcome.NOT_TO_PERFORM,
    }
)
"""What can become of an order, in the words of a case."""


@dataclass(frozen=True, slots=True)
class Result:
    """A case that was run: where the outcome differs, in plain words, and the judgement if the case could be drawn."""

    case: Case
    differences: tuple[str, ...]
    judgement: Judgement | None = None

    @property
    def passed(self) -> bool:
        """Whether everything came out as the case says."""
        return not self.differences


def judged(drawn: Drawn, judge: Judge, expect: Expected | None = None) -> Result:
    """Judge a drawn case and compare with what the case expects, or with another expectation."""
    case = drawn.case
    own = {drawn.orders[0].reference: _own(case)} if case.order.authorized is not None else {}
    signed = CallDay(case.order.signed)
    judgement = judge.judge(drawn.orders, drawn.chart, signed, case.answered, own, case.order.line)[0]
    return Result(case, tuple(_differences(expect or case.expect, judgement)), judgement)


def _own(case: Case) -> OwnRecord:
    """Return the authorization that a case says the payer gave before."""
    start, end = case.order.authorized or (case.order.signed, case.order.signed)
    return OwnRecord(Authorization("PA-OF-THE-CASE", start, end), end if end < case.order.signed else None)


def _differences(expect: Expected, judgement: Judgement) -> Iterator[str]:
    outcome = OUTCOMES[expect.outcome]
    if judgement.outcome is not outcome:
        yield f"expected of the order: {outcome.value}, but: {judgement.outcome.value}"
    elif judgement.ruling is not None:
        yield from _of_ruling(expect, judgement, judgement.ruling)


def _of_ruling(expect: Expected, judgement: Judgement, ruling: Ruling) -> Iterator[str]:
    if expect.ruling is not None and ruling.truth is not expect.ruling:
        yield f"expected the ruling {expect.ruling.value}, but it is {ruling.truth.value}: {why_ruled(ruling)}"
    if expect.request is not None and judgement.request is not None and judgement.request is not expect.request:
        yield f"expected the request to be {expect.request.value}, but it is taken as {judgement.request.value}"
    reasons = reasons_of(ruling)
    named = (*expect.criteria, *expect.evidence, *expect.notes, *expect.unsaid, *expect.weak)
    for name in dict.fromkeys(named):
        if name in reasons:
            yield from _of_criterion(expect, name, reasons[name], ruling)
        else:
            yield f"{name} is no criterion of this request"
    yield from _weaknesses(expect, reasons)
    yield from decided_on_nothing(judgement, ruling)
    yield from _asked(expect, judgement, ruling)
    yield from _conflicts(expect, ruling)
    yield from line_differences(expect, judgement.lines)
    yield from dose_differences(expect, judgement.dosing)
    months = judgement.policy.figures.authorization_months if judgement.policy is not None else None
    if expect.months is not None and months != expect.months:
        yield f"expected an authorization to last {expect.months} months, but it lasts {months}"


def _of_criterion(expect: Expected, name: str, reason: Reason, ruling: Ruling) -> Iterator[str]:
    truth, number, note = expect.criteria.get(name), expect.evidence.get(name), expect.notes.get(name, "")
    if truth is not None and truth is not reason.truth:
        yield f"expected {name} {truth.value}, but it is {reason.truth.value}: {why(reason, ruling)}"
    if number is not None and number != len(reason.evidence):
        yield f"expected evidence for {name}: {number}, but it is {len(reason.evidence)}: {why(reason)}"
    if name in expect.unsaid and expect.unsaid[name] in said(reason.note):
        yield f"expected {name} not to say '{expect.unsaid[name]}', but it says '{said(reason.note)}'"
    if note and note not in said(reason.note):
        yield f"expected {name} to say '{note}', but it says '{said(reason.note)}'"


def _weaknesses(expect: Expected, reasons: Mapping[str, Reason]) -> Iterator[str]:
    for name, reason in reasons.items():
        if isinstance(reason.criterion, Leaf) and not reason.strong and name not in expect.weak:
            yield f"{name} rests on weak evidence, which the case does not say: {wording().listed(reason.evidence)}"
        if name in expect.weak and reason.strong:
            yield f"expected {name} to rest on weak evidence, but it does not: {why(reason)}"


def decided_on_nothing(judgement: Judgement, ruling: Ruling) -> Iterator[str]:
    """Which criteria are decided without a record that counts, an answer or the policy itself: none may be."""
    for reason in ruling.reasons:
        if not isinstance(reason.criterion, Leaf) or reason.truth is Truth.UNKNOWN:
            continue
        finding = judgement.findings[reason.criterion.fact]
        if finding.origin is Origin.CHART and not any(one.counts for one in reason.evidence):
            yield f"{reason.criterion.id} is {reason.truth.value}, and nothing proves it: {why(reason)}"


def _asked(expect: Expected, judgement: Judgement, ruling: Ruling) -> Iterator[str]:
    if expect.asks is None:
        return
    asked = {question.fact.name: question.finding.note for question in ruling.questions}
    for name in expect.asks:
        if name not in asked:
            because = why_not_asked(name, judgement.findings.get(name), ruling)
            yield f"expected the question {name}, but it is not asked: {because}"
    for name, note in asked.items():
        if name not in expect.asks:
            yield f"{name} is asked, which the case does not say: {said(note) or 'nothing is known of it'}"


def _conflicts(expect: Expected, ruling: Ruling) -> Iterator[str]:
    found = {conflict.criterion.fact: conflict.finding.note for conflict in ruling.conflicts}
    for name in expect.conflicts:
        if name not in found:
            yield f"expected contradicting sources for {name}, but there are none"
    for name, note in found.items():
        if name not in expect.conflicts:
            yield f"the sources for {name} contradict each other, which the case does not say: {said(note)}"


def report(results: Iterable[Result]) -> str:
    """Write results for people: a line a case with its mark, its differences under it, and the sum at the end.

    A case that is run with each of a list takes one line as far as it comes out.
    """
    known = list(results)
    grouped = (tuple(group) for _, group in groupby(known, key=_list_of))
    lines = [line for group in grouped for line in _reported(group)]
    failed = sum(not result.passed for result in known)
    return "\n".join((*lines, f"{len(known)} cases, {failed} failed"))


def _list_of(result: Result) -> object:
    """Return what tells one line of the report from another: a case of a list has its list in common with others."""
    return (result.case.place, result.case.title) if result.case.each else id(result)


def _reported(group: tuple[Result, ...]) -> Iterator[str]:
    good = [result for result in group if result.passed]
    if good:
        yield f"ok    {good[0].case.title}{f' ({len(good)} of {len(group)})' if len(group) > 1 else ''}"
    for result in group:
        if not result.passed:
            yield f"FAIL  {result.case.sentence}"
            yield f"      {result.case.place}"
            yield from (f"      - {text}" for text in result.differences)
