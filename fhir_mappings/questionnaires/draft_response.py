"""FHIR out: a form already filled in with what is known, as the QuestionnaireResponse of a DTR package.

Sources: Da Vinci DTR 2.2.0 and 2.0.1, dtr-questionnaireresponse; SDC 4.0.0 (authored). Each answer says where it comes
from, and none has an author: nobody has confirmed it yet. References are those of the client's own server.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from fhir_mappings.forms.answer_values import as_number
from fhir_mappings.forms.dtr_urls import DTR
from fhir_mappings.forms.form import ATTESTED, DOCUMENTATION, Form, Section, is_document
from fhir_mappings.forms.relevance import Condition, conditions
from policies.evaluation.comparison import judge
from policies.kinds.measurements import HIGHEST_MEASUREMENT, LOWEST_MEASUREMENT
from policies.model.criteria import Fact, Leaf, walk
from policies.model.findings import Finding, Interval, Origin, Range, State, Value
from policies.model.notes import Note
from policies.model.truth import Truth

_PROFILE = f"{DTR}/dtr-questionnaireresponse"

Json = dict[str, Any]
_NOTHING_SHOWN: Mapping[str, list[Json]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Shape:
    """How a version of DTR writes a draft: its origin code, the system of purposes, and where the coverage stands.

    `demands` are the extensions that its profile of a response asks for, each with the least number of them.
    """

    origin: str
    purposes: str
    coverage: str
    demands: tuple[tuple[str, int], ...]


SHAPE_2_2 = Shape(
    "auto-server",
    "http://hl7.org/fhir/us/davinci-crd/CodeSystem/coverage-information-codes",
    "qr-coverage",
    (("qr-context", 1), ("qr-coverage", 1), ("intendedUse", 1)),
)
SHAPE_2_0 = Shape(
    "auto", "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp", "qr-context", (("qr-context", 2), ("intendedUse", 1))
)


def claimed(profile: str, shape: Shape, extensions: Iterable[Json]) -> Json:
    """Return the `meta` of a response: its profile, if it bears what that demands (an order, a coverage, a purpose)."""
    borne = Counter(str(one.get("url")) for one in extensions)
    is_whole = all(borne[f"{DTR}/{name}"] >= least for name, least in shape.demands)
    return {"meta": {"profile": [profile]}} if is_whole else {}


@dataclass(frozen=True, slots=True)
class Head:
    """Whose the draft is, and what it is about; references as the client wrote them, `authored` an instant.

    A client whose coverage or order has no id cannot be referred to: that reference is left out.

    `identifier` is a pair of system and value that ties an answered draft to its determination; it can be empty.
    """

    subject: str
    coverage: str
    orders: tuple[str, ...]
    authored: str
    purposes: tuple[str, ...]
    identifier: tuple[str, str] | None = None


def draft(
    form: Form,
    findings: Mapping[str, Finding],
    head: Head,
    shape: Shape,
    lines: Json | None = None,
    shown: Mapping[str, list[Json]] = _NOTHING_SHOWN,
) -> Json:
    """Write a draft: every question of the form, answered where its fact is known.

    `lines` is the item with the table of lines of therapy (`questionnaires.line_answer`). `shown` are the items with
    what is proposed for a fact, by its name.
    """
    needed, beside = _needed(form, findings), _Beside(lines, shown)
    return {
        "resourceType": "QuestionnaireResponse",
        **_about(head, shape),
        **_identifier(head),
        "questionnaire": form.canonical,
        "status": "in-progress",
        "subject": {"reference": head.subject},
        "authored": head.authored,
        "item": [*(_section(form, one, needed, shape, beside) for one in form.sections), *_documentation(form)],
    }


def _about(head: Head, shape: Shape) -> Json:
    extensions = list(_extensions(head, shape))
    return {**claimed(_PROFILE, shape, extensions), "extension": extensions}


def _extensions(head: Head, shape: Shape) -> Iterator[Json]:
    for order in head.orders:
        yield {"url": f"{DTR}/qr-context", "valueReference": {"reference": order}}
    if head.coverage:
        yield {"url": f"{DTR}/{shape.coverage}", "valueReference": {"reference": head.coverage}}
    for purpose in head.purposes:
        coding = {"system": shape.purposes, "code": purpose}
        yield {"url": f"{DTR}/intendedUse", "valueCodeableConcept": {"coding": [coding]}}


@dataclass(frozen=True, slots=True)
class _Beside:
    """The items that stand beside questions: the table of lines, and by fact what is proposed."""

    lines: Json | None
    shown: Mapping[str, list[Json]]


def _section(form: Form, section: Section, filled: Mapping[str, Value | None], shape: Shape, beside: _Beside) -> Json:
    items: list[Json] = []
    for fact in section.facts:
        items += [_with_origin(one, shape) for one in beside.shown.get(fact.name, ())]
        items.append(_item(form, fact, filled.get(fact.name), shape))
        if beside.lines is not None and fact is form.lines_of:
            items.append(_with_origin(beside.lines, shape))
    return {"linkId": section.link_id, "text": section.criterion.says, "item": items}


def _documentation(form: Form) -> Iterator[Json]:
    """Write what a person has to attest to, or to attach: it is never filled in."""
    asked = form.documentation
    if asked is not None:
        items = [{"linkId": ATTESTED, "text": asked.ask}]
        yield {"linkId": DOCUMENTATION, "text": asked.what, "item": items}


def _item(form: Form, fact: Fact, value: Value | None, shape: Shape) -> Json:
    item: Json = {"linkId": fact.name, "text": fact.ask}
    if value is not None:
        item["answer"] = [{"extension": [_origin(shape)], **_written(form, value)}]
    return item


def _with_origin(item: Json, shape: Shape) -> Json:
    """Return an item whose answers say that a machine gave them; one without an answer stays as it is."""
    answers = [{"extension": [_origin(shape)], **one} for one in item.get("answer", ())]
    return item | ({"answer": answers} if answers else {})


def _origin(shape: Shape) -> Json:
    return {"url": f"{DTR}/information-origin", "extension": [{"url": "source", "valueCode": shape.origin}]}


def answered(form: Form, fact: Fact, finding: Finding | None) -> Json | None:
    """Return the value[x] of a known fact; None for what is open, and every document.

    A number that is bounded on one side is filled in where the bound is enough for the policy, whatever the rest.
    """
    value = _value(form, fact, finding)
    return _written(form, value) if value is not None else None


def _identifier(head: Head) -> Json:
    system, value = head.identifier or ("", "")
    return {"identifier": {"system": system, "value": value}} if value else {}


def _needed(form: Form, findings: Mapping[str, Finding]) -> dict[str, Value | None]:
    """Return the value of each question, None where it is not known, without those that no answer can need."""
    filled = {fact.name: _value(form, fact, findings.get(fact.name)) for fact in form.questions.values()}
    asked = conditions(form)
    return {name: value for name, value in filled.items() if not _needless(asked.get(name), filled)}


def _value(form: Form, fact: Fact, finding: Finding | None) -> Value | None:
    if finding is None or finding.state is not State.KNOWN or is_document(fact) or _is_inferred(fact, finding):
        return None
    match finding.value:
        case Range(at_least, at_most) as value:
            is_enough = at_least == at_most or _enough(form, fact, Range(value.at_least))
            return Range.exactly(at_least) if is_enough else None
        case Interval() as value:
            return value if value.only is not None else _bound(form, fact, value)
        case str() as word if word not in fact.options:
            return None
    return finding.value


def _is_inferred(fact: Fact, finding: Finding) -> bool:
    """Whether a value was drawn from another test: it decides, but is not what the chart says to this question."""
    return isinstance(finding.note, Note) and finding.note.key in FHIR_KINDS[fact.kind].inferred


def _bound(form: Form, fact: Fact, found: Interval) -> Value | None:
    """Return the highest or lowest measure on record, if that is enough; a bound that a laboratory wrote is none."""
    if fact.kind not in (HIGHEST_MEASUREMENT, LOWEST_MEASUREMENT):
        return None
    ends = [(found.low, found.low_is_open), (found.high, found.high_is_open)]
    closed = [end for end, is_open in ends if end is not None and not is_open]
    is_one_sided = sum(end is not None for end, _ in ends) == 1
    if not (is_one_sided and closed and _enough(form, fact, found)):
        return None
    return Interval.exactly(closed[0], fact.unit)


def _enough(form: Form, fact: Fact, found: Range | Interval) -> bool:
    """Whether a proven bound alone meets every criterion on the fact."""
    proven = Finding.known(found, origin=Origin.ANSWER)
    nodes = walk(form.policy.requests[form.request].criteria)
    leaves = (node for node in nodes if isinstance(node, Leaf) and node.fact == fact.name)
    return all(judge(leaf, fact, proven) is Truth.MET for leaf in leaves)


def _needless(condition: Condition | None, filled: Mapping[str, Value | None]) -> bool:
    """Whether a question is not asked after the other answers: then it must not be answered."""
    return condition is not None and not condition.holds(filled.get(condition.question))


def _written(form: Form, value: Value) -> Json:
    if isinstance(value, Range):
        return {"valueInteger": value.at_least}
    if isinstance(value, Interval):
        return {"valueDecimal": as_number(value.only or Decimal(0))}
    if isinstance(value, bool):
        return {"valueBoolean": value}
    return {"valueCoding": {"system": form.answer_system, "code": value, "display": value}}
