"""The card that proposes the payer's preferred product, where it has to be tried first and is not known to have been.

Source: CRD 2.0.1 and 2.2.1, response type "propose alternate request": each suggestion deletes the draft order and
creates another of its type (CRD 2.2.1, resp-53 and resp-54: what was said of the order does not hold for another
product). Nothing is changed unless a clinician takes it over, and no product is recommended before another.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

from fhir_mappings.coverage.coverage_information import exact
from hooks.card_parts.brief_coverage import brand
from hooks.card_parts.card_builder import Frame, escaped
from hooks.cards.judged_order import Signed
from hooks.protocol.configuration import REQUIRED_ALTERNATIVES
from policies.evaluation.ruling import Reason
from policies.model.criteria import walk
from policies.model.safety import Preferred, PreferredProduct
from policies.model.truth import Truth

Json = dict[str, Any]
_PRODUCT = {"MedicationRequest": "medicationCodeableConcept", "ServiceRequest": "code"}
_TAKEN_OVER = (
    *("resourceType", "status", "intent", "category", "priority", "subject", "encounter", "authoredOn", "requester"),
    *("performer", "performerType", "reasonCode", "reasonReference", "insurance", "courseOfTherapyType"),
    *("occurrenceDateTime", "occurrencePeriod", "occurrenceTiming", "dosageInstruction"),
)
"""What another product is ordered with: who, for whom, why, when, and the dose. What is dispensed is of a product."""
_MASS = frozenset({"mg", "g", "ug", "mg/kg", "mg/m2"})
"""Units in which a dose of one product is the same of another, where the policy says so."""


def preferred_card(frame: Frame, signed: Signed) -> Json | None:
    """Return the card of an order; None unless the policy prefers a product whose criterion is not met.

    What is authorized already, as by a person who knows better, is left as it is.
    """
    wanted = signed.policy.figures.preferred if signed.determination.authorization is None else None
    reason = _of_criterion(signed, wanted) if wanted is not None else None
    if wanted is None or reason is None or reason.truth is Truth.MET or _is_drafted(signed, wanted):
        return None
    say, drug = frame.say, brand(signed.policy)
    offered = _suggestions(frame, signed, wanted) if not _fails_otherwise(signed, reason) else []
    paragraphs = [
        say("preferred.detail", order=frame.of_order(signed.order), says=escaped(say.words(wanted.says))),
        say("preferred.products", products=escaped(wanted.names)),
        say("preferred.proposal" if offered else "preferred.by_hand"),
        say("preferred.source", source=escaped(wanted.source)),
    ]
    card = frame.card(REQUIRED_ALTERNATIVES, say("preferred.summary", drug=drug), "info", paragraphs, [signed.order])
    given = {"suggestions": offered, "selectionBehavior": "at-most-one"} if offered else {}
    return card | given | frame.overriding("tried-already", "not-applicable")


def _of_criterion(signed: Signed, wanted: Preferred) -> Reason | None:
    return next((one for one in signed.ruling.reasons if one.criterion.id == wanted.criterion), None)


def _fails_otherwise(signed: Signed, reason: Reason) -> bool:
    """Whether something else speaks against the request: it would speak against another product as well."""
    own = {node.id for node in walk(reason.criterion)}
    return any(one.criterion.id not in own for one in signed.ruling.failures)


def _is_drafted(signed: Signed, wanted: Preferred) -> bool:
    """Whether a preferred product stands among the orders of this call already."""
    codes = {(one.system, one.code) for one in wanted.products}
    concepts = ((one.resource.medication_codeable_concept, one.resource.code) for one in signed.drafted)
    codings = (coding for pair in concepts for one in pair if one is not None for coding in one.coding)
    return any((one.system or "", one.code or "") in codes for one in codings)


def _suggestions(frame: Frame, signed: Signed, wanted: Preferred) -> list[Json]:
    """Return what an order can be changed to; nothing where it is no draft of the call, or its dose is of a product."""
    order = exact(signed.judgement.order.raw)
    element = _PRODUCT.get(str(order.get("resourceType")), "")
    named = signed.policy.figures.product.names
    is_changeable = signed.is_draft and order.get("status") == "draft" and "modifierExtension" not in order
    is_alike = _is_taken_over(order, named, same_dose=wanted.same_dose)
    if not (element and is_changeable and is_alike):
        return []
    return [_suggestion(frame, signed, one, _changed(order, element, one)) for one in wanted.products]


def _suggestion(frame: Frame, signed: Signed, product: PreferredProduct, resource: Json) -> Json:
    say, figures = frame.say, {"order": signed.order, "product": product.name}
    actions = [
        {"type": "delete", "description": say("preferred.delete", **figures), "resourceId": signed.order},
        {"type": "create", "description": say("preferred.create", **figures), "resource": resource},
    ]
    return {"label": say("preferred.label", **figures), "uuid": str(uuid4()), "actions": actions}


def _changed(order: Json, element: str, product: PreferredProduct) -> Json:
    """Return a draft of another product with what of an order holds for it too."""
    coding = {"system": product.system, "code": product.code, "display": product.display}
    kept = {name: order[name] for name in _TAKEN_OVER if name in order}
    return kept | {element: {"coding": [coding], "text": product.name}}


def _is_taken_over(order: Json, named: Iterable[str], *, same_dose: bool) -> bool:
    """Whether the dose of an order holds for a product that is dosed alike; one that states none holds for any."""
    dosages = order.get("dosageInstruction")
    if not dosages:
        return "quantityQuantity" not in order
    if not same_dose or not isinstance(dosages, list) or not all(isinstance(one, dict) for one in dosages):
        return False
    words = " ".join(_texts(dosages)).casefold()
    return all(unit in _MASS for unit in _units(dosages)) and not any(name.casefold() in words for name in named)


def _units(value: Any) -> Iterator[str]:
    """Yield the unit of every amount of a dose; an amount without one, or a ratio, is in none."""
    if isinstance(value, list):
        for one in value:
            yield from _units(one)
    elif isinstance(value, dict):
        if "value" in value:
            yield str(value.get("code") or value.get("unit") or "")
        for name, one in value.items():
            yield from () if name == "timing" else _units(one)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text of a dose, in which a product may be named."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value if isinstance(value, list) else value.values():
            yield from _texts(one)
