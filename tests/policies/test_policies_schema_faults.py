"""What the schema refuses in a policy file: one row a fault, in a copy of a real file with a piece replaced."""

import pytest
from policy_texts import ELRANATAMAB, MARGETUXIMAB, Edit, edited, faults, only_fault, position, real

from policies.files import schema_check
from policies.files.problems import PolicyError, place
from policies.files.yaml_source import parse

GATE = (
    "gate: {id: order.patient-living, says: The patient is living, section: Any order, "
    "fact: patient_deceased, is: false}"
)
VIALS = 'vials: ["250 mg/10 mL (25 mg/mL), single dose"]'


@pytest.mark.parametrize(
    ("edit", "where", "at", "cause", "mend"),
    [
        (
            ("undecided: [equivocal]", "undecidet: [equivocal]"),
            "facts.her2_ish_result.undecidet",
            "undecidet",
            "'undecidet' is not a word of this file",
            "did you mean 'undecided'?",
        ),
        (
            ("fact: combination_partner\n      one_of", "fact: combination_partner\n      onne_of"),
            "initial.all[3].onne_of",
            "onne_of",
            "'onne_of' is not a word of this file",
            "did you mean 'one_of'?",
        ),
        (
            ("fact: prior_anti_her2_therapies, at_least: 2}", "fact: prior_anti_her2_therapies, at_least: 2,5}"),
            "initial.all[2].all[0].5",
            "5}\n        - id: prior-anti-her2.metastatic",
            "'5' is not a word of this file",
            "write a decimal with a point, say 6.5; a text with a comma is put in quotes",
        ),
        (
            ("  payer: MMM", "  payer: MMM\n  zzz: 1"),
            "document.zzz",
            "zzz",
            "'zzz' is not a word of this file",
            "use one of: payer, number, title, version_is, adopted, approved, lines_of_business, benefit",
        ),
        (
            ("disease: breast-cancer\n", ""),
            "",
            "id: margetuximab",
            "'disease' is missing here",
            "add what is missing",
        ),
        (
            ("    kind: patient_deceased", "    # none"),
            "facts.patient_deceased",
            "patient_deceased:",
            "'kind' is missing here",
            "add what is missing",
        ),
        (
            ("revision: 2", "revision: one"),
            "revision",
            "revision: one",
            "'one' is not a whole number",
            "write a whole number here",
        ),
        (
            ("revision: 2", "revision: 1.5"),
            "revision",
            "revision: 1.5",
            "'1.5' is not a whole number",
            "write a whole number here",
        ),
        (
            ("title: Margetuximab-cmkb (Margenza)", "title: 56"),
            "title",
            "title: 56",
            "'56' is not a text",
            'put it in quotes: "56"',
        ),
        (
            ("title: Margetuximab-cmkb (Margenza)", "title: 5.60"),
            "title",
            "title: 5.60",
            "'5.60' is not a text",
            'put it in quotes: "5.60"',
        ),
        (
            ("title: Margetuximab-cmkb (Margenza)", "title: no"),
            "title",
            "title: no",
            "'false' is not a text",
            "put the word in quotes",
        ),
        (
            ("title: Margetuximab-cmkb (Margenza)", "title:"),
            "title",
            "title:\n",
            "'nothing' is not a text",
            "write a text here",
        ),
        (
            ("title: Margetuximab-cmkb (Margenza)", 'title: ""'),
            "title",
            'title: ""',
            "This text is empty",
            "write something here, or delete the word",
        ),
        (
            ("approved: [2024-05-09, 2025-03-06, 2025-08-08, 2026-05-06]", "approved: 2026-05-06"),
            "document.approved",
            "approved: 2026",
            "'2026-05-06' is not a list",
            "write a list here",
        ),
        (
            ("  adopted: 2023-11-30", "  adopted: 30.11.2023"),
            "document.adopted",
            "adopted: 30",
            "'30.11.2023' is not written as it should be",
            "write it like the pattern ^\\d{4}-\\d{2}-\\d{2}$",
        ),
        (
            (VIALS, "vials: []"),
            "product.vials",
            "vials: []",
            "0 is too few here",
            "at least 1 must stand here",
        ),
        (
            ("window_days: 28", "window_days: -1"),
            "lines.window_days",
            "window_days: -1",
            "'-1' is too small",
            "the least that may stand here is 0",
        ),
        (
            ("unit_mg: 5}", "unit_mg: 0}"),
            "product.billing.unit_mg",
            "unit_mg: 0",
            "'0' is too small",
            "write a number above 0",
        ),
        (
            ("score: 3+,", "score: 3,"),
            "definitions.her2-ihc.rows[0].score",
            "score: 3,",
            "'3' is not a text",
            'put it in quotes: "3"',
        ),
        (
            ("{result: positive, score", "{result: positve, score"),
            "definitions.her2-ihc.rows[0].result",
            "result: positve",
            "'positve' is not allowed here",
            "did you mean 'positive'?",
        ),
        (
            ("{result: positive, score", "{result: yellow, score"),
            "definitions.her2-ihc.rows[0].result",
            "result: yellow",
            "'yellow' is not allowed here",
            "use one of: positive, equivocal, negative",
        ),
        (
            ("ratio: {at_least: 2.0}", "ratio: {}"),
            "definitions.her2-ish.rows[0].ratio",
            "ratio: {}",
            "0 is too few here",
            "at least 1 must stand here",
        ),
        (
            ("options: [positive, equivocal, negative]", "options: [positive, equivocal, positive]"),
            "facts.her2_ish_result.options",
            "options: [positive, equivocal, positive]",
            "'positive' stands twice in this list",
            "keep one of the two",
        ),
        (
            ("  breast_cancer:\n", "  Breast-Cancer:\n"),
            "facts.Breast-Cancer",
            "Breast-Cancer:",
            "'Breast-Cancer' is not written as it should be",
            "write it like the pattern ^[a-z][a-z0-9]*(_[a-z0-9]+)*$",
        ),
        (
            ("fact: her2_ihc_score, is: 3+}", "fact: her2_ihc_score, is: 3}"),
            "initial.all[1].any[0].is",
            "is: 3}",
            "'3' is not true or false or a text",
            'put it in quotes: "3"',
        ),
        (
            ("mg_per_kg: 15,", "mg_per_kg: fifteen,"),
            "dosing.schedule[0].mg_per_kg",
            "mg_per_kg: fifteen",
            "'fifteen' is not a number",
            "write a number here",
        ),
        (
            (GATE, "gate: none"),
            "gate",
            "gate: none",
            "'none' is not a block of words with values",
            "write a block of words with values here",
        ),
    ],
)
def test_a_fault_is_told_with_its_line_its_place_its_cause_and_its_mend(
    edit: Edit, where: str, at: str, cause: str, mend: str
) -> None:
    problem = only_fault(MARGETUXIMAB, edit)
    assert (place(problem.path), problem.cause, problem.mend) == (where, cause, mend)
    assert problem.file == MARGETUXIMAB
    assert (problem.line, problem.column) == position(edited(real(MARGETUXIMAB), edit), at)


def test_a_long_value_is_shown_by_its_beginning() -> None:
    problem = only_fault(MARGETUXIMAB, ("id: margetuximab\n", f"id: {'X' * 60}\n"))
    assert problem.cause == f"'{'X' * 37}...' is not written as it should be"


def test_a_fault_without_words_of_its_own_is_told_in_those_of_the_schema() -> None:
    problem = only_fault(ELRANATAMAB, ("[bortezomib, ixazomib]\n", "[bortezomib, ixazomib, carfilzomib]\n"))
    assert problem.cause == "['bortezomib', 'ixazomib', 'carfilzomib'] is too long"
    assert problem.mend == "see docs/policy-language.md"


def test_two_missing_words_are_one_fault_that_names_both() -> None:
    problem = only_fault(MARGETUXIMAB, ("  payer: MMM\n", ""), ("  number: MP-RX-FP-56-23\n", ""))
    assert problem.cause == "'number', 'payer' are missing here"


def test_the_faults_of_a_file_are_reported_together_from_top_to_bottom() -> None:
    found = faults(
        MARGETUXIMAB,
        ("authorization_months: 6", "authorization_months: six"),
        ("revision: 2", "revision: 0"),
        ("  payer: MMM", "  payr: MMM"),
    )
    assert [place(one.path) for one in found] == ["revision", "document", "document.payr", "authorization_months"]
    assert [one.line for one in found] == sorted(one.line for one in found)


def test_a_file_that_is_a_list_is_a_fault() -> None:
    problem = only_fault(MARGETUXIMAB, (real(MARGETUXIMAB), "- one\n- two\n"))
    assert problem.cause == "'['one', 'two']' is not a block of words with values"


def test_a_word_that_has_examples_is_mended_by_them() -> None:
    """A pharmacist reads no patterns: of a beginning of a code it is shown how one is written."""
    head = "version: 2026-12-01\ntitle: T\nsays: S\nbeside: 2026-11-30\n"
    content = f"{head}diseases: {{gout: {{icd10: [M10.0], words: [gout]}}}}\ndrugs: {{}}\n"
    with pytest.raises(PolicyError) as error:
        schema_check.check(parse(content, "drugs.yaml"), "drugs")
    assert any(one.mend == "write it like L50 or G700 (without the dot)" for one in error.value.problems)
