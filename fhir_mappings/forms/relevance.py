"""Which questions of a form are still of use after the answers so far: what a form writes as plain `enableWhen`.

Source: DTR 2.2.0, spec-17. A question falls away only where another one has settled it: the first of several ways to
meet a criterion, or a count of which nothing can be a part. What is not answered yet settles nothing. An answer that
is given all the same still counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fhir_mappings.forms.answer_values import as_number
from fhir_mappings.forms.form import ATTESTED, DOCUMENTS, Form, attachment_id, confirm_id, is_document, is_proposable
from policies.evaluation.comparison import figures_of, judge
from policies.model.criteria import Comparison, Fact, Group, Leaf, Operator, walk
from policies.model.fact_kinds import Answer
from policies.model.findings import Finding, Interval, Origin, Range, Value
from policies.model.truth import Truth

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """An item is of use while another question is open, or has such an answer.

    That is one of `options`, or a number above or below a bound, or at it if that is `or_equal`. A measured number is a
    decimal. What waits for an answer (`waits`) is of no use while the other question is open.
    """

    question: str
    options: tuple[bool | str, ...] = ()
    above: int | Decimal | None = None
    below: int | Decimal | None = None
    or_equal: bool = False
    is_measured: bool = False
    waits: bool = False

    def holds(self, answer: Value | None) -> bool:
        """Whether the item is of use after an answer; None is none."""
        if isinstance(answer, Range):
            return self._lies_out(answer.at_least)
        if isinstance(answer, Interval):
            return answer.only is None or self._lies_out(answer.only)
        return not self.waits if answer is None else answer in self.options

    def _lies_out(self, number: int | Decimal) -> bool:
        if self.or_equal and number in (self.above, self.below):
            return True
        return (self.above is not None and number > self.above) or (self.below is not None and number < self.below)


def conditions(form: Form) -> dict[str, Condition]:
    """Return the condition of each item that has one, by linkId."""
    found = dict(_of_indications(form)) | dict(_alternatives(form)) | dict(_parts_of_counts(form))
    for fact in form.questions.values():
        if is_document(fact):
            found[attachment_id(fact)] = Condition(fact.name, (True,))
    for name, fact in form.questions.items():
        if name in form.required - found.keys() and is_proposable(fact):
            found[name] = Condition(confirm_id(fact), (False,))
    if form.documentation is not None:
        found[DOCUMENTS] = Condition(ATTESTED, (True,))
    return found


def section_conditions(form: Form) -> dict[str, Condition]:
    """Return the condition of each section that only some indications ask for, by linkId."""
    known = dict(_of_indications(form))
    found: dict[str, Condition] = {}
    for section in form.sections:
        asked = [known.get(fact.name) for fact in section.facts]
        if all(asked):
            titles = dict.fromkeys(title for one in asked if one is not None for title in one.options)
            found[section.link_id] = Condition(form.chooses, tuple(titles), waits=True)
    return found


def _of_indications(form: Form) -> Iterator[tuple[str, Condition]]:
    """Ask what only some indications need once one of them is chosen."""
    several = form.policy.indications
    if several is None:
        return
    of_all = {leaf.fact for leaf in several.undecided.requests[form.request].first_uses}
    uses = {
        title: {leaf.fact for leaf in one.requests[form.request].first_uses} for title, one in several.covered.items()
    }
    for name in form.questions.keys() - of_all:
        titles = tuple(title for title, facts in uses.items() if name in facts)
        yield name, Condition(several.fact, titles, waits=True)


def _alternatives(form: Form) -> Iterator[tuple[str, Condition]]:
    """Ask a further way to meet a criterion only while the first has not met it."""
    criteria = form.policy.requests[form.request].criteria
    leaves = [node for node in walk(criteria) if isinstance(node, Leaf)]
    for group in walk(criteria):
        if not isinstance(group, Group) or group.operator is not Operator.ANY or not isinstance(group.parts[0], Leaf):
            continue
        first = group.parts[0]
        for part in group.parts[1:]:
            once = isinstance(part, Leaf) and sum(leaf.fact == part.fact for leaf in leaves) == 1
            if isinstance(part, Leaf) and once and {first.fact, part.fact} <= form.questions.keys():
                yield part.fact, _unless_met(first, form.policy.facts[first.fact])


def _unless_met(leaf: Leaf, fact: Fact) -> Condition:
    if fact.answer.is_number:
        return _unless_measured(leaf, fact)
    answers: tuple[bool | str, ...] = fact.options if fact.answer is Answer.CHOICE else (True, False)
    settling = (one for one in answers if judge(leaf, fact, Finding.known(one, origin=Origin.ANSWER)) is Truth.MET)
    met = frozenset(settling)
    return Condition(fact.name, tuple(one for one in answers if one not in met))


def _unless_measured(leaf: Leaf, fact: Fact) -> Condition:
    least, most = min(figures_of((leaf,))), max(figures_of((leaf,)))
    low = least if leaf.comparison in (Comparison.AT_LEAST, Comparison.ABOVE, Comparison.BETWEEN) else None
    high = most if leaf.comparison in (Comparison.AT_MOST, Comparison.BELOW, Comparison.BETWEEN) else None
    strict = leaf.comparison in (Comparison.ABOVE, Comparison.BELOW)
    return Condition(fact.name, (), high, low, strict, fact.answer is Answer.MEASURE)


def _parts_of_counts(form: Form) -> Iterator[tuple[str, Condition]]:
    """Ask for a part of a count (those for metastatic disease) only where there is anything to be a part of."""
    wholes: dict[object, str] = {}
    for fact in form.questions.values():
        drugs, setting = fact.parameters.get("drugs"), fact.parameters.get("setting")
        if setting == "any":
            wholes.setdefault(drugs, fact.name)
        elif setting is not None and drugs in wholes:
            yield fact.name, Condition(wholes[drugs], above=0)


def enable_when(form: Form, condition: Condition) -> Json:
    """Write a condition as the members of an item; it is enough that one of its lines holds."""
    lines: list[Json] = [] if condition.waits else [{"operator": "exists", "answerBoolean": False}]
    lines += [{"operator": "=", **_answer(form, one)} for one in condition.options]
    equal = "=" if condition.or_equal else ""
    for sign, bound in ((">", condition.above), ("<", condition.below)):
        if bound is not None:
            number = {"answerDecimal": as_number(Decimal(bound))} if condition.is_measured else {"answerInteger": bound}
            lines.append({"operator": f"{sign}{equal}", **number})
    return {"enableWhen": [{"question": condition.question, **one} for one in lines], "enableBehavior": "any"}


def _answer(form: Form, value: bool | str) -> Json:  # noqa: FBT001 - it is an answer
    if isinstance(value, bool):
        return {"answerBoolean": value}
    return {"answerCoding": {"system": form.answer_system, "code": value, "display": value}}
