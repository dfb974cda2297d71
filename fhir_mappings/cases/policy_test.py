"""`policy test`: the cases of a policy, whether they show all of it, and whether they notice every small change."""

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_mappings.cases import case_runner
from fhir_mappings.cases.case_runner import Result
from fhir_mappings.cases.mutation_trials import run_cases, try_changes
from policies.checks.completeness import Completeness, completeness
from policies.checks.remarks import Remark
from policies.model.policy import Policy
from policies.mutations.all_mutations import changes
from policies.mutations.equivalents import Equivalents, verdict
from policies.workspace.workspace import Desk


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of the test of one policy.

    `tried` counts the small changes and `noticed` those that a case noticed, both 0 if none was tried; `faults` are
    changes that go unnoticed and are not listed, and entries of the list that do not hold.
    """

    policy: Policy
    results: tuple[Result, ...]
    complete: Completeness
    tried: int = 0
    noticed: int = 0
    faults: tuple[Remark, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every case came out, all is shown, and every change is noticed or listed."""
        return all(one.passed for one in self.results) and not self.complete.gaps and not self.faults


def try_policy(desk: Desk, policy_id: str, equivalents: Equivalents | None) -> Tested:
    """Test the newest version of a policy; without a list of equivalents no small change is tried.

    Small changes are tried only if all cases come out: before that they would show nothing.
    """
    policy = desk.newest(policy_id)
    source, catalogue = desk.source(policy), desk.catalogue
    run = run_cases(desk.cases_of(policy_id), catalogue)
    judged = tuple(case for case in desk.cases_of(policy_id) if case.order.judged_on >= policy.version)
    shown = completeness(policy, source, judged)
    if equivalents is None or not run.passed or not judged:
        return Tested(policy, run.results, shown)
    drawn = [one for one in run.drawn if one.case in judged]
    tried = list(try_changes(changes(policy, catalogue.terminology), drawn, catalogue))
    noticed = sum(bool(by) for _, by in tried)
    return Tested(policy, run.results, shown, len(tried), noticed, tuple(verdict(equivalents, source, tried)))


def report(tested: Tested) -> str:
    """Write the test of a policy for people: its cases, what they show, what they notice."""
    head = f"== {tested.policy.id} {tested.policy.version}"
    shown, noticed = tuple(_shown(tested.complete)), tuple(_noticed(tested))
    return "\n".join((head, case_runner.report(tested.results), *shown, *noticed))


def _shown(complete: Completeness) -> Iterator[str]:
    yield from (str(one) for one in complete.gaps)
    if complete.gaps:
        yield f"Not shown by any case: {len(complete.gaps)}"
    else:
        yield "Every criterion is shown met, not met and unknown, and every question is answered; but what cannot be:"
    yield from (f"      {one}" for one in complete.cannot_be)


def _noticed(tested: Tested) -> Iterator[str]:
    yield from (str(one) for one in tested.faults)
    if not tested.tried:
        if not all(one.passed for one in tested.results):
            yield "No small change was tried: first let every case come out"
        return
    rest = tested.tried - tested.noticed
    yield f"{tested.tried} small changes tried: {tested.noticed} are noticed by a case, {rest} are not"
    if tested.faults:
        yield f"To be mended about them: {len(tested.faults)}"
    elif rest:
        yield "      these are listed as changing nothing (cases/equivalents.yaml)"
