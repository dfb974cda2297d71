"""Which criteria make a group what it is: those of which others would make it something else."""

from collections.abc import Iterator, Mapping

from policies.evaluation.ruling import Reason, Ruling, whole
from policies.model.criteria import Group, Node, Operator, Request
from policies.model.truth import OPPOSITE, Truth


def deciding(group: Group, truths: Mapping[str, Truth]) -> Iterator[Node]:
    """Yield the nearest named criteria below a group that make it what it is, in the policy's order.

    `truths` holds the truth of each named criterion by its id. Below a `not` they are of the opposite truth: what is
    met there makes the group not met. A group without an id is gone through only where it makes the whole so too.
    """
    truth = _truth(group, truths)
    wanted = OPPOSITE[truth] if group.operator is Operator.NOT else truth
    for part in group.parts:
        if _truth(part, truths) is not wanted:
            continue
        if isinstance(part, Group) and not part.id:
            yield from deciding(part, truths)
        else:
            yield part


def failing(request: Request, ruling: Ruling) -> tuple[tuple[Node, Truth], ...]:
    """Return the topmost criteria that make a request what it is, each with its truth: met is one that must not be."""
    truths = truths_of(ruling)
    return tuple((node, truths[node.id]) for node in deciding(request.criteria, truths))


def reasons_of(ruling: Ruling) -> dict[str, Reason]:
    """Return why each named criterion of a ruling stands as it does, by its id."""
    return {reason.criterion.id: reason for reason in ruling.reasons}


def truths_of(ruling: Ruling) -> dict[str, Truth]:
    """Return the truth of each named criterion of a ruling, by its id."""
    return {reason.criterion.id: reason.truth for reason in ruling.reasons}


def _truth(node: Node, truths: Mapping[str, Truth]) -> Truth:
    """Return a node's truth; that of a group without an id follows from its parts."""
    if isinstance(node, Group) and not node.id:
        return whole(node, [_truth(part, truths) for part in node.parts])
    return truths[node.id]
