"""The card that puts a form on the task list, for clients without DTR: a Task, and the form where the client lacks it.

Source: CRD 2.0.1 and 2.2.1, Form Completion response type and profile-taskquestionnaire. It is not for clients that can
launch DTR (resp-59). The client is asked first whether it has the form (dev-20,
`hooks.ehr_data.client_forms`); where it has not, or cannot tell, the form is created if it is not there (dev-19).
"""

from typing import Any

import msgspec

from fhir_mappings.coverage.coverage_information import TEMP
from fhir_mappings.publication.code_systems import FORM
from hooks.card_parts.card_builder import Frame
from hooks.cards.judged_order import Signed
from hooks.ehr_data.client_forms import as_query

Json = dict[str, Any]
_SDC = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp"


def _coded(code: str, system: str = _SDC) -> Json:
    return {"system": system, "code": code}


_AFTER_COMPLETION = {
    "type": {"coding": [_coded("after-completion-action", TEMP)]},
    "valueCodeableConcept": {"coding": [_coded("prior-auth-include", TEMP)]},
}
"""What CRD 2.0.1 wants said: the answered form goes with the request for prior authorization."""


def form_card(frame: Frame, signed: Signed) -> Json | None:
    """Return the card of an order; None unless a form is open, and the client cannot launch DTR or our page."""
    if not takes_tasks(frame, signed.asked_for) or not signed.has_open_form:
        return None
    say, drug, canonical = frame.say, signed.policy.title, signed.determination.questionnaire
    form = None if canonical in frame.forms.there else frame.forms.find(canonical, older=frame.dialect.older_forms)
    summary = say("form_card.summary", drug=drug.partition(" (")[0])
    version = canonical.partition("|")[2]
    detail = say(
        "form_card.detail", drug=drug, order=frame.of_order(signed.order), payer=frame.payer.name, version=version
    )
    actions = [_task_action(frame, signed)] if form is None else [_creation(frame, form), _task_action(frame, signed)]
    card = frame.card(FORM, summary, "info", [detail], [signed.order])
    return card | frame.offering(say("form_card.label", drug=drug), *actions)


def takes_tasks(frame: Frame, asked_for: frozenset[str]) -> bool:
    """Whether forms go to a client as tasks.

    A registered client is known by its registration; one of whom nothing is known has to ask for it.
    """
    caller = frame.caller
    return not caller.smart_client_id and (FORM in asked_for if caller.dtr is None else not caller.dtr)


def _creation(frame: Frame, form: Json) -> Json:
    query = as_query(f"{form['url']}|{form['version']}")
    return {
        "type": "create",
        "description": frame.say("form_card.create", title=form["title"], version=form["version"]),
        "resource": form,
        "extension": {"davinci-crd.if-none-exist": query},
    }


def _task_action(frame: Frame, signed: Signed) -> Json:
    description = frame.say("form_card.task", drug=signed.policy.title)
    return {"type": "create", "description": description, "resource": _task(frame, signed, description)}


def _task(frame: Frame, signed: Signed, description: str) -> Json:
    canonical = signed.determination.questionnaire
    ordered: Json = msgspec.json.decode(signed.judgement.order.raw)
    older = frame.dialect.older_forms
    return {
        "resourceType": "Task",
        "status": "ready",
        "intent": "order",
        "code": {"coding": [_coded("complete-questionnaire")]},
        "description": description,
        "basedOn": [{"reference": signed.order}],
        "for": {"reference": f"Patient/{signed.patient}"},
        **({"encounter": ordered["encounter"]} if isinstance(ordered.get("encounter"), dict) else {}),
        "authoredOn": signed.today.isoformat(),
        "requester": _requester(frame),
        "reasonCode": {
            **({"coding": [_coded("reason-prior-auth", TEMP)]} if older else {}),
            "text": frame.say("form_card.reason", order=signed.order),
        },
        "input": _input(canonical, older=older),
    }


def _requester(frame: Frame) -> Json:
    system, value = min(frame.payer.identifiers)
    identifier = {"system": system, "value": value}
    return {"type": "Organization", "identifier": identifier, "display": frame.payer.name}


def _input(canonical: str, *, older: bool) -> list[Json]:
    """Return which form is to be filled in: older versions of CRD name it without its version, and say when it ends."""
    asked = {"coding": [_coded("questionnaire")], "text": "questionnaire"}
    named = canonical.partition("|")[0] if older else canonical
    return [{"type": asked, "valueCanonical": named}, *([_AFTER_COMPLETION] if older else [])]
