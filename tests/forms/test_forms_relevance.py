"""Which questions a form shows after which answers: plain `enableWhen`, as renderers evaluate it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from form_parts import (
    BASE,
    FORM_IDS,
    Json,
    as_json,
    candidates,
    faults,
    favourable,
    form_named,
    items_of,
    read,
    response,
    written,
)

from fhir_mappings.forms.form import form_of
from fhir_mappings.forms.relevance import conditions
from fhir_mappings.offers.proposal_items import is_quote
from fhir_mappings.questionnaires.draft_response import SHAPE_2_2, Head, draft
from policies import catalogue
from policies.model.criteria import RequestKind
from policies.model.findings import Evidence, Finding, Range
from tests.world import FOLDER

MARGETUXIMAB, CONTINUED = "margetuximab-initial", "margetuximab-continuation"
HEAD = Head("Patient/p1", "Coverage/c1", ("MedicationRequest/m1",), "2026-11-25T10:00:00Z", ("withpa",))
SHOWN = (Evidence("Observation/1", "A result", "2026-11-01"),)


def shown(resource: Json, answers: Mapping[str, Json]) -> set[str]:
    """The linkIds that a renderer shows: FHIR R4, Questionnaire.item.enableWhen, with enableBehavior any."""
    return set(_shown(resource, answers))


def _shown(item: Json, answers: Mapping[str, Json]) -> Iterator[str]:
    for one in item.get("item", ()):
        lines = one.get("enableWhen")
        assert lines is None or one["enableBehavior"] == "any"
        if lines is None or any(holds(line, answers) for line in lines):
            yield one["linkId"]
            yield from _shown(one, answers)


def holds(line: Json, answers: Mapping[str, Json]) -> bool:
    answer = answers.get(line["question"])
    (key,) = [name for name in line if name.startswith("answer")]
    wanted = line[key]
    if line["operator"] == "exists":
        return (answer is not None) is wanted
    given = (answer or {}).get(f"value{key.removeprefix('answer')}")
    if given is None:
        return False
    if line["operator"] == "=":
        same = (given["system"], given["code"]) == (wanted["system"], wanted["code"]) if key == "answerCoding" else None
        return given == wanted if same is None else same
    return bool({">": given > wanted, "<": given < wanted}[line["operator"]])


@pytest.mark.requirement("dtr22.spec-17")
@pytest.mark.parametrize("form_id", FORM_IDS)
def test_as_long_as_nothing_is_answered_everything_is_asked(form_id: str) -> None:
    resource = written(form_named(form_id))
    asked = {name for name in (one["linkId"] for one in items_of(resource)) if not name.endswith(":confirm")}
    assert shown(resource, {}) == asked


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_every_item_hangs_on_another_that_stands_before_it(form_id: str) -> None:
    """HL7's validator refuses an item that hangs on itself, and LHC-Forms fails on it."""
    before: set[str] = set()
    for one in items_of(written(form_named(form_id))):
        assert {line["question"] for line in one.get("enableWhen", ())} <= before
        before.add(one["linkId"])


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_the_yes_or_no_to_what_is_quoted_is_shown_only_where_something_is_quoted(form_id: str) -> None:
    resource = written(form_named(form_id))
    quotes = {one["linkId"] for one in items_of(resource) if is_quote(one["linkId"])}
    assert quotes
    for name in (one for one in quotes if one.endswith(":shown")):
        fact = name.removesuffix(":shown")
        filled = shown(resource, {name: {"valueString": "An old value."}}) & quotes
        assert {one for one in filled if one.endswith(":confirm")} == {f"{fact}:confirm"}


@pytest.mark.requirement("dtr22.spec-17")
@pytest.mark.parametrize(
    ("form_id", "answers", "hidden"),
    [
        (MARGETUXIMAB, {"her2_ihc_score": "3+"}, {"her2_ish_result", "her2_ish_result:help"}),
        (MARGETUXIMAB, {"her2_ihc_score": "2+"}, set()),
        (MARGETUXIMAB, {"her2_ihc_score": "negative"}, set()),
        (
            MARGETUXIMAB,
            {"prior_anti_her2_therapies": Range.exactly(0)},
            {"prior_anti_her2_therapies_metastatic", "prior_anti_her2_therapies_metastatic:help"},
        ),
        (MARGETUXIMAB, {"prior_anti_her2_therapies": Range.exactly(1)}, set()),
        (CONTINUED, {"oncology_note": False}, {"oncology_note:attachment"}),
        (CONTINUED, {"oncology_note": True}, set()),
    ],
)
def test_what_an_answer_has_settled_is_not_asked(form_id: str, answers: Json, hidden: set[str]) -> None:
    form, resource = form_named(form_id), written(form_named(form_id))
    given = {name: as_json(form, value) for name, value in answers.items()}
    asked = {one["linkId"] for one in items_of(resource) if not is_quote(one["linkId"])}
    assert asked - shown(resource, given) == hidden


def test_documents_are_asked_for_unless_there_are_none() -> None:
    resource = written(form_named(MARGETUXIMAB))
    assert "request:attachment" not in shown(resource, {"request:attested": {"valueBoolean": False}})
    assert "request:attachment" in shown(resource, {"request:attested": {"valueBoolean": True}})


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_the_form_and_our_own_reading_agree_on_every_answer(form_id: str) -> None:
    form, resource = form_named(form_id), written(form_named(form_id))
    for link_id, condition in conditions(form).items():
        fact = form.questions.get(condition.question)
        for value in candidates(fact) if fact is not None else (True, False):
            given = {condition.question: as_json(form, value)}
            assert (link_id in shown(resource, given)) is condition.holds(value), (link_id, value)
        assert condition.holds(None)


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_a_condition_names_an_earlier_question_of_the_form(form_id: str) -> None:
    names = [one["linkId"] for one in items_of(written(form_named(form_id)))]
    for link_id, condition in conditions(form_named(form_id)).items():
        assert names.index(condition.question) < names.index(link_id)


def test_what_is_not_asked_any_more_is_not_missed() -> None:
    form = form_named(MARGETUXIMAB)
    part = "prior_anti_her2_therapies_metastatic"
    given = {name: one for name, one in favourable(form).items() if name != part}
    assert read(response(form, given)).open == (part,)
    assert read(response(form, given | {"prior_anti_her2_therapies": {"valueInteger": 0}})).open == ()


def test_a_draft_does_not_answer_what_is_not_asked() -> None:
    form = form_named(MARGETUXIMAB)
    findings = {
        "her2_ihc_score": Finding.known("3+", SHOWN),
        "her2_ish_result": Finding.known("positive", SHOWN),
    }
    assert answered(draft(form, findings, HEAD, SHAPE_2_2)) == {"her2_ihc_score"}
    equivocal = findings | {"her2_ihc_score": Finding.known("2+", SHOWN)}
    assert answered(draft(form, equivocal, HEAD, SHAPE_2_2)) == {"her2_ihc_score", "her2_ish_result"}


def answered(response: Json) -> set[str]:
    return {one["linkId"] for one in items_of(response) if one.get("answer")}


@pytest.mark.parametrize(
    ("found", "filled"),
    [
        (Range(2), 2),
        (Range(3), 3),
        (Range(1), None),
        (Range(0, 1), None),
        (Range.exactly(1), 1),
        (Range(2, 4), 2),
    ],
)
def test_a_count_is_filled_in_where_the_proven_number_is_enough(found: Range, filled: int | None) -> None:
    form = form_named(MARGETUXIMAB)
    content = draft(form, {"prior_anti_her2_therapies": Finding.known(found, SHOWN)}, HEAD, SHAPE_2_2)
    (item,) = [one for one in items_of(content) if one["linkId"] == "prior_anti_her2_therapies"]
    assert [one["valueInteger"] for one in item.get("answer", ())] == ([] if filled is None else [filled])


def test_a_score_that_may_be_worse_is_never_filled_in() -> None:
    form = form_named("elranatamab-initial")
    found = draft(form, {"ecog": Finding.known(Range(1), SHOWN)}, HEAD, SHAPE_2_2)
    assert answered(found) == set()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"request:attested": {"valueString": "yes"}}, [("request:attested", "takes a valueBoolean")]),
        ({"request:attachment": {"valueString": "x"}}, [("request:attachment", "takes a valueAttachment")]),
        ({"request:attachment": {"valueAttachment": {"title": "x"}}}, [("request:attachment", "takes a document")]),
        ({"request:documentation": {"valueBoolean": True}}, [("request:documentation", "takes no answer")]),
    ],
)
def test_what_is_submitted_is_held_to_its_type(given: Json, said: list[tuple[str, str]]) -> None:
    found = faults(with_documents(given))
    assert [(one.link_id, one.text[: len(text)]) for one, (_, text) in zip(found, said, strict=True)] == said


def test_documents_may_be_several_and_decide_nothing() -> None:
    content = with_documents({"request:attested": {"valueBoolean": True}})
    attached = {"valueAttachment": {"contentType": "application/pdf", "data": "JVBERi0="}}
    content["item"].append({"linkId": "request:attachment", "answer": [attached, attached]})
    assert faults(content) == []
    assert read(content).findings == read(with_documents({})).findings


def with_documents(given: Json) -> Json:
    form = form_named(MARGETUXIMAB)
    items = [{"linkId": name, "answer": [value]} for name, value in given.items()]
    content = response(form, favourable(form))
    return content | {"item": [*content["item"], *items]}


def test_a_form_without_documentation_takes_none() -> None:
    form = form_named("elranatamab-continuation")
    content = response(form, {}) | {"item": [{"linkId": "request:attested", "answer": [{"valueBoolean": True}]}]}
    assert [one.text for one in faults(content)] == ["item 1, in reading order, is no item of this form"]


@pytest.mark.parametrize(
    ("criterion", "hides", "shows"),
    [
        ("{id: a, says: At least four, section: B, fact: extra, at_least: 4}", 4, 3),
        ("{id: a, says: At most two, section: B, fact: extra, at_most: 2}", 2, 3),
        ("{id: a, says: At most two, section: B, fact: extra, at_most: 2}", 0, 3),
    ],
)
def test_a_number_can_settle_a_criterion_too(tmp_path: Path, criterion: str, hides: int, shows: int) -> None:
    copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "data/margetuximab/2026-05-06.yaml"
    text = file.read_text(encoding="utf-8")
    fact = (
        "facts:\n  extra:\n    what: Extra\n    kind: prior_regimens\n"
        "    with: {drugs: all, setting: metastatic}\n    ask: How many?\n"
    )
    other = "{id: b, says: None, section: B, fact: progression_on_therapy, is: false}"
    either = f"    - any:\n        - {criterion}\n        - {other}\n"
    text = text.replace("facts:\n", fact, 1)
    at = text.index("# A request is a continuation")
    file.write_text(f"{text[:at].rstrip()}\n{either}\n{text[at:]}", encoding="utf-8")
    form = form_of(catalogue.load(tmp_path).versions("margetuximab").policies[0], RequestKind.INITIAL, BASE)
    condition = conditions(form)["progression_on_therapy"]
    assert condition.question == "extra"
    assert not condition.holds(Range.exactly(hides))
    assert condition.holds(Range.exactly(shows))
    resource = written(form)
    assert "progression_on_therapy" not in shown(resource, {"extra": {"valueInteger": hides}})
    assert "progression_on_therapy" in shown(resource, {"extra": {"valueInteger": shows}})


def test_a_form_is_the_same_however_often_it_is_made() -> None:
    form = form_named(MARGETUXIMAB)
    assert written(form) == written(replace(form))


@pytest.mark.parametrize(
    ("head", "claims"),
    [
        (HEAD, True),
        (replace(HEAD, orders=()), False),
        (replace(HEAD, coverage=""), False),
        (replace(HEAD, orders=(), coverage=""), False),
    ],
)
def test_a_draft_claims_the_profile_where_it_has_the_order_and_the_coverage_that_it_demands(
    head: Head, claims: bool
) -> None:
    written_so = draft(form_named(MARGETUXIMAB), {}, head, SHAPE_2_2)
    assert ("meta" in written_so) is claims
