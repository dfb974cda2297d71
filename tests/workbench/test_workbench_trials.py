"""Small changes of a policy, tried over cases: what notices them, and what does not.

That the cases on file notice every change of what ships is held by `cds-service policy test`, in `make test`.
"""

from workbench_files import cases_of, desk_on_file

from fhir_mappings.cases import policy_test
from fhir_mappings.cases.mutation_trials import run_cases, try_changes
from policies.mutations.all_mutations import changes

HEAD = "policy: elranatamab\ncases:\n"


def case(sentence: str, line: str, expected: str) -> str:
    """Write one case; a sentence may bring a list with it."""
    head = f"  - {{case: {sentence}, order: {{drug: elranatamab, on: 2026-06-01}}, chart: [{line}]"
    return f"{head}, expect: {{ruling: unknown, criteria: {{{expected}}}}}}}\n"


ECOG_90 = case("Day 90", "{ecog: 1, on: 2026-03-03}", "ecog: met")
ECOG_91 = case("Day 91", "{ecog: 1, on: 2026-03-02}", "ecog: unknown")


def noticed(text: str, prefix: str) -> dict[str, str]:
    desk = desk_on_file()
    policy = desk.newest("elranatamab")
    known = [one for one in changes(policy, desk.catalogue.terminology) if one.id.startswith(prefix)]
    run = run_cases(cases_of(HEAD + text), desk.catalogue)
    assert run.passed
    return {change.id: by for change, by in try_changes(known, run.drawn, desk.catalogue)}


def test_a_figure_needs_a_case_on_each_side() -> None:
    name = "facts.ecog.with.within_days"
    assert noticed(ECOG_90, name) == {f"{name} + 1": "", f"{name} - 1": "Day 90"}
    assert noticed(ECOG_90 + ECOG_91, name) == {f"{name} + 1": "Day 91", f"{name} - 1": "Day 90"}


def test_a_dropped_criterion_is_not_noticed_by_naming_it() -> None:
    duration = case("On the drug", "{given: elranatamab, on: 2026-03-03}", "continuation.duration: met")
    name = "continuation: continuation.duration dropped"
    assert noticed(duration, name) == {name: ""}


def test_a_dropped_code_is_noticed_by_the_case_of_a_list_that_has_it() -> None:
    listed = "Myeloma, each: [C90.00, C90.02]"
    table = case(listed, "{condition: each}", "diagnosis.multiple-myeloma: met")
    found = noticed(table, "value_sets.multiple-myeloma without ICD10CM")
    assert found == {
        "value_sets.multiple-myeloma without ICD10CM C90.0": "",
        "value_sets.multiple-myeloma without ICD10CM C90.00": "Myeloma (C90.00)",
        "value_sets.multiple-myeloma without ICD10CM C90.01": "",
        "value_sets.multiple-myeloma without ICD10CM C90.02": "Myeloma (C90.02)",
    }


def test_a_case_that_cannot_be_drawn_or_does_not_come_out_fails_the_run() -> None:
    catalogue = desk_on_file().catalogue
    odd = ECOG_90.replace("{ecog: 1, on: 2026-03-03}", "{condition: brest cancer}")
    run = run_cases(cases_of(HEAD + odd), catalogue)
    assert (run.passed, run.drawn) == (False, ())
    assert "cannot be drawn" in run.results[0].differences[0]
    assert not run_cases(cases_of(HEAD + ECOG_90.replace("ecog: met", "ecog: not-met")), catalogue).passed


def quick(policy_id: str) -> policy_test.Tested:
    return policy_test.try_policy(desk_on_file(), policy_id, None)


def test_the_quick_test_tries_no_change() -> None:
    tested = quick("elranatamab")
    assert (tested.passed, tested.tried) == (True, 0)
    assert "small changes" not in policy_test.report(tested)


def test_the_report_counts_a_list_of_cases_in_one_line() -> None:
    lines = policy_test.report(quick("elranatamab")).splitlines()
    assert lines[0] == "== elranatamab 2025-12-11"
    assert "ok    Multiple myeloma is read by each of its codes (11 of 11)" in lines
    assert any("cases, 0 failed" in line for line in lines)
    assert "      order.patient-living is never unknown: where nothing is on record" in "\n".join(lines)
