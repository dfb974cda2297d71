"""Faults of criteria that the schema lets pass: one row a fault, in a copy of a real policy file."""

import pytest
from policy_texts import ELRANATAMAB, Edit, edited, only_fault, position, real

from policies.files.problems import place

CURRENT = "A current ECOG performance status of 0 to <at_most:figure>"
ECOG = f"{{id: ecog, says: {CURRENT}, section: A.iii, fact: ecog, at_most: 2}}"
COUNT = "says: At least <at_least> earlier therapies, fact: prior_lines, at_least: 4}"
MYELOMA = "{id: diagnosis.multiple-myeloma, says: Multiple myeloma, fact: multiple_myeloma, is: true}"
ALL_GROUPS = "keep one of: all, any, not, at_least_of, fact"
TESTS = "one of: is, one_of, at_least, at_most, above, below, between"


@pytest.mark.parametrize(
    ("edit", "where", "at", "cause", "mend"),
    [
        (
            (
                ECOG,
                "{id: ecog, says: ECOG, section: A.iii, all: [], fact: ecog, at_most: 2}".replace("[]", f"[{MYELOMA}]"),
            ),
            "initial.all[2]",
            "{id: ecog, says: ECOG",
            "A criterion says one thing; this one says: all, fact",
            ALL_GROUPS,
        ),
        (
            (f"    - {ECOG}\n", f"    - {ECOG}\n    - {{id: more, says: More, section: B, fact: ekog, at_most: 2}}\n"),
            "initial.all[3].fact",
            "fact: ekog",
            "There is no fact 'ekog'",
            "declare it under 'facts'",
        ),
        (
            (COUNT, COUNT.replace("}", ", at_most: 9}")),
            "initial.all[1].all[0]",
            "{id: prior-therapies.count",
            "A test has one comparison; this one has: at_least, at_most",
            TESTS,
        ),
        (
            (COUNT, COUNT.replace(", at_least: 4", "")),
            "initial.all[1].all[0]",
            "{id: prior-therapies.count",
            "A test has one comparison; this one has: none",
            TESTS,
        ),
        (
            (COUNT, COUNT.replace("at_least: 4", "is: true")),
            "initial.all[1].all[0].is",
            "is: true}\n        - {id: prior-therapies.anti-cd38",
            "'is' does not fit 'prior_lines'",
            "its answer is a number",
        ),
        (
            ("fact: prior_anti_cd38, is: true", "fact: prior_anti_cd38, at_least: 1"),
            "initial.all[1].all[1].at_least",
            "at_least: 1",
            "'at_least' does not fit 'prior_anti_cd38'",
            "its answer is a yes-no",
        ),
        (
            ("fact: prior_anti_cd38, is: true", "fact: prior_anti_cd38, is: daratumumab"),
            "initial.all[1].all[1].is",
            "is: daratumumab",
            "'prior_anti_cd38' is answered by yes or no",
            "write true or false",
        ),
        (
            ("fact: prior_anti_cd38, is: true", "fact: prior_anti_cd38, one_of: [a, b]"),
            "initial.all[1].all[1].one_of",
            "one_of: [a, b]",
            "'prior_anti_cd38' is answered by yes or no",
            "write true or false",
        ),
        (
            (
                "{id: ecog, says: A current ECOG performance status of 0 to <at_most:figure>, section",
                "{says: ECOG 0 to 2, section",
            ),
            "initial.all[2]",
            "{says: ECOG 0 to 2",
            "A criterion that tests a fact needs 'id'",
            "name it",
        ),
        (
            ("says: A current ECOG performance status of 0 to <at_most:figure>, ", ""),
            "initial.all[2]",
            "{id: ecog, section",
            "A criterion that tests a fact needs 'says'",
            "add one plain sentence",
        ),
        (
            ("section: A.iii, fact: ecog", "fact: ecog"),
            "initial.all[2]",
            "{id: ecog, says",
            "A criterion that tests a fact needs 'section'",
            "name the place",
        ),
        (
            ("      says: Relapsed or refractory multiple myeloma\n", ""),
            "initial.all[0]",
            "id: diagnosis\n",
            "'diagnosis' says nothing",
            "add 'says': one plain sentence",
        ),
        (
            ("id: prior-therapies.anti-cd38", "id: prior-therapies.count"),
            "initial.all[1].all[1].id",
            "id: prior-therapies.count, says: An anti-CD38",
            "Two criteria are called 'prior-therapies.count'",
            "give each an id of its own",
        ),
        (
            ("id: continuation.response", "id: order.patient-living"),
            "continuation.all[1].id",
            "id: order.patient-living, says: No disease progression",
            "Two criteria are called 'order.patient-living'",
            "give each an id of its own",
        ),
        (
            (f"    - {ECOG}\n", f"    - at_least_of: {{needed: 2, of: [{ECOG}]}}\n"),
            "initial.all[2].at_least_of",
            "at_least_of: {needed",
            "At least 2 of 1 can never be met",
            "lower 'needed'",
        ),
        (
            (f"    - {ECOG}\n", f"    - {{any: [{ECOG}], at_least: 1}}\n"),
            "initial.all[2].at_least",
            "at_least: 1}",
            "'at_least' tests a fact, but this is a group",
            "delete it, or name a fact",
        ),
        (
            (
                "facts:\n",
                "facts:\n  spare: {what: Spare, kind: drug_given, with: {drugs: anti-cd38-antibodies}, ask: Spare?}\n",
            ),
            "facts.spare",
            "spare:",
            "No criterion uses 'spare'",
            "use it or delete it",
        ),
    ],
)
def test_a_fault_is_told_with_its_line_its_place_its_cause_and_its_mend(
    edit: Edit, where: str, at: str, cause: str, mend: str
) -> None:
    problem = only_fault(ELRANATAMAB, edit)
    assert (place(problem.path), problem.cause, problem.mend) == (where, cause, mend)
    assert problem.file == ELRANATAMAB
    assert (problem.line, problem.column) == position(edited(real(ELRANATAMAB), edit), at)
