"""Which truths of which criteria no case shows, and which cannot be."""

from dataclasses import replace

from workbench_files import ELRANATAMAB, causes, desk_on_file, made

from policies.checks.completeness import completeness
from policies.model.truth import Truth
from policies.testcases.casebook import Case

LIVING = "where nothing is on record, 'Patient recorded as deceased' is taken as no"
AUTHORIZED = "where nothing is on record, 'Earlier authorization by this plan' is taken as no"


def cases() -> tuple[Case, ...]:
    return desk_on_file().cases_of("elranatamab")


def without(name: str, truth: Truth) -> tuple[Case, ...]:
    """Return the cases, with one truth of one criterion expected by none."""

    def less(case: Case) -> Case:
        kept = {one: value for one, value in case.expect.criteria.items() if (one, value) != (name, truth)}
        return replace(case, expect=replace(case.expect, criteria=kept))

    return tuple(less(case) for case in cases())


def test_the_cases_on_file_show_everything_but_what_cannot_be() -> None:
    found = completeness(*made(ELRANATAMAB), cases())
    assert found.gaps == ()
    assert found.cannot_be == (
        f"order.patient-living is never unknown: {LIVING}",
        f"continuation.indication.authorization is never unknown: {AUTHORIZED}",
        "continuation.duration is never not met: the policy itself answers 'Maximum duration not exceeded'",
        "continuation.duration is never unknown: the policy itself answers 'Maximum duration not exceeded'",
    )


def test_a_truth_that_no_case_shows_is_a_gap_at_the_criterion() -> None:
    (gap,) = completeness(*made(ELRANATAMAB), without("ecog", Truth.NOT_MET)).gaps
    assert "(initial.all[2]): No case shows ecog not met" in str(gap)
    assert "To mend it: add a case that expects ecog: not-met" in str(gap)


def test_a_question_that_nobody_answers_is_a_gap() -> None:
    silent = tuple(replace(case, answered={}) for case in cases())
    found = causes(completeness(*made(ELRANATAMAB), silent).gaps)
    assert "No case has an answer of a person to 'prior_lines'" in found
    assert not any("within_duration" in cause for cause in found)


def test_a_version_without_cases_has_one_gap() -> None:
    found = completeness(*made(ELRANATAMAB), ())
    assert causes(found.gaps) == ["No case tests the version of 2025-12-11"]


def test_a_truth_that_no_finding_gives_is_named_as_such() -> None:
    found = completeness(*made(ELRANATAMAB, ("fact: ecog, at_most: 2", "fact: ecog, at_most: 5")), cases())
    assert "ecog is never not met: no finding and no answer comes out so" in found.cannot_be
