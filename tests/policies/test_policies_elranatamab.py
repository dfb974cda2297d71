"""Elranatamab, as first shipped: every id, section, fact and figure of the payer's policy MP-RX-FP-120-24."""

from datetime import date

import pytest
from policy_texts import first_release
from policy_texts import shipped_words as words
from policy_trees import MET, NOT_MET, UNKNOWN, answers

from policies.evaluation.ruling import Ruling, evaluate
from policies.model.criteria import Comparison, Group, Leaf, Operator, RequestKind
from policies.model.dosing import Bill
from policies.model.findings import Range, Value
from policies.model.truth import Truth

POLICY = first_release("elranatamab")
INITIAL = POLICY.requests[RequestKind.INITIAL]
ALL_MET: dict[str, Value] = {
    "multiple_myeloma": True,
    "relapsed_or_refractory": True,
    "prior_lines": Range(4),
    "prior_anti_cd38": True,
    "prior_proteasome_inhibitor": True,
    "prior_immunomodulatory": True,
    "ecog": Range.exactly(2),
}


def ruled(**changed: Value | None) -> Ruling:
    values = {name: value for name, value in (ALL_MET | changed).items() if value is not None}
    return evaluate(INITIAL, POLICY.facts, answers(**values))


def test_the_criteria_of_the_initial_request_stand_as_written() -> None:
    assert [(node.id, node.section) for node in INITIAL.nodes()] == [
        ("order.patient-living", "Any order"),
        ("diagnosis", "A.i"),
        ("diagnosis.multiple-myeloma", "A.i"),
        ("diagnosis.relapsed-or-refractory", "A.i"),
        ("prior-therapies", "A.ii"),
        ("prior-therapies.count", "A.ii"),
        ("prior-therapies.anti-cd38", "A.ii"),
        ("prior-therapies.proteasome-inhibitor", "A.ii"),
        ("prior-therapies.immunomodulatory", "A.ii"),
        ("ecog", "A.iii"),
    ]


def test_the_tests_of_the_initial_request_stand_as_written() -> None:
    found = {node.id: (node.fact, node.comparison, node.operand) for node in INITIAL.nodes() if isinstance(node, Leaf)}
    assert found == {
        "order.patient-living": ("patient_deceased", Comparison.IS, False),
        "diagnosis.multiple-myeloma": ("multiple_myeloma", Comparison.IS, True),
        "diagnosis.relapsed-or-refractory": ("relapsed_or_refractory", Comparison.IS, True),
        "prior-therapies.count": ("prior_lines", Comparison.AT_LEAST, 4),
        "prior-therapies.anti-cd38": ("prior_anti_cd38", Comparison.IS, True),
        "prior-therapies.proteasome-inhibitor": ("prior_proteasome_inhibitor", Comparison.IS, True),
        "prior-therapies.immunomodulatory": ("prior_immunomodulatory", Comparison.IS, True),
        "ecog": ("ecog", Comparison.AT_MOST, 2),
    }


def test_every_criterion_is_needed() -> None:
    groups = {node.id: node.operator for node in INITIAL.nodes() if isinstance(node, Group)}
    assert groups == {"diagnosis": Operator.ALL, "prior-therapies": Operator.ALL}
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
    assert (document.payer, document.number) == ("MMM", "MP-RX-FP-120-24")
    assert document.adopted == "2024-06-28"
    assert document.approved == ("2025-04-02", "2025-12-11")
    assert document.lines_of_business == ("MMM MA", "MMM MultiHealth")
    assert "no separate effective date" in document.version_is
    assert POLICY.version == date(2025, 12, 11)
    assert (product.drug, product.billing_code, product.unit_mg) == ("elranatamab", "J1323", 1)
    assert product.billing_system == words().systems["HCPCS"].uri
    assert product.billing_display == "Injection, elranatamab-bcmm, 1 mg"
    assert product.vials == ("76 mg/1.9 mL (40 mg/mL)", "44 mg/1.1 mL (40 mg/mL)")


def test_the_dose_table_stands_as_written() -> None:
    rows = POLICY.figures.dosing.schedule
    assert [(row.step, row.mg, row.every_days, row.from_day) for row in rows] == [
        ("Step-up 1", 12, 0, 1),
        ("Step-up 2", 32, 0, 4),
        ("First treatment dose", 76, 0, 8),
        ("Every week", 76, 7, 15),
        ("Every 2 weeks", 76, 14, 169),
        ("Every 4 weeks", 76, 28, 337),
    ]
    assert {(row.mg_per_kg, row.route) for row in rows} == {(None, "subcutaneous")}
    assert [row.when for row in rows[:3]] == ["day 1", "day 4", "day 8"]
    assert "through week 24" in rows[3].when
    assert (rows[4].when, rows[5].when) == ("from week 25", "from week 49")
    assert all(words in rows[4].only_for for words in ("responders", "2 months", "24 weeks"))
    assert "24 weeks of the schedule before" in rows[5].only_for
    assert [row.only_for for row in rows[:4]] == [""] * 4
    dosing = POLICY.figures.dosing
    assert (dosing.vial_mg, dosing.bill, dosing.tolerance_percent, dosing.weight) == ((76, 44), Bill.VIALS, 0, None)


def test_the_figures_stand_as_written() -> None:
    assert POLICY.figures.authorization_months == 6
    assert POLICY.after_days == 28
    lines = POLICY.figures.lines
    assert (lines.window_days, lines.gap_days, lines.lead_in_days, lines.maintenance_days) == (60, 90, 0, 180)
    assert lines.consolidation == {"daratumumab", "isatuximab", "elotuzumab", "carfilzomib", "pomalidomide"}
    assert (lines.drugs, lines.same_line) == ("myeloma-therapies", frozenset({("bortezomib", "ixazomib")}))
    assert lines.intents == ""
    for name in ("ecog", "progression_on_therapy", "oncology_note", "imaging_comparison"):
        assert POLICY.facts[name].parameters["within_days"] == 90
    assert dict(POLICY.facts["prior_lines"].parameters) == {"drugs": "all", "setting": "any"}
    assert POLICY.figures.definitions == {}


@pytest.mark.parametrize(
    ("changed", "truth"),
    [
        ({}, MET),
        ({"multiple_myeloma": False}, NOT_MET),
        ({"relapsed_or_refractory": False}, NOT_MET),
        ({"prior_lines": Range(3)}, UNKNOWN),
        ({"prior_lines": Range.exactly(3)}, NOT_MET),
        ({"prior_lines": Range.exactly(4)}, MET),
        ({"prior_anti_cd38": False}, NOT_MET),
        ({"prior_proteasome_inhibitor": False}, NOT_MET),
        ({"prior_immunomodulatory": False}, NOT_MET),
        ({"prior_immunomodulatory": None}, UNKNOWN),
        ({"ecog": Range.exactly(0)}, MET),
        ({"ecog": Range.exactly(3)}, NOT_MET),
        ({"ecog": Range(2, 3)}, UNKNOWN),
        ({"ecog": Range(3, 4)}, NOT_MET),
        ({"patient_deceased": True}, NOT_MET),
    ],
)
def test_each_criterion_decides_on_both_sides_of_its_figure(changed: dict[str, Value | None], truth: Truth) -> None:
    assert ruled(**changed).truth is truth


def test_an_empty_chart_asks_everything_in_the_policys_order() -> None:
    questions = evaluate(INITIAL, POLICY.facts, {}).questions
    assert [question.fact.name for question in questions] == list(ALL_MET)
