"""The reply to a call: what was determined, as system actions, as cards, or as both, in the caller's version."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from fhir_mappings.chart.chart import Chart
from fhir_mappings.coverage.coverage_information import Stamp, about, annotated, exact, in_words, same
from fhir_mappings.coverage.coverages import CoverageState, OwnCoverage
from fhir_mappings.orders.orders import Order
from fhir_mappings.publication.code_systems import FORM
from fhir_mappings.wording import Wording
from hooks.card_parts.brief_coverage import is_click
from hooks.card_parts.card_builder import Frame
from hooks.cards.coverage_information import Cards
from hooks.cards.form_completion import takes_tasks
from hooks.cards.offered_card import Help
from hooks.cards.response_types import Helping
from hooks.cards.visit_cards import Visiting
from hooks.coverage_decision.determination_table import Decided, is_missing
from hooks.ehr_data.client_forms import NO_FORMS, Forms
from hooks.ehr_data.fetch_port import Fetched
from hooks.ehr_data.gaps import failed_keys
from hooks.protocol.configuration import COVERAGE_INFORMATION
from hooks.protocol.errors import CoverageError, Issue, MissingDataError
from hooks.protocol.payer import Delivery
from hooks.records.determinations import Sent
from hooks.records.register_port import Session
from hooks.records.sent_cards import sent_cards
from hooks.request.occasion import Occasion
from policies.catalogue import Catalogue
from policies.model.truth import Truth

Json = dict[str, Any]
COVERAGE_KEY = "coverage"


@dataclass(frozen=True, slots=True)
class Material:
    """What a call is judged by: the patient's chart, and what was fetched because the call lacked it."""

    occasion: Occasion
    chart: Chart
    fetched: Fetched


@dataclass(frozen=True, slots=True)
class Judged:
    """A call, judged by what came along; `fetched` is all that was asked for it, and `kept` the call to store."""

    material: Material
    decided: tuple[Decided, ...]
    forms: Forms
    fetched: Fetched
    kept: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """A reply, as it is sent too, with what was decided at last; and whether all of it is stored."""

    content: Json
    text: bytes
    decided: tuple[Decided, ...]
    stored: bool


@dataclass(frozen=True, slots=True)
class OnVisit:
    """What the cards on a visit are written from; `fetched` is what the chart lacked."""

    catalogue: Catalogue
    fetched: Fetched


@dataclass(frozen=True, slots=True)
class Answers:
    """What a reply is written from: what was decided of every order, and which of them get a determination.

    `forms` finds Questionnaires, and says which the client has. `visit` is None where a call is about none.
    """

    decided: tuple[Decided, ...]
    sent: tuple[Sent, ...]
    forms: Forms
    visit: OnVisit | None


def check_coverage(occasion: Occasion, decided: tuple[Decided, ...], fetched: Fetched, say: Wording) -> None:
    """Raise CoverageError, or MissingDataError, if no single coverage of ours is known for a CRD client.

    Data is missing where the coverage was not sent and could not be had; if there is none, that is another error.
    """
    missing = _missing(decided)
    if missing is None or occasion.delivery is not Delivery.CRD:
        return
    text = say(f"card.coverage.detail.{missing.state.value}", payer=occasion.payer.name)
    issue = Issue(text, f"prefetch.{COVERAGE_KEY}")
    failed = any(name.startswith("Coverage?") for name in fetched.failed)
    looked = any(name.startswith("Coverage?") for name in fetched.had)
    given = occasion.call.prefetch.values.keys() - failed_keys(occasion.call)
    absent = COVERAGE_KEY not in given and not looked
    is_lacking = missing.state is CoverageState.UNSEEN or (missing.state is CoverageState.NONE and (absent or failed))
    raise (MissingDataError if is_lacking else CoverageError)([issue])


def forms_to_send(occasion: Occasion, decided: tuple[Decided, ...], say: Wording) -> list[str]:
    """Return the forms (canonical URLs) that may go to this client as tasks."""
    wanted = occasion.wanted
    asked_for = frozenset({FORM} if wanted.asks_for(FORM) else ())
    if not wanted.wants(FORM) or not takes_tasks(_frame(occasion, say, NO_FORMS), asked_for):
        return []
    determinations = (one.determination for one in decided if one.determination is not None)
    return list(dict.fromkeys(one.questionnaire for one in determinations if one.questionnaire))


def reply(occasion: Occasion, answers: Answers, say: Wording, session: Session | None) -> Json:
    """Return the reply to a call, and keep in the session what is shown once; raises RegisterError.

    Without a session the store has failed: what can be shown only once is shown, since a warning too many does no harm.
    """
    wanted, version, sent = occasion.wanted, occasion.version, answers.sent
    frame, wants_information = _frame(occasion, say, answers.forms), wanted.wants(COVERAGE_INFORMATION)
    actions = _actions(occasion, sent, say) if wants_information and occasion.delivery is not Delivery.CARDS else []
    cards = (
        _coverage_cards(frame, answers, session) if wants_information and occasion.delivery is not Delivery.CRD else []
    )
    shown, beside = wanted.shares(len(cards))
    helping = Helping(frame, occasion.call, occasion.today, session, beside=bool(cards))
    helpful = list(islice(chain(helping.cards(sent, wanted), _visit_cards(occasion, frame, answers, session)), beside))
    helping.keep(helpful)
    given = [*cards[:shown], *(one.card for one in helpful)]
    if session is not None and given:
        session.send(occasion.tenant, sent_cards(given, answers.decided))
    content: Json = {"cards": given}
    always = version.repeats or occasion.caller.empty_actions
    return content | ({"systemActions": actions} if actions or always else {})


def _frame(occasion: Occasion, say: Wording, forms: Forms) -> Frame:
    frame = Frame(occasion.payer, say, occasion.version, occasion.caller, forms)
    return frame if frame.is_full else replace(frame, say=say.dated)


def _visit_cards(occasion: Occasion, frame: Frame, answers: Answers, session: Session | None) -> Iterable[Help]:
    visit = answers.visit
    if visit is None:
        return ()
    writer = Visiting(frame, occasion.call, occasion.today, session, visit.catalogue, visit.fetched)
    return writer.cards(answers.sent, occasion.wanted)


def _actions(occasion: Occasion, sent: tuple[Sent, ...], say: Wording) -> list[Json]:
    actions = (_action(occasion, one, bearer, say) for one in sent for bearer in _bearers(occasion, one))
    return [one for one in actions if one is not None]


def _bearers(occasion: Occasion, sent: Sent) -> tuple[Order, ...]:
    """Return the resources on which the determination of an order is written: itself, or the appointments for it."""
    order = sent.decided.judgement.order
    appointments = occasion.call.asked.appointments.get(order.reference, ())
    return (order,) if occasion.version.on_the_order or not appointments else appointments


def _action(occasion: Occasion, sent: Sent, order: Order, say: Wording) -> Json | None:
    """Return the action on a resource; None if it bears the same already, and the version wants no repeats."""
    coverage, determination = sent.decided.coverage.reference, sent.decided.determination
    if determination is None:
        return None
    stamp = Stamp(coverage, occasion.today, sent.assertion_id)
    written = occasion.version.written(in_words(determination, say), stamp)
    extension = _avoiding(occasion, written, order.resource.resource_type)
    if extension is None:
        return None
    resource = exact(order.raw)
    present = about(resource, coverage)
    stands_already = len(present) == 1 and same(present[0], extension)
    if stands_already and not occasion.version.repeats:
        return None
    return {
        "type": "update",
        "description": say("action.description", payer=occasion.payer.name, order=order.reference),
        "resource": annotated(resource, extension, coverage),
    }


def _avoiding(occasion: Occasion, written: Json, bearer: str) -> Json | None:
    """Return coverage information on a type of resource, around the defects of guides that the caller avoids."""
    extension: Json | None = written
    for defect in occasion.caller.avoids:
        around = occasion.version.defects.get(defect.value)
        if around is not None and extension is not None:
            extension = around(bearer, extension)
    return extension


def _coverage_cards(frame: Frame, answers: Answers, session: Session | None) -> list[Json]:
    writer, missing = Cards(frame), _missing(answers.decided)
    first = writer.no_coverage(missing, (one.judgement for one in answers.decided)) if missing else []
    determined = ((one, one.decided.determination) for one in answers.sent)
    cards = ((one, writer.for_order(one.decided.judgement, what)) for one, what in determined if what is not None)
    return [*first, *(_with_form(frame, card, one, session) for one, card in cards if card is not None)]


def _with_form(frame: Frame, card: Json, sent: Sent, session: Session | None) -> Json:
    """Return a card with the way to the page on which its form is answered, where it has one and can be kept."""
    determination = sent.decided.determination
    if session is None or determination is None or not (determination.questionnaire or determination.renewal):
        return card
    link = session.form_link(sent.assertion_id)
    form = frame.payer.form_page(link)
    if frame.is_full:
        label = frame.say("card.renewal_link" if determination.renewal else "card.form_link")
        return card | {"links": [*card.get("links", ()), {"label": label, "url": form, "type": "absolute"}]}
    label = frame.say("link.renew" if determination.renewal else f"link.{_answering(sent)}")
    details = {"label": frame.say("link.details"), "url": frame.payer.details_page(link), "type": "absolute"}
    return card | {"links": [{"label": label, "url": form, "type": "absolute"}, details]}


def _answering(sent: Sent) -> str:
    """Return the name by which the words of the link to a form are chosen."""
    ruling = sent.decided.judgement.ruling
    if ruling is None or ruling.truth is Truth.MET:
        return "send"
    if ruling.truth is Truth.NOT_MET:
        return "correct"
    return "confirm" if all(map(is_click, ruling.questions)) else "answer"


def _missing(decided: tuple[Decided, ...]) -> OwnCoverage | None:
    return next((one.coverage for one in decided if is_missing(one.coverage)), None)
