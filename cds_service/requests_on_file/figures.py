"""The figures of prior authorization, from the store: PAS's metric data, and the yearly public ones of CMS-0057-F.

Source: PAS 2.2.1, PASMetricData; 42 CFR 422.122(c): share approved, denied, approved after appeal, extended and
approved; mean and median time from request to decision, standard and expedited. A decision is the first answer in
which nothing of the request waits any more; no figure holds anything of a patient.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import mean, median
from typing import Any

from cds_service.encryption.tenant_keys import UnreadableError
from cds_service.requests_on_file.courses import Course, Step, courses
from cds_service.requests_on_file.kept_requests import REFUSED, KeptAnswer, Request
from cds_service.requests_on_file.store import PriorAuthStore
from fhir_mappings.prior_auth.claim_response import instant
from fhir_mappings.prior_auth.pas_urls import Review

Json = dict[str, Any]
_HOUR_SECONDS = 3600
_APPROVED = frozenset({Review.CERTIFIED.code, Review.PARTIAL.code, Review.MODIFIED.code})
_RESULTS = {
    Review.CERTIFIED.code: "approved",
    Review.PARTIAL.code: "modified",
    Review.MODIFIED.code: "modified",
    Review.NOT_CERTIFIED.code: "denied",
    Review.PENDED.code: "pended",
    Review.CANCELLED.code: "cancelled",
}
_EXCHANGES = {"initial": "initial", "update": "update", "cancel": "cancel"}


@dataclass(frozen=True, slots=True)
class History:
    """The course of a request, as it is counted."""

    course: Course

    @property
    def answers(self) -> tuple[Step, ...]:
        """Return the answers, the first coming first."""
        return self.course.answers

    @property
    def decision(self) -> Step | None:
        """Return the first answer in which nothing waits any more; None while something does."""
        return next((one for one in self.answers if one.codes and Review.PENDED.code not in one.codes), None)

    @property
    def is_approved(self) -> bool:
        """Whether the first decision approved something, and denied nothing."""
        found = self.decision
        codes = set(found.codes) if found is not None else set()
        return bool(codes & _APPROVED) and Review.NOT_CERTIFIED.code not in codes

    @property
    def is_denied(self) -> bool:
        """Whether the first decision denied something."""
        return self.decision is not None and Review.NOT_CERTIFIED.code in self.decision.codes

    @property
    def is_approved_after_appeal(self) -> bool:
        """Whether an appeal came, and what was denied is not denied any more."""
        appealed = any(one.act == "appealed" for one in self.answers)
        return (
            appealed
            and bool(set(self.answers[-1].codes) & _APPROVED)
            and Review.NOT_CERTIFIED.code not in self.answers[-1].codes
        )

    @property
    def is_extended(self) -> bool:
        """Whether the time was extended, and it was approved then."""
        return self.is_approved and any(one.act == "extended" for one in self.answers)

    @property
    def hours(self) -> float | None:
        """Return the time from the request to its decision, in hours; None while there is none."""
        found = self.decision
        return (found.at - self.course.submitted).total_seconds() / _HOUR_SECONDS if found is not None else None


def histories(store: PriorAuthStore, year: int) -> tuple[History, ...]:
    """Return the requests of a year with their answers, those too whose key was destroyed; raises StoreError."""
    since, until = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    return tuple(History(one) for one in courses(store.engine, since, until))


@dataclass(frozen=True, slots=True)
class Opened:
    """A request with its answers, opened."""

    history: History
    request: Request
    answers: tuple[KeptAnswer, ...]


def opened(store: PriorAuthStore, found: Iterable[History]) -> tuple[tuple[Opened, ...], int]:
    """Return those that can be opened, and how many are sealed: their keys were destroyed. Raises StoreError."""
    each = tuple(_opened(store, one) for one in found)
    return tuple(one for one in each if one is not None), each.count(None)


def _opened(store: PriorAuthStore, one: History) -> Opened | None:
    try:
        request = store.find(one.course.request)
        return Opened(one, request, store.answers(request.id)) if request is not None else None
    except UnreadableError:
        return None


def yearly(found: tuple[History, ...], year: int) -> list[Json]:
    """Return the public figures of a year, standard and expedited requests apart; what was not decided counts apart."""
    return [_yearly(tuple(_of_kind(found, expedited=one)), year, expedited=one) for one in (False, True)]


def _of_kind(found: tuple[History, ...], *, expedited: bool) -> Iterator[History]:
    """Yield the requests that were made: no cancellations, and none that could not be dealt with."""
    for one in found:
        if one.course.expedited is expedited and one.course.kind != "cancel" and one.course.state != REFUSED:
            yield one


def _yearly(found: tuple[History, ...], year: int, *, expedited: bool) -> Json:
    decided = [one for one in found if one.decision is not None and (one.is_approved or one.is_denied)]
    hours = [one.hours for one in decided if one.hours is not None]
    counts = {
        "approved": sum(one.is_approved for one in decided),
        "denied": sum(one.is_denied for one in decided),
        "approved_after_appeal": sum(one.is_approved_after_appeal for one in decided),
        "extended_and_approved": sum(one.is_extended for one in decided),
    }
    shares = {f"{name}_percent": _share(number, len(decided)) for name, number in counts.items()}
    worked_out = (mean(hours), median(hours)) if hours else (None, None)
    times = dict(zip(("mean_hours", "median_hours"), map(_rounded, worked_out), strict=True))
    head = {"year": year, "expedited": expedited, "requests": len(found), "decided": len(decided)}
    return head | counts | shares | times


def _rounded(hours: float | None) -> float | None:
    return round(hours, 2) if hours is not None else None


def _share(number: int, of: int) -> float | None:
    return round(100 * number / of, 1) if of else None


def metric_data(found: Iterable[Opened], payer: Json) -> list[Json]:
    """Return PASMetricData of each request; `payer` is the identifier of the payer. Providers stand in it as hashes."""
    return [_metric(one, payer) for one in found]


def _metric(one: Opened, payer: Json) -> Json:
    request, first = one.request, one.answers[0]
    provider = {"value": min(request.providers, default="unknown")}
    final = one.history.decision
    return {
        "source": "payer-src",
        "providerId": provider,
        "groupId": {"value": min(request.senders, default="unknown")},
        "payerId": payer,
        "exchange": [
            {
                "type": _EXCHANGES[request.kind],
                "with": "provider",
                "method": "restful",
                "requestTime": instant(request.submitted),
                "responseTime": instant(first.at),
                "httpResponse": "200",
            }
        ],
        "issue": [{"code": problem["code"]} for problem in first.said["problems"]],
        "itemDetail": [_item(item, one, final) for item in one.answers[-1].items],
    }


def _item(item: Json, one: Opened, final: Step | None) -> Json:
    about = one.request.about.get(str(item["sequence"]), {})
    return {
        "trn": item["sequence"],
        "item": {"text": about.get("product", "")},
        "assertionId": about.get("determination", ""),
        "initialSubmissionTime": instant(one.request.submitted),
        **({"finalResponseTime": instant(final.at)} if final is not None else {}),
        "responsesRequired": len(one.answers),
        "result": _RESULTS[item["review"]],
        **({"denialReason": item["reasons"][0]} if item["reasons"] else {}),
    }
