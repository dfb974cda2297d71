"""What may be logged and counted of an answer: policies, rulings, types of cards, results of fetching; no patient."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hooks.coverage_decision.determination_table import Decided
from hooks.ehr_data.early_fetch import WARM
from hooks.ehr_data.fetch_port import LATE, Fetched, Step
from hooks.request.occasion import Occasion
from hooks.response.response import Written

Json = dict[str, Any]
NONE = "none"


@dataclass(frozen=True, slots=True)
class OrderFigure:
    """One order as it was answered: the policy, the kind of request, the ruling, and what is determined; or "none"."""

    policy: str
    request: str
    ruling: str
    covered: str
    pa_needed: str


@dataclass(frozen=True, slots=True)
class Figures:
    """One answer: the version of CRD, its orders, the topics of its cards, and the result of each thing fetched."""

    version: str
    orders: tuple[OrderFigure, ...]
    cards: tuple[str, ...]
    fetched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to a call as it is sent, and what may be logged of it: no value of a chart.

    `steps` are what was asked of the client's FHIR server; their names hold the patient's id.
    """

    body: bytes
    hook_instance: str
    orders: int
    rulings: tuple[str, ...]
    stored: bool
    figures: Figures
    steps: tuple[Step, ...] = ()


def figures(version: str, decided: Iterable[Decided], reply: Json, fetched: Fetched) -> Figures:
    """Return the figures of an answer."""
    orders = tuple(_of_order(one) for one in decided)
    topics = tuple(str(card["source"]["topic"]["code"]) for card in reply["cards"])
    return Figures(version, orders, topics, tuple(_result(step, fetched) for step in fetched.steps))


def reported(occasion: Occasion, written: Written, fetched: Fetched) -> Reply:
    """Return a reply with what may be logged and counted of it."""
    decided = written.decided
    rulings = tuple(one.judgement.ruling.truth.value for one in decided if one.judgement.ruling)
    counted = figures(occasion.version.name, decided, written.content, fetched)
    instance = occasion.call.hook_instance
    return Reply(written.text, instance, len(decided), rulings, written.stored, counted, fetched.steps)


def _of_order(decided: Decided) -> OrderFigure:
    judgement, determination = decided.judgement, decided.determination
    return OrderFigure(
        policy=judgement.policy.id if judgement.policy is not None else NONE,
        request=judgement.request.value if judgement.request is not None else NONE,
        ruling=judgement.ruling.truth.value if judgement.ruling is not None else NONE,
        covered=determination.covered.value if determination is not None else NONE,
        pa_needed=determination.pa_needed.value
        if determination is not None and determination.pa_needed is not None
        else NONE,
    )


def _result(step: Step, fetched: Fetched) -> str:
    """Return one of a few words for a result; a reason in full can hold what nobody foresaw."""
    if step.result == WARM:
        return "warm"
    if step.name in fetched.had:
        return "had"
    if fetched.refused:
        return "refused"
    return "late" if step.result == LATE else "failed"
