"""What both shipped policies have in common, as first shipped, and what is in the value sets that they pin."""

import pytest
from policy_texts import first_release
from policy_texts import shipped_words as words
from policy_trees import MET, NOT_MET, UNKNOWN, answers

from policies.evaluation.ruling import evaluate
from policies.model.criteria import Comparison, Leaf, RequestKind
from policies.model.fact_kinds import Answer
from policies.model.findings import Value
from policies.model.policy import Policy
from policies.model.safety import SafetyKind
from policies.model.truth import Truth
from policies.terminology.value_sets import CodeSet, DrugSet

VERSION = "2026-11-24"
BOTH = pytest.mark.parametrize(
    "policy", [first_release("elranatamab"), first_release("margetuximab")], ids=lambda policy: policy.id
)
ALL_MET: dict[str, Value] = {
    "progression_on_therapy": False,
    "unacceptable_toxicity": False,
    "oncology_note": True,
    "imaging_comparison": True,
}
DIAGNOSIS = {"margetuximab": "breast_cancer", "elranatamab": "multiple_myeloma"}
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"


@BOTH
def test_the_criteria_of_a_continuation_stand_as_written(policy: Policy) -> None:
    nodes = list(policy.requests[RequestKind.CONTINUATION].nodes())
    assert [node.id for node in nodes if not isinstance(node, Leaf)] == ["continuation.indication"]
    found = [(one.id, one.fact, one.comparison, one.operand) for one in nodes if isinstance(one, Leaf)]
    assert found == [
        ("order.patient-living", "patient_deceased", Comparison.IS, False),
        ("continuation.indication.diagnosis", DIAGNOSIS[policy.id], Comparison.IS, True),
        ("continuation.indication.authorization", "own_authorization", Comparison.IS, True),
        ("continuation.response", "progression_on_therapy", Comparison.IS, False),
        ("continuation.tolerability", "unacceptable_toxicity", Comparison.IS, False),
        ("continuation.duration", "within_duration", Comparison.IS, True),
        ("continuation.oncology-note", "oncology_note", Comparison.IS, True),
        ("continuation.imaging", "imaging_comparison", Comparison.IS, True),
    ]
    assert {node.section for node in nodes[1:]} == {"Continuation"}


@BOTH
@pytest.mark.parametrize(
    ("changed", "truth"),
    [
        ({}, MET),
        ({"progression_on_therapy": True}, NOT_MET),
        ({"unacceptable_toxicity": True}, NOT_MET),
        ({"oncology_note": None}, UNKNOWN),
        ({"imaging_comparison": None}, UNKNOWN),
        ({"patient_deceased": True}, NOT_MET),
    ],
)
def test_a_continuation_needs_all_of_it(policy: Policy, changed: dict[str, Value | None], truth: Truth) -> None:
    met = {DIAGNOSIS[policy.id]: True, **ALL_MET}
    values = {name: value for name, value in (met | changed).items() if value is not None}
    assert evaluate(policy.requests[RequestKind.CONTINUATION], policy.facts, answers(**values)).truth is truth


@BOTH
def test_an_empty_chart_is_not_enough_for_a_continuation_and_the_duration_is_never_asked(policy: Policy) -> None:
    ruling = evaluate(policy.requests[RequestKind.CONTINUATION], policy.facts, {})
    assert ruling.truth is UNKNOWN
    assert [question.fact.name for question in ruling.questions] == [DIAGNOSIS[policy.id], *ALL_MET]
    assert next(one.truth for one in ruling.reasons if one.criterion.id == "continuation.duration") is MET


@BOTH
def test_every_fact_has_a_question_unless_its_kind_is_settled(policy: Policy) -> None:
    settled = {"patient_deceased", "within_duration", "own_authorization"}
    assert {name for name, fact in policy.facts.items() if not fact.ask} == settled
    assert all(fact.kind.settled is not None for fact in policy.facts.values() if not fact.ask)
    assert all(fact.ask.endswith(("?", ".", ")")) for fact in policy.facts.values() if fact.ask)


@BOTH
def test_every_option_of_a_choice_is_decided_or_marked_as_undecided(policy: Policy) -> None:
    for fact in policy.facts.values():
        assert bool(fact.options) == (fact.answer is Answer.CHOICE)
        assert fact.undecided <= set(fact.options)


@BOTH
def test_every_criterion_has_an_id_a_sentence_and_a_section(policy: Policy) -> None:
    for asked in policy.requests.values():
        for node in asked.nodes():
            assert all((node.id, node.says, node.section))


@BOTH
def test_boxed_warnings_are_shown_and_are_no_criteria(policy: Policy) -> None:
    assert any(note.kind is SafetyKind.BOXED_WARNING for note in policy.figures.safety)
    assert "No preferred alternatives." in policy.figures.readings[-1]


@BOTH
def test_the_ordered_drug_itself_is_no_earlier_therapy(policy: Policy) -> None:
    drug = policy.figures.product.drug
    for name, version in policy.value_sets.items():
        pinned = words().sets.get((name, version))
        if isinstance(pinned, DrugSet):
            assert drug not in pinned


@BOTH
def test_the_billing_code_of_the_product_is_the_drug(policy: Policy) -> None:
    product = policy.figures.product
    match = words().drugs(policy.value_sets["drugs"]).find(product.billing_system, product.billing_code)
    assert match is not None
    assert match.drug.id == product.drug


@BOTH
def test_no_verified_billing_code_names_many_drugs(policy: Policy) -> None:
    unspecific = words().codes("unspecific-drug-codes", policy.value_sets["unspecific-drug-codes"])
    assert {member.code for member in unspecific.members} == {"J9999", "J3490", "J3590"}
    assert all(words().drugs(VERSION).find(member.system.uri, member.code) is None for member in unspecific.members)


@BOTH
def test_every_value_set_but_the_shared_lists_is_used_by_a_fact(policy: Policy) -> None:
    named = {value for fact in policy.facts.values() for value in fact.parameters.values() if isinstance(value, str)}
    named |= {
        policy.disease,
        policy.figures.lines.drugs,
        policy.figures.lines.intents,
        *policy.figures.safety_tests,
        "drugs",
        "unspecific-drug-codes",
    }
    named |= {policy.figures.dosing.weight.tests} if policy.figures.dosing.weight is not None else set()
    assert policy.value_sets.keys() <= named


DRUG_SETS = {
    "anti-cd38-antibodies": {"daratumumab", "isatuximab"},
    "proteasome-inhibitors": {"bortezomib", "carfilzomib", "ixazomib"},
    "immunomodulatory-drugs": {"thalidomide", "lenalidomide", "pomalidomide"},
    "margetuximab-partners": {"capecitabine", "eribulin", "gemcitabine", "vinorelbine"},
    "anti-her2-drugs": {
        "trastuzumab",
        "pertuzumab",
        "pertuzumab-trastuzumab",
        "trastuzumab-emtansine",
        "trastuzumab-deruxtecan",
        "tucatinib",
        "lapatinib",
        "neratinib",
        "zanidatamab",
    },
}


@pytest.mark.parametrize(("name", "drugs"), DRUG_SETS.items())
def test_a_class_of_drugs_holds_these_and_no_others(name: str, drugs: set[str]) -> None:
    assert words().drug_set(name, VERSION).roles.keys() == drugs


@pytest.mark.parametrize("name", ["breast-systemic-therapies", "myeloma-therapies"])
def test_every_drug_that_can_make_a_line_has_a_role_and_steroids_are_none(name: str) -> None:
    roles = words().drug_set(name, VERSION).roles
    assert set(roles.values()) <= {"main", "endocrine", "maintenance", "conditioning", "lead-in"}
    assert "dexamethasone" not in roles


def test_the_partners_that_the_policy_names_are_the_options_of_its_question() -> None:
    options = first_release("margetuximab").facts["combination_partner"].options
    assert set(options) == DRUG_SETS["margetuximab-partners"] | {"another chemotherapy", "none"}


def test_the_whole_range_of_breast_cancer_codes_is_the_disease() -> None:
    codes = words().codes("breast-cancer", VERSION)
    leaves = [f"C50.{site}{sex}{side}" for site in "01234568" + "9" for sex in "12" for side in "129"]
    assert len(leaves) == 54
    assert {member.code for member in codes.members if member.system.name == "ICD10CM"} >= set(leaves)


@pytest.mark.parametrize(
    ("name", "system", "code"),
    [
        ("breast-cancer", ICD, "C79.81"),
        ("breast-cancer", ICD, "Z85.3"),
        ("breast-cancer", ICD, "Z17.31"),
        ("breast-cancer", ICD, "D05.10"),
        ("breast-cancer", SNOMED, "278052009"),
        ("breast-cancer", SNOMED, "718220008"),
        ("multiple-myeloma", ICD, "D47.2"),
        ("multiple-myeloma", ICD, "C90.30"),
        ("multiple-myeloma", SNOMED, "413587002"),
        ("multiple-myeloma", SNOMED, "415110002"),
        ("her2-ihc-scores", SNOMED, "10828004"),
        ("breast-secondary-neoplasms", ICD, "C79.63"),
        ("result-words", LOINC, "LA11885-3"),
        ("ecog-tests", LOINC, "42800-3"),
    ],
)
def test_what_does_not_prove_is_not_found(name: str, system: str, code: str) -> None:
    assert words().codes(name, VERSION).find(system, code) is None


@pytest.mark.parametrize(
    ("name", "system", "code", "means"),
    [
        ("her2-tests", LOINC, "85319-2", "ihc"),
        ("her2-tests", LOINC, "48676-1", "overall"),
        ("her2-tests", LOINC, "85318-4", "ish"),
        ("her2-tests", LOINC, "49683-6", "ratio"),
        ("her2-tests", LOINC, "74860-8", "copies"),
        ("her2-tests", LOINC, "32996-1", "not tissue"),
        ("her2-tests", LOINC, "42914-2", "not tissue"),
        ("her2-tests", LOINC, "51981-9", "not tissue"),
        ("her2-tests", LOINC, "42783-1", "mutation"),
        ("her2-ihc-scores", LOINC, "LA11843-2", "3+"),
        ("her2-ihc-scores", LOINC, "LA11842-4", "2+"),
        ("her2-statements", ICD, "Z17.31", "positive"),
        ("her2-statements", ICD, "Z17.32", "negative"),
        ("breast-secondary-neoplasms", ICD, "C77.3", "regional"),
        ("breast-secondary-neoplasms", ICD, "C77.9", "unclear"),
        ("breast-secondary-neoplasms", ICD, "C79.81", "to the breast"),
        ("breast-secondary-neoplasms", ICD, "C78.7", "distant"),
        ("stage-values", SNOMED, "261616001", "neuroblastoma 4S"),
        ("stage-values", SNOMED, "258228008", "iv"),
        ("myeloma-course", ICD, "C90.01", "remission"),
        ("myeloma-course", ICD, "C90.02", "relapsed"),
        ("ecog-tests", LOINC, "89243-0", "karnofsky"),
        ("ecog-scores", LOINC, "LA9624-3", "2"),
        ("disease-status-values", SNOMED, "271299001", "progression"),
        ("stop-reasons", SNOMED, "407563006", "not tolerated"),
    ],
)
def test_a_code_means_what_the_reading_says(name: str, system: str, code: str, means: str) -> None:
    member = words().codes(name, VERSION).find(system, code)
    assert member is not None
    assert member.means == means


def test_a_diagnosis_whose_refutation_refutes_the_disease_is_general() -> None:
    general = {
        name: {member.code for member in pinned.members if member.general}
        for (name, _), pinned in words().sets.items()
        if isinstance(pinned, CodeSet) and any(member.general for member in pinned.members)
    }
    assert general == {
        "breast-cancer": {"C50", "C50.9", "C50.919", "C50.929", "254837009", "254838004", "372137005"},
        "multiple-myeloma": {"C90.0", "109989006"},
    }
