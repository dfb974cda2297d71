"""The result of a trial that bears on the choice of the drug: only where a client asks for it.

Source: CRD 2.2.1, External Reference response type: links, no suggestion.
"""

from typing import Any

from fhir_mappings.publication.code_systems import TRIALS
from hooks.card_parts.card_builder import Frame
from hooks.cards.judged_order import Signed
from policies.model.safety import SafetyKind

Json = dict[str, Any]


def trial_card(frame: Frame, signed: Signed) -> Json | None:
    """Return the card with the results of trials that a policy names; None if it names none."""
    notes = [note for note in signed.policy.figures.safety if note.kind is SafetyKind.TRIAL]
    if not notes:
        return None
    name = signed.policy.title
    summary = frame.say("trial.summary", drug=name, about=", ".join(frame.say.words(note.about) for note in notes))
    head = frame.say("trial.head", drug=name, order=frame.of_order(signed.order))
    card = frame.card(TRIALS, summary, "info", [head, *(frame.say.words(note.says) for note in notes)], [signed.order])
    label = frame.say("card.policy_link", number=signed.policy.figures.document.number, title=name)
    return (
        card
        | {"links": [frame.policy_link(signed.policy, label, "safety")]}
        | frame.overriding("considered", "not-applicable")
    )
