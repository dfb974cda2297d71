"""The card that leads to the very places of the policy that an order does not meet yet, and sums up what stands there.

Source: CRD 2.0.1 and 2.2.1, External Reference response type: absolute links, no suggestion, and no way to a portal. It
repeats nothing that coverage information tells: no criterion's truth, no evidence, no need for an authorization.
"""

from hashlib import sha256
from typing import Any

from hooks.card_frame import Frame, escaped
from hooks.configuration import GUIDELINE
from hooks.signed import Signed
from policies.model import Node
from policies.truth import Truth

Json = dict[str, Any]
_INDENT = "  "
_NAME_LENGTH = 16


def reference_card(frame: Frame, signed: Signed) -> Json | None:
    """Return the card of an order; None if its policy leaves nothing to read: every criterion is met, or granted."""
    heads = _heads(signed)
    if not heads:
        return None
    say, policy = frame.say, signed.policy
    number = policy.figures.document.number
    summary = say("reference.summary", number=number, drug=policy.title.partition(" (")[0])
    head = say("reference.head", drug=policy.title, order=escaped(signed.order), number=number, version=policy.version)
    paragraphs = [head, "\n".join(_summed_up(frame, signed, heads))]
    card = frame.card(GUIDELINE, summary, "info", paragraphs, [signed.order])
    links = [
        frame.policy_link(policy, say("reference.link", number=number, section=one.section, says=one.says), one.id)
        for one in heads
    ]
    return card | {"links": links} | frame.overriding("considered", "not-applicable")


def reference_name(signed: Signed) -> str:
    """Return the name under which it is kept that the card was shown: other places make another card."""
    places = " ".join([str(signed.policy.version), *(one.id for one in _heads(signed))])
    return f"{GUIDELINE}/{sha256(places.encode()).hexdigest()[:_NAME_LENGTH]}"


def _heads(signed: Signed) -> list[Node]:
    """Return the topmost criteria that are not met, or not known to be."""
    if signed.told.authorization is not None or signed.told.pa_needed is None:
        return []
    placed = zip(signed.ruling.reasons, signed.request.depths, strict=True)
    return [one.criterion for one, depth in placed if depth == 0 and one.truth is not Truth.MET]


def _summed_up(frame: Frame, signed: Signed, heads: list[Node]) -> list[str]:
    """Return what the policy says at these places, part by part."""
    lines: list[str] = []
    inside = False
    for node, depth in zip(signed.request.nodes(), signed.request.depths, strict=True):
        inside = node in heads if depth == 0 else inside
        if inside:
            lines.append(f"{_INDENT * depth}- {frame.say('reference.line', section=node.section, says=node.says)}")
    return lines
