"""The safety card: boxed warnings, with what the chart holds. Never a criterion; shown once an authorization.

Source: CRD 2.2.1, Instructions response type: a detail, no suggestion, no link.
"""

from collections.abc import Iterator
from typing import Any

from hooks.card_parts.brief_coverage import brand
from hooks.card_parts.card_builder import Frame, escaped
from hooks.cards.judged_order import Signed
from hooks.protocol.configuration import CONTRAINDICATION
from policies.model.criteria import RequestKind
from policies.model.notes import Note, Said
from policies.model.safety import SafetyKind, SafetyNote

Json = dict[str, Any]
_SHOWN = (SafetyKind.BOXED_WARNING, SafetyKind.PROGRAM)


def safety_card(frame: Frame, signed: Signed) -> Json | None:
    """Return the card of an order's drug; None if its policy names no warning, or nothing is to begin.

    Nothing begins with a continuation, nor where the coverage is over.
    """
    if signed.judgement.request is not RequestKind.INITIAL or signed.determination.pa_needed is None:
        return None
    notes = [note for note in signed.policy.figures.safety if note.kind in _SHOWN]
    if not notes:
        return None
    name = signed.policy.title
    drug = name.partition(" (")[0] if frame.is_full else brand(signed.policy)
    summary = frame.say("safety.summary", drug=drug, about=", ".join(frame.say.words(note.about) for note in notes))
    head = frame.say("safety.head", drug=name, order=frame.of_order(signed.order))
    lines = "\n".join(line for note in notes for line in _lines(frame, signed, note))
    paragraphs = [head, lines, frame.say("safety.no_criterion")]
    card = frame.card(CONTRAINDICATION, summary, "warning", paragraphs, [signed.order])
    return card | frame.overriding("considered", "not-applicable")


def _lines(frame: Frame, signed: Signed, note: SafetyNote) -> Iterator[str]:
    yield f"- {frame.say('safety.note', section=note.section, says=note.says)}"
    beside = signed.judgement.safety.beside(note) if signed.judgement.safety is not None else ""
    if beside:
        yield f"  - {escaped(_last_result(frame, beside))}"


def _last_result(frame: Frame, beside: Said) -> str:
    """Return what is on file, by code and record only where cards tell all."""
    if frame.is_full or not isinstance(beside, Note) or beside.key != "safety.last":
        return frame.say.words(beside)
    figures = dict(beside.figures)
    when = figures["date"]
    date = frame.say.day(when) if isinstance(when, str) else when
    return frame.say.words(Note("brief.last", tests=figures["tests"], value=figures["value"], date=date))
