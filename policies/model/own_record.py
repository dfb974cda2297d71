"""What the payer's own records hold for one member and one policy, as the rules need it."""

from dataclasses import dataclass
from datetime import date

from policies.model.criteria import RequestKind
from policies.model.determination import Authorization


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """Authorizations of ours for a member and a policy, as of the day of the call.

    `held` is the newest one that has begun, running or over; `ended` the last day of the newest one that is over.
    `kind` is the kind of request where it is settled: an answered form, or a replay, is about the request that was.
    """

    held: Authorization | None = None
    ended: date | None = None
    kind: RequestKind | None = None


NOTHING_HELD = OwnRecord()
"""What is known of a member of whom there is no authorization."""
