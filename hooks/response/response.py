"""The reply to a call: what was determined, as system actions, as cards, or as both, in the caller's version."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from fhir_mappings.coverage.coverage_information import Stamp, about, annotated, same
from fhir_mappings.coverage.coverages import CoverageState, OwnCoverage
from fhir_mappings.orders.orders import Order
from fhir_mappings.publication.code_systems import FORM
from fhir_mappings.wording import Wording
from hooks.cards.card_builder import Frame
from hooks.cards.coverage_information import Cards
from hooks.cards.form_completion import takes_tasks
from hooks.cards.response_types import Helping
from hooks.cards.visit_cards import Visiting
from hooks.coverage_decision.determination_table import Decided, is_missing
from hooks.ehr_data.client_forms import NO_FORMS, Forms
from hooks.ehr_data.failed_prefetch import failed_keys
from hooks.ehr_data.fetch_port import Fetched
from hooks.protocol.client import Caller
from hooks.protocol.configuration import COVERAGE_INFORMATION, Configuration
from hooks.protocol.crd_versions import CrdVersion
from hooks.protocol.errors import CoverageError, Issue, MissingDataError
from hooks.protocol.payer import Delivery, Payer
from hooks.records.determinations import Sent
from hooks.records.register_port import Session
from hooks.records.sent_cards import sent_cards
from hooks.request.call import Call
from policies.model.dates import CallDay

Json = dict[str, Any]
COVERAGE_KEY = "coverage"


@dataclass(frozen=True, slots=True)
class Replying:
    """Writes the reply to one call.

    `visiting` makes the writer of the cards on a visit; None where the hook is about none.
    """

    payer: Payer
    say: Wording
    dialect: CrdVersion
    call: Call
    today: CallDay
    caller: Caller
    forms: Forms = NO_FORMS
    visiting: Callable[[Frame, Session | None], Visiting] | None = None

    @property
    def delivery(self) -> Delivery:
        """Return the form of the answer to this call."""
        chosen = self.caller.delivery or self.payer.delivery
        return chosen.for_call(speaks_crd=self.call.speaks_crd)

    @property
    def frame(self) -> Frame:
        """Return what the cards of this reply are written with."""
        return Frame(self.payer, self.say, self.dialect, self.caller, self.forms)

    def forms_to_send(self, decided: tuple[Decided, ...]) -> list[str]:
        """Return the forms (canonical URLs) that may go to this client as tasks."""
        wanted = Configuration.of(self.call.extension)
        asked_for = frozenset({FORM} if wanted.asks_for(FORM) else ())
        if not wanted.wants(FORM) or not takes_tasks(self.frame, asked_for):
            return []
        told = (one.determination for one in decided if one.determination is not None)
        return list(dict.fromkeys(one.questionnaire for one in told if one.questionnaire))

    def check_coverage(self, decided: tuple[Decided, ...], fetched: Fetched) -> None:
        """Raise CoverageError, or MissingDataError, if no single coverage of ours is known for a CRD client.

        Data is missing where the coverage was not sent and could not be had; if there is none, that is another error.
        """
        missing = _missing(decided)
        if missing is None or self.delivery is not Delivery.CRD:
            return
        text = self.say(f"card.coverage.detail.{missing.state.value}", payer=self.payer.name)
        issue = Issue(text, f"prefetch.{COVERAGE_KEY}")
        none = missing.state is CoverageState.NONE
        failed = any(name.startswith("Coverage?") for name in fetched.failed)
        looked = any(name.startswith("Coverage?") for name in fetched.had)
        given = self.call.prefetch.values.keys() - failed_keys(self.call)
        absent = COVERAGE_KEY not in given and not looked
        raise (MissingDataError if none and (absent or failed) else CoverageError)([issue])

    def reply(self, decided: tuple[Decided, ...], sent: tuple[Sent, ...], session: Session | None = None) -> Json:
        """Return the reply; `sent` are the orders of which something is told. Keeps in the session what is shown once.

        Without a session the store has failed: what can be shown only once is shown, since a warning too many does no
        harm. Raises RegisterError.
        """
        wanted = Configuration.of(self.call.extension)
        told = wanted.wants(COVERAGE_INFORMATION)
        actions = self._actions(sent) if told and self.delivery is not Delivery.CARDS else []
        cards = self._cards(decided, sent, session) if told and self.delivery is not Delivery.CRD else []
        shown, beside = wanted.shares(len(cards))
        helping = Helping(self.frame, self.call, self.today, session, beside=bool(cards))
        visit = self.visiting(self.frame, session).cards(sent, wanted) if self.visiting is not None else ()
        helpful = list(islice(chain(helping.cards(sent, wanted), visit), beside))
        helping.keep(helpful)
        given = [*cards[:shown], *(one.card for one in helpful)]
        if session is not None and given:
            session.send(self.caller.tenant, sent_cards(given, decided))
        reply: Json = {"cards": given}
        return reply | ({"systemActions": actions} if actions or self.dialect.repeats else {})

    def _actions(self, sent: tuple[Sent, ...]) -> list[Json]:
        actions = (self._action(one, bearer) for one in sent for bearer in self._bearers(one))
        return [one for one in actions if one is not None]

    def _bearers(self, sent: Sent) -> tuple[Order, ...]:
        """Return the resources on which is written what is told of an order: itself, or the appointments for it."""
        order = sent.decided.judgement.order
        appointments = () if self.dialect.on_the_order else self.call.asked.appointments.get(order.reference, ())
        return appointments or (order,)

    def _action(self, sent: Sent, order: Order) -> Json | None:
        """Return the action on a resource; None if it bears the same already, and the version wants no repeats."""
        coverage = sent.decided.coverage.reference
        told = sent.decided.determination
        if told is None:
            return None
        extension = self.dialect.written(told, Stamp(coverage, self.today, sent.assertion_id))
        if not self.dialect.repeats and _stands_already(extension, about(order.raw, coverage)):
            return None
        return {
            "type": "update",
            "description": self.say("action.description", payer=self.payer.name, order=order.reference),
            "resource": annotated(order.raw, extension, coverage),
        }

    def _cards(self, decided: tuple[Decided, ...], sent: tuple[Sent, ...], session: Session | None) -> list[Json]:
        writer = Cards(self.frame)
        missing = _missing(decided)
        first = writer.no_coverage(missing, (one.judgement for one in decided)) if missing else []
        cards = [(one, self._card(writer, one)) for one in sent]
        return [*first, *(self._with_form(card, one, session) for one, card in cards if card is not None)]

    def _card(self, writer: Cards, sent: Sent) -> Json | None:
        determination = sent.decided.determination
        return writer.for_order(sent.decided.judgement, determination) if determination is not None else None

    def _with_form(self, card: Json, sent: Sent, session: Session | None) -> Json:
        """Return a card with the way to the page on which its form is answered, where it has one and can be kept."""
        determination = sent.decided.determination
        if session is None or determination is None or not (determination.questionnaire or determination.renewal):
            return card
        url = self.payer.form_page(session.form_link(sent.assertion_id))
        label = self.say("card.renewal_link" if determination.renewal else "card.form_link")
        link = {"label": label, "url": url, "type": "absolute"}
        return card | {"links": [*card.get("links", ()), link]}


def _stands_already(extension: Json, present: list[Json]) -> bool:
    """Tell whether an order bears the same already, and nothing else of ours."""
    return len(present) == 1 and same(present[0], extension)


def _missing(decided: tuple[Decided, ...]) -> OwnCoverage | None:
    return next((one.coverage for one in decided if is_missing(one.coverage)), None)
