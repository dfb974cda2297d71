"""Figures of use, for whoever runs the service: counted in memory, read in the text format of Prometheus.

Source: CRD 2.2.1, "Metrics" (metric-1): what is reported of coverage, with which result, and how long it took. No label
holds anything of a patient, a client or a user: each has a few values that are known beforehand.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from cds_service.storage.feedback import KeptFeedback
from hooks.response.usage_figures import Reply

FIGURES_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which several processes count together; prometheus-client reads it when it is loaded."""
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Where the times of calls are distinguished; CDS Hooks asks for half a second, CRD for five."""
CONTENT_TYPE = CONTENT_TYPE_LATEST
_PREFIX = "cds_service"
_OF_A_CALL = ("service", "version", "status")
_OF_AN_ORDER = ("service", "policy", "request", "ruling", "covered", "pa_needed")


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of one application; threads may share it."""

    registry: CollectorRegistry
    calls: Counter
    seconds: Histogram
    orders: Counter
    cards: Counter
    feedback: Counter
    fetched: Counter
    not_stored: Counter
    requests: Counter

    @classmethod
    def made(cls) -> "Metrics":
        """Return figures that all stand at zero, in a registry of their own."""
        registry, seconds = CollectorRegistry(), f"{_PREFIX}_call_seconds"

        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(f"{_PREFIX}_{name}", says, labels, registry=registry)

        return cls(
            registry=registry,
            calls=counter("calls", "Calls of a service, by CRD version and HTTP status", *_OF_A_CALL),
            seconds=Histogram(seconds, "Time of calls", ("service",), registry=registry, buckets=_SECONDS),
            orders=counter("orders", "Orders answered, by policy, ruling and what is determined", *_OF_AN_ORDER),
            cards=counter("cards", "Cards sent, by type", "service", "topic"),
            feedback=counter("feedback", "Feedback that is new, by its card's type", "service", "outcome", "topic"),
            fetched=counter("fetched", "What was asked of the EHR, by result", "result"),
            not_stored=counter("not_stored", "Answers that could not be stored"),
            requests=counter("http_requests", "Requests to any address", "method", "route", "status"),
        )

    def answered(self, service: str, answer: Reply) -> None:
        """Count what stands in an answer."""
        figures = answer.figures
        for one in figures.orders:
            self.orders.labels(service, one.policy, one.request, one.ruling, one.covered, one.pa_needed).inc()
        for topic in figures.cards:
            self.cards.labels(service, topic).inc()
        for result in figures.fetched:
            self.fetched.labels(result).inc()
        if not answer.stored:
            self.not_stored.inc()

    def called(self, service: str, version: str, status: int, seconds: float) -> None:
        """Count a call, answered or refused, and how long it took."""
        self.calls.labels(service, version, str(status)).inc()
        self.seconds.labels(service).observe(seconds)

    def given(self, service: str, feedback: Iterable[KeptFeedback]) -> None:
        """Count feedback that is new."""
        for one in feedback:
            self.feedback.labels(service, one.outcome, one.topic).inc()

    def requested(self, method: str, route: str, status: int) -> None:
        """Count a request; `route` is the pattern of its address, never the address."""
        self.requests.labels(method, route, str(status)).inc()

    def text(self) -> bytes:
        """Return all figures as text: of all processes where several serve, else of this one."""
        if FIGURES_FOLDER not in os.environ:
            return generate_latest(self.registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
