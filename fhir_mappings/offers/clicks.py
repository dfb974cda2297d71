"""The yes and no of a response to what was proposed: held against what was shown, and joined to the other answers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fhir_mappings.forms.answer_values import Values, WrongValueError, written, yes_or_no
from fhir_mappings.forms.form import Form, confirm_id, confirmed_fact, shown_id
from fhir_mappings.offers.offered import Offered
from fhir_mappings.wording import Wording
from policies.evaluation.findings_codec import proposal_from_plain, proposal_to_plain
from policies.model.findings import Evidence, Finding, Origin, Proposal, Range
from policies.model.notes import Note

Json = dict[str, Any]
Said = tuple[str, Proposal]
"""The linkId of a yes or no, and the proposal with it."""


@dataclass(frozen=True, slots=True)
class Clicks:
    """Reads the yes and no of one response; `kept` is what we ourselves kept of what was proposed, by linkId."""

    form: Form
    say: Wording
    offered: Offered
    kept: Mapping[str, Json]

    def of(self, given: Mapping[str, Values], fault: Callable[[str, Note], None]) -> dict[str, tuple[Said, ...]]:
        """Return by fact what was said to which proposals; tells a fault by its linkId."""
        found: dict[str, list[Said]] = {}
        for link_id, values in given.items():
            asked = confirmed_fact(link_id)
            if asked is None:
                continue
            try:
                answer, shown = yes_or_no(values), self._shown(given, asked[0])
            except WrongValueError as error:
                fault(link_id, error.said)
                continue
            some = self._proposed(link_id, shown)
            if not some and answer:
                fault(link_id, Note("fault.not_proposed"))
            for one in some:
                for name in one.counts or (asked[0],):
                    found.setdefault(name, []).append((link_id, one.answered(answer)))
        return {name: tuple(said) for name, said in found.items()}

    def _shown(self, given: Mapping[str, Values], name: str) -> str | None:
        values = given.get(shown_id(self.form.questions[name]))
        return written(values) if values is not None else None

    def _proposed(self, link_id: str, shown: str | None) -> tuple[Proposal, ...]:
        if link_id in self.kept:
            return (proposal_from_plain(self.kept[link_id]),)
        return self.offered.by(self.form, link_id, shown, self.say)


def with_clicks(typed: Finding | None, said: tuple[Said, ...], source: Callable[[str], Evidence]) -> Finding | None:
    """Return what a person answered to a question and to what was proposed for it; None for nothing."""
    if not said:
        return typed
    once = {one.id: one for _, one in said}
    if typed is not None:
        return replace(typed, proposals=tuple(once.values()))
    sources = dict.fromkeys(source(link_id) for link_id, one in said if one.answer)
    return replace(Finding.unknown("", tuple(sources)), origin=Origin.ANSWER, proposals=tuple(once.values()))


def is_said(answer: Finding | None) -> bool:
    """Return whether a question has an answer: a no to what was proposed is none."""
    if answer is None:
        return False
    return not answer.proposals or answer.value is not None or any(one.answer for one in answer.proposals)


def torn_clicks(findings: Mapping[str, Finding]) -> Iterator[tuple[str, Note]]:
    """Yield the linkId of each question whose answer a yes to what was proposed rules out, and why."""
    for name, found in findings.items():
        yes = [one for one in found.proposals if one.answer]
        values = {repr(one.means) for one in yes if not one.counts}
        if len(values) > 1:
            yield name, Note("fault.clicks_torn")
        elif found.value is not None and values and repr(found.value) not in values:
            yield name, Note("fault.against_click")
        elif isinstance(found.value, Range) and found.value.at_least < sum(bool(one.counts) for one in yes):
            yield name, Note("fault.fewer_than_clicks")


def by_record(form: Form, items: Iterable[Json], offered: Offered, say: Wording) -> tuple[list[Json], dict[str, Json]]:
    """Return items with each yes and no at the record that it is about, and what was proposed there, as it is kept.

    What is shown beside a yes or no belongs to it, and is no answer of its own.
    """
    found = _flat(items)
    shown = {one["linkId"]: _text(one) for one in found if one.get("answer")}
    given: list[Json] = []
    kept: dict[str, Json] = {}
    for item in found:
        asked = confirmed_fact(str(item.get("linkId", "")))
        if asked is None or asked[0] not in form.questions or not item.get("answer"):
            continue
        fact = form.questions[asked[0]]
        for one in offered.by(form, item["linkId"], shown.get(shown_id(fact)), say):
            name = confirm_id(fact, one.id)
            kept[name] = proposal_to_plain(one)
            given.append({"linkId": name, "answer": item["answer"]})
    return [*_without(form, items), *given], kept


def _text(item: Json) -> str | None:
    value = item["answer"][0].get("valueString")
    return value if isinstance(value, str) else None


def _flat(items: Iterable[Json]) -> list[Json]:
    return [one for item in items for one in (item, *_flat(item.get("item", ())))]


def _without(form: Form, items: Iterable[Json]) -> Iterator[Json]:
    own = {shown_id(fact) for fact in form.questions.values()}
    for one in items:
        name = str(one.get("linkId", ""))
        if name in own or confirmed_fact(name) is not None:
            continue
        yield one | {"item": list(_without(form, one["item"]))} if one.get("item") else one
