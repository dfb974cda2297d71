"""Checks of what single calls cannot show. Sources: CRD 2.0.1 and 2.2.1, coverage information; CDS Hooks 2.0."""

from collections.abc import Callable

from cds_service.conformance.check import Check, Judge, check
from cds_service.conformance.exchanges import Answer, Seen
from cds_service.conformance.further_calls import (
    ERROR_FOR_COVERAGE,
    REPORTED_ALREADY,
    SECOND,
    SWITCHED_OFF,
    TWO_ORDERS,
)

_LACKING = 412


def _of(name: str, is_right: Callable[[Answer], bool], said: str) -> Judge:
    def judge(seen: Seen) -> list[str] | None:
        answer = seen.further.get(name)
        if answer is None:
            return None
        return [] if is_right(answer) else [f"{answer.where}: {answer.exchange.status}, {said}"]

    return judge


def _informs_both(answer: Answer) -> bool:
    informed = [str(resource.get("id")) for resource, _ in answer.information]
    return len(informed) == 2 and SECOND in informed


def _informs_nothing(answer: Answer) -> bool:
    return answer.exchange.status == 200 and not answer.information


FURTHER: tuple[Check, ...] = (
    check(
        "crd22.resp-29",
        "each of two orders is answered",
        _of(TWO_ORDERS, _informs_both, "one of two orders is not told"),
    ),
    check(
        "crd22.resp-35",
        "in 2.2 what stands on an order already is not sent again",
        _of(REPORTED_ALREADY, _informs_nothing, "it is sent again"),
        "SHALL NOT",
    ),
    check(
        "crd22.resp-28",
        "coverage information that is switched off is not sent",
        _of(SWITCHED_OFF, _informs_nothing, "it is sent, or the call fails"),
    ),
    check(
        "hooks.52",
        "an OperationOutcome in the place of the Coverage is missing data (412)",
        _of(ERROR_FOR_COVERAGE, lambda answer: answer.exchange.status == _LACKING, "and not 412"),
        "SHOULD",
    ),
)
