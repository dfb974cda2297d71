"""order-select 1.0: of the draft orders only those just selected are answered; the others are considered with them.

CRD's secondary hook: no documents are asked for (CRD 2.2.1, hook-19, hook-34).
"""

from collections.abc import Mapping
from dataclasses import replace

from hooks.definitions.hook import DRAFTED_MEDICATIONS, ENCOUNTER, Hook
from hooks.definitions.order_sign import ORDER_SIGN
from hooks.protocol.json_fields import Members
from hooks.request.call import Asked, Brought
from hooks.request.context_fields import references

_SELECTIONS = "selections"


def _read(context: Members, brought: Brought) -> Asked:
    selections = references(context, _SELECTIONS)
    if not selections:
        context.fault(_SELECTIONS, "names no order")
    asked = ORDER_SIGN.read(context, brought)
    _check_drafted(context, selections, asked)
    return replace(asked, selected=frozenset(selections.values()))


def _check_drafted(context: Members, selections: Mapping[str, str], asked: Asked) -> None:
    """Raise InvalidCallError for a selection that is not among the draft orders."""
    drafted = {order.reference for order in asked.orders}
    for place, selected in selections.items():
        if selected not in drafted:
            context.fault(place.removeprefix(f"{context.path}."), "is not among the draft orders")
    context.settle()


ORDER_SELECT = Hook(
    "order-select",
    _read,
    asks_for_documents=False,
    judges_orders=True,
    prefetch=ENCOUNTER,
    standard=DRAFTED_MEDICATIONS,
    warms=True,
)
