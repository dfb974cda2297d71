"""Margetuximab: every id, section, fact and figure of the payer's policy MP-RX-FP-56-23."""

from datetime import date
from decimal import Decimal

import pytest
from policy_texts import first_release
from policy_texts import shipped_words as words
from policy_trees import MET, NOT_MET, UNKNOWN, answers, seen

from policies.evaluation.ruling import Ruling, evaluate
from policies.model.criteria import Comparison, Group, Leaf, Operator, RequestKind
from policies.model.dosing import Bill, WeightRules
from policies.model.figures import Bounds
from policies.model.findings import Finding, Range, Role, Value
from policies.model.truth import Truth

POLICY = first_release("margetuximab")
INITIAL = POLICY.requests[RequestKind.INITIAL]
ALL_MET: dict[str, Value] = {
    "breast_cancer": True,
    "disease_extent": "metastatic",
    "her2_ihc_score": "3+",
    "her2_ish_result": "positive",
    "prior_anti_her2_therapies": Range(2),
    "prior_anti_her2_therapies_metastatic": Range(1),
    "prior_lines_advanced": Range(3),
    "combination_partner": "capecitabine",
}


def ruled(**changed: Value | None) -> Ruling:
    values = {name: value for name, value in (ALL_MET | changed).items() if value is not None}
    return evaluate(INITIAL, POLICY.facts, answers(**values))


def test_the_criteria_of_the_initial_request_stand_as_written() -> None:
    assert [(node.id, node.section) for node in INITIAL.nodes()] == [
        ("order.patient-living", "Any order"),
        ("diagnosis", "A.i"),
        ("diagnosis.breast-cancer", "A.i"),
        ("diagnosis.extent", "A.i"),
        ("her2-positive", "A.i.A-B"),
        ("her2-positive.ihc", "A.i.A"),
        ("her2-positive.ish", "A.i.B"),
        ("prior-anti-her2", "A.ii"),
        ("prior-anti-her2.count", "A.ii"),
        ("prior-anti-her2.metastatic", "A.ii"),
        ("prior-anti-her2.fourth-line", "A.ii.A"),
        ("combination-chemotherapy", "A.iii"),
    ]


def test_the_tests_of_the_initial_request_stand_as_written() -> None:
    found = {node.id: (node.fact, node.comparison, node.operand) for node in INITIAL.nodes() if isinstance(node, Leaf)}
    partners = ("capecitabine", "eribulin", "gemcitabine", "vinorelbine")
    assert found == {
        "order.patient-living": ("patient_deceased", Comparison.IS, False),
        "diagnosis.breast-cancer": ("breast_cancer", Comparison.IS, True),
        "diagnosis.extent": ("disease_extent", Comparison.ONE_OF, ("metastatic", "recurrent and unresectable")),
        "her2-positive.ihc": ("her2_ihc_score", Comparison.IS, "3+"),
        "her2-positive.ish": ("her2_ish_result", Comparison.IS, "positive"),
        "prior-anti-her2.count": ("prior_anti_her2_therapies", Comparison.AT_LEAST, 2),
        "prior-anti-her2.metastatic": ("prior_anti_her2_therapies_metastatic", Comparison.AT_LEAST, 1),
        "prior-anti-her2.fourth-line": ("prior_lines_advanced", Comparison.AT_LEAST, 3),
        "combination-chemotherapy": ("combination_partner", Comparison.ONE_OF, partners),
    }


def test_her2_needs_one_of_its_tests_and_everything_else_is_needed() -> None:
    groups = {node.id: node.operator for node in INITIAL.nodes() if isinstance(node, Group)}
    assert groups == {"diagnosis": Operator.ALL, "her2-positive": Operator.ANY, "prior-anti-her2": Operator.ALL}
    assert INITIAL.criteria.operator is Operator.ALL


def test_the_facts_and_their_order_stand_as_written() -> None:
    assert list(POLICY.facts) == [
        "patient_deceased",
        *ALL_MET,
        "progression_on_therapy",
        "unacceptable_toxicity",
        "within_duration",
        "own_authorization",
        "oncology_note",
        "imaging_comparison",
    ]


def test_the_document_and_the_product_stand_as_written() -> None:
    document, product = POLICY.figures.document, POLICY.figures.product
    assert (document.payer, document.number) == ("MMM", "MP-RX-FP-56-23")
    assert document.adopted == "2023-11-30"
    assert document.approved == ("2024-05-09", "2025-03-06", "2025-08-08", "2026-05-06")
    assert document.lines_of_business == ("MMM MA", "MMM MultiHealth")
    assert POLICY.version == date(2026, 5, 6)
    assert (product.drug, product.billing_code, product.unit_mg) == ("margetuximab", "J9353", 5)
    assert product.billing_system == words().systems["HCPCS"].uri
    assert product.billing_display == "Injection, margetuximab-cmkb, 5 mg"
    assert product.vials == ("250 mg/10 mL (25 mg/mL), single dose",)


def test_the_figures_stand_as_written() -> None:
    figures = POLICY.figures
    assert figures.authorization_months == 6
    assert POLICY.after_days == 28
    (dose,) = figures.dosing.schedule
    assert (dose.mg, dose.mg_per_kg, dose.every_days, dose.from_day, dose.route) == (None, 15, 21, 1, "intravenous")
    assert (figures.dosing.vial_mg, figures.dosing.bill, figures.dosing.tolerance_percent) == ((250,), Bill.DOSE, 10)
    assert figures.dosing.weight == WeightRules("body-weight-tests", within_days=30, agree_percent=10, slip_percent=80)
    lines = figures.lines
    assert (lines.window_days, lines.gap_days, lines.lead_in_days, lines.maintenance_days) == (28, 90, 180, 0)
    taxanes = {("paclitaxel", "docetaxel"), ("docetaxel", "paclitaxel")}
    assert (lines.drugs, lines.same_line) == ("breast-systemic-therapies", taxanes)
    assert (lines.consolidation, lines.intents) == (frozenset(), "treatment-intents")
    assert POLICY.facts["combination_partner"].parameters["within_days"] == 60
    for name in ("progression_on_therapy", "oncology_note", "imaging_comparison"):
        assert POLICY.facts[name].parameters["within_days"] == 90


def test_the_settings_of_the_counts_stand_as_written() -> None:
    found = {name: dict(fact.parameters) for name, fact in POLICY.facts.items() if fact.kind.name == "prior_regimens"}
    assert found == {
        "prior_anti_her2_therapies": {"drugs": "anti-her2-drugs", "setting": "any"},
        "prior_anti_her2_therapies_metastatic": {"drugs": "anti-her2-drugs", "setting": "metastatic"},
        "prior_lines_advanced": {"drugs": "all", "setting": "advanced"},
    }


@pytest.mark.parametrize(
    ("score", "result"),
    [("3+", "positive"), ("2+", "equivocal"), ("1+", "negative"), ("0", "negative"), ("negative", "negative")],
)
def test_ihc_scores_are_called_what_the_payer_calls_them(score: str, result: str) -> None:
    assert POLICY.figures.definitions["her2-ihc"].result_of_score(score) == result


def test_the_rows_of_the_ish_definition_stand_as_written() -> None:
    two, four, six = Decimal("2.0"), Decimal("4.0"), Decimal("6.0")
    rows = POLICY.figures.definitions["her2-ish"].rows
    assert [(row.probe, dict(row.measures), row.result) for row in rows] == [
        ("dual", {"ratio": Bounds(two)}, "positive"),
        ("dual", {"ratio": Bounds(None, two), "copies": Bounds(six)}, "positive"),
        ("dual", {"ratio": Bounds(None, two), "copies": Bounds(four, six)}, "equivocal"),
        ("dual", {"ratio": Bounds(None, two), "copies": Bounds(None, four)}, "negative"),
        ("single", {"copies": Bounds(six)}, "positive"),
        ("single", {"copies": Bounds(four, six)}, "equivocal"),
        ("single", {"copies": Bounds(None, four)}, "negative"),
    ]


def test_the_figures_in_the_words_of_the_definitions_stand_as_written() -> None:
    rows = POLICY.figures.definitions["her2-ihc"].rows
    assert [row.says.count("10 %") for row in rows] == [1, 2, 1, 1, 0]
    single = next(row for row in POLICY.figures.definitions["her2-ish"].rows if row.probe == "single")
    assert "20 cells" in single.says
    assert "more than 10 %" in single.says


@pytest.mark.parametrize(
    ("ihc", "ish", "truth"),
    [
        ("3+", None, MET),
        ("3+", "negative", MET),
        ("2+", None, UNKNOWN),
        ("2+", "negative", NOT_MET),
        ("2+", "positive", MET),
        ("2+", "equivocal", UNKNOWN),
        ("1+", None, UNKNOWN),
        ("0", "negative", NOT_MET),
        ("negative", None, UNKNOWN),
        (None, "positive", MET),
        (None, "negative", UNKNOWN),
        (None, "equivocal", UNKNOWN),
        (None, None, UNKNOWN),
    ],
)
def test_her2_is_judged_as_a_clinician_does(ihc: str | None, ish: str | None, truth: Truth) -> None:
    assert ruled(her2_ihc_score=ihc, her2_ish_result=ish).truth is truth


def test_an_equivocal_ihc_says_that_ish_decides_and_only_ish_is_asked() -> None:
    ruling = ruled(her2_ihc_score="2+", her2_ish_result=None)
    notes = {reason.criterion.id: reason.note for reason in ruling.reasons}
    assert notes["her2-positive.ihc"] == "equivocal: ISH decides"
    assert [question.fact.name for question in ruling.questions] == ["her2_ish_result"]


def test_a_conflicting_ihc_beside_a_negative_ish_leaves_the_group_open_and_asks_one_question() -> None:
    torn = Finding.conflicting(
        "3+ beside a negative ISH", (seen("Observation/ihc"), seen("Observation/ish", Role.AGAINST))
    )
    values = {name: value for name, value in ALL_MET.items() if name != "her2_ihc_score"} | {
        "her2_ish_result": "negative"
    }
    ruling = evaluate(INITIAL, POLICY.facts, answers(**values) | {"her2_ihc_score": torn})
    assert ruling.truth is UNKNOWN
    assert [question.fact.name for question in ruling.questions] == ["her2_ihc_score"]
    assert [conflict.criterion.id for conflict in ruling.conflicts] == ["her2-positive.ihc"]


@pytest.mark.parametrize(
    ("changed", "truth"),
    [
        ({}, MET),
        ({"breast_cancer": False}, NOT_MET),
        ({"disease_extent": "recurrent and unresectable"}, MET),
        ({"disease_extent": "neither"}, NOT_MET),
        ({"prior_anti_her2_therapies": Range(1)}, UNKNOWN),
        ({"prior_anti_her2_therapies": Range.exactly(1)}, NOT_MET),
        ({"prior_anti_her2_therapies_metastatic": Range.exactly(0)}, NOT_MET),
        ({"prior_lines_advanced": Range(2)}, UNKNOWN),
        ({"prior_lines_advanced": Range.exactly(2)}, NOT_MET),
        ({"combination_partner": "vinorelbine"}, MET),
        ({"combination_partner": "another chemotherapy"}, NOT_MET),
        ({"combination_partner": "none"}, NOT_MET),
        ({"combination_partner": None}, UNKNOWN),
        ({"patient_deceased": True}, NOT_MET),
    ],
)
def test_each_criterion_is_needed(changed: dict[str, Value | None], truth: Truth) -> None:
    assert ruled(**changed).truth is truth


def test_an_empty_chart_asks_everything_in_the_policys_order() -> None:
    questions = evaluate(INITIAL, POLICY.facts, {}).questions
    assert [question.fact.name for question in questions] == list(ALL_MET)
