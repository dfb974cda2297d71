"""Faults of facts, figures and names that the schema lets pass: one row a fault, in a copy of a real policy file."""

import pytest
from policy_texts import ELRANATAMAB, Edit, edited, only_fault, position, real

from policies.files.problems import place
from policies.kinds.registry import KINDS

CURRENT = "A current ECOG performance status of 0 to <at_most:figure>"
ECOG = f"{{id: ecog, says: {CURRENT}, section: A.iii, fact: ecog, at_most: 2}}"
CD38 = "    with: {drugs: anti-cd38-antibodies}\n"
WEEKLY = "mg: 76, every_days: 7, from_day: 15}"


@pytest.mark.parametrize(
    ("edit", "where", "at", "cause", "mend"),
    [
        (
            ("    kind: performance_status", "    kind: performance"),
            "facts.ecog.kind",
            "kind: performance\n",
            "'performance' is no kind of fact",
            f"use one of: {', '.join(KINDS)}",
        ),
        (
            ("    ask: What is the patient's ECOG performance status today (0 to 5)?\n", ""),
            "facts.ecog",
            "ecog:\n",
            "'ecog' has no question",
            "add 'ask': what to ask a clinician when it is unknown",
        ),
        (
            (
                "    what: Maximum duration not exceeded\n    kind: treatment_duration\n    with: {maximum_days: none}",
                "    what: Maximum duration not exceeded\n    kind: treatment_duration\n    with: {maximum_days: 365}",
            ),
            "facts.within_duration",
            "within_duration:",
            "'within_duration' has no question",
            "add 'ask': what to ask a clinician when it is unknown",
        ),
        (
            (CD38, "    with: {drugs: anti-cd38-antibodies, days: 3}\n"),
            "facts.prior_anti_cd38.with.days",
            "days: 3",
            "The kind 'drug_given' knows no 'days'",
            "it takes: drugs",
        ),
        (
            ("    kind: patient_deceased\n", "    kind: patient_deceased\n    with: {days: 3}\n"),
            "facts.patient_deceased.with.days",
            "days: 3",
            "The kind 'patient_deceased' knows no 'days'",
            "it takes: nothing",
        ),
        (
            (CD38, ""),
            "facts.prior_anti_cd38.with",
            "prior_anti_cd38:",
            "'drugs' is missing for the kind 'drug_given'",
            "give it: the name of a value set of drugs",
        ),
        (
            (CD38, "    with: {drugs: ecog-tests}\n"),
            "facts.prior_anti_cd38.with.drugs",
            "drugs: ecog-tests",
            "'ecog-tests' does not do for 'drugs'",
            "it takes the name of a value set of drugs",
        ),
        (
            (CD38, "    with: {drugs: all}\n"),
            "facts.prior_anti_cd38.with.drugs",
            "drugs: all}\n    ask: Has the patient had an anti",
            "'all' does not do for 'drugs'",
            "it takes the name of a value set of drugs",
        ),
        (
            ("{tests: ecog-tests, scores", "{tests: her2-tests, scores"),
            "facts.ecog.with.tests",
            "tests: her2-tests",
            "The value set 'her2-tests' is not pinned",
            "write 'her2-tests: 2026-11-24' under 'value_sets'",
        ),
        (
            ("{tests: ecog-tests, scores", "{tests: grip-tests, scores"),
            "facts.ecog.with.tests",
            "tests: grip-tests",
            "There is no value set 'grip-tests'",
            "write it as value_sets/grip-tests.YYYY-MM-DD.yaml, and pin it",
        ),
        (
            ("{tests: ecog-tests, scores", "{tests: anti-cd38-antibodies, scores"),
            "facts.ecog.with.tests",
            "tests: anti-cd38-antibodies",
            "'anti-cd38-antibodies' does not do for 'tests'",
            "it takes the name of a value set of codes",
        ),
        (
            ("{tests: ecog-tests, scores", "{tests: [ecog-tests], scores"),
            "facts.ecog.with.tests",
            "tests: [ecog-tests]",
            "'['ecog-tests']' does not do for 'tests'",
            "it takes the name of a value set of codes",
        ),
        (
            ("scores: ecog-scores, within_days: 90", "scores: ecog-scores, within_days: 0"),
            "facts.ecog.with.within_days",
            "within_days: 0",
            "'0' does not do for 'within_days'",
            "it takes a number of days",
        ),
        (
            ("scores: ecog-scores, within_days: 90", "scores: ecog-scores, within_days: none"),
            "facts.ecog.with.within_days",
            "within_days: none",
            "'none' does not do for 'within_days'",
            "it takes a number of days",
        ),
        (
            ("{drugs: all, setting: any}", "{drugs: all, setting: adjuvant}"),
            "facts.prior_lines.with.setting",
            "setting: adjuvant",
            "'adjuvant' does not do for 'setting'",
            "it takes 'any', 'metastatic' or 'advanced'",
        ),
        (
            ("{drugs: all, setting: any}", "{drugs: ecog-tests, setting: any}"),
            "facts.prior_lines.with.drugs",
            "drugs: ecog-tests",
            "'ecog-tests' does not do for 'drugs'",
            "it takes the name of a value set of drugs, or 'all'",
        ),
        (
            ("{resources: [DocumentReference],", "{resources: DocumentReference,"),
            "facts.oncology_note.with.resources",
            "resources: DocumentReference",
            "'DocumentReference' does not do for 'resources'",
            "it takes a list of FHIR resource types",
        ),
        (
            ("    kind: performance_status\n", "    kind: performance_status\n    options: [a, b]\n"),
            "facts.ecog.options",
            "options: [a, b]",
            "A fact of kind 'performance_status' has no use for options",
            "add or delete 'options'",
        ),
        (
            ("    kind: performance_status\n", "    kind: performance_status\n    notes: {a: b}\n"),
            "facts.ecog.notes",
            "notes: {a: b}",
            "'a' is none of the options of 'ecog'",
            "delete it: there are no options",
        ),
        (
            ("  drug: elranatamab\n", "  drug: elranatimab\n"),
            "product.drug",
            "drug: elranatimab",
            "'elranatimab' is not in the drug table",
            "add it there, with its codes",
        ),
        (
            ("{system: HCPCS,", "{system: HCPC,"),
            "product.billing.system",
            "system: HCPC,",
            "'HCPC' is no code system",
            "see systems.yaml",
        ),
        (
            (WEEKLY, "mg: 76, mg_per_kg: 1.5, every_days: 7, from_day: 15}"),
            "dosing.schedule[3]",
            '{step: "Every <every_days:weeks>", when: "from one week',
            "A dose is given in mg or in mg per kg",
            "give one of 'mg' and 'mg_per_kg'",
        ),
        (
            (WEEKLY, "every_days: 7, from_day: 15}"),
            "dosing.schedule[3]",
            '{step: "Every <every_days:weeks>", when: "from one week',
            "A dose is given in mg or in mg per kg",
            "give one of 'mg' and 'mg_per_kg'",
        ),
        (
            ("  drugs: myeloma-therapies\n", "  drugs: ecog-tests\n"),
            "lines.drugs",
            "drugs: ecog-tests",
            "'ecog-tests' is no pinned value set of drugs",
            "pin it under 'value_sets'",
        ),
        (
            ("consolidation: [daratumumab,", "consolidation: [daratumumap,"),
            "lines.consolidation[0]",
            "daratumumap",
            "'daratumumap' is not in the drug table",
            "name one that is",
        ),
        (
            ("  maintenance_days: 180\n", "  maintenance_days: 180\n  intents: ecog-scores-of-old\n"),
            "lines.intents",
            "intents: ecog-scores-of-old",
            "'ecog-scores-of-old' is no pinned value set of codes",
            "pin it under 'value_sets'",
        ),
        (
            ("[bortezomib, ixazomib]\n", "[bortezomib, ixazomip]\n"),
            "lines.same_line[0]",
            "[bortezomib, ixazomip]",
            "'ixazomip' is not in the drug table",
            "name one that is",
        ),
        (
            ("  unspecific-drug-codes: 2026-11-24", "  unspecific-drug-codes: 2020-01-01"),
            "value_sets.unspecific-drug-codes",
            "unspecific-drug-codes: 2020",
            "There is no value set 'unspecific-drug-codes' of 2020-01-01",
            "name one that is on file",
        ),
        (
            ("  drugs: 2026-11-30", "  drugs: 2020-01-01"),
            "value_sets.drugs",
            "drugs: 2020",
            "No drug table is pinned that is on file ('2020-01-01')",
            "pin 'drugs' to one of: 2026-11-24, 2026-11-30",
        ),
        (
            ("  drugs: 2026-11-30\n", ""),
            "value_sets.drugs",
            "value_sets:",
            "No drug table is pinned that is on file ('')",
            "pin 'drugs' to one of: 2026-11-24, 2026-11-30",
        ),
        (
            ("disease: multiple-myeloma\n", "disease: myeloma-therapies\n"),
            "disease",
            "disease: myeloma-therapies",
            "'myeloma-therapies' is no pinned value set of codes",
            "pin it under 'value_sets'",
        ),
        (
            ("version: 2025-12-11", "version: 2025-12-12"),
            "version",
            "version: 2025-12-12",
            "The file is not named by its id and version",
            "name it elranatamab/2025-12-12.yaml",
        ),
        (
            ("id: elranatamab\n", "id: elrexfio\n"),
            "version",
            "version: 2025-12-11",
            "The file is not named by its id and version",
            "name it elrexfio/2025-12-11.yaml",
        ),
        (
            ("version: 2025-12-11", "version: 2025-13-41"),
            "version",
            "version: 2025-13-41",
            "This is no date",
            "write YYYY-MM-DD",
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
