"""The card that leads to the very places of the policy that are not settled yet, and sums up what stands there.

Source: CRD 2.0.1 and 2.2.1, External Reference response type: absolute links, no suggestion, and no way to a portal. It
repeats nothing that coverage information tells: no criterion's truth, no evidence, no need for an authorization.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from hooks.card_parts.card_builder import Frame
from hooks.cards.judged_order import Signed
from hooks.protocol.configuration import GUIDELINE
from policies.model.criteria import Node, Request
from policies.model.determination import PaNeeded
from policies.model.policy import Policy
from policies.model.truth import Truth

Json = dict[str, Any]
_INDENT = "  "
_NAME_LENGTH = 16


def reference_card(frame: Frame, signed: Signed) -> Json | None:
    """Return the card of an order; None if its policy leaves nothing to read.

    Then every criterion is met, an authorization holds, or nothing can be determined for the order by it.
    """
    heads = _heads(signed)
    if not heads:
        return None
    policy, order = signed.policy, frame.of_order(signed.order)
    number = policy.figures.document.number
    head = frame.say("reference.head", drug=policy.title, order=order, number=number, version=policy.version)
    return written_reference(frame, policy, signed.request, heads, head, signed.order)


def reference_name(signed: Signed) -> str:
    """Return the name under which it is kept that the card of an order was shown."""
    return kept_name(signed.policy, _heads(signed))


def _heads(signed: Signed) -> list[Node]:
    if signed.determination.pa_needed is not PaNeeded.AUTH_NEEDED:
        return []
    return heads_of(signed.request, {one.criterion.id: one.truth.word for one in signed.ruling.reasons})


def heads_of(request: Request, truths: Mapping[str, str]) -> list[Node]:
    """Return the topmost criteria that are not met, or not known to be, by their truths in words."""
    placed = zip(request.nodes(), request.depths, strict=True)
    return [one for one, depth in placed if depth == 0 and truths.get(one.id) != Truth.MET.word]


def kept_name(policy: Policy, heads: Sequence[Node]) -> str:
    """Return the name under which it is kept that a card was shown: other places make another card."""
    places = " ".join([str(policy.version), *(one.id for one in heads)])
    return f"{GUIDELINE}/{sha256(places.encode()).hexdigest()[:_NAME_LENGTH]}"


def written_reference(
    frame: Frame, policy: Policy, request: Request, heads: Sequence[Node], head: str, about: str
) -> Json:
    """Return the card that leads to places of a policy; `head` is its first paragraph, `about` a Type/id."""
    say, number = frame.say, policy.figures.document.number
    summary = say("reference.summary", number=number, drug=policy.title.partition(" (")[0])
    paragraphs = [head, "\n".join(_summed_up(frame, request, heads))]
    card = frame.card(GUIDELINE, summary, "info", paragraphs, [about])
    links = [
        frame.policy_link(policy, say("reference.link", number=number, section=one.section, says=one.says), one.id)
        for one in heads
    ]
    return card | {"links": links} | frame.overriding("considered", "not-applicable")


def _summed_up(frame: Frame, request: Request, heads: Sequence[Node]) -> list[str]:
    """Return what the policy says at these places, part by part."""
    lines: list[str] = []
    inside = False
    for node, depth in zip(request.nodes(), request.depths, strict=True):
        inside = node in heads if depth == 0 else inside
        if inside:
            lines.append(f"{_INDENT * depth}- {frame.say('reference.line', section=node.section, says=node.says)}")
    return lines
