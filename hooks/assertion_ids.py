"""The id of a determination: unguessable, and the same for the same question.

The key is who asks about what, never the id of the draft order, since clients use those again. Without a store the id
is worked out from the key with a secret; the secret lives as long as the process, and so do the ids.
"""

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from fhir_mappings.judging import Judgement
from hooks.call import Call

_TIMING = ("dosageInstruction", "dispenseRequest", "occurrenceDateTime", "occurrenceTiming", "quantityQuantity")
_ENCODER = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class AssertionIds:
    """Makes ids with a secret of at least 16 bytes."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < 16:
            raise ValueError("the secret is too short to keep ids unguessable")

    def of(self, call: Call, judgement: Judgement, coverage: str) -> str:
        """Return the id for server, patient, coverage, policy, kind of request, and the drug with dose and timing."""
        key = (
            call.fhir_server,
            call.patient,
            coverage,
            judgement.policy.id if judgement.policy else "",
            judgement.request.value if judgement.request else "",
            judgement.product.words,
            _timing(judgement),
        )
        digest = hmac.new(self.secret, _ENCODER.encode(key), sha256).digest()
        return str(UUID(bytes=digest[:16], version=4))


def _timing(judgement: Judgement) -> list[Any]:
    order: dict[str, Any] = msgspec.json.decode(judgement.order.raw)
    return [order.get(name) for name in _TIMING]
