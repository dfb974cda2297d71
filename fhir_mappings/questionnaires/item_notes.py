"""What stands beside each question of a form for a person: where its answer comes from, or why it is open.

The Questionnaire gets a display item below each question, so that every renderer can show it; its text is plain, and
the same as markup (rendering-xhtml) for renderers that take it. Nothing of it is part of the published form.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape
from typing import Any

from fhir_mappings.forms.form import Form, beside_id
from fhir_mappings.wording import Wording
from policies.model.findings import Finding, Origin
from policies.model.notes import Evidence, in_order

Json = dict[str, Any]
_CORE = "http://hl7.org/fhir/StructureDefinition"
_CONTROL = f"{_CORE}/questionnaire-itemControl"
_BOUNDS = (f"{_CORE}/minValue", f"{_CORE}/maxValue")
_MOST_EVIDENCE = 4
_MOST_BUTTONS = 8


class Standing(Enum):
    """How a question stands: filled in from the chart, answered by a person before, to be answered, or not needed."""

    CHART = "chart"
    ANSWERED = "answered"
    OPEN = "open"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside one question."""

    standing: Standing
    note: str
    evidence: tuple[Evidence, ...]


def beside(
    form: Form, findings: Mapping[str, Finding], filled: Collection[str], asked: Collection[str], say: Wording
) -> dict[str, Beside]:
    """Return what stands beside each question, by linkId.

    `filled` are the questions that the draft answers, `asked` those that can still change the ruling.
    """
    return {name: _beside(findings.get(name), name in filled, name in asked, say) for name in form.questions}


def _beside(
    finding: Finding | None,
    is_filled: bool,  # noqa: FBT001 - both are given by name
    is_asked: bool,  # noqa: FBT001
    say: Wording,
) -> Beside:
    if finding is None:
        return Beside(Standing.OPEN if is_asked else Standing.IDLE, "", ())
    every, note = in_order((*of_chart(finding.evidence), *finding.overruled)), say.words(finding.note)
    reported = say.cited.words(finding.note)
    shown = tuple(one for one in every if one.reference not in reported)
    if not is_filled:
        return Beside(Standing.OPEN if is_asked else Standing.IDLE, note, shown)
    standing = Standing.ANSWERED if is_of_person(finding) else Standing.CHART
    return Beside(standing, note, shown)


def of_chart(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return the evidence that stands in the chart: an answer's own is the response in which it was given."""
    return tuple(one for one in evidence if one.reference.partition("/")[0] != "QuestionnaireResponse")


def of_record(finding: Finding, say: Wording) -> str:
    """Return in words what a finding rests on in the chart, whatever a person said to it; empty for nothing."""
    shown = in_order(of_chart(finding.counted or finding.overruled))[:_MOST_EVIDENCE]
    record_words = "; ".join(", ".join(say.uncited.parts(one)) for one in shown)
    return f"{say('beside.chart')}: {record_words}" if record_words else ""


def is_of_person(finding: Finding) -> bool:
    """Whether a finding is known by a person's word, and not from the chart.

    To repeat the chart adds nothing; to say which of two records stands does.
    """
    return finding.origin is Origin.ANSWER and (bool(finding.overruled) or not of_chart(finding.evidence))


def annotated(questionnaire: Json, notes: Mapping[str, Beside], say: Wording) -> Json:
    """Return a Questionnaire with what stands beside each question, and its few options as buttons.

    What helps with a question is read there without a click.
    """
    return questionnaire | {"item": [_item(one, notes, say) for one in questionnaire["item"]]}


def _item(item: Json, notes: Mapping[str, Beside], say: Wording) -> Json:
    note = notes.get(item["linkId"])
    helped = [one for one in item.get("item", ()) if _is_help(one)]
    below = [_item(one, notes, say) for one in item.get("item", ()) if not _is_help(one)]
    if note is not None:
        below = [_shown(item, note, say, [one["text"] for one in helped]), *below]
    else:
        below = [*({name: part for name, part in one.items() if name != "extension"} for one in helped), *below]
    return item | _as_buttons(item) | ({"item": below} if below else {})


def _is_help(item: Json) -> bool:
    return _control("help") in item.get("extension", ())


def _as_buttons(item: Json) -> Json:
    """Show a few options at once: a list that opens hides them, and takes more keys."""
    if item["type"] != "choice" or len(item.get("answerOption", ())) > _MOST_BUTTONS:
        return {}
    others = [one for one in item.get("extension", ()) if one["url"] != _CONTROL]
    return {"extension": [*others, _control("radio-button")]}


def _control(code: str) -> Json:
    coding = {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": code}
    return {"url": _CONTROL, "valueCodeableConcept": {"coding": [coding]}}


def _shown(item: Json, note: Beside, say: Wording, helped: Sequence[str]) -> Json:
    bounds = taken(item, say)
    markup = _markup(note, say) + _opening(bounds, helped, say)
    rich = {"extension": [{"url": f"{_CORE}/rendering-xhtml", "valueString": markup}]}
    text = " ".join(one for one in (bounds, _plain(note, say), *helped) if one)
    return {"linkId": beside_id(item["linkId"]), "type": "display", "text": text, "_text": rich}


def taken(item: Json, say: Wording) -> str:
    """Return which numbers a question takes, by the bounds of its item (R4: minValue, maxValue); else nothing."""
    bounds = {
        one["url"].rpartition("/")[2]: value
        for one in item.get("extension", ())
        for name, value in one.items()
        if one["url"] in _BOUNDS and name.startswith("value")
    }
    if len(bounds) < len(_BOUNDS):
        return ""
    return say(f"page.takes.{item['type']}", low=bounds["minValue"], high=bounds["maxValue"])


def _head(note: Beside, say: Wording) -> str:
    return say(f"beside.{note.standing.value}")


def _plain(note: Beside, say: Wording) -> str:
    parts = [note.note, *(", ".join(say.parts(one)) for one in note.evidence[:_MOST_EVIDENCE])]
    return f"{_head(note, say)}. {'; '.join(one for one in parts if one)}".strip()


def _opening(bounds: str, helped: Sequence[str], say: Wording) -> str:
    """Return which numbers are taken, and below it, for who opens it, what helps with the question."""
    said = f'<p class="takes">{escape(bounds)}</p>' if bounds else ""
    if not helped:
        return said
    inside = "".join(f"<p>{escape(one)}</p>" for one in helped)
    return f'{said}<details class="why"><summary>{escape(say("page.why"))}</summary>{inside}</details>'


def _markup(note: Beside, say: Wording) -> str:
    listed = note.evidence[:_MOST_EVIDENCE]
    rows = "".join(f"<li>{' · '.join(escape(part) for part in say.parts(one))}</li>" for one in listed)
    more = len(note.evidence) - _MOST_EVIDENCE
    further = f"<li>{escape(say('card.more', n=more))}</li>" if more > 0 else ""
    below = f"<ul>{rows}{further}</ul>" if rows else ""
    said = f" <span>{escape(note.note)}</span>" if note.note else ""
    return f'<div class="beside {note.standing.value}"><strong>{escape(_head(note, say))}</strong>{said}{below}</div>'
