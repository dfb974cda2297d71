"""FHIR out: a form as a Questionnaire of R4, in the shape that DTR 2.0.1 and 2.2.0 ask of a standard form.

Sources: FHIR R4, Questionnaire; Da Vinci DTR, dtr-std-questionnaire; SDC 4.0.0 (sdc-2: a version names its algorithm).
No hidden and no read-only item (DTR sec-4). The models of fhir.resources read every form once when it is made, so that
an invalid one cannot be built; this is done at the start of the service, never on a hook request.
"""

from collections.abc import Iterable, Iterator
from html import escape
from types import MappingProxyType
from typing import Any

from fhir.resources.R4B.questionnaire import Questionnaire

from fhir_mappings.facts.prior_regimens import COUNTED
from fhir_mappings.forms.answer_values import as_number, bounds, measured_bounds
from fhir_mappings.forms.dtr_urls import DTR
from fhir_mappings.forms.form import (
    ATTESTED,
    DOCUMENTATION,
    DOCUMENTS,
    Form,
    Section,
    attachment_id,
    confirm_id,
    help_id,
    is_document,
    is_proposable,
    lines_id,
    shown_id,
)
from fhir_mappings.forms.relevance import conditions, enable_when, section_conditions
from fhir_mappings.wording import Wording
from policies.model.criteria import Fact
from policies.model.fact_kinds import Answer, Parameter
from policies.model.figures import Definition, DefinitionRow
from policies.terminology.units import unit_in_words, without_annotations

STANDARD_FORM = f"{DTR}/dtr-std-questionnaire"
_CORE = "http://hl7.org/fhir/StructureDefinition"
_UCUM = "http://unitsofmeasure.org"
_TYPES = MappingProxyType(
    {Answer.YES_NO: "boolean", Answer.CHOICE: "choice", Answer.NUMBER: "integer", Answer.MEASURE: "decimal"}
)

Json = dict[str, Any]


def questionnaire(form: Form, say: Wording) -> Json:
    """Write a form as a Questionnaire; raises ValidationError (pydantic) if it would be no valid resource."""
    sections = (_section(form, section, say) for section in form.sections)
    written = _head(form, say) | {"item": [*sections, *_documentation(form, say)]}
    Questionnaire.model_validate(written)
    return written


def _about(form: Form, say: Wording) -> str:
    """Return what the form is about; of a draft, that it is in force nowhere."""
    document, key = form.policy.figures.document, "form.about_draft" if form.policy.is_draft else "form.about"
    return say(key, payer=document.payer, number=document.number, version=form.version.isoformat())


def _head(form: Form, say: Wording) -> Json:
    document, day = form.policy.figures.document, form.version.isoformat()
    title = say("form.title", drug=form.policy.title, request=say(f"request.{form.request.value}"))
    about = _about(form, say)
    return {
        "resourceType": "Questionnaire",
        "id": form.id,
        "meta": {"versionId": f"{day}.{form.policy.revision}", "profile": [STANDARD_FORM]},
        "language": say.language,
        "text": _narrative(title, about),
        "extension": [_version_algorithm()],
        "url": form.url,
        "version": day,
        "name": "".join(part.capitalize() for part in form.id.split("-")),
        "title": title,
        "status": "draft" if form.policy.is_draft else "active",
        "subjectType": ["Patient"],
        "date": day,
        "publisher": document.payer,
        "description": about,
        "effectivePeriod": {"start": day},
    }


def _narrative(*paragraphs: str) -> Json:
    text = "".join(f"<p>{escape(one)}</p>" for one in paragraphs)
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'}


def _version_algorithm() -> Json:
    coding = {"system": "http://hl7.org/fhir/version-algorithm", "code": "date"}
    return {"url": f"{_CORE}/artifact-versionAlgorithm", "valueCoding": coding}


def _section(form: Form, section: Section, say: Wording) -> Json:
    place = say("form.section", number=form.policy.figures.document.number, section=section.criterion.section)
    items = (item for fact in section.facts for item in _items(form, fact, say))
    condition = section_conditions(form).get(section.link_id)
    return {
        "linkId": section.link_id,
        "text": section.criterion.says,
        "type": "group",
        **(enable_when(form, condition) if condition is not None else {}),
        "item": [_help(section.link_id, place), *items],
    }


def _items(form: Form, fact: Fact, say: Wording) -> Iterator[Json]:
    helped = _helped(form, fact, say)
    asked = {one: enable_when(form, condition) for one, condition in conditions(form).items()}
    if is_proposable(fact):
        yield from _proposed(fact, say)
    yield {
        "linkId": fact.name,
        **_bounds(fact),
        "text": fact.ask,
        "type": _TYPES[fact.answer],
        **asked.get(fact.name, {}),
        **({"required": True} if fact.name in form.required else {}),
        **_options(form, fact),
        **({"item": [_help(fact.name, helped)]} if helped else {}),
    }
    if is_document(fact):
        text = say("form.attachment", what=fact.what)
        name = attachment_id(fact)
        yield {"linkId": name, "text": text, "type": "attachment", **asked[name]}
    if fact is form.lines_of:
        yield {"linkId": lines_id(fact), "text": say("form.lines"), "type": "text"}


def _proposed(fact: Fact, say: Wording) -> Iterator[Json]:
    """Write where a draft quotes what may not decide by itself, and the question whether it is right.

    The question is of no use where nothing is quoted. The text stands in any case, and says what it means if it is
    empty: an item cannot hang on its own answer (HL7's validator refuses the form, LHC-Forms fails on it), none may be
    hidden, and an expression in its place has to be CQL, which reads no answers (DTR).
    """
    quoted = {"question": shown_id(fact), "operator": "exists", "answerBoolean": True}
    key = "form.confirm_lines" if fact.kind.name == COUNTED else "form.confirm_shown"
    yield {"linkId": shown_id(fact), "text": say("form.shown"), "type": "text"}
    asked = {"linkId": confirm_id(fact), "text": say(key), "type": "boolean"}
    yield asked | {"enableWhen": [quoted], "enableBehavior": "any"}


def _documentation(form: Form, say: Wording) -> Iterator[Json]:
    """Write what is asked for at the end, where the policy wants documents that decide nothing."""
    asked = form.documentation
    if asked is None:
        return
    place = say("form.section", number=form.policy.figures.document.number, section=asked.section)
    documents = {"linkId": DOCUMENTS, "text": say("form.attachment", what=asked.what), "type": "attachment"}
    items = [
        _help(DOCUMENTATION, place),
        {"linkId": ATTESTED, "text": asked.ask, "type": "boolean"},
        documents | enable_when(form, conditions(form)[DOCUMENTS]) | {"repeats": True},
    ]
    yield {"linkId": DOCUMENTATION, "text": asked.what, "type": "group", "item": items}


def _options(form: Form, fact: Fact) -> Json:
    codings = ({"system": form.answer_system, "code": word, "display": word} for word in fact.options)
    return {"answerOption": [{"valueCoding": coding} for coding in codings]} if fact.options else {}


def _bounds(fact: Fact) -> Json:
    """Write the bounds of a number: a hint to renderers, since no client must know them; answers are checked again."""
    if fact.answer is Answer.MEASURE:
        return {"extension": list(_measured(fact))}
    named = zip(("minValue", "maxValue"), bounds(fact), strict=True)
    given = [{"url": f"{_CORE}/{name}", "valueInteger": bound} for name, bound in named]
    return {"extension": given} if fact.answer is Answer.NUMBER else {}


def _measured(fact: Fact) -> Iterator[Json]:
    """Write the unit of a measured number, as the standard extension has it, and what can be measured."""
    shown = unit_in_words(fact.unit)
    unit = {"system": _UCUM, "code": without_annotations(fact.unit), **({"display": shown} if shown else {})}
    yield {"url": f"{_CORE}/questionnaire-unit", "valueCoding": unit}
    for name, bound in zip(("minValue", "maxValue"), measured_bounds(fact), strict=True):
        if bound is not None:
            yield {"url": f"{_CORE}/{name}", "valueDecimal": as_number(bound)}


def _help(link_id: str, text: str) -> Json:
    coding = {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "help"}
    control = {"url": f"{_CORE}/questionnaire-itemControl", "valueCodeableConcept": {"coding": [coding]}}
    return {"linkId": help_id(link_id), "extension": [control], "text": text, "type": "display"}


def _helped(form: Form, fact: Fact, say: Wording) -> str:
    """Return what stands below a question: why it is asked, unless its heading says so, and what helps to answer it."""
    leaf = form.leaf_of(fact.name)
    heads = (section.criterion for section in form.sections)
    reason = "" if leaf in heads else say("form.reason", says=leaf.says, section=leaf.section)
    return " ".join(part for part in (reason, _explained(form, fact, say)) if part)


def _explained(form: Form, fact: Fact, say: Wording) -> str:
    """Return what helps to answer: the payer's own definition of the results, or what yes, no or a number mean."""
    if is_document(fact):
        return say("form.document")
    if fact.answer is Answer.NUMBER and fact.kind.highest is None:
        return say("form.count")
    if fact.answer is Answer.MEASURE:
        return say("form.measured", unit=unit_in_words(fact.unit) or say("form.no_unit"))
    names = (fact.parameters[key] for key, one in fact.kind.parameters.items() if one is Parameter.DEFINITION)
    return " ".join(_in_words(form.policy.figures.definitions[str(name)], say) for name in names)


def _in_words(definition: Definition, say: Wording) -> str:
    return f"{say.words(definition.says)} {_listed(_row(row, say) for row in definition.rows)}"


def _row(row: DefinitionRow, say: Wording) -> str:
    probe = say("form.probe", probe=row.probe) if row.probe else ""
    name = ", ".join(part for part in (row.score, probe) if part and part != row.result)
    return say("form.row_named" if name else "form.row", result=row.result, name=name, says=row.says)


def _listed(texts: Iterable[str]) -> str:
    return "; ".join(texts) + "."
