"""Forms are derived: what they ask, in which order, under which linkIds, and what a changed policy changes in them."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from form_parts import BASE, FORM_IDS, Json, documents, form_named, forms, items_of, leaves, on_file, written
from pydantic import ValidationError

from fhir_mappings.forms.form import form_of
from policies import catalogue
from policies.model.criteria import RequestKind
from tests.world import FOLDER

CONTINUATION = [
    f"continuation.{name}" for name in ("indication", "response", "tolerability", "oncology-note", "imaging")
]
CONTINUATION_FACTS = ["progression_on_therapy", "unacceptable_toxicity", "oncology_note", "imaging_comparison"]
FACTS = {
    "margetuximab-initial": [
        "breast_cancer",
        "disease_extent",
        "her2_ihc_score",
        "her2_ish_result",
        "prior_anti_her2_therapies",
        "prior_anti_her2_therapies_metastatic",
        "prior_lines_advanced",
        "combination_partner",
    ],
    "elranatamab-initial": [
        "multiple_myeloma",
        "relapsed_or_refractory",
        "prior_lines",
        "prior_anti_cd38",
        "prior_proteasome_inhibitor",
        "prior_immunomodulatory",
        "ecog",
    ],
    "elranatamab-continuation": ["multiple_myeloma", *CONTINUATION_FACTS],
    "margetuximab-continuation": ["breast_cancer", *CONTINUATION_FACTS],
}
SECTIONS = {
    "margetuximab-initial": ["diagnosis", "her2-positive", "prior-anti-her2", "combination-chemotherapy"],
    "elranatamab-initial": ["diagnosis", "prior-therapies", "criterion:ecog"],
    "elranatamab-continuation": CONTINUATION,
    "margetuximab-continuation": CONTINUATION,
}

POLICY = Path("data/margetuximab/2026-05-06.yaml")


@pytest.fixture(params=FORM_IDS)
def form_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def items(form_id: str) -> dict[str, Json]:
    return {item["linkId"]: item for item in items_of(written(form_named(form_id)))}


def questions(form_id: str) -> dict[str, Json]:
    return {name: item for name, item in items(form_id).items() if item["type"] not in {"group", "display"}}


@pytest.mark.requirement("dtr22.spec-12")
def test_there_is_a_form_for_each_policy_and_kind_of_request() -> None:
    assert sorted(FORM_IDS) == sorted(FACTS)
    assert len(forms()) == len(on_file().all) * len(RequestKind)


def test_a_form_is_valid_r4_and_is_written_as_the_model_reads_it(form_id: str) -> None:
    resource = written(form_named(form_id))
    assert Questionnaire.model_validate(resource).model_dump(mode="json") == resource


def test_an_invalid_form_cannot_be_built() -> None:
    form = form_named("margetuximab-initial")
    with pytest.raises(ValidationError):
        written(replace(form, policy=replace(form.policy, id="no id")))


@pytest.mark.requirement("dtr22.spec-53")
def test_the_head_comes_from_the_policy(form_id: str) -> None:
    form, resource = form_named(form_id), written(form_named(form_id))
    day = form.policy.version.isoformat()
    assert resource["url"] == f"{BASE}/fhir/Questionnaire/{form_id}"
    assert resource["version"] == resource["date"] == resource["effectivePeriod"]["start"] == day
    assert resource["name"] == "".join(part.title() for part in form_id.split("-"))
    assert form.policy.title in resource["title"]
    assert (resource["status"], resource["subjectType"]) == ("active", ["Patient"])
    assert resource["publisher"] == form.policy.figures.document.payer


def test_questions_are_the_facts_once_each_in_the_order_of_the_criteria(form_id: str) -> None:
    asked = [name for name in questions(form_id) if ":" not in name]
    assert asked == FACTS[form_id]
    used = dict.fromkeys(leaf.fact for leaf in leaves(form_named(form_id)))
    assert asked == [name for name in used if name in asked]


def test_sections_are_the_criteria_with_their_place_in_the_document(form_id: str) -> None:
    form = form_named(form_id)
    top = written(form)["item"]
    documents = ["request:documentation"] if form.documentation is not None else []
    assert [item["linkId"] for item in top] == [*SECTIONS[form_id], *documents]
    for item, section in zip(top, form.sections, strict=False):
        assert (item["type"], item["text"]) == ("group", section.criterion.says)
        assert section.criterion.section in item["item"][0]["text"]
        assert form.policy.figures.document.number in item["item"][0]["text"]


def test_every_link_id_stands_once(form_id: str) -> None:
    names = [item["linkId"] for item in items_of(written(form_named(form_id)))]
    assert len(names) == len(set(names))
    assert all("/" not in name for name in names)


def test_what_the_policy_settles_is_not_asked(form_id: str) -> None:
    assert not items(form_id).keys() & {"patient_deceased", "within_duration", "order.patient-living"}


@pytest.mark.requirement("dtr22.sec-4", "dtr22.spec-18")
def test_nothing_is_hidden_or_read_only_and_nothing_is_computed(form_id: str) -> None:
    for item in items(form_id).values():
        assert not item.keys() & {"readOnly", "initial"}
        urls = [one["url"].rpartition("/")[2] for one in item.get("extension", ())]
        assert set(urls) <= {"questionnaire-itemControl", "minValue", "maxValue"}


@pytest.mark.requirement("dtr22.spec-31", "dtr22.spec-83")
def test_every_question_says_why_it_is_asked_and_where_that_stands(form_id: str) -> None:
    form, shown = form_named(form_id), items(form_id)
    heads = {section.criterion.id for section in form.sections}
    for name in form.questions:
        leaf = form.leaf_of(name)
        if leaf.id not in heads:
            assert f"Why this is asked: {leaf.says} ({leaf.section})." in shown[f"{name}:help"]["text"]


def test_what_a_policy_wants_submitted_is_asked_for_at_the_end() -> None:
    assert [name for name in FORM_IDS if form_named(name).documentation is not None] == [
        name for name in FORM_IDS if name.endswith("-initial")
    ]
    last = written(form_named("elranatamab-initial"))["item"][-1]
    kinds = [(one["linkId"], one["type"]) for one in last["item"]]
    assert kinds == [
        ("request:documentation:help", "display"),
        ("request:attested", "boolean"),
        ("request:attachment", "attachment"),
    ]
    assert "pathology" in last["text"]
    assert not any(one.get("required") for one in last["item"])


def test_types_and_texts_come_from_the_facts(form_id: str) -> None:
    types = {"yes-no": "boolean", "choice": "choice", "number": "integer"}
    shown = questions(form_id)
    for name, fact in form_named(form_id).questions.items():
        assert (shown[name]["type"], shown[name]["text"]) == (types[fact.answer.value], fact.ask)
        options = [one["valueCoding"]["code"] for one in shown[name].get("answerOption", ())]
        assert options == list(fact.options)


def test_a_question_is_required_unless_another_test_can_stand_in_for_it(form_id: str) -> None:
    diagnosis = {"breast_cancer", "multiple_myeloma"} if form_id.endswith("-continuation") else set()
    free = {"her2_ihc_score", "her2_ish_result"} | diagnosis
    for name, item in questions(form_id).items():
        assert item.get("required", False) is (name not in free and ":" not in name), name


def test_numbers_have_their_bounds() -> None:
    assert bounds("elranatamab-initial", "ecog") == {"minValue": 0, "maxValue": 5}
    assert bounds("elranatamab-initial", "prior_lines") == {"minValue": 0, "maxValue": 99}


def bounds(form_id: str, name: str) -> dict[str, int]:
    return {one["url"].rpartition("/")[2]: one["valueInteger"] for one in items(form_id)[name]["extension"]}


@pytest.mark.requirement("dtr22.spec-50", "dtr22.spec-51", "dtr22.spec-52")
def test_a_document_can_be_attached_or_attested_to(form_id: str) -> None:
    for fact in documents(form_named(form_id)):
        shown = items(form_id)
        assert shown[fact.name]["type"] == "boolean"
        assert shown[f"{fact.name}:attachment"]["type"] == "attachment"
        assert shown[f"{fact.name}:help"]["type"] == "display"


def test_the_payers_definition_helps_to_answer() -> None:
    text = items("margetuximab-initial")["her2_ish_result:help"]["text"]
    assert "equivocal (dual probe): Ratio below 2.0" in text
    assert "positive (3+)" in items("margetuximab-initial")["her2_ihc_score:help"]["text"]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("ask: What is the extent of the breast cancer today?", "ask: How far is it today?", {"disease_extent"}),
        ("says: Breast cancer that is metastatic", "says: Cancer that is metastatic", {"diagnosis"}),
        ('{at_least: 6.0}, says: "Ratio below', '{at_least: 6.5}, says: "Ratio below', {"her2_ish_result:help"}),
        ("options: [metastatic, recurrent and", "options: [metastatic, unclear, recurrent and", {"disease_extent"}),
    ],
)
def test_a_changed_policy_changes_its_form_and_nothing_else(
    tmp_path: Path, before: str, after: str, changes: set[str]
) -> None:
    copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / POLICY).read_text(encoding="utf-8")
    assert text.count(before) == 1
    (tmp_path / POLICY).write_text(text.replace(before, after), encoding="utf-8")
    changed = catalogue.load(tmp_path).versions("margetuximab").policies[0]
    kept = deepcopy(written(form_named("margetuximab-initial")))
    found = written(form_of(changed, RequestKind.INITIAL, BASE))
    assert {name for name, item in flat(found).items() if item != flat(kept)[name]} == changes
    assert {**found, "item": []} == {**kept, "item": []}
    assert written(form_of(changed, RequestKind.CONTINUATION, BASE)) == written(form_named("margetuximab-continuation"))


def flat(resource: Json) -> dict[str, Json]:
    """Items by linkId, each without what is nested in it."""
    return {
        item["linkId"]: {name: part for name, part in item.items() if name != "item"} for item in items_of(resource)
    }


def test_a_question_can_be_added_by_a_policy_alone(tmp_path: Path) -> None:
    """A fact that stands in two criteria is asked in the first; a criterion that joins others without an id is open."""
    copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    file = tmp_path / POLICY
    extra = (
        "    - any:\n"
        "        - {id: extra, says: Breast cancer again, section: B, fact: breast_cancer, is: true}\n"
        "        - {id: other, says: No progression, section: B, fact: progression_on_therapy, is: false}\n"
    )
    text = file.read_text(encoding="utf-8")
    at = text.index("# A request is a continuation")
    file.write_text(f"{text[:at].rstrip()}\n{extra}\n{text[at:]}", encoding="utf-8")
    changed = catalogue.load(tmp_path).versions("margetuximab").policies[0]
    form = form_of(changed, RequestKind.INITIAL, BASE)
    assert list(form.questions) == [*FACTS["margetuximab-initial"], "progression_on_therapy"]
    assert [section.link_id for section in form.sections] == [*SECTIONS["margetuximab-initial"], "other"]
    assert "breast_cancer" in form.required
    assert "progression_on_therapy" not in form.required
