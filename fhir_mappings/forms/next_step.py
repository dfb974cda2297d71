"""What an adaptive form asks next: one section a step, that which settles the ruling soonest, and nothing once it is.

Source: SDC 4.0.0, "Adaptive Questionnaires"; DTR 2.2.0, spec-36. The answers so far are laid over what is known, as
those of a static form are; they are those that stand in the response, what the server wrote into it among them. An
answer that settles nothing is still an answer: its question is not asked again. Who leaves a question open that need
not be answered has been asked: it holds up nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from fhir_mappings.forms.form import Form
from fhir_mappings.forms.relevance import conditions
from fhir_mappings.judgement.answer_overlay import laid_over
from policies.evaluation.next_questions import next_group
from policies.evaluation.ruling import evaluate
from policies.model.findings import Finding, Origin


@dataclass(frozen=True, slots=True)
class Step:
    """Where an adaptive form stands: the sections asked before, those that are new, the questions that are open.

    Sections by linkId, in asking order. It is done when nothing is open that could still change the ruling and has
    not been asked, and nothing comes that nobody has seen. After the last one no section is left that could be asked,
    whatever is answered. `findings` are what is known after the answers.
    """

    before: tuple[str, ...]
    new: tuple[str, ...]
    open: tuple[str, ...]
    is_last: bool = False
    findings: Mapping[str, Finding] = field(default_factory=dict)

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the sections that the form holds after this step."""
        return self.before + self.new

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to ask or to show."""
        return not self.open and not self.new


def next_step(
    form: Form, known: Mapping[str, Finding], answers: Mapping[str, Finding], before: tuple[str, ...]
) -> Step:
    """Work out what comes after the answers so far; `known` is what the determination rests on."""
    request, facts = form.policy.requests[form.request], form.policy.facts
    over = {name: laid_over(one, known.get(name, facts[name].silent)) for name, one in answers.items()}
    findings = {**known, **over}
    said = {name for name, one in answers.items() if not one.proposals or one.value is not None}
    asked = {one.fact.name for one in evaluate(request, facts, findings).questions} - said
    open_now = tuple(name for name in form.questions if name in asked and not _needless(form, name, findings))
    carried = tuple(one for one in _answered_before(form, known, answers.keys()) if one not in before)
    if not open_now:
        return Step(before, carried, (), findings=findings)
    if any(name in form.required and _section_of(form, name) in before for name in open_now):
        return Step(before, carried, open_now, findings=findings)
    fresh = [one for one in form.sections if one.link_id not in before]
    if form.chooses in asked:
        asked = {form.chooses}  # what else is asked depends on it
    groups = [frozenset(fact.name for fact in one.facts) & asked for one in fresh]
    group = next_group(request, facts, findings, groups)
    found = (fresh[groups.index(group)].link_id,) if group is not None else ()
    if not found and not carried:
        return Step(before, (), (), findings=findings)
    new, is_last = tuple(dict.fromkeys(carried + found)), sum(map(bool, groups)) == 1
    return Step(before, new, open_now, is_last, findings)


def _section_of(form: Form, name: str) -> str:
    return next(one.link_id for one in form.sections if any(fact.name == name for fact in one.facts))


def _needless(form: Form, name: str, findings: Mapping[str, Finding]) -> bool:
    """Whether the other answers have made a question needless: a form does not let anybody answer it then."""
    condition = conditions(form).get(name)
    on = findings.get(condition.question) if condition is not None else None
    return condition is not None and not condition.holds(on.value if on is not None else None)


def _answered_before(form: Form, known: Mapping[str, Finding], now: Collection[str]) -> tuple[str, ...]:
    """Return the sections with what a person answered in an earlier form, and not in this one: it is carried along."""
    said = {name for name, one in known.items() if name not in now and _is_of_person(one)}
    return tuple(one.link_id for one in form.sections if any(fact.name in said for fact in one.facts))


def _is_of_person(finding: Finding) -> bool:
    """Whether something is known by a person's word alone: who repeats the chart adds nothing to it."""
    charted = (one for one in finding.evidence if not one.reference.startswith("QuestionnaireResponse"))
    return finding.origin is Origin.ANSWER and next(charted, None) is None
