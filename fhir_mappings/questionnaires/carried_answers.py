"""Answers that stand though a later response does not repeat them: those of earlier responses to the same form.

An old draft, a second window, a form that is sent half-way: none of them takes back what a person answered. An answer
is changed by another answer to its question, or taken back with the response that gave it. What a machine filled in
(DTR, information-origin: auto) and nobody touched is no answer against a person's.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fhir_mappings.facts.prior_regimens import COUNTED
from fhir_mappings.forms.form import (
    ATTESTED,
    DOCUMENTATION,
    DOCUMENTS,
    Form,
    attachment_id,
    confirmed_fact,
    is_document,
    lines_id,
)
from fhir_mappings.forms.relevance import conditions
from fhir_mappings.questionnaires.adaptive_response import answers_in
from policies.model.findings import Interval, Range, Value

Json = dict[str, Any]
Answers = Mapping[str, list[Json]]
Filled = Mapping[str, Collection[Value | None]]
"""What was ever filled in from the chart, by question."""
_ORIGIN = "/information-origin"
_CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A response that is on file: what it is called, when it was authored, and what it answered itself.

    `proposed` is what it said yes or no to, as it was kept, by linkId.
    """

    reference: str
    authored: str
    answers: Answers
    proposed: Json = field(default_factory=dict)

    @classmethod
    def of(cls, reference: str, kept: Json) -> "Earlier":
        """Take a response as we keep it; what it carried along from others is theirs."""
        others = kept.get(_CARRIED, {})
        own = {name: one for name, one in answers_in(kept.get("item", ())).items() if name not in others}
        authored = kept.get("authored")
        return cls(reference, authored if isinstance(authored, str) else "", own, kept.get("proposed", {}))


@dataclass(frozen=True, slots=True)
class Standing:
    """The answers that stand beside those of a response, by linkId, and the response that gave each."""

    answers: Answers
    sources: Mapping[str, Earlier]

    @property
    def proposed(self) -> Json:
        """Return what was said yes or no to before, as it is kept."""
        return {name: one.proposed[name] for name, one in self.sources.items() if name in one.proposed}

    @property
    def named(self) -> Json:
        """Return where each was given, as it is kept."""
        return {name: {"reference": one.reference, "authored": one.authored} for name, one in self.sources.items()}


def standing(form: Form, said: Answers, earlier: Iterable[Earlier], filled: Filled) -> Standing:
    """Return what earlier responses, newest first, answered and a new one does not.

    An answer that the others have made needless is left where it is.
    """
    before = tuple(earlier)
    found: dict[str, Earlier] = {}
    for name in dict.fromkeys(name for one in before for name in one.answers):
        givers = [one for one in before if name in one.answers]
        person = next((one for one in givers if not _is_untouched(form, name, one.answers[name], filled)), None)
        if name not in said:
            found[name] = person or givers[0]
        elif person is not None and _is_untouched(form, name, said[name], filled):
            found[name] = person
    found = {name: one for name, one in found.items() if not _is_changed(form, name, one, said, filled)}
    answers = {name: one.answers[name] for name, one in found.items()}
    needless = frozenset(needless_of(form, {**said, **answers}))
    kept = {name: one for name, one in found.items() if name not in needless}
    return Standing({name: one.answers[name] for name, one in kept.items()}, kept)


def _is_changed(form: Form, name: str, earlier: Earlier, said: Answers, filled: Filled) -> bool:
    """Return whether a new answer takes the place of an earlier one to the same matter, by another item.

    A value that a person gives changes the yes to what was proposed for it, and a yes changes such a value. A number
    of lines stands beside the lines that were confirmed.
    """
    asked = confirmed_fact(name)
    if asked is not None:
        of_fact = said.get(asked[0], [])
        given = bool(of_fact) and not _is_untouched(form, asked[0], of_fact, filled)
        return given and value_in(earlier.answers[name]) is True
    if name not in form.questions or form.questions[name].kind.name == COUNTED:
        return False
    clicks = (one for one in said if (now := confirmed_fact(one)) is not None and now[0] == name)
    return any(value_in(said[one]) is True for one in clicks)


def contradicted(form: Form, said: Answers, later: Iterable[Earlier], filled: Filled) -> tuple[str, ...]:
    """Return the questions to which responses that were written later give another answer than this one."""
    found: dict[str, None] = {}
    for one in later:
        for name, answers in one.answers.items():
            untouched = any(_is_untouched(form, name, of, filled) for of in (answers, said.get(name, ())) if of)
            if name in said and not untouched and plain(said[name]) != plain(answers):
                found[name] = None
    return tuple(found)


def plain(answers: Iterable[Json]) -> list[Json]:
    """Return answers as they can be compared: values only; an option is its code."""
    return [
        {
            name: one.get("code") if name == "valueCoding" and isinstance(one, dict) else one
            for name, one in part.items()
            if name.startswith("value")
        }
        for part in answers
    ]


def typed(form: Form, earlier: Iterable[Earlier]) -> dict[str, list[Json]]:
    """Return what a person typed, attested or attached, by linkId: no chart can fill that in again.

    `earlier` are the responses on file, newest first.
    """
    facts = {name for name, fact in form.questions.items() if not is_document(fact)}
    answers = standing(form, {}, earlier, {}).answers
    of_person = {name: one for name, one in answers.items() if not is_by_machine(one)}
    return {name: one for name, one in of_person.items() if name not in facts and confirmed_fact(name) is None}


def needless_of(form: Form, answers: Answers) -> Iterator[str]:
    """Yield the items that other answers have made needless, by linkId."""
    for name, condition in conditions(form).items():
        if not condition.holds(value_in(answers.get(condition.question, ()))):
            yield name


def placed(items: Iterable[Json], answers: Answers) -> list[Json]:
    """Return items with answers put where their questions stand."""
    return [_placed(one, answers) for one in items]


def added(form: Form, items: Iterable[Json], answers: Answers) -> list[Json]:
    """Return the items of a static response with answers put in, each where the form has its question."""
    made = placed(items, answers)
    there = set(names_in(made))
    for section, names in _groups(form):
        new = [{"linkId": one, "answer": answers[one]} for one in names if one in answers and one not in there]
        made = _joined(made, section, new, names)
    return made


def is_by_machine(answers: Iterable[Json]) -> bool:
    """Whether answers say of themselves that no person gave them."""
    return all(_source(one).startswith("auto") for one in answers)


def value_in(answers: Iterable[Json]) -> Value | None:
    """Return what an answer says as the policy knows values; None for what is none of them."""
    first = next(iter(answers), {})
    found = next((one for name, one in first.items() if name.startswith("value")), None)
    if isinstance(found, dict):
        found = found.get("code")
    if "valueDecimal" in first and isinstance(found, int | float) and not isinstance(found, bool):
        return Interval.exactly(Decimal(str(found)))
    if isinstance(found, int) and not isinstance(found, bool):
        return Range.exactly(found) if found >= 0 else None
    return found if isinstance(found, bool | str) else None


def _is_untouched(form: Form, name: str, answers: list[Json], filled: Filled) -> bool:
    """Whether an answer is as a machine filled it in: apps may leave the origin when the answer is changed."""
    if not is_by_machine(answers):
        return False
    return name not in form.questions or value_in(answers) in filled.get(name, ())


def _source(answer: Json) -> str:
    """Return the origin that an answer names; empty for none, and for one that cannot be read."""
    for one in _dicts(answer.get("extension")):
        if str(one.get("url", "")).endswith(_ORIGIN):
            parts = (part for part in _dicts(one.get("extension")) if part.get("url") == "source")
            return str(next((part.get("valueCode") for part in parts), ""))
    return ""


def _dicts(listed: object) -> list[Json]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _groups(form: Form) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each group of a form and what it asks, in the order of the form."""
    for section in form.sections:
        names = ((one.name, lines_id(one), attachment_id(one)) for one in section.facts)
        yield section.link_id, tuple(name for of_fact in names for name in of_fact)
    yield DOCUMENTATION, (ATTESTED, DOCUMENTS)


def _placed(item: Json, answers: Answers) -> Json:
    name, made = str(item.get("linkId", "")), dict(item)
    if "item" in item:
        made["item"] = placed(item["item"], answers)
    if name in answers:
        made["answer"] = answers[name]
    return made


def names_in(items: Iterable[Json]) -> Iterator[str]:
    """Yield the linkId of every item, however deep."""
    for one in items:
        yield str(one.get("linkId", ""))
        yield from names_in(one.get("item", ()))
        yield from (name for part in one.get("answer", ()) for name in names_in(part.get("item", ())))


def _joined(items: list[Json], section: str, new: list[Json], order: tuple[str, ...]) -> list[Json]:
    """Return items with new ones in a section, in the order of the form; the section is added if it is not there."""
    if not new:
        return items
    if section not in {one.get("linkId") for one in items}:
        return [*items, {"linkId": section, "item": new}]

    def place(item: Json) -> int:
        return order.index(item["linkId"]) if item.get("linkId") in order else -1

    return [
        one | {"item": sorted([*one.get("item", ()), *new], key=place)} if one.get("linkId") == section else one
        for one in items
    ]
