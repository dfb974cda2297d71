"""The card that offers to correct the Coverage on the client's side where the payer's own record says otherwise.

Source: CRD 2.0.1 and 2.2.1, Adjust Coverage response type: one suggestion with one update of the Coverage, complete as
it came. It goes out when visits are booked, begin or end, and never while orders are written (2.2.1, resp-70); only
where the operator has turned it on, since X12 may have to be used instead (resp-69).
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from fhir_mappings.coverage.member_directory import Member
from fhir_mappings.wording import Wording
from hooks.card_parts.card_builder import Frame, escaped
from hooks.protocol.configuration import INSURANCE

Json = dict[str, Any]
_EXACT = msgspec.json.Decoder(float_hook=Decimal)
_DAY = len("2026-01-01")


def _line(say: Wording, key: str, theirs: str, ours: str) -> str:
    """Write how what was sent and what we hold differ in one point."""
    theirs_shown = escaped(theirs) or say("insurance.none")
    return say("insurance.line", what=say(f"insurance.point.{key}"), ours=ours, theirs=theirs_shown)


def coverage_card(frame: Frame, member: Member, raw: msgspec.Raw, about: str) -> Json | None:
    """Return the card on a Coverage as it was sent, shown about a resource (Type/id); None if nothing differs."""
    say = frame.say
    coverage: Json = _EXACT.decode(raw)
    differing = list(_differing(coverage, member))
    if not differing:
        return None
    named = [say(f"insurance.point.{key}") for key, _, _ in differing]
    lines = [_line(say, *one) for one in differing]
    reference = f"Coverage/{coverage['id']}"
    head = say("insurance.head", coverage=escaped(reference), payer=frame.payer.name)
    summary = say("insurance.summary", payer=frame.payer.name, points=", ".join(named))
    card = frame.card(INSURANCE, summary, "info", [head, "\n".join(lines)], [about])
    action = {
        "type": "update",
        "description": say("insurance.action", coverage=reference),
        "resource": _corrected(coverage, {key: ours for key, _, ours in differing}),
    }
    return card | frame.offering(say("insurance.label"), action) | frame.overriding("other-coverage")


def _differing(coverage: Json, member: Member) -> Iterator[tuple[str, str, str]]:
    """Yield what differs: its name, what the Coverage says (empty if nothing), and what the payer's record says."""
    period = coverage.get("period")
    said = period if isinstance(period, dict) else {}
    for key, theirs, ours in (
        ("number", coverage.get("subscriberId"), member.number),
        ("start", said.get("start"), _day(member.start)),
        ("end", said.get("end"), _day(member.end)),
    ):
        written = str(theirs or "")
        if ours and (written if key == "number" else written[:_DAY]) != ours:
            yield key, written, ours


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def _corrected(coverage: Json, changes: dict[str, str]) -> Json:
    number = {"subscriberId": changes["number"]} if "number" in changes else {}
    dates = {key: changes[key] for key in ("start", "end") if key in changes}
    period = coverage.get("period")
    known = period if isinstance(period, dict) else {}
    return coverage | number | ({"period": known | dates} if dates else {})
