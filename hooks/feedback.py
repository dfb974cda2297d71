"""What clinicians did with our cards, as clients tell it. Source: CDS Hooks 2.0, "Feedback".

A person's comment is kept for the payer, and is never logged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from fhir_mappings import strict_json
from hooks.body import Limits, not_json, too_large
from hooks.errors import InvalidCallError, Issue, told_in

Json = dict[str, Any]
ACCEPTED, OVERRIDDEN = "accepted", "overridden"
_OF_CDS_HOOKS = "2.2"
"""The version of CRD that tells what breaks CDS Hooks as CDS Hooks itself does."""
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
    with told_in(_OF_CDS_HOOKS):
        return _read(body, limits)


def _read(body: bytes, limits: Limits) -> tuple[Feedback, ...]:
    if len(body) > limits.max_bytes:
        raise too_large(limits)
    try:
        strict_json.check_depth(body, limits.max_depth)
        strict_json.check(body)
    except strict_json.JsonError as error:
        raise not_json(error) from None
    content = msgspec.json.decode(body)
    listed = content.get("feedback") if isinstance(content, dict) else None
    if not isinstance(listed, list) or not listed:
        raise InvalidCallError([Issue("feedback: is no list with an entry", "feedback")])
    reading = _Reading([])
    found = [reading.one(one, f"feedback[{index}]") for index, one in enumerate(listed)]
    if reading.issues:
        raise InvalidCallError(reading.issues)
    return tuple(one for one in found if one is not None)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads the entries, and gathers what is wrong with them."""

    issues: list[Issue]

    def one(self, entry: Any, place: str) -> Feedback | None:
        if not isinstance(entry, dict):
            self._fault(place, "is no object")
            return None
        card, outcome = self._text(entry, "card", place), self._text(entry, "outcome", place)
        if outcome and outcome not in {ACCEPTED, OVERRIDDEN}:
            self._fault(f"{place}.outcome", f"is neither {ACCEPTED} nor {OVERRIDDEN}")
        at = self._instant(self._text(entry, "outcomeTimestamp", place), place)
        suggestions = tuple(self._suggestions(entry, outcome, place))
        reason, comment = self._why(entry.get("overrideReason"), f"{place}.overrideReason")
        return Feedback(card, outcome, at, suggestions, reason, comment) if at is not None else None

    def _fault(self, place: str, text: str) -> None:
        self.issues.append(Issue(f"{place}: {text}", place))

    def _text(self, entry: Json, name: str, place: str) -> str:
        value = entry.get(name)
        if isinstance(value, str) and value.strip():
            return value
        self._fault(f"{place}.{name}", "is missing, or no text")
        return ""

    def _instant(self, text: str, place: str) -> datetime | None:
        try:
            return datetime.fromisoformat(text) if text else None
        except ValueError:
            self._fault(f"{place}.outcomeTimestamp", "is no date and time")
            return None

    def _suggestions(self, entry: Json, outcome: str, place: str) -> Iterator[str]:
        given = entry.get("acceptedSuggestions", [] if outcome != ACCEPTED else None)
        if not isinstance(given, list) or (outcome == ACCEPTED and not given):
            self._fault(f"{place}.acceptedSuggestions", "is no list with the suggestions that were accepted")
            return
        for index, one in enumerate(given):
            if isinstance(one, dict) and isinstance(one.get("id"), str):
                yield one["id"]
            else:
                self._fault(f"{place}.acceptedSuggestions[{index}].id", "is missing, or no text")

    def _why(self, given: Any, place: str) -> tuple[str, str]:
        """Return the code of a reason, as system|code, and the comment; both may be empty."""
        if given is None:
            return "", ""
        if not isinstance(given, dict):
            self._fault(place, "is no object")
            return "", ""
        reason, comment = given.get("reason") or {}, given.get("userComment") or ""
        if not isinstance(reason, dict) or not isinstance(comment, str):
            self._fault(place, "has a reason that is no coding, or a comment that is no text")
            return "", ""
        code = str(reason.get("code", ""))
        return (f"{reason.get('system', '')}|{code}" if code else ""), comment
