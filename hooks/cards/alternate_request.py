"""The card that proposes the policy's dose where the ordered one is certainly above it.

Source: CRD 2.0.1 and 2.2.1, response type "propose alternate request": each suggestion is one update of the draft
order, complete as it was sent, with the dose changed and nothing else. An update and not another order: what was
said of the order still holds (CRD 2.2.1, resp-54). One of several steps of a schedule is recommended by nobody.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import msgspec

from fhir_mappings.dosing.correction import Correction, NewValue
from fhir_mappings.wording import Wording
from hooks.card_parts.card_builder import Frame, escaped
from hooks.cards.judged_order import Signed
from hooks.protocol.configuration import ALTERNATIVES

Json = dict[str, Any]
_EXACT = msgspec.json.Decoder(float_hook=Decimal)
_NUMBERS: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "doseQuantity": (("doseQuantity",),),
        "rateQuantity": (("rateQuantity",),),
        "doseRange": (("doseRange", "low"), ("doseRange", "high")),
    }
)
"""Where the quantities of each member of doseAndRate stand."""


def alternate_request(frame: Frame, signed: Signed) -> Json | None:
    """Return the card of an order; None unless its dose is certainly above the policy's, and can be changed."""
    sheet = signed.judgement.dosing
    if sheet is None or not sheet.corrections:
        return None
    say = frame.say
    doses = "; ".join(dict.fromkeys(say.words(one.dose) for one in sheet.corrections))
    ordered = say.words(sheet.ordered_words)
    figures = {"drug": signed.policy.title.partition(" (")[0], "ordered": ordered, "policy": doses}
    paragraphs = [
        say("alternate.detail", order=frame.of_order(signed.order), note=escaped(frame.words.words(sheet.note))),
        say("alternate.quantity") if sheet.ordered.dispenses else "",
    ]
    card = frame.card(ALTERNATIVES, say("alternate.summary", **figures), "warning", paragraphs, [signed.order])
    suggestions = [_suggestion(say, signed, one) for one in sheet.corrections]
    if len(suggestions) == 1:
        suggestions[0]["isRecommended"] = True
    offered = {"suggestions": suggestions, "selectionBehavior": "at-most-one"}
    return card | offered | frame.overriding("other-weight", "intended-dose")


def _suggestion(say: Wording, signed: Signed, correction: Correction) -> Json:
    dose = say.words(correction.dose)
    action = {
        "type": "update",
        "description": say("alternate.action", order=signed.order, dose=dose),
        "resource": corrected(signed.judgement.order.raw, correction),
    }
    label = say("alternate.label", dose=dose, step=", ".join(correction.steps))
    return {"label": label, "uuid": str(uuid4()), "actions": [action]}


def corrected(order: msgspec.Raw, correction: Correction) -> Json:
    """Return an order as it was sent, with the policy's dose; decimals stay as they were written."""
    resource: Json = _EXACT.decode(order)
    (dosage,) = resource["dosageInstruction"]
    for new in correction.values:
        _write(dosage["doseAndRate"][new.index], new)
    dosage.update(correction.texts)
    return resource


def _write(dose: Json, new: NewValue) -> None:
    for path in _NUMBERS[new.element]:
        quantity = _inner(dose, path)
        quantity["value"] = _plain(new.value)


def _inner(found: Json, path: Iterable[str]) -> Json:
    for name in path:
        found = found[name]
    return found


def _plain(number: Decimal) -> Decimal | int:
    return int(number) if number == number.to_integral_value() else number.normalize()
