"""The card that launches our form page as a SMART application, for clients that have no DTR application of their own.

Source: CRD 2.0.1 and 2.2.1, Launch SMART Application response type: links of type "smart", no suggestion. A client that
speaks DTR is not sent it: it launches DTR by what coverage information says. The context names the determination and
the form, and holds nothing of the patient and no token.
"""

from typing import Any

import msgspec

from fhir_mappings.publication.code_systems import LAUNCH
from hooks.card_parts.card_builder import Frame
from hooks.cards.judged_order import Signed

Json = dict[str, Any]
LAUNCH_PATH = "/forms/launch"
"""Where our form page is launched."""


def launch_card(frame: Frame, signed: Signed) -> Json | None:
    """Return the card of an order; None unless a form is open, and the client knows our page and has no DTR."""
    caller = frame.caller
    if caller.dtr is not False or not caller.smart_client_id or not signed.has_open_form:
        return None
    say, drug = frame.say, signed.policy.title
    context = {"determination": signed.assertion_id, "questionnaire": signed.determination.questionnaire}
    link = {
        "label": say("launch.label", drug=drug),
        "url": f"{frame.payer.base_url}{LAUNCH_PATH}",
        "type": "smart",
        "appContext": msgspec.json.encode(context).decode(),
    }
    name, points = drug.partition(" (")[0], len(signed.ruling.questions)
    summary = say.count("launch.summary", points, drug=name) if points else say("launch.ready", drug=name)
    detail = say("launch.detail", drug=drug, order=frame.of_order(signed.order), payer=frame.payer.name)
    return frame.card(LAUNCH, summary, "info", [detail], [signed.order]) | {"links": [link]}
