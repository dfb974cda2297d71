"""`policy check`: everything that can be found out about a policies folder without a chart."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath

from policies.checks import cases as check_cases
from policies.checks import codes as check_codes
from policies.checks import coverage as check_coverage
from policies.checks import criteria as check_criteria
from policies.checks import dosing as check_dosing
from policies.checks import figures as check_figures
from policies.checks import names as check_names
from policies.checks import sentences as check_texts
from policies.checks import sources as check_sources
from policies.checks.remarks import Remark, in_order
from policies.files.problems import PolicyError
from policies.workspace.workspace import Desk, lay_out


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found; `desk` is None if the files cannot be built at all."""

    remarks: tuple[Remark, ...]
    desk: Desk | None

    @property
    def sound(self) -> bool:
        """Whether nothing stops; warnings do not."""
        return self.desk is not None and not any(remark.stops for remark in self.remarks)


def check(folder: FilePath | None = None) -> Checked:
    """Check a policies folder, by default this package's."""
    try:
        desk = lay_out(folder)
    except PolicyError as error:
        return Checked(tuple(Remark(problem, stops=True) for problem in error.problems), None)
    return Checked(in_order(_remarks(desk)), desk)


def _remarks(desk: Desk) -> Iterator[Remark]:
    terminology = desk.catalogue.terminology
    for policy in desk.catalogue.all:
        source = desk.source(policy)
        yield from check_codes.check(policy, source, terminology)
        yield from check_figures.check(policy, source)
        yield from check_dosing.check(policy, source)
        yield from check_criteria.check(policy, source, terminology)
        yield from check_texts.check(source)
        yield from check_names.check(policy, source, terminology)
    yield from check_cases.check(desk)
    yield from check_coverage.check(desk)
    yield from check_sources.check(desk)


def report(checked: Checked) -> str:
    """Write what was found for people: faults, warnings, and a last line that sums up."""
    lines = [str(remark) for remark in checked.remarks]
    warnings = sum(not remark.stops for remark in checked.remarks)
    faults = len(checked.remarks) - warnings
    if checked.desk is not None and not faults:
        lines += check_coverage.report(checked.desk)
        lines += check_sources.report(checked.desk)
        found = checked.desk.catalogue
        versions = ", ".join(f"{one.id} {one.version}" for one in found.all)
        number = f"{len(found.all)} {'policy' if len(found.all) == 1 else 'policies'}"
        sets = len(checked.desk.own_sets)
        sound = f"{number} and {sets} value {'set' if sets == 1 else 'sets'} are sound"
        lines.append(f"{sound}: {versions}" if versions else sound)
    lines.append(f"{faults} {'fault' if faults == 1 else 'faults'}, {_counted(warnings)}")
    return "\n".join(lines)


def _counted(warnings: int) -> str:
    return f"{warnings} {'warning' if warnings == 1 else 'warnings'}"
