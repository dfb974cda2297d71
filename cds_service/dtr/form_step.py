"""One step of an adaptive form, worked out anew from the answers so far: what is written into the response, what comes.

Sources: SDC 4.0.0, "Next Question Operation"; DTR 2.2.0, spec-36, spec-40. What is known already and not answered in
the response is written into it with its origin, so that a completed one says all that it was judged by.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cds_service.dtr.answer_check import answers_of, check_possible, static_text
from cds_service.dtr.dtr_versions import DtrDialect
from cds_service.dtr.errors import Fault
from cds_service.dtr.response_history import History, filled_before, offered_to
from cds_service.storage.archive import Archive, Kept
from fhir_mappings.forms.form import Form, attachment_id, lines_id
from fhir_mappings.forms.next_step import Step, next_step
from fhir_mappings.offers.proposal_items import clickable, record_items
from fhir_mappings.questionnaires.adaptive_questionnaire import AdaptiveForm, Asked
from fhir_mappings.questionnaires.adaptive_response import (
    ISSUE,
    Answers,
    answers_in,
    sections_in,
    shows_taken,
    stepped,
    without_issue,
)
from fhir_mappings.questionnaires.carried_answers import Earlier, needless_of, standing, typed
from fhir_mappings.questionnaires.draft_response import Head as DraftHead
from fhir_mappings.questionnaires.draft_response import draft
from fhir_mappings.questionnaires.item_notes import of_record
from fhir_mappings.questionnaires.line_answer import lines_answer
from fhir_mappings.questionnaires.published import Shelf
from fhir_mappings.wording import Wording
from hooks.report.lines_report import read_lines
from policies.evaluation.findings_codec import from_plain
from policies.model.findings import Finding

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stepped:
    """A response after a step: what came, what its form holds now, every answer, and whether it is done."""

    form: AdaptiveForm
    came: Json
    step: Step
    asked: Asked
    answers: Answers
    is_done: bool

    def response(self, more: Iterable[Json], *, is_done: bool) -> Json:
        """Write the response, with items in its form that take no answer."""
        return stepped(self.form, self.came, replace(self.asked, more=tuple(more)), self.answers, is_done=is_done)


@dataclass(frozen=True, slots=True)
class Stepping:
    """Works out steps. Without an archive nothing is known but the answers."""

    say: Wording
    base_url: str
    shelf: Shelf
    archive: Archive | None

    def speaking(self, say: Wording) -> "Stepping":
        """Return the same in another language."""
        return replace(self, say=say, shelf=self.shelf.in_language(say.language))

    def after(self, content: Json, form: Form, kept: Kept | None, dialect: DtrDialect, wrong: Fault) -> Stepped:
        """Return the step after a response; raises DtrError, `wrong` for answers that are none."""
        say, name = self.say, kept.determination if kept is not None else ""
        offered = offered_to(self.archive, name, content.get("item", ()))
        answers_of(static_text(content, form), form, say, wrong, offered=offered)
        known = from_plain(kept.findings) if kept is not None else {}
        earlier, before = self._earlier(kept), sections_in(form, content)
        filled = self._filled(form, kept, earlier, dialect)
        given = self._given(content, form, kept, earlier)
        given |= _among(filled, frozenset(_items_of(form, before)), form, given)
        flat = [{"linkId": name, "answer": answer} for name, answer in given.items()]
        answers = answers_of(static_text({**content, "item": flat}, form), form, say, wrong, offered=offered)
        check_possible(answers, wrong)
        step = next_step(form, known, answers.findings, before)
        given |= _among(filled, frozenset(_items_of(form, step.new)), form, given)
        elsewhere = frozenset(form.questions) - frozenset(_items_of(form, step.shown))
        taken = {**_among(filled, elsewhere, form, given), **{name: given[name] for name in elsewhere & given.keys()}}
        shows = bool(taken) and (step.is_last or not step.open or shows_taken(content))
        written = given | (taken if shows else {})
        shown_taken = {name: known.get(name) for name in form.questions if shows and name in taken}
        needless = (frozenset(form.questions) - written.keys() - {*step.open}) | clickable(form, step.findings)
        records = record_items(form, step.findings, say, step.open, frozenset(given))
        asked = replace(_asked(step, shown_taken, needless, say), records=records)
        is_done = step.is_done and (not taken or shows_taken(content))
        return Stepped(self.adaptive(form, dialect), content, step, asked, written | _issue(content), is_done)

    def adaptive(self, form: Form, dialect: DtrDialect) -> AdaptiveForm:
        """Return the adaptive form of a form, in a version."""
        return AdaptiveForm(self.shelf.of_form(form), dialect.adaptive, f"{self.base_url}{dialect.base}")

    def _earlier(self, kept: Kept | None) -> tuple[Earlier, ...]:
        if kept is None or self.archive is None:
            return ()
        return History.of(self.archive.responses(kept.determination)).earlier()

    def _given(
        self, content: Json, form: Form, kept: Kept | None, earlier: tuple[Earlier, ...]
    ) -> dict[str, list[Json]]:
        """Return the answers of a response; one that nobody touched since it was filled in yields to a person's."""
        given = dict(answers_in(without_issue(content).get("item", ())))
        if kept is None or self.archive is None or not earlier:
            return given
        before = standing(form, given, earlier, filled_before(self.archive, form, kept.determination))
        return given | {name: one for name, one in before.answers.items() if name in given}

    def _filled(
        self, form: Form, kept: Kept | None, earlier: tuple[Earlier, ...], dialect: DtrDialect
    ) -> dict[str, list[Json]]:
        """Return what a static draft would hold: what is known, and what a person typed or attached before."""
        if kept is None:
            return {}
        lines = lines_answer(form, read_lines(kept.report["lines"]), self.say)
        head, known = DraftHead("", "", (), "", ()), from_plain(kept.findings)
        filled = draft(form, known, head, dialect.shape, lines)
        return dict(answers_in(filled["item"])) | typed(form, earlier)


def _asked(step: Step, taken: Mapping[str, Finding | None], optional: frozenset[str], say: Wording) -> Asked:
    """Return what the form holds; what was taken says what it rests on, as far as the chart shows it."""
    why = {name: of_record(found, say) if found is not None else "" for name, found in taken.items()}
    return Asked(step.shown, why, say("form.taken"), optional)


def _among(filled: Answers, names: frozenset[str], form: Form, given: Answers) -> dict[str, list[Json]]:
    """Return what is filled in of some questions, but for what is answered, and what the answers make needless."""
    needless = frozenset(needless_of(form, {**filled, **given}))
    return {name: one for name, one in filled.items() if name in names - needless and name not in given}


def _items_of(form: Form, sections: Iterable[str]) -> Iterator[str]:
    """Yield what takes an answer in some sections, by linkId."""
    for section in form.sections:
        if section.link_id in sections:
            for fact in section.facts:
                yield from (fact.name, lines_id(fact), attachment_id(fact))


def _issue(content: Json) -> dict[str, list[Json]]:
    said = answers_in(content.get("item", ())).get(ISSUE)
    return {ISSUE: said} if said else {}
