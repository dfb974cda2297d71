"""The test that a policy proposes (IHC 2+ is equivocal, and the reflex ISH test decides), offered as a draft order.

Source: CRD 2.2.1, Additional Orders response type: suggestions that only create orders.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from fhir_mappings.orders.orders import Order
from hooks.card_parts.brief_coverage import brand
from hooks.card_parts.card_builder import Frame, escaped
from hooks.cards.judged_order import Signed
from hooks.protocol.configuration import CLINICAL_REMINDER
from policies.model.criteria import Fact
from policies.model.findings import Evidence, State
from policies.model.safety import Proposal
from policies.terminology.value_sets import Member

Json = dict[str, Any]
_REASONS = frozenset({"Condition", "DiagnosticReport", "DocumentReference", "Observation"})


def reflex_card(frame: Frame, signed: Signed) -> Json | None:
    """Return the card that offers a test; None unless its fact is open, and the chart says what calls for it."""
    for question in signed.ruling.questions:
        fact, wanted = question.fact, question.fact.proposes
        if wanted is not None and question.finding.state is State.UNKNOWN and _is_called_for(signed, wanted):
            return None if _is_drafted(signed, wanted.test) else _card(frame, signed, fact, wanted)
    return None


def _is_called_for(signed: Signed, wanted: Proposal) -> bool:
    finding = signed.judgement.findings.get(wanted.fact)
    return finding is not None and finding.value == wanted.value


def _is_drafted(signed: Signed, test: Member) -> bool:
    """Whether the test stands among the orders of this call already."""
    return any(_is_for(order, test) for order in signed.drafted)


def _is_for(order: Order, test: Member) -> bool:
    concept = order.resource.code
    spellings = set(test.system.spellings(test.code))
    return concept is not None and any((one.system or "", one.code or "") in spellings for one in concept.coding)


def _card(frame: Frame, signed: Signed, fact: Fact, wanted: Proposal) -> Json:
    say, test = frame.say, wanted.test
    called = signed.policy.facts[wanted.fact]
    figures = {"test": test.display, "what": called.what, "value": wanted.value, "asked": fact.what}
    evidence = signed.judgement.findings[wanted.fact].counted
    found = "; ".join(part for one in evidence[:1] for part in frame.words.parts(one))
    note = say.words(called.notes.get(wanted.value, ""))
    noted = note[:1].upper() + note[1:]
    detail = say("reflex.detail", order=frame.of_order(signed.order), found=escaped(found), note=noted, **figures)
    paragraphs = [detail.strip(), say("reflex.offer", **figures)]
    short = say("brief.reflex", drug=brand(signed.policy))
    summary = say("reflex.summary", **figures) if frame.is_full else short
    card = frame.card(CLINICAL_REMINDER, summary, "info", paragraphs, [signed.order])
    action = {
        "type": "create",
        "description": say("reflex.action", **figures),
        "resource": _service_request(signed, test, _reasons(evidence)),
    }
    return (
        card
        | frame.offering(say("reflex.label", **figures), action)
        | frame.overriding("done-elsewhere", "not-applicable")
    )


def _reasons(evidence: Iterable[Evidence]) -> list[Json]:
    """Return what calls for the test, as far as an order can refer to it (FHIR R4, ServiceRequest.reasonReference)."""
    pairs = (one.reference.split("/") for one in evidence)
    return [{"reference": f"{kind}/{name}"} for kind, name in pairs if kind in _REASONS and name != "?"]


def _service_request(signed: Signed, test: Member, reasons: list[Json]) -> Json:
    """Return a draft order of the test, by who ordered the drug."""
    ordered: Json = msgspec.json.decode(signed.judgement.order.raw)
    coding = {"system": test.system.uri, "code": test.code, "display": test.display}
    return {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "original-order",
        "code": {"coding": [coding]},
        "subject": {"reference": f"Patient/{signed.patient}"},
        "authoredOn": signed.today.isoformat(),
        "insurance": [{"reference": signed.coverage}],
        **{name: ordered[name] for name in ("encounter", "requester") if isinstance(ordered.get(name), dict)},
        **({"reasonReference": reasons} if reasons else {}),
    }
