"""What clinicians did with our cards, as clients report it. Source: CDS Hooks 2.0, "Feedback".

It is read as a call is: within the same limits, with every fault named by its place. A person's comment is kept for the
payer, and is never logged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import msgspec

from hooks.protocol.crd_versions import CRD_2_2
from hooks.protocol.errors import InvalidCallError, Issue, reported_in
from hooks.protocol.json_fields import Members
from hooks.request.body import Limits, taken_apart

ACCEPTED, OVERRIDDEN = "accepted", "overridden"
_OF_CDS_HOOKS = CRD_2_2.name
"""The version of CRD that reports what breaks CDS Hooks as CDS Hooks itself does: as a bad request."""
_LONGEST_CARD, _LONGEST_COMMENT = 128, 100_000
_NOTHING = (b"null", b'""')
_DETERMINISTIC = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of one card: accepted with these suggestions, or overridden for a reason and with a comment."""

    card: str
    outcome: str
    at: datetime
    suggestions: tuple[str, ...]
    reason: str
    comment: str

    def identity(self, tenant: str, service: str) -> str:
        """Return the hash by which the same feedback is known when it comes again."""
        return sha256(_DETERMINISTIC.encode([tenant, service, self])).hexdigest()


def read_feedback(body: bytes, limits: Limits) -> tuple[Feedback, ...]:
    """Read the body of a feedback call; raises a CallError that names every place that is wrong.

    Feedback is of CDS Hooks and knows no CRD: whatever is wrong with it is a bad request (400).
    """
    with reported_in(_OF_CDS_HOOKS):
        return tuple(_all(body, limits))


def _all(body: bytes, limits: Limits) -> list[Feedback]:
    members = Members(taken_apart(body, limits).members)
    given = list(members.objects("feedback"))
    if not given and not members.issues:
        raise InvalidCallError([Issue("feedback: is no list with an entry", "feedback")])
    found = [_read(one) for one in given]
    members.settle()
    return [one for one in found if one is not None]


def _read(entry: Members) -> Feedback | None:
    """Read one entry; None if it has no time, which is a fault that was noted."""
    card, outcome = entry.text("card", longest=_LONGEST_CARD), entry.text("outcome")
    if outcome and outcome not in {ACCEPTED, OVERRIDDEN}:
        entry.fault("outcome", f"is neither {ACCEPTED} nor {OVERRIDDEN}")
    at = _instant(entry)
    suggestions = tuple(_suggestions(entry, is_required=outcome == ACCEPTED))
    reason, comment = _why(entry)
    return Feedback(card, outcome, at, suggestions, reason, comment) if at is not None else None


def _instant(entry: Members) -> datetime | None:
    text = entry.text("outcomeTimestamp")
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        entry.fault("outcomeTimestamp", "is no date and time")
        return None


def _suggestions(entry: Members, *, is_required: bool) -> Iterator[str]:
    """Yield the ids of the suggestions that were accepted; without one nothing can have been accepted."""
    given = list(entry.objects("acceptedSuggestions"))
    if is_required and not given:
        entry.fault("acceptedSuggestions", "names no suggestion that was accepted")
    for one in given:
        yield one.text("id")


def _why(entry: Members) -> tuple[str, str]:
    """Return the code of a reason, as system|code, and the comment; both may be empty."""
    why = _said(_said(entry).inner("overrideReason", required=False))
    reason = _said(why.inner("reason", required=False))
    system, code = reason.text("system", required=False), reason.text("code", required=False)
    comment = why.text("userComment", required=False, longest=_LONGEST_COMMENT)
    return (f"{system}|{code}" if code else ""), comment


def _said(members: Members) -> Members:
    """Return members without those that say nothing: clients send null, or an empty text, where nothing was entered."""
    raw = {name: one for name, one in members.raw.items() if bytes(one) not in _NOTHING}
    return Members(raw, members.path, members.issues)
