"""What is no answer to a form of ours, named by its linkId; and what is accepted though it looks different."""

from typing import Any

import pytest
from form_parts import DOCUMENT, Json, as_json, faults, favourable, form_named, read, response

from fhir_mappings.questionnaires.response_answers import AnswersError
from policies.model.findings import Range, State
from tests.words import said

FIRST = form_named("elranatamab-initial")
HER2 = form_named("margetuximab-initial")
AGAIN = form_named("elranatamab-continuation")


def item(link_id: str, *answers: Json, **members: Any) -> Json:
    return {"linkId": link_id, **({"answer": list(answers)} if answers else {}), **members}


def told(content: Json) -> list[tuple[str, str]]:
    return [(fault.link_id, fault.text) for fault in faults(content)]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("ecog", {"valueInteger": True}, "takes a whole number from 0 to 5"),
        ("ecog", {"valueInteger": 1.5}, "takes a whole number from 0 to 5"),
        ("ecog", {"valueInteger": "1"}, "takes a whole number from 0 to 5"),
        ("ecog", {"valueString": "1"}, "takes a valueInteger, and nothing else"),
        ("prior_lines", {"valueInteger": 2**31}, "takes a whole number from 0 to 99"),
        ("prior_lines", {"valueInteger": -(2**31)}, "takes a whole number from 0 to 99"),
        ("multiple_myeloma", {"valueString": "yes"}, "takes a valueBoolean, and nothing else"),
        ("multiple_myeloma", {"valueBoolean": "true"}, "takes true or false"),
        ("multiple_myeloma", {"valueBoolean": 1}, "takes true or false"),
        (
            "multiple_myeloma",
            {"valueBoolean": True, "valueString": "no"},
            "takes a valueBoolean, and nothing else",
        ),
    ],
)
def test_a_value_that_its_question_does_not_take(name: str, value: Json, text: str) -> None:
    assert told(response(FIRST, {name: value})) == [(name, text)]


@pytest.mark.parametrize(
    ("name", "number", "off"),
    [
        ("ecog", 5, False),
        ("ecog", 6, True),
        ("ecog", -1, True),
        ("prior_lines", -1, True),
        ("prior_lines", 99, False),
        ("prior_lines", 100, True),
    ],
)
def test_a_number_off_its_scale_tells_nothing_and_is_named(name: str, number: int, *, off: bool) -> None:
    """It is refused when it comes; a response that was kept before stays readable."""
    found = read(response(FIRST, {name: {"valueInteger": number}}))
    assert [one.link_id for one in found.off_scale] == ([name] if off else [])
    assert (found.findings[name].state is State.UNKNOWN) == off
    assert name not in found.open


@pytest.mark.parametrize(
    "coding",
    [
        {"system": HER2.answer_system, "code": "4+"},
        {"system": "http://snomed.info/sct", "code": "3+"},
        {"system": None, "code": "3+"},
        {"system": HER2.answer_system, "display": "3+"},
        {"code": ["3+"]},
        "3+",
    ],
)
def test_a_coding_that_is_no_option(coding: Any) -> None:
    content = response(HER2, {"her2_ihc_score": {"valueCoding": coding}})
    assert told(content) == [("her2_ihc_score", "takes one of its options: 3+, 2+, 1+, 0, negative")]


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"valueAttachment": {"title": "note"}}, "takes a document: an attachment with data or a url"),
        ({"valueAttachment": {"url": ""}}, "takes a document: an attachment with data or a url"),
        ({"valueAttachment": "note.pdf"}, "takes a document: an attachment with data or a url"),
        ({"valueBoolean": True}, "takes a valueAttachment, and nothing else"),
    ],
)
def test_an_attachment_that_is_none(document: Json, text: str) -> None:
    assert told(response(AGAIN, {"oncology_note:attachment": document})) == [("oncology_note:attachment", text)]


def test_a_document_beside_a_no_contradicts_it() -> None:
    given = {"oncology_note": {"valueBoolean": False}, "oncology_note:attachment": DOCUMENT}
    assert [name for name, _ in told(response(AGAIN, given))] == ["oncology_note:attachment"]


def test_items_that_the_form_does_not_have() -> None:
    content = response(FIRST, {}, item=[item("her2_ihc_score", as_json(HER2, "3+")), {"text": "no linkId"}])
    assert told(content) == [("", f"item {at}, in reading order, is no item of this form") for at in (1, 2)]


@pytest.mark.parametrize("name", ["diagnosis", "criterion:ecog", "diagnosis:help", "ecog:help"])
def test_a_heading_takes_no_answer(name: str) -> None:
    assert told(response(FIRST, {}, item=[item(name, {"valueBoolean": True})])) == [(name, "takes no answer")]


@pytest.mark.parametrize(
    "items",
    [
        [item("ecog", {"valueInteger": 1}, {"valueInteger": 2})],
        [item("ecog", {"valueInteger": 1}), item("ecog", {"valueInteger": 1})],
        [item("ecog", {"valueInteger": 1}), item("criterion:ecog", item=[item("ecog", {"valueInteger": 2})])],
    ],
)
def test_a_question_takes_one_answer(items: list[Json]) -> None:
    assert told(response(FIRST, {}, item=items)) == [("ecog", "takes one answer")]


def test_every_fault_is_told_and_no_value_repeated() -> None:
    given = {"ecog": {"valueInteger": 7.5}, "multiple_myeloma": {"valueString": "secret"}}
    found = told(response(FIRST, given))
    assert [name for name, _ in found] == ["multiple_myeloma", "ecog"]
    assert not any(word in text for _, text in found for word in ("7.5", "secret"))
    with pytest.raises(AnswersError, match="ecog: takes a whole number"):
        read(response(FIRST, given))


@pytest.mark.parametrize(
    "canonical",
    [
        "",
        FIRST.url,
        f"{FIRST.url}|2020-01-01",
        f"{FIRST.url}|2025-12-11 ",
        "https://elsewhere.example.org/fhir/Questionnaire/elranatamab-initial|2025-12-11",
        f"{FIRST.url}-adaptive|2025-12-11",
    ],
)
def test_a_form_or_version_that_is_not_ours(canonical: str) -> None:
    ((name, text),) = told(response(FIRST, favourable(FIRST), questionnaire=canonical))
    assert name == ""
    assert "names no form of ours" in text


def test_answers_to_one_form_are_none_to_another() -> None:
    assert told(response(FIRST, favourable(FIRST), questionnaire=HER2.canonical))


@pytest.mark.parametrize(
    "members",
    [
        {"resourceType": "Questionnaire"},
        {"status": "entered-in-error"},
        {"status": "stopped"},
        {"item": {"linkId": "ecog"}},
        {"item": [{"linkId": 1}]},
        {"item": [{"linkId": "ecog", "answer": [1]}]},
        {"item": [{"linkId": "ecog", "answer": [{"valueInteger": 1, "item": "x"}]}]},
        {"questionnaire": None},
    ],
)
def test_a_response_that_cannot_be_read(members: Json) -> None:
    ((name, text),) = told(response(FIRST, {}, **members))
    assert (name, bool(text)) == ("", True)


def test_items_count_however_they_are_nested() -> None:
    flat = [item(name, value) for name, value in favourable(FIRST).items()]
    deep: list[Json] = []
    for one in reversed(flat):
        deep = [{**one, "answer": [{**one["answer"][0], "item": deep}]}]
    nested = read(response(FIRST, favourable(FIRST))).findings
    assert read(response(FIRST, {}, item=flat)).findings == nested
    assert read(response(FIRST, {}, item=deep)).findings == nested


def test_an_item_or_answer_without_a_value_is_not_answered() -> None:
    origin = {"extension": [{"url": "http://example.org/x", "valueString": "y"}]}
    items = [item("ecog"), item("multiple_myeloma", origin), item("prior_lines", origin, {"valueInteger": 4, **origin})]
    found = read(response(FIRST, {}, item=items))
    assert {name: one.value for name, one in found.findings.items()} == {"prior_lines": Range.exactly(4)}
    assert "ecog" in found.open


def test_a_coding_without_its_system_is_the_option() -> None:
    content = response(HER2, {"her2_ihc_score": {"valueCoding": {"code": "3+"}}})
    assert read(content).findings["her2_ihc_score"].value == "3+"


@pytest.mark.parametrize(
    ("members", "date", "note"),
    [
        ({"authored": "2026-11"}, "2026-11", "Answered in the form on 2026-11: 2."),
        ({"authored": "soon"}, "", "Answered in the form: 2."),
        ({"authored": ""}, "", "Answered in the form: 2."),
    ],
)
def test_when_it_was_answered(members: Json, date: str, note: str) -> None:
    finding = read(response(FIRST, {"ecog": {"valueInteger": 2}}, **members)).findings["ecog"]
    assert (finding.evidence[0].date, said(finding.note)) == (date, note)


def test_what_the_response_is_called() -> None:
    content = response(FIRST, {"ecog": {"valueInteger": 2}})
    stored = read(content, reference="QuestionnaireResponse/stored").findings["ecog"]
    assert stored.evidence[0].reference == "QuestionnaireResponse/stored"
    nameless = {name: value for name, value in content.items() if name != "id"}
    assert read(nameless).findings["ecog"].evidence[0].reference == "QuestionnaireResponse"
