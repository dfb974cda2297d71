"""The line of business of a case's order: by default the policy's first, and each line is noticed to be lacking."""

from dataclasses import replace
from functools import cache

import pytest
from casebook_files import HEAD, catalogue_on_file

from fhir_mappings.cases.mutation_trials import CaseRun, run_cases, try_changes
from policies.catalogue import Catalogue
from policies.files.problems import PolicyError
from policies.files.yaml_source import parse
from policies.mutations.all_mutations import changes
from policies.testcases import reader

JUDGED, UNKNOWN = "ruling: unknown", "outcome: line of business unknown"
OTHER = "outcome: no policy for that line of business"


@cache
def by_line() -> Catalogue:
    known = catalogue_on_file()
    named = (replace(one, holds_for=("commercial", "medicaid")) for one in known.versions("margetuximab").policies)
    return Catalogue(named, known.terminology)


def run(*cases: tuple[str, str]) -> CaseRun:
    lines = (
        f"  - {{case: Number {number}, order: {{drug: margetuximab, on: 2026-06-01{order}}}, "
        f"patient: [a patient], expect: {{{expected}}}}}\n"
        for number, (order, expected) in enumerate(cases)
    )
    return run_cases(reader.build(parse(HEAD + "".join(lines), "cases/test.yaml"), by_line()), by_line())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", JUDGED),
        (", line of business: commercial", JUDGED),
        (", line of business: medicaid", JUDGED),
        (", line of business: unknown", UNKNOWN),
        (", line of business: medicare", OTHER),
    ],
)
def test_a_case_is_judged_by_its_line(line: str, expected: str) -> None:
    assert run((line, expected)).passed
    others = [one for one in (JUDGED, UNKNOWN, OTHER) if one != expected]
    assert not any(run((line, one)).passed for one in others)


def test_a_line_that_a_policy_lacks_is_noticed_by_a_case_of_it() -> None:
    (policy,) = by_line().versions("margetuximab").policies
    wanted = [one for one in changes(policy, by_line().terminology) if one.path == ("holds_for",)]
    both = run(("", JUDGED), (", line of business: medicaid", JUDGED))
    assert [bool(by) for _, by in try_changes(wanted, both.drawn, by_line())] == [True, True]
    one = run(("", JUDGED))
    assert {change.id: bool(by) for change, by in try_changes(wanted, one.drawn, by_line())} == {
        "holds_for without commercial": True,
        "holds_for without medicaid": False,
    }


def test_a_line_that_is_no_text_is_a_fault() -> None:
    with pytest.raises(PolicyError):
        run((", line of business: [medicaid]", JUDGED))
