"""FHIR in: an answered form as findings. The answers are a person's, and are marked so.

Sources: FHIR R4, QuestionnaireResponse; DTR 2.2.0, conf-10 (what a client need not send is not missed). A response is
held against the very version of the form that it names. Items count by their linkId, however they are nested.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from fhir_mappings.clinical.dates import span
from fhir_mappings.forms.answer_values import (
    OffScaleError,
    Values,
    WrongValueError,
    attached,
    value_of,
    written,
    yes_or_no,
)
from fhir_mappings.forms.contradictions import contradictions
from fhir_mappings.forms.form import (
    ATTESTED,
    DOCUMENTATION,
    DOCUMENTS,
    ENDED,
    TAKEN,
    Form,
    attachment_id,
    beside_id,
    confirm_id,
    confirmed_fact,
    help_id,
    is_document,
    is_proposable,
    lines_id,
    shown_id,
)
from fhir_mappings.forms.relevance import conditions
from fhir_mappings.offers.clicks import Clicks, is_said, torn_clicks, with_clicks
from fhir_mappings.offers.offered import NOTHING_OFFERED, Offered
from fhir_mappings.questionnaires.response import AnswersError, Fault, Item, Response, Source, decoded
from fhir_mappings.wording import Wording
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Interval, Origin, Range, Role, Strength, Value
from policies.model.notes import Note, Said, together

_DECIDES_NOTHING = frozenset({"entered-in-error", "stopped"})
_KIND = "QuestionnaireResponse"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a response says: the form it answers, a finding for each answered fact, and what is required and open.

    `off_scale` are numbers that no scale has: each tells nothing. `contradictory` are answers that others rule out.
    Neither is taken from anybody any more; a response that was kept before stays readable.
    """

    form: Form
    findings: Mapping[str, Finding]
    open: tuple[str, ...]
    off_scale: tuple[Fault, ...] = ()
    contradictory: tuple[Fault, ...] = ()


def read_answers(
    response: bytes | msgspec.Raw,
    forms: Mapping[str, Form],
    say: Wording,
    reference: str = "",
    offered: Offered = NOTHING_OFFERED,
) -> Answers:
    """Read a QuestionnaireResponse; raises AnswersError with every fault.

    `forms` are ours by canonical URL with version. `reference` is what the response is called where it is stored, by
    default what its own id says. `offered` is what was proposed to who answers; a response that we keep holds it.
    """
    found, items = decoded(response)
    form = _form(found, forms)
    when = span(found.authored)
    named = reference or (f"{_KIND}/{found.id}" if found.id else _KIND)
    source = Source(named, when.written if when else "")
    reading = _Reading(form, source, found.carried, Clicks(form, say, offered, found.proposed))
    findings = reading.findings(items)
    if reading.faults:
        raise AnswersError(reading.faults)
    values = {name: one.value for name, one in findings.items() if one.value is not None}
    torn = (*contradictions(form, values), *torn_clicks(findings))
    against = tuple(Fault(name, say.words(text)) for name, text in torn)
    return Answers(form, findings, tuple(_open(form, findings)), tuple(reading.off_scale), against)


def _open(form: Form, findings: Mapping[str, Finding]) -> Iterator[str]:
    """Yield what is required and not answered, but for what other answers have made needless."""
    answers = {name: one.value for name, one in findings.items()}
    asked = conditions(form)
    for name in form.questions:
        needless = name in asked and not asked[name].holds(answers.get(asked[name].question))
        if name in form.required and not is_said(findings.get(name)) and not needless:
            yield name


def _form(response: Response, forms: Mapping[str, Form]) -> Form:
    form = forms.get(response.questionnaire)
    if response.resource_type != _KIND:
        cause = f"this is no {_KIND}"
    elif response.status in _DECIDES_NOTHING:
        cause = "the response was stopped or entered in error, and answers nothing"
    elif form is None:
        cause = "questionnaire names no form of ours: its url and version, as in url|YYYY-MM-DD, are needed"
    else:
        return form
    raise AnswersError([Fault("", cause)])


@dataclass(slots=True)
class _Reading:
    """Reads the items of one response, and gathers the faults."""

    form: Form
    source: Source
    carried: Mapping[str, Source]
    clicks: Clicks
    faults: list[Fault] = field(default_factory=list)
    off_scale: list[Fault] = field(default_factory=list)

    def findings(self, items: Iterable[Item]) -> dict[str, Finding]:
        """Return a finding for each fact that was answered, in the order of the form."""
        given = self._given(items)
        found = ((fact.name, self._finding(fact, given)) for fact in self.form.questions.values())
        typed = {name: one for name, one in found if one is not None}
        clicked = self.clicks.of(given, self._fault)
        every = {
            name: with_clicks(typed.get(name), clicked.get(name, ()), self._clicked) for name in self.form.questions
        }
        return {name: one for name, one in every.items() if one is not None}

    def _clicked(self, link_id: str) -> Evidence:
        """Return the evidence that a person said yes or no; how much it proves is for the record to say."""
        source = self.carried.get(link_id) or self.source
        when = span(source.authored)
        shown = Note("answer.shown", value=Note("answer.yes"))
        return Evidence(source.reference, shown, when.written if when else "", Role.POSSIBLE)

    def _given(self, items: Iterable[Item]) -> dict[str, Values]:
        answerable, headings = _link_ids(self.form)
        given: dict[str, Values] = {}
        for at, item in enumerate(items, 1):
            values = item.values()
            asked = confirmed_fact(item.link_id)
            is_record = asked is not None and bool(asked[1]) and asked[0] in self.form.questions
            if not is_record and item.link_id not in answerable | headings:
                self._fault("", Note("fault.not_ours", at=at))
            elif values and item.link_id in headings:
                self._fault(item.link_id, Note("fault.no_answer"))
            elif item.link_id == DOCUMENTS:
                self._check(item.link_id, values, attached)
            elif len(values) > 1 or (values and item.link_id in given):
                self._fault(item.link_id, Note("fault.one_answer"))
            elif values:
                given[item.link_id] = values[0]
        self._check(ATTESTED, [given[ATTESTED]] if ATTESTED in given else (), yes_or_no)
        return given

    def _check(self, link_id: str, values: Iterable[Values], reader: Callable[[Values], object]) -> None:
        """Look at what decides nothing, but must be of its type."""
        try:
            for one in values:
                reader(one)
        except WrongValueError as error:
            self._fault(link_id, error.said)

    def _finding(self, fact: Fact, given: Mapping[str, Values]) -> Finding | None:
        try:
            value = value_of(self.form, fact, given[fact.name]) if fact.name in given else None
        except OffScaleError as error:
            self.off_scale.append(Fault(fact.name, self.clicks.say.words(error.said)))
            return replace(Finding.unknown(Note("answer.off_scale")), origin=Origin.ANSWER)
        except WrongValueError as error:
            self._fault(fact.name, error.said)
            return None
        return self._with_lines(fact, self._with_document(fact, value, given.get(attachment_id(fact))), given)

    def _with_lines(self, fact: Fact, found: Finding | None, given: Mapping[str, Values]) -> Finding | None:
        """Put the table of lines, as a person left it, beside the number; the text alone decides nothing."""
        if fact is not self.form.lines_of or lines_id(fact) not in given:
            return found
        try:
            text = " ".join(written(given[lines_id(fact)]).split())
        except WrongValueError as error:
            self._fault(lines_id(fact), error.said)
            return None
        if found is None or not text:
            return found
        return replace(found, note=together(found.note, Note("answer.lines", text=text)))

    def _with_document(self, fact: Fact, value: Value | None, document: Values | None) -> Finding | None:
        """Join the word and the document: what is attached says yes by itself."""
        if document is None:
            return None if value is None else self._known(fact, value, self._word(value), Strength.WEAK)
        try:
            title = attached(document)
        except WrongValueError as error:
            self._fault(attachment_id(fact), error.said)
            return None
        if value is False:
            self._fault(attachment_id(fact), Note("fault.attached_no"))
            return None
        word = together(Note("answer.attached"), title, between=", ")
        return self._known(fact, value=True, word=word, strength=Strength.STRONG)

    def _known(self, fact: Fact, value: Value, word: Said, strength: Strength) -> Finding:
        role = Role.AGAINST if value is False else Role.FOR
        source = self.carried.get(fact.name) or self.carried.get(attachment_id(fact)) or self.source
        when = span(source.authored)
        day = when.written if when else ""
        evidence = Evidence(source.reference, Note("answer.shown", value=word), day, role, strength=strength)
        note = Note("answer.given_on", value=word, date=day) if day else Note("answer.given", value=word)
        return Finding.known(value, (evidence,), note, Origin.ANSWER)

    @staticmethod
    def _word(value: Value) -> Said:
        if isinstance(value, Range):
            return str(value.at_least)
        if isinstance(value, Interval):
            return value.in_signs
        return value if isinstance(value, str) else Note("answer.yes" if value else "answer.no")

    def _fault(self, link_id: str, said: Note) -> None:
        self.faults.append(Fault(link_id, self.clicks.say.words(said)))


def _link_ids(form: Form) -> tuple[frozenset[str], frozenset[str]]:
    """Return the linkIds that take an answer, and those that take none."""
    questions = form.questions
    texts = {lines_id(form.lines_of)} if form.lines_of is not None else set()
    documents = {attachment_id(fact) for fact in questions.values() if is_document(fact)}
    sections = {section.link_id for section in form.sections}
    texts |= {name(fact) for fact in questions.values() if is_proposable(fact) for name in (shown_id, confirm_id)}
    submitted = {ATTESTED, DOCUMENTS} if form.documentation is not None else set()
    sections |= {DOCUMENTATION} if submitted else set()
    helps = {name_of(name) for name in sections | questions.keys() for name_of in (help_id, beside_id)}
    return frozenset(questions) | documents | texts | submitted, frozenset(sections | helps | {ENDED, TAKEN})
