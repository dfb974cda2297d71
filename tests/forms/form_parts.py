"""What the tests of forms share: the forms on file, answered forms as JSON, and orders judged with the answers."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

import msgspec

from fhir_mappings.chart.assembly import build
from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.chart.resource_decoder import decode
from fhir_mappings.findings.gathered import wanted_codings
from fhir_mappings.forms.form import Form, by_canonical, forms_of, is_document
from fhir_mappings.judgement.judge import Judge, Judgement
from fhir_mappings.orders.orders import Order
from fhir_mappings.questionnaires.questionnaire import questionnaire
from fhir_mappings.questionnaires.response_answers import Answers, AnswersError, Fault, read_answers
from fhir_mappings.r4.references import PatientIdentity
from fhir_mappings.r4.resources import Resource
from fhir_mappings.wording import wording
from policies.catalogue import Catalogue
from policies.evaluation.comparison import judge
from policies.evaluation.ruling import Ruling
from policies.model.criteria import Fact, Leaf, RequestKind, walk
from policies.model.fact_kinds import Answer
from policies.model.findings import Finding, Origin, Range, Value
from policies.model.truth import Truth
from tests import world

Json = dict[str, Any]
Given = Mapping[str, Json]
"""What is answered, by linkId: the value[x] members."""

BASE = "https://cds.example.org"
TODAY = date(2026, 11, 25)
FIRST_DOSE = "2026-09-01"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
KEYS = {Answer.YES_NO: "valueBoolean", Answer.NUMBER: "valueInteger", Answer.CHOICE: "valueCoding"}
DOCUMENT = {"valueAttachment": {"contentType": "application/pdf", "title": "note.pdf", "data": "JVBERi0="}}


@cache
def on_file() -> Catalogue:
    return world.policies()


@cache
def forms() -> Mapping[str, Form]:
    return by_canonical(forms_of(on_file(), BASE))


FORM_IDS = tuple(form.id for form in forms().values())


def form_named(form_id: str) -> Form:
    return next(form for form in forms().values() if form.id == form_id)


def written(form: Form) -> Json:
    return questionnaire(form, wording())


def items_of(resource: Json) -> Iterator[Json]:
    """Every item of a Questionnaire, in reading order."""
    for item in resource.get("item", ()):
        yield item
        yield from items_of(item)


def leaves(form: Form) -> list[Leaf]:
    return [node for node in walk(form.policy.requests[form.request].criteria) if isinstance(node, Leaf)]


def candidates(fact: Fact) -> list[Value]:
    """Values that a person can answer, enough of them to lie on both sides of every figure."""
    match fact.answer:
        case Answer.YES_NO:
            return [True, False]
        case Answer.CHOICE:
            return list(fact.options)
        case Answer.NUMBER:
            return [Range.exactly(number) for number in range((fact.kind.highest or 9) + 1)]


def as_json(form: Form, value: Value) -> Json:
    """A value as a renderer sends it."""
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, Range):
        return {"valueInteger": value.at_least}
    return {"valueCoding": {"system": form.answer_system, "code": value, "display": value}}


def value_for(form: Form, fact: Fact, truth: Truth) -> Value:
    """A value that makes every test on a fact come out so."""
    tests = [leaf for leaf in leaves(form) if leaf.fact == fact.name]
    fitting = (one for one in candidates(fact) if all(judge(leaf, fact, _found(one)) is truth for leaf in tests))
    return next(fitting)


def _found(value: Value) -> Finding:
    return Finding.known(value, origin=Origin.ANSWER)


def favourable(form: Form) -> dict[str, Json]:
    """An answer to every question under which every test is met."""
    return {name: as_json(form, value_for(form, fact, Truth.MET)) for name, fact in form.questions.items()}


def response(form: Form, given: Given, **members: Any) -> Json:
    """An answered form, nested as the form is; only the sections with an answer stand in it."""
    sections = []
    for section in form.sections:
        names = [name for fact in section.facts for name in (fact.name, f"{fact.name}:attachment")]
        answered = [{"linkId": name, "answer": [given[name]]} for name in names if name in given]
        if answered:
            sections.append({"linkId": section.link_id, "item": answered})
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "qr1",
        "questionnaire": form.canonical,
        "status": "completed",
        "authored": "2026-11-20T10:00:00Z",
        "subject": {"reference": "Patient/p1"},
        "item": sections,
    } | members


def read(content: Json, **members: Any) -> Answers:
    return read_answers(json.dumps(content).encode(), forms(), wording(), **members)


def faults(content: Json) -> list[Fault]:
    try:
        read(content)
    except AnswersError as error:
        return list(error.faults)
    return []


def ruling(form: Form, content: Json, *chart: Json) -> Ruling:
    """The ruling on an order for the form's drug and kind of request, by a chart and an answered form."""
    found = judged(form, content, *chart).ruling
    assert found is not None
    return found


def judged(form: Form, content: Json, *chart: Json) -> Judgement:
    """What is judged of an order for the form's drug and kind of request, by a chart and an answered form."""
    product = form.policy.figures.product
    drug = {"coding": [{"system": HCPCS, "code": product.billing_code}]}
    about = {"subject": {"reference": "Patient/p1"}, "medicationCodeableConcept": drug}
    draft = {"resourceType": "MedicationRequest", "id": "mr1", "status": "draft", "intent": "order", **about}
    dose = {
        "resourceType": "MedicationAdministration",
        "id": "dose1",
        "status": "completed",
        "effectiveDateTime": FIRST_DOSE,
    }
    begun = [{**dose, **about}] if form.request is RequestKind.CONTINUATION else []
    raw = json.dumps(draft).encode()
    order = Order(msgspec.json.decode(raw, type=Resource), msgspec.Raw(raw))
    codes = wanted_codings(on_file().all, on_file().terminology)
    named = [(f"chart{at}", json.dumps(one).encode()) for at, one in enumerate((*begun, *chart))]
    looked_for = wanted(codes)
    decoded = decode(named, looked_for)
    patient = build(decoded.located, PatientIdentity("p1"), looked_for, decoded.unreadable)
    answers = read(content).findings
    (judgement,) = Judge(on_file()).judge([order], patient, TODAY, answers)
    assert judgement.request is form.request
    return judgement


def documents(form: Form) -> list[Fact]:
    return [fact for fact in form.questions.values() if is_document(fact)]
