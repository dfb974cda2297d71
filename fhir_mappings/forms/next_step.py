"""What an adaptive form asks next: one section a step, that which settles the ruling soonest, and nothing once it is.

Source: SDC 4.0.0, "Adaptive Questionnaires"; DTR 2.2.0, spec-36. The answers so far are laid over what is known, as
those of a static form are. An answer that settles nothing is still an answer: its question is not asked again. Who
leaves a question open that need not be answered has been asked: it holds up nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fhir_mappings.forms.form import Form
from fhir_mappings.judgement.answer_overlay import laid_over
from fhir_mappings.wording import Wording
from policies.evaluation.next_questions import next_group
from policies.evaluation.ruling import evaluate
from policies.model.findings import Finding, Origin, State


@dataclass(frozen=True, slots=True)
class Step:
    """Where an adaptive form stands: the sections asked before, those that are new, the questions that are open.

    Sections by linkId, in asking order. It is done when nothing is open that could still change the ruling and has
    not been asked. After the last one no section is left that could be asked, whatever is answered.
    """

    before: tuple[str, ...]
    new: tuple[str, ...]
    open: tuple[str, ...]
    is_last: bool = False

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the sections that the form holds after this step."""
        return self.before + self.new

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to ask."""
        return not self.open


def next_step(
    form: Form, known: Mapping[str, Finding], answers: Mapping[str, Finding], before: tuple[str, ...], say: Wording
) -> Step:
    """Work out what comes after the answers so far; `known` is what the determination rests on."""
    request, facts = form.policy.requests[form.request], form.policy.facts
    over = {name: laid_over(one, known.get(name, facts[name].silent), say) for name, one in answers.items()}
    findings = {**known, **over}
    asked = {one.fact.name for one in evaluate(request, facts, findings).questions} - answers.keys()
    open_now = tuple(name for name in form.questions if name in asked)
    carried = tuple(one for one in _answered_before(form, known) if one not in before)
    if not open_now:
        return Step(before, carried or (() if before else _known(form, known)), ())
    if any(name in form.required and _section_of(form, name) in before for name in open_now):
        return Step(before, carried, open_now)
    fresh = [one for one in form.sections if one.link_id not in before]
    groups = [frozenset(fact.name for fact in one.facts) & asked for one in fresh]
    group = next_group(request, facts, findings, groups)
    found = (fresh[groups.index(group)].link_id,) if group is not None else ()
    if not found and not carried:
        return Step(before, (), ())
    return Step(before, tuple(dict.fromkeys(carried + found)), open_now, is_last=sum(map(bool, groups)) == 1)


def _section_of(form: Form, name: str) -> str:
    return next(one.link_id for one in form.sections if any(fact.name == name for fact in one.facts))


def _answered_before(form: Form, known: Mapping[str, Finding]) -> tuple[str, ...]:
    """Return the sections with what a person answered in an earlier form: those answers are carried along."""
    return tuple(
        one.link_id
        for one in form.sections
        if any(fact.name in known and known[fact.name].origin is Origin.ANSWER for fact in one.facts)
    )


def _known(form: Form, known: Mapping[str, Finding]) -> tuple[str, ...]:
    """Return the sections about which something is known: they are shown where nothing had to be asked at all."""
    return tuple(
        one.link_id
        for one in form.sections
        if any(fact.name in known and known[fact.name].state is State.KNOWN for fact in one.facts)
    )
